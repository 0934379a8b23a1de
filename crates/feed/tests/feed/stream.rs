//! The stream over a real socket, from files that grow, rotate and break.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::support::{Feed, Session, Stream};
use serde_json::{Value, json};

const EVENTS: &str = "aurora_events.jsonl";

fn line(n: u64) -> String {
    format!("{{\"event_code\": \"TEST\", \"n\": {n}}}")
}

fn append(session: &Session, numbers: std::ops::Range<u64>) {
    let text: String = numbers.map(|n| line(n) + "\n").collect();
    session.append(EVENTS, text);
}

fn check_data(stream: &mut Stream, numbers: std::ops::Range<u64>) {
    let count = usize::try_from(numbers.end - numbers.start).unwrap();
    let expected: Vec<String> = numbers.map(line).collect();
    assert_eq!(stream.data(count), expected);
}

#[test]
fn a_stream_opens_with_retry_and_a_heartbeat_and_keeps_beating() {
    let session = Session::new();
    append(&session, 0..3);
    let feed = Feed::start(&session);
    feed.wait_for_lines(3);
    let mut stream = feed.stream("/sse", &[]);
    for header in [
        "content-type: text/event-stream\r",
        "cache-control: no-cache, no-store\r",
        "x-accel-buffering: no\r",
    ] {
        assert!(stream.head.contains(header), "{}", stream.head);
    }
    assert_eq!(stream.next().unwrap().retry, Some(3000));
    let beat = stream.next().unwrap();
    assert_eq!((beat.kind.as_str(), beat.id), ("heartbeat", None));
    let data: Value = serde_json::from_str(&beat.data).unwrap();
    assert_eq!(data["head"].as_u64().unwrap(), data["first"].as_u64().unwrap() + 2);
    assert_eq!((&data["lines"], &data["clients"], &data["files"]), (&json!(3), &json!(1), &json!(1)));
    assert_eq!((&data["status"], &data["session_first"]), (&json!("ok"), &data["first"]));
    assert!(data["last_event_age_seconds"].is_number() && data["feed_time_ns"].is_number());
    for count in ["reconnects", "rejected", "skewed", "unknown_codes", "uncoded", "dropped"] {
        assert!(data[count].is_u64(), "{count} of {data}");
    }
    let machine = &data["machine"];
    assert!(machine["process_rss_bytes"].as_u64().unwrap() > 0, "{machine}");
    assert!(machine["memory_used_percent"].is_number() && machine["disk_free_percent"].is_number());
    assert_eq!(stream.next().unwrap().kind, "heartbeat");
    assert_eq!(stream.comments, ["ping", "ping"]);
}

#[test]
fn lines_come_exactly_as_written_with_ids_that_grow_by_one() {
    let session = Session::new();
    let feed = Feed::start(&session);
    feed.wait_for("waiting", |health| health["status"] == "waiting");
    let mut stream = feed.stream("/sse", &[]);
    let odd = "{\"a\" :1.50,  \"b\":\"ü\\u00fc\",\"token_mask\":\"*\"}";
    session.append("orders_denied.jsonl", format!("{odd}\r\n"));
    stream.expect("session");
    let first = stream.take(1).remove(0);
    assert_eq!((first.kind.as_str(), first.data.as_str()), ("orders_denied", odd));
    session.append(EVENTS, "{\"n\":");
    session.append("orders.jsonl", "{}\n");
    assert_eq!(stream.data(1), ["{}"]);
    session.append(EVENTS, "1}\n");
    let last = stream.take(1).remove(0);
    assert_eq!((last.data.as_str(), last.id), ("{\"n\":1}", Some(first.id.unwrap() + 2)));
}

#[test]
fn credentials_do_not_leave() {
    let session = Session::new();
    let feed = Feed::start(&session);
    let mut stream = feed.stream("/sse", &[]);
    session.append(EVENTS, "{\"api_key\":\"k1\",\"u\":\"?signature=s1&a=1\"}\n");
    stream.expect("session");
    assert_eq!(stream.data(1), ["{\"api_key\":\"[redacted]\",\"u\":\"?signature=[redacted]&a=1\"}"]);
}

#[test]
fn rotation_and_truncation_lose_nothing() {
    let session = Session::new();
    append(&session, 0..2);
    let feed = Feed::start(&session);
    feed.wait_for_lines(2);
    let mut stream = feed.stream("/sse?window=3600", &[]);
    append(&session, 2..4);
    let rotated = session.path("aurora_events.jsonl.20261120.180000.part1.jsonl");
    fs::rename(session.path(EVENTS), rotated).unwrap();
    append(&session, 4..6);
    check_data(&mut stream, 0..6);
    fs::write(session.path(EVENTS), "").unwrap();
    feed.wait_for("truncation", |health| health["tailer_stats"]["file_positions"][EVENTS] == 0);
    append(&session, 6..8);
    check_data(&mut stream, 6..8);
    let gaps = &feed.health()["tailer_stats"]["gaps"];
    assert_eq!((&gaps["truncated"], &gaps["missed"]), (&json!(1), &json!(0)));
    assert!(gaps["last"].as_str().unwrap().starts_with("aurora_events.jsonl was truncated"), "{gaps}");
    let metrics = feed.get("/metrics").body;
    assert!(metrics.contains("\naurora_tailer_gaps_total{cause=\"truncated\"} 1\n"), "{metrics}");
    while stream.take_heartbeat()["gaps"] != 1 {}
}

#[test]
fn bad_lines_are_counted_and_the_stream_goes_on() {
    let session = Session::new();
    let feed = Feed::start(&session);
    let mut stream = feed.stream("/sse", &[]);
    session.append(EVENTS, "{\"incomplete\": json\n[1]\n\n");
    session.append(EVENTS, [b"\xff\n".as_slice(), &vec![b'x'; 2_000_000], b"\n"].concat());
    append(&session, 0..1);
    stream.expect("session");
    check_data(&mut stream, 0..1);
    feed.wait_for_lines(1);
    let stats = &feed.health()["tailer_stats"];
    assert_eq!((&stats["malformed_lines"], &stats["oversized_lines"]), (&json!(3), &json!(1)), "{stats}");
}

#[test]
fn a_client_resumes_exactly_once_by_header_and_by_query() {
    let session = Session::new();
    append(&session, 0..10);
    let feed = Feed::start(&session);
    feed.wait_for_lines(10);
    let mut stream = feed.stream("/sse?window=3600", &[]);
    let id = stream.take(4).pop().unwrap().id.unwrap().to_string();
    drop(stream);
    append(&session, 10..12);
    check_data(&mut feed.stream("/sse?last_event_id=1", &[("Last-Event-ID", &id)]), 4..12);
    check_data(&mut feed.stream(&format!("/sse?last_event_id={id}"), &[]), 4..12);
    check_data(&mut feed.stream("/sse", &[("last-event-id", &id)]), 4..12);
}

#[test]
fn an_unknown_id_is_reset_to_the_first() {
    let session = Session::new();
    append(&session, 0..3);
    let feed = Feed::start(&session);
    feed.wait_for_lines(3);
    for id in ["1", "9007199254740991", "nonsense", "-1", "18446744073709551615", "99999999999999999999999"] {
        let mut stream = feed.stream("/sse", &[("Last-Event-ID", id)]);
        let reset = stream.next_event().unwrap();
        assert_eq!((reset.kind.as_str(), reset.id), ("reset", None));
        let data: Value = serde_json::from_str(&reset.data).unwrap();
        assert_eq!(data["requested"], id);
        let first = stream.take(1).remove(0);
        assert_eq!((first.data, first.id), (line(0), data["first"].as_u64()));
        check_data(&mut stream, 1..3);
    }
}

#[test]
fn without_an_id_a_stream_starts_from_now() {
    let session = Session::new();
    append(&session, 0..3);
    let feed = Feed::start(&session);
    feed.wait_for_lines(3);
    let mut stream = feed.stream("/sse", &[]);
    append(&session, 3..4);
    check_data(&mut stream, 3..4);
}

#[test]
fn two_clients_get_the_same_events() {
    let session = Session::new();
    append(&session, 0..1);
    let feed = Feed::start(&session);
    feed.wait_for_lines(1);
    let mut streams = [feed.stream("/sse", &[]), feed.stream("/sse", &[])];
    feed.wait_for("two clients", |health| health["sse_clients"] == 2 && health["client_count"] == 2);
    append(&session, 1..101);
    let [one, two] = &mut streams;
    assert_eq!(one.take(100), two.take(100));
    drop(streams);
    feed.wait_for("no clients", |health| health["sse_clients"] == 0);
}

#[test]
fn a_client_that_does_not_read_is_ended_with_a_reason_and_reset_when_it_returns() {
    let session = Session::new();
    append(&session, 0..1);
    let mut config = crate::support::config(session.root());
    config.journal =
        aurora_feed::Limits { events: 1_000, bytes: u64::MAX, age_seconds: u64::MAX, window_seconds: 0 };
    let feed = Feed::with(config);
    feed.wait_for_lines(1);
    let mut stream = feed.stream("/sse?window=3600", &[]);
    check_data(&mut stream, 0..1);
    let padding = "x".repeat(1_000);
    let mut written = 1;
    for _ in 0..100 {
        session.append(EVENTS, format!("{{\"pad\":\"{padding}\"}}\n").repeat(500));
        written += 500;
        feed.wait_for_lines(written);
    }
    let mut last = None;
    while let Some(event) = stream.next_event() {
        assert!(last.is_none_or(|last| event.id == Some(last + 1)), "a gap after {last:?}");
        last = event.id;
    }
    assert!(stream.comments.last().unwrap().contains("too slow"), "{:?}", stream.comments);
    let id = last.unwrap().to_string();
    let reset = feed.stream("/sse", &[("Last-Event-ID", &id)]).next_event().unwrap();
    assert_eq!(reset.kind, "reset");
}

#[test]
fn a_replay_over_the_limit_goes_on_with_the_next_request() {
    let session = Session::new();
    let padding = "x".repeat(60_000);
    let line = |n: usize| format!("{{\"n\":{n},\"pad\":\"{padding}\"}}");
    session.append(EVENTS, (0..20).map(|n| line(n) + "\n").collect::<String>());
    let mut config = crate::support::config(session.root());
    config.streams.replay_bytes = 300_000;
    let feed = Feed::with(config);
    feed.wait_for_lines(20);
    let (mut seen, mut requests) = (Vec::new(), 0);
    let mut stream = feed.stream("/sse?window=3600", &[]);
    while seen.len() < 20 {
        if let Some(event) = stream.next_event() {
            seen.push(event);
            continue;
        }
        assert!(stream.comments.last().unwrap().contains("replays no more"), "{:?}", stream.comments);
        let id = seen.last().unwrap().id.unwrap().to_string();
        stream = feed.stream("/sse", &[("Last-Event-ID", &id)]);
        requests += 1;
    }
    assert!(seen.iter().enumerate().all(|(n, event)| event.data == line(n)), "each once and in order");
    assert!(requests >= 3, "{requests}");
    session.append(EVENTS, line(20) + "\n");
    assert_eq!(stream.data(1), [line(20)]);
}

#[test]
fn a_client_that_had_caught_up_and_stalls_is_ended_and_resumes_where_it_was() {
    let session = Session::new();
    append(&session, 0..1);
    let mut config = crate::support::config(session.root());
    config.streams.lag = Duration::from_millis(300);
    let feed = Feed::with(config);
    feed.wait_for_lines(1);
    let mut stream = feed.stream("/sse?window=3600", &[]);
    check_data(&mut stream, 0..1);
    let padding = "x".repeat(1_000);
    let mut written = 1;
    let stalled = Instant::now();
    // More than the sockets hold, and for longer than it may lag.
    while written < 30_001 || stalled.elapsed() < Duration::from_secs(2) {
        session.append(EVENTS, format!("{{\"pad\":\"{padding}\"}}\n").repeat(500));
        written += 500;
        feed.wait_for_lines(written);
    }
    let mut last = None;
    while let Some(event) = stream.next_event() {
        assert!(last.is_none_or(|last| event.id == Some(last + 1)), "a gap after {last:?}");
        last = event.id;
    }
    assert!(stream.comments.last().unwrap().contains("behind for too long"), "{:?}", stream.comments);
    let resumed = feed.stream("/sse", &[("Last-Event-ID", &last.unwrap().to_string())]).take(1).remove(0);
    assert_eq!(resumed.id, Some(last.unwrap() + 1));
    assert!(feed.get("/metrics").body.contains("aurora_sse_disconnects_total{reason=\"lagging\"} 1"));
}

#[test]
fn a_session_that_starts_later_is_found_and_announced_in_health() {
    let session = Session::new();
    let feed = Feed::with(crate::support::config(&session.path("later")));
    let missing = |health: &Value| health["message"].as_str().is_some_and(|m| m.contains("does not exist"));
    feed.wait_for("a word about the missing directory", missing);
    let stream_data = feed.stream("/sse", &[]).take_heartbeat();
    assert_eq!((&stream_data["status"], &stream_data["session"]), (&json!("waiting"), &Value::Null));
    let mut stream = feed.stream("/sse", &[]);
    session.append("later/run_1/aurora_events.jsonl", "{}\n");
    assert_eq!(stream.expect("session"), json!({ "session": "run_1", "previous": null }));
    assert_eq!(stream.data(1), ["{}"]);
    let health = feed.wait_for("ok", |health| health["status"] == "ok");
    assert!(health["session_dir"].as_str().unwrap().ends_with("later/run_1"), "{health}");
}

#[test]
fn an_unreadable_log_is_said_and_the_others_go_on() {
    let session = Session::new();
    fs::create_dir(session.path(EVENTS)).unwrap();
    session.append("orders.jsonl", "{}\n");
    let feed = Feed::start(&session);
    feed.wait_for_lines(1);
    let health = feed.wait_for("degraded", |health| health["status"] == "degraded");
    assert!(health["message"].as_str().unwrap().contains(EVENTS), "{health}");
    fs::remove_dir(session.path(EVENTS)).unwrap();
    append(&session, 0..1);
    feed.wait_for_lines(2);
    feed.wait_for("ok", |health| health["status"] == "ok");
}

#[test]
fn shutdown_ends_streams_at_once() {
    let session = Session::new();
    append(&session, 0..1);
    let mut feed = Feed::start(&session);
    feed.wait_for_lines(1);
    let mut stream = feed.stream("/sse?window=3600", &[]);
    check_data(&mut stream, 0..1);
    feed.stop().unwrap();
    assert_eq!(stream.next_event(), None);
}

#[test]
fn a_window_of_no_seconds_is_what_comes() {
    let session = Session::new();
    append(&session, 0..3);
    let feed = Feed::start(&session);
    feed.wait_for_lines(3);
    let mut stream = feed.stream("/sse?window=0", &[]);
    append(&session, 3..4);
    check_data(&mut stream, 3..4);
}

#[test]
fn lines_that_come_one_by_one_share_transactions() {
    let session = Session::new();
    append(&session, 0..1);
    let feed = Feed::start(&session);
    feed.wait_for_lines(1);
    let commits = || feed.health()["journal"]["commits"].as_u64().unwrap();
    let before = commits();
    for n in 1..1_001 {
        append(&session, n..n + 1);
    }
    feed.wait_for_lines(1_001);
    assert!(commits() - before < 500, "{} transactions for 1,000 lines", commits() - before);
}
