//! The moments of a session that every chart marks.

use aurora_domain::{State, moments::MomentKind};

use super::look::{Marker, MarkerKind};

/// What was switched, armed, halted and opened, by time.
pub(crate) fn markers(state: &State) -> Vec<Marker> {
    let moments = state.moments().into_iter();
    moments
        .map(|moment| {
            let kind = match moment.kind {
                MomentKind::Configuration => MarkerKind::Configuration,
                MomentKind::Governance => MarkerKind::Governance,
                MomentKind::Operator => MarkerKind::Operator,
                MomentKind::Arming => MarkerKind::Halt,
                MomentKind::Breaker => MarkerKind::Breaker,
            };
            Marker { at: moment.at.0 as f64 / 1e9, kind, text: moment.text }
        })
        .collect()
}
