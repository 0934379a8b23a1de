//! A whole session directory into one state: what every report over recorded sessions starts from.

use std::path::{Path, PathBuf};

use aurora_domain::{State, Ts};
use aurora_wire::decode;

use super::{error::SummarizeError, input::Input};
use crate::session::{Place, locate};

/// A session, reduced.
#[derive(Clone, Debug)]
pub struct Reduced {
    /// The session's directory as it was passed.
    pub dir: PathBuf,
    /// Everything that its events say, as of the last event's time.
    pub state: State,
    /// What was read, and what could not be.
    pub input: Input,
}

/// Reads the session in `dir`, rotated and gzipped parts included, and reduces it in the order of its events.
///
/// Time moves with the events, so none counts as ahead of it. Holds every line of the session at once.
///
/// # Errors
/// When `dir` is no session, or one of its files cannot be opened. A file that breaks off, such as a truncated
/// gzip, is no error: it stands in [`Input::incomplete`].
pub fn reduce(dir: &Path) -> Result<Reduced, SummarizeError> {
    check(dir)?;
    let (input, lines) = Input::read(dir)?;
    let first = lines.iter().find_map(|line| line.at).unwrap_or(Ts(0));
    let mut state = State::new(first);
    for line in lines {
        if let Some(at) = line.at {
            state.advance(at);
        }
        match decode(line.source, line.number, line.text.as_bytes()) {
            Ok(event) => state.apply(&event),
            Err(_undecodable) => state.reject(),
        };
    }
    for _ in 0..input.rejected_total() {
        state.reject();
    }
    Ok(Reduced { dir: dir.to_path_buf(), state, input })
}

/// That `dir` is a session.
pub(crate) fn check(dir: &Path) -> Result<(), SummarizeError> {
    let path = || dir.to_path_buf();
    match locate(dir)? {
        Place::Session => Ok(()),
        Place::Missing => Err(SummarizeError::Missing { dir: path() }),
        Place::NotADirectory => Err(SummarizeError::NotADirectory { dir: path() }),
        Place::Empty => Err(SummarizeError::Empty { dir: path() }),
        Place::Folder(sessions) => Err(SummarizeError::folder(dir, sessions)),
    }
}
