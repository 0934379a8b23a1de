//! From lines to published events: reject, redact, encode, journal, wake.
//!
//! Invariants: one thread publishes, so ids follow the order in which lines were read. What is published is
//! what was written, after redaction; a line that is no JSON object is counted and said, and not published.

use std::{
    path::Path,
    sync::{Arc, mpsc::Receiver},
    time::Instant,
};

use tracing::warn;

use crate::{
    clock,
    hub::Hub,
    journal::FrameWriter,
    lograte::LogRate,
    metrics::Metrics,
    redact::Redactor,
    status::{Counts, Status},
    tail::{Batch, FaultKind, Message},
};

/// Publishes what the tail reads.
pub(crate) struct Publisher {
    hub: Arc<Hub>,
    status: Arc<Status>,
    metrics: Arc<Metrics>,
    redactor: Redactor,
    started: Instant,
    malformed_log: LogRate,
    oversized_log: LogRate,
}

impl Publisher {
    pub(crate) fn new(hub: Arc<Hub>, status: Arc<Status>, metrics: Arc<Metrics>, redactor: Redactor) -> Self {
        Self {
            hub,
            status,
            metrics,
            redactor,
            started: Instant::now(),
            malformed_log: LogRate::default(),
            oversized_log: LogRate::default(),
        }
    }

    /// Publishes until the tail is gone.
    pub(crate) fn run(mut self, messages: &Receiver<Message>) {
        for message in messages {
            match message {
                Message::Session => {
                    self.hub.begin_session();
                    self.metrics.begin_session(clock::unix_nanos());
                }
                Message::Batch(batch) => self.publish(&batch),
            }
        }
    }

    fn publish(&mut self, batch: &Batch) {
        if batch.is_empty() {
            return;
        }
        let now_ns = clock::unix_nanos();
        let mut counts = Counts::default();
        self.report_faults(batch, &mut counts);
        let first = self.hub.extent().head + 1;
        let mut frames = FrameWriter::new(first);
        for (offset, line) in batch.lines() {
            let line = self.redactor.redact(line);
            match self.metrics.observe(batch.source, first + counts.lines, &line, now_ns) {
                Ok(()) => {
                    frames.push(batch.source.name(), &line);
                    counts.lines += 1;
                }
                Err(rejected) => {
                    counts.malformed += 1;
                    self.say_malformed(&batch.path, offset, &rejected.reason.to_string());
                }
            }
        }
        self.status.count(counts);
        if let Some(frames) = frames.finish() {
            self.status.appended(clock::nanos_of(batch.written));
            self.hub.publish(frames, now_ns);
        }
    }

    fn report_faults(&mut self, batch: &Batch, counts: &mut Counts) {
        for fault in &batch.faults {
            self.metrics.reject();
            match fault.kind {
                FaultKind::Oversized => {
                    counts.oversized += 1;
                    if let Some(held_back) = self.oversized_log.pass(self.started.elapsed()) {
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
        if let Some(held_back) = self.malformed_log.pass(self.started.elapsed()) {
            warn!(file = %path.display(), offset, held_back, "line skipped: {reason}");
        }
    }
}
