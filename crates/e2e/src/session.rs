//! Owns replaying a recorded session into a directory, as a writer would have written it.
//!
//! Each file's rotated parts come first, in the order in which they were rotated (time, then part number as a number),
//! then what the file itself holds; each line is one write.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Part of a log: sorts in the order of writing.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    /// `aurora_events.jsonl`
    file: String,
    /// (`20261120.175820`, 1); what is not rotated yet sorts last.
    rotated: (String, u64),
    path: PathBuf,
}

/// Appends every line of the session in `from` to files of the same names in `to`, and returns how many.
///
/// # Errors
/// When a file cannot be read or written.
pub fn replay(from: &Path, to: &Path) -> Result<usize> {
    let mut lines = 0;
    for part in parts(from)? {
        let mut target = File::options().create(true).append(true).open(to.join(&part.file))?;
        let mut reader = BufReader::new(open(&part.path)?);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).with_context(|| format!("in {}", part.path.display()))? > 0
        {
            target.write_all(&line)?;
            line.clear();
            lines += 1;
        }
    }
    Ok(lines)
}

fn parts(folder: &Path) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some((file, rotated)) = read_name(&name) {
            parts.push(Part { file, rotated, path });
        }
    }
    parts.sort();
    Ok(parts)
}

/// `orders.jsonl.20261120.175820.part3.jsonl.gz` is part 3 of `orders.jsonl`.
fn read_name(name: &str) -> Option<(String, (String, u64))> {
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    let (stem, rest) = plain.split_once(".jsonl")?;
    let file = format!("{stem}.jsonl");
    if rest.is_empty() {
        return Some((file, ("~".to_owned(), 0)));
    }
    let (time, part) = rest.strip_prefix('.')?.strip_suffix(".jsonl")?.split_once(".part")?;
    Some((file, (time.to_owned(), part.parse().ok()?)))
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let is_compressed = path.extension().is_some_and(|extension| extension == "gz");
    Ok(if is_compressed { Box::new(flate2::read::GzDecoder::new(file)) } else { Box::new(file) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_replayed_in_the_order_of_writing_and_locks_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        for folder in [&from, &to] {
            std::fs::create_dir(folder).unwrap();
        }
        for (name, content) in [
            ("a.jsonl", "5\nunfinished"),
            ("a.jsonl.20261120.180000.part10.jsonl", "4\n"),
            ("a.jsonl.20261120.180000.part8.jsonl", "2\n3\n"),
            ("a.jsonl.20261119.235959.part11.jsonl", "1\n"),
            ("a.jsonl.lock", ""),
            ("b.jsonl", "x\n"),
        ] {
            std::fs::write(from.join(name), content).unwrap();
        }
        assert_eq!(replay(&from, &to).unwrap(), 7);
        assert_eq!(std::fs::read_to_string(to.join("a.jsonl")).unwrap(), "1\n2\n3\n4\n5\nunfinished");
        assert_eq!(std::fs::read_to_string(to.join("b.jsonl")).unwrap(), "x\n");
    }
}
