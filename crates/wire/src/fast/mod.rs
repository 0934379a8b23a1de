//! The fast reader: JSON in the shapes that these logs have, in one pass, straight into a [`Record`].
//!
//! Invariants: what it reads is exactly what the general parser reads from the same bytes, and it accepts nothing
//! that the other rejects. Whatever is unfamiliar (an escape in a key or in a value that is kept, a number that does
//! not fit, deep nesting, invalid UTF-8, anything that is not JSON) it declines, and the general parser decides.

pub(crate) mod number;
mod scan;
#[cfg(test)]
pub(crate) mod tests;
mod trace;

pub(crate) use trace::{Hole, Kind, Trace};

use crate::{
    fields::{Entry, Key, Level, Place, RareSlots, Record, Slots},
    names,
    scalar::Scalar,
    swar,
};

/// Deeper nesting is declined; the general parser's own limit is 128.
pub(crate) const MAX_DEPTH: u8 = 48;

/// Reads `line` into an empty `record`, and notes where its values stand. `None`: declined, and both are of no use.
pub(crate) fn read<'a>(line: &'a [u8], record: &mut Record<'a>, trace: Option<&mut Trace>) -> Option<()> {
    std::str::from_utf8(line).ok()?;
    let mut reader = Reader { line, at: 0, in_payload: false, trace };
    reader.space();
    reader.record(record, MAX_DEPTH)?;
    reader.space();
    (reader.at == line.len()).then_some(())
}

/// A place in a line. Every method declines with `None`.
pub(crate) struct Reader<'a, 't> {
    line: &'a [u8],
    pub(crate) at: usize,
    in_payload: bool,
    trace: Option<&'t mut Trace>,
}

impl<'a> Reader<'a, '_> {
    /// At `at` of a line of which nothing is noted.
    #[inline]
    pub(crate) fn at(line: &'a [u8], at: usize) -> Self {
        Self { line, at, in_payload: false, trace: None }
    }

    fn record(&mut self, record: &mut Record<'a>, depth: u8) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let mut more = self.open(b'{', b'}')?;
        while more {
            match self.key()? {
                Entry::Known(Key::State) if self.peek() == Some(b'{') => {
                    let value = self.nested(record.state.make(), Level::State, None, depth)?;
                    record.top.set(Key::State, value);
                }
                Entry::Known(key) => {
                    record.has_run_id |= key == Key::RunId;
                    self.store(&mut record.top, Level::Top, key, depth)?;
                }
                Entry::Observability if self.peek() == Some(b'{') => {
                    self.nested(record.observability.make(), Level::Observability, None, depth)?;
                }
                Entry::Details => {
                    let Record { details, state, observability, .. } = &mut *record;
                    self.nested(details, Level::Details, Some((state, observability)), depth)?;
                }
                Entry::Payload if self.peek() == Some(b'{') => {
                    let mut payload = Box::<Record<'a>>::default();
                    self.payload(&mut payload, depth)?;
                    record.payload = Some(payload);
                }
                Entry::Payload | Entry::Observability => {
                    self.scalar(None, depth)?;
                }
                Entry::Skipped => self.skip(depth)?,
            }
            more = self.another(b'}')?;
        }
        Some(())
    }

    fn payload(&mut self, payload: &mut Record<'a>, depth: u8) -> Option<()> {
        if let Some(trace) = &mut self.trace {
            trace.is_odd |= self.in_payload;
        }
        let before = std::mem::replace(&mut self.in_payload, true);
        self.record(payload, depth)?;
        self.in_payload = before;
        Some(())
    }

    /// An object into slots, or any other value as it is.
    fn nested(
        &mut self,
        slots: &mut Slots<'a>,
        level: Level,
        mut below: Option<(&mut RareSlots<'a>, &mut RareSlots<'a>)>,
        depth: u8,
    ) -> Option<Scalar<'a>> {
        if self.peek() != Some(b'{') {
            return self.scalar(None, depth);
        }
        let depth = depth.checked_sub(1)?;
        let mut more = self.open(b'{', b'}')?;
        while more {
            match (self.key()?, &mut below) {
                (Entry::Known(Key::State), Some((state, _))) if self.peek() == Some(b'{') => {
                    let value = self.nested(state.make(), Level::State, None, depth)?;
                    slots.set(Key::State, value);
                }
                (Entry::Observability, Some((_, observability))) if self.peek() == Some(b'{') => {
                    self.nested(observability.make(), Level::Observability, None, depth)?;
                }
                (Entry::Known(key), _) => self.store(slots, level, key, depth)?,
                (Entry::Observability, Some(_)) => {
                    self.scalar(None, depth)?;
                }
                _ => self.skip(depth)?,
            }
            more = self.another(b'}')?;
        }
        Some(Scalar::Nested)
    }

    /// Notes the value that ends here.
    #[inline]
    fn note(&mut self, kind: Kind, start: usize, end: usize, place: Option<Place>) {
        if let Some(trace) = &mut self.trace {
            trace.note(Hole { kind, start, end, place });
        }
    }

    /// A key with its colon; the value begins where this ends.
    #[inline]
    fn key(&mut self) -> Option<Entry> {
        self.expect(b'"')?;
        let start = self.at;
        let (low, high) = (swar::word(self.line, start), swar::word(self.line, start + 8));
        let (low_special, high_special) = (swar::special(low), swar::special(high));
        let (low, high) = if low_special != 0 {
            self.at += swar::first(low_special);
            (swar::keep_before(low, low_special), 0)
        } else if high_special != 0 {
            self.at += 8 + swar::first(high_special);
            (low, swar::keep_before(high, high_special))
        } else {
            self.at = swar::plain_end(self.line, start + 16);
            (low, high)
        };
        let entry = names::find_words(low, high, self.line.get(start..self.at)?);
        self.expect(b'"')?;
        self.colon()?;
        Some(entry)
    }

    /// A value into its slot; most are null.
    #[inline]
    fn store(&mut self, slots: &mut Slots<'a>, level: Level, key: Key, depth: u8) -> Option<()> {
        if self.peek() == Some(b'n') {
            self.word(b"null")?;
            slots.clear(key);
        } else {
            let place = Place { in_payload: self.in_payload, level, key };
            slots.set(key, self.scalar(Some(place), depth)?);
        }
        Some(())
    }

    /// A value that is kept, or at least looked at by the general parser.
    fn scalar(&mut self, place: Option<Place>, depth: u8) -> Option<Scalar<'a>> {
        let start = self.at;
        match self.peek()? {
            b'"' => {
                let start = start + 1;
                let end = swar::plain_end(self.line, start);
                self.at = end;
                self.expect(b'"')?;
                self.note(Kind::Text, start, end, place);
                Some(Scalar::Text(std::str::from_utf8(self.line.get(start..end)?).ok()?.into()))
            }
            b'n' => self.word(b"null").map(|()| Scalar::Null),
            b't' | b'f' => {
                let flag = self.flag()?;
                self.note(Kind::Flag, start, self.at, place);
                Some(Scalar::Bool(flag))
            }
            b'{' | b'[' => self.skip(depth).map(|()| Scalar::Nested),
            _ => {
                let number = self.number()?;
                if let Some(trace) = &mut self.trace {
                    trace.is_odd |= place.is_none();
                }
                self.note(Kind::Number, start, self.at, place);
                Some(number)
            }
        }
    }

    #[inline]
    pub(crate) fn flag(&mut self) -> Option<bool> {
        if self.peek()? == b't' {
            self.word(b"true").map(|()| true)
        } else {
            self.word(b"false").map(|()| false)
        }
    }

    /// A value that nobody asks for: only checked.
    fn skip(&mut self, depth: u8) -> Option<()> {
        let start = self.at;
        match self.peek()? {
            b'"' => {
                self.skip_string()?;
                self.note(Kind::Text, start + 1, self.at - 1, None);
            }
            b'n' => self.word(b"null")?,
            b't' | b'f' => {
                self.flag()?;
                self.note(Kind::Flag, start, self.at, None);
            }
            b'{' => {
                let mut more = self.open(b'{', b'}')?;
                while more {
                    self.expect(b'"')?;
                    self.at = swar::plain_end(self.line, self.at);
                    self.expect(b'"')?;
                    self.colon()?;
                    self.skip(depth.checked_sub(1)?)?;
                    more = self.another(b'}')?;
                }
            }
            b'[' => {
                let trace = self.trace.take();
                let read = self.skip_list(depth);
                self.trace = trace;
                read?;
                self.note(Kind::List, start, self.at, None);
            }
            _ => {
                self.skip_number()?;
                self.note(Kind::Number, start, self.at, None);
            }
        }
        Some(())
    }

    /// An array that nobody asks for.
    pub(crate) fn skip_list(&mut self, depth: u8) -> Option<()> {
        let mut more = self.open(b'[', b']')?;
        while more {
            self.skip(depth.checked_sub(1)?)?;
            more = self.another(b']')?;
        }
        Some(())
    }
}
