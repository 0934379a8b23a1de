//! One log of a recording: where it is read, and its next lines in order.
//!
//! Invariant: lines leave in order only while the lane is full or at its end; a line that would have had to leave
//! before one that has left is handed back as late, not out of order.

use std::{collections::VecDeque, sync::Arc};

use aurora_domain::{Event, Source, Ts};

use super::{
    Part,
    account::Account,
    merge::{Merge, Want},
    order::Key,
};
use crate::{MAX_LINE_BYTES, Reason, decode};

/// Where the next line of a log begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The part; the number of all parts at the log's end.
    part: usize,
    /// The next byte there.
    offset: u64,
    /// Lines before it there.
    number: u64,
    /// NUL bytes before `offset` that belong to the line that begins.
    nuls: u64,
    /// Bytes before `offset` that belong to a line that is too long.
    skipped: u64,
    /// The last time in this log.
    last: Option<Ts>,
    /// The last line that left.
    left: Option<Key>,
}

/// A line that was read and waits.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    key: Key,
    /// `None` for one that could not be read.
    text: Option<Arc<[u8]>>,
}

/// A log, or a stretch of one.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) at: Place,
    /// Room for bytes, which is used again and again.
    buffer: Vec<u8>,
    /// How much of it holds any.
    filled: usize,
    pub(super) ahead: VecDeque<Ahead>,
    start: Cursor,
}

/// What changes of a lane while lines of its buffer are being looked at.
#[derive(Debug)]
pub(super) struct Place {
    source: Source,
    pub(super) cursor: Cursor,
    /// Bytes of the buffer that are before the cursor.
    used: usize,
    /// Where another lane goes on.
    end: Option<(usize, u64)>,
    /// Up to where lines are in the account.
    counted: (usize, u64),
}

impl Lane {
    /// A log that begins with `parts`; `None` where there is no part of it.
    pub(super) fn of(source: Source, parts: &[Part]) -> Option<Self> {
        let part = parts.iter().position(|part| part.source == source)?;
        let start = Cursor { part, offset: 0, number: 0, nuls: 0, skipped: 0, last: None, left: None };
        Some(Self::starting(source, start, None))
    }

    fn starting(source: Source, start: Cursor, end: Option<(usize, u64)>) -> Self {
        let counted = (start.part, start.offset);
        let at = Place { source, cursor: start.clone(), used: 0, end, counted };
        Self { at, buffer: Vec::new(), filled: 0, ahead: VecDeque::new(), start }
    }

    /// The same lane, of which nothing is read yet.
    pub(super) fn anew(&self) -> Self {
        Self::starting(self.at.source, self.start.clone(), self.at.end)
    }

    /// Ends this lane before the late line at `cursor`, and goes on from there in another one.
    pub(super) fn split(&mut self, cursor: &Cursor) -> Self {
        let end = self.at.end.replace((cursor.part, cursor.offset));
        Self::starting(self.at.source, Cursor { left: None, ..cursor.clone() }, end)
    }

    /// Goes back to where it began, or to `position`.
    pub(super) fn restore(&mut self, position: Option<&(Cursor, VecDeque<Ahead>)>) {
        (self.at.cursor, self.ahead) =
            position.cloned().unwrap_or_else(|| (self.start.clone(), VecDeque::new()));
        (self.filled, self.at.used) = (0, 0);
    }

    /// Takes `length` bytes more, which `fill` writes.
    pub(super) fn supply(&mut self, length: usize, fill: impl FnOnce(&mut [u8])) {
        let used = self.at.used.min(self.filled);
        self.buffer.copy_within(used..self.filled, 0);
        let start = self.filled - used;
        (self.filled, self.at.used) = (start + length, 0);
        if self.buffer.len() < self.filled {
            self.buffer.resize(self.filled, 0);
        }
        if let Some(room) = self.buffer.get_mut(start..self.filled) {
            fill(room);
        }
    }

    /// Where the bytes go on that it holds; `None` at its end.
    pub(super) fn next_bytes(&self, parts: &[Part]) -> Option<(usize, u64)> {
        let held = self.filled.saturating_sub(self.at.used) as u64;
        self.bytes_from(parts, self.at.cursor.part, self.at.cursor.offset + held)
    }

    /// The next bytes of this lane from an offset of a part on; `None` where there are none.
    pub(super) fn bytes_from(&self, parts: &[Part], part: usize, offset: u64) -> Option<(usize, u64)> {
        let place = match parts.get(part) {
            Some(known) if offset < known.bytes => (part, offset),
            _ => (following(parts, part, self.at.source)?, 0),
        };
        (self.at.end.is_none_or(|end| place < end)).then_some(place)
    }
}

/// The next part of the same log that has bytes.
fn following(parts: &[Part], part: usize, source: Source) -> Option<usize> {
    let mut later = parts.iter().enumerate().skip(part + 1);
    later.find(|(_, part)| part.source == source && part.bytes > 0).map(|(index, _)| index)
}

/// A lane while its lines are being looked at.
pub(super) struct Work<'a> {
    at: &'a mut Place,
    buffer: &'a [u8],
    ahead: &'a mut VecDeque<Ahead>,
    held: Vec<Option<Arc<[u8]>>>,
    queue: VecDeque<Slot>,
    /// Lines that were read now, in places that are used again.
    read: Vec<(Event<'a>, &'a [u8])>,
    free: Vec<usize>,
}

struct Slot {
    key: Key,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Held(usize),
    Read(usize),
    Rejected,
}

/// What became of filling a lane.
pub(super) enum Filled {
    /// Its next line is the next one of its log.
    Ready,
    /// It needs bytes.
    Needs(Want),
    /// Its next line is to be read as one of another lane, which begins there.
    Late(Key, Cursor),
}

/// A line that leaves a lane.
pub(super) enum Leaving<'w> {
    Held(Arc<[u8]>),
    Read(&'w Event<'w>, &'w [u8]),
    Rejected,
}

/// A line between two newlines.
struct Raw<'a> {
    bytes: &'a [u8],
    part: usize,
    /// Where it begins there.
    start: u64,
    number: u64,
    nuls: u64,
    /// Bytes of it that are not in `bytes`.
    skipped: u64,
    counts: bool,
}

impl Raw<'_> {
    /// Where a lane begins that has this line as its first.
    fn beginning(&self, last: Option<Ts>) -> Cursor {
        let Self { part, start: offset, number, .. } = *self;
        Cursor { part, offset, number: number - 1, nuls: 0, skipped: 0, last, left: None }
    }
}

enum Next<'a> {
    Line(Raw<'a>),
    Needs(Want),
    Ended,
}

impl<'a> Work<'a> {
    pub(super) fn new(lane: &'a mut Lane) -> Self {
        let mut held = Vec::with_capacity(lane.ahead.len());
        let mut queue = VecDeque::with_capacity(Merge::AHEAD + 1);
        for (index, Ahead { key, text }) in lane.ahead.drain(..).enumerate() {
            let what = if text.is_some() { What::Held(index) } else { What::Rejected };
            held.push(text);
            queue.push_back(Slot { key, what });
        }
        Self {
            at: &mut lane.at,
            buffer: lane.buffer.get(..lane.filled).unwrap_or_default(),
            ahead: &mut lane.ahead,
            held,
            queue,
            read: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Keeps what waits for the next time.
    pub(super) fn put_back(mut self) {
        for Slot { key, what } in self.queue {
            let text = match what {
                What::Held(index) => self.held.get_mut(index).and_then(Option::take),
                What::Read(index) => self.read.get(index).map(|(_, text)| Arc::from(*text)),
                What::Rejected => None,
            };
            self.ahead.push_back(Ahead { key, text });
        }
    }

    /// The next line's place; only to be believed after [`Work::fill`] said that it is ready.
    pub(super) fn head(&self) -> Option<Key> {
        self.queue.front().map(|slot| slot.key)
    }

    /// The first time of any line that waits.
    pub(super) fn first_time(&self) -> Option<Ts> {
        self.queue.iter().find_map(|slot| slot.key.at)
    }

    /// Takes the next line out and shows it.
    pub(super) fn leave<T>(&mut self, look: impl FnOnce(Key, Leaving<'_>) -> T) -> Option<T> {
        let Slot { key, what } = self.queue.pop_front()?;
        self.at.cursor.left = Some(key);
        Some(match what {
            What::Held(index) => match self.held.get_mut(index).and_then(Option::take) {
                Some(text) => look(key, Leaving::Held(text)),
                None => look(key, Leaving::Rejected),
            },
            What::Read(index) => {
                self.free.push(index);
                match self.read.get(index) {
                    Some((event, text)) => look(key, Leaving::Read(event, text)),
                    None => look(key, Leaving::Rejected),
                }
            }
            What::Rejected => look(key, Leaving::Rejected),
        })
    }

    /// Reads on until enough lines wait.
    pub(super) fn fill(&mut self, log: usize, parts: &[Part], account: &mut Account) -> Filled {
        while self.queue.len() < Merge::AHEAD {
            match self.next(log, parts) {
                Next::Line(raw) => {
                    if let Some(key) = self.take(&raw, account) {
                        return Filled::Late(key, raw.beginning(self.at.cursor.last));
                    }
                }
                Next::Needs(want) => return Filled::Needs(want),
                Next::Ended => return Filled::Ready,
            }
        }
        Filled::Ready
    }

    /// The next line, blank ones too.
    fn next(&mut self, log: usize, parts: &[Part]) -> Next<'a> {
        loop {
            let cursor = &mut self.at.cursor;
            let begins = cursor.nuls == 0 && cursor.skipped == 0;
            if begins && self.at.end.is_some_and(|end| (cursor.part, cursor.offset) >= end) {
                return Next::Ended;
            }
            let Some(part) = parts.get(cursor.part) else { return Next::Ended };
            let rest = self.buffer.get(self.at.used..).unwrap_or_default();
            if let Some(end) = memchr::memchr(b'\n', rest) {
                let line = rest.get(..end).unwrap_or_default();
                return Next::Line(self.finish(line, end + 1));
            }
            let received = cursor.offset + rest.len() as u64;
            if received < part.bytes {
                self.pass_long(rest);
                let want = Want { log, part: self.at.cursor.part, offset: received };
                return Next::Needs(want);
            }
            let is_line = !(part.unfinished || rest.is_empty() && begins);
            let line = is_line.then(|| self.finish(rest, rest.len()));
            let cursor = &mut self.at.cursor;
            self.at.used = self.buffer.len();
            let next = following(parts, cursor.part, self.at.source).unwrap_or(parts.len());
            *cursor = Cursor { part: next, offset: 0, number: 0, nuls: 0, skipped: 0, ..cursor.clone() };
            if let Some(line) = line {
                return Next::Line(line);
            }
        }
    }

    /// Passes over what is held of a line that is too long, and over NUL bytes where one begins.
    fn pass_long(&mut self, rest: &[u8]) {
        if rest.len() <= MAX_LINE_BYTES {
            return;
        }
        let cursor = &mut self.at.cursor;
        let nuls = if cursor.skipped == 0 { rest.iter().take_while(|byte| **byte == 0).count() } else { 0 };
        cursor.nuls += nuls as u64;
        let long = rest.len() - nuls;
        if long > MAX_LINE_BYTES || cursor.skipped > 0 {
            cursor.skipped += long as u64;
            cursor.offset += rest.len() as u64;
            self.at.used = self.buffer.len();
        } else {
            cursor.offset += nuls as u64;
            self.at.used += nuls;
        }
    }

    /// The line that ends with `line`, of which `length` bytes are passed with it.
    fn finish(&mut self, line: &'a [u8], length: usize) -> Raw<'a> {
        let cursor = &mut self.at.cursor;
        let (nuls, skipped) = (std::mem::take(&mut cursor.nuls), std::mem::take(&mut cursor.skipped));
        let here = if skipped == 0 { line.iter().take_while(|byte| **byte == 0).count() } else { 0 };
        cursor.number += 1;
        let start = cursor.offset - nuls - skipped;
        cursor.offset += length as u64;
        self.at.used += length;
        let counts = (cursor.part, start) >= self.at.counted;
        Raw {
            bytes: line.get(here..).unwrap_or_default(),
            part: cursor.part,
            start,
            number: cursor.number,
            nuls: nuls + here as u64,
            skipped,
            counts,
        }
    }

    /// Queues what `raw` is; its key, where it is late.
    fn take(&mut self, raw: &Raw<'a>, account: &mut Account) -> Option<Key> {
        let bytes = raw.bytes.len() as u64 + raw.skipped;
        let source = self.at.source;
        let mut last = self.at.cursor.last;
        let mut rejections = u32::from(raw.nuls > 0);
        let mut reason: Option<Unreadable> = None;
        let mut event = None;
        let mut is_blank = false;
        if bytes > MAX_LINE_BYTES as u64 {
            reason = Some(Unreadable::Oversized);
            rejections += 1;
        } else if let Ok(text) = std::str::from_utf8(raw.bytes) {
            let text = text.strip_suffix('\r').unwrap_or(text);
            is_blank = text.trim().is_empty();
            if !is_blank {
                match decode(source, raw.number, text.as_bytes()) {
                    Ok(read) => {
                        last = read.ts.or(last);
                        event = Some((read, text.as_bytes()));
                    }
                    Err(rejected) => {
                        rejections = 1;
                        reason = Some(Unreadable::Malformed(rejected.reason));
                    }
                }
            }
        } else {
            reason = Some(Unreadable::NotUtf8);
            rejections += 1;
        }
        let key = Key { at: last, source, part: part_number(raw.part), number: raw.number };
        if event.is_some() || rejections > 0 {
            if self.at.cursor.left.is_some_and(|left| key < left) {
                return Some(key);
            }
            self.at.cursor.last = last;
        }
        if raw.counts {
            self.at.counted = (self.at.cursor.part, self.at.cursor.offset);
            count(raw, bytes, is_blank, reason, account);
        }
        for _ in 0..rejections {
            self.queue_in_order(Slot { key, what: What::Rejected });
        }
        if let Some(read) = event {
            let what = What::Read(self.store(read));
            self.queue_in_order(Slot { key, what });
        }
        None
    }

    fn store(&mut self, read: (Event<'a>, &'a [u8])) -> usize {
        let Some(index) = self.free.pop() else {
            self.read.push(read);
            return self.read.len() - 1;
        };
        if let Some(place) = self.read.get_mut(index) {
            *place = read;
        }
        index
    }

    fn queue_in_order(&mut self, slot: Slot) {
        if self.queue.back().is_none_or(|last| last.key <= slot.key) {
            self.queue.push_back(slot);
        } else {
            let at = self.queue.partition_point(|other| other.key <= slot.key);
            self.queue.insert(at, slot);
        }
    }
}

/// Puts a line into the account.
fn count(raw: &Raw<'_>, bytes: u64, is_blank: bool, reason: Option<Unreadable>, account: &mut Account) {
    account.bytes += bytes + raw.nuls + 1;
    if !is_blank || raw.nuls > 0 {
        account.line(raw.part);
    }
    let (part, number) = (raw.part, raw.number);
    if raw.nuls > 0 {
        account.malformed += 1;
        account.reject(part, number, || format!("Malformed JSON: a run of {} NUL bytes", raw.nuls));
    }
    match reason {
        None => {}
        Some(Unreadable::Oversized) => {
            account.oversized += 1;
            account.reject(part, number, || format!("oversized: {bytes} bytes, more than {MAX_LINE_BYTES}"));
        }
        Some(Unreadable::NotUtf8) => {
            account.not_utf8 += 1;
            account.reject(part, number, || format!("not UTF-8: {bytes} bytes"));
        }
        // A line counts once, also where broken text stands behind NUL bytes.
        Some(Unreadable::Malformed(_)) if raw.nuls > 0 => {}
        Some(Unreadable::Malformed(reason)) => {
            account.malformed += 1;
            account.reject(part, number, || reason.to_string());
        }
    }
}

enum Unreadable {
    Malformed(Reason),
    Oversized,
    NotUtf8,
}

/// Parts are numbered by a file picker: there are never 2^32.
fn part_number(part: usize) -> u32 {
    u32::try_from(part).unwrap_or(u32::MAX)
}
