//! The lines of a session in the order of their events, and an account of those that are none.
//!
//! Invariants: lines are sorted by (time, log, part, line). A line without a time stands where the line before
//! it in the same log stands. Memory: every readable line is held, its bytes and 64 more.

use std::path::Path;

use aurora_domain::{Source, Ts};
use aurora_wire::{MAX_LINE_BYTES, decode};
use serde::Serialize;

use crate::session::{Content, Part, ReadError, Record, history, lines};

/// What was read of a session, line by line.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Each file in reading order.
    pub files: Vec<FileRead>,
    /// Lines that are no JSON object, or begin with NUL bytes.
    pub malformed: u64,
    /// Lines above 1 MiB.
    pub oversized: u64,
    /// Lines that are not UTF-8.
    pub not_utf8: u64,
    /// The first [`Input::REJECTED_LIMIT`] of those lines, in reading order.
    pub rejected: Vec<RejectedLine>,
    /// Files that ended with an error.
    pub incomplete: Vec<Incomplete>,
}

/// One file and how much of it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileRead {
    /// Path inside the session directory.
    pub file: String,
    /// Finished lines that are not blank, those that could not be read included.
    pub lines: u64,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RejectedLine {
    /// Path of its file inside the session directory.
    pub file: String,
    /// Its number there, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// A file that could not be read to its end, such as a truncated gzip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Incomplete {
    /// Path inside the session directory.
    pub file: String,
    /// Number of the last line before the error; 0 where there is none.
    pub lines: u64,
    /// What the system or the decompressor said.
    pub error: String,
}

/// A line that is an event.
#[derive(Debug)]
pub(crate) struct Line {
    /// Its event's place in time; `None` only before the first time in its log.
    pub(crate) at: Option<Ts>,
    pub(crate) source: Source,
    /// Index of its file in [`Input::files`].
    pub(crate) part: usize,
    pub(crate) number: u64,
    pub(crate) text: Box<str>,
}

impl Input {
    /// How many lines that could not be read are named.
    pub const REJECTED_LIMIT: usize = 20;

    /// Lines that could not be read: malformed, oversized or not UTF-8.
    pub fn rejected_total(&self) -> u64 {
        self.malformed + self.oversized + self.not_utf8
    }

    /// Finished lines in all files that are not blank.
    pub fn lines(&self) -> u64 {
        self.files.iter().map(|file| file.lines).sum()
    }

    /// Reads every file of `dir`; the events come sorted.
    pub(crate) fn read(dir: &Path) -> Result<(Self, Vec<Line>), ReadError> {
        let mut reading = Reading::default();
        for (index, part) in history(dir)?.iter().enumerate() {
            reading.read_part(dir, index, part)?;
        }
        let Reading { input, mut lines, .. } = reading;
        lines.sort_by_key(|line| (line.at, line.source, line.part, line.number));
        Ok((input, lines))
    }

    fn reject(&mut self, file: &str, line: u64, reason: String) {
        if self.rejected.len() < Self::REJECTED_LIMIT {
            self.rejected.push(RejectedLine { file: file.to_owned(), line, reason });
        }
    }
}

#[derive(Default)]
struct Reading {
    input: Input,
    lines: Vec<Line>,
    /// The last time in each log.
    times: [Option<Ts>; Source::ALL.len()],
}

/// Where in a part the reading is.
struct Place<'a> {
    file: &'a str,
    part: usize,
    /// Number of the last line that counted.
    line: u64,
    /// Number of the last line that was counted as malformed.
    malformed: u64,
    lines: u64,
}

impl Reading {
    fn read_part(&mut self, dir: &Path, index: usize, part: &Part) -> Result<(), ReadError> {
        let name = part.path.strip_prefix(dir).unwrap_or(&part.path).display().to_string();
        let mut place = Place { file: &name, part: index, line: 0, malformed: 0, lines: 0 };
        for record in lines(part)? {
            match record {
                Ok(record) => self.take(record, &mut place),
                Err(error) => self.input.incomplete.push(Incomplete {
                    file: name.clone(),
                    lines: place.line,
                    error: error.source.to_string(),
                }),
            }
        }
        let lines = place.lines;
        self.input.files.push(FileRead { file: name, lines });
        Ok(())
    }

    fn take(&mut self, record: Record, place: &mut Place<'_>) {
        let Record { source, line_no, content, .. } = record;
        if line_no != place.line {
            place.line = line_no;
            place.lines += 1;
        }
        match content {
            Content::Line(text) => self.take_line(source, line_no, text, place),
            Content::Oversized { bytes } => {
                self.input.oversized += 1;
                let reason = format!("oversized: {bytes} bytes, more than {MAX_LINE_BYTES}");
                self.input.reject(place.file, line_no, reason);
            }
            Content::NotUtf8 { bytes } => {
                self.input.not_utf8 += 1;
                self.input.reject(place.file, line_no, format!("not UTF-8: {bytes} bytes"));
            }
            Content::NulRun { bytes } => {
                self.malformed(line_no, format!("Malformed JSON: a run of {bytes} NUL bytes"), place);
            }
        }
    }

    fn take_line(&mut self, source: Source, number: u64, text: String, place: &mut Place<'_>) {
        match decode(source, number, text.as_bytes()) {
            Ok(event) => {
                let ts = event.ts;
                if let Some(last) = self.times.get_mut(source as usize) {
                    *last = ts.or(*last);
                }
                let at = self.times.get(source as usize).copied().flatten();
                self.lines.push(Line { at, source, part: place.part, number, text: text.into() });
            }
            Err(rejected) => self.malformed(number, rejected.reason.to_string(), place),
        }
    }

    /// A line counts once, also where broken text stands behind NUL bytes.
    fn malformed(&mut self, line: u64, reason: String, place: &mut Place<'_>) {
        if place.malformed != line {
            place.malformed = line;
            self.input.malformed += 1;
            self.input.reject(place.file, line, reason);
        }
    }
}
