//! A lower bound for ids that holds without the journal: a small file beside it.
//!
//! Invariant: no id at or above the number in the file was given out. It is written before ids reach it, so that
//! a fresh journal begins above the ids of one that cannot be read any more, whatever the clock says.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tracing::warn;

/// So many ids are reserved at a time.
const AHEAD: u64 = 1_000_000;

/// The file and its number.
#[derive(Debug)]
pub(super) struct Floor {
    /// `None` for a journal that is not on disk either.
    path: Option<PathBuf>,
    next: u64,
}

impl Floor {
    /// Of the journal at `journal`. A file that holds no number is as good as none.
    pub(super) fn read(journal: &Path) -> io::Result<Self> {
        let mut path = journal.as_os_str().to_owned();
        path.push(".ids");
        let path = PathBuf::from(path);
        let next = match fs::read(&path) {
            Ok(text) => parse(&text).unwrap_or_else(|| {
                warn!(
                    file = %path.display(),
                    "this file should hold a number below which ids were given out; it does not, and is written anew"
                );
                0
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Self { path: Some(path), next })
    }

    /// The same number, where it can be read, that is not written any more.
    pub(super) fn unwritten(journal: &Path) -> Self {
        let next = Self::read(journal).map_or(0, |floor| floor.next);
        Self { path: None, next }
    }

    /// No id from here on was given out.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Ids up to and with `last` are about to be given out.
    pub(super) fn reserve(&mut self, last: u64) -> io::Result<()> {
        if last < self.next {
            return Ok(());
        }
        let Some(path) = &self.path else { return Ok(()) };
        let next = last.saturating_add(AHEAD);
        let mut new = path.clone().into_os_string();
        new.push(".new");
        let new = PathBuf::from(new);
        let mut file = File::create(&new)?;
        writeln!(file, "{next}")?;
        file.sync_data()?;
        fs::rename(&new, path)?;
        self.next = next;
        Ok(())
    }
}

/// The highest number of all journals in a directory: no id above it was given out there.
pub(crate) fn given_out(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let floors =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "ids"));
    floors.filter_map(|path| parse(&fs::read(path).ok()?)).max().unwrap_or(0)
}

/// A number below 2⁵³, as all ids are.
fn parse(text: &[u8]) -> Option<u64> {
    let number: u64 = std::str::from_utf8(text).ok()?.strip_suffix('\n')?.parse().ok()?;
    (number < 1 << 53).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_reserved_is_known_to_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let journal = dir.path().join("one.journal");
        let mut floor = Floor::read(&journal).unwrap();
        assert_eq!(floor.next(), 0);
        floor.reserve(41).unwrap();
        let next = Floor::read(&journal).unwrap().next();
        assert_eq!((floor.next(), next), (41 + AHEAD, 41 + AHEAD));
        fs::remove_file(dir.path().join("one.journal.ids")).unwrap();
        floor.reserve(41 + AHEAD - 1).unwrap();
        assert!(!dir.path().join("one.journal.ids").exists(), "nothing is written while there is room");
        floor.reserve(41 + AHEAD).unwrap();
        assert_eq!(Floor::read(&journal).unwrap().next(), 41 + 2 * AHEAD);
    }

    fn check_no_number(text: &str) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("one.ids"), text).unwrap();
        assert_eq!(Floor::read(&dir.path().join("one")).unwrap().next(), 0, "{text:?}");
    }

    #[test]
    fn a_file_without_a_number_is_as_good_as_none() {
        for text in ["", "12", "x\n", "-1\n", "99999999999999999999\n", "9007199254740992\n"] {
            check_no_number(text);
        }
    }
}
