//! The moments of a session that every chart marks, and which of them share a sign.
//!
//! Invariant: which moments share a sign follows from their times and from how wide a second is drawn, not from what is in view:
//! signs do not change as time moves on.

use aurora_domain::{State, moments::MomentKind};

use super::{
    geometry::Geometry,
    look::{Marker, MarkerKind},
};

/// Signs nearer to each other than this, in CSS pixels, lie on each other.
const SIGN_PX: f64 = 10.0;

/// Moments that share a sign, which stands at the first of them: at least one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Crowd<'a> {
    /// By time.
    pub(super) markers: &'a [Marker],
    /// When the first was, in Unix seconds.
    pub(super) from: f64,
    /// When the last was.
    pub(super) to: f64,
    /// The gravest of their kinds.
    pub(super) kind: MarkerKind,
}

/// `markers`, which are in order of time, by the signs that they have on a chart.
pub(super) fn crowds(markers: &[Marker], geometry: Geometry) -> impl Iterator<Item = Crowd<'_>> {
    let seconds = SIGN_PX * geometry.seconds_per_px();
    let mut rest = markers;
    std::iter::from_fn(move || {
        let first = rest.first()?;
        let near = rest.partition_point(|marker| marker.at < first.at + seconds);
        let (markers, others) = rest.split_at(near.max(1));
        rest = others;
        let kind = markers.iter().map(|marker| marker.kind).max_by_key(|kind| gravity(*kind))?;
        Some(Crowd { markers, from: first.at, to: markers.last()?.at, kind })
    })
}

/// What stops trading is graver than what changes it.
fn gravity(kind: MarkerKind) -> u8 {
    match kind {
        MarkerKind::Operator => 0,
        MarkerKind::Configuration => 1,
        MarkerKind::Governance => 2,
        MarkerKind::Alert => 3,
        MarkerKind::Breaker => 4,
        MarkerKind::Halt => 5,
    }
}

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
