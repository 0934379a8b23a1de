//! The ordered record of what was published: the boundary where a durable store stands in.
//!
//! Invariants: ids grow by one per event (by two where a session begins) and never repeat; a fresh journal starts at the Unix time in
//! microseconds, above any id of an earlier run; an id that is not retained is answered with
//! [`Read::Gone`], never by skipping ahead.

mod frame;
mod memory;

pub(crate) use frame::{FrameWriter, Frames};
pub use memory::Limits;
pub(crate) use memory::MemoryJournal;

use bytes::Bytes;

/// What a journal holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Id of the oldest retained event; `head + 1` where nothing is retained.
    pub(crate) first: u64,
    /// Id of the newest event ever published; one less than the first id before that.
    pub(crate) head: u64,
    /// Id of the current session's first event, retained or not.
    pub(crate) session_first: u64,
}

/// Answer to a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// Whole frames, in order, up to and with `last`.
    Frames {
        /// The frames' bytes.
        bytes: Bytes,
        /// Id of the last frame.
        last: u64,
    },
    /// Nothing newer yet.
    UpToDate,
    /// What follows that id is not retained, or the id was never given out.
    Gone,
}

/// A store of published events. One thread appends, any number read.
pub(crate) trait Journal: Send + Sync {
    /// What is retained.
    fn extent(&self) -> Extent;

    /// Appends frames whose first id is `head + 1`, published at that Unix time in nanoseconds.
    fn append(&self, frames: Frames, published_ns: u64);

    /// The next event begins another session; what was published before is no longer retained, and who has read
    /// all of it is [`Read::Gone`] too.
    fn begin_session(&self);

    /// Reads whole frames after `id`, at least one and otherwise at most `max_bytes`.
    fn read_after(&self, id: u64, max_bytes: usize) -> Read;

    /// The id after which everything was published at or after that Unix time in nanoseconds.
    fn published_since(&self, since_ns: u64) -> u64;
}
