//! What the feed may not read or write: said in `/health`, survived, and over when its cause is.
//!
//! Some of it needs more than a test may do everywhere (mounting a file system, giving up root's rights); where it is
//! not possible the test says so and passes.

use std::{
    fs,
    io::BufReader,
    net::SocketAddr,
    os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use aurora_feed::Config;
use serde_json::{Value, json};

use crate::{
    program::read_until,
    support::{Client, Feed, Session, config, say},
};

const EVENTS: &str = "aurora_events.jsonl";
const DENIED: &str = "orders_denied.jsonl";

fn line(n: u64) -> String {
    format!("{{\"n\":{n},\"pad\":\"{}\"}}", "x".repeat(1_000))
}

fn append(session: &Session, numbers: std::ops::Range<u64>) {
    session.append(EVENTS, numbers.map(|n| line(n) + "\n").collect::<String>());
}

fn skip(why: &str) {
    say(&format!("skipped: {why}"));
}

fn is_degraded(health: &Value, words: &[&str]) -> bool {
    let message = health["message"].as_str().unwrap_or_default();
    health["status"] == "degraded" && words.iter().all(|word| message.contains(word))
}

/// A small file system, gone when it goes.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        fs::create_dir(at).unwrap();
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={size}"), "aurora-test"]).arg(at);
        let mounted = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_path_buf()))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        Command::new("umount").arg("--lazy").arg(&self.0).status().ok();
    }
}

/// Appends until the journal cannot be written, and returns how many lines that were.
fn append_until_degraded(session: &Session, client: &Client) -> u64 {
    let mut written = 0;
    loop {
        append(session, written..written + 200);
        written += 200;
        let health = client.wait_for("the lines or a word about the disk", |health| {
            health["tailer_stats"]["total_lines_processed"] == written || health["status"] == "degraded"
        });
        if health["status"] == "degraded" {
            assert!(is_degraded(&health, &["nothing", "journal", "free space", "tried again"]), "{health:#}");
            assert_eq!(health["troubles"].as_object().unwrap().len(), 1, "{health:#}");
            return written;
        }
        assert!(written < 1_000_000, "the disk was never full");
    }
}

/// A client that had everything before gets the rest once, and one that comes meanwhile gets what is there.
fn check_full_disk(session: &Session, client: &Client, make_room: impl FnOnce()) {
    let mut early = client.stream("/sse?window=3600", &[]);
    let written = append_until_degraded(session, client);
    assert_eq!(client.stream("/sse?window=3600", &[]).data(100), (0..100).map(line).collect::<Vec<_>>());
    assert!(client.get("/metrics").body.contains("\naurora_journal_writable 0\n"));
    make_room();
    client.wait_for("recovery", |health| health["status"] == "ok");
    append(session, written..written + 10);
    let events = early.take(usize::try_from(written + 10).unwrap());
    let first = events[0].id.unwrap();
    for (n, event) in (0..).zip(&events) {
        assert_eq!((event.id, &event.data), (Some(first + n), &line(n)), "each once and in order");
    }
    assert!(client.get("/metrics").body.contains("\naurora_journal_writable 1\n"));
}

#[test]
fn a_full_disk_is_said_served_through_and_recovered_from() {
    let session = Session::new();
    let disk = session.journal_dir();
    let Some(_disk) = Tmpfs::mount(&disk, "8m") else { return skip("a file system cannot be mounted here") };
    fs::write(disk.join("filler"), vec![0; 3 << 20]).unwrap();
    append(&session, 0..0);
    let feed = Feed::start(&session);
    check_full_disk(&session, &feed.client, || {
        // What a full disk needs is more than what it had before: the journal does not shrink.
        fs::remove_file(disk.join("filler")).unwrap();
    });
}

#[test]
fn a_limit_on_file_sizes_is_survived_like_a_full_disk() {
    let session = Session::new();
    session.append(EVENTS, "");
    // Over the limit the system sends a signal, which is ignored, and then refuses the write.
    let ignoring = "trap '' XFSZ; exec \"$@\"";
    let mut command = Command::new("prlimit");
    command.args(["--fsize=6291456:unlimited", "sh", "-c", ignoring, "sh"]);
    let Some(running) = Running::start(&session, command) else {
        return skip("prlimit is not installed");
    };
    check_full_disk(&session, &running.client, || {
        let pid = running.child.id().to_string();
        let raised = Command::new("prlimit").args(["--fsize=unlimited:unlimited", "--pid", &pid]).status();
        assert!(raised.unwrap().success());
    });
}

/// The program itself.
struct Running {
    child: Child,
    client: Client,
}

impl Running {
    /// `command` gets the program and its flags; `None` where it cannot be run.
    fn start(session: &Session, mut command: Command) -> Option<Self> {
        command.arg(env!("CARGO_BIN_EXE_aurora-feed"));
        command.args(["--port", "0", "--session-dir"]).arg(session.root());
        command.arg("--journal-dir").arg(session.journal_dir()).stderr(Stdio::piped());
        let mut child = command.spawn().ok()?;
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let said = read_until(&mut log, "listening on http://");
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        let address = said.split("listening on http://").nth(1).unwrap();
        let end = address.find(|char: char| !char.is_ascii_digit() && !".:".contains(char));
        let address: SocketAddr = address[..end.unwrap_or(address.len())].parse().unwrap();
        Some(Self { child, client: Client { address } })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A user who is not root: this one, or `nobody` where the test runs as root.
fn as_user(session: &Session) -> Option<Command> {
    const NOBODY: u32 = 65_534;
    let is_root = fs::metadata(session.root()).unwrap().uid() == 0;
    if !is_root {
        return Some(Command::new("env"));
    }
    for dir in [session.root(), session.root().parent().unwrap()] {
        chown(dir, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let user = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        command
    };
    let mut probe = user();
    probe.arg(env!("CARGO_BIN_EXE_aurora-feed")).arg("--version");
    let probed = probe.stdout(Stdio::null()).stderr(Stdio::null()).status();
    probed.is_ok_and(|status| status.success()).then(user)
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn permission_lost_and_regained_is_said_and_nothing_is_missing() {
    let session = Session::new();
    append(&session, 0..1);
    let Some(running) = as_user(&session).and_then(|command| Running::start(&session, command)) else {
        return skip("the program cannot be run as another user here");
    };
    let client = &running.client;
    client.wait_for_lines(1);
    let mut stream = client.stream("/sse?window=3600", &[]);
    assert_eq!(stream.data(1), [line(0)]);

    session.append(DENIED, "");
    chmod(&session.path(DENIED), 0o000);
    client.wait_for("a word about the log", |health| is_degraded(health, &["cannot", DENIED]));
    append(&session, 1..2);
    assert_eq!(stream.data(1), [line(1)], "other logs go on");
    fs::write(session.path(DENIED), "{\"denied\":1}\n").unwrap();
    chmod(&session.path(DENIED), 0o644);
    assert_eq!(stream.data(1), ["{\"denied\":1}"]);
    client.wait_for("recovery", |health| health["status"] == "ok" && health["troubles"] == json!({}));

    chmod(session.root(), 0o000);
    client.wait_for("a word about the directory", |health| health["status"] == "degraded");
    let stats = client.health()["tailer_stats"].clone();
    assert_eq!(stats["total_lines_processed"], 3, "what was counted stays: {stats}");
    append(&session, 2..3);
    chmod(session.root(), 0o755);
    assert_eq!(stream.data(1), [line(2)]);
    client.wait_for("recovery", |health| health["status"] == "ok");
}

#[test]
fn a_journal_directory_that_may_not_be_written_to_is_said_and_events_are_kept_in_memory() {
    let session = Session::new();
    append(&session, 0..2);
    fs::create_dir(session.journal_dir()).unwrap();
    chmod(&session.journal_dir(), 0o555);
    let Some(running) = as_user(&session).and_then(|command| Running::start(&session, command)) else {
        return skip("the program cannot be run as another user here");
    };
    let said = ["journal", "Permission denied", "in memory", "permissions"];
    let health = running.client.wait_for("a word about it", |health| is_degraded(health, &said));
    running.client.wait_for_lines(2);
    assert_eq!(running.client.stream("/sse?window=3600", &[]).data(2), [line(0), line(1)]);
    assert_eq!(running.client.health()["journal"]["in_memory"], true, "{health:#}");
}

#[test]
fn a_journal_in_memory_goes_over_to_disk_when_it_can_and_clients_are_reset() {
    let session = Session::new();
    append(&session, 0..2);
    let blocked = session.journal_dir();
    fs::write(&blocked, "a file where the directory should be").unwrap();
    let feed = Feed::with(Config { journal_dir: Some(blocked.join("journals")), ..config(session.root()) });
    feed.wait_for("a word about it", |health| is_degraded(health, &["journal", "in memory"]));
    let mut stream = feed.stream("/sse?window=3600", &[]);
    let last = stream.take(2).pop().unwrap().id.unwrap();
    fs::remove_file(&blocked).unwrap();
    assert_eq!(stream.next_event(), None);
    assert!(stream.comments.last().unwrap().contains("was closed"), "{:?}", stream.comments);
    feed.wait_for("recovery", |health| health["status"] == "ok" && health["journal"]["in_memory"] == false);
    append(&session, 2..3);
    let mut stream = feed.stream("/sse", &[("Last-Event-ID", &last.to_string())]);
    assert!(stream.expect("reset")["first"].as_u64().unwrap() > last, "ids only grow");
    assert_eq!(stream.data(3), [line(0), line(1), line(2)]);
}

/// Starts a feed over a journal that was spoiled after it held three lines.
fn check_set_aside(spoil: impl FnOnce(&mut Vec<u8>)) {
    let session = Session::new();
    append(&session, 0..3);
    let mut feed = Feed::start(&session);
    feed.wait_for_lines(3);
    let last = feed.stream("/sse?window=3600", &[]).take(3).pop().unwrap().id.unwrap();
    feed.stop().unwrap();
    let named = |part: &str| {
        let entries = fs::read_dir(session.journal_dir()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.to_str().unwrap().contains(part)).collect::<Vec<_>>()
    };
    let file = named(".journal").into_iter().find(|path| path.extension().unwrap() == "journal").unwrap();
    let mut bytes = fs::read(&file).unwrap();
    spoil(&mut bytes);
    fs::write(&file, &bytes).unwrap();
    let feed = Feed::start(&session);
    feed.wait_for_lines(3);
    let mut stream = feed.stream("/sse", &[("Last-Event-ID", &last.to_string())]);
    let reset = stream.expect("reset");
    assert!(reset["first"].as_u64().unwrap() > last, "{reset}: an id was given out twice");
    assert_eq!(stream.data(3), [line(0), line(1), line(2)]);
    let aside = named(".set-aside-");
    assert_eq!(aside.len(), 1);
    assert!(fs::read(&aside[0]).unwrap() == bytes, "what was set aside was changed");
    assert_eq!(feed.health()["status"], "ok");
}

#[test]
fn a_damaged_or_foreign_journal_is_set_aside_and_clients_are_reset() {
    check_set_aside(|bytes| *bytes = b"of another program".to_vec());
    check_set_aside(|bytes| {
        let middle = bytes.len() / 2;
        bytes[4_096..middle].fill(0x5a);
    });
}

#[test]
fn a_journal_that_is_damaged_while_it_is_used_is_set_aside_and_the_session_read_again() {
    const LINES: u64 = 9_000; // more than is kept in memory
    let session = Session::new();
    append(&session, 0..LINES);
    let feed = Feed::start(&session);
    feed.wait_for_lines(LINES);
    let first = feed.health()["journal"]["first"].clone();
    let entries = fs::read_dir(session.journal_dir()).unwrap().map(|entry| entry.unwrap().path());
    let file = entries.into_iter().find(|path| path.extension().unwrap() == "journal").unwrap();
    let file = fs::OpenOptions::new().write(true).open(file).unwrap();
    let length = file.metadata().unwrap().len();
    file.write_all_at(&vec![0x5a; usize::try_from(length / 2).unwrap()], 4_096).unwrap();
    // What reads what is damaged finds it; the next line is what begins anew.
    feed.stream("/sse?window=3600", &[]).take_heartbeat();
    append(&session, LINES..LINES + 1);
    let written = LINES + 1;
    feed.wait_for("a fresh journal", |health| health["journal"]["first"] != first);
    feed.wait_for("the session as it is", |health| {
        health["status"] == "ok" && health["journal"]["events"] == written
    });
    let all = feed.stream("/sse?window=3600", &[]).data(usize::try_from(written).unwrap());
    assert!((0..).zip(&all).all(|(n, data)| *data == line(n)), "not every line once and in order");
}

#[test]
fn a_pipe_under_the_name_of_a_log_is_said_and_holds_nothing_up() {
    let session = Session::new();
    let made = Command::new("mkfifo").arg(session.path(DENIED)).status();
    assert!(made.unwrap().success());
    append(&session, 0..2);
    let mut feed = Feed::start(&session);
    feed.wait_for_lines(2);
    feed.wait_for("a word about it", |health| is_degraded(health, &[DENIED, "not a regular file"]));
    feed.stop().unwrap();
}

#[test]
fn a_journal_that_another_feed_has_open_is_said_and_taken_over_when_it_is_free() {
    let session = Session::new();
    append(&session, 0..1);
    let mut first = Feed::start(&session);
    first.wait_for_lines(1);
    let id = first.stream("/sse?window=3600", &[]).take(1)[0].id.unwrap();
    let second = Feed::start(&session);
    second.wait_for("a word about it", |health| {
        let message = health["message"].as_str().unwrap_or_default();
        health["status"] == "waiting" && message.contains("in use by another process")
    });
    first.stop().unwrap();
    append(&session, 1..2);
    second.wait_for("recovery", |health| health["status"] == "ok");
    let event = second.stream("/sse", &[("Last-Event-ID", &id.to_string())]).take(1).remove(0);
    assert_eq!((event.id, event.data), (Some(id + 1), line(1)));
}
