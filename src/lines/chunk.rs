//! A stretch of bytes with the lines in it, and where the texts of each line lie.
//!
//! Invariant: what was pushed stays where it is until the chunk is used again.

use std::borrow::Cow;

use aurora_domain::{Event, SideKey, Source, SymbolId, Ts, scope::Scopes};

use super::{Field, Line};

/// Where the texts of a line lie, from the line's beginning on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Texts {
    at: [u32; Field::COUNT],
    len: [u16; Field::COUNT],
}

impl Texts {
    /// The bytes of `field` in `span`, a line and the texts behind it.
    pub(super) fn of<'a>(&self, field: Field, span: &'a [u8]) -> &'a [u8] {
        let (Some(at), Some(len)) = (self.at.get(field as usize), self.len.get(field as usize)) else {
            return &[];
        };
        span.get(*at as usize..*at as usize + usize::from(*len)).unwrap_or_default()
    }

    fn set(&mut self, field: Field, start: u32, bytes: u16) {
        if let (Some(at), Some(len)) = (self.at.get_mut(field as usize), self.len.get_mut(field as usize)) {
            (*at, *len) = (start, bytes);
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    ts: i64,
    id: u64,
    start: u32,
    line_bytes: u32,
    texts: Texts,
    source: Source,
    has_ts: bool,
    is_read: bool,
    symbol_id: SymbolId,
    side: SideKey,
}

/// A line that is to be pushed.
pub(super) struct NewEntry<'l> {
    entry: Entry,
    line: &'l [u8],
    /// Texts that do not stand in the line, with their fields.
    beside: [Option<&'l str>; Field::COUNT],
    beside_bytes: usize,
}

impl<'l> NewEntry<'l> {
    pub(super) fn new(
        id: Option<u64>,
        source: Source,
        line: &'l [u8],
        event: Option<&'l Event<'_>>,
        scopes: &'l Scopes,
    ) -> Self {
        let ts = event.and_then(|event| event.ts);
        let entry = Entry {
            ts: ts.unwrap_or_default().0,
            id: id.unwrap_or(u64::MAX),
            start: 0,
            line_bytes: u32::try_from(line.len()).unwrap_or(u32::MAX),
            texts: Texts::default(),
            source,
            has_ts: ts.is_some(),
            is_read: event.is_some(),
            symbol_id: SymbolId::UNKNOWN,
            side: SideKey::Unknown,
        };
        let mut new = Self { entry, line, beside: [None; Field::COUNT], beside_bytes: 0 };
        if let Some(event) = event {
            new.take(event, scopes);
        }
        new
    }

    fn take(&mut self, event: &'l Event<'_>, scopes: &'l Scopes) {
        fn text<'e>(text: Option<&'e Cow<'_, str>>) -> &'e str {
            text.map(AsRef::as_ref).unwrap_or_default()
        }
        (self.entry.symbol_id, self.entry.side) = scopes.about(event);
        let known = || match self.entry.symbol_id {
            SymbolId::UNKNOWN | SymbolId::OTHER => "",
            symbol => scopes.name(symbol),
        };
        let symbol = event.symbol.as_deref().unwrap_or_else(known);
        self.put(Field::Code, &event.code_text);
        self.put(Field::Symbol, symbol);
        self.put(Field::Order, text(event.order_id.as_ref()));
        self.put(Field::Client, text(event.client_id.as_ref()));
        self.put(Field::Intent, text(event.intent_id.as_ref()));
        self.put(Field::Run, text(event.run_id.as_ref()));
        self.put(Field::Reason, text(event.reason.as_ref()));
    }

    /// A text that was borrowed from the line lies in it; any other goes behind it.
    fn put(&mut self, field: Field, text: &'l str) {
        if text.is_empty() {
            return;
        }
        let text = text.get(..text.floor_char_boundary(usize::from(u16::MAX))).unwrap_or_default();
        let bytes = u16::try_from(text.len()).unwrap_or(u16::MAX);
        let within = text.as_ptr().addr().wrapping_sub(self.line.as_ptr().addr());
        let at = if within.checked_add(text.len()).is_some_and(|end| end <= self.line.len()) {
            within
        } else {
            if let Some(place) = self.beside.get_mut(field as usize) {
                *place = Some(text);
            }
            self.beside_bytes += text.len();
            self.bytes() - text.len()
        };
        self.entry.texts.set(field, u32::try_from(at).unwrap_or(u32::MAX), bytes);
    }

    /// What the line and the texts behind it take.
    pub(super) fn bytes(&self) -> usize {
        self.line.len() + self.beside_bytes
    }
}

/// A stretch of bytes with lines in it.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The number of the first line that is still here.
    pub(super) first: u64,
    /// How many lines before that one are gone.
    skipped: usize,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

impl Chunk {
    /// The usual size: about eight hundred lines.
    pub(super) const BYTES: usize = 256 << 10;

    /// An empty chunk for a line of `bytes` and more.
    pub(super) fn new(first: u64, bytes: usize) -> Self {
        let bytes = Vec::with_capacity(bytes.max(Self::BYTES));
        Self { first, skipped: 0, bytes, entries: Vec::new() }
    }

    /// Begins again, with the same memory.
    pub(super) fn reuse(&mut self, first: u64) {
        (self.first, self.skipped) = (first, 0);
        self.bytes.clear();
        self.entries.clear();
    }

    pub(super) fn is_usual(&self) -> bool {
        self.bytes.capacity() <= 2 * Self::BYTES
    }

    /// The memory that it takes.
    pub(super) fn held(&self) -> usize {
        self.bytes.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.bytes.capacity() - self.bytes.len() >= bytes
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.skipped
    }

    pub(super) fn push(&mut self, new: &mut NewEntry<'_>) {
        new.entry.start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(new.line);
        // In the order in which their places were given.
        for text in new.beside.iter().flatten() {
            self.bytes.extend_from_slice(text.as_bytes());
        }
        self.entries.push(new.entry);
    }

    /// Forgets its oldest line, where it has one; returns how many that were.
    pub(super) fn drop_first(&mut self) -> usize {
        let has_one = usize::from(self.len() > 0);
        self.skipped += has_one;
        self.first += has_one as u64;
        has_one
    }

    pub(super) fn get(&self, seq: u64) -> Option<Line<'_>> {
        let place = usize::try_from(seq.checked_sub(self.first)?).ok()?.checked_add(self.skipped)?;
        let entry = self.entries.get(place)?;
        let end = self.entries.get(place + 1).map_or(self.bytes.len(), |next| next.start as usize);
        let span = self.bytes.get(entry.start as usize..end)?;
        Some(Line {
            seq,
            source: entry.source,
            id: Some(entry.id).filter(|id| *id != u64::MAX),
            ts: entry.has_ts.then_some(Ts(entry.ts)),
            is_read: entry.is_read,
            symbol_id: entry.symbol_id,
            side: entry.side,
            raw: span.get(..entry.line_bytes as usize)?,
            texts: &entry.texts,
            span,
        })
    }
}
