//! What was read of a recording, line by line, and what could not be.

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedLine {
    /// The number of its part, from 0.
    pub part: usize,
    /// Its number there, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// An account of every finished line that is not blank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Lines of each part, those that could not be read included.
    pub lines: Vec<u64>,
    /// Bytes that were read, line ends included.
    pub bytes: u64,
    /// Lines that are no JSON object, or begin with NUL bytes.
    pub malformed: u64,
    /// Lines above 1 MiB.
    pub oversized: u64,
    /// Lines that are not UTF-8.
    pub not_utf8: u64,
    /// The first [`Account::REJECTED_LIMIT`] of those that were met.
    pub rejected: Vec<RejectedLine>,
}

impl Account {
    /// How many lines that could not be read are named.
    pub const REJECTED_LIMIT: usize = 100;

    /// Lines that could not be read.
    pub fn rejected_total(&self) -> u64 {
        self.malformed + self.oversized + self.not_utf8
    }

    /// Finished lines that are not blank.
    pub fn lines_total(&self) -> u64 {
        self.lines.iter().sum()
    }

    pub(super) fn reject(&mut self, part: usize, line: u64, reason: impl FnOnce() -> String) {
        if self.rejected.len() < Self::REJECTED_LIMIT {
            self.rejected.push(RejectedLine { part, line, reason: reason() });
        }
    }

    pub(super) fn line(&mut self, part: usize) {
        if let Some(lines) = self.lines.get_mut(part) {
            *lines += 1;
        }
    }
}
