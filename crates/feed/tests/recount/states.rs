//! Governance and protection.

use serde_json::{Map, Value, json};

use crate::rows::{Row, Rows, number, tally};

pub(crate) fn count(rows: &Rows) -> Map<String, Value> {
    let report = json!({"governance": governance(rows), "protection": protection(rows)});
    report.as_object().unwrap().clone()
}

/// The last of the values that rows have.
fn last<T>(rows: &[&Row], value: impl Fn(&Row) -> Option<T>) -> Option<T> {
    rows.iter().rev().find_map(|row| value(row))
}

#[expect(clippy::cast_possible_truncation, reason = "a time of this century")]
fn nanos(seconds: f64) -> i64 {
    (seconds * 1e9) as i64
}

fn governance(rows: &Rows) -> Value {
    let ledger = rows.coded(&["ALPHA.LEDGER.UPDATE"]);
    let tests: Vec<&Row> = rows
        .of("aurora_events")
        .filter(|row| row.text_code().trim_start_matches("GOVERNANCE.").starts_with("SPRT."))
        .collect();
    let ends = |end: &str| tests.iter().filter(|row| row.text_code().ends_with(end)).count();
    let decision = |row: &Row| match row.text_code() {
        code if code.ends_with("_H0") => "accept H0",
        code if code.ends_with("_H1") => "accept H1",
        _ => "continue",
    };
    let samples = |row: &Row| row.get("n_samples").and_then(Value::as_u64);
    let path: Vec<Value> = tests
        .iter()
        .map(|row| {
            json!({
                "ts_ns": row.at, "llr": row.number("llr"), "samples": samples(row), "decision": decision(row),
            })
        })
        .collect();
    let bound = |key: &str| last(&tests, |row| row.below("boundaries", key).and_then(number));
    let evaluations = rows.coded(&["GOVERNANCE.EVAL"]);
    let transitions = rows.coded(&["GOVERNANCE.TRANSITION"]);
    let modes = rows.coded(&["GOVERNANCE.EVAL", "GOVERNANCE.TRANSITION"]);
    let mode = last(&modes, |row| {
        let key = if row.is(&["GOVERNANCE.EVAL"]) { "state" } else { "to" };
        row.text(key).map(str::to_owned)
    });
    let shown: Vec<Value> = transitions
        .iter()
        .map(|row| {
            json!({
                "ts_ns": row.at, "from": row.text("from"), "to": row.text("to"), "reason": row.reason(),
            })
        })
        .collect();
    json!({
        "alpha_spent": last(&ledger, |row| row.number("spent_total")),
        "alpha_budget": last(&ledger, |row| row.number("budget_total")),
        "alpha_score": last(&rows.coded(&["GOVERNANCE.ALPHA"]), |row| row.number("score")),
        "llr": last(&tests, |row| row.number("llr")), "samples": last(&tests, samples),
        "decision": tests.last().map(|row| decision(row)), "mode": mode,
        "log_a": bound("log_A"), "log_b": bound("log_B"),
        "tests": tests.len(), "accepted_h0": ends("_H0"), "accepted_h1": ends("_H1"), "path": path,
        "evaluations": evaluations.len(), "transition_count": transitions.len(), "transitions": shown,
    })
}

fn protection(rows: &Rows) -> Value {
    let arming: Vec<&Row> = rows
        .of("aurora_events")
        .filter(|row| row.text_code().starts_with("AURORA.") || row.is(&["OPS.RESET"]))
        .collect();
    let guards = rows.of("aurora_events").filter(|row| {
        let code = row.text_code();
        let families = ["POLICY.TRAP_", "IDEM.", "HEALTH."];
        code == "SPREAD_GUARD_TRIP" || families.iter().any(|family| code.starts_with(family))
    });
    let state = |row: &Row, key: &str| row.below("state", key).or(row.get(key)).cloned();
    let halted = last(&arming, |row| match row.text_code() {
        "AURORA.HALT" => Some(true),
        "AURORA.RESUME" => Some(false),
        _ => state(row, "halted")?.as_bool(),
    });
    let until = last(&arming, |row| number(&state(row, "cooloff_until").or(state(row, "until"))?));
    let until = until.filter(|seconds| *seconds > 0.0).map(nanos);
    let breakers = rows.all.iter().filter(|row| {
        row.text_code().starts_with("CIRCUIT_BREAKER.") || row.text_code() == "EXCHANGE.CB.STATE"
    });
    assert_eq!(breakers.count(), 0, "a session with a breaker needs a count of its changes");
    assert!(rows.all.iter().all(|row| !row.text_code().starts_with("HEALTH.LATENCY_")));
    let counted = arming.iter().copied().chain(guards);
    json!({
        "breaker": null, "breaker_changes": 0, "breaker_history": [], "health": {},
        "armed": last(&arming, |row| state(row, "armed")?.as_bool()), "halted": halted,
        "cooloff_until_ts_ns": until, "counts": tally(counted.map(Row::text_code)),
    })
}
