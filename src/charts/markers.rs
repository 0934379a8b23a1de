//! The moments of a session that every chart marks.

use aurora_domain::{BreakerState, State, Ts};

use super::look::{Marker, MarkerKind};

/// Changes of the breaker, the governor's mode and the configuration, by time.
pub(crate) fn markers(state: &State) -> Vec<Marker> {
    let marker = |at: Ts, kind, text| Marker { at: at.0 as f64 / 1e9, kind, text };
    let breaker = state.protection().breaker_history().map(|(state, at)| {
        let text = match state {
            BreakerState::Closed => "closed",
            BreakerState::HalfOpen => "half open",
            BreakerState::Open => "open",
        };
        marker(at, MarkerKind::Breaker, text.to_owned())
    });
    let governance = state.governance().transitions().map(|transition| {
        let mode = |mode: &Option<Box<str>>| mode.as_deref().unwrap_or("unknown").to_owned();
        let mut text = format!("{} to {}", mode(&transition.from), mode(&transition.to));
        if let Some(reason) = &transition.reason {
            text.push_str(", ");
            text.push_str(reason);
        }
        marker(transition.at, MarkerKind::Governance, text)
    });
    let configuration = state
        .operations()
        .config()
        .map(|latest| marker(latest.at, MarkerKind::Configuration, latest.value.to_string()));
    let mut all: Vec<Marker> = breaker.chain(governance).chain(configuration).collect();
    all.sort_by(|one, other| one.at.total_cmp(&other.at));
    all
}
