//! What the tail hands on: lines of one file, what was wrong between them, and the positions they settle.

use std::{ops::Range, path::Path, sync::Arc, time::SystemTime};

use super::position::Position;
use crate::session::{Located, Piece, Source};

/// A change of the ledger, to be committed together with the lines of its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// This is where the file of this number stands now.
    Set(Position),
    /// The file of this number is gone for good.
    Remove(u64),
}

/// One chunk's worth of complete lines of one file, and the changes of the ledger that go with them.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The log that they belong to.
    pub(crate) source: Source,
    /// The file, as it was named when it was opened.
    pub(crate) path: Arc<Path>,
    /// When the file was last written to.
    pub(crate) written: SystemTime,
    /// Lines that could not be read.
    pub(crate) faults: Vec<Fault>,
    /// What is settled once this batch is published.
    pub(crate) changes: Vec<Change>,
    text: String,
    lines: Vec<(u64, Range<usize>)>,
}

/// A line that was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Offset of its first byte.
    pub(crate) offset: u64,
    /// Its length in bytes.
    pub(crate) bytes: u64,
    /// What was wrong.
    pub(crate) kind: FaultKind,
}

/// Why a line was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Longer than 1 MiB.
    Oversized,
    /// Not UTF-8.
    NotUtf8,
    /// A run of NUL bytes.
    NulRun,
}

impl Batch {
    pub(crate) fn new(source: Source, path: Arc<Path>, written: SystemTime) -> Self {
        let (faults, changes, lines) = (Vec::new(), Vec::new(), Vec::new());
        Self { source, path, written, faults, changes, text: String::new(), lines }
    }

    /// Takes in one piece; blank lines are nothing.
    pub(crate) fn push(&mut self, at: Located<'_>) {
        let (bytes, kind) = match at.piece {
            Piece::Line(line) => {
                if !line.trim().is_empty() {
                    let start = self.text.len();
                    self.text.push_str(line);
                    self.lines.push((at.offset, start..self.text.len()));
                }
                return;
            }
            Piece::Oversized { bytes } => (bytes, FaultKind::Oversized),
            Piece::NotUtf8 { bytes } => (bytes, FaultKind::NotUtf8),
            Piece::NulRun { bytes } => (bytes, FaultKind::NulRun),
        };
        self.faults.push(Fault { offset: at.offset, bytes, kind });
    }

    /// Each line with the offset of its first byte.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u64, &str)> {
        self.lines.iter().filter_map(|(offset, range)| Some((*offset, self.text.get(range.clone())?)))
    }

    /// Bytes of all lines.
    pub(crate) fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// True where there is nothing to publish, to count or to settle.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.faults.is_empty() && self.changes.is_empty()
    }
}
