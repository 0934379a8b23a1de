//! The token file: who may touch it, and what may stand in it.
//!
//! Invariant: a file that others may touch, or that its group may write, is never taken.

use std::{
    fs::File,
    io::Read as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::Token;
use crate::stamp::Stamp;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 4096;

/// Permission bits of others, all of them, and the group's for writing.
const FORBIDDEN: u32 = 0o027;

/// Why a token file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It cannot be read.
    #[error(
        "cannot read the token file {}: {source}; check --auth-token-file and the file's permissions",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It is a directory, a pipe or a device.
    #[error("the token file {} is not a regular file: pass one to --auth-token-file", path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Others may touch it.
    #[error(
        "the token file {0} has mode {mode:04o}: others may not read it, and its group may not write it. \
         Run: chmod 640 {0}. (systemd's LoadCredential hands out files with a right mode: pass \
         $CREDENTIALS_DIRECTORY/NAME)",
        path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It holds no token.
    #[error("the token file {} is empty: write the token into it, on one line", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It holds something that no header can carry.
    #[error(
        "the token file {} must hold one line of printable ASCII without spaces, of at most {LONGEST} bytes",
        path.display()
    )]
    NotOneWord {
        /// The file.
        path: PathBuf,
    },
}

/// Reads a token, and the state of the file that it was read from.
pub(super) fn read(path: &Path) -> Result<(Token, Stamp), TokenError> {
    let unreadable = |source| TokenError::Unreadable { path: path.to_path_buf(), source };
    // Opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(TokenError::NotAFile { path: path.to_path_buf() });
    }
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let mode = metadata.mode() & 0o7777;
    if mode & FORBIDDEN != 0 {
        return Err(TokenError::Open { path: path.to_path_buf(), mode });
    }
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let token = bytes.trim_ascii();
    if token.is_empty() {
        return Err(TokenError::Empty { path: path.to_path_buf() });
    }
    let fits = bytes.len() as u64 <= LONGEST && token.iter().all(u8::is_ascii_graphic);
    match std::str::from_utf8(token) {
        Ok(token) if fits => Ok((Token::new(token), Stamp::of(&metadata))),
        _ => Err(TokenError::NotOneWord { path: path.to_path_buf() }),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// What reading a file of this content and mode says; "" for a token.
    fn said(text: &str, mode: u32) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        write(&path, text, mode);
        read(&path).map_or_else(|error| error.to_string(), |_| String::new())
    }

    fn check_said(text: &str, mode: u32, words: &[&str]) {
        let said = said(text, mode);
        assert_eq!(said.is_empty(), words.is_empty(), "{said}");
        for word in words {
            assert!(said.contains(word), "{word:?} is not in {said:?}");
        }
    }

    #[test]
    fn a_token_file_holds_one_word() {
        check_said(" \n", 0o600, &["empty"]);
        check_said("two words\n", 0o600, &["one line"]);
        check_said("two\nlines\n", 0o600, &["one line"]);
        check_said("schlüssel\n", 0o600, &["ASCII"]);
        check_said(&"x".repeat(5000), 0o600, &["4096"]);
        check_said("s3cret\n", 0o600, &[]);
    }

    #[test]
    fn a_token_file_is_closed_to_others() {
        for mode in [0o400, 0o600, 0o440, 0o640] {
            check_said("s3cret", mode, &[]);
        }
        for mode in [0o644, 0o604, 0o602, 0o660, 0o666, 0o601] {
            let octal = format!("{mode:04o}");
            check_said("s3cret", mode, &[&octal, "chmod 640 ", "LoadCredential"]);
        }
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(read(dir.path()), Err(TokenError::NotAFile { .. })));
        assert!(matches!(read(&dir.path().join("none")), Err(TokenError::Unreadable { .. })));
    }
}
