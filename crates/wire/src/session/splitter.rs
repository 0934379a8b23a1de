//! Cuts a byte stream into lines, however the stream is chunked.
//!
//! Invariants: never holds more than one line of at most [`MAX_LINE_BYTES`]; a longer line is skipped and
//! reported with its length, without being held; NUL runs in front of a line (what a truncation under a
//! writer leaves behind) are reported and cut off, so the line after them survives. A last line without
//! newline is kept until its newline comes or [`Splitter::finish`] is called. Everything between two newlines
//! is handed out at once, so the settled offset is always where a line begins.

use crate::MAX_LINE_BYTES;

/// What stands between two newlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A line of valid UTF-8 without its line end. May be blank.
    Line(&'a str),
    /// A line above [`MAX_LINE_BYTES`], skipped.
    Oversized {
        /// Its length without the newline.
        bytes: u64,
    },
    /// A line that is not UTF-8, skipped.
    NotUtf8 {
        /// Its length without the newline.
        bytes: u64,
    },
    /// NUL bytes where a line should begin, skipped.
    NulRun {
        /// How many.
        bytes: u64,
    },
}

/// A [`Piece`] and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located<'a> {
    /// The line's number in the stream, from 1.
    pub line_no: u64,
    /// Offset of the piece's first byte in the (decompressed) stream.
    pub offset: u64,
    /// What stands there.
    pub piece: Piece<'a>,
}

/// The state between two chunks.
#[derive(Debug, Default)]
pub struct Splitter {
    held: Vec<u8>,
    skipped: u64,
    nuls: u64,
    line_start: u64,
    lines: u64,
}

impl Splitter {
    /// Goes on at `offset`, where a line begins that has `lines` before it.
    pub fn resume(offset: u64, lines: u64) -> Self {
        Self { line_start: offset, lines, ..Self::default() }
    }

    /// Lines handed out so far, those before [`Splitter::resume`] included.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Offset up to which everything has been handed out: where the unfinished line begins.
    pub fn settled(&self) -> u64 {
        self.line_start
    }

    /// Whether an unfinished line is being held.
    pub fn is_mid_line(&self) -> bool {
        !self.held.is_empty() || self.skipped > 0 || self.nuls > 0
    }

    /// Takes the next chunk and hands out every piece that it completes.
    pub fn push(&mut self, mut chunk: &[u8], mut emit: impl FnMut(Located<'_>)) {
        while let Some(end) = memchr::memchr(b'\n', chunk) {
            let (line, rest) = chunk.split_at(end);
            self.extend(line);
            self.complete(1, &mut emit);
            chunk = rest.get(1..).unwrap_or_default();
        }
        self.extend(chunk);
    }

    /// Hands out the unfinished line, because nothing more will come (a rotated part, a gzip).
    pub fn finish(&mut self, mut emit: impl FnMut(Located<'_>)) {
        if self.is_mid_line() {
            self.complete(0, &mut emit);
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        if self.skipped > 0 {
            self.skipped += bytes.len() as u64;
            return;
        }
        let mut bytes = bytes;
        if self.held.is_empty() {
            let nuls = bytes.iter().take_while(|byte| **byte == 0).count();
            self.nuls += nuls as u64;
            bytes = bytes.get(nuls..).unwrap_or_default();
        }
        if self.held.len() + bytes.len() > MAX_LINE_BYTES {
            self.skipped = (self.held.len() + bytes.len()) as u64;
            self.held = Vec::new();
        } else {
            self.held.extend_from_slice(bytes);
        }
    }

    fn report_nuls(&mut self, emit: &mut impl FnMut(Located<'_>)) {
        if self.nuls > 0 {
            let piece = Piece::NulRun { bytes: self.nuls };
            emit(Located { line_no: self.lines + 1, offset: self.line_start, piece });
            self.line_start += self.nuls;
            self.nuls = 0;
        }
    }

    fn complete(&mut self, newline_bytes: u64, emit: &mut impl FnMut(Located<'_>)) {
        self.report_nuls(emit);
        self.lines += 1;
        let length = if self.skipped > 0 { self.skipped } else { self.held.len() as u64 };
        let piece = if self.skipped > 0 {
            Piece::Oversized { bytes: length }
        } else {
            match std::str::from_utf8(&self.held) {
                Ok(line) => Piece::Line(line.strip_suffix('\r').unwrap_or(line)),
                Err(_) => Piece::NotUtf8 { bytes: length },
            }
        };
        emit(Located { line_no: self.lines, offset: self.line_start, piece });
        self.line_start += length + newline_bytes;
        self.skipped = 0;
        self.held.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits `input` in chunks of `size` and describes what comes out.
    fn split(input: &[u8], size: usize, finish: bool) -> Vec<String> {
        let mut out = Vec::new();
        let mut splitter = Splitter::default();
        let mut emit = |at: Located<'_>| {
            let piece = match at.piece {
                Piece::Line(line) => line.to_owned(),
                other => format!("{other:?}"),
            };
            out.push(format!("{}@{} {piece}", at.line_no, at.offset));
        };
        for chunk in input.chunks(size) {
            splitter.push(chunk, &mut emit);
        }
        if finish {
            splitter.finish(&mut emit);
        }
        out
    }

    fn check(input: &[u8], expected: &[&str]) {
        for size in [1, 2, 3, 7, 1000] {
            assert_eq!(split(input, size, false), expected, "in chunks of {size}");
        }
    }

    #[test]
    fn lines_come_with_number_and_offset() {
        check(b"ab\ncd\r\n\nx", &["1@0 ab", "2@3 cd", "3@7 "]);
    }

    #[test]
    fn an_unfinished_line_waits_and_comes_out_at_the_finish() {
        check(b"ab", &[]);
        assert_eq!(split(b"ab", 1, true), ["1@0 ab"]);
        assert_eq!(split(b"ab\n", 1, true), ["1@0 ab"]);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_reported_and_passed() {
        check(b"\xff\xfe!\nok\n", &["1@0 NotUtf8 { bytes: 3 }", "2@4 ok"]);
    }

    #[test]
    fn a_line_behind_a_nul_run_survives() {
        check(b"a\n\0\0\0b\n", &["1@0 a", "2@2 NulRun { bytes: 3 }", "2@5 b"]);
    }

    #[test]
    fn the_limit_does_not_count_the_newline() {
        let mut input = vec![b'x'; MAX_LINE_BYTES];
        input.push(b'\n');
        let lines = split(&input, 4096, false);
        assert!(lines[0].ends_with('x'));
        input.insert(0, b'x');
        let expected = format!("1@0 Oversized {{ bytes: {} }}", MAX_LINE_BYTES + 1);
        assert_eq!(split(&input, 4096, false), [expected]);
    }

    #[test]
    fn an_oversized_line_is_not_held() {
        let (mut splitter, chunk) = (Splitter::default(), vec![b'x'; 65_536]);
        for _ in 0..64 {
            splitter.push(&chunk, |_| ());
            assert!(splitter.held.capacity() <= 2 * MAX_LINE_BYTES);
        }
        let mut out = Vec::new();
        splitter.push(b"y\nnext\n", |at| out.push((at.offset, format!("{:?}", at.piece))));
        let bytes = 64 * 65_536 + 1;
        assert_eq!(out[0], (0, format!("Oversized {{ bytes: {bytes} }}")));
        assert_eq!(out[1], (bytes + 1, "Line(\"next\")".to_owned()));
    }

    #[test]
    fn the_settled_offset_is_where_the_unfinished_line_begins() {
        let mut splitter = Splitter::default();
        splitter.push(b"ab\ncd", |_| ());
        assert_eq!(splitter.settled(), 3);
        assert!(splitter.is_mid_line());
    }

    #[test]
    fn a_nul_run_settles_with_the_line_behind_it() {
        let mut splitter = Splitter::default();
        splitter.push(b"a\n\0\0b", |at| assert_eq!(at.piece, Piece::Line("a")));
        assert_eq!(splitter.settled(), 2);
        let mut count = 0;
        splitter.push(b"\xff\n", |_| count += 1);
        assert_eq!((count, splitter.settled()), (2, 7));
    }

    #[test]
    fn a_resumed_splitter_goes_on_with_number_and_offset() {
        let mut splitter = Splitter::resume(10, 3);
        splitter.push(b"ab\n", |at| assert_eq!((at.line_no, at.offset), (4, 10)));
        assert_eq!((splitter.settled(), splitter.lines()), (13, 4));
    }
}
