//! One open file, plain or gzipped, read chunk by chunk.
//!
//! Invariant: a plain file's next bytes are read together with the last ones before them, in one call; where
//! those are not what was read before, the file was truncated or rewritten and nothing is taken from it.

use std::{
    fs::File,
    io::{self, BufReader, ErrorKind, Read as _},
    path::Path,
    sync::Arc,
};

use flate2::bufread::MultiGzDecoder;

use super::{
    batch::Batch,
    cursor::{Cursor, last},
    disk::{self, Look},
    position::{FileId, HEAD_BYTES, MARKER_BYTES, Position},
};
use crate::session::Source;

/// What a read came to.
pub(crate) enum Got {
    /// Nothing more, for now.
    Nothing,
    /// Bytes, and perhaps lines; `full` where there may be more at once.
    Chunk {
        /// The lines.
        batch: Batch,
        /// Whether the buffer was filled.
        full: bool,
    },
    /// The file no longer holds what was read of it.
    Over,
}

/// An open plain file.
pub(crate) struct Plain {
    /// The log that it belongs to.
    pub(crate) source: Source,
    /// Its number in the ledger; `None` until it was compared with what is known.
    pub(crate) number: Option<u64>,
    /// Its identity.
    pub(crate) id: FileId,
    /// How far it has been read.
    pub(crate) cursor: Cursor,
    path: Arc<Path>,
    file: File,
}

impl Plain {
    /// Opens a file, without reading from it.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn open(source: Source, path: &Path) -> io::Result<Self> {
        let (file, look) = disk::open(path)?;
        Ok(Self { source, number: None, id: look.id, cursor: Cursor::default(), path: path.into(), file })
    }

    /// Goes on at a position; false where the file holds something else.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn resume(&mut self, position: &Position) -> io::Result<bool> {
        let head = self.bytes(0, position.head.len as usize)?;
        let length = position.marker.len;
        let before = self.bytes(position.offset.saturating_sub(u64::from(length)), length as usize)?;
        let cursor = Cursor::resume(position, &head, &before);
        let same = cursor.is_some();
        if let Some(cursor) = cursor {
            (self.cursor, self.number) = (cursor, Some(position.number));
        }
        Ok(same)
    }

    /// Reads the next chunk.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Got> {
        let overlap = self.cursor.before().len();
        let count = disk::read_at(&self.file, buffer, self.cursor.read() - overlap as u64)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if !bytes.starts_with(self.cursor.before()) {
            return Ok(Got::Over);
        }
        if count == overlap {
            return Ok(Got::Nothing);
        }
        let full = count == buffer.len();
        let mut batch = Batch::new(self.source, Arc::clone(&self.path), self.look()?.written);
        self.cursor.take(bytes, &mut batch);
        Ok(Got::Chunk { batch, full })
    }

    /// Forgets what was read: from here on it is another file.
    pub(crate) fn restart(&mut self) {
        (self.number, self.cursor) = (None, Cursor::default());
    }

    /// Whether the file still holds what was read last. One that cannot be read now is given the benefit
    /// of the doubt: its next read says what is wrong.
    pub(crate) fn is_intact(&self) -> bool {
        let before = self.cursor.before();
        let start = self.cursor.read() - before.len() as u64;
        self.bytes(start, before.len()).map_or(true, |bytes| bytes == before)
    }

    /// Takes the unfinished last line as it is; and what the file is like then.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn finish(&mut self) -> io::Result<(Batch, Look)> {
        let look = self.look()?;
        let mut batch = Batch::new(self.source, Arc::clone(&self.path), look.written);
        self.cursor.finish(&mut batch);
        Ok((batch, look))
    }

    /// What the file is like now.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn look(&self) -> io::Result<Look> {
        disk::look_at(&self.file)
    }

    /// At most `count` bytes from `offset` on.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn bytes(&self, offset: u64, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        let count = disk::read_at(&self.file, &mut bytes, offset)?;
        bytes.truncate(count);
        Ok(bytes)
    }
}

/// An open gzipped part.
pub(crate) struct Gzip {
    /// The log that it belongs to.
    pub(crate) source: Source,
    /// How far it has been read, in decompressed bytes.
    pub(crate) cursor: Cursor,
    /// What it was like when it was opened.
    pub(crate) look: Look,
    path: Arc<Path>,
    decoder: MultiGzDecoder<BufReader<File>>,
}

impl Gzip {
    /// Opens a part, without decompressing any of it.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn open(source: Source, path: &Path) -> io::Result<Self> {
        let (file, look) = disk::open(path)?;
        let decoder = MultiGzDecoder::new(BufReader::new(file));
        Ok(Self { source, cursor: Cursor::default(), look, path: path.into(), decoder })
    }

    /// Decompresses up to a position and goes on there; false where the part holds something else.
    ///
    /// # Errors
    /// When it cannot be read or decompressed.
    pub(crate) fn resume(&mut self, position: &Position, buffer: &mut [u8]) -> io::Result<bool> {
        let (mut head, mut before, mut left) = (Vec::new(), Vec::new(), position.offset);
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let count = fill(&mut self.decoder, buffer.get_mut(..want).unwrap_or_default())?;
            let bytes = buffer.get(..count).unwrap_or_default();
            head.extend(bytes.iter().take(HEAD_BYTES.saturating_sub(head.len())));
            before.extend_from_slice(last(bytes, MARKER_BYTES));
            before = last(&before, MARKER_BYTES).to_vec();
            left -= count as u64;
            if count == 0 {
                return Ok(false);
            }
        }
        let cursor = Cursor::resume(position, &head, &before);
        let same = cursor.is_some();
        self.cursor = cursor.unwrap_or_default();
        Ok(same)
    }

    /// Decompresses the next chunk.
    ///
    /// # Errors
    /// When it cannot be read or decompressed; what came before it was handed out.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Got> {
        let overlap = self.cursor.before().len();
        let (front, rest) = buffer.split_at_mut(overlap.min(buffer.len()));
        front.copy_from_slice(self.cursor.before());
        let count = loop {
            match self.decoder.read(rest) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                outcome => break outcome?,
            }
        };
        if count == 0 {
            return Ok(Got::Nothing);
        }
        let mut batch = Batch::new(self.source, Arc::clone(&self.path), self.look.written);
        self.cursor.take(buffer.get(..overlap + count).unwrap_or_default(), &mut batch);
        Ok(Got::Chunk { batch, full: true })
    }

    /// Takes the unfinished last line as it is.
    pub(crate) fn finish(&mut self) -> Batch {
        let mut batch = Batch::new(self.source, Arc::clone(&self.path), self.look.written);
        self.cursor.finish(&mut batch);
        batch
    }

    /// The first decompressed bytes, at most [`HEAD_BYTES`]; fewer where the part is damaged.
    pub(crate) fn head(&mut self) -> Vec<u8> {
        let mut head = Vec::new();
        // What a damaged part gives before its damage is still a beginning to go by.
        (&mut self.decoder).take(HEAD_BYTES as u64).read_to_end(&mut head).ok();
        head
    }
}

fn fill(reader: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
