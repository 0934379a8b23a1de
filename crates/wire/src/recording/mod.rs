//! The lines of a recorded session in the order of their events, read from several files at once and a piece at a
//! time.
//!
//! Lines come in the order of (time, log, part, line); one without a time stands where the line before it in the same
//! log stands, and so does one that cannot be read. That is the order of `aurora-feed summarize`, which holds every
//! line and sorts; here a log is held [`Merge::AHEAD`] lines ahead, for writers step back by little. Where a
//! log goes back further, its rest is read as a log of its own ([`Step::Late`]): the order is the same for every input, and
//! only the work differs.
//!
//! Invariants: nothing here does I/O: whoever reads is asked for bytes ([`Step::Needs`]) and hands them over. What is held is
//! bounded: for each log what was handed over last and [`Merge::AHEAD`] lines; at most [`Merge::LOGS`] logs.
//! A line counts once in the [`Account`], however often it is read.

mod account;
mod lane;
mod merge;
mod order;
mod taking;

pub use account::{Account, RejectedLine};
pub use merge::{Line, Merge, Position, Step, Want};
pub use order::Key;
pub use taking::Taking;

use aurora_domain::Source;

/// One file of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The log that it belongs to.
    pub source: Source,
    /// Its length in bytes, unpacked.
    pub bytes: u64,
    /// Whether a last line without a newline is none: the file may have been growing, or broke off.
    pub unfinished: bool,
}

#[cfg(test)]
mod tests;
