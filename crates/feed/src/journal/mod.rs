//! The ordered record of what was published, on disk.
//!
//! Invariants: ids grow by one per event, across restarts, and are never given out twice: not after a kill, not
//! after a power loss, not after the file was set aside. An id that is not retained is answered with
//! [`Read::Gone`], never by skipping ahead. What [`Journal::append`] has confirmed survives kill -9 and power loss
//! (as far as the disk keeps what it has confirmed), events and notes together. A file that is damaged or foreign
//! is set aside by rename, never deleted, changed or believed.

mod block;
mod disk;
mod durable;
mod error;
mod floor;
mod frame;
mod ground;
mod overlay;
mod place;
mod record;
mod ring;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use durable::DurableJournal;
pub use error::JournalError;
pub(crate) use floor::given_out;
pub(crate) use frame::{FrameWriter, Frames};
pub(crate) use ground::Surroundings;
pub use place::PlaceError;
pub(crate) use place::{default_dir, file_name, make_dir};
#[cfg(test)]
pub(crate) use tests::{leave_room, spoil, temporary};

use std::time::Duration;

use bytes::Bytes;

/// How much is kept. What was published within `window_seconds` before the newest event always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Events, at most.
    pub events: u64,
    /// Encoded bytes, at most; the file takes up to about a half more.
    pub bytes: u64,
    /// Age, at most, in seconds before the newest event's publication.
    pub age_seconds: u64,
    /// The replay window, in seconds.
    pub window_seconds: u64,
}

impl Default for Limits {
    /// 2,500,000 events, 1 GiB, seven days; a window of 300 s.
    fn default() -> Self {
        Self { events: 2_500_000, bytes: 1 << 30, age_seconds: 7 * 86_400, window_seconds: 300 }
    }
}

/// What a journal holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Id of the oldest retained event; `head + 1` where nothing is retained.
    pub(crate) first: u64,
    /// Id of the newest event ever published; one less than the next id where ids were skipped since.
    pub(crate) head: u64,
    /// Id of the current session's first event, retained or not.
    pub(crate) session_first: u64,
}

/// What a journal holds, and what it cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Retained events.
    pub(crate) events: u64,
    /// Their encoded bytes.
    pub(crate) bytes: u64,
    /// The size of its file; `None` where there is none.
    pub(crate) file_bytes: Option<u64>,
    /// It lasts only as long as the process.
    pub(crate) in_memory: bool,
    /// Transactions since it was opened.
    pub(crate) commits: u64,
    /// What they took together.
    pub(crate) commit_time: Duration,
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

/// One value kept beside the events and committed with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// Its name: `file/NUMBER`, `state`, `minute/UNIXMINUTE` and the like.
    pub(crate) key: String,
    /// Its value; `None` deletes it.
    pub(crate) value: Option<Vec<u8>>,
}

/// A store of published events. One thread appends, any number read.
pub(crate) trait Journal: Send + Sync {
    /// What is retained.
    fn extent(&self) -> Extent;

    /// What it holds, and what it cost.
    fn figures(&self) -> Figures;

    /// Commits frames, whose first id is `head + 1`, published at that Unix time in nanoseconds, and notes: both or
    /// neither. Readers see it only after `Ok`.
    ///
    /// # Errors
    /// When it cannot be written: then nothing is lost and nothing published; the same batch is to be passed again. With
    /// [`JournalError::Begun`] and [`JournalError::Renumber`] it is to be numbered anew, from `head + 1`.
    fn append(&self, frames: Option<Frames>, published_ns: u64, notes: &[Note]) -> Result<(), JournalError>;

    /// Reads whole frames after `id`, at least one and otherwise at most `max_bytes`.
    ///
    /// # Errors
    /// When the file cannot be read, or is damaged there.
    fn read_after(&self, id: u64, max_bytes: usize) -> Result<Read, JournalError>;

    /// The id after which everything was published at or after that Unix time in nanoseconds.
    ///
    /// # Errors
    /// As for [`Self::read_after`].
    fn published_since(&self, since_ns: u64) -> Result<u64, JournalError>;

    /// Notes whose key begins with `prefix`, by key.
    ///
    /// # Errors
    /// As for [`Self::read_after`].
    fn notes(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, JournalError>;

    /// Gives the file up, whoever still holds the journal; only what is in memory can be read from then on. Nothing may
    /// be appended after that.
    fn close(&self);
}
