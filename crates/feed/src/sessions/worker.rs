//! A session's thread: makes the figures again from the journal, then reads, publishes and keeps.
//!
//! Invariants: the tail goes on where the journal says that files stood; what one look finds is published before the
//! next. Every wait ends when the session is closed.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::{error, info};

use crate::{
    clock,
    hub::Hub,
    journal::JournalError,
    kept,
    metrics::Metrics,
    publisher::{Interrupted, JOURNAL, Publisher},
    status::Status,
    tail::{Batch, Bell, FileEvents, Follow, Hint as _, Position},
};

/// The shortest pause after a look, but where more is there to be read.
const MIN_PAUSE: Duration = Duration::from_millis(2);

/// The longest pause after a transaction.
const MAX_PAUSE: Duration = Duration::from_millis(50);

/// What is found within so long is published in one transaction.
const GATHER_FOR: Duration = Duration::from_millis(10);

/// And so many bytes of lines at most, but for the last look's.
const GATHER_BYTES: usize = 4 << 20;

/// How often the directory is named again to who watches it, for it may have been made anew.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// How often the state of the figures is kept, at least.
const KEEP_EVERY: Duration = Duration::from_mins(1);

/// And so often at most.
const KEEP_EVERY_AT_MOST: Duration = Duration::from_millis(100);

/// Or when so many one-minute aggregates wait, as they do where old files are read.
const MINUTES_WAITING: usize = 1_000;

/// Pause before a journal that could not be read is read again.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// How often the state of the figures is kept where events are retained for so long, however many they are: before
/// any goes that the state does not know.
pub(super) fn keep_every(window_seconds: u64) -> Duration {
    Duration::from_millis(window_seconds.saturating_mul(500)).clamp(KEEP_EVERY_AT_MOST, KEEP_EVERY)
}

/// What the thread works with.
pub(super) struct Job {
    pub(super) dir: PathBuf,
    /// When the session was last written to, Unix nanoseconds.
    pub(super) written_ns: u64,
    pub(super) hub: Arc<Hub>,
    pub(super) status: Arc<Status>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) publisher: Publisher,
    pub(super) pause: Duration,
    pub(super) keep_every: Duration,
    /// Ids that the kept state did not know when the session was opened.
    pub(super) behind: u64,
    pub(super) bell: Arc<Bell>,
}

impl Job {
    /// Runs until the session is closed.
    pub(super) fn run(mut self) {
        while let Ok(known) = self.restore() {
            if self.follow(known) == Interrupted::Stopped {
                info!(session = %self.dir.display(), "session closed");
                break;
            }
        }
        self.hub.give_up_journal();
    }

    /// The files' positions; the figures are those of the journal's end then.
    fn restore(&mut self) -> Result<Vec<Position>, Interrupted> {
        loop {
            match self.try_restore() {
                Ok(known) => {
                    self.status.set_trouble(JOURNAL, None);
                    return Ok(known);
                }
                Err(error) => {
                    let trouble = format!("nothing is read meanwhile: {error}");
                    if self.status.set_trouble(JOURNAL, Some(trouble.clone())) {
                        error!("{trouble}");
                    }
                    if let JournalError::Damaged { .. } = error {
                        // Writing is what sets a damaged file aside.
                        self.hub.publish(None, clock::unix_nanos(), &[], || ()).ok();
                    }
                }
            }
            if self.bell.sleep_through(RETRY_PAUSE) {
                return Err(Interrupted::Stopped);
            }
        }
    }

    fn try_restore(&mut self) -> Result<Vec<Position>, JournalError> {
        self.behind = kept::restore(&self.hub, &self.metrics)?;
        let known = kept::positions(&self.hub)?;
        for position in &known {
            self.status.set_known(&position.name, position.offset);
        }
        let extent = self.hub.extent();
        if extent.head >= extent.first {
            self.status.published(self.written_ns, clock::unix_nanos(), false);
        }
        Ok(known)
    }

    fn follow(&mut self, known: Vec<Position>) -> Interrupted {
        let started = Instant::now();
        let mut follow = Follow::new(self.dir.clone(), known, Arc::clone(&self.status));
        let mut events = FileEvents::new(Arc::clone(&self.bell));
        let (mut watched, mut kept) = (None, self.kept(Duration::ZERO));
        let mut batches = Vec::new();
        // The first line that is published may push out events that the kept state does not know.
        if self.behind > 0
            && let Err(why) = self.publisher.checkpoint()
        {
            return why;
        }
        loop {
            let now = started.elapsed();
            if watched.is_none_or(|at| now.saturating_sub(at) >= WATCH_EVERY) {
                watched = Some(now);
                events.watch(&self.dir);
            }
            // As it was before: the look that reaches the end of history still reads history.
            let is_live = !self.status.is_reading_history();
            let found = gather(&mut follow, started, &mut batches);
            let begun = Instant::now();
            if let Err(why) = self.publisher.publish(&batches, is_live) {
                return why;
            }
            let pause = found.pause(begun.elapsed()).min(self.pause);
            batches.clear();
            if self.is_due(&kept, now) {
                if let Err(why) = self.publisher.checkpoint() {
                    return why;
                }
                kept = self.kept(now);
            }
            let rest =
                if found == Found::Nothing { self.pause.saturating_sub(pause) } else { Duration::ZERO };
            if self.bell.sleep_through(pause) || self.bell.sleep(rest) {
                // Where it fails, the figures are made again from more events.
                self.publisher.checkpoint().ok();
                return Interrupted::Stopped;
            }
        }
    }

    fn kept(&self, at: Duration) -> Kept {
        Kept { at, as_of: self.metrics.as_of(), rejected: self.metrics.rejected() }
    }

    fn is_due(&self, kept: &Kept, now: Duration) -> bool {
        if self.metrics.minutes_waiting() >= MINUTES_WAITING {
            return true;
        }
        now.saturating_sub(kept.at) >= self.keep_every && self.kept(kept.at) != *kept
    }
}

/// What the state was when it was last kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    at: Duration,
    as_of: u64,
    rejected: u64,
}

/// What there was to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Nothing.
    Nothing,
    /// So much, and no more.
    All,
    /// So much, and there is more.
    More,
}

impl Found {
    /// For how long nothing is looked at, whatever happens, once it was published, which took so long. So that
    /// transactions, whose price is the disk's, take half of the time at most, and what is written meanwhile shares
    /// the next one. A line that is alone waits for nothing.
    fn pause(self, published_in: Duration) -> Duration {
        match self {
            Self::Nothing => MIN_PAUSE,
            Self::All => published_in.clamp(MIN_PAUSE, MAX_PAUSE),
            Self::More => Duration::ZERO,
        }
    }
}

/// Looks, and goes on as long as there is something without waiting, within bounds.
fn gather(follow: &mut Follow<Arc<Status>>, started: Instant, batches: &mut Vec<Batch>) -> Found {
    let until = started.elapsed() + GATHER_FOR;
    loop {
        let now = started.elapsed();
        if !follow.poll(now, batches) {
            return if batches.is_empty() { Found::Nothing } else { Found::All };
        }
        let bytes: usize = batches.iter().map(Batch::text_bytes).sum();
        if now >= until || bytes >= GATHER_BYTES {
            return Found::More;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: Found, published_in_ms: u64, pause_ms: u64) {
        let pause = found.pause(Duration::from_millis(published_in_ms));
        assert_eq!(pause, Duration::from_millis(pause_ms), "{found:?} {published_in_ms}");
    }

    #[test]
    fn a_transaction_is_followed_by_a_pause_as_long_within_bounds() {
        check(Found::All, 0, 2);
        check(Found::All, 8, 8);
        check(Found::All, 900, 50);
    }

    #[test]
    fn what_is_behind_does_not_pause_and_what_idles_does_not_spin() {
        check(Found::More, 8, 0);
        check(Found::Nothing, 8, 2);
    }
}
