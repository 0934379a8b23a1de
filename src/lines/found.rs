//! The lines that a reader asked for, looked through a little at a time, the newest ones first.
//!
//! Invariants: matches are in the order of the lines; every line between the first and the last one that was looked at
//! was looked at once; a match that fell out of the ring is forgotten.

use std::collections::VecDeque;

use aurora_domain::Filter;
use aurora_wire::search::{Query, Record};

use super::{Field, Line, Lines};

/// Lines that are looked at between two looks at the clock.
const STRIDE: u64 = 64;

/// What a reader asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// In words.
    pub query: Query,
    /// By symbol and side.
    pub filter: Filter,
}

impl Asked {
    /// Whether it asks for every line.
    pub fn is_all(&self) -> bool {
        self.query.is_empty() && self.filter == Filter::ALL
    }

    /// Whether it asks for this line.
    pub fn matches(&self, line: &Line<'_>) -> bool {
        let Filter { symbol, side } = self.filter;
        symbol.is_none_or(|symbol| line.symbol_id == symbol)
            && side.is_none_or(|side| line.side == side)
            && (self.query.is_empty() || self.query.matches(&record(line)))
    }
}

fn record<'a>(line: &Line<'a>) -> Record<'a> {
    Record {
        source: line.source,
        is_read: line.is_read,
        side: line.side,
        code: line.bytes(Field::Code),
        symbol: line.bytes(Field::Symbol),
        reason: line.bytes(Field::Reason),
        ids: [line.bytes(Field::Order), line.bytes(Field::Client), line.bytes(Field::Intent)],
        line: line.raw,
    }
}

/// What was found so far.
#[derive(Debug)]
pub struct Found {
    asked: Asked,
    matches: VecDeque<u64>,
    /// The first line that was looked at.
    from: u64,
    /// The line after the last one.
    to: u64,
}

impl Found {
    /// Nothing yet; begins with the newest of `lines`.
    pub fn new(asked: Asked, lines: &Lines) -> Self {
        Self { asked, matches: VecDeque::new(), from: lines.next(), to: lines.next() }
    }

    /// What was asked for.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// Looks at lines for as long as `go_on` says so, first at those that are new. Whether all were looked at.
    pub fn step(&mut self, lines: &Lines, mut go_on: impl FnMut() -> bool) -> bool {
        self.forget_before(lines.first());
        let all = self.asked.is_all();
        let mut looked: u64 = 0;
        loop {
            if looked.is_multiple_of(STRIDE) && looked > 0 && !go_on() {
                return false;
            }
            looked += 1;
            let is_newer = self.to < lines.next();
            let seq = if is_newer {
                self.to
            } else if self.from > lines.first() {
                self.from - 1
            } else {
                return true;
            };
            let found = all || lines.get(seq).is_some_and(|line| self.asked.matches(&line));
            if is_newer {
                self.to += 1;
            } else {
                self.from -= 1;
            }
            if found && is_newer {
                self.matches.push_back(seq);
            } else if found {
                self.matches.push_front(seq);
            }
        }
    }

    fn forget_before(&mut self, first: u64) {
        self.from = self.from.max(first);
        self.to = self.to.max(first);
        while self.matches.front().is_some_and(|seq| *seq < first) {
            self.matches.pop_front();
        }
    }

    /// How many lines match.
    pub fn len(&self) -> usize {
        self.matches.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.matches.is_empty()
    }

    /// How many lines were looked at, of those that are still held.
    pub fn looked_at(&self) -> u64 {
        self.to - self.from
    }

    /// The line at a place among the matches.
    pub fn get(&self, place: usize) -> Option<u64> {
        self.matches.get(place).copied()
    }

    /// The place of a line, or of the next match after it.
    pub fn place_of(&self, seq: u64) -> usize {
        self.matches.partition_point(|found| *found < seq)
    }

    /// The matches, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u64> + '_ {
        self.matches.iter().copied()
    }
}
