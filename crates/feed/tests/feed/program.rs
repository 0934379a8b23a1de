//! The program: what it says when it cannot start, and how it ends.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use crate::support::Session;

fn feed(session: &Session, flags: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_aurora-feed"))
        .arg("--session-dir")
        .arg(session.root())
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

#[test]
fn sigterm_ends_it_with_success() {
    let session = Session::new();
    let mut child = feed(&session, &["--port", "0"]);
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("listening on http://127.0.0.1:") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended early");
    }
    let killed = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{rest}");
    assert!(rest.contains("shutting down"), "{rest}");
}
