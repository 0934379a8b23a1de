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
    support::{DEADLINE, Session, say},
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

fn start(session: &Session) -> (Child, String) {
    let mut child = feed(session, &["--port", "0"]);
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let said = read_until(&mut log, "listening on http://");
    // Read on, so that the log never holds the feed up.
    std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(drop));
    let address = said.split("listening on http://").nth(1).unwrap();
    let end = address.find(|char: char| !char.is_ascii_digit() && !".:".contains(char));
    (child, address[..end.unwrap_or(address.len())].to_owned())
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
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
        let (mut child, address) = start(&session);
        let enough = random.below(4_000);
        if enough > 200 {
            received.read(&address, enough, |_| false);
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    stop.store(true, SeqCst);
    let written = writer.join().unwrap();
    let (mut child, address) = start(&session);
    received.read(&address, u64::MAX, |received| received.has(written));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(received.has(written), "{written} lines were written, received: {:?}", received.next);
    assert_eq!(received.total, written * FILES.len() as u64);
}
