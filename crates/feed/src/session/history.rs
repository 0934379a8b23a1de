//! The parts of one session directory in reading order.
//!
//! Invariants: `archive/` is read first, then what was pushed aside (`.old`), then rotated parts by time,
//! then the live files. Where a part stands both plain and gzipped (the bot compresses and then deletes),
//! only the plain one counts: the gzip may be half written.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use aurora_wire::session::{Log, arrange};

use super::{ReadError, Source};

/// One file of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it is.
    pub path: PathBuf,
    /// Which log it belongs to.
    pub source: Source,
    /// Whether it is gzip-compressed.
    pub gz: bool,
    /// Whether it may still grow: its last line counts only once it has a newline.
    pub live: bool,
}

/// Lists a session's files, oldest first.
///
/// # Errors
/// When `dir` or its `archive/` cannot be listed. A missing `archive/` is not an error.
pub fn history(dir: &Path) -> Result<Vec<Part>, ReadError> {
    let archive = dir.join("archive");
    let mut parts = match names(&archive) {
        Ok(names) => parts_of(&archive, &names, false),
        Err(error) if error.source.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) if error.source.kind() == ErrorKind::NotADirectory => Vec::new(),
        Err(error) => return Err(error),
    };
    parts.extend(parts_of(dir, &names(dir)?, true));
    Ok(parts)
}

/// Orders names of one directory into parts. `live` says whether a plain `NAME.jsonl` there may grow.
fn parts_of(dir: &Path, names: &[String], live: bool) -> Vec<Part> {
    let part = |log: Log<'_>| Part {
        path: dir.join(log.name),
        source: log.parsed.source,
        gz: log.parsed.gz,
        live: log.live,
    };
    arrange(names, live).into_iter().map(part).collect()
}

/// The names in a directory; names that are not UTF-8 are no session's.
pub(super) fn names(dir: &Path) -> Result<Vec<String>, ReadError> {
    let wrap = |source| ReadError { action: "list", path: dir.to_path_buf(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(wrap)? {
        names.extend(entry.map_err(wrap)?.file_name().into_string().ok());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[&str], expected: &[&str]) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("archive")).unwrap();
        for file in files {
            std::fs::write(dir.path().join(file), "").unwrap();
        }
        let read: Vec<String> = history(dir.path())
            .unwrap()
            .iter()
            .map(|part| part.path.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn archive_then_old_then_rotated_then_live() {
        check(
            &[
                "aurora_events.jsonl",
                "aurora_events.jsonl.lock",
                "aurora_events.jsonl.20261120.180000.part10.jsonl.gz",
                "aurora_events.jsonl.20261120.180000.part8.jsonl",
                "orders_success.jsonl.20261120.175959.part9.jsonl.gz",
                "aurora_events.jsonl.old",
                "archive/aurora_events.jsonl",
            ],
            &[
                "archive/aurora_events.jsonl",
                "aurora_events.jsonl.old",
                "orders_success.jsonl.20261120.175959.part9.jsonl.gz",
                "aurora_events.jsonl.20261120.180000.part8.jsonl",
                "aurora_events.jsonl.20261120.180000.part10.jsonl.gz",
                "aurora_events.jsonl",
            ],
        );
    }

    #[test]
    fn a_part_that_is_being_compressed_is_read_once() {
        let plain = "orders.jsonl.20261120.180000.part1.jsonl";
        check(&[plain, "orders.jsonl.20261120.180000.part1.jsonl.gz"], &[plain]);
    }

    #[test]
    fn a_missing_directory_is_an_error_that_names_it() {
        let error = history(Path::new("/nonexistent/session")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/session"), "{error}");
    }
}
