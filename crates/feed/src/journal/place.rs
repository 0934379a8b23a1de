//! Where journals are: the directory by default, and a file's name by its session.

use std::{
    env, fs, io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

/// Characters of a session's name in a file's name, at most.
const NAME_CHARS: usize = 80;

/// Why there is no place for journals.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Nothing says where.
    #[error(
        "there is no place for the journal: pass --journal-dir, or set STATE_DIRECTORY, XDG_STATE_HOME or HOME"
    )]
    Nowhere,
    /// It cannot be created or used.
    #[error("cannot use {} for the journal: {source}; pass another --journal-dir, or give this user a right to it", path.display())]
    Dir {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// The directory for journals where none is named: `$STATE_DIRECTORY`, else `$XDG_STATE_HOME/aurora-feed`, else
/// `$HOME/.local/state/aurora-feed`.
///
/// # Errors
/// When none of these is set to an absolute path.
pub(crate) fn default_dir() -> Result<PathBuf, PlaceError> {
    dir_by(|name| env::var_os(name).map(PathBuf::from))
}

fn dir_by(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf, PlaceError> {
    let absolute = |name| variable(name).filter(|path| path.is_absolute());
    // systemd separates several by colons.
    let state = variable("STATE_DIRECTORY").and_then(|dirs| {
        let first = dirs.to_str()?.split(':').next().map(PathBuf::from)?;
        first.is_absolute().then_some(first)
    });
    state
        .or_else(|| absolute("XDG_STATE_HOME").map(|dir| dir.join("aurora-feed")))
        .or_else(|| absolute("HOME").map(|dir| dir.join(".local/state/aurora-feed")))
        .ok_or(PlaceError::Nowhere)
}

/// Creates the directory for this user alone, where it is missing.
///
/// # Errors
/// When it cannot be created, or is something else.
pub(crate) fn make_dir(path: &Path) -> Result<(), PlaceError> {
    let failed = |source| PlaceError::Dir { path: path.to_path_buf(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
    let found = fs::metadata(path).map_err(failed)?;
    if found.mode() & 0o022 != 0 && found.mode() & 0o1000 == 0 {
        tracing::warn!(dir = %path.display(), "others may write to the journal's directory: chmod 700 it");
    }
    Ok(())
}

/// The file name of a session's journal: the directory's name, readable, and a hash of the whole path.
pub(crate) fn file_name(session_dir: &Path) -> String {
    let path = fs::canonicalize(session_dir)
        .or_else(|_| std::path::absolute(session_dir))
        .unwrap_or_else(|_| session_dir.to_path_buf());
    let name: String = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .chars()
        .take(NAME_CHARS)
        .map(|char| if char.is_ascii_alphanumeric() || "-_.".contains(char) { char } else { '_' })
        .collect();
    let name = name.trim_start_matches('.');
    let name = if name.is_empty() { "session" } else { name };
    let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let hash = hash.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes) >> 16);
    format!("{name}-{hash:012x}.journal")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_dir(set: &[(&str, &str)], expected: Option<&str>) {
        let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
        assert_eq!(dir_by(variable).ok(), expected.map(PathBuf::from), "{set:?}");
    }

    #[test]
    fn the_directory_is_the_states_then_xdgs_then_homes() {
        let (state, xdg, home) = (("STATE_DIRECTORY", "/s:/t"), ("XDG_STATE_HOME", "/x"), ("HOME", "/h"));
        check_dir(&[home, xdg, state], Some("/s"));
        check_dir(&[home, xdg], Some("/x/aurora-feed"));
        check_dir(&[home, ("XDG_STATE_HOME", "relative")], Some("/h/.local/state/aurora-feed"));
        check_dir(&[("HOME", "")], None);
        check_dir(&[], None);
    }

    #[test]
    fn a_directory_is_made_for_this_user_alone() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a/b");
        make_dir(&dir).unwrap();
        make_dir(&dir).unwrap();
        assert_eq!(fs::metadata(&dir).unwrap().mode() & 0o777, 0o700);
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let message = make_dir(&file.join("sub")).unwrap_err().to_string();
        assert!(message.contains("--journal-dir") && message.contains("sub"), "{message}");
    }

    #[test]
    fn names_are_readable_and_differ_by_the_whole_path() {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (root.path().join("a/run 1"), root.path().join("b/run 1"));
        fs::create_dir_all(&one).unwrap();
        fs::create_dir_all(&two).unwrap();
        let name = file_name(&one);
        assert!(name.starts_with("run_1-") && name.ends_with(".journal"), "{name}");
        assert_ne!(name, file_name(&two));
        std::os::unix::fs::symlink(&one, root.path().join("link")).unwrap();
        assert_eq!(file_name(&root.path().join("link")), name, "a link is what it leads to");
        assert_eq!(file_name(&root.path().join("b/../a/run 1")), name);
        assert!(file_name(Path::new("/")).starts_with("session-"));
        assert!(file_name(Path::new("/nonexistent/..hidden")).starts_with("hidden-"));
        assert!(file_name(&PathBuf::from("x".repeat(300))).len() < 120);
    }
}
