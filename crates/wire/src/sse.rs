//! Server-Sent Events, decoded from chunks as they arrive (WHATWG HTML, section "Interpreting an event stream").
//!
//! Invariants: chunks may be cut anywhere, inside a UTF-8 sequence or a line ending too; what is kept between
//! chunks is bounded by [`Decoder::MAX_EVENT_BYTES`]; the id persists from event to event and, if the caller
//! keeps the decoder's id, from connection to connection.

use crate::swar;

/// One dispatched event, borrowed from the decoder until the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The `event:` field, `message` where there was none.
    pub kind: &'a str,
    /// The `data:` lines, joined by newlines.
    pub data: &'a [u8],
    /// The last event id, empty where there is none.
    pub id: &'a str,
    /// Whether the event itself set that id; otherwise it stands from an earlier one.
    pub sets_id: bool,
}

/// What a stream says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// An event.
    Message(Message<'a>),
    /// `retry:` in milliseconds.
    Retry(u64),
    /// An event that was larger than [`Decoder::MAX_EVENT_BYTES`] and was skipped.
    Oversized,
}

/// An incremental decoder.
#[expect(clippy::struct_excessive_bools, reason = "each is one bit of the standard's own parser state")]
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    /// The start of a line whose end has not come yet.
    partial: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    kind: String,
    id: String,
    /// The id of the event being read, taken over when it ends.
    next_id: String,
    has_next_id: bool,
    skip_lf: bool,
    started: bool,
    overflow: bool,
}

impl Decoder {
    /// An event may be so large; lines of the log are at most 1 MiB.
    pub const MAX_EVENT_BYTES: usize = 2 << 20;

    /// A decoder for a new connection that goes on after `last_event_id`.
    pub fn resuming(last_event_id: &str) -> Self {
        Self { id: last_event_id.to_owned(), ..Self::default() }
    }

    /// The last event id: what a reconnect has to send.
    pub fn last_event_id(&self) -> &str {
        &self.id
    }

    /// Takes in a chunk and calls `emit` for each item that it completes, in order.
    pub fn feed(&mut self, chunk: &[u8], mut emit: impl FnMut(Item<'_>)) {
        self.feed_lines(chunk, &mut emit);
    }

    /// Not generic, so that it is compiled once, and with this package's own settings.
    fn feed_lines(&mut self, mut chunk: &[u8], emit: &mut dyn FnMut(Item<'_>)) {
        while let Some(&first) = chunk.first() {
            if std::mem::take(&mut self.skip_lf) && first == b'\n' {
                chunk = chunk.get(1..).unwrap_or_default();
                continue;
            }
            let Some(end) = swar::line_end(chunk) else {
                self.keep(chunk);
                return;
            };
            let (line, rest) = chunk.split_at(end);
            self.skip_lf = rest.first() == Some(&b'\r');
            chunk = rest.get(1..).unwrap_or_default();
            if self.partial.is_empty() {
                self.line(line, emit);
            } else {
                self.keep(line);
                let whole = std::mem::take(&mut self.partial);
                self.line(&whole, emit);
                self.partial = whole;
                self.partial.clear();
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.partial.len() + bytes.len() > Self::MAX_EVENT_BYTES {
            // What was cut off must not look like a field of its own, so a comment stands in for the line.
            self.overflow = true;
            self.partial.clear();
            self.partial.push(b':');
        } else if !(self.overflow && self.partial.first() == Some(&b':')) {
            self.partial.extend_from_slice(bytes);
        }
    }

    fn line(&mut self, line: &[u8], emit: &mut dyn FnMut(Item<'_>)) {
        let line = if std::mem::replace(&mut self.started, true) {
            line
        } else {
            line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line)
        };
        if line.is_empty() {
            self.dispatch(emit);
            return;
        }
        let (name, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => {
                let (name, value) = line.split_at(colon);
                let value = value.get(1..).unwrap_or_default();
                (name, value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &[][..]),
        };
        match name {
            b"data" => self.push_data(value),
            b"event" => replace(&mut self.kind, value),
            b"id" if !value.contains(&0) => {
                replace(&mut self.next_id, value);
                self.has_next_id = true;
            }
            b"retry" => {
                let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
                if let Some(delay) =
                    std::str::from_utf8(value).ok().filter(|_| digits).and_then(|text| text.parse().ok())
                {
                    emit(Item::Retry(delay));
                }
            }
            _ => {}
        }
    }

    fn push_data(&mut self, value: &[u8]) {
        if self.data.len() + value.len() > Self::MAX_EVENT_BYTES {
            self.overflow = true;
            return;
        }
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value);
    }

    fn dispatch(&mut self, emit: &mut dyn FnMut(Item<'_>)) {
        let sets_id = std::mem::take(&mut self.has_next_id);
        if sets_id {
            std::mem::swap(&mut self.id, &mut self.next_id);
        }
        if std::mem::take(&mut self.overflow) {
            emit(Item::Oversized);
        } else if self.has_data {
            let kind = if self.kind.is_empty() { "message" } else { &self.kind };
            emit(Item::Message(Message { kind, data: &self.data, id: &self.id, sets_id }));
        }
        self.data.clear();
        self.has_data = false;
        self.kind.clear();
    }
}

/// Keeps the memory that `text` has.
fn replace(text: &mut String, value: &[u8]) {
    text.clear();
    match std::str::from_utf8(value) {
        Ok(value) => text.push_str(value),
        Err(_) => text.push_str(&String::from_utf8_lossy(value)),
    }
}

#[cfg(test)]
mod tests;
