//! Alerts in the feed: rules judged once a second over what `/metrics` shows, for HTTP and for whoever is to be told.
//!
//! Invariants: one thread judges, HTTP reads; what is judged is what `/metrics` shows of the session that is shown by
//! default, and of the feed itself; rule files that break leave those before in force, and that is said.

mod judge;
mod kept;
#[cfg(test)]
mod tests;
mod thread;
mod view;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use serde_json::Value;

pub(crate) use judge::Judge;
pub(crate) use thread::{Watch, spawn};

use crate::{
    exposition::Sink,
    tell::{self, Desk},
};

/// The judge and who is told, shared between the judge's thread and HTTP.
pub(crate) struct Alerting {
    judge: Mutex<Judge>,
    desks: Vec<Arc<Desk>>,
    flapping: AtomicUsize,
}

impl Alerting {
    /// `desks` are the receivers' ones.
    pub(crate) fn new(judge: Judge, desks: Vec<Arc<Desk>>) -> Self {
        Self { judge: Mutex::new(judge), desks, flapping: AtomicUsize::new(0) }
    }

    /// All rules with their alerts, as Prometheus' `/api/v1/rules` answers.
    pub(crate) fn rules(&self) -> Value {
        view::rules(&self.judge())
    }

    /// What is pending and firing, as Prometheus' `/api/v1/alerts` answers; what was lately resolved beside it.
    pub(crate) fn alerts(&self) -> Value {
        view::alerts(&self.judge())
    }

    /// The rules in force as the page reads them: a rule file in JSON.
    pub(crate) fn file(&self) -> String {
        self.judge().file().to_json()
    }

    /// The rules in a few words, for `/status`.
    pub(crate) fn status(&self) -> Value {
        view::status(&self.judge())
    }

    /// Who is told, in a few words, for `/status`.
    pub(crate) fn receivers(&self) -> Value {
        tell::status(&self.desks)
    }

    /// Figures about rules, alerts and receivers.
    pub(crate) fn expose(&self, out: &mut impl Sink) {
        self.judge().expose(out);
        self.expose_telling(out);
    }

    fn expose_telling(&self, out: &mut impl Sink) {
        let flapping = self.flapping.load(Relaxed) as f64;
        out.gauge(
            "aurora_alerts_flapping",
            "Alerts that begin and end too often to be told each time.",
            flapping,
        );
        tell::expose(&self.desks, out);
    }

    fn judge(&self) -> MutexGuard<'_, Judge> {
        self.judge.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
