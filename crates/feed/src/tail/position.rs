//! Where the reading of one file stands, as plain data that survives a restart.
//!
//! Invariants: a position speaks only of bytes that are settled (whole lines handed out), so it can be
//! committed together with them. It names no descriptor and no path outside the session. Its bytes begin
//! with a version: what another version wrote is refused, never guessed at.

use sha2::{Digest as _, Sha256};

use crate::session::Source;

/// How much of a file's beginning identifies it, in bytes.
pub(crate) const HEAD_BYTES: usize = 1 << 10;

/// How much before the offset tells that it is still the same content, in bytes.
pub(crate) const MARKER_BYTES: usize = 256;

const VERSION: u8 = 2;

/// Which file on disk, whatever its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId {
    /// Device number.
    pub(crate) device: u64,
    /// Inode number on that device; given to another file once this one is gone.
    pub(crate) inode: u64,
    /// When it was created, in Unix nanoseconds, where the file system tells.
    pub(crate) birth_ns: Option<u64>,
}

/// What a file was like when it had been read to its end: as long as it is like that, nobody wrote to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Its length on disk, in bytes.
    pub(crate) len: u64,
    /// When it was last written to, Unix nanoseconds.
    pub(crate) written_ns: u64,
}

/// A fingerprint of a run of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Print {
    /// How many bytes.
    pub(crate) len: u32,
    /// The first half of their SHA-256.
    pub(crate) hash: [u8; 16],
}

/// What is still to come of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It is being read, or waits for it.
    Reading,
    /// Read to its end after it was rotated or deleted.
    Finished,
    /// It was gone before its end was reached, and that was said.
    Missed,
    /// It is a copy of another file of the ledger: nothing of its own to read, while that one is there.
    Copy {
        /// The other one's number.
        of: u64,
    },
}

/// Where the reading of one file stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The file's number in its session; never two files under one number at a time.
    pub(crate) number: u64,
    /// The log that it belongs to.
    pub(crate) source: Source,
    /// Its last name, relative to the session's directory.
    pub(crate) name: String,
    /// Its identity under that name.
    pub(crate) id: FileId,
    /// Fingerprint of the first settled bytes, up to [`HEAD_BYTES`].
    pub(crate) head: Print,
    /// Fingerprint of the last settled bytes, up to [`MARKER_BYTES`].
    pub(crate) marker: Print,
    /// Offset up to which everything was handed out, in decompressed bytes.
    pub(crate) offset: u64,
    /// Lines up to there.
    pub(crate) lines: u64,
    /// What is still to come.
    pub(crate) stage: Stage,
    /// What it was like when it was finished; zeros before that.
    pub(crate) extent: Extent,
}

/// Why bytes are no position.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum PositionError {
    /// Written by another version.
    #[error(
        "a stored file position has version {found}, this feed reads version {VERSION}: it belongs to another \
         version of the feed; without it the file is read from its beginning and its lines are repeated"
    )]
    Version {
        /// The version that was found.
        found: u8,
    },
    /// Cut off or damaged.
    #[error(
        "a stored file position is damaged ({what}); without it the file is read from its beginning and its \
         lines are repeated"
    )]
    Damaged {
        /// The part that cannot be read.
        what: &'static str,
    },
}

impl Print {
    /// Takes the fingerprint of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; 16];
        for (to, from) in hash.iter_mut().zip(Sha256::digest(bytes)) {
            *to = from;
        }
        Self { len: u32::try_from(bytes.len()).unwrap_or(u32::MAX), hash }
    }
}

impl Position {
    /// A file of which nothing has been handed out.
    pub(crate) fn new(number: u64, source: Source, name: String, id: FileId) -> Self {
        let (head, marker) = (Print::of(&[]), Print::of(&[]));
        let (stage, extent) = (Stage::Reading, Extent::default());
        Self { number, source, name, id, head, marker, offset: 0, lines: 0, stage, extent }
    }

    /// The bytes to keep.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        let (stage, of) = match self.stage {
            Stage::Reading => (0, 0),
            Stage::Finished => (1, 0),
            Stage::Missed => (2, 0),
            Stage::Copy { of } => (3, of),
        };
        out.push(stage);
        out.extend(of.to_le_bytes());
        for text in [self.source.name(), &self.name] {
            out.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
            out.extend(text.as_bytes());
        }
        // Nanoseconds of no birth time: zero, which is 1970.
        let birth = self.id.birth_ns.unwrap_or(0);
        let Extent { len, written_ns } = self.extent;
        let id = [self.number, self.id.device, self.id.inode, birth];
        for number in id.into_iter().chain([self.offset, self.lines, len, written_ns]) {
            out.extend(number.to_le_bytes());
        }
        for print in [self.head, self.marker] {
            out.extend(print.len.to_le_bytes());
            out.extend(print.hash);
        }
        let check = Print::of(&out).hash;
        out.extend(check.iter().take(4));
        out
    }

    /// Reads what [`Position::encode`] wrote.
    ///
    /// # Errors
    /// When the bytes are of another version, or damaged.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, PositionError> {
        let damaged = |what| PositionError::Damaged { what };
        let (body, check) = bytes.split_last_chunk::<4>().ok_or(damaged("too short"))?;
        let mut input = Input(body);
        match input.array::<1>("version")? {
            [VERSION] => {}
            [found] => return Err(PositionError::Version { found }),
        }
        if Print::of(body).hash.first_chunk() != Some(check) {
            return Err(damaged("checksum"));
        }
        let (stage, of) = (input.array::<1>("stage")?, input.number("stage")?);
        let stage = match stage {
            [0] => Stage::Reading,
            [1] => Stage::Finished,
            [2] => Stage::Missed,
            [3] => Stage::Copy { of },
            _ => return Err(damaged("stage")),
        };
        let source = Source::from_name(input.text("log")?).ok_or(damaged("log"))?;
        let name = input.text("name")?.to_owned();
        let number = input.number("number")?;
        let (device, inode) = (input.number("device")?, input.number("inode")?);
        let birth_ns = Some(input.number("birth time")?).filter(|birth| *birth > 0);
        let (offset, lines) = (input.number("offset")?, input.number("lines")?);
        let extent = Extent { len: input.number("length")?, written_ns: input.number("last write")? };
        let (head, marker) = (input.print("head")?, input.print("marker")?);
        let id = FileId { device, inode, birth_ns };
        let whole = input.0.is_empty();
        let position = Self { number, source, name, id, head, marker, offset, lines, stage, extent };
        if whole { Ok(position) } else { Err(damaged("too long")) }
    }
}

/// Some file's, with so many lines.
#[cfg(test)]
pub(crate) fn a_position(number: u64, lines: u64) -> Position {
    let mut position =
        Position::new(number, Source::Denied, "orders_denied.jsonl".to_owned(), FileId::default());
    (position.offset, position.lines) = (lines * 100, lines);
    position
}

/// Bytes still to be read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], PositionError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(PositionError::Damaged { what })?;
        self.0 = rest;
        Ok(*taken)
    }

    fn number(&mut self, what: &'static str) -> Result<u64, PositionError> {
        self.array(what).map(u64::from_le_bytes)
    }

    fn text(&mut self, what: &'static str) -> Result<&'a str, PositionError> {
        let damaged = PositionError::Damaged { what };
        let Ok(len) = usize::try_from(u32::from_le_bytes(self.array(what)?)) else { return Err(damaged) };
        let Some((taken, rest)) = self.0.split_at_checked(len) else { return Err(damaged) };
        self.0 = rest;
        std::str::from_utf8(taken).map_err(|_| damaged)
    }

    fn print(&mut self, what: &'static str) -> Result<Print, PositionError> {
        Ok(Print { len: u32::from_le_bytes(self.array(what)?), hash: self.array(what)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn position(number: u64, name: &str, birth_ns: Option<u64>, stage: Stage) -> Position {
        let id = FileId { device: 7, inode: number / 2, birth_ns };
        let (head, marker) = (Print::of(b"head"), Print::of(name.as_bytes()));
        let mut position = Position::new(number, Source::Denied, name.to_owned(), id);
        (position.head, position.marker, position.offset, position.lines) = (head, marker, number / 3, 12);
        position.stage = stage;
        position
    }

    proptest! {
        #[test]
        fn a_position_comes_back_from_its_bytes(number: u64, name in "[a-z./é]{0,40}", birth: u32, stage in 0..4) {
            let stage = [Stage::Reading, Stage::Finished, Stage::Missed, Stage::Copy { of: 7 }][usize::try_from(stage).unwrap()];
            let position = position(number, &name, Some(u64::from(birth)).filter(|ns| *ns > 0), stage);
            prop_assert_eq!(Position::decode(&position.encode()), Ok(position));
        }

        #[test]
        fn damaged_bytes_are_refused(at in 0_usize..160, bit in 0_u32..8, cut in 0_usize..160) {
            let bytes = position(5, "orders_denied.jsonl", None, Stage::Reading).encode();
            prop_assert!(Position::decode(&bytes[..cut.min(bytes.len() - 1)]).is_err());
            let mut flipped = bytes.clone();
            let at = at % bytes.len();
            flipped[at] ^= 1_u8 << bit;
            prop_assert!(Position::decode(&flipped).is_err());
        }

        #[test]
        fn any_bytes_are_no_panic(bytes: Vec<u8>) {
            Position::decode(&bytes).ok();
        }
    }

    #[test]
    fn another_version_is_named() {
        let mut bytes = position(5, "orders_denied.jsonl", None, Stage::Reading).encode();
        bytes[0] = 9;
        let error = Position::decode(&bytes).unwrap_err();
        assert_eq!(error, PositionError::Version { found: 9 });
        assert!(error.to_string().contains("version 9"), "{error}");
    }
}
