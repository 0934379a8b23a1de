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

/// The session is being closed, and what was to be written is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped;

/// Publishes what the tail of one session reads.
pub(crate) struct Publisher {
    hub: Arc<Hub>,
    status: Arc<Status>,
    metrics: Arc<Metrics>,
    totals: Arc<Totals>,
    redactor: Arc<Redactor>,
    bell: Arc<Bell>,
    /// The notes of where files stand, as they were committed last.
    positions: BTreeMap<String, Vec<u8>>,
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
            positions: BTreeMap::new(),
            started: Instant::now(),
            malformed_log: LogRate::default(),
            oversized_log: LogRate::default(),
        }
    }

    /// What is known of files as the journal has it.
    pub(crate) fn set_positions(&mut self, positions: BTreeMap<String, Vec<u8>>) {
        self.positions = positions;
    }

    /// Publishes the lines of some batches, which are live where they are not history, in one transaction. Clients
    /// see them once this returns. Tries until it works.
    ///
    /// # Errors
    /// When the session is closed before that.
    pub(crate) fn publish(&mut self, batches: &[Batch], is_live: bool) -> Result<(), Stopped> {
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
    /// When the session is closed before it could be written.
    pub(crate) fn checkpoint(&mut self) -> Result<(), Stopped> {
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
    ) -> Result<(), Stopped> {
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
                    self.remember(commit.notes);
                    if self.status.set_trouble(JOURNAL, None) {
                        info!("the journal is written again");
                    }
                    return Ok(());
                }
                Err(error @ (JournalError::Begun { .. } | JournalError::Renumber { .. })) => {
                    warn!("{error}");
                    first = self.hub.extent().head + 1;
                    frames = commit.frames(first);
                    self.metrics.set_as_of(first - 1);
                    if let JournalError::Begun { .. } = error {
                        commit.notes = self.all_notes(commit.notes, commit.now_ns);
                    }
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
    fn fail(&self, error: &JournalError) -> Result<(), Stopped> {
        let trouble = format!("nothing is published meanwhile: {error}");
        if self.status.set_trouble(JOURNAL, Some(trouble.clone())) {
            error!("{trouble}");
        }
        if self.bell.sleep_through(RETRY_PAUSE) { Err(Stopped) } else { Ok(()) }
    }

    /// A fresh journal needs what the one before had: all positions and the state.
    fn all_notes(&self, notes: Vec<Note>, now_ns: u64) -> Vec<Note> {
        let (_, state) = self.metrics.snapshot(now_ns);
        let before = self.positions.iter().map(|(key, value)| (key.clone(), Some(value.clone())));
        let mut all: BTreeMap<String, Option<Vec<u8>>> = before.collect();
        let kept = [kept::state_note(state), kept::rejected_note(self.metrics.rejected())];
        all.extend(kept.into_iter().chain(notes).map(|note| (note.key, note.value)));
        all.into_iter().map(|(key, value)| Note { key, value }).collect()
    }

    fn remember(&mut self, notes: Vec<Note>) {
        for note in notes.into_iter().filter(|note| kept::is_position(&note.key)) {
            match note.value {
                Some(value) => self.positions.insert(note.key, value),
                None => self.positions.remove(&note.key),
            };
        }
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
