//! Telling receivers of alerts: whom, what, and that it arrives.
//!
//! Invariants: who judges never waits for a receiver, each of which has a thread and a bounded queue of its own, and what
//! a bound drops is counted; secrets come from files and the environment only, and no log line, answer or error has one.

mod config;
mod desk;
mod message;
mod outbox;
mod post;
mod secret;
#[cfg(test)]
mod tests;

pub use config::{Receivers, ReceiversError};
pub(crate) use desk::{Desk, Telling};

use std::sync::Arc;

use serde_json::{Value, json};

use crate::exposition::{Kind, Sink};

/// Figures about receivers.
pub(crate) fn expose(desks: &[Arc<Desk>], out: &mut impl Sink) {
    let figures: Vec<_> = desks.iter().map(|desk| (desk.name(), desk.figures())).collect();
    let mut family = out.family(
        "aurora_notifications_total",
        Kind::Counter,
        "Messages to a receiver by what became of them.",
    );
    for (name, figures) in &figures {
        let counts = figures.counts;
        for (outcome, count) in [
            ("sent", counts.sent),
            ("refused", counts.refused),
            ("given_up", counts.given_up),
            ("dropped", counts.dropped),
        ] {
            family.sample(&[("receiver", name), ("outcome", outcome)], count as f64);
        }
    }
    let mut family = out.family(
        "aurora_notification_failures_total",
        Kind::Counter,
        "Tries to reach a receiver that failed; the message is tried again.",
    );
    for (name, figures) in &figures {
        family.sample(&[("receiver", name)], figures.counts.failures as f64);
    }
    let mut family =
        out.family("aurora_notifications_waiting", Kind::Gauge, "Messages that wait for a receiver.");
    for (name, figures) in &figures {
        family.sample(&[("receiver", name)], figures.waiting as f64);
    }
    let mut family = out.family(
        "aurora_receiver_available",
        Kind::Gauge,
        "0 where a receiver failed so often that it is left alone for a while, else 1.",
    );
    for (name, figures) in &figures {
        family.sample(&[("receiver", name)], f64::from(u8::from(figures.available)));
    }
}

/// Receivers in a few words, for `/status`.
pub(crate) fn status(desks: &[Arc<Desk>]) -> Value {
    let desks = desks.iter().map(|desk| {
        let figures = desk.figures();
        json!({
            "name": desk.name(),
            "kind": desk.kind(),
            "available": figures.available,
            "waiting": figures.waiting,
            "sent": figures.counts.sent,
            "refused": figures.counts.refused,
            "given_up": figures.counts.given_up,
            "dropped": figures.counts.dropped,
            "failures": figures.counts.failures,
            "last_error": figures.last_error,
        })
    });
    desks.collect()
}
