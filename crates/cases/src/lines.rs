//! The lines of the courses.
//!
//! Invariant: but for [`silence`], every second has a line, so that the log is never silent.

use aurora_domain::{Source, Ts};

use super::Line;

/// The time of second 0.
pub const BEGIN: Ts = Ts(1_795_196_697_000_000_000);

/// In the course of silence: the seconds without a line.
pub const LINE_FREE_SECONDS: std::ops::Range<u32> = 101..200;

/// A record in the canonical shape; `members` begin with a comma.
fn record(second: u32, code: &str, members: &str) -> Line {
    let ts_ns = BEGIN.plus_seconds(i64::from(second)).0;
    let text = format!(r#"{{"ts_ns":{ts_ns},"run_id":"r-1","event_code":"{code}"{members}}}"#);
    Line { source: Source::Events, text }
}

/// Shows that the bot lives, and nothing else.
pub(super) fn alive(second: u32) -> Vec<Line> {
    vec![record(second, "MARKET.TICKER", r#","symbol":"SOLUSDT","details":{}"#)]
}

/// That, and in the seconds `of` what `more` has.
fn with(second: u32, of: std::ops::RangeInclusive<u32>, more: impl FnOnce() -> Vec<Line>) -> Vec<Line> {
    let mut lines = alive(second);
    if of.contains(&second) {
        lines.extend(more());
    }
    lines
}

fn deny(second: u32, reason: &str) -> Line {
    let members = format!(r#","cid":"d-{second}","details":{{"deny_reason":"{reason}"}}"#);
    record(second, "ORDER.DENY", &members)
}

pub(super) fn denials(second: u32) -> Vec<Line> {
    with(second, 10..=700, || vec![deny(second, "SPREAD_GUARD")])
}

pub(super) fn skips(second: u32) -> Vec<Line> {
    with(second, 10..=700, || vec![deny(second, "NEGATIVE_EDGE")])
}

pub(super) fn decisions(second: u32) -> Vec<Line> {
    with(second, 10..=250, || {
        vec![record(second, "ROUTER.DECISION", r#","details":{"route":"maker","latency_ms":80}"#)]
    })
}

pub(super) fn breaker(second: u32) -> Vec<Line> {
    let mut lines = alive(second);
    match second {
        10 => lines.push(record(second, "EXCHANGE.CB.STATE", r#","details":{"state":"OPEN"}"#)),
        60 => lines.push(record(second, "EXCHANGE.CB.STATE", r#","details":{"state":"CLOSED"}"#)),
        _ => {}
    }
    lines
}

pub(super) fn silence(second: u32) -> Vec<Line> {
    if LINE_FREE_SECONDS.contains(&second) { Vec::new() } else { alive(second) }
}

fn of_order(second: u32, code: &str, more: &str) -> Line {
    record(second, code, &format!(r#","oid":"o-{second}","cid":"c-{second}"{more}"#))
}

pub(super) fn fills(second: u32) -> Vec<Line> {
    let mut lines = with(second, 400..=1_400, || vec![of_order(second, "ORDER.SUBMIT", r#","details":{}"#)]);
    if second == 5 {
        lines.push(of_order(second, "ORDER.SUBMIT", r#","details":{}"#));
        lines.push(of_order(second, "ORDER.FILL", r#","details":{}"#));
    }
    lines
}

pub(super) fn acks(second: u32) -> Vec<Line> {
    with(second, 10..=1_000, || vec![of_order(second, "ORDER.ACK", r#","details":{"latency_ms":450}"#)])
}

pub(super) fn anonymous(second: u32) -> Vec<Line> {
    with(second, 10..=400, || vec![record(second, "ORDER.SUBMIT", r#","symbol":"SOLUSDT","details":{}"#)])
}

pub(super) fn policy(second: u32) -> Vec<Line> {
    with(second, 10..=400, || {
        let details = r#","details":{"route":"maker","observability":{"latency_ms":12000}}"#;
        vec![record(second, "POLICY.DECISION", details)]
    })
}

pub(super) fn queries(second: u32) -> Vec<Line> {
    with(second, 10..=400, || {
        let details = r#","details":{"latency_ms":12000,"success":false,"cache_hit":false}"#;
        vec![record(second, "QUERY.COMPLETED", details)]
    })
}

pub(super) fn rejects(second: u32) -> Vec<Line> {
    with(second, 10..=400, || {
        let of = |code: &str| of_order(second, code, r#","details":{}"#);
        vec![of("ORDER.SUBMIT"), of("ORDER.REJECT")]
    })
}

pub(super) fn intents(second: u32) -> Vec<Line> {
    with(second, 10..=700, || {
        let details = format!(r#","details":{{"intent_id":"i-{second}"}}"#);
        vec![record(second, "ORDER.INTENT.RECEIVED", &details)]
    })
}
