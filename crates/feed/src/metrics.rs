//! The feed's own reduction of what it publishes, by the code that the page runs, for `/health`.
//!
//! Invariants: every published line goes through [`Metrics::observe`] once, in order; what it rejects is not
//! published. Windows end at the feed's time, so figures age when the log falls silent.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aurora_domain::{LatencyKind, Outcome, Outcomes, Span, State, Ts};
use aurora_wire::Rejected;
use serde_json::{Map, Value, json};

use crate::{clock, session::Source};

/// Current metrics of the session that is followed.
pub(crate) struct Metrics {
    span: Span,
    state: Mutex<State>,
}

impl Metrics {
    /// `window_seconds` is the rolling window of the current metrics.
    pub(crate) fn new(window_seconds: u64) -> Self {
        let seconds = u32::try_from(window_seconds).unwrap_or(u32::MAX);
        Self { span: Span::Seconds(seconds), state: Mutex::new(State::new(ts(clock::unix_nanos()))) }
    }

    /// Forgets the previous session.
    pub(crate) fn begin_session(&self, now_ns: u64) {
        *self.state() = State::new(ts(now_ns));
    }

    /// Takes in one line. `id` is the id that it is published under.
    ///
    /// # Errors
    /// When it is not a JSON object; then it counts as rejected.
    pub(crate) fn observe(&self, source: Source, id: u64, line: &str, now_ns: u64) -> Result<(), Rejected> {
        let decoded = aurora_wire::decode(source, id, line.as_bytes());
        let mut state = self.state();
        state.advance(ts(now_ns));
        match decoded {
            Ok(event) => {
                state.apply(&event);
                Ok(())
            }
            Err(rejected) => {
                state.reject();
                Err(rejected)
            }
        }
    }

    /// Counts a line that could not even be read.
    pub(crate) fn reject(&self) {
        self.state().reject();
    }

    /// The figures under the names that `/health` uses.
    pub(crate) fn current(&self, now_ns: u64) -> Value {
        let mut state = self.state();
        state.advance(ts(now_ns));
        current(&state, self.span)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn current(state: &State, span: Span) -> Value {
    let (orders, routes, pending) = (state.orders(), state.routes(), state.orders().pending(state.now()));
    let mut counts = counts(&orders.outcomes(span));
    counts.insert("fill_rate".to_owned(), json!(orders.fill_rate(span)));
    counts.insert("deny_rate".to_owned(), json!(orders.deny_rate(span)));
    json!({
        "ts_ns": state.now().0,
        "window_seconds": span.seconds(),
        "window_events": state.events(span),
        "orders": counts,
        "routes": {
            "maker": routes.maker, "taker": routes.taker, "deny": routes.deny, "cancel": routes.cancel,
        },
        "latency": latency(state, span),
        "governance": governance(state),
        "circuit_breaker": breaker(state),
        "xai": { "why_code_counts": reasons(state, span) },
        "pending": {
            "pending_orders": pending.count,
            "outcome_unknown": pending.unknown,
            "oldest_age_seconds": pending.oldest_age_seconds,
        },
        "session": {
            "events": state.session().events(),
            "rejected": state.session().rejected(),
            "skewed": state.session().skewed(),
            "orders": self::counts(&orders.outcomes(Span::Session)),
        },
    })
}

/// Outcomes under the names of `/status`.
fn counts(outcomes: &Outcomes) -> Map<String, Value> {
    let name = |outcome: Outcome| match outcome {
        Outcome::Acked => "ack",
        Outcome::Canceled => "cancelled",
        other => other.name(),
    };
    Outcome::ALL.into_iter().map(|outcome| (name(outcome).to_owned(), json!(outcomes.get(outcome)))).collect()
}

/// `KIND_ms_pN` for every kind that has samples.
fn latency(state: &State, span: Span) -> Map<String, Value> {
    let mut out = Map::new();
    for kind in LatencyKind::ALL {
        let Some(summary) = state.latency().summary(kind, span) else { continue };
        let name = match kind {
            LatencyKind::FirstFill => "to_first_fill",
            other => other.name(),
        };
        let quantiles = [
            ("p50", summary.p50_ms),
            ("p90", summary.p90_ms),
            ("p95", summary.p95_ms),
            ("p99", summary.p99_ms),
            ("max", summary.max_ms),
        ];
        out.extend(quantiles.map(|(label, ms)| (format!("{name}_ms_{label}"), json!(ms))));
        out.insert(format!("{name}_count"), json!(summary.count));
    }
    out
}

fn governance(state: &State) -> Value {
    let governance = state.governance();
    json!({
        "alpha": {
            "spent": governance.alpha_spent, "budget": governance.alpha_budget,
            "score": governance.alpha_score,
        },
        "sprt": {
            "llr": governance.llr, "n_samples": governance.samples, "decision": governance.decision,
        },
        "mode": governance.mode,
    })
}

fn breaker(state: &State) -> Value {
    let protection = state.protection();
    json!({
        "state": protection.breaker.map(|(breaker, _)| breaker.name()),
        "triggered": protection.breaker.map(|(breaker, _)| breaker == aurora_domain::BreakerState::Open),
        "since_ns": protection.breaker.map(|(_, since)| since.0),
        "armed": protection.armed,
        "halted": protection.halted,
    })
}

/// Denial reasons over `span` with their counts.
fn reasons(state: &State, span: Span) -> Map<String, Value> {
    state.orders().deny_reasons(span).into_iter().map(|by| (by.reason, json!(by.count))).collect()
}

fn ts(nanos: u64) -> Ts {
    Ts(i64::try_from(nanos).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_NS: u64 = 1_795_196_697_000_000_000;

    fn metrics(lines: &[(Source, &str)]) -> Metrics {
        let metrics = Metrics::new(300);
        metrics.begin_session(NOW_NS);
        for (source, line) in lines {
            metrics.observe(*source, 1, line, NOW_NS).unwrap();
        }
        metrics
    }

    #[test]
    fn denials_and_fills_are_counted_over_the_window_and_the_session() {
        let metrics = metrics(&[
            (Source::Denied, r#"{"deny_reason":"SPREAD","ts_ns":1795196696000000000}"#),
            (Source::Success, r#"{"order_id":"a","lifecycle_state":"FILLED","ts_ns":1795196696000000000}"#),
        ]);
        let current = metrics.current(NOW_NS);
        assert_eq!(current["orders"]["denied"], 1);
        assert_eq!(current["orders"]["filled"], 1);
        assert_eq!(current["xai"]["why_code_counts"], json!({ "SPREAD": 1 }));
        let later = metrics.current(NOW_NS + 1_000_000_000_000);
        assert_eq!(
            (&later["orders"]["denied"], &later["session"]["orders"]["denied"]),
            (&json!(0), &json!(1))
        );
    }

    #[test]
    fn what_is_no_object_is_rejected_and_counted() {
        let metrics = metrics(&[]);
        for line in ["[1]", "{\"a\":", "1", "null", "{\"a\":1} trailing"] {
            assert!(metrics.observe(Source::Events, 1, line, NOW_NS).is_err(), "{line}");
        }
        assert_eq!(metrics.current(NOW_NS)["session"]["rejected"], 5);
    }

    #[test]
    fn a_new_session_starts_from_nothing() {
        let metrics = metrics(&[(Source::Denied, r#"{"deny_reason":"X"}"#)]);
        metrics.begin_session(NOW_NS);
        assert_eq!(metrics.current(NOW_NS)["session"]["events"], 0);
    }
}
