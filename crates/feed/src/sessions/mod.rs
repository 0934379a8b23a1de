//! All sessions behind `--session-dir`: which there are, which are open, which one is shown where none is named.
//!
//! Invariants: the session that is shown by default is always open; besides it at most as many as configured, those
//! that grow first; a session has one thread, which reads and publishes; one that nobody uses is closed. Names that
//! clients send are looked up among those found on disk and never become paths.

mod choice;
mod folder;
mod listing;
mod registry;
mod seen;
mod session;
mod worker;

pub(crate) use listing::Listing;
pub(crate) use registry::{Registry, spawn};
pub(crate) use session::Session;

/// Why there is no such session to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SessionError {
    /// None exists yet.
    #[error("there is no session yet: {why}")]
    None {
        /// What is waited for.
        why: String,
    },
    /// The name can be no session's.
    #[error(
        "a session's name is that of its directory: 1 to 255 bytes without a slash; GET /sessions lists all names"
    )]
    BadName,
    /// No session has that name.
    #[error("no session is called {name:?}; GET /sessions lists all names")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The bound on open sessions is reached.
    #[error(
        "{limit} sessions are open and in use; close a page that shows an older session, try again in a minute, or \
         start the feed with a larger --open-sessions"
    )]
    TooMany {
        /// The bound.
        limit: usize,
    },
    /// It could not be opened.
    #[error("the session {name:?} cannot be opened: {reason}")]
    Failed {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
}

/// Whether a name can be a session's: the name of a directory.
fn is_name(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && !matches!(name, "." | "..")
        && !name.contains(|char: char| char == '/' || char == '\\' || char.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: bool) {
        assert_eq!(is_name(name), expected, "{name:?}");
    }

    #[test]
    fn names_of_directories_are_names_and_paths_are_not() {
        check("20261120-180000", true);
        check("run_20261120_180000", true);
        check("Sitzung ü", true);
        check("..a", true);
        for bad in ["", ".", "..", "../x", "a/b", "/etc", "a\\b", "a\0b", "a\nb", &"x".repeat(256)] {
            check(bad, false);
        }
    }
}
