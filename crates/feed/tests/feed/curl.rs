//! curl as a client: what a program sees that knows nothing of the feed but HTTP.

use std::{
    io::{BufRead as _, BufReader, ErrorKind},
    os::unix::fs::PermissionsExt as _,
    process::{Child, Command, Stdio},
};

use aurora_feed::{Config, auth::Token};

use crate::support::{Feed, Session, config, say};

const LOG: &str = "aurora_events.jsonl";

/// A curl that streams; it is ended when it is dropped.
struct Curl {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Curl {
    /// `None`, with a word, where curl is not installed.
    fn start(feed: &Feed, path: &str, headers: &[&str]) -> Option<Self> {
        let mut command = Command::new("curl");
        command.args(["--silent", "--no-buffer", "--max-time", "20", "--include"]);
        for header in headers {
            command.args(["--header", header]);
        }
        command.arg(format!("http://{}{path}", feed.address)).stdout(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                say("skipped: curl is not installed");
                return None;
            }
            Err(error) => panic!("curl: {error}"),
        };
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Some(Self { child, lines })
    }

    /// The next line that begins so, without that beginning.
    fn next(&mut self, beginning: &str) -> String {
        let mut lines = self.lines.by_ref().map(|line| line.unwrap());
        lines.find_map(|line| line.strip_prefix(beginning).map(|rest| rest.trim().to_owned())).unwrap()
    }

    /// The next event's id and data.
    fn event(&mut self) -> (u64, String) {
        (self.next("id: ").parse().unwrap(), self.next("data: "))
    }
}

impl Drop for Curl {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn line(n: u64) -> String {
    format!("{{\"n\":{n}}}")
}

fn append(session: &Session, numbers: std::ops::Range<u64>) {
    session.append(LOG, numbers.map(|n| line(n) + "\n").collect::<String>());
}

#[test]
fn curl_resumes_across_a_restart_of_the_feed() {
    let session = Session::new();
    append(&session, 0..3);
    let mut feed = Feed::start(&session);
    feed.wait_for_lines(3);
    let Some(mut curl) = Curl::start(&feed, "/sse?window=3600", &[]) else { return };
    assert_eq!(curl.next("HTTP/1.1 "), "200 OK");
    assert_eq!(curl.next("retry: "), "3000");
    let (first, data) = curl.event();
    assert_eq!(data, line(0));
    assert_eq!(curl.event(), (first + 1, line(1)));
    drop(curl);
    feed.stop().unwrap();
    append(&session, 3..4);
    let feed = Feed::start(&session);
    let resume = format!("Last-Event-ID: {}", first + 1);
    let mut curl = Curl::start(&feed, "/sse", &[&resume]).unwrap();
    assert_eq!([curl.event(), curl.event()], [(first + 2, line(2)), (first + 3, line(3))]);
}

#[test]
fn curl_is_reset_from_a_foreign_id_and_told_of_a_new_session() {
    let folder = Session::new();
    folder.append("20261120-100000/aurora_events.jsonl", line(0) + "\n");
    let feed = Feed::start(&folder);
    feed.wait_for_lines(1);
    let Some(mut curl) = Curl::start(&feed, "/sse?last_event_id=7", &[]) else { return };
    curl.next("event: reset");
    assert!(curl.next("data: ").contains("\"requested\":\"7\""));
    assert_eq!(curl.event().1, line(0));
    folder.append("20261120-110000/aurora_events.jsonl", line(1) + "\n");
    curl.next("event: session");
    assert!(curl.next("data: ").contains("20261120-110000"));
    curl.next("event: reset");
    assert_eq!(curl.event().1, line(1));
}

#[test]
fn curl_needs_the_token_and_may_send_it_in_either_header() {
    let session = Session::new();
    let path = session.path("token");
    std::fs::write(&path, "s3cret").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let feed = Feed::with(Config { token: Some(Token::read(&path).unwrap()), ..config(session.root()) });
    for (header, status) in [
        ("X-Auth-Token: s3cret", "200 OK"),
        ("Authorization: Bearer s3cret", "200 OK"),
        ("X-Auth-Token: wrong", "401 Unauthorized"),
        ("X-Other: s3cret", "401 Unauthorized"),
    ] {
        let Some(mut curl) = Curl::start(&feed, "/sse", &[header]) else { return };
        assert_eq!(curl.next("HTTP/1.1 "), status, "{header}");
    }
}
