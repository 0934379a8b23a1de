//! What a generated session contains, counted as it is written.

use std::collections::BTreeMap;

use super::files::{PerFile, SessionFile};
use super::json::Object;

/// What was written. Outcomes are happenings, not lines: an order that three files tell of counts once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// The seed that was used.
    pub seed: u64,
    /// Finished lines per file, damaged ones included.
    pub lines: PerFile<u64>,
    /// Bytes in all files.
    pub bytes: u64,
    /// Rotations per file.
    pub rotations: PerFile<u64>,
    /// Time of the first line, nanoseconds since the Unix epoch; 0 before it.
    pub first_ns: u64,
    /// Time of the last line, nanoseconds since the Unix epoch.
    pub last_ns: u64,
    /// Intents received.
    pub intents: u64,
    /// Intents denied, by any gate.
    pub denied: u64,
    /// Denials by the runner's spelling of the reason, without a number in it.
    pub denied_by_reason: BTreeMap<&'static str, u64>,
    /// Orders submitted, by id.
    pub submitted: u64,
    /// Orders acknowledged, by id.
    pub acked: u64,
    /// Orders with at least one partial fill, by id.
    pub partially_filled: u64,
    /// Orders filled, by id.
    pub filled: u64,
    /// Orders canceled, by id.
    pub canceled: u64,
    /// Orders rejected by the exchange, by id.
    pub rejected: u64,
    /// Orders expired, by id.
    pub expired: u64,
    /// Orders in `orders_failed.jsonl`, by id: rejected and expired ones.
    pub failed: u64,
    /// Orders routed as maker.
    pub routed_maker: u64,
    /// Orders routed as taker.
    pub routed_taker: u64,
    /// Lines that are no JSON object, invalid UTF-8 and oversized ones apart.
    pub malformed: u64,
    /// Lines that would be JSON but for a byte that is no UTF-8.
    pub invalid_utf8: u64,
    /// Lines over 1 MiB.
    pub oversized: u64,
    /// Lines written in two pieces with a pause between them.
    pub split: u64,
}

/// What a line stands for, counted when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Intent,
    Denied(&'static str),
    RoutedMaker,
    RoutedTaker,
    Submitted,
    Acked,
    PartiallyFilled,
    Filled,
    Canceled,
    Rejected,
    Expired,
    Failed,
    Malformed,
    InvalidUtf8,
    Oversized,
}

impl Totals {
    /// Finished lines in all files.
    pub fn all_lines(&self) -> u64 {
        SessionFile::ALL.iter().map(|file| *self.lines.get(*file)).sum()
    }

    /// Orders submitted that have no outcome yet.
    pub fn pending(&self) -> u64 {
        let settled = self.filled + self.canceled + self.rejected + self.expired;
        self.submitted.saturating_sub(settled)
    }

    pub(super) fn count(&mut self, mark: Mark) {
        let counter = match mark {
            Mark::Intent => &mut self.intents,
            Mark::Denied(reason) => {
                *self.denied_by_reason.entry(reason).or_default() += 1;
                &mut self.denied
            }
            Mark::RoutedMaker => &mut self.routed_maker,
            Mark::RoutedTaker => &mut self.routed_taker,
            Mark::Submitted => &mut self.submitted,
            Mark::Acked => &mut self.acked,
            Mark::PartiallyFilled => &mut self.partially_filled,
            Mark::Filled => &mut self.filled,
            Mark::Canceled => &mut self.canceled,
            Mark::Rejected => &mut self.rejected,
            Mark::Expired => &mut self.expired,
            Mark::Failed => &mut self.failed,
            Mark::Malformed => &mut self.malformed,
            Mark::InvalidUtf8 => &mut self.invalid_utf8,
            Mark::Oversized => &mut self.oversized,
        };
        *counter += 1;
    }

    /// The details of the closing `OBS.SUMMARY.GENERATED` event.
    pub(super) fn summary(&self) -> Object {
        let orders = Object::new()
            .int("submitted", self.submitted)
            .int("ack", self.acked)
            .int("partially_filled", self.partially_filled)
            .int("filled", self.filled)
            .int("cancelled", self.canceled)
            .int("rejected", self.rejected)
            .int("expired", self.expired)
            .int("denied", self.denied)
            .int("failed", self.failed)
            .int("pending", self.pending());
        let routes = Object::new().int("maker", self.routed_maker).int("taker", self.routed_taker);
        let reasons =
            self.denied_by_reason.iter().fold(Object::new(), |all, (reason, n)| all.int(reason, *n));
        let lines = SessionFile::ALL
            .iter()
            .fold(Object::new(), |all, file| all.int(file.name(), *self.lines.get(*file)));
        Object::new()
            .int("seed", self.seed)
            .int("intents", self.intents)
            .object("orders", orders)
            .object("routes", routes)
            .object("why_code_counts", reasons)
            .object("lines", lines)
            .int("duration_ms", self.last_ns.saturating_sub(self.first_ns) / 1_000_000)
    }
}
