//! From a line to the end of its layout, and where its values stand.

use std::ops::Range;

use aurora_domain::Source;

use super::tree::{Then, Tree};
use crate::{
    fast::{Kind, MAX_DEPTH, Reader},
    swar,
};

/// A value that is kept: its first byte and the one behind it; of a code only the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where a number's decimal point stands, or its end if it has none; 0 in a number that is written otherwise.
    pub(super) point: u32,
}

/// A number of so many characters without an exponent is within the range of a double.
const MAX_PLAIN_NUMBER: usize = 40;

impl Tree {
    /// The end of the layout that `line` has; its kept values go to `found`.
    pub(super) fn walk(&self, source: Source, line: &[u8], found: &mut Vec<Found>) -> Option<usize> {
        let mut node = self.node(self.root(source)?)?;
        let mut at = 0;
        loop {
            at = after(line, at, self.literals(), node.place())?;
            match node.then {
                Then::Value(kind, is_kept, next) => {
                    let (point, end) = value_end(line, at, kind, is_kept)?;
                    if is_kept {
                        found.push(Found { start: short(at)?, end: short(end)?, point: short(point)? });
                    }
                    at = end;
                    node = self.node(next)?;
                }
                Then::Fork(fork) => {
                    let fork = self.fork(fork)?;
                    let Some(byte) = line.get(at) else { return fork.end().map(|end| end as usize) };
                    node = self.node(fork.way(*byte)?)?;
                }
                Then::End(end) => return (at == line.len()).then_some(end as usize),
                Then::Open => return None,
            }
        }
    }
}

#[inline]
fn short(at: usize) -> Option<u32> {
    u32::try_from(at).ok()
}

/// Where the bytes of a node, which must begin at `at`, end. They are there as a rule, so that there is nothing to gain
/// from stopping at the first difference.
#[inline]
fn after(line: &[u8], at: usize, literals: &[u8], place: Range<usize>) -> Option<usize> {
    let literal = literals.get(place)?;
    let end = at + literal.len();
    let there = line.get(at..end)?;
    let difference = |a: &[u8; 8], b: &[u8; 8]| u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
    let is_same = match (there.last_chunk(), literal.last_chunk()) {
        (Some(last), Some(literal_last)) => {
            let ((words, _), (literal_words, _)) = (there.as_chunks::<8>(), literal.as_chunks::<8>());
            let pairs = words.iter().zip(literal_words);
            pairs.fold(difference(last, literal_last), |all, (a, b)| all | difference(a, b)) == 0
        }
        _ => there.iter().zip(literal).all(|(a, b)| a == b),
    };
    is_same.then_some(end)
}

/// Where a value of this kind that begins at `at` has its point and its end; declines what is none, and what is kept
/// and has no value.
#[inline]
fn value_end(line: &[u8], at: usize, kind: Kind, is_kept: bool) -> Option<(usize, usize)> {
    let end = match kind {
        Kind::Code => at,
        Kind::Text => swar::plain_end(line, at),
        Kind::Number => return number_end(line, at, is_kept),
        Kind::Flag => {
            let mut reader = Reader::at(line, at);
            reader.flag()?;
            reader.at
        }
        Kind::List => list_end(line, at)?,
    };
    Some((end, end))
}

#[inline(never)]
fn list_end(line: &[u8], at: usize) -> Option<usize> {
    let mut reader = Reader::at(line, at);
    reader.skip_list(MAX_DEPTH)?;
    Some(reader.at)
}

#[inline]
fn number_end(line: &[u8], at: usize, is_kept: bool) -> Option<(usize, usize)> {
    let start = at + usize::from(line.get(at) == Some(&b'-'));
    let point = swar::digits_end(line, start);
    let is_whole = point == start + 1 || point > start && line.get(start) != Some(&b'0');
    if !is_whole {
        return None;
    }
    let mut end = point;
    if line.get(point) == Some(&b'.') {
        end = swar::digits_end(line, point + 1);
        if end == point + 1 {
            return None;
        }
    }
    let has_exponent = matches!(line.get(end), Some(b'e' | b'E'));
    if has_exponent || end - at > MAX_PLAIN_NUMBER {
        return odd_number_end(line, at, is_kept);
    }
    Some((point, end))
}

/// With an exponent, or long: what is kept must be within the range of a double.
#[cold]
fn odd_number_end(line: &[u8], at: usize, is_kept: bool) -> Option<(usize, usize)> {
    let mut reader = Reader::at(line, at);
    if is_kept {
        reader.number()?;
    } else {
        reader.skip_number()?;
    }
    Some((0, reader.at))
}
