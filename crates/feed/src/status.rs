//! What the feed knows about one session's files: counters, positions, what is wrong with them.
//!
//! Invariants: the tail and the publisher write, HTTP reads; nobody decides anything by it. Counters only
//! grow while the session is open.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use serde::Serialize;
use tokio::sync::watch;

/// One session's condition, shared between its thread and HTTP.
pub(crate) struct Status {
    dir: PathBuf,
    lines: AtomicU64,
    malformed: AtomicU64,
    oversized: AtomicU64,
    truncated: AtomicU64,
    missed: AtomicU64,
    last_append_ns: AtomicU64,
    /// 0 before the first.
    lag_ns: AtomicU64,
    tail: Mutex<TailStatus>,
    /// Told of each change of the condition, so that clients need not wait for the next heartbeat.
    news: watch::Sender<()>,
}

/// What the tail and the registry report.
#[derive(Debug, Default)]
struct TailStatus {
    gone: Option<String>,
    reading_history: bool,
    positions: BTreeMap<String, u64>,
    troubles: BTreeMap<String, String>,
    last_gap: Option<String>,
}

/// How lines of a log may have been lost before they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// The file was truncated or rewritten.
    Truncated,
    /// The file was gone before its end was reached.
    Missed,
}

/// How often that happened since the session was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Gaps {
    /// Times that a file was truncated or rewritten.
    pub(crate) truncated: u64,
    /// Files that were gone before their end was reached.
    pub(crate) missed: u64,
    /// What is known of the last one, for the operator.
    pub(crate) last: Option<String>,
}

/// Counted lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Lines published.
    pub(crate) lines: u64,
    /// Lines that are no JSON object or not UTF-8.
    pub(crate) malformed: u64,
    /// Lines above 1 MiB.
    pub(crate) oversized: u64,
}

/// A condition in one word.
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
    /// `dir` is the session's directory.
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_path_buf(),
            lines: AtomicU64::new(0),
            malformed: AtomicU64::new(0),
            oversized: AtomicU64::new(0),
            truncated: AtomicU64::new(0),
            missed: AtomicU64::new(0),
            last_append_ns: AtomicU64::new(0),
            lag_ns: AtomicU64::new(0),
            tail: Mutex::default(),
            news: watch::Sender::new(()),
        }
    }

    /// The session's directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Wakes at each change of the condition.
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

    /// Counts that lines may have been lost.
    pub(crate) fn count_gap(&self, gap: Gap, what: String) {
        let count = match gap {
            Gap::Truncated => &self.truncated,
            Gap::Missed => &self.missed,
        };
        count.fetch_add(1, Relaxed);
        self.tail().last_gap = Some(what);
    }

    pub(crate) fn gaps(&self) -> Gaps {
        let last = self.tail().last_gap.clone();
        Gaps { truncated: self.truncated.load(Relaxed), missed: self.missed.load(Relaxed), last }
    }

    /// Lines were published at `now_ns` of a log that was last written to at `written_ns`, both Unix nanoseconds;
    /// `live` where they are not history.
    pub(crate) fn published(&self, written_ns: u64, now_ns: u64, live: bool) {
        self.last_append_ns.fetch_max(written_ns, Relaxed);
        if live {
            self.lag_ns.store(now_ns.saturating_sub(written_ns).max(1), Relaxed);
        }
    }

    /// Seconds from the write of a log to the publication of its lines, at the last ones that were published live.
    pub(crate) fn lag_seconds(&self) -> Option<f64> {
        match self.lag_ns.load(Relaxed) {
            0 => None,
            lag => Some(lag as f64 / 1e9),
        }
    }

    /// Seconds since a log was last written to; `None` before the first line.
    pub(crate) fn last_event_age_seconds(&self, now_ns: u64) -> Option<f64> {
        match self.last_append_ns.load(Relaxed) {
            0 => None,
            at => Some((now_ns.saturating_sub(at) / 1_000_000) as f64 / 1e3),
        }
    }

    pub(crate) fn set_reading_history(&self, reading: bool) {
        self.tail().reading_history = reading;
    }

    /// Whether what was written before is still being read.
    pub(crate) fn is_reading_history(&self) -> bool {
        self.tail().reading_history
    }

    pub(crate) fn set_position(&self, file: &str, offset: u64) {
        self.tail().positions.insert(file.to_owned(), offset);
    }

    /// As [`Status::set_position`], for what is known of a file from before, where it is one that grows.
    pub(crate) fn set_known(&self, file: &str, offset: u64) {
        if crate::session::Source::ALL.iter().any(|source| file == format!("{}.jsonl", source.name())) {
            self.set_position(file, offset);
        }
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

    /// Sets or clears that the session's directory is not there. True where that is news.
    pub(crate) fn set_gone(&self, gone: Option<String>) -> bool {
        let mut tail = self.tail();
        let news = tail.gone != gone;
        tail.gone = gone;
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

    /// What is wrong, by file or part of the feed.
    pub(crate) fn troubles(&self) -> BTreeMap<String, String> {
        self.tail().troubles.clone()
    }

    /// The condition and a sentence for the operator, where there is something to say.
    pub(crate) fn condition(&self) -> (Condition, Option<String>) {
        let tail = self.tail();
        if let Some(gone) = &tail.gone {
            return (Condition::Degraded, Some(gone.clone()));
        }
        if !tail.troubles.is_empty() {
            let troubles: Vec<&str> = tail.troubles.values().map(String::as_str).collect();
            return (Condition::Degraded, Some(troubles.join("; ")));
        }
        let message = tail.reading_history.then(|| "reading the session's history".to_owned());
        (Condition::Ok, message)
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
        let status = Status::new(Path::new("/logs/one"));
        check(&status, Condition::Ok, "");
        status.set_reading_history(true);
        check(&status, Condition::Ok, "history");
        status.set_reading_history(false);
        assert!(status.set_trouble("orders.jsonl", Some("unreadable".to_owned())));
        assert!(!status.set_trouble("orders.jsonl", Some("unreadable".to_owned())));
        check(&status, Condition::Degraded, "unreadable");
        assert!(status.set_gone(Some("not there".to_owned())));
        check(&status, Condition::Degraded, "not there");
        assert!(status.set_gone(None));
        assert!(status.set_trouble("orders.jsonl", None));
        check(&status, Condition::Ok, "");
    }

    #[test]
    fn a_change_wakes_who_listens_and_a_repetition_does_not() {
        let status = Status::new(Path::new("/logs/one"));
        let mut news = status.news();
        news.mark_unchanged();
        status.set_gone(None);
        status.set_trouble("orders.jsonl", None);
        assert!(!news.has_changed().unwrap());
        status.set_gone(Some("not there".to_owned()));
        assert!(news.has_changed().unwrap());
    }

    #[test]
    fn the_age_counts_from_the_newest_append() {
        let status = Status::new(Path::new("/logs"));
        assert_eq!(status.last_event_age_seconds(5_000_000_000), None);
        status.published(4_000_000_000, 4_000_000_000, true);
        status.published(3_000_000_000, 4_100_000_000, true);
        assert_eq!(status.last_event_age_seconds(5_500_000_000), Some(1.5));
    }

    #[test]
    fn lag_is_measured_live_and_not_on_history() {
        let status = Status::new(Path::new("/logs"));
        status.published(1_000_000_000, 9_000_000_000, false);
        assert_eq!(status.lag_seconds(), None);
        status.published(9_000_000_000, 9_250_000_000, true);
        assert_eq!(status.lag_seconds(), Some(0.25));
    }
}
