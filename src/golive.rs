//! What the checklists are judged by in this page, and what persons confirmed on this device.

use aurora_domain::golive::Facts;
use aurora_wire::golive::{Confirmations, from_text, to_text};

use crate::{browser, preferences, store::Store};

const KEPT: &str = "golive";

/// What is known beside the figures of the live session. `rules` are in force.
pub(crate) fn facts(store: &Store, rules: u64) -> Facts {
    let state = store.live_state();
    let feed = store.heartbeat();
    let machine = feed.and_then(|feed| feed.machine).unwrap_or_default();
    Facts {
        is_live: store.status().is_live(),
        session: feed.and_then(|feed| feed.session.clone()),
        has_heartbeat: feed.is_some(),
        missing: store.gaps().1,
        repeated: store.repeated(),
        unreadable: feed.and_then(|feed| feed.malformed.zip(feed.oversized)),
        files: feed.and_then(|feed| feed.files),
        is_encrypted: browser::is_encrypted(),
        rules,
        memory_used: machine.memory_used_percent.map(|percent| percent / 100.0),
        cpu_used: machine.cpu_used_percent.map(|percent| percent / 100.0),
        silent_seconds: state.session().last().map(|last| state.now().seconds_since(last).max(0.0).floor()),
    }
}

/// What was confirmed before.
pub(crate) fn kept() -> Confirmations {
    preferences::get(KEPT).map(|text| from_text(&text)).unwrap_or_default()
}

/// Keeps what was confirmed.
pub(crate) fn keep(confirmations: &Confirmations) {
    preferences::set(KEPT, (!confirmations.is_empty()).then(|| to_text(confirmations)).as_deref());
}
