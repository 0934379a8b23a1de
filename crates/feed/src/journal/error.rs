//! What goes wrong with a journal, in the operator's words, and how the store's errors map to it.

use std::{io, path::PathBuf};

/// Why the journal could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has it open.
    #[error(
        "the journal {} is in use by another process: stop the other feed of this session, or pass another \
         --journal-dir", path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error(
        "cannot {doing} the journal {}: {source}; look at the disk's free space and the directory's permissions; \
         it is tried again", path.display()
    )]
    Io {
        /// What was to be done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What was read is not what was written.
    #[error(
        "the journal {} is damaged: {what}; it is set aside before the next event is written, and a fresh one begun",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The file was set aside and a fresh one begun: what it had is no longer served.
    #[error("the journal {} was begun afresh, and goes on with id {next}: number the batch again", path.display())]
    Begun {
        /// The file.
        path: PathBuf,
        /// The next id.
        next: u64,
    },
    /// The batch does not go on where the journal ends.
    #[error("the batch begins with id {found}, and the journal goes on with {next}: number the batch again")]
    Renumber {
        /// The next id.
        next: u64,
        /// The batch's first.
        found: u64,
    },
}

/// What the store says.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another process has it open.
    Busy,
    /// It is not, or no longer, a journal.
    Damaged(String),
    /// The system refused.
    Io(io::Error),
}

impl Failure {
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }

    /// The same for the operator.
    pub(super) fn at(self, path: &std::path::Path, doing: &'static str) -> JournalError {
        let path = path.to_path_buf();
        match self {
            Self::Busy => JournalError::InUse { path },
            Self::Damaged(what) => JournalError::Damaged { path, what },
            Self::Io(source) => JournalError::Io { doing, path, source },
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Damaged(error.to_string()),
            io::ErrorKind::UnexpectedEof => Self::damaged("it is shorter than it says"),
            _ => Self::Io(error),
        }
    }
}

impl From<redb::Error> for Failure {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => Self::Busy,
            redb::Error::Io(error) => error.into(),
            redb::Error::PreviousIo => Self::Io(io::Error::other("an earlier write failed")),
            redb::Error::DatabaseClosed => Self::Io(io::Error::other("it was closed")),
            redb::Error::Corrupted(what) => Self::Damaged(what),
            redb::Error::UpgradeRequired(version) => {
                Self::Damaged(format!("it is of another version of the store, {version}"))
            }
            other => Self::Damaged(other.to_string()),
        }
    }
}

macro_rules! from_store_errors {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                redb::Error::from(error).into()
            }
        }
    )*};
}

from_store_errors!(
    redb::CommitError,
    redb::DatabaseError,
    redb::StorageError,
    redb::TableError,
    redb::TransactionError
);
