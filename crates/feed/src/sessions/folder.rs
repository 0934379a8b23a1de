//! Which sessions lie behind a directory.
//!
//! Invariants: only looks; what is wrong with the directory is a sentence that says what to do.

use std::path::Path;

use super::choice::Found;
use crate::{
    clock,
    session::{Place, locate, name},
};

/// The sessions behind a directory, or what is wrong with it.
pub(super) fn look(root: &Path) -> Result<Vec<Found>, String> {
    let shown = root.display();
    match locate(root) {
        Ok(Place::Session) => {
            let written = written_ns(root);
            Ok(vec![Found { name: own_name(root), dir: root.to_path_buf(), written_ns: written }])
        }
        Ok(Place::Folder(sessions)) => Ok(sessions
            .into_iter()
            .filter_map(|at| {
                let name = at.path.file_name()?.to_str()?.to_owned();
                Some(Found { name, written_ns: clock::nanos_of(at.written), dir: at.path })
            })
            .collect()),
        Ok(Place::Missing) => Err(format!(
            "{shown} does not exist (yet): waiting for it; start the bot, or pass another --session-dir"
        )),
        Ok(Place::NotADirectory) => {
            Err(format!("{shown} is not a directory: pass the session's directory as --session-dir"))
        }
        Ok(Place::Empty) => Err(format!(
            "no session logs in {shown} yet: waiting for aurora_events.jsonl or orders_*.jsonl, \
             there or in a folder inside it"
        )),
        Err(error) => Err(format!("{error}; check its permissions (it is tried again)")),
    }
}

/// The name of a session that is itself the directory that the operator named, also where that was `.`.
fn own_name(root: &Path) -> String {
    let full = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    full.file_name().map_or_else(|| "session".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// When one of a session's logs was last written to.
fn written_ns(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let logs = entries.filter(|entry| entry.file_name().to_str().and_then(name::parse).is_some());
    let written = logs.filter_map(|log| std::fs::metadata(log.path()).ok()?.modified().ok());
    written.map(clock::nanos_of).max().unwrap_or(0)
}
