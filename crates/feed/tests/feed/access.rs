//! Limits, the token file and who may ask, over real sockets.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, Instant},
};

use aurora_feed::{Config, ConnectionLimits, auth::Token};
use serde_json::Value;

use crate::support::{DEADLINE, Feed, Session};

fn write_token(path: &Path, token: &str) {
    fs::write(path, token).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A feed that reads its token from `token` in the session's directory, and looks at it often.
fn with_token_file(session: &Session, token: &str) -> Feed {
    let path = session.path("token");
    write_token(&path, token);
    Feed::with(Config {
        token: Some(Token::read(&path).unwrap()),
        token_file: Some(path),
        token_interval: Duration::from_millis(5),
        ..crate::support::config(session.root())
    })
}

fn with_limits(session: &Session, limits: ConnectionLimits) -> Feed {
    Feed::with(Config { connections: limits, ..crate::support::config(session.root()) })
}

/// Asks with a token until the answer has that status, and returns its body.
fn wait_for_status(feed: &Feed, token: &str, status: u16, met: impl Fn(&Value) -> bool) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let answer = feed.get_with("/health", &[("X-Auth-Token", token)]);
        let body = serde_json::from_str(&answer.body).unwrap_or_default();
        if answer.status() == status && met(&body) {
            return;
        }
        assert!(Instant::now() < deadline, "{} {body}", answer.head);
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

#[test]
fn a_changed_token_ends_the_streams_of_the_old_one_and_opens_for_the_new() {
    let session = Session::new();
    let feed = with_token_file(&session, "one");
    let mut old = feed.stream("/sse", &[("X-Auth-Token", "one")]);
    old.take_heartbeat();
    write_token(&session.path("token"), "two");
    assert_eq!(old.next_event(), None);
    assert!(old.comments.last().unwrap().contains("auth token changed"), "{:?}", old.comments);
    assert_eq!(feed.get_with("/health", &[("X-Auth-Token", "one")]).status(), 401);
    feed.stream("/sse", &[("X-Auth-Token", "two")]).take_heartbeat();
}

#[test]
fn a_bad_token_file_is_said_in_health_and_the_old_token_stays() {
    let session = Session::new();
    session.append("aurora_events.jsonl", "{}\n");
    let feed = with_token_file(&session, "one");
    let mut stream = feed.stream("/sse", &[("X-Auth-Token", "one")]);
    fs::set_permissions(session.path("token"), fs::Permissions::from_mode(0o644)).unwrap();
    wait_for_status(&feed, "one", 200, |health| {
        let message = health["message"].as_str().unwrap_or_default();
        health["status"] == "degraded" && message.contains("chmod 640") && message.contains("stays in force")
    });
    stream.take_heartbeat();
    write_token(&session.path("token"), "one");
    wait_for_status(&feed, "one", 200, |health| health["status"] != "degraded");
    stream.take_heartbeat();
}

#[test]
fn above_the_limit_a_client_is_told_and_let_in_when_another_leaves() {
    let session = Session::new();
    let feed = with_limits(&session, ConnectionLimits { total: 2, ..ConnectionLimits::default() });
    let mut streams = vec![feed.stream("/sse", &[]), feed.stream("/sse", &[])];
    let refused = feed.get("/sse");
    assert_eq!(refused.status(), 503, "{}", refused.body);
    assert!(refused.head.contains("retry-after: 10"), "{}", refused.head);
    assert!(refused.body.contains("--max-connections"), "{}", refused.body);
    assert_eq!(feed.health()["sse_clients"], 2, "operators are still answered");
    streams.pop();
    let deadline = Instant::now() + DEADLINE;
    while feed.get("/").status() != 200 {
        assert!(Instant::now() < deadline, "the place did not come back");
    }
}

#[test]
fn one_address_gets_no_more_than_its_share() {
    let session = Session::new();
    let feed = with_limits(&session, ConnectionLimits { per_address: 1, ..ConnectionLimits::default() });
    let _stream = feed.stream("/sse", &[]);
    let refused = feed.get("/sse");
    assert_eq!(refused.status(), 503);
    assert!(refused.body.contains("127.0.0.1"), "{}", refused.body);
}

#[test]
fn a_stream_that_is_old_enough_ends_between_frames_with_its_reason() {
    let session = Session::new();
    let limits = ConnectionLimits { stream_age: Duration::from_millis(300), ..ConnectionLimits::default() };
    let feed = with_limits(&session, limits);
    let mut stream = feed.stream("/sse", &[]);
    assert_eq!(stream.next_event(), None);
    assert!(stream.comments.last().unwrap().contains("longest age"), "{:?}", stream.comments);
}

#[test]
fn a_half_sent_request_is_not_waited_for_without_end() {
    let session = Session::new();
    let limits = ConnectionLimits { head: Duration::from_millis(100), ..ConnectionLimits::default() };
    let feed = with_limits(&session, limits);
    let mut socket = TcpStream::connect(feed.address).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    socket.write_all(b"GET /healthz HTTP/1.1\r\nHost:").unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
}

#[test]
fn a_client_that_takes_nothing_loses_its_place() {
    let session = Session::new();
    let limits = ConnectionLimits { stall: Duration::from_millis(200), ..ConnectionLimits::default() };
    let feed = with_limits(&session, limits);
    let stream = feed.stream("/sse", &[]);
    feed.wait_for("the client", |health| health["sse_clients"] == 1);
    let line = format!("{{\"pad\":\"{}\"}}\n", "x".repeat(100_000));
    for _ in 0..100 {
        session.append("aurora_events.jsonl", &line);
    }
    feed.wait_for("the client to be cut", |health| health["sse_clients"] == 0);
    drop(stream);
}
