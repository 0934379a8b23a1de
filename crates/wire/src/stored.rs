//! The frame around what is stored: what it is, in which version, how long, and whether it is whole.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | its kind, in letters |
//! | 4 | version of the layout of everything after it, little-endian like the two below |
//! | 8 | length of the body |
//! | 8 | xxh3-64 of the body |
//! | | the body: see [`bytes`] |
//!
//! Invariants: the same values give the same bytes; no bytes make reading panic, or allocate more than a
//! state takes and some multiple of their number.

mod bytes;

use aurora_domain::parts::Broken;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

pub(crate) use self::bytes::{Reader, Writer};

const HEADER: usize = 28;

/// What kind of thing is stored, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    /// Its name in a sentence.
    pub(crate) name: &'static str,
    /// Its first bytes.
    pub(crate) magic: [u8; 8],
    /// The version that is written and read.
    pub(crate) version: u32,
}

/// Why bytes could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// It begins with something else.
    #[error("this is no {name}: it does not begin as one")]
    OtherKind {
        /// What was expected.
        name: &'static str,
    },
    /// It was written by a program with another layout.
    #[error("this {name} has version {found}, and this program reads version {reads}: make a new one")]
    Version {
        /// What it is.
        name: &'static str,
        /// Its version.
        found: u32,
        /// The version that is read.
        reads: u32,
    },
    /// It is shorter or longer than it says.
    #[error(
        "this {name} has {found} bytes and should have {expected}: it was not written or sent to the end"
    )]
    Length {
        /// What it is.
        name: &'static str,
        /// How many bytes there are.
        found: u64,
        /// How many it says that there are.
        expected: u64,
    },
    /// Some byte of it is not the one that was written.
    #[error("this {name} is damaged: its checksum differs; take an older one, or begin without")]
    Checksum {
        /// What it is.
        name: &'static str,
    },
    /// What it holds cannot be.
    #[error("this {name} is damaged at byte {at}, in {part}: {why}; take an older one, or begin without")]
    Damaged {
        /// What it is.
        name: &'static str,
        /// How many bytes were read until then.
        at: usize,
        /// Which part of it.
        part: &'static str,
        /// What is wrong.
        why: &'static str,
    },
}

/// A frame that is being filled, in as many steps as its writer likes.
pub(crate) struct Frame {
    format: Format,
    writer: Writer,
    checksum: Xxh3,
    /// Bytes that the checksum knows.
    checked: usize,
}

impl Frame {
    /// Lets `fill` write on.
    pub(crate) fn fill(&mut self, fill: impl FnOnce(&mut Writer)) {
        fill(&mut self.writer);
        let bytes = self.writer.bytes();
        self.checksum.update(bytes.get(self.checked..).unwrap_or_default());
        self.checked = bytes.len();
    }

    /// The bytes so far.
    pub(crate) fn length(&self) -> usize {
        self.checked
    }

    /// The whole frame.
    pub(crate) fn close(self) -> Vec<u8> {
        let Self { format, writer, checksum, checked } = self;
        let mut bytes = writer.into_bytes();
        let (length, checksum) = ((checked - HEADER) as u64, checksum.digest());
        let header = format.magic.into_iter().chain(format.version.to_le_bytes());
        let header = header.chain(length.to_le_bytes()).chain(checksum.to_le_bytes());
        bytes.iter_mut().zip(header).for_each(|(place, byte)| *place = byte);
        bytes
    }
}

impl Format {
    /// A frame with nothing in it, and room for so many bytes.
    pub(crate) fn open(self, room: usize) -> Frame {
        let mut bytes = Vec::with_capacity(room.max(HEADER));
        bytes.resize(HEADER, 0);
        Frame { format: self, writer: Writer::after(bytes), checksum: Xxh3::new(), checked: HEADER }
    }

    /// Writes a frame around what `fill` writes.
    pub(crate) fn save(self, fill: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut frame = self.open(HEADER);
        frame.fill(fill);
        frame.close()
    }

    /// Reads what a frame holds, to its end.
    pub(crate) fn load<T>(
        self,
        bytes: &[u8],
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, Broken>,
    ) -> Result<T, LoadError> {
        let body = self.body(bytes)?;
        let mut reader = Reader::new(body);
        let value = read(&mut reader).and_then(|value| reader.end().map(|()| value));
        value.map_err(|Broken { part, why }| LoadError::Damaged {
            name: self.name,
            at: HEADER + reader.at(),
            part: if part.is_empty() { self.name } else { part },
            why,
        })
    }

    fn body(self, bytes: &[u8]) -> Result<&[u8], LoadError> {
        let name = self.name;
        let (magic, rest) = bytes.split_first_chunk().ok_or(LoadError::OtherKind { name })?;
        if *magic != self.magic {
            return Err(LoadError::OtherKind { name });
        }
        let found = bytes.len() as u64;
        let short = LoadError::Length { name, found, expected: HEADER as u64 };
        let (version, rest) = rest.split_first_chunk().ok_or_else(|| short.clone())?;
        let version = u32::from_le_bytes(*version);
        if version != self.version {
            return Err(LoadError::Version { name, found: version, reads: self.version });
        }
        let (length, rest) = rest.split_first_chunk().ok_or_else(|| short.clone())?;
        let (checksum, body) = rest.split_first_chunk().ok_or(short)?;
        let length = u64::from_le_bytes(*length);
        if length != body.len() as u64 {
            let expected = length.saturating_add(HEADER as u64);
            return Err(LoadError::Length { name, found, expected });
        }
        if xxh3_64(body) != u64::from_le_bytes(*checksum) {
            return Err(LoadError::Checksum { name });
        }
        Ok(body)
    }
}
