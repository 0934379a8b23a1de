//! The newest lines of a session as they were written, with what a table needs to know of each.
//!
//! Lines lie one after the other in chunks of bytes that never move; a text that the decoder borrowed from its line is
//! kept as a place in it, any other text behind it. The oldest chunk becomes the newest one, so nothing is allocated
//! once the bounds are reached. Invariants: sequence numbers are consecutive, and a line keeps its own for as long as
//! it is here, also when earlier ones are put before it; at most [`Limits`] are held; what fell out is counted.

mod chunk;
pub mod found;
pub mod order;

use std::collections::VecDeque;

use aurora_domain::{Event, SideKey, Source, SymbolId, Ts, scope::Scopes};

use chunk::Chunk;

/// A text that is known of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The code in its one spelling; empty for a line that could not be read.
    Code,
    /// The symbol that the line names, else that of its order.
    Symbol,
    /// The order's id.
    Order,
    /// The bot's own id of the order.
    Client,
    /// The intent's id.
    Intent,
    /// The run, which scopes ids.
    Run,
    /// Why, without a number at its end.
    Reason,
}

impl Field {
    /// Every one.
    pub const ALL: [Field; 7] =
        [Field::Code, Field::Symbol, Field::Order, Field::Client, Field::Intent, Field::Run, Field::Reason];
    const COUNT: usize = Self::ALL.len();
}

/// How much is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Lines, at least one.
    pub lines: usize,
    /// Bytes of memory, what is known of each line included.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { lines: 200_000, bytes: 96 << 20 }
    }
}

/// One line. Borrows from the ring.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its number in the ring.
    pub seq: u64,
    /// The file kind.
    pub source: Source,
    /// The event's id in the stream, where it had one.
    pub id: Option<u64>,
    /// The record's own time.
    pub ts: Option<Ts>,
    /// Whether it could be read.
    pub is_read: bool,
    /// The symbol as figures are filtered by it.
    pub symbol_id: SymbolId,
    /// Its side, else that of its order.
    pub side: SideKey,
    /// The line itself, without its newline.
    pub raw: &'a [u8],
    texts: &'a chunk::Texts,
    span: &'a [u8],
}

impl<'a> Line<'a> {
    /// What is known of it as `field`; empty where nothing is.
    pub fn bytes(&self, field: Field) -> &'a [u8] {
        self.texts.of(field, self.span)
    }

    /// The same as text.
    pub fn text(&self, field: Field) -> &'a str {
        std::str::from_utf8(self.bytes(field)).unwrap_or_default()
    }

    /// The line as text; what is no UTF-8 in it is replaced.
    pub fn original(&self) -> std::borrow::Cow<'a, str> {
        String::from_utf8_lossy(self.raw)
    }
}

/// The ring.
#[derive(Debug)]
pub struct Lines {
    limits: Limits,
    chunks: VecDeque<Chunk>,
    /// A chunk to use again.
    spare: Option<Chunk>,
    /// Of the next line.
    next: u64,
    len: usize,
    bytes: usize,
    dropped: u64,
}

impl Default for Lines {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Lines {
    /// Far enough from zero for all that may be put before the first line.
    const BEGIN: u64 = 1 << 40;

    /// An empty ring.
    pub fn new(limits: Limits) -> Self {
        let limits = Limits { lines: limits.lines.max(1), ..limits };
        Self { limits, chunks: VecDeque::new(), spare: None, next: Self::BEGIN, len: 0, bytes: 0, dropped: 0 }
    }

    /// Adds a line as the newest one; `event` is what was read of it, `None` where it was rejected. `scopes` knows the
    /// symbols and sides of orders whose lines do not name them. Returns its number.
    pub fn push(
        &mut self,
        id: Option<u64>,
        source: Source,
        line: &[u8],
        event: Option<&Event<'_>>,
        scopes: &Scopes,
    ) -> u64 {
        let seq = self.next;
        let mut entry = chunk::NewEntry::new(id, source, line, event, scopes);
        if !self.chunks.back().is_some_and(|chunk| chunk.has_room(entry.bytes())) {
            let chunk = self.fresh_chunk(entry.bytes());
            self.bytes += chunk.held();
            self.chunks.push_back(chunk);
        }
        if let Some(chunk) = self.chunks.back_mut() {
            let before = chunk.held();
            chunk.push(&mut entry);
            self.bytes += chunk.held() - before;
            self.len += 1;
            self.next += 1;
        }
        while self.len > self.limits.lines || (self.bytes > self.limits.bytes && self.chunks.len() > 1) {
            self.drop_oldest();
        }
        seq
    }

    /// A chunk for a line of `bytes`, of the usual size where that is enough.
    fn fresh_chunk(&mut self, bytes: usize) -> Chunk {
        match self.spare.take() {
            Some(mut chunk) if bytes <= Chunk::BYTES => {
                chunk.reuse(self.next);
                chunk
            }
            _ => Chunk::new(self.next, bytes),
        }
    }

    /// The oldest line, or the whole oldest chunk where there are too many bytes.
    fn drop_oldest(&mut self) {
        let whole = self.bytes > self.limits.bytes && self.chunks.len() > 1;
        let Some(front) = self.chunks.front_mut() else { return };
        let gone = if whole { front.len() } else { front.drop_first() };
        self.len -= gone;
        self.dropped += gone as u64;
        if whole || front.len() == 0 {
            self.give_up_front();
        }
    }

    fn give_up_front(&mut self) {
        if let Some(chunk) = self.chunks.pop_front() {
            self.bytes -= chunk.held();
            if chunk.is_usual() {
                self.spare = Some(chunk);
            }
        }
    }

    /// Puts what happened earlier before the oldest line: as many of its newest lines as there is room for. Returns how
    /// many that were; the others are counted as dropped.
    pub fn prepend(&mut self, earlier: Lines) -> usize {
        let (had, given) = (self.len, earlier.len);
        for mut chunk in earlier.chunks.into_iter().rev() {
            while chunk.len() > self.room() {
                chunk.drop_first();
            }
            if chunk.len() == 0 || self.bytes + chunk.held() > self.limits.bytes {
                break;
            }
            chunk.first = self.first() - chunk.len() as u64;
            self.bytes += chunk.held();
            self.len += chunk.len();
            self.chunks.push_front(chunk);
        }
        let added = self.len - had;
        self.dropped += earlier.dropped + (given - added) as u64;
        added
    }

    /// How many more lines can be held.
    pub fn room(&self) -> usize {
        self.limits.lines.saturating_sub(self.len)
    }

    /// How much more can be held.
    pub fn room_left(&self) -> Limits {
        Limits { lines: self.room(), bytes: self.limits.bytes.saturating_sub(self.bytes) }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of the oldest line; where there is none, of the next one.
    pub fn first(&self) -> u64 {
        self.next - self.len as u64
    }

    /// The number that the next line will have.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// How many lines fell out.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The memory that is held, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The line of that number, while it is here.
    pub fn get(&self, seq: u64) -> Option<Line<'_>> {
        let after = self.chunks.partition_point(|chunk| chunk.first <= seq);
        self.chunks.get(after.checked_sub(1)?)?.get(seq)
    }

    /// The oldest line.
    pub fn oldest(&self) -> Option<Line<'_>> {
        self.get(self.first())
    }

    /// Forgets every line; numbers go on, so that none comes to mean another line.
    pub fn clear(&mut self) {
        *self = Self { next: self.next, ..Self::new(self.limits) };
    }
}

#[cfg(test)]
mod tests;
