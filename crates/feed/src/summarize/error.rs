//! Why a session cannot be summed up: what, where, and what to do.

use std::path::{Path, PathBuf};

use super::input::Incomplete;
use crate::session::{Location, ReadError};

/// How many sessions of a folder, or incomplete files, a message names.
const NAMED: usize = 10;

/// Why there is no summary, or only one of a part.
#[derive(Debug, thiserror::Error)]
pub enum SummarizeError {
    /// Nothing stands there.
    #[error("{} does not exist: pass the directory that the bot writes its logs to", dir.display())]
    Missing {
        /// What was passed.
        dir: PathBuf,
    },
    /// A file, for example one log of a session.
    #[error("{} is not a directory: pass the directory that holds the session's files{}", dir.display(), parent(dir))]
    NotADirectory {
        /// What was passed.
        dir: PathBuf,
    },
    /// No log in it, nor in its folders.
    #[error(
        "{} holds no session files: aurora_events.jsonl, orders_success.jsonl, orders_denied.jsonl, \
         orders_failed.jsonl or orders.jsonl should be in it; pass the directory that the bot writes its logs to",
        dir.display()
    )]
    Empty {
        /// What was passed.
        dir: PathBuf,
    },
    /// Sessions are one level further down.
    #[error("{} is a folder of sessions: pass one of them, newest first: {}", dir.display(), named(sessions))]
    Folder {
        /// What was passed.
        dir: PathBuf,
        /// The sessions in it, newest first.
        sessions: Vec<PathBuf>,
    },
    /// A file or directory cannot be read at all.
    #[error(
        "{source}; make it readable for this user, or run again if the bot was just rotating or removing files"
    )]
    Read {
        /// Which, and what the system said.
        #[from]
        source: ReadError,
    },
    /// Files ended with an error, so the totals lack what stands behind it.
    #[error(
        "the totals are incomplete: {}; restore the files from a copy, or use the totals as a lower bound",
        ended(files)
    )]
    Incomplete {
        /// Where.
        files: Vec<Incomplete>,
    },
}

impl SummarizeError {
    pub(super) fn folder(dir: &Path, sessions: Vec<Location>) -> Self {
        let sessions = sessions.into_iter().map(|session| session.path).collect();
        Self::Folder { dir: dir.to_path_buf(), sessions }
    }
}

fn parent(file: &Path) -> String {
    match file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => format!(", for example {}", parent.display()),
        None => String::new(),
    }
}

fn named(sessions: &[PathBuf]) -> String {
    listed(sessions, |path| path.display().to_string())
}

fn ended(files: &[Incomplete]) -> String {
    listed(files, |file| format!("{} after line {}: {}", file.file, file.lines, file.error))
}

fn listed<T>(all: &[T], name: impl Fn(&T) -> String) -> String {
    let names: Vec<String> = all.iter().take(NAMED).map(name).collect();
    let more = match all.len().saturating_sub(NAMED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    names.join(", ") + &more
}
