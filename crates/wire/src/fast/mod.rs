//! The fast reader: JSON in the shapes that these logs have, in one pass, straight into a [`Record`].
//!
//! Invariants: what it reads is exactly what the general parser reads from the same bytes, and it accepts nothing
//! that the other rejects. Whatever is unfamiliar (an escape in a key or in a value that is kept, a number that does
//! not fit, deep nesting, invalid UTF-8, anything that is not JSON) it declines, and the general parser decides.

mod number;
mod scan;
#[cfg(test)]
mod tests;

use crate::{
    fields::{Entry, Key, RareSlots, Record, Slots},
    names,
    scalar::Scalar,
    swar,
};

/// Deeper nesting is declined; the general parser's own limit is 128.
const MAX_DEPTH: u8 = 48;

/// Reads `line` into an empty `record`. `None`: declined, and `record` is of no use.
pub(crate) fn read<'a>(line: &'a [u8], record: &mut Record<'a>) -> Option<()> {
    let text = std::str::from_utf8(line).ok()?;
    let mut reader = Reader { line, text, at: 0 };
    reader.space();
    reader.record(record, MAX_DEPTH)?;
    reader.space();
    (reader.at == line.len()).then_some(())
}

/// A place in a line. Every method declines with `None`.
struct Reader<'a> {
    line: &'a [u8],
    /// The same bytes, known to be UTF-8.
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn record(&mut self, record: &mut Record<'a>, depth: u8) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let mut more = self.open(b'{', b'}')?;
        while more {
            match self.key()? {
                Entry::Known(Key::State) if self.peek() == Some(b'{') => {
                    let value = self.nested(record.state.make(), None, depth)?;
                    record.top.set(Key::State, value);
                }
                Entry::Known(key) => {
                    record.has_run_id |= key == Key::RunId;
                    self.store(&mut record.top, key, depth)?;
                }
                Entry::Observability if self.peek() == Some(b'{') => {
                    self.nested(record.observability.make(), None, depth)?;
                }
                Entry::Details => {
                    let Record { details, state, observability, .. } = &mut *record;
                    self.nested(details, Some((state, observability)), depth)?;
                }
                Entry::Payload if self.peek() == Some(b'{') => {
                    let mut payload = Box::<Record<'a>>::default();
                    self.record(&mut payload, depth)?;
                    record.payload = Some(payload);
                }
                Entry::Payload => {
                    self.scalar(depth)?;
                }
                Entry::Observability | Entry::Skipped => self.skip(depth)?,
            }
            more = self.another(b'}')?;
        }
        Some(())
    }

    /// An object into slots, or any other value as it is.
    fn nested(
        &mut self,
        slots: &mut Slots<'a>,
        mut below: Option<(&mut RareSlots<'a>, &mut RareSlots<'a>)>,
        depth: u8,
    ) -> Option<Scalar<'a>> {
        if self.peek() != Some(b'{') {
            return self.scalar(depth);
        }
        let depth = depth.checked_sub(1)?;
        let mut more = self.open(b'{', b'}')?;
        while more {
            match (self.key()?, &mut below) {
                (Entry::Known(Key::State), Some((state, _))) if self.peek() == Some(b'{') => {
                    let value = self.nested(state.make(), None, depth)?;
                    slots.set(Key::State, value);
                }
                (Entry::Observability, Some((_, observability))) if self.peek() == Some(b'{') => {
                    self.nested(observability.make(), None, depth)?;
                }
                (Entry::Known(key), _) => self.store(slots, key, depth)?,
                (Entry::Observability, Some(_)) => {
                    self.scalar(depth)?;
                }
                _ => self.skip(depth)?,
            }
            more = self.another(b'}')?;
        }
        Some(Scalar::Nested)
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
    fn store(&mut self, slots: &mut Slots<'a>, key: Key, depth: u8) -> Option<()> {
        if self.peek() == Some(b'n') {
            self.word(b"null")?;
            slots.clear(key);
        } else {
            slots.set(key, self.scalar(depth)?);
        }
        Some(())
    }

    /// A value that is kept.
    fn scalar(&mut self, depth: u8) -> Option<Scalar<'a>> {
        match self.peek()? {
            b'"' => {
                let start = self.at + 1;
                let end = swar::plain_end(self.line, start);
                self.at = end;
                self.expect(b'"')?;
                Some(Scalar::Text(self.text.get(start..end)?.into()))
            }
            b'n' => self.word(b"null").map(|()| Scalar::Null),
            b't' => self.word(b"true").map(|()| Scalar::Bool(true)),
            b'f' => self.word(b"false").map(|()| Scalar::Bool(false)),
            b'{' | b'[' => self.skip(depth).map(|()| Scalar::Nested),
            _ => self.number(),
        }
    }

    /// A value that nobody asks for: only checked.
    fn skip(&mut self, depth: u8) -> Option<()> {
        match self.peek()? {
            b'"' => self.skip_string(),
            b'n' => self.word(b"null"),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
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
                Some(())
            }
            b'[' => {
                let mut more = self.open(b'[', b']')?;
                while more {
                    self.skip(depth.checked_sub(1)?)?;
                    more = self.another(b']')?;
                }
                Some(())
            }
            _ => self.skip_number(),
        }
    }
}
