//! Several sessions over a real socket: the list, choosing one, and moving on to a newer one.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use aurora_feed::Config;
use serde_json::{Value, json};

use crate::support::{Feed, Session, config};

const LOG: &str = "aurora_events.jsonl";

fn line(session: &str, n: u64) -> String {
    format!("{{\"event_code\":\"TEST\",\"session\":\"{session}\",\"n\":{n}}}")
}

fn append(folder: &Session, session: &str, n: u64) {
    folder.append(&format!("{session}/{LOG}"), line(session, n) + "\n");
}

/// A session that was last written to more than an hour ago.
fn append_old(folder: &Session, session: &str, n: u64) {
    append(folder, session, n);
    let file = fs::File::options().append(true).open(folder.path(session).join(LOG)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(4_000)).unwrap();
}

const OLD: &str = "20261119-100000";
const FIRST: &str = "20261120-100000";
const SECOND: &str = "20261120-110000";

fn folder() -> (Session, Feed) {
    let folder = Session::new();
    append_old(&folder, OLD, 0);
    append(&folder, FIRST, 0);
    let feed = Feed::start(&folder);
    feed.wait_for_lines(1);
    (folder, feed)
}

#[test]
fn the_list_names_every_session_with_state_and_verdict() {
    let (_folder, feed) = folder();
    let ready = |list: &Value| list["sessions"][0]["verdict"]["tone"] == "good";
    let list = feed.wait_at("/sessions", "a verdict", ready);
    assert_eq!(list["default"], FIRST);
    let [first, old] = &list["sessions"].as_array().unwrap()[..] else { panic!("{list:#}") };
    assert_eq!(
        (&first["name"], &first["state"], &first["default"]),
        (&json!(FIRST), &json!("growing"), &json!(true))
    );
    assert_eq!(first["bytes"], json!(line(FIRST, 0).len() + 1));
    assert_eq!(
        (&old["name"], &old["state"], &old["verdict"]),
        (&json!(OLD), &json!("not_opened"), &Value::Null)
    );
    assert_eq!(old["verdict_missing"], "not opened");
}

#[test]
fn an_older_session_is_opened_by_asking_for_it() {
    let (_folder, feed) = folder();
    let mut stream = feed.stream(&format!("/sse?session={OLD}&window=3600"), &[]);
    assert_eq!(stream.data(1), [line(OLD, 0)]);
    let counted = |health: &Value| health["tailer_stats"]["total_lines_processed"] == 1;
    let health = feed.wait_at(&format!("/health?session={OLD}"), "the count", counted);
    assert!(health["session_dir"].as_str().unwrap().ends_with(OLD), "{health}");
    assert_eq!(feed.json(&format!("/status?session={OLD}"))["session"], OLD);
    assert!(feed.get(&format!("/metrics?session={OLD}")).body.contains(&format!("session=\"{OLD}\"")));
    let list = feed.json("/sessions");
    assert_eq!(
        (&list["sessions"][1]["state"], &list["sessions"][1]["clients"]),
        (&json!("ended"), &json!(1))
    );
}

#[test]
fn a_stream_goes_on_to_a_new_session_with_announcement_and_reset() {
    let (folder, feed) = folder();
    let mut stream = feed.stream("/sse?window=3600", &[]);
    let last = stream.take(1).remove(0);
    assert_eq!(last.data, line(FIRST, 0));
    append(&folder, SECOND, 0);
    assert_eq!(stream.expect("session"), json!({ "session": SECOND, "previous": FIRST }));
    let reset = stream.expect("reset");
    assert_eq!(reset["requested"], json!(last.id.unwrap().to_string()));
    let next = stream.take(1).remove(0);
    assert_eq!((next.data, next.id), (line(SECOND, 0), reset["first"].as_u64()));
    assert!(next.id > last.id);
    append(&folder, FIRST, 1);
    append(&folder, SECOND, 1);
    assert_eq!(stream.data(1), [line(SECOND, 1)], "the old session's lines come no more");
}

#[test]
fn a_stream_that_names_its_session_stays_and_is_told_of_the_new_one() {
    let (folder, feed) = folder();
    let mut stream = feed.stream(&format!("/sse?session={FIRST}&window=3600"), &[]);
    assert_eq!(stream.data(1), [line(FIRST, 0)]);
    append(&folder, SECOND, 0);
    assert_eq!(stream.expect("session"), json!({ "session": SECOND, "previous": FIRST }));
    append(&folder, FIRST, 1);
    assert_eq!(stream.data(1), [line(FIRST, 1)]);
}

#[test]
fn an_id_of_another_session_is_a_reset() {
    let (folder, feed) = folder();
    let id = feed.stream("/sse?window=3600", &[]).take(1)[0].id.unwrap().to_string();
    append(&folder, SECOND, 0);
    feed.wait_at("/sessions", "the new default", |list| list["default"] == SECOND);
    let mut stream = feed.stream("/sse", &[("Last-Event-ID", &id)]);
    assert_eq!(stream.expect("reset")["requested"], json!(id));
    assert_eq!(stream.data(1), [line(SECOND, 0)]);
    append(&folder, FIRST, 1);
    let resumed = &format!("/sse?session={FIRST}&last_event_id={id}");
    assert_eq!(feed.stream(resumed, &[]).data(1), [line(FIRST, 1)]);
}

#[test]
fn a_client_that_waits_with_an_id_is_reset_when_a_session_begins() {
    let folder = Session::new();
    let feed = Feed::start(&folder);
    let mut stream = feed.stream("/sse", &[("Last-Event-ID", "42")]);
    append(&folder, FIRST, 0);
    assert_eq!(stream.expect("session"), json!({ "session": FIRST, "previous": null }));
    assert_eq!(stream.expect("reset")["requested"], "42");
    assert_eq!(stream.data(1), [line(FIRST, 0)]);
}

fn check_refused(query: &str, status: u16, words: &[&str]) {
    let (_folder, feed) = folder();
    for path in ["/sse", "/health", "/status", "/metrics"] {
        let answer = feed.get(&format!("{path}?session={query}"));
        assert_eq!(answer.status(), status, "{path} {}", answer.body);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        for word in words {
            assert!(body["message"].as_str().unwrap().contains(word), "{word:?} is not in {body}");
        }
    }
}

#[test]
fn an_unknown_name_is_refused_and_says_where_names_are() {
    check_refused("none", 404, &["\"none\"", "GET /sessions"]);
}

#[test]
fn a_path_is_no_name() {
    check_refused("..", 400, &["GET /sessions"]);
    check_refused("..%2f..%2fetc", 400, &["without a slash"]);
    check_refused(&format!("{OLD}%2f..%2f{FIRST}"), 400, &["without a slash"]);
}

#[test]
fn beyond_the_bound_a_request_is_refused_until_there_is_room() {
    let folder = Session::new();
    append(&folder, FIRST, 0);
    for old in ["a", "b"] {
        append_old(&folder, old, 0);
    }
    let feed = Feed::with(Config { open_sessions: 1, ..config(folder.root()) });
    let watching = feed.stream("/sse?session=a&window=3600", &[]);
    let answer = feed.get("/sse?session=b");
    assert_eq!(answer.status(), 503, "{}", answer.body);
    assert!(answer.head.contains("retry-after: 60"), "{}", answer.head);
    assert!(answer.body.contains("--open-sessions"), "{}", answer.body);
    drop(watching);
    feed.wait_for("the stream's end", |health| health["sse_clients"] == 0);
    assert_eq!(feed.stream("/sse?session=b&window=3600", &[]).data(1), [line("b", 0)]);
}

#[test]
fn a_session_that_nobody_uses_is_closed_and_opened_again_by_asking() {
    let folder = Session::new();
    append(&folder, FIRST, 0);
    append_old(&folder, OLD, 0);
    let feed = Feed::with(Config { close_unused_after: Duration::ZERO, ..config(folder.root()) });
    let id = {
        let mut stream = feed.stream(&format!("/sse?session={OLD}&window=3600"), &[]);
        let event = stream.take(1).remove(0);
        assert_eq!(feed.health()["sessions_open"], 2);
        event.id.unwrap()
    };
    feed.wait_for("the session's end", |health| health["sessions_open"] == 1);
    let mut again = feed.stream(&format!("/sse?session={OLD}"), &[("Last-Event-ID", &id.to_string())]);
    append_old(&folder, OLD, 1);
    let event = again.take(1).remove(0);
    assert_eq!((event.data, event.id), (line(OLD, 1), Some(id + 1)), "it goes on where it was");
}

#[test]
fn a_default_session_whose_directory_goes_is_said_and_streams_stay() {
    let (folder, feed) = folder();
    let mut stream = feed.stream("/sse?window=3600", &[]);
    assert_eq!(stream.data(1), [line(FIRST, 0)]);
    fs::remove_dir_all(folder.path(FIRST)).unwrap();
    let health = feed.wait_for("a word about it", |health| health["status"] == "degraded");
    assert!(health["message"].as_str().unwrap().contains("is not there"), "{health}");
    append(&folder, FIRST, 1);
    assert_eq!(stream.data(1), [line(FIRST, 1)]);
    feed.wait_for("recovery", |health| health["status"] == "ok");
}
