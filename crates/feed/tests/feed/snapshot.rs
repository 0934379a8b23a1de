//! `/snapshot`: the state as of an id, and the stream that goes on from there.

use aurora_domain::{Outcome, Span};
use aurora_wire::snapshot;
use serde_json::json;

use crate::support::{Feed, Session};

const LOG: &str = "orders_denied.jsonl";

fn denied(session: &Session, numbers: std::ops::Range<u64>) {
    let lines = numbers.map(|n| format!("{{\"deny_reason\":\"SPREAD\",\"order_id\":\"o{n}\"}}\n"));
    session.append(LOG, lines.collect::<String>());
}

/// The session's snapshot and the id that its header says.
fn load(feed: &Feed, path: &str) -> (snapshot::Snapshot, u64) {
    let (head, body) = feed.get_bytes(path);
    assert!(head.starts_with("HTTP/1.0 200") && head.contains("cache-control: no-store"), "{head}");
    let as_of = head.lines().find_map(|line| line.strip_prefix("x-aurora-as-of: ")).unwrap();
    (snapshot::load(&body).unwrap(), as_of.parse().unwrap())
}

fn denials(snapshot: &snapshot::Snapshot) -> u64 {
    snapshot.state.orders().outcomes(Span::Session).get(Outcome::Denied)
}

#[test]
fn a_snapshot_and_the_stream_after_it_are_everything_once() {
    let session = Session::new();
    denied(&session, 0..3);
    let feed = Feed::start(&session);
    feed.wait_for_lines(3);
    let (state, as_of) = load(&feed, "/snapshot");
    assert_eq!((state.as_of, denials(&state)), (as_of, 3));
    assert_eq!(as_of, feed.health()["journal"]["head"].as_u64().unwrap());
    denied(&session, 3..5);
    let mut stream = feed.stream(&format!("/sse?last_event_id={as_of}"), &[]);
    let ids: Vec<_> = stream.take(2).into_iter().map(|event| event.id).collect();
    assert_eq!(ids, [Some(as_of + 1), Some(as_of + 2)]);
}

#[test]
fn a_snapshot_survives_a_restart_of_the_feed() {
    let session = Session::new();
    denied(&session, 0..3);
    let mut feed = Feed::start(&session);
    feed.wait_for_lines(3);
    let (_, before) = load(&feed, "/snapshot");
    feed.stop().unwrap();
    denied(&session, 3..4);
    let feed = Feed::start(&session);
    feed.wait_for_lines(1);
    let state = feed.wait_at("/status", "the figures", |status| status["orders"]["denied"] == 4);
    assert_eq!(state["orders"]["denied"], json!(4));
    // A snapshot may be a second old; one that was asked for just now is not.
    let (state, as_of) = load(&feed, "/snapshot");
    assert_eq!((as_of, denials(&state)), (before + 1, 4));
}

#[test]
fn a_session_is_chosen_by_its_name_and_without_one_there_is_nothing_to_load() {
    let folder = Session::new();
    let feed = Feed::start(&folder);
    let answer = feed.get("/snapshot");
    assert_eq!((answer.status(), answer.body.as_str()), (204, ""));
    folder.append("one/orders_denied.jsonl", "{\"deny_reason\":\"A\"}\n");
    feed.wait_at("/sessions", "the session", |list| list["default"] == "one");
    feed.wait_for_lines(1);
    assert_eq!(denials(&load(&feed, "/snapshot?session=one").0), 1);
    assert_eq!(feed.get("/snapshot?session=two").status(), 404);
}
