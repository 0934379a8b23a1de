//! From lines to published events: reject, redact, encode, journal, count, wake.
//!
//! Invariants: one publisher per session and one thread per publisher, so ids follow the order in which lines were
//! read. What is published is what was written, after redaction; a line that is no JSON object is counted and said,
//! and not published. Lines and the positions that they settle are one transaction; figures take them in once it is
//! committed, and once however often it had to be tried. While it fails nothing more is read.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use aurora_domain::Event;
use tracing::{error, info, warn};

use crate::{
    clock,
    hub::Hub,
    journal::{FrameWriter, Frames, JournalError, Note},
    kept,
    lograte::LogRate,
    metrics::Metrics,
    redact::Redactor,
    session::Source,
    status::{Counts, Status},
    tail::{Batch, Bell, FaultKind},
    totals::Totals,
};

/// Pause before what could not be written is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// Under what `/health` says what is wrong with the journal.
pub(crate) const JOURNAL: &str = "journal";

/// Under what `/health` says that the journal is in memory.
pub(crate) const JOURNAL_FILE: &str = "journal file";

/// Why what was to be written is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// The session is being closed.
    Stopped,
    /// The journal was set aside and a fresh one begun: the session is to be read again from its beginning.
    Begun,
}

/// Publishes what the tail of one session reads.
pub(crate) struct Publisher {
    hub: Arc<Hub>,
    status: Arc<Status>,
    metrics: Arc<Metrics>,
    totals: Arc<Totals>,
    redactor: Arc<Redactor>,
    bell: Arc<Bell>,
    started: Instant,
    malformed_log: LogRate,
    oversized_log: LogRate,
}

/// A line that is published.
struct Line<'a> {
    source: Source,
    text: &'a str,
}

/// What is committed in one transaction.
struct Commit<'a> {
    lines: Vec<Line<'a>>,
    events: Vec<Event<'a>>,
    notes: Vec<Note>,
    counts: Counts,
    now_ns: u64,
}

impl Commit<'_> {
    /// The lines, numbered from `first`.
    fn frames(&self, first: u64) -> Option<Frames> {
        let mut frames = FrameWriter::new(first);
        for line in &self.lines {
            frames.push(line.source.name(), line.text);
        }
        frames.finish()
    }

    fn rejected(&self) -> u64 {
        self.counts.malformed + self.counts.oversized
    }
}

impl Publisher {
    pub(crate) fn new(
        hub: Arc<Hub>,
        status: Arc<Status>,
        metrics: Arc<Metrics>,
        totals: Arc<Totals>,
        redactor: Arc<Redactor>,
        bell: Arc<Bell>,
    ) -> Self {
        Self {
            hub,
            status,
            metrics,
            totals,
            redactor,
            bell,
            started: Instant::now(),
            malformed_log: LogRate::default(),
            oversized_log: LogRate::default(),
        }
    }

    /// Publishes the lines of some batches, which are live where they are not history, in one transaction. Clients
    /// see them once this returns. Tries until it works.
    ///
    /// # Errors
    /// When the session is closed before that, or its journal is not the one that it was.
    pub(crate) fn publish(&mut self, batches: &[Batch], is_live: bool) -> Result<(), Interrupted> {
        if batches.iter().all(Batch::is_empty) {
            return Ok(());
        }
        let redactor = Arc::clone(&self.redactor);
        let redacted: Vec<(&Batch, u64, Cow<'_, str>)> = batches
            .iter()
            .flat_map(|batch| batch.lines().map(move |(offset, line)| (batch, offset, line)))
            .map(|(batch, offset, line)| (batch, offset, redactor.redact(line)))
            .collect();
        let mut commit = Commit {
            lines: Vec::with_capacity(redacted.len()),
            events: Vec::with_capacity(redacted.len()),
            notes: Vec::new(),
            counts: Counts::default(),
            now_ns: clock::unix_nanos(),
        };
        for batch in batches {
            self.report_faults(batch, &mut commit.counts);
        }
        for (batch, offset, text) in &redacted {
            match aurora_wire::decode(batch.source, *offset, text.as_bytes()) {
                Ok(event) => {
                    commit.events.push(event);
                    commit.lines.push(Line { source: batch.source, text });
                    commit.counts.lines += 1;
                }
                Err(rejected) => {
                    commit.counts.malformed += 1;
                    self.say_malformed(&batch.path, *offset, &rejected.reason.to_string());
                }
            }
        }
        let changes = batches.iter().flat_map(|batch| &batch.changes).map(kept::position_note);
        // The last change of a file is the one that counts.
        let changes: BTreeMap<String, Option<Vec<u8>>> = changes.map(|note| (note.key, note.value)).collect();
        commit.notes.extend(changes.into_iter().map(|(key, value)| Note { key, value }));
        if commit.rejected() > 0 {
            commit.notes.push(kept::rejected_note(self.metrics.rejected() + commit.rejected()));
        }
        let written = batches.iter().filter(|batch| batch.lines().next().is_some());
        let written_ns = written.map(|batch| clock::nanos_of(batch.written)).max();
        self.commit(commit, written_ns, is_live)
    }

    /// Commits the state of the figures and the minutes that have ended.
    ///
    /// # Errors
    /// As for [`Self::publish`].
    pub(crate) fn checkpoint(&mut self) -> Result<(), Interrupted> {
        let now_ns = clock::unix_nanos();
        let checkpoint = self.metrics.checkpoint(now_ns);
        let notes = loop {
            match kept::checkpoint_notes(&self.hub, checkpoint.clone(), now_ns) {
                Ok(notes) => break notes,
                Err(error) => self.fail(&error)?,
            }
        };
        let (lines, events, counts) = (Vec::new(), Vec::new(), Counts::default());
        self.commit(Commit { lines, events, notes, counts, now_ns }, None, false)
    }

    fn commit(
        &mut self,
        mut commit: Commit<'_>,
        written_ns: Option<u64>,
        is_live: bool,
    ) -> Result<(), Interrupted> {
        let mut first = self.hub.extent().head + 1;
        let mut frames = commit.frames(first);
        loop {
            let last = first - 1 + commit.lines.len() as u64;
            let taken_in = || {
                self.metrics.take_in(&commit.events, commit.rejected(), last, commit.now_ns);
                if let Some(written_ns) = written_ns {
                    self.status.published(written_ns, clock::unix_nanos(), is_live);
                }
                // Whoever sees a line counted can read it.
                self.status.count(commit.counts);
                self.totals.count(commit.counts);
            };
            let outcome = self.hub.publish(frames.clone(), commit.now_ns, &commit.notes, taken_in);
            match outcome {
                Ok(()) => {
                    if self.status.set_trouble(JOURNAL, None) {
                        info!("the journal is written again");
                    }
                    return Ok(());
                }
                Err(error @ JournalError::Begun { .. }) => {
                    warn!("{error}; the session is read again");
                    return Err(Interrupted::Begun);
                }
                Err(error @ JournalError::Renumber { .. }) => {
                    warn!("{error}");
                    first = self.hub.extent().head + 1;
                    frames = commit.frames(first);
                }
                Err(error) => {
                    self.fail(&error)?;
                    // Who waited for it was not behind.
                    commit.now_ns = clock::unix_nanos();
                }
            }
        }
    }

    /// Says what is wrong, and waits until it is tried again.
    fn fail(&self, error: &JournalError) -> Result<(), Interrupted> {
        let trouble = format!("nothing is published meanwhile: {error}");
        if self.status.set_trouble(JOURNAL, Some(trouble.clone())) {
            error!("{trouble}");
        }
        if self.bell.sleep_through(RETRY_PAUSE) { Err(Interrupted::Stopped) } else { Ok(()) }
    }

    fn report_faults(&mut self, batch: &Batch, counts: &mut Counts) {
        for fault in &batch.faults {
            match fault.kind {
                FaultKind::Oversized => {
                    counts.oversized += 1;
                    if let Some(held_back) = self.oversized_log.pass(self.now()) {
                        warn!(
                            file = %batch.path.display(), offset = fault.offset, bytes = fault.bytes, held_back,
                            "oversized line skipped: longer than 1 MiB"
                        );
                    }
                }
                FaultKind::NotUtf8 => {
                    counts.malformed += 1;
                    self.say_malformed(&batch.path, fault.offset, "Malformed JSON: not UTF-8");
                }
                FaultKind::NulRun => {
                    counts.malformed += 1;
                    self.say_malformed(&batch.path, fault.offset, "Malformed JSON: a run of NUL bytes");
                }
            }
        }
    }

    fn say_malformed(&mut self, path: &Path, offset: u64, reason: &str) {
        if let Some(held_back) = self.malformed_log.pass(self.now()) {
            warn!(file = %path.display(), offset, held_back, "line skipped: {reason}");
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

#[cfg(test)]
mod tests;
