//! How far one file has been read, and the fingerprints that go with it.
//!
//! Invariants: bytes arrive in order, each chunk behind the last bytes of what came before it, so the marker
//! of every settled offset can be taken. What is kept is at most [`HEAD_BYTES`] and [`MARKER_BYTES`], and the
//! splitter's unfinished line.

use super::{
    batch::Batch,
    position::{HEAD_BYTES, MARKER_BYTES, Position, Print, Stage},
};
use crate::session::Splitter;

/// The reading of one file.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    splitter: Splitter,
    read: u64,
    head: Vec<u8>,
    before: Vec<u8>,
    marker: Print,
}

impl Cursor {
    /// Goes on at a position, given the first bytes of the file up to there and the last ones before it.
    /// `None` where those are not the bytes that the position speaks of.
    pub(crate) fn resume(position: &Position, head: &[u8], before: &[u8]) -> Option<Self> {
        let head = head.get(..position.head.len as usize)?;
        let start = before.len().checked_sub(position.marker.len as usize)?;
        let before = before.get(start..)?;
        let same = Print::of(head) == position.head && Print::of(before) == position.marker;
        (same || position.offset == 0).then(|| Self {
            splitter: Splitter::resume(position.offset, position.lines),
            read: position.offset,
            head: head.to_vec(),
            before: before.to_vec(),
            marker: position.marker,
        })
    }

    /// How much has been read, in bytes.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// The last bytes that were read; the next chunk comes behind them.
    pub(crate) fn before(&self) -> &[u8] {
        &self.before
    }

    /// Takes in what follows [`Cursor::before`] in `bytes`, which begins with it.
    pub(crate) fn take(&mut self, bytes: &[u8], batch: &mut Batch) {
        let fresh = bytes.get(self.before.len()..).unwrap_or_default();
        let base = self.read - self.before.len() as u64;
        let settled = self.splitter.settled();
        self.splitter.push(fresh, |at| batch.push(at));
        if self.splitter.settled() > settled {
            // A line can only end inside the new chunk, so its end and what is before it are in `bytes`.
            let end = usize::try_from(self.splitter.settled() - base).unwrap_or(bytes.len());
            self.marker = Print::of(last(bytes.get(..end).unwrap_or(bytes), MARKER_BYTES));
        }
        let missing = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend(fresh.iter().take(missing));
        self.read += fresh.len() as u64;
        self.before = last(bytes, MARKER_BYTES).to_vec();
    }

    /// Takes the unfinished line as it is, because nothing more will come.
    pub(crate) fn finish(&mut self, batch: &mut Batch) {
        self.splitter.finish(|at| batch.push(at));
        self.marker = Print::of(&self.before);
    }

    /// Writes what is settled into the file's position; true where that changed it.
    pub(crate) fn settle(&self, position: &mut Position) -> bool {
        let offset = self.splitter.settled();
        if offset == position.offset {
            return false;
        }
        let head = usize::try_from(offset).unwrap_or(HEAD_BYTES).min(self.head.len());
        position.head = Print::of(self.head.get(..head).unwrap_or_default());
        (position.offset, position.lines, position.marker) = (offset, self.splitter.lines(), self.marker);
        position.stage = Stage::Reading;
        true
    }
}

/// The last `count` bytes, or all.
pub(crate) fn last(bytes: &[u8], count: usize) -> &[u8] {
    bytes.get(bytes.len().saturating_sub(count)..).unwrap_or_default()
}
