//! `aurora-feed summarize`: totals of hand-made, generated and real sessions, and what it says where there are none.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking, helpers too")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::AtomicBool,
};

use aurora_domain::Outcome;
use aurora_feed::{
    simulate::{self, Scenario, Totals},
    summarize::{Report, reduce},
};
use serde_json::{Value, json};

const START: i64 = 1_795_197_000_000_000_000;

struct Session(tempfile::TempDir);

impl Session {
    fn new(files: &[(&str, &str)]) -> Self {
        let session = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            session.write(name, text.as_bytes());
        }
        session
    }

    /// Writes a file, compressed where its name says so.
    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let bytes = if is_gz(name) { gzip(bytes) } else { bytes.to_vec() };
        fs::write(path, bytes).unwrap();
    }

    fn report(&self) -> Value {
        report(self.0.path())
    }
}

fn is_gz(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "gz")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn report(dir: &Path) -> Value {
    serde_json::to_value(Report::new(&reduce(dir).unwrap())).unwrap()
}

/// A canonical event `ms` milliseconds into the session.
fn event(ms: i64, code: &str, oid: &str, details: &str) -> String {
    let ts_ns = START + ms * 1_000_000;
    format!(r#"{{"ts_ns":{ts_ns},"run_id":"r","event_code":"{code}","oid":{oid},"details":{{{details}}}}}"#)
        + "\n"
}

fn program(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_aurora-feed")).arg("summarize").args(args).output().unwrap()
}

#[test]
fn a_small_session_has_exactly_these_totals() {
    let events = [
        event(0, "ORDER.SUBMIT", "1", ""),
        event(10, "ORDER.ACK", "1", r#""latency_ms":12.5"#),
        event(30, "ORDER.FILL", "1", ""),
        event(40, "ORDER.SUBMIT", "2", ""),
        event(50, "ORDER.DENY", "null", r#""intent_id":"i1","reason":"spread_bps_too_wide:121.8""#),
        event(60, "POLICY.DECISION", "null", r#""route":"maker""#),
        event(
            70,
            "SPRT.DECISION_H1",
            "null",
            r#""llr":3.5,"n_samples":4,"boundaries":{"log_A":2.5,"log_B":"-1.5"}"#,
        ),
        event(80, "CIRCUIT_BREAKER.STATE", "null", r#""state":"OPEN""#),
        event(90, "DIAG.SOMETHING", "null", ""),
        event(5_040, "OBS.SUMMARY.GENERATED", "null", ""),
    ];
    let denied = format!("{{\"deny_reason\":\"WHY_NEGATIVE_EDGE\",\"ts_ns\":{START}}}\n").repeat(2);
    let session =
        Session::new(&[("aurora_events.jsonl", &events.concat()), ("orders_denied.jsonl", &denied)]);
    let mut actual = session.report();
    let dir = session.0.path();
    let facts = actual["session"].take();
    assert_eq!(
        facts,
        json!({
            "name": dir.file_name().unwrap().to_str().unwrap(), "dir": dir.to_str().unwrap(),
            "files": [{"file": "aurora_events.jsonl", "lines": 10}, {"file": "orders_denied.jsonl", "lines": 2}],
            "incomplete_files": [], "first_ts_ns": START, "last_ts_ns": START + 5_040_000_000,
            "events": 12, "lines": 12, "malformed": 0, "oversized": 0, "not_utf8": 0, "uncoded": 0,
            "unknown": 1, "unknown_codes": {"DIAG.SOMETHING": 1}, "skewed": 0, "summarised": true,
        })
    );
    let latency = actual["latency"].take();
    assert_eq!((&latency["ack"]["count"], &latency["ack"]["max_ms"]), (&json!(1), &json!(12.5)));
    assert_eq!(
        (&latency["first_fill"]["count"], &latency["first_fill"]["max_ms"]),
        (&json!(1), &json!(30.0))
    );
    assert!(["decision", "policy", "sla", "query"].iter().all(|kind| latency[kind].is_null()), "{latency}");
    check_small_slices(&mut actual);
    let whole = actual.as_object_mut().unwrap();
    let [windows, by_symbol, forgotten] =
        ["windows", "by_symbol", "forgotten"].map(|name| whole.remove(name).unwrap());
    assert!(["60", "300", "900"].iter().all(|seconds| windows[seconds]["orders"] == actual["orders"]));
    assert_eq!((&by_symbol[0]["symbol"], &by_symbol[0]["orders"]), (&json!("unknown"), &actual["orders"]));
    assert_eq!(by_symbol.as_array().unwrap().len(), 1);
    assert!(forgotten["order_ids"] == 0 && forgotten.as_object().unwrap().values().all(|count| *count == 0));
    assert_eq!(
        actual,
        json!({
            "session": null, "latency": null, "latency_refused": 0, "approximate": false,
            "funnel": null, "xai": null, "provenance": null, "trade": null, "service": null, "market": null,
            "risk": {}, "operations": {"counts": {}, "last": null, "config": null},
            "orders": {"submitted": 2, "acked": 1, "partially_filled": 0, "filled": 1, "canceled": 0,
                       "rejected": 0, "expired": 0, "denied": 2, "failed": 0},
            "orders_by_writer": {
                "submitted": {"events C": 2}, "acked": {"events C": 1}, "partially_filled": {},
                "filled": {"events C": 1}, "canceled": {}, "rejected": {}, "expired": {},
                "denied": {"events C": 1, "order logs F": 2}, "failed": {}},
            "writers_differ": ["denied"],
            "fill_rate": 0.5, "deny_rate": 0.5,
            "deny_rate_by_class": {"skip": 0.5, "guard": 0.0, "exchange": 0.0},
            "deny_reasons": [{"reason": "WHY_NEGATIVE_EDGE", "class": "skip", "count": 2}],
            "pending": {"count": 1, "unknown": 0, "oldest_age_seconds": 5.0, "dropped": 0},
            "routes": {"maker": 1, "taker": 0, "deny": 0, "cancel": 0, "taker_share": 0.0},
            "governance": {"alpha_spent": null, "alpha_budget": null, "alpha_score": null, "llr": 3.5, "samples": 4,
                           "decision": "accept H1", "mode": null, "log_a": 2.5, "log_b": -1.5,
                           "tests": 1, "accepted_h0": 0, "accepted_h1": 1,
                           "path": [{"ts_ns": START + 70_000_000, "llr": 3.5, "samples": 4, "decision": "accept H1"}],
                           "evaluations": 0, "transition_count": 0, "transitions": []},
            "protection": {"breaker": {"state": "OPEN", "since_ts_ns": START + 80_000_000},
                           "armed": null, "halted": null, "cooloff_until_ts_ns": null, "breaker_changes": 1,
                           "breaker_history": [{"state": "OPEN", "since_ts_ns": START + 80_000_000}],
                           "counts": {}, "health": {}},
            "rejected_lines": {"count": 0, "first": []},
        })
    );
}

/// An order filled, one on its way and one denied, over a thousand seconds.
fn long_session() -> Session {
    let [btc_buy, btc_sell] =
        ["buy", "sell"].map(|side| format!(r#""symbol":"BTCUSDT","side":"{side}","decision_ms":2"#));
    let denial = r#""intent_id":"i1","symbol":"ETHUSDT","side":"sell","reason":"WHY_NEGATIVE_EDGE""#;
    let route = r#""symbol":"ETHUSDT","side":"sell","route":"taker""#;
    let events = [
        event(0, "ORDER.SUBMIT", "1", &btc_buy),
        event(0, "ORDER.DENY", "null", denial),
        event(650_000, "ORDER.SUBMIT", "2", &btc_sell),
        event(800_000, "POLICY.DECISION", "null", route),
        event(800_000, "AURORA.ARMED", "null", ""),
        event(1_000_000, "ORDER.FILL", "1", ""),
        event(1_000_000, "OPS.RESET", "null", ""),
    ];
    Session::new(&[("aurora_events.jsonl", &events.concat())])
}

/// Outcomes that were counted at all.
fn counted(orders: &Value) -> Value {
    let orders = orders.as_object().unwrap().iter();
    orders.filter(|(_, count)| **count != 0).map(|(name, count)| (name.clone(), count.clone())).collect()
}

fn check_window(windows: &Value, seconds: &str, expected: &Value) {
    let window = &windows[seconds];
    let actual = json!({
        "events": window["events"], "orders": counted(&window["orders"]),
        "rates": [window["fill_rate"], window["deny_rate"], window["deny_rate_by_class"]["skip"]],
        "reasons": window["deny_reasons"], "all reasons": window["xai"]["reasons"],
        "decision": window["latency"]["decision"]["count"], "taker": window["routes"]["taker"],
        "intents": window["funnel"]["reached"]["intents"], "filled": window["funnel"]["reached"]["filled"],
        "records": window["provenance"]["records"], "queries": window["service"]["query_count"],
        "counts": [window["protection_counts"], window["operations_counts"]],
        "trade": window["trade"], "ws": window["ws_connects"],
    });
    assert_eq!(&actual, expected, "{seconds} s");
}

#[test]
fn each_window_has_the_figures_of_its_own_seconds() {
    let windows = &long_session().report()["windows"];
    let no_data = Value::Null;
    let minute = json!({
        "events": 2, "orders": {"acked": 1, "filled": 1}, "rates": [no_data, no_data, no_data],
        "reasons": [], "all reasons": {}, "decision": no_data, "taker": 0, "intents": 0, "filled": 1,
        "records": 1, "queries": 0, "counts": [{"AURORA.ARMED": 0, "OPS.RESET": 1}, {"OPS.RESET": 1}], "trade": [], "ws": 0,
    });
    check_window(windows, "60", &minute);
    let mut five = minute;
    (five["events"], five["taker"], five["intents"]) = (json!(4), json!(1), json!(1));
    five["counts"][0]["AURORA.ARMED"] = json!(1);
    check_window(windows, "300", &five);
    let mut fifteen = five;
    (fifteen["events"], fifteen["decision"], fifteen["records"]) = (json!(5), json!(1), json!(2));
    fifteen["orders"] = json!({"submitted": 1, "acked": 1, "filled": 1});
    fifteen["rates"] = json!([1.0, 0.0, 0.0]);
    check_window(windows, "900", &fifteen);
}

fn check_symbol(of: &Value, name: [&str; 2], orders: &Value, figures: &Value) {
    assert_eq!([&of["symbol"], &of["side"]], name);
    assert_eq!(&counted(&of["orders"]), orders, "{name:?}");
    let actual = json!([
        of["fill_rate"],
        of["deny_rate"],
        of["latency"]["decision"]["count"],
        of["routes"]["taker"],
        of["deny_reasons"],
        of["trade"],
    ]);
    assert_eq!(&actual, figures, "{name:?}");
}

#[test]
fn each_symbol_and_side_has_the_figures_of_its_own_orders() {
    let report = long_session().report();
    let by_symbol = report["by_symbol"].as_array().unwrap();
    let no_data = Value::Null;
    let filled = json!({"submitted": 1, "acked": 1, "filled": 1});
    check_symbol(&by_symbol[0], ["BTCUSDT", "buy"], &filled, &json!([1.0, 0.0, 1, 0, [], []]));
    let sent = json!({"submitted": 1});
    check_symbol(&by_symbol[1], ["BTCUSDT", "sell"], &sent, &json!([0.0, 0.0, 1, 0, [], []]));
    let reasons = [json!({"reason": "WHY_NEGATIVE_EDGE", "class": "skip", "count": 1})];
    let denied = json!([no_data, 1.0, no_data, 1, reasons, []]);
    check_symbol(&by_symbol[2], ["ETHUSDT", "sell"], &json!({"denied": 1}), &denied);
    check_symbol(
        &by_symbol[3],
        ["unknown", "unknown"],
        &json!({}),
        &json!([no_data, no_data, no_data, 0, [], []]),
    );
    assert_eq!(by_symbol.len(), 4);
}

/// Takes the parts beside orders out of the small session's report.
fn check_small_slices(report: &mut Value) {
    let no_data = Value::Null;
    assert_eq!(
        report["funnel"].take(),
        json!({
            "reached": {"intents": 1, "past_gate": 1, "sized": no_data, "routed": 1,
                        "submitted": 2, "acked": 1, "filled": 1},
            "drop_outs": [{"step": "past_gate", "reason": "WHY_NEGATIVE_EDGE", "count": 2}],
        })
    );
    assert_eq!(
        report["xai"].take(),
        json!({
            "coverage": no_data, "intents": 0, "explained": 0, "without_id": 0, "forgotten_intents": 0,
            "reason_records": 3, "reasons": {"WHY_NEGATIVE_EDGE": 2, "spread_bps_too_wide": 1},
        })
    );
    assert_eq!(report["provenance"].take(), json!({"coverage": 1.0, "records": 4, "missing": no_data}));
    assert_eq!(
        report["trade"].take(),
        json!({"symbols": [], "incomplete": 1, "dropped": 0, "unlinked": 0, "forgotten_orders": 0})
    );
    assert_eq!(
        report["service"].take(),
        json!({
            "query_count": 0, "success_rate": no_data, "error_rate": no_data, "avg_ms": no_data, "p95_ms": no_data,
            "p99_ms": no_data, "cache_hit_rate": no_data, "http_requests": 0,
        })
    );
    assert_eq!(report["market"].take(), json!({"symbols": {}, "ws_connects": 0, "dropped": 0}));
}

#[test]
fn what_was_never_logged_is_null() {
    let report = Session::new(&[("aurora_events.jsonl", "")]).report();
    for path in
        ["/fill_rate", "/deny_rate", "/deny_rate_by_class/skip", "/routes/taker_share", "/latency/ack"]
    {
        assert_eq!(report.pointer(path), Some(&Value::Null), "{path}");
    }
    for path in
        ["/session/first_ts_ns", "/session/last_ts_ns", "/protection/breaker", "/pending/oldest_age_seconds"]
    {
        assert_eq!(report.pointer(path), Some(&Value::Null), "{path}");
    }
    assert_eq!(report["orders"]["submitted"], 0);
}

/// Writes transitions of the governor's mode; the one that is last in order stays.
fn check_last_mode(files: &[(&str, i64, &str)], expected: &str) {
    let session = Session::new(&[]);
    for (name, ms, mode) in files {
        let details = format!(r#""to":"{mode}""#);
        session.write(name, event(*ms, "GOVERNANCE.TRANSITION", "null", &details).as_bytes());
    }
    assert_eq!(session.report()["governance"]["mode"], expected, "{files:?}");
}

#[test]
fn events_come_in_the_order_of_time_then_log_then_part() {
    let (live, gz8) = ("aurora_events.jsonl", "aurora_events.jsonl.20261120.180000.part8.jsonl.gz");
    let (gz10, old) = ("aurora_events.jsonl.20261120.180000.part10.jsonl.gz", "aurora_events.jsonl.old");
    check_last_mode(&[(live, 10, "first"), (gz8, 20, "last")], "last");
    check_last_mode(&[(live, 20, "last"), (gz8, 10, "first")], "last");
    check_last_mode(&[(gz8, 5, "first"), (gz10, 5, "last")], "last");
    check_last_mode(&[(gz10, 5, "first"), (live, 5, "last")], "last");
    check_last_mode(&[(old, 5, "first"), (gz8, 5, "last")], "last");
    check_last_mode(&[("archive/aurora_events.jsonl", 5, "first"), (old, 5, "last")], "last");
}

#[test]
fn rotated_and_gzipped_parts_count_like_one_file() {
    let life: Vec<String> = ["SUBMIT", "ACK", "FILL"]
        .iter()
        .zip([0, 7, 20])
        .map(|(code, ms)| event(ms, &format!("ORDER.{code}"), "1", ""))
        .collect();
    let session = Session::new(&[
        ("aurora_events.jsonl.20261120.180000.part8.jsonl.gz", &life[0]),
        ("aurora_events.jsonl.20261120.180000.part10.jsonl", &life[1]),
        ("aurora_events.jsonl", &life[2]),
        ("aurora_events.jsonl.lock", ""),
    ]);
    let parts = session.report();
    let whole = Session::new(&[("aurora_events.jsonl", &life.concat())]).report();
    for key in ["orders", "orders_by_writer", "latency", "pending", "fill_rate"] {
        assert_eq!(parts[key], whole[key], "{key}");
    }
    assert_eq!(parts["latency"]["first_fill"]["max_ms"], 20.0);
    assert_eq!(parts["session"]["files"].as_array().unwrap().len(), 3);
}

#[test]
fn an_event_without_a_time_stands_behind_the_one_before_it() {
    let untimed = r#"{"event_code":"GOVERNANCE.TRANSITION","details":{"to":"untimed"}}"#;
    let live = event(20, "POLICY.DECISION", "null", "") + untimed + "\n";
    let part = event(10, "GOVERNANCE.TRANSITION", "null", r#""to":"early""#);
    let session = Session::new(&[("aurora_events.jsonl", &live), ("aurora_events.jsonl.old", &part)]);
    assert_eq!(session.report()["governance"]["mode"], "untimed");
}

#[test]
fn lines_that_cannot_be_read_are_counted_with_file_and_line() {
    let session = Session::new(&[]);
    let good = event(0, "ORDER.SUBMIT", "1", "");
    let mut bytes = good.clone().into_bytes();
    bytes.extend(b"Traceback\n\n[1]\n\xff\n\0\0\0cut\n\0\0");
    bytes.extend(event(1, "ORDER.SUBMIT", "2", "").as_bytes());
    bytes.extend(vec![b'x'; (1 << 20) + 1]);
    bytes.extend(b"\n{\"unfinished\":");
    session.write("aurora_events.jsonl", &bytes);
    let report = session.report();
    let counts =
        ["lines", "events", "malformed", "not_utf8", "oversized"].map(|key| report["session"][key].clone());
    assert_eq!(counts, [7, 2, 4, 1, 1]);
    let rejected = &report["rejected_lines"];
    assert_eq!(rejected["count"], 6);
    let lines: Vec<_> = rejected["first"].as_array().unwrap().iter().map(|at| at["line"].clone()).collect();
    assert_eq!(lines, [2, 4, 5, 6, 7, 8]);
    let reason = |index: usize| rejected["first"][index]["reason"].as_str().unwrap();
    for (index, words) in
        ["Malformed JSON", "Malformed JSON", "not UTF-8", "3 NUL bytes", "2 NUL bytes", "oversized"]
            .iter()
            .enumerate()
    {
        assert!(reason(index).contains(words), "{}", reason(index));
    }
    assert_eq!(rejected["first"][0]["file"], "aurora_events.jsonl");
}

#[test]
fn twenty_unreadable_lines_are_named_and_all_are_counted() {
    let report = Session::new(&[("orders_denied.jsonl", &"no\n".repeat(25))]).report();
    assert_eq!(report["rejected_lines"]["count"], 25);
    assert_eq!(report["rejected_lines"]["first"].as_array().unwrap().len(), 20);
}

/// Generates a session and compares every total that the generator counts.
fn check_generated(scenario: Scenario, seconds: u64) {
    let dir = tempfile::tempdir().unwrap();
    let args = simulate::Args {
        session_dir: dir.path().to_owned(),
        rate: 40.0,
        seed: Some(7),
        scenario,
        duration: seconds,
        start: Some(1_795_197_000),
        as_fast_as_possible: true,
    };
    let totals = simulate::run(&args, &AtomicBool::new(false)).unwrap();
    let report = report(dir.path());
    let expected = [
        totals.submitted,
        totals.acked,
        totals.partially_filled,
        totals.filled,
        totals.canceled,
        totals.rejected,
        totals.expired,
        totals.denied,
        totals.failed,
    ];
    let counted = Outcome::ALL.map(|outcome| report["orders"][outcome.name()].as_u64().unwrap());
    assert_eq!(counted, expected, "{scenario:?}: {}", report["orders_by_writer"]);
    assert!(totals.submitted > 100 && totals.denied > 100, "{scenario:?} is too small to tell");
    check_lines(scenario, &report, &totals);
    let (pending, routes) = (&report["pending"], &report["routes"]);
    let pending = pending["count"].as_u64().unwrap() + pending["unknown"].as_u64().unwrap();
    assert_eq!(pending, totals.pending(), "{scenario:?}");
    assert_eq!(routes["maker"], totals.routed_maker, "{scenario:?}");
    assert_eq!(routes["taker"], totals.routed_taker, "{scenario:?}");
    let reasons = report["deny_reasons"].as_array().unwrap().iter();
    let by_reason: u64 = reasons.map(|by| by["count"].as_u64().unwrap()).sum();
    assert_eq!(by_reason, totals.denied, "{scenario:?}");
}

fn check_lines(scenario: Scenario, report: &Value, totals: &Totals) {
    let session = &report["session"];
    let broken = ["malformed", "oversized", "not_utf8"].map(|key| session[key].as_u64().unwrap());
    assert_eq!(broken, [totals.malformed, totals.oversized, totals.invalid_utf8], "{scenario:?}");
    assert_eq!(session["lines"], totals.all_lines(), "{scenario:?}");
    assert_eq!(session["first_ts_ns"], totals.first_ns, "{scenario:?}");
    assert_eq!(session["last_ts_ns"], totals.last_ns, "{scenario:?}");
    assert_eq!(session["summarised"], true, "{scenario:?}");
    let files = session["files"].as_array().unwrap();
    let rotated = files.iter().filter(|file| is_gz(file["file"].as_str().unwrap())).count() as u64;
    let rotations: u64 = simulate::SessionFile::ALL.iter().map(|file| *totals.rotations.get(*file)).sum();
    assert_eq!(rotated, rotations, "{scenario:?}");
}

/// Lines of the event log that hold `text`.
fn lines_with(dir: &Path, text: &str) -> u64 {
    let log = fs::read_to_string(dir.join("aurora_events.jsonl")).unwrap();
    log.lines().filter(|line| line.contains(text)).count() as u64
}

#[test]
fn a_breaker_trip_tells_of_money_queries_guards_and_steps() {
    let dir = tempfile::tempdir().unwrap();
    let args = simulate::Args {
        session_dir: dir.path().to_owned(),
        rate: 40.0,
        seed: Some(7),
        scenario: Scenario::BreakerTrip,
        duration: 200,
        start: Some(1_795_197_000),
        as_fast_as_possible: true,
    };
    let totals = simulate::run(&args, &AtomicBool::new(false)).unwrap();
    let report = report(dir.path());
    assert_eq!(report["funnel"]["reached"]["intents"], totals.intents);
    assert_eq!(report["funnel"]["reached"]["routed"], totals.routed_maker + totals.routed_taker);
    assert_eq!(report["funnel"]["reached"]["submitted"], totals.submitted);
    let dropped = report["funnel"]["drop_outs"].as_array().unwrap().iter();
    assert_eq!(dropped.map(|by| by["count"].as_u64().unwrap()).sum::<u64>(), totals.denied);
    assert_eq!(report["service"]["query_count"], lines_with(dir.path(), r#""event_code": "QUERY."#));
    assert_eq!(report["protection"]["counts"]["IDEM.HIT"], lines_with(dir.path(), r#""IDEM.HIT""#));
    let states = report["protection"]["breaker_history"].as_array().unwrap().iter();
    let states: Vec<_> = states.map(|change| change["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["CLOSED", "OPEN", "HALF_OPEN", "CLOSED"]);
    assert_eq!(report["provenance"]["coverage"], 1.0);
    let symbols = report["trade"]["symbols"].as_array().unwrap();
    assert_eq!(symbols.len(), 5);
    for symbol in symbols {
        assert_eq!((&symbol["origin"], &symbol["slippage_origin"]), (&json!("logged"), &json!("logged")));
        assert!(symbol["costs_bps"]["fees"].as_f64().unwrap() < 0.0, "{symbol}");
    }
    assert_eq!((&report["trade"]["unlinked"], &report["trade"]["dropped"]), (&json!(0), &json!(0)));
}

#[test]
fn a_calm_session_has_the_totals_that_were_generated() {
    check_generated(Scenario::Calm, 400);
}

#[test]
fn a_latency_spike_has_the_totals_that_were_generated() {
    check_generated(Scenario::LatencySpike, 400);
}

#[test]
fn a_deny_storm_has_the_totals_that_were_generated() {
    check_generated(Scenario::DenyStorm, 400);
}

#[test]
fn a_breaker_trip_has_the_totals_that_were_generated() {
    check_generated(Scenario::BreakerTrip, 400);
}

#[test]
fn a_rotated_session_has_the_totals_that_were_generated() {
    check_generated(Scenario::Rotation, 400);
}

#[test]
fn a_corrupt_session_has_the_totals_that_were_generated() {
    check_generated(Scenario::CorruptLines, 400);
}

#[test]
fn a_mixed_session_has_the_totals_that_were_generated() {
    check_generated(Scenario::Mixed, 1_260);
}

/// A recorded session and what stands in it.
struct Recorded {
    name: &'static str,
    lines: u64,
    first_ts_ns: i64,
    last_ts_ns: i64,
    /// Outcomes that are not zero.
    orders: &'static [(&'static str, u64)],
    /// Maker, taker, deny.
    routes: [u64; 3],
    /// The reasons of denials, most frequent first.
    reasons: &'static [(&'static str, u64)],
}

/// Counted apart from this code: every line parsed with Python's `json`, outcomes as sets of (run, order id) and
/// numbers of records without id per file kind and shape, then CONTRACT.md section 2 by hand; no time order, no
/// windows, no limits (docs/summary.md).
const RECORDED: [Recorded; 8] = [
    Recorded {
        name: "checked-in-debug-cancel",
        lines: 14,
        first_ts_ns: 1_756_757_303_115_233_280,
        last_ts_ns: 1_756_757_303_124_235_264,
        orders: &[("submitted", 1), ("acked", 1), ("denied", 3)],
        routes: [1, 0, 0],
        reasons: &[("WHY_NEGATIVE_EDGE", 3)],
    },
    Recorded {
        name: "ci-execservice-rotated",
        lines: 10_574,
        first_ts_ns: 1_795_196_913_230_569_216,
        last_ts_ns: 1_795_197_043_390_503_936,
        orders: &[("denied", 886)],
        routes: [276, 330, 0],
        reasons: &[
            ("EDGE_FLOOR", 598),
            ("LOW_PFILL.DENY", 131),
            ("POST_ONLY_UNAVAILABLE", 102),
            ("SPREAD_DENY", 35),
            ("SIZE_ZERO.DENY", 20),
        ],
    },
    Recorded {
        name: "ci-websocket",
        lines: 2_000,
        first_ts_ns: 1_795_197_466_346_350_336,
        last_ts_ns: 1_795_197_528_398_254_336,
        orders: &[],
        routes: [0, 0, 0],
        reasons: &[],
    },
    Recorded {
        name: "master-api-rotating",
        lines: 13_865,
        first_ts_ns: 1_795_197_468_866_663_168,
        last_ts_ns: 1_795_197_829_456_445_184,
        orders: &[
            ("submitted", 1_750),
            ("acked", 1_557),
            ("partially_filled", 376),
            ("filled", 1_557),
            ("rejected", 193),
            ("denied", 234),
            ("failed", 193),
        ],
        routes: [0, 0, 0],
        reasons: &[
            ("latency_cooloff", 160),
            ("latency_disarmed", 60),
            ("slippage_guard", 13),
            ("trap_guard", 1),
        ],
    },
    Recorded {
        name: "master-paper-bio-churn-rt",
        lines: 12_954,
        first_ts_ns: 1_795_196_651_445_342_208,
        last_ts_ns: 1_795_197_872_007_680_256,
        orders: &[("submitted", 5), ("acked", 5), ("filled", 3), ("denied", 1_974)],
        routes: [19, 1_102, 64],
        reasons: &[("WHY_NEGATIVE_EDGE", 1_215), ("open_rate_limit", 695), ("WHY_UNATTRACTIVE", 64)],
    },
    Recorded {
        name: "master-paper-sol-rt",
        lines: 10_086,
        first_ts_ns: 1_795_196_651_485_547_264,
        last_ts_ns: 1_795_197_870_894_038_784,
        orders: &[("denied", 2_382)],
        routes: [35, 934, 32],
        reasons: &[("WHY_NEGATIVE_EDGE", 1_399), ("expected_return_gate", 951), ("WHY_UNATTRACTIVE", 32)],
    },
    Recorded {
        name: "master-sprt",
        lines: 31,
        first_ts_ns: 1_795_197_220_197_966_592,
        last_ts_ns: 1_795_197_222_794_876_160,
        orders: &[],
        routes: [0, 0, 0],
        reasons: &[],
    },
    Recorded {
        name: "refac-idem",
        lines: 1_829,
        first_ts_ns: 1_795_197_771_691_245_824,
        last_ts_ns: 1_795_197_784_226_652_160,
        orders: &[],
        routes: [0, 0, 0],
        reasons: &[],
    },
];

/// Figures of the parts beside orders, by session and path. Counted apart from this code, by a Python script over lines
/// parsed with `json`: policy verdicts, sizes and routes per shape as counts of records; intents as a dictionary
/// from intent id to its time and to the codes that name it; money from the rows of `orders.jsonl` in order of time,
/// with average cost in exact fractions, rounded to doubles at the end (docs/summary.md).
const RECORDED_SLICES: [(&str, &str, f64); 60] = [
    ("checked-in-debug-cancel", "/funnel/reached/intents", 4.0),
    ("checked-in-debug-cancel", "/funnel/reached/past_gate", 1.0),
    ("checked-in-debug-cancel", "/funnel/drop_outs/0/count", 3.0),
    ("ci-execservice-rotated", "/funnel/reached/intents", 2_000.0),
    ("ci-execservice-rotated", "/funnel/reached/past_gate", 1_492.0),
    ("ci-execservice-rotated", "/funnel/reached/sized", 1_472.0),
    ("ci-execservice-rotated", "/funnel/reached/routed", 606.0),
    ("ci-execservice-rotated", "/funnel/drop_outs/0/count", 20.0),
    ("ci-execservice-rotated", "/funnel/drop_outs/1/count", 598.0),
    ("ci-execservice-rotated", "/funnel/drop_outs/5/count", 6.0),
    ("ci-execservice-rotated", "/xai/intents", 1_829.0),
    ("ci-execservice-rotated", "/xai/explained", 1_369.0),
    ("ci-execservice-rotated", "/xai/reason_records", 2_175.0),
    ("ci-execservice-rotated", "/governance/transition_count", 83.0),
    ("ci-execservice-rotated", "/governance/evaluations", 1_173.0),
    ("ci-websocket", "/market/ws_connects", 12.0),
    ("ci-websocket", "/market/symbols/DOGEUSDT/bid", 0.23335),
    ("ci-websocket", "/market/symbols/DOGEUSDT/ask", 0.23356),
    ("ci-websocket", "/market/symbols/BIOUSDT/price", 0.1151),
    ("master-api-rotating", "/funnel/reached/intents", 2_874.0),
    ("master-api-rotating", "/funnel/reached/past_gate", 2_640.0),
    ("master-api-rotating", "/funnel/reached/submitted", 1_750.0),
    ("master-api-rotating", "/funnel/drop_outs/0/count", 160.0),
    ("master-api-rotating", "/provenance/coverage", 1.0),
    ("master-api-rotating", "/provenance/records", 5_062.0),
    ("master-api-rotating", "/xai/reason_records", 583.0),
    ("master-api-rotating", "/trade/symbols/0/position", -0.238),
    ("master-api-rotating", "/trade/symbols/0/realised", 0.331_015_045_954_695_2),
    ("master-api-rotating", "/trade/symbols/0/unrealised", -0.393_355_945_954_695_2),
    ("master-api-rotating", "/trade/symbols/0/fees", 66.830_038),
    ("master-api-rotating", "/trade/symbols/0/filled_orders", 368.0),
    ("master-api-rotating", "/trade/symbols/1/position", 18_228.395),
    ("master-api-rotating", "/trade/symbols/1/realised", 0.272_480_345_152_831_1),
    ("master-api-rotating", "/trade/symbols/1/fee_orders", 273.0),
    ("master-api-rotating", "/trade/symbols/2/realised", -5.639_150_682_809_224),
    ("master-api-rotating", "/trade/symbols/2/unrealised", -26.892_401_417_190_776),
    ("master-api-rotating", "/trade/symbols/2/notional", 264_875.066_188_1),
    ("master-api-rotating", "/trade/symbols/3/average_price", 184.073_730_391_331_9),
    ("master-api-rotating", "/trade/symbols/3/realised", 5.784_415_872_956_115),
    ("master-api-rotating", "/trade/symbols/3/filled_orders", 398.0),
    ("master-api-rotating", "/operations/counts/OPS.RESET", 16.0),
    ("master-api-rotating", "/protection/counts/AURORA.ESCALATION", 220.0),
    ("master-api-rotating", "/protection/counts/POLICY.TRAP_BLOCK", 1.0),
    ("master-paper-bio-churn-rt", "/funnel/reached/intents", 2_400.0),
    ("master-paper-bio-churn-rt", "/funnel/reached/past_gate", 1_185.0),
    ("master-paper-bio-churn-rt", "/funnel/reached/sized", 1_185.0),
    ("master-paper-bio-churn-rt", "/funnel/reached/routed", 1_121.0),
    ("master-paper-bio-churn-rt", "/funnel/drop_outs/2/count", 695.0),
    ("master-paper-bio-churn-rt", "/trade/incomplete", 3.0),
    ("master-paper-bio-churn-rt", "/xai/reason_records", 8_235.0),
    ("master-paper-sol-rt", "/funnel/reached/intents", 2_418.0),
    ("master-paper-sol-rt", "/funnel/reached/past_gate", 1_001.0),
    ("master-paper-sol-rt", "/funnel/reached/routed", 969.0),
    ("master-paper-sol-rt", "/funnel/drop_outs/1/count", 18.0),
    ("master-paper-sol-rt", "/funnel/drop_outs/2/count", 32.0),
    ("master-paper-sol-rt", "/funnel/drop_outs/3/count", 951.0),
    ("master-sprt", "/governance/accepted_h0", 20.0),
    ("master-sprt", "/governance/accepted_h1", 11.0),
    ("refac-idem", "/protection/counts/IDEM.UPDATE", 1_090.0),
    ("refac-idem", "/protection/counts/IDEM.CONFLICT", 15.0),
];

fn check_recorded_slices(name: &str, report: &Value) {
    for (_, path, expected) in RECORDED_SLICES.iter().filter(|(of, ..)| *of == name) {
        let actual = report.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN);
        let close = (actual - expected).abs() <= 1e-9 * expected.abs().max(1.0);
        assert!(close, "{name}{path}: {actual} is not {expected}");
    }
    let flat = ["checked-in-debug-cancel", "master-paper-bio-churn-rt"].contains(&name);
    assert_eq!(report["provenance"]["missing"].as_str().is_some_and(|why| why.contains("shape F")), flat);
}

fn check_recorded(expected: &Recorded, dir: &Path) {
    let report = report(dir);
    let (name, session) = (expected.name, &report["session"]);
    assert_eq!(session["name"], name);
    let facts =
        ["lines", "events", "malformed", "oversized", "not_utf8"].map(|key| session[key].as_u64().unwrap());
    assert_eq!(facts, [expected.lines, expected.lines, 0, 0, 0], "{name}");
    assert_eq!(
        (&session["first_ts_ns"], &session["last_ts_ns"]),
        (&json!(expected.first_ts_ns), &json!(expected.last_ts_ns)),
        "{name}"
    );
    let orders = report["orders"].as_object().unwrap();
    let counted: Vec<_> = Outcome::ALL
        .map(|outcome| (outcome.name(), orders[outcome.name()].as_u64().unwrap()))
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect();
    assert_eq!(counted, expected.orders, "{name}");
    let routes = ["maker", "taker", "deny"].map(|key| report["routes"][key].as_u64().unwrap());
    assert_eq!(routes, expected.routes, "{name}");
    let reasons = report["deny_reasons"].as_array().unwrap().iter();
    let reasons: Vec<_> =
        reasons.map(|by| (by["reason"].as_str().unwrap(), by["count"].as_u64().unwrap())).collect();
    assert_eq!(reasons, expected.reasons, "{name}");
    check_recorded_slices(name, &report);
}

#[test]
fn recorded_sessions_have_the_totals_that_were_counted_by_hand() {
    let sessions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/sessions");
    if !sessions.is_dir() {
        println!("skipped: the recorded sessions are not present ({})", sessions.display());
        return;
    }
    let entries = fs::read_dir(&sessions).unwrap().map(|entry| entry.unwrap().path());
    let folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    assert_eq!(folders.len(), RECORDED.len(), "every folder has its expected totals");
    for expected in &RECORDED {
        check_recorded(expected, &sessions.join(expected.name));
    }
}

#[test]
fn the_program_prints_json_and_markdown() {
    let session = Session::new(&[("aurora_events.jsonl", &event(0, "ORDER.SUBMIT", "1", ""))]);
    let dir = session.0.path().to_str().unwrap();
    let output = program(&[dir]);
    assert!(output.status.success());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["orders"]["submitted"], 1);
    let output = program(&[dir, "--format", "markdown"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for line in ["| submitted | 1 | events C: 1 |", "| Fill rate | no data |", "| ack | no data | no data |"]
    {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn a_file_that_breaks_off_is_said_after_the_totals() {
    let session = Session::new(&[("aurora_events.jsonl", &event(0, "ORDER.SUBMIT", "1", ""))]);
    let name = "aurora_events.jsonl.20261120.180000.part1.jsonl.gz";
    session.write(name, event(0, "ORDER.SUBMIT", "2", "").repeat(50_000).as_bytes());
    let path = session.0.path().join(name);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let output = program(&[session.0.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["orders"]["submitted"], 2);
    assert_eq!(report["session"]["incomplete_files"][0]["file"], name);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("incomplete") && message.contains(name), "{message}");
}

/// The program refuses `dir` with exit code 1, prints no totals, and its message has all `words`.
fn check_refused(dir: &Path, words: &[&str]) {
    let output = program(&[dir.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8(output.stderr).unwrap();
    for word in words.iter().chain(&[dir.to_str().unwrap()]) {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
}

#[test]
fn what_is_no_session_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    check_refused(dir.path(), &["holds no session files", "aurora_events.jsonl", "pass the directory"]);
    check_refused(&dir.path().join("none"), &["does not exist", "pass the directory"]);
    let file = dir.path().join("aurora_events.jsonl");
    fs::write(&file, "").unwrap();
    check_refused(&file, &["is not a directory", "for example"]);
    assert_eq!(program(&[]).status.code(), Some(2));
}

#[test]
fn a_folder_of_sessions_names_up_to_ten_of_them() {
    let folder = Session::new(&[]);
    for index in 0..12 {
        folder.write(&format!("20261120-1000{index:02}/aurora_events.jsonl"), b"");
    }
    check_refused(folder.0.path(), &["folder of sessions", "20261120-1000", "and 2 more"]);
}
