//! Finds the session behind `--session-dir`: the directory itself, or a session folder inside it.
//!
//! Invariants: a directory that holds session logs is a session, whatever else is in it. Otherwise it is a
//! folder of sessions, and the newest child is the one whose logs were written to last (ties: the greater
//! name). The rule says what is there now; whoever follows a session decides when to move on.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    ReadError,
    history::names,
    name::{self},
};

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing.
    Missing,
    /// Something that is not a directory.
    NotADirectory,
    /// A directory with neither logs nor sessions.
    Empty,
    /// The directory is itself a session.
    Session,
    /// A folder of sessions, each with the time of its last write, newest first.
    Folder(Vec<Located>),
}

/// One session of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The session's directory.
    pub path: PathBuf,
    /// When one of its logs was last written to.
    pub written: SystemTime,
}

/// Looks at `dir`.
///
/// # Errors
/// When the directory exists and cannot be listed. Children that cannot be listed are passed over.
pub fn locate(dir: &Path) -> Result<Place, ReadError> {
    let names = match names(dir) {
        Ok(names) => names,
        Err(error) if error.source.kind() == ErrorKind::NotFound => return Ok(Place::Missing),
        Err(error) if error.source.kind() == ErrorKind::NotADirectory => return Ok(Place::NotADirectory),
        Err(error) => return Err(error),
    };
    if names.iter().any(|name| name::parse(name).is_some()) {
        return Ok(Place::Session);
    }
    let mut sessions: Vec<Located> = names.iter().filter_map(|name| session(&dir.join(name))).collect();
    sessions.sort_by(|left, right| (right.written, &right.path).cmp(&(left.written, &left.path)));
    Ok(if sessions.is_empty() { Place::Empty } else { Place::Folder(sessions) })
}

fn session(path: &Path) -> Option<Located> {
    let written = names(path)
        .ok()?
        .iter()
        .filter(|text| name::parse(text).is_some())
        .filter_map(|text| std::fs::metadata(path.join(text)).ok()?.modified().ok())
        .max()?;
    Some(Located { path: path.to_path_buf(), written })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn write(path: &Path, age_s: u64) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = std::fs::File::create(path).unwrap();
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 - age_s);
        file.set_modified(modified).unwrap();
    }

    #[test]
    fn a_directory_with_logs_is_a_session_even_with_folders_in_it() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("orders.jsonl"), 0);
        write(&dir.path().join("child/orders.jsonl"), 0);
        assert_eq!(locate(dir.path()).unwrap(), Place::Session);
    }

    #[test]
    fn the_newest_session_of_a_folder_comes_first() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("20261120-100000/aurora_events.jsonl"), 50);
        write(&dir.path().join("20261120-090000/aurora_events.jsonl"), 10);
        write(&dir.path().join("notes/readme.txt"), 0);
        let Place::Folder(sessions) = locate(dir.path()).unwrap() else { panic!("not a folder") };
        let names: Vec<_> = sessions.iter().map(|at| at.path.file_name().unwrap()).collect();
        assert_eq!(names, ["20261120-090000", "20261120-100000"]);
    }

    #[test]
    fn what_is_no_session_is_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(locate(dir.path()).unwrap(), Place::Empty);
        assert_eq!(locate(&dir.path().join("none")).unwrap(), Place::Missing);
        std::fs::write(dir.path().join("file"), "").unwrap();
        assert_eq!(locate(&dir.path().join("file")).unwrap(), Place::NotADirectory);
    }
}
