//! What the tail has to say beside lines, and who listens.
//!
//! Invariant: the tail says each thing once per change; how it is logged and shown is the listener's.

use tracing::{info, warn};

use crate::status::{Gap, Status};

/// Something that an operator may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A session's files are looked at for the first time.
    Started {
        /// Parts that are to be read before what is live.
        parts: usize,
    },
    /// A log appeared.
    Found {
        /// Its name.
        file: String,
    },
    /// A log's name was given up or taken over by another file.
    Rotated {
        /// Its name.
        file: String,
    },
    /// A file no longer holds what was read of it: it was truncated or rewritten.
    Truncated {
        /// Its name.
        file: String,
        /// How much of it had been read, in bytes.
        read: u64,
    },
    /// What was left of a truncated file is read from a copy of it.
    Continued {
        /// The copy's name.
        file: String,
        /// From which byte on.
        offset: u64,
    },
    /// A file was gone before its end was reached.
    Missed {
        /// Its last name.
        file: String,
        /// What was read of it, in bytes.
        read: u64,
    },
    /// Something cannot be read; it is tried again.
    Trouble {
        /// The file, or `history` for the directory's listing.
        file: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// That trouble is over.
    Cleared {
        /// The file.
        file: String,
    },
}

/// Who is told.
pub(crate) trait Listener: Send {
    /// Something happened.
    fn notice(&self, notice: Notice);
    /// A live file has been read up to this offset in bytes.
    fn position(&self, file: &str, offset: u64);
    /// Whether old lines are being read.
    fn reading_history(&self, reading: bool);
}

impl Listener for std::sync::Arc<Status> {
    fn notice(&self, notice: Notice) {
        match notice {
            Notice::Started { parts } => info!(parts, "following the session"),
            Notice::Found { file } => info!(file, "found"),
            Notice::Rotated { file } => info!(file, "rotation: read to its end, following the new file"),
            Notice::Truncated { file, read } => {
                warn!(
                    file,
                    bytes_read = read,
                    "truncation: not what was read before; reading from its beginning. What was written shortly \
                     before and not read yet may be gone"
                );
                let what = format!("{file} was truncated or rewritten after {read} bytes of it were read");
                self.count_gap(Gap::Truncated, what);
            }
            Notice::Continued { file, offset } => {
                info!(file, offset, "a copy of the truncated file: reading what was left of it");
            }
            Notice::Missed { file, read } => {
                warn!(
                    file,
                    bytes_read = read,
                    "gone before its end was reached: what followed the bytes that were read is missing"
                );
                let what = format!("{file} was gone before its end, after {read} bytes of it were read");
                self.count_gap(Gap::Missed, what);
            }
            Notice::Trouble { file, message } => {
                warn!("{message} (it is tried again)");
                self.set_trouble(&file, Some(message));
            }
            Notice::Cleared { file } => {
                self.set_trouble(&file, None);
                info!(file, "readable again");
            }
        }
    }

    fn position(&self, file: &str, offset: u64) {
        self.set_position(file, offset);
    }

    fn reading_history(&self, reading: bool) {
        self.set_reading_history(reading);
    }
}
