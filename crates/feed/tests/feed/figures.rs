//! `/health`, `/status` and `/metrics` over a real socket.

use std::{
    io::{ErrorKind, Write as _},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Feed, Session, say};

const DENIED: &str = r#"{"deny_reason":"SPREAD"}"#;
const FILLED: &str = r#"{"order_id":"a","lifecycle_state":"FILLED"}"#;
const DECIDED: &str = r#"{"event_code":"ROUTER.DECISION","details":{"route":"maker","latency_ms":12}}"#;

fn session() -> (Session, Feed) {
    let session = Session::new();
    session.append("orders_denied.jsonl", format!("{DENIED}\n"));
    session.append("orders_success.jsonl", format!("{FILLED}\n"));
    session.append("aurora_events.jsonl", format!("{DECIDED}\nno json\n"));
    let feed = Feed::start(&session);
    feed.wait_for_lines(3);
    feed.wait_for("the malformed line", |health| health["tailer_stats"]["malformed_lines"] == 1);
    (session, feed)
}

/// Every name in a tree of names, as `a.b`.
fn check_members(value: &Value, names: &[&str]) {
    for name in names {
        let found = name.split('.').try_fold(value, |value, part| value.get(part));
        assert!(found.is_some(), "{name} is not in {value:#}");
    }
}

const HEALTH: &[&str] = &[
    "status",
    "session_dir",
    "uptime_seconds",
    "sse_clients",
    "client_count",
    "tailer_stats.files_monitored",
    "tailer_stats.total_lines_processed",
    "tailer_stats.malformed_lines",
    "tailer_stats.oversized_lines",
    "tailer_stats.gaps.truncated",
    "tailer_stats.gaps.last",
    "tailer_stats.file_positions",
    "current_metrics.orders",
    "current_metrics.routes",
    "current_metrics.latency",
    "current_metrics.governance",
    "current_metrics.circuit_breaker",
    "current_metrics.xai",
    "current_metrics.pending",
    "memory.process_rss_bytes",
    "memory.used_percent",
    "disk.session_dir.free_percent",
    "disk.journal_dir.free_percent",
    "troubles",
    "journal",
    "cpu.process_seconds",
];

#[test]
fn health_has_every_member_with_and_without_a_session() {
    let (_session, feed) = session();
    let health = feed.health();
    check_members(&health, HEALTH);
    assert_eq!(health["tailer_stats"]["file_positions"].as_object().unwrap().len(), 3);
    assert!(health["memory"]["process_rss_bytes"].as_u64().unwrap() > 0, "{health}");
    assert!((0.0..=100.0).contains(&health["disk"]["session_dir"]["free_percent"].as_f64().unwrap()));
    let journal = &health["journal"];
    check_members(journal, &["first", "head", "bytes", "commits", "commit_seconds"]);
    assert_eq!((&journal["events"], &journal["in_memory"]), (&json!(3), &json!(false)), "{journal}");
    assert!(journal["file_bytes"].as_u64().unwrap() > 0 && health["troubles"] == json!({}), "{health}");
    let empty = Session::new();
    let waiting = Feed::start(&empty).health();
    check_members(&waiting, HEALTH);
    assert_eq!(health["publish_lag_seconds"], Value::Null, "history has no lag");
    assert_eq!((&waiting["status"], &waiting["session"]), (&json!("waiting"), &Value::Null));
}

const STATUS: &[&str] = &[
    "ts_ns",
    "orders.submitted",
    "orders.ack",
    "orders.filled",
    "orders.cancelled",
    "orders.denied",
    "orders.failed",
    "routes.maker",
    "routes.taker",
    "routes.deny",
    "routes.cancel",
    "governance.alpha",
    "governance.sprt",
    "xai.why_code_counts",
    "circuit_breaker.state",
    "circuit_breaker.triggered",
    "circuit_breaker.reason",
    "pending.pending_orders",
    "window_events",
];

#[test]
fn the_status_has_every_member_with_and_without_a_session() {
    let (_session, feed) = session();
    let status = feed.json("/status");
    check_members(&status, STATUS);
    check_members(&status, &["latency.decision_ms_p50", "latency.decision_ms_p90"]);
    assert_eq!((&status["orders"]["filled"], &status["orders"]["denied"]), (&json!(1), &json!(1)));
    assert_eq!((&status["window_events"], &status["routes"]["maker"]), (&json!(3), &json!(1)));
    assert_eq!(status["xai"]["why_code_counts"], json!({ "SPREAD": 1 }));
    let empty = Session::new();
    let waiting = Feed::start(&empty).json("/status");
    check_members(&waiting, STATUS);
    assert_eq!((&waiting["session"], &waiting["window_events"]), (&Value::Null, &json!(0)));
}

fn check_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|found| found == *line), "{line} is not in\n{text}");
    }
}

#[test]
fn metrics_stand_under_their_names() {
    let (session, feed) = session();
    let _stream = feed.stream("/sse", &[]);
    drop(feed.stream("/sse", &[("Last-Event-ID", "1")]));
    feed.wait_for("one client", |health| health["sse_clients"] == 1);
    assert_eq!(feed.get("/sse?session=none").status(), 404);
    let answer = feed.get("/metrics");
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4"), "{}", answer.head);
    let name = session.root().file_name().unwrap().to_str().unwrap();
    check_lines(
        &answer.body,
        &[
            "aurora_sse_clients 1",
            "aurora_sse_streams_total{start=\"reset\"} 1",
            "aurora_sse_disconnects_total{reason=\"client\"} 1",
            "aurora_http_refused_total{status=\"404\"} 1",
            "aurora_tailer_lines_total 3",
            "aurora_tailer_malformed_lines_total 1",
            "aurora_tailer_oversized_lines_total 0",
            "aurora_orders_total{outcome=\"filled\"} 1",
            "aurora_deny_rate 0.5",
            "aurora_fill_rate 1",
            "aurora_latency_ms{kind=\"decision\",quantile=\"0.9\"} 12",
            "aurora_feed_condition{condition=\"ok\"} 1",
            "aurora_journal_events 3",
            "aurora_journal_writable 1",
            "aurora_session_troubles 0",
            &format!("aurora_session_info{{session=\"{name}\"}} 1"),
        ],
    );
    for absent in ["aurora_circuit_breaker_state", "aurora_service_error_rate", "aurora_trade_position"] {
        assert!(!answer.body.contains(absent), "no data is an absent series: {absent}");
    }
}

/// A session with a line of every kind that has figures of its own.
fn rich_session() -> (Session, Feed) {
    let (session, feed) = session();
    for number in 0..2_000 {
        session.append("aurora_events.jsonl", simulated(number));
    }
    feed.wait_for_lines(2_003);
    (session, feed)
}

#[test]
fn every_metric_is_documented_as_it_is() {
    let (_session, feed) = rich_session();
    let table = include_str!("../../../../docs/metrics.md");
    let text = feed.get("/metrics").body;
    for family in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = family.split_once(' ').unwrap();
        let row = format!("| `{name}` | {kind} |");
        assert!(table.contains(&row), "docs/metrics.md has no row that begins with {row}");
    }
}

#[test]
fn without_a_session_the_metrics_are_the_feeds_own() {
    let empty = Session::new();
    let text = Feed::start(&empty).get("/metrics").body;
    check_lines(&text, &["aurora_feed_condition{condition=\"waiting\"} 1", "aurora_sessions_open 0"]);
    assert!(!text.contains("aurora_orders_total"), "{text}");
}

/// What `promtool check metrics` remarks, one line each; `None` where it is not installed.
fn promtool(text: &str) -> Option<(bool, Vec<String>)> {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => panic!("promtool: {error}"),
    };
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let remarks = String::from_utf8(said).unwrap().lines().map(str::to_owned).collect();
    Some((output.status.success(), remarks))
}

#[test]
fn promtool_accepts_the_metrics() {
    let (_session, feed) = rich_session();
    let text = feed.get("/metrics").body;
    let Some((_, remarks)) = promtool(&text) else {
        say("skipped: promtool is not installed");
        return;
    };
    // The contract fixes this name; its unit is abbreviated.
    assert_eq!(remarks, ["aurora_latency_ms metric names should not contain abbreviated units"]);
    let others: Vec<&str> =
        text.split_inclusive('\n').filter(|line| !line.contains("aurora_latency_ms")).collect();
    assert_eq!(promtool(&others.concat()), Some((true, Vec::new())));
}

/// One line of every kind that has figures of its own, in turn.
fn simulated(number: u64) -> String {
    let kinds = [
        r#"{"event_code":"MARKET.BOOK","symbol":"SOL/USDT","details":{"bid":1.0,"ask":1.1}}"#,
        r#"{"event_code":"CIRCUIT_BREAKER.STATE","details":{"state":"OPEN"}}"#,
        r#"{"event_code":"KELLY.APPLIED","details":{"f_raw":0.1,"f_final":0.05}}"#,
        r#"{"event_code":"QUERY.DONE","details":{"latency_ms":4,"success":true,"cache_hit":false}}"#,
        r#"{"event_code":"ALPHA.LEDGER.UPDATE","details":{"spent_total":0.01,"budget_total":0.05}}"#,
        r#"{"event_code":"GOVERNANCE.TRANSITION","details":{"from":"shadow","to":"live \"x\"","reason":"r"}}"#,
        r#"{"event_code":"SPREAD_GUARD_TRIP","details":{}}"#,
        r#"{"event_code":"OPS.RESET","details":{}}"#,
        r#"{"event_code":"ORDER.INTENT.RECEIVED","details":{"intent_id":"i1"}}"#,
        r#"{"event_code":"HEALTH.LATENCY_HIGH","details":{"value":31,"threshold":30}}"#,
    ];
    let kind = usize::try_from(number).unwrap() % kinds.len();
    format!("{}\n", kinds[kind])
}
