//! What the feed knows about itself: counters, the session it follows, what is wrong with its files.
//!
//! Invariants: the tail and the publisher write, HTTP reads; nobody decides anything by it. Counters only
//! grow while the process lives.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use serde::Serialize;
use tokio::sync::watch;

/// The feed's own state, shared between its threads.
pub(crate) struct Status {
    root: PathBuf,
    started: Instant,
    lines: AtomicU64,
    malformed: AtomicU64,
    oversized: AtomicU64,
    last_append_ns: AtomicU64,
    tail: Mutex<TailStatus>,
    /// Told of each change of the condition, so that clients need not wait for the next heartbeat.
    news: watch::Sender<()>,
}

/// What the tail reports.
#[derive(Debug, Default)]
struct TailStatus {
    session: Option<PathBuf>,
    waiting_for: Option<String>,
    reading_history: bool,
    positions: BTreeMap<String, u64>,
    troubles: BTreeMap<String, String>,
}

/// Counted lines since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Lines published.
    pub(crate) lines: u64,
    /// Lines that are no JSON object or not UTF-8.
    pub(crate) malformed: u64,
    /// Lines above 1 MiB.
    pub(crate) oversized: u64,
}

/// The feed's condition in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Condition {
    /// Following a session.
    Ok,
    /// No session yet.
    Waiting,
    /// Something cannot be read; the rest goes on.
    Degraded,
}

impl Status {
    /// `root` is the directory that the operator named.
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            started: Instant::now(),
            lines: AtomicU64::new(0),
            malformed: AtomicU64::new(0),
            oversized: AtomicU64::new(0),
            last_append_ns: AtomicU64::new(0),
            tail: Mutex::default(),
            news: watch::Sender::new(()),
        }
    }

    /// Wakes at each change of the condition or the session.
    pub(crate) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    pub(crate) fn count(&self, more: Counts) {
        self.lines.fetch_add(more.lines, Relaxed);
        self.malformed.fetch_add(more.malformed, Relaxed);
        self.oversized.fetch_add(more.oversized, Relaxed);
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            lines: self.lines.load(Relaxed),
            malformed: self.malformed.load(Relaxed),
            oversized: self.oversized.load(Relaxed),
        }
    }

    /// A log was written to at this Unix time in nanoseconds.
    pub(crate) fn appended(&self, at_ns: u64) {
        self.last_append_ns.fetch_max(at_ns, Relaxed);
    }

    /// Seconds since a log was last written to; `None` before the first line.
    pub(crate) fn last_event_age_seconds(&self, now_ns: u64) -> Option<f64> {
        match self.last_append_ns.load(Relaxed) {
            0 => None,
            at => Some((now_ns.saturating_sub(at) / 1_000_000) as f64 / 1e3),
        }
    }

    pub(crate) fn uptime_seconds(&self) -> f64 {
        self.started.elapsed().as_millis() as f64 / 1e3
    }

    /// The directory that is followed: the session, or what the operator named while there is none.
    pub(crate) fn session_dir(&self) -> PathBuf {
        self.tail().session.clone().unwrap_or_else(|| self.root.clone())
    }

    /// The session's directory name; `None` while there is none.
    pub(crate) fn session_name(&self) -> Option<String> {
        let tail = self.tail();
        Some(tail.session.as_ref()?.file_name()?.to_string_lossy().into_owned())
    }

    /// There is no session, and why. True where that is news.
    pub(crate) fn wait_for(&self, what: &str) -> bool {
        let mut tail = self.tail();
        let news = tail.waiting_for.as_deref() != Some(what);
        tail.waiting_for = Some(what.to_owned());
        self.tell(news)
    }

    pub(crate) fn begin_session(&self, dir: &Path) {
        *self.tail() = TailStatus { session: Some(dir.to_path_buf()), ..TailStatus::default() };
        self.tell(true);
    }

    /// The session is (still, again) there.
    pub(crate) fn found(&self) {
        let waited = self.tail().waiting_for.take().is_some();
        self.tell(waited);
    }

    pub(crate) fn set_reading_history(&self, reading: bool) {
        self.tail().reading_history = reading;
    }

    pub(crate) fn set_position(&self, file: &str, offset: u64) {
        self.tail().positions.insert(file.to_owned(), offset);
    }

    /// Sets or clears what is wrong with a file. True where that is news.
    pub(crate) fn set_trouble(&self, file: &str, trouble: Option<String>) -> bool {
        let mut tail = self.tail();
        let news = match trouble {
            Some(text) => tail.troubles.insert(file.to_owned(), text.clone()) != Some(text),
            None => tail.troubles.remove(file).is_some(),
        };
        self.tell(news)
    }

    /// Passes `news` on, and wakes whoever listens where there is some.
    fn tell(&self, news: bool) -> bool {
        if news {
            self.news.send_replace(());
        }
        news
    }

    /// Bytes read of each file that is followed.
    pub(crate) fn positions(&self) -> BTreeMap<String, u64> {
        self.tail().positions.clone()
    }

    /// The condition and a sentence for the operator, where there is something to say.
    pub(crate) fn condition(&self) -> (Condition, Option<String>) {
        let tail = self.tail();
        if let Some(what) = &tail.waiting_for {
            let condition = if tail.session.is_some() { Condition::Degraded } else { Condition::Waiting };
            return (condition, Some(what.clone()));
        }
        if !tail.troubles.is_empty() {
            let troubles: Vec<&str> = tail.troubles.values().map(String::as_str).collect();
            return (Condition::Degraded, Some(troubles.join("; ")));
        }
        match (&tail.session, tail.reading_history) {
            (None, _) => (Condition::Waiting, Some("looking for the session directory".to_owned())),
            (Some(_), true) => (Condition::Ok, Some("reading the session's history".to_owned())),
            (Some(_), false) => (Condition::Ok, None),
        }
    }

    fn tail(&self) -> MutexGuard<'_, TailStatus> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: &Status, condition: Condition, word: &str) {
        let (found, message) = status.condition();
        assert_eq!(found, condition);
        assert!(message.unwrap_or_default().contains(word), "no {word:?}");
    }

    #[test]
    fn the_condition_follows_the_session_and_its_files() {
        let status = Status::new(Path::new("/logs"));
        check(&status, Condition::Waiting, "looking");
        assert!(status.wait_for("no directory"));
        assert!(!status.wait_for("no directory"));
        check(&status, Condition::Waiting, "no directory");
        status.begin_session(Path::new("/logs/one"));
        status.set_reading_history(true);
        check(&status, Condition::Ok, "history");
        status.set_reading_history(false);
        check(&status, Condition::Ok, "");
        assert!(status.set_trouble("orders.jsonl", Some("unreadable".to_owned())));
        assert!(!status.set_trouble("orders.jsonl", Some("unreadable".to_owned())));
        check(&status, Condition::Degraded, "unreadable");
        assert!(status.set_trouble("orders.jsonl", None));
        check(&status, Condition::Ok, "");
    }

    #[test]
    fn the_age_counts_from_the_newest_append() {
        let status = Status::new(Path::new("/logs"));
        assert_eq!(status.last_event_age_seconds(5_000_000_000), None);
        status.appended(4_000_000_000);
        status.appended(3_000_000_000);
        assert_eq!(status.last_event_age_seconds(5_500_000_000), Some(1.5));
    }
}
