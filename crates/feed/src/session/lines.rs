//! The lines of one part, plain or gzipped, in constant memory.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
    sync::Arc,
};

use flate2::bufread::MultiGzDecoder;

use super::{Located, Part, Piece, ReadError, Source, Splitter};

/// How much is read at a time, in bytes.
const CHUNK_BYTES: usize = 64 << 10;

/// One line of a part and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The log that the part belongs to.
    pub source: Source,
    /// The part's path.
    pub path: Arc<Path>,
    /// Line number within the part, from 1.
    pub line_no: u64,
    /// Offset of the line's first byte in the part's decompressed bytes.
    pub offset: u64,
    /// What stands there.
    pub content: Content,
}

/// What a line turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text without its line end; never blank. Not yet known to be JSON.
    Line(String),
    /// Longer than [`super::MAX_LINE_BYTES`]; skipped.
    Oversized {
        /// Length without the newline.
        bytes: u64,
    },
    /// Not UTF-8; skipped.
    NotUtf8 {
        /// Length without the newline.
        bytes: u64,
    },
    /// NUL bytes where the line begins; skipped. The rest of that line follows with the same number.
    NulRun {
        /// How many.
        bytes: u64,
    },
}

/// Opens a part for reading, through a decompressor where it needs one.
///
/// # Errors
/// When the file cannot be opened, with its path.
pub fn open(part: &Part) -> Result<Box<dyn Read + Send>, ReadError> {
    let failed = |source| read_error(&part.path, source);
    // Opening a pipe would wait for its writer.
    if !std::fs::metadata(&part.path).map_err(failed)?.is_file() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")));
    }
    let file = File::open(&part.path).map_err(failed)?;
    Ok(if part.gz { Box::new(MultiGzDecoder::new(BufReader::new(file))) } else { Box::new(file) })
}

/// Iterates over a part's lines.
///
/// # Errors
/// When the part cannot be opened. Later failures (a truncated gzip) come as the iterator's last item.
pub fn lines(part: &Part) -> Result<Lines, ReadError> {
    Ok(Lines {
        reader: Some(open(part)?),
        path: part.path.clone().into(),
        source: part.source,
        live: part.live,
        splitter: Splitter::default(),
        ready: VecDeque::new(),
    })
}

/// Iterator over the [`Record`]s of one part. Blank lines are passed over. The last line of a live part
/// counts only when it ends in a newline.
pub struct Lines {
    reader: Option<Box<dyn Read + Send>>,
    path: Arc<Path>,
    source: Source,
    live: bool,
    splitter: Splitter,
    ready: VecDeque<Record>,
}

impl Lines {
    fn refill(&mut self) -> Result<(), ReadError> {
        let Some(reader) = &mut self.reader else { return Ok(()) };
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        let outcome = reader.take(CHUNK_BYTES as u64).read_to_end(&mut chunk);
        let Self { splitter, ready, path, source, .. } = self;
        let mut emit = |at: Located<'_>| ready.extend(record(*source, path, at));
        splitter.push(&chunk, &mut emit);
        match outcome {
            Ok(0) => {
                if !self.live {
                    splitter.finish(&mut emit);
                }
                self.reader = None;
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(source) => {
                self.reader = None;
                Err(read_error(&self.path, source))
            }
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok(record));
            }
            self.reader.as_ref()?;
            if let Err(error) = self.refill() {
                // Lines that were complete before the failure come first; the failure is their successor.
                if self.ready.is_empty() {
                    return Some(Err(error));
                }
                self.reader = Some(Box::new(Failed(Some(error.source))));
            }
        }
    }
}

/// A reader that fails once more with the error that was met.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

fn record(source: Source, path: &Arc<Path>, at: Located<'_>) -> Option<Record> {
    let content = match at.piece {
        Piece::Line(line) if line.trim().is_empty() => return None,
        Piece::Line(line) => Content::Line(line.to_owned()),
        Piece::Oversized { bytes } => Content::Oversized { bytes },
        Piece::NotUtf8 { bytes } => Content::NotUtf8 { bytes },
        Piece::NulRun { bytes } => Content::NulRun { bytes },
    };
    Some(Record { source, path: Arc::clone(path), line_no: at.line_no, offset: at.offset, content })
}

fn read_error(path: &Path, source: io::Error) -> ReadError {
    ReadError { action: "read", path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Reads a part with these bytes; each line as text, an error as `error`.
    fn read(name: &str, bytes: &[u8], live: bool) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let part = Part { path, source: Source::Events, gz: name == "x.jsonl.gz", live };
        lines(&part)
            .unwrap()
            .map(|record| match record {
                Ok(Record { content: Content::Line(text), .. }) => text,
                Ok(record) => format!("{:?}", record.content),
                Err(_) => "error".to_owned(),
            })
            .collect()
    }

    #[test]
    fn a_gzipped_part_reads_like_a_plain_one() {
        let text = b"{\"a\":1}\n\n{\"b\":2}\n";
        let expected = ["{\"a\":1}", "{\"b\":2}"];
        assert_eq!(read("x.jsonl", text, true), expected);
        assert_eq!(read("x.jsonl.gz", &gzip(text), false), expected);
        let twice = [gzip(b"{\"a\":1}\n"), gzip(b"{\"b\":2}\n")].concat();
        assert_eq!(read("x.jsonl.gz", &twice, false), expected);
    }

    #[test]
    fn the_unfinished_last_line_counts_only_where_nothing_more_can_come() {
        assert_eq!(read("x.jsonl", b"{}\n{\"a\":", true), ["{}"]);
        assert_eq!(read("x.jsonl", b"{}\n{\"a\":1}", false), ["{}", "{\"a\":1}"]);
    }

    #[test]
    fn a_truncated_gzip_gives_its_lines_and_then_an_error() {
        let bytes = gzip("{\"line\":\"some text that repeats\"}\n".repeat(100_000).as_bytes());
        let read = read("x.jsonl.gz", &bytes[..bytes.len() / 2], false);
        assert!(read.len() > 1_000, "{}", read.len());
        assert_eq!(read.iter().filter(|line| *line == "error").count(), 1);
        assert_eq!(read.last().unwrap(), "error");
    }

    #[test]
    fn oversized_and_broken_lines_are_reported_between_good_ones() {
        let mut bytes = b"{}\n\xff\n".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', super::super::MAX_LINE_BYTES + 5));
        bytes.extend(b"\n{}\n");
        let oversized = format!("Oversized {{ bytes: {} }}", super::super::MAX_LINE_BYTES + 5);
        assert_eq!(read("x.jsonl", &bytes, true), ["{}", "NotUtf8 { bytes: 1 }", &oversized, "{}"]);
    }
}
