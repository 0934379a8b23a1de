//! Every total that `aurora-feed summarize` prints of the recorded sessions, against an independent count.
//!
//! The count shares no code with decoder and reducer: it parses every line into a `serde_json::Value`, keeps all rows,
//! and takes each total straight from the definitions (docs/definitions.md) by filtering, sorting and counting. It knows
//! no windows, no bounds and no fast path. The whole report is compared, name by name, so a total without a count fails.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking, helpers too")]

mod gauges;
mod latency;
mod money;
mod orders;
mod rows;
mod slices;
mod spans;
mod states;

use std::{fs, path::Path};

use aurora_domain::{State, Ts};
use aurora_feed::summarize::{Report, reduce};
use serde_json::{Map, Value, json};

use rows::{Rows, read};

/// The report as counted here, without windows and symbols; what only says where the session was read from is left out.
fn count(rows: &Rows) -> Value {
    let mut report = Map::new();
    report.insert("session".to_owned(), session(rows));
    report.extend(orders::count(rows));
    report.extend(latency::count(rows));
    report.extend(slices::count(rows));
    report.extend(gauges::count(rows));
    report.insert("trade".to_owned(), money::count(rows));
    report.extend(states::count(rows));
    let bounds = State::new(Ts(0)).forgotten().named();
    report.insert("forgotten".to_owned(), bounds.map(|(bound, _)| (bound.to_owned(), json!(0))).collect());
    report.insert("rejected_lines".to_owned(), json!({"count": 0, "first": []}));
    Value::Object(report)
}

/// The first words of codes that CONTRACT.md section 1 lists.
const LISTED: [&str; 25] = [
    "ORDER.",
    "RISK.",
    "SLA.",
    "POLICY.",
    "ROUTER.",
    "ROUTE",
    "HEALTH.",
    "POSTTRADE.",
    "POSITION.",
    "REWARD.",
    "TCA.",
    "GOVERNANCE.",
    "ALPHA.",
    "SPRT.",
    "CIRCUIT_BREAKER.",
    "EXCHANGE.",
    "AURORA.",
    "SPREAD_GUARD",
    "IDEM.",
    "KELLY.",
    "LAMBDA.",
    "CVAR.",
    "SIZING.",
    "MARKET.",
    "WS.",
];
const LISTED_TOO: [&str; 5] = ["QUERY.", "HTTP.", "OBS.", "OPS.", "CONFIG."];

fn session(rows: &Rows) -> Value {
    let log: Vec<_> = rows.of("aurora_events").collect();
    let listed = |code: &str| LISTED.iter().chain(&LISTED_TOO).any(|prefix| code.starts_with(prefix));
    let unknown: Vec<&str> =
        log.iter().filter_map(|row| row.code.as_deref()).filter(|code| !listed(code)).collect();
    json!({
        "first_ts_ns": rows.all.iter().map(|row| row.at).min(),
        "last_ts_ns": rows.all.iter().map(|row| row.at).max(),
        "events": rows.all.len(), "lines": rows.lines, "malformed": 0, "oversized": 0, "not_utf8": 0,
        "uncoded": log.iter().filter(|row| row.code.is_none()).count(),
        "unknown": unknown.len(), "unknown_codes": rows::tally(unknown), "skewed": 0,
        "summarised": rows.all.iter().any(|row| row.code.as_deref() == Some("OBS.SUMMARY.GENERATED")),
        "incomplete_files": [], "files": rows.files,
    })
}

/// Quantiles of a histogram may be a hundredth off; everything else is exact but for the rounding of sums.
fn close(path: &str, counted: f64, reported: f64) -> bool {
    let quantile = ["/p50_ms", "/p90_ms", "/p95_ms", "/p99_ms"].iter().any(|end| path.ends_with(end));
    let share = if quantile { 0.01 } else { 1e-9 };
    (counted - reported).abs() <= share * counted.abs().max(if quantile { 0.0 } else { 1.0 })
}

fn compare(path: &str, counted: &Value, reported: &Value, differences: &mut Vec<String>) {
    match (counted, reported) {
        (Value::Object(counted), Value::Object(reported)) => {
            let mut names: Vec<&String> = counted.keys().chain(reported.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let (counted, reported) = (counted.get(name), reported.get(name));
                match (counted, reported) {
                    (Some(counted), Some(reported)) => {
                        compare(&format!("{path}/{name}"), counted, reported, differences);
                    }
                    _ => {
                        differences
                            .push(format!("{path}/{name}: counted {counted:?}, reported {reported:?}"));
                    }
                }
            }
        }
        (Value::Array(counted), Value::Array(reported)) if counted.len() == reported.len() => {
            for (place, (counted, reported)) in counted.iter().zip(reported).enumerate() {
                compare(&format!("{path}/{place}"), counted, reported, differences);
            }
        }
        _ => {
            let same = match (counted.as_i64(), reported.as_i64()) {
                (Some(counted), Some(reported)) => counted == reported,
                _ => match (counted.as_f64(), reported.as_f64()) {
                    (Some(counted), Some(reported)) => close(path, counted, reported),
                    _ => counted == reported,
                },
            };
            if !same {
                differences.push(format!("{path}: counted {counted}, reported {reported}"));
            }
        }
    }
}

fn check(dir: &Path) {
    let mut reported = serde_json::to_value(Report::new(&reduce(dir).unwrap())).unwrap();
    let session = reported["session"].as_object_mut().unwrap();
    session.remove("name");
    session.remove("dir");
    // Parts of all logs are read by the time of their rotation; the order is another test's matter.
    session["files"].as_array_mut().unwrap().sort_by_key(Value::to_string);
    let windows = reported["windows"].take();
    let by_symbol = reported["by_symbol"].take();
    let top = reported.as_object_mut().unwrap();
    for apart in ["windows", "by_symbol"] {
        top.remove(apart);
    }
    let rows = read(dir);
    let counted = count(&rows);
    let mut differences = Vec::new();
    compare("", &counted, &reported, &mut differences);
    check_windows(&rows, &windows, &mut differences);
    check_symbols(&rows, &counted, &by_symbol, &mut differences);
    assert!(differences.is_empty(), "{}:\n{}", dir.display(), differences.join("\n"));
}

fn check_windows(rows: &Rows, windows: &Value, differences: &mut Vec<String>) {
    assert_eq!(windows.as_object().unwrap().keys().collect::<Vec<_>>(), ["300", "60", "900"]);
    for seconds in [60, 300, 900] {
        let counted = Value::Object(spans::window(rows, seconds));
        let reported = Value::Object(spans::reported_window(&windows[seconds.to_string()]));
        compare(&format!("/windows/{seconds}"), &counted, &reported, differences);
    }
}

fn check_symbols(rows: &Rows, counted: &Value, by_symbol: &Value, differences: &mut Vec<String>) {
    let by_symbol = by_symbol.as_array().unwrap();
    compare("/by_symbol", &spans::expected_sums(counted), &spans::sums(by_symbol), differences);
    let name = |of: &Value| format!("{} {}", of["symbol"].as_str().unwrap(), of["side"].as_str().unwrap());
    let reported: Vec<String> = by_symbol.iter().map(name).collect();
    for ((symbol, side), _) in spans::pairs(rows) {
        if !reported.contains(&format!("{symbol} {side}")) {
            differences.push(format!("/by_symbol: {symbol} {side} is not reported"));
        }
    }
}

#[test]
fn every_total_of_every_recorded_session_is_counted_independently() {
    let sessions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/sessions");
    if !sessions.is_dir() {
        println!("skipped: the recorded sessions are not present ({})", sessions.display());
        return;
    }
    let entries = fs::read_dir(&sessions).unwrap().map(|entry| entry.unwrap().path());
    let folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    assert_eq!(folders.len(), 8, "every folder is counted");
    for folder in &folders {
        check(folder);
    }
}
