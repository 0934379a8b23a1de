//! Secrets of receivers: from a file that others may not touch, or from the environment.
//!
//! Invariant: what is secret is shown by nothing but [`Secret::expose`]; errors name where it should stand and never what
//! stands there.

use std::{
    fmt,
    fs::{self, File},
    io::Read as _,
    os::unix::fs::MetadataExt as _,
    path::Path,
};

/// The longest secret, in bytes.
const LONGEST: u64 = 4096;

/// Permission bits of others, all of them, and the group's for writing.
const FORBIDDEN: u32 = 0o027;

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(Box<str>);

impl Secret {
    pub(super) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text itself, for who sends it.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// From a file.
    ///
    /// # Errors
    /// Why it cannot be taken from there.
    pub(super) fn from_file(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let unreadable =
            |error| format!("cannot read {shown}: {error}; check the path and the file's permissions");
        // Opening a pipe would wait for its writer.
        if !fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(format!("{shown} is not a regular file"));
        }
        let file = File::open(path).map_err(unreadable)?;
        let mode = file.metadata().map_err(unreadable)?.mode() & 0o7777;
        if mode & FORBIDDEN != 0 {
            return Err(format!(
                "{shown} has mode {mode:04o}: others may not read a secret, and its group may not write it. \
                 Run: chmod 640 {shown}"
            ));
        }
        let mut bytes = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        Self::of(&bytes).ok_or_else(|| format!("{shown} {WRONG}"))
    }

    /// From the environment, which `env` reads.
    ///
    /// # Errors
    /// Why it cannot be taken from there.
    pub(super) fn from_env(name: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let text = env(name).ok_or_else(|| format!("the environment has no {name}"))?;
        Self::of(text.as_bytes()).ok_or_else(|| format!("{name} {WRONG}"))
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let text = bytes.trim_ascii();
        let fits = !text.is_empty() && bytes.len() as u64 <= LONGEST && text.iter().all(u8::is_ascii_graphic);
        std::str::from_utf8(text).ok().filter(|_| fits).map(Self::new)
    }
}

const WRONG: &str = "must hold one line of printable ASCII without spaces, of at most 4096 bytes";

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn check(text: &str, mode: u32, expected: Result<&str, &str>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        match (Secret::from_file(&path), expected) {
            (Ok(secret), Ok(expected)) => assert_eq!(secret.expose(), expected),
            (Err(said), Err(word)) => assert!(said.contains(word) && !said.contains("hunter2"), "{said}"),
            (found, _) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn a_secret_is_one_word_in_a_file_that_is_closed_to_others() {
        check(" hunter2\n", 0o600, Ok("hunter2"));
        check("hunter2", 0o640, Ok("hunter2"));
        check("hunter2", 0o644, Err("0644"));
        check("hunter2 x", 0o600, Err("one line"));
        check("\n", 0o600, Err("one line"));
        check(&"hunter2".repeat(700), 0o600, Err("4096"));
        assert!(Secret::from_file(Path::new("/nonexistent")).unwrap_err().contains("/nonexistent"));
    }

    #[test]
    fn a_secret_comes_from_the_environment_too_and_is_not_shown() {
        let env = |name: &str| (name == "KEY").then(|| "hunter2".to_owned());
        let secret = Secret::from_env("KEY", &env).unwrap();
        assert_eq!(secret.expose(), "hunter2");
        assert!(!format!("{secret:?}").contains("hunter2"));
        assert!(Secret::from_env("OTHER", &env).unwrap_err().contains("OTHER"));
    }
}
