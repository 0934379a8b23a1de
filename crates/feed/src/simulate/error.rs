//! What can go wrong while a session is generated.

use std::io;
use std::path::PathBuf;

/// Why generating a session failed; each message says where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The directory holds a session already.
    #[error(
        "{} already holds session files ({found}): a generated session is never mixed with another; give an empty or new --session-dir", dir.display()
    )]
    DirectoryInUse {
        /// The directory that was asked for.
        dir: PathBuf,
        /// Name of the first session file found in it.
        found: String,
    },
    /// The rate is outside of what the generator can keep.
    #[error("--rate {rate} is not possible: give a number from 0.1 to 1000000 lines per second")]
    Rate {
        /// The rate that was asked for, lines per second.
        rate: f64,
    },
    /// The start or the end lies outside of what nanosecond timestamps can hold.
    #[error(
        "--start {start} with --duration {duration} is out of range: give Unix seconds before the year 2500"
    )]
    Start {
        /// Start, Unix seconds.
        start: u64,
        /// Duration, seconds.
        duration: u64,
    },
    /// Without pacing and without an end the disk would fill.
    #[error("--as-fast-as-possible needs an end: give --duration SECONDS")]
    Endless,
    /// A file or directory could not be created, written, renamed, compressed or read.
    #[error("cannot {what} {}: {source}; check that the place exists, is writable and has space", path.display())]
    Io {
        /// What was tried, as a verb.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The compressor of rotated parts ended unexpectedly.
    #[error(
        "the compressor of rotated parts stopped unexpectedly: uncompressed parts may be left in the session directory"
    )]
    Compressor,
}

impl SimulateError {
    /// For `map_err`: adds what was tried and where.
    pub(super) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}
