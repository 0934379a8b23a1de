//! What a session and its stream say to the items that can be judged.
//!
//! Thresholds are those of the guides (CONTRACT.md section 4, testnet). Rates and latencies are over the last five minutes, as the
//! shipped rules take them: queries, and where there are none, policy decisions and (rejected + failed) ÷ submitted.

use super::{Finding, Standing};
use crate::{LatencyKind, Outcome, Span, State, format};

/// A log that is silent for longer does not move.
const SILENT_SECONDS: f64 = 60.0;
/// The logs that a runner writes: events, and orders by what became of them.
const FILES: u64 = 4;
const SPAN: Span = Span::FIVE_MINUTES;

/// What is known beside the session's figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Whether what is shown is live.
    pub is_live: bool,
    /// The session's name, where the feed tells it.
    pub session: Option<String>,
    /// Whether a heartbeat has come.
    pub has_heartbeat: bool,
    /// Stretches of the stream that are missing, and events that came twice.
    pub missing: u64,
    /// Events that came twice.
    pub repeated: u64,
    /// Malformed and oversized lines that the feed has counted.
    pub unreadable: Option<(u64, u64)>,
    /// Files that the feed follows.
    pub files: Option<u64>,
    /// Whether the page came encrypted; `None` where it came from no server.
    pub is_encrypted: Option<bool>,
    /// Alert rules in force.
    pub rules: u64,
    /// Of the feed's machine, 0 to 1; `None` where the feed does not tell.
    pub memory_used: Option<f64>,
    /// The same of its processor.
    pub cpu_used: Option<f64>,
    /// Seconds since the newest event.
    pub silent_seconds: Option<f64>,
}

fn found(is_met: bool, evidence: impl Into<String>) -> Finding {
    Finding { standing: if is_met { Standing::Met } else { Standing::Missed }, evidence: evidence.into() }
}

fn unknown(why: &str) -> Finding {
    Finding { standing: Standing::Unknown, evidence: why.to_owned() }
}

pub(super) fn heartbeat(_: &State, facts: &Facts) -> Finding {
    if facts.has_heartbeat {
        found(true, "heartbeats come, and the connection is ended where they do not")
    } else {
        unknown("none has come yet")
    }
}

pub(super) fn ids(_: &State, facts: &Facts) -> Finding {
    if !facts.has_heartbeat {
        return unknown("the page is not connected");
    }
    let (missing, repeated) = (facts.missing, facts.repeated);
    let evidence =
        format!("{} stretches missing, {} events repeated", format::count(missing), format::count(repeated));
    found(missing == 0 && repeated == 0, evidence)
}

pub(super) fn counters(_: &State, facts: &Facts) -> Finding {
    let Some((malformed, oversized)) = facts.unreadable else { return unknown("the feed does not tell") };
    let evidence = format!("{} malformed, {} oversized", format::count(malformed), format::count(oversized));
    found(malformed == 0 && oversized == 0, evidence)
}

pub(super) fn session(state: &State, facts: &Facts) -> Finding {
    match (&facts.session, state.session().events()) {
        (_, 0) => unknown("no event has come yet"),
        (Some(name), events) => found(true, format!("{name}, {} events", format::count(events))),
        (None, events) => found(true, format!("{} events", format::count(events))),
    }
}

pub(super) fn summary(state: &State, _: &Facts) -> Finding {
    if state.session().summarised() {
        found(true, "it was written")
    } else {
        unknown("not yet: it comes at the end")
    }
}

pub(super) fn files(_: &State, facts: &Facts) -> Finding {
    match facts.files {
        Some(files) if files >= FILES => found(true, format!("{} files are followed", format::count(files))),
        Some(files) => unknown(&format!(
            "{} files are followed: a log begins with its first order",
            format::count(files)
        )),
        None => unknown("the feed does not tell"),
    }
}

pub(super) fn connected(_: &State, facts: &Facts) -> Finding {
    found(facts.is_live, if facts.is_live { "it is" } else { "it is not" })
}

pub(super) fn fresh(_: &State, facts: &Facts) -> Finding {
    match facts.silent_seconds {
        None => unknown("no event has come yet"),
        Some(seconds) => {
            let evidence = format!("the newest event is {} old", format::age(whole(seconds)));
            found(facts.is_live && seconds <= SILENT_SECONDS, evidence)
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole seconds of a silence")]
fn whole(seconds: f64) -> u64 {
    seconds.max(0.0) as u64
}

pub(super) fn encrypted(_: &State, facts: &Facts) -> Finding {
    match facts.is_encrypted {
        Some(true) => found(true, "this page did"),
        Some(false) => found(false, "this page did not"),
        None => unknown("this page came from no server"),
    }
}

pub(super) fn rules(_: &State, facts: &Facts) -> Finding {
    found(facts.rules > 0, format!("{} are judged in this page", format::count(facts.rules)))
}

pub(super) fn stop_memory(_: &State, facts: &Facts) -> Finding {
    of_machine(facts.memory_used)
}

pub(super) fn stop_cpu(_: &State, facts: &Facts) -> Finding {
    of_machine(facts.cpu_used)
}

fn of_machine(used: Option<f64>) -> Finding {
    let said = |used| found(used <= 0.9, format!("{} of the feed's machine", format::percent(used)));
    used.map_or_else(|| unknown("the feed does not tell: look at the machine"), said)
}

/// Explained intents, 0 to 1.
fn explained_share(state: &State) -> Option<f64> {
    state.explained(SPAN).ratio()
}

/// The 95th percentile in milliseconds, and of what.
fn p95(state: &State) -> Option<(f64, &'static str)> {
    let of = |kind| state.latency().summary(kind, SPAN).map(|summary| summary.p95_ms);
    let query = of(LatencyKind::Query).map(|ms| (ms, "queries"));
    query.or_else(|| of(LatencyKind::Policy).map(|ms| (ms, "policy decisions")))
}

/// What failed, 0 to 1, and of what.
fn error_share(state: &State) -> Option<(f64, &'static str)> {
    let query = state.service().queries(SPAN).error_rate().map(|rate| (rate, "queries"));
    query.or_else(|| {
        let outcomes = state.orders().outcomes(SPAN);
        let failed = outcomes.get(Outcome::Rejected) + outcomes.get(Outcome::Failed);
        let submitted = outcomes.get(Outcome::Submitted);
        (submitted > 0).then(|| (failed as f64 / submitted as f64, "submitted orders"))
    })
}

const NO_INTENTS: &str = "no intent in the last five minutes";
const NO_LATENCY: &str = "no query or policy decision with a duration in the last five minutes";
const NO_ERRORS: &str = "no query and no submitted order in the last five minutes";

fn of_share(share: Option<f64>, is_met: fn(f64) -> bool) -> Finding {
    share.map_or_else(
        || unknown(NO_INTENTS),
        |share| found(is_met(share), format!("{} are", format::percent(share))),
    )
}

fn of_latency(p95: Option<(f64, &str)>, is_met: fn(f64) -> bool) -> Finding {
    let said = |(ms, of)| found(is_met(ms), format!("{} over {of}", format::millis(ms)));
    p95.map_or_else(|| unknown(NO_LATENCY), said)
}

fn of_errors(share: Option<(f64, &str)>, is_met: fn(f64) -> bool) -> Finding {
    let said = |(share, of)| found(is_met(share), format!("{} of the {of}", format::percent(share)));
    share.map_or_else(|| unknown(NO_ERRORS), said)
}

pub(super) fn explained(state: &State, _: &Facts) -> Finding {
    of_share(explained_share(state), |share| share > 0.99)
}

pub(super) fn stop_explained(state: &State, _: &Facts) -> Finding {
    of_share(explained_share(state), |share| share >= 0.95)
}

pub(super) fn latency(state: &State, _: &Facts) -> Finding {
    of_latency(p95(state), |ms| ms < 500.0)
}

pub(super) fn stop_latency(state: &State, _: &Facts) -> Finding {
    of_latency(p95(state), |ms| ms <= 2_000.0)
}

pub(super) fn errors(state: &State, _: &Facts) -> Finding {
    of_errors(error_share(state), |share| share < 0.01)
}

pub(super) fn stop_errors(state: &State, _: &Facts) -> Finding {
    of_errors(error_share(state), |share| share <= 0.05)
}

pub(super) fn provenance(state: &State, _: &Facts) -> Finding {
    let none = || unknown("no record of a submitted order that could say so in the last five minutes");
    let said = |ratio| found(ratio >= 0.95, format!("{} do", format::percent(ratio)));
    state.provenance(SPAN).ratio().map_or_else(none, said)
}
