//! The punctuation between values, and strings that nobody reads.

use super::Reader;
use crate::swar::plain_end;

impl Reader<'_, '_> {
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        if self.peek()? != byte {
            return None;
        }
        self.at += 1;
        Some(())
    }

    #[inline]
    pub(super) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// The colon after a key, as most writers space it: not at all, or once behind it.
    #[inline]
    pub(super) fn colon(&mut self) -> Option<()> {
        if self.peek() == Some(b':') {
            self.at += 1;
            return self.one_space();
        }
        self.space();
        self.expect(b':')?;
        self.one_space()
    }

    /// One space or none as a rule; more are rare.
    #[inline]
    fn one_space(&mut self) -> Option<()> {
        self.at += usize::from(self.peek()? == b' ');
        if self.peek()? <= b' ' {
            self.space();
        }
        Some(())
    }

    /// The beginning of an object or array, up to its first key or value; false where it is empty, and then over.
    #[inline]
    pub(super) fn open(&mut self, open: u8, close: u8) -> Option<bool> {
        self.expect(open)?;
        self.space();
        let is_empty = self.peek()? == close;
        self.at += usize::from(is_empty);
        Some(!is_empty)
    }

    /// What follows a value: a comma, up to the next key or value, or the end, and then false.
    #[inline]
    pub(super) fn another(&mut self, close: u8) -> Option<bool> {
        if self.peek()? <= b' ' {
            self.space();
        }
        let byte = self.peek()?;
        self.at += 1;
        if byte == b',' {
            self.one_space()?;
            return Some(true);
        }
        (byte == close).then_some(false)
    }

    #[inline]
    pub(super) fn word<const N: usize>(&mut self, word: &[u8; N]) -> Option<()> {
        if self.line.get(self.at..)?.first_chunk() != Some(word) {
            return None;
        }
        self.at += N;
        Some(())
    }

    /// A string with any escapes; their code points are not looked at, as nobody reads them.
    pub(super) fn skip_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            self.at = plain_end(self.line, self.at);
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(()),
                b'\\' => self.skip_escape()?,
                _ => return None,
            }
        }
    }

    fn skip_escape(&mut self) -> Option<()> {
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let digits = self.line.get(self.at..self.at + 4)?;
                self.at += 4;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(())
            }
            _ => None,
        }
    }
}
