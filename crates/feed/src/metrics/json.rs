//! Figures as JSON, for `/status` and `/health`.
//!
//! Invariant: a figure that there is no data for is null or, in a list of names, absent.

use aurora_domain::{BreakerState, Filter, LatencyKind, Outcome, Outcomes, Span, State};
use serde_json::{Map, Value, json};

/// The members of `/status`, over `span` where a figure has one.
pub(super) fn status(state: &State, span: Span) -> Value {
    let orders = state.orders();
    let (routes, pending) = (state.routes_over(span, Filter::ALL), orders.pending(state.now()));
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
            "taker_share": routes.taker_share(),
        },
        "latency": latency(state, span),
        "governance": governance(state),
        "circuit_breaker": breaker(state),
        "xai": { "why_code_counts": reasons(state, span), "coverage": state.explained(span).ratio() },
        "pending": {
            "pending_orders": pending.count,
            "outcome_unknown": pending.unknown,
            "oldest_age_seconds": (pending.count > 0).then_some(pending.oldest_age_seconds),
        },
    })
}

/// The same, with what was counted since the session began.
pub(super) fn current(state: &State, span: Span) -> Value {
    let mut current = status(state, span);
    if let Some(members) = current.as_object_mut() {
        let session = json!({
            "events": state.session().events(),
            "rejected": state.session().rejected(),
            "skewed": state.session().skewed(),
            "orders": counts(&state.orders().outcomes(Span::Session)),
        });
        members.insert("session".to_owned(), session);
    }
    current
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
            "spent": governance.alpha_spent, "budget": governance.alpha_budget, "score": governance.alpha_score,
        },
        "sprt": {
            "llr": governance.llr, "n_samples": governance.samples, "decision": governance.decision,
        },
        "mode": governance.mode,
    })
}

/// The logs' own word on why a breaker opened is not kept, so `reason` says what is known beside its state.
fn breaker(state: &State) -> Value {
    let protection = state.protection();
    let reason = match (protection.halted, protection.cooloff_until.filter(|until| *until > state.now())) {
        (Some(true), _) => Some("halted"),
        (_, Some(_)) => Some("cooling off"),
        _ => None,
    };
    json!({
        "state": protection.breaker.map(|(breaker, _)| breaker.name()),
        "triggered": protection.breaker.map(|(breaker, _)| breaker == BreakerState::Open),
        "reason": reason,
        "since_ns": protection.breaker.map(|(_, since)| since.0),
        "armed": protection.armed,
        "halted": protection.halted,
    })
}

/// Denial reasons over `span` with their counts.
fn reasons(state: &State, span: Span) -> Map<String, Value> {
    state.orders().deny_reasons(span).into_iter().map(|by| (by.reason, json!(by.count))).collect()
}
