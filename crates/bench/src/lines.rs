//! The lines that are measured: generated ones, the same for every run, and recorded ones where there are any.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use aurora_domain::Source;
use aurora_feed::simulate::{Action, Scenario, plan};

/// 2026-11-21 00:00:00 UTC.
const START_NS: u64 = 1_795_219_200_000_000_000;
/// So many lines a second make a million of them last five and a half minutes.
const RATE: f64 = 3_000.0;

/// A window that is full: fifteen minutes of so many lines a second.
pub const FULL_WINDOW_RATE: f64 = 1_000.0;
/// How many lines that makes.
pub const FULL_WINDOW_COUNT: usize = 900_000;

/// One line without its newline, and the file that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The kind of file.
    pub source: Source,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The first `count` lines of the generated session that `seed` stands for.
///
/// # Errors
/// When the generator ends before.
pub fn generated(count: usize, seed: u64) -> Result<Vec<Line>> {
    generated_at(RATE, count, seed)
}

/// The same at `rate` lines a second.
///
/// # Errors
/// When the generator ends before.
pub fn generated_at(rate: f64, count: usize, seed: u64) -> Result<Vec<Line>> {
    let mut plan = plan(seed, Scenario::Calm, rate, START_NS);
    let mut lines = Vec::with_capacity(count);
    while lines.len() < count {
        let next = plan.next_until(u64::MAX).context("the generated session ended")?;
        if let Action::Append { file, bytes } = next.action {
            let source = source_of(file.name()).context("a generated file of no known kind")?;
            push(&mut lines, source, &bytes);
        }
    }
    lines.truncate(count);
    Ok(lines)
}

/// Every line of the recorded sessions, in the order of files; none where this machine has no recordings.
///
/// # Errors
/// When a file cannot be read.
pub fn recorded() -> Result<Vec<Line>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/sessions");
    let mut paths = Vec::new();
    for session in std::fs::read_dir(root).into_iter().flatten() {
        for file in std::fs::read_dir(session?.path()).into_iter().flatten() {
            paths.push(file?.path());
        }
    }
    paths.sort();
    let mut lines = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(source) = source_of(&name) else { continue };
        let mut bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut plain = Vec::new();
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain)?;
            bytes = plain;
        }
        push(&mut lines, source, &bytes);
    }
    Ok(lines)
}

/// `lines` as a stream of `count` events, repeated from the beginning as often as that needs.
pub fn stream(lines: &[Line], count: usize) -> Vec<u8> {
    let mut stream = b"retry: 3000\n\n".to_vec();
    for (id, line) in lines.iter().cycle().take(count).enumerate() {
        stream.extend_from_slice(format!("id: {id}\nevent: {}\ndata: ", line.source.name()).as_bytes());
        stream.extend_from_slice(&line.bytes);
        stream.extend_from_slice(b"\n\n");
    }
    stream
}

fn source_of(file: &str) -> Option<Source> {
    Source::from_name(file.split_once(".jsonl")?.0)
}

fn push(lines: &mut Vec<Line>, source: Source, bytes: &[u8]) {
    let texts = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.extend(texts.map(|line| Line { source, bytes: line.to_vec() }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reduction::Reduction;

    #[test]
    fn generated_lines_are_the_same_every_time_and_all_are_read() {
        let lines = generated(2_000, 7).unwrap();
        assert_eq!(lines, generated(2_000, 7).unwrap());
        let mut reduction = Reduction::default();
        reduction.feed(&stream(&lines, 3_000));
        let session = reduction.state().session();
        assert_eq!((session.events(), session.rejected()), (3_000, 0));
    }

    #[test]
    fn generated_lines_are_read_fast() {
        let lines = generated(2_000, 7).unwrap();
        let declined = lines.iter().filter(|line| !aurora_wire::decode::reads_fast(&line.bytes)).count();
        assert!(declined * 100 < lines.len(), "{declined} of {}", lines.len());
    }
}
