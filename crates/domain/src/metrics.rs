//! The figures of a session under the names of `/metrics`; docs/metrics.md has the same list.
//!
//! The feed writes them as text, and rules judge them: both take them from here, so names and values cannot differ.
//! Invariants: what grows with the session ends in `_total`; all else is over the window or as last reported; a figure
//! that there is no data for is an absent series, and so is one that is not finite. Labels are bounded: 64 symbols, 513
//! reasons, 65 codes.

mod orders;
mod sink;
mod slices;

pub use sink::{Column, Family, Kind, Sink};

use crate::{Span, State, Ts};

/// Gives every family that has data to `out`, over `span` where it is over a window.
pub fn expose(state: &State, span: Span, out: &mut impl Sink) {
    session(state, span, out);
    orders::expose(state, span, out);
    slices::expose(state, span, out);
}

fn session(state: &State, span: Span, out: &mut impl Sink) {
    let session = state.session();
    out.gauge("aurora_window_seconds", "Length of the rolling window.", span.seconds().map(f64::from));
    out.gauge("aurora_window_events", "Events in the window.", state.events(span) as f64);
    out.counter("aurora_session_events_total", "Events of the session.", session.events());
    out.counter(
        "aurora_session_rejected_lines_total",
        "Lines of the session that could not be read.",
        session.rejected(),
    );
    out.counter(
        "aurora_session_skewed_events_total",
        "Events more than 5 s ahead of the feed's time, which count at that time.",
        session.skewed(),
    );
    out.counter(
        "aurora_session_unknown_code_events_total",
        "Events whose code no definition names.",
        session.unknown_total(),
    );
    out.counter("aurora_session_uncoded_events_total", "Objects without any code.", session.uncoded());
    out.gauge(
        "aurora_session_summarised",
        "1 where the bot has written its closing summary, else 0.",
        flag(session.summarised()),
    );
    out.gauge(
        "aurora_session_first_event_timestamp_seconds",
        "Unix time of the earliest event.",
        session.first().map(seconds),
    );
    out.gauge(
        "aurora_session_last_event_timestamp_seconds",
        "Unix time of the latest event.",
        session.last().map(seconds),
    );
}

/// A time as Unix seconds.
fn seconds(at: Ts) -> f64 {
    at.0 as f64 / 1e9
}

fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}
