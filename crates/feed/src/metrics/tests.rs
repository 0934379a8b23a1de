//! Figures of short sessions, under every name that they go by.

use serde_json::json;

use super::*;
use crate::exposition::Exposition;

const NOW_NS: u64 = 1_795_196_697_000_000_000;

const DENIED: (Source, &str) = (Source::Denied, r#"{"deny_reason":"SPREAD","ts_ns":1795196696000000000}"#);
const FILLED: (Source, &str) =
    (Source::Success, r#"{"order_id":"a","lifecycle_state":"FILLED","ts_ns":1795196696000000000}"#);
const MAKER: (Source, &str) = (
    Source::Events,
    r#"{"event_code":"ROUTER.DECISION","ts_ns":1795196696000000000,"details":{"route":"maker","latency_ms":12}}"#,
);
const OPEN: (Source, &str) = (
    Source::Events,
    r#"{"event_code":"CIRCUIT_BREAKER.STATE","ts_ns":1795196696000000000,"details":{"state":"OPEN"}}"#,
);

fn metrics(lines: &[(Source, &str)]) -> Metrics {
    let metrics = Metrics::over(Span::FIVE_MINUTES, State::new(ts(NOW_NS)));
    for (source, line) in lines {
        metrics.observe(*source, 1, line, NOW_NS).unwrap();
    }
    metrics
}

#[test]
fn denials_and_fills_are_counted_over_the_window_and_the_session() {
    let metrics = metrics(&[DENIED, FILLED]);
    let current = metrics.current(NOW_NS);
    assert_eq!((&current["orders"]["denied"], &current["orders"]["filled"]), (&json!(1), &json!(1)));
    assert_eq!(current["xai"]["why_code_counts"], json!({ "SPREAD": 1 }));
    let later = metrics.current(NOW_NS + 1_000_000_000_000);
    assert_eq!((&later["orders"]["denied"], &later["session"]["orders"]["denied"]), (&json!(0), &json!(1)));
}

#[test]
fn the_status_has_every_name_and_routes_over_the_window() {
    let metrics = metrics(&[DENIED, FILLED, MAKER, OPEN]);
    let status = metrics.status(NOW_NS);
    for (group, names) in [
        ("orders", &["submitted", "ack", "filled", "cancelled", "denied", "failed"][..]),
        ("routes", &["maker", "taker", "deny", "cancel"]),
        ("latency", &["decision_ms_p50", "decision_ms_p90"]),
        ("governance", &["alpha", "sprt"]),
        ("xai", &["why_code_counts"]),
        ("circuit_breaker", &["state", "triggered", "reason"]),
        ("pending", &["pending_orders"]),
    ] {
        for name in names {
            assert!(status[group].get(name).is_some(), "{group}.{name} is not in {status:#}");
        }
    }
    assert_eq!(status["ts_ns"], json!(NOW_NS));
    assert_eq!((&status["window_events"], &status["routes"]["maker"]), (&json!(4), &json!(1)));
    assert_eq!(status["circuit_breaker"]["triggered"], json!(true));
    let later = metrics.status(NOW_NS + 1_000_000_000_000);
    assert_eq!((&later["window_events"], &later["routes"]["maker"]), (&json!(0), &json!(0)));
}

#[test]
fn what_is_no_object_is_refused_and_rejections_are_counted() {
    let metrics = metrics(&[]);
    for line in ["[1]", "{\"a\":", "1", "null", "{\"a\":1} trailing"] {
        assert!(metrics.observe(Source::Events, 1, line, NOW_NS).is_err(), "{line}");
    }
    assert_eq!((metrics.rejected(), metrics.as_of()), (0, 0));
    metrics.take_in(&[], 5, 7, NOW_NS);
    assert_eq!(metrics.current(NOW_NS)["session"]["rejected"], 5);
    assert_eq!(metrics.as_of(), 7);
}

fn exposed(lines: &[(Source, &str)], now_ns: u64) -> String {
    let mut out = Exposition::default();
    metrics(lines).expose(now_ns, &mut out);
    out.finish()
}

fn check_series(lines: &[(Source, &str)], present: &[&str], absent: &[&str]) {
    let text = exposed(lines, NOW_NS);
    for line in present {
        assert!(text.lines().any(|found| found == *line), "{line} is not in\n{text}");
    }
    for name in absent {
        assert!(!text.contains(name), "{name} is in\n{text}");
    }
}

#[test]
fn no_data_is_an_absent_series_and_a_count_of_zero_is_not() {
    check_series(
        &[],
        &["aurora_orders_total{outcome=\"filled\"} 0", "aurora_window_seconds 300"],
        &["aurora_fill_rate", "aurora_deny_rate", "aurora_latency_ms", "aurora_circuit_breaker_state"],
    );
}

#[test]
fn figures_stand_under_their_stable_names() {
    check_series(
        &[DENIED, FILLED, MAKER, OPEN],
        &[
            "aurora_orders_total{outcome=\"denied\"} 1",
            "aurora_deny_rate 0.5",
            "aurora_fill_rate 1",
            "aurora_denials_total{reason=\"SPREAD\",class=\"guard\"} 1",
            "aurora_latency_ms{kind=\"decision\",quantile=\"0.9\"} 12",
            "aurora_window_routes{route=\"maker\"} 1",
            "aurora_circuit_breaker_state 2",
        ],
        &[],
    );
}

#[test]
fn every_exposed_family_is_documented() {
    let table = include_str!("../../../../docs/metrics.md");
    let text = exposed(&[DENIED, FILLED, MAKER, OPEN], NOW_NS);
    for family in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = family.split_once(' ').unwrap();
        let row = format!("| `{name}` | {kind} |");
        assert!(table.contains(&row), "docs/metrics.md has no row that begins with {row}");
    }
}

fn check_verdict(live: Liveness, headline: &str) {
    let overview = metrics(&[FILLED]).overview(NOW_NS, live);
    assert_eq!(overview.verdict.headline, headline);
    assert_eq!(overview.first_event_ns, Some(1_795_196_696_000_000_000));
}

#[test]
fn the_verdict_knows_live_from_silent_from_recorded() {
    let live = Liveness { reading_history: false, growing: true, age_seconds: Some(1.0) };
    check_verdict(live, "All well");
    check_verdict(Liveness { age_seconds: Some(61.0), ..live }, "The log is silent");
    check_verdict(Liveness { reading_history: true, ..live }, "Catching up");
    check_verdict(Liveness { growing: false, age_seconds: Some(901.0), ..live }, "Recorded session");
}
