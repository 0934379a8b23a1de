//! The feed killed again and again while its files grow and rotate: a client that always resumes gets every line
//! once, in the order of each file.
//!
//! `AURORA_CRASH_ROUNDS` sets how often it is killed, `AURORA_CRASH_SEED` repeats a run.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    process::Child,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::{Duration, Instant, SystemTime},
};

use crate::{
    program::{feed, read_until},
    support::{Client, DEADLINE, Session, say},
};

const FILES: [&str; 2] = ["aurora_events", "orders_denied"];

/// Lines that a log is given a second: together 20,000.
const LINES_PER_SECOND: u128 = 10_000;

/// Lines that are appended in one write.
const BURST: u64 = 50;

/// The bot begins a new file after so many lines.
const ROTATE_AFTER: u64 = 4_000;

/// A small generator: every seed gives another run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Writes numbered lines until it is stopped, as many as the clock asks for, and says how many each log got.
fn write(session: &Session, stop: &AtomicBool) -> u64 {
    let (began, mut written) = (Instant::now(), 0);
    while !stop.load(SeqCst) {
        if u128::from(written) > began.elapsed().as_millis() * LINES_PER_SECOND / 1_000 {
            std::thread::park_timeout(Duration::from_millis(1));
            continue;
        }
        for file in FILES {
            let lines = (written..written + BURST).map(|n| format!("{{\"n\":{n},\"of\":\"{file}\"}}\n"));
            session.append(&format!("{file}.jsonl"), lines.collect::<String>());
        }
        written += BURST;
        if written.is_multiple_of(ROTATE_AFTER) {
            for file in FILES {
                let part = format!("{file}.jsonl.20261120.180000.part{}.jsonl", written / ROTATE_AFTER);
                fs::rename(session.path(&format!("{file}.jsonl")), session.path(&part)).unwrap();
            }
        }
    }
    let rate = (written * FILES.len() as u64) as f64 / began.elapsed().as_secs_f64();
    say(&format!("the feed was killed under {rate:.0} lines a second"));
    written
}

/// What a client has received over all its connections.
#[derive(Default)]
struct Received {
    last: Option<u64>,
    next: BTreeMap<String, u64>,
    total: u64,
}

impl Received {
    /// Takes events in until there are `enough` of this connection, `until` is met, or the feed is gone.
    fn read(&mut self, address: &str, enough: u64, until: impl Fn(&Self) -> bool) {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        let resume = self.last.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        write!(socket, "GET /sse?window=31536000 HTTP/1.0\r\nHost: localhost\r\n{resume}\r\n").unwrap();
        let began = (self.total, Instant::now());
        let (mut id, mut kind, mut data) = (None, String::new(), String::new());
        for line in BufReader::new(socket).lines() {
            assert!(began.1.elapsed() < DEADLINE, "too few events came: {:?}", self.next);
            let Ok(line) = line else { return };
            match line.split_once(": ") {
                Some(("id", text)) => id = text.parse::<u64>().ok(),
                Some(("event", text)) => text.clone_into(&mut kind),
                Some(("data", text)) => text.clone_into(&mut data),
                None if line.is_empty() => {
                    self.take(id.take(), &kind, &data);
                    kind.clear();
                }
                _ => {}
            }
            if self.total - began.0 >= enough || until(self) {
                return;
            }
        }
    }

    fn take(&mut self, id: Option<u64>, kind: &str, data: &str) {
        assert!(!matches!(kind, "reset" | "session"), "{kind} after {:?}: {data}", self.last);
        let Some(id) = id else { return };
        assert!(self.last.is_none_or(|last| id > last), "{id} after {:?}", self.last);
        let next = self.next.entry(kind.to_owned()).or_default();
        assert_eq!(data, format!("{{\"n\":{next},\"of\":\"{kind}\"}}"), "event {id}");
        *next += 1;
        self.total += 1;
        self.last = Some(id);
    }

    fn has(&self, lines: u64) -> bool {
        FILES.iter().all(|file| self.next.get(*file) == Some(&lines))
    }
}

/// A feed that is killed when this goes.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn start(session: &Session, flags: &[&str]) -> (Running, String) {
    let mut child = feed(session, &[&["--port", "0"], flags].concat());
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let said = read_until(&mut log, "listening on http://");
    // Read on, so that the log never holds the feed up.
    std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(drop));
    let address = said.split("listening on http://").nth(1).unwrap();
    let end = address.find(|char: char| !char.is_ascii_digit() && !".:".contains(char));
    (Running(child), address[..end.unwrap_or(address.len())].to_owned())
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn figures_outlive_a_kill_though_the_events_that_they_count_are_no_longer_retained() {
    let session = Session::new();
    let flags = ["--window-seconds", "1", "--journal-events", "5"];
    let (running, address) = start(&session, &flags);
    let client = Client { address: address.parse().unwrap() };
    let deny = |number: u64| {
        session.append(
            "orders_denied.jsonl",
            format!("{{\"deny_reason\":\"SPREAD\",\"order_id\":\"{number}\"}}\n"),
        );
        client.wait_for_lines(number);
        client.health()["journal"]["first"].clone()
    };
    let (began, mut written) = (Instant::now(), 1);
    let first = deny(written);
    while deny(written + 1) == first {
        written += 1;
        assert!(began.elapsed() < DEADLINE, "nothing is dropped");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    drop(running);
    let (running, address) = start(&session, &flags);
    let client = Client { address: address.parse().unwrap() };
    client.wait_for("every denial", |health| {
        health["current_metrics"]["session"]["orders"]["denied"] == written + 1
    });
    drop(running);
}

#[test]
fn a_feed_that_is_killed_again_and_again_loses_nothing_and_repeats_nothing() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let seed = number("AURORA_CRASH_SEED").unwrap_or(now.subsec_nanos().into()) | 1;
    let rounds = number("AURORA_CRASH_ROUNDS").unwrap_or(50);
    println!("AURORA_CRASH_SEED={seed}");
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let session = Arc::new(Session::new());
    let stop = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (session, stop) = (Arc::clone(&session), Arc::clone(&stop));
        move || write(&session, &stop)
    });
    let mut received = Received::default();
    for _ in 0..rounds {
        let (running, address) = start(&session, &[]);
        let enough = random.below(4_000);
        if enough > 200 {
            received.read(&address, enough, |_| false);
        }
        drop(running);
    }
    stop.store(true, SeqCst);
    let written = writer.join().unwrap();
    let (running, address) = start(&session, &[]);
    received.read(&address, u64::MAX, |received| received.has(written));
    drop(running);
    assert!(received.has(written), "{written} lines were written, received: {:?}", received.next);
    assert_eq!(received.total, written * FILES.len() as u64);
}
