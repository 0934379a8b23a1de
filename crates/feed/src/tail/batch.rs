//! What the tail hands on: lines of one file with their positions, and what was wrong between them.

use std::{ops::Range, path::Path, sync::Arc, time::SystemTime};

use crate::session::{Located, Piece, Source};

/// What the tail tells the publisher, in order.
#[derive(Debug)]
pub(crate) enum Message {
    /// From here on, lines belong to another session.
    Session,
    /// Lines of one file.
    Batch(Batch),
}

/// One chunk's worth of complete lines of one file.
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
    /// Offset up to which the file is dealt with once this batch is published.
    pub(crate) settled: u64,
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
        Self { source, path, written, faults: Vec::new(), settled: 0, text: String::new(), lines: Vec::new() }
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

    /// True where there is nothing to publish or to count.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.faults.is_empty()
    }
}
