//! The program: what it says when it cannot start, and how it ends.

use std::{
    io::{BufRead, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use crate::support::Session;

pub(crate) fn feed(session: &Session, flags: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_aurora-feed"))
        .arg("--session-dir")
        .arg(session.root())
        .arg("--journal-dir")
        .arg(session.journal_dir())
        .args(flags)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn check_refused(flags: &[&str], words: &[&str]) {
    let session = Session::new();
    let output = feed(&session, flags).wait_with_output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "it started: {message}");
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
}

#[test]
fn a_port_in_use_is_said_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    check_refused(&["--port", &port], &[&port, "in use", "--port"]);
}

#[test]
fn an_open_address_without_a_token_is_refused() {
    check_refused(&["--host", "0.0.0.0", "--port", "0"], &["refusing", "--auth-token-file"]);
}

#[test]
fn a_bad_log_level_is_said() {
    check_refused(&["--log-level", "loud=very"], &["--log-level", "loud=very"]);
}

/// Reads a running feed's log until a line holds `word`, and returns that line.
pub(crate) fn read_until(log: &mut impl BufRead, word: &str) -> String {
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended without a word of {word:?}");
    }
    line
}

/// Starts the program with `flags`, runs `act` with its address, and returns its whole log.
fn log_of(session: &Session, flags: &[&str], act: impl FnOnce(&str)) -> String {
    let mut child = feed(session, &[&["--port", "0"], flags].concat());
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let start = read_until(&mut log, "listening on http://");
    let (_, address) = start.split_once("http://").unwrap();
    act(address.split(['"', ' ', '\n', '\u{1b}']).next().unwrap());
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{rest}");
    start + &rest
}

/// Asks with HTTP/1.0 and returns the answer up to where it holds `word`.
fn ask(address: &str, request: &str, word: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(crate::support::DEADLINE)).unwrap();
    write!(socket, "GET {request}\r\n\r\n").unwrap();
    let (mut answer, mut chunk) = (String::new(), [0; 4096]);
    while !answer.contains(word) {
        let count = socket.read(&mut chunk).unwrap();
        assert_ne!(count, 0, "{word:?} is not in {answer:?}");
        answer.push_str(std::str::from_utf8(&chunk[..count]).unwrap());
    }
    answer
}

#[test]
fn the_first_line_says_version_directory_address_and_token() {
    let session = Session::new();
    let log = log_of(&session, &["--log-format", "json"], |_| ());
    let start = log.lines().next().unwrap();
    let start: serde_json::Value = serde_json::from_str(start).unwrap();
    assert_eq!(start["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(start["session_dir"].as_str().unwrap(), session.root().to_str().unwrap());
    assert_eq!(start["token"], false);
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    }
}

#[test]
fn the_log_has_the_words_that_runbooks_search_for() {
    let session = Session::new();
    session.append("aurora_events.jsonl", "no json\n");
    session.append("orders.jsonl", [vec![b'x'; 1_100_000], b"\n{}\n".to_vec()].concat());
    let token = session.path("token.txt");
    std::fs::write(&token, "s3cret").unwrap();
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let flags = ["--auth-token-file", token.to_str().unwrap()];
    let log = log_of(&session, &flags, |address| {
        ask(address, "/sse HTTP/1.0", "401");
        let sse = "/sse HTTP/1.0\r\nX-Auth-Token: s3cret\r\nLast-Event-ID: 1";
        ask(address, sse, "data: {}");
        let rotated = session.path("orders.jsonl.20261120.180000.part1.jsonl");
        std::fs::rename(session.path("orders.jsonl"), rotated).unwrap();
        session.append("orders.jsonl", "{\"after\":1}\n");
        ask(address, sse, "after");
    });
    for word in ["Malformed JSON", "oversized", "unauthorized", "reconnect", "rotation", "token=true"] {
        assert!(log.contains(word), "{word:?} is not in {log}");
    }
    assert!(!log.contains("s3cret"), "{log}");
}

#[test]
fn what_comes_a_thousand_times_is_logged_a_few_times_and_counted() {
    let session = Session::new();
    session.append("aurora_events.jsonl", "no json\n".repeat(2_000) + "{}\n");
    let log = log_of(&session, &["--log-format", "json"], |address| {
        ask(address, "/sse?window=3600 HTTP/1.0", "data: {}");
        for _ in 0..40 {
            ask(address, "/sse HTTP/1.0\r\nLast-Event-ID: 1", "event: reset");
            ask(address, "/sse?session=none HTTP/1.0", "404");
        }
    });
    for word in ["Malformed JSON", "reconnect", "request refused"] {
        // Five pass in ten seconds; a slow machine may take several times that.
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(word)).collect();
        assert!((1..=30).contains(&lines.len()), "{} lines of {word:?}", lines.len());
        assert!(lines.iter().all(|line| line.contains("\"held_back\":")), "{lines:?}");
    }
}

#[test]
fn without_a_token_it_says_that_it_serves_loopback_only() {
    let session = Session::new();
    let mut child = feed(&session, &["--port", "0"]);
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let said = read_until(&mut log, "--auth-token-file");
    assert!(said.contains("loopback only"), "{said}");
    read_until(&mut log, "listening on http://127.0.0.1:");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn sigterm_ends_it_with_success() {
    let session = Session::new();
    let mut child = feed(&session, &["--port", "0"]);
    let mut log = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut log, "listening on http://127.0.0.1:");
    let killed = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{rest}");
    assert!(rest.contains("shutting down"), "{rest}");
}
