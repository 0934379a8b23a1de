//! Answers of real files to the questions of `policy`.

use std::{io, path::Path};

use super::{
    cursor::last,
    disk,
    policy::{Held, Probe, ProbeError, Seen},
    position::{FileId, HEAD_BYTES, MARKER_BYTES, Position, Print},
    reader::{Gzip, Plain},
};

/// Asks files of one session.
pub(crate) struct Contents<'a> {
    /// The session's directory.
    pub(crate) dir: &'a Path,
    /// The descriptors that are held.
    pub(crate) open: Vec<&'a Plain>,
    /// Room for decompressing.
    pub(crate) buffer: &'a mut [u8],
    /// What could not be read, by name.
    pub(crate) failures: Vec<(String, io::Error)>,
    head: Option<(String, FileId, Vec<u8>)>,
}

impl<'a> Contents<'a> {
    pub(crate) fn new(dir: &'a Path, open: Vec<&'a Plain>, buffer: &'a mut [u8]) -> Self {
        Self { dir, open, buffer, failures: Vec::new(), head: None }
    }

    fn failed(&mut self, file: &Seen, error: io::Error) -> ProbeError {
        if disk::is_absent(&error) {
            return ProbeError::Changed;
        }
        self.failures.push((file.name.clone(), error));
        ProbeError::Unreadable
    }

    fn plain(&mut self, file: &Seen) -> Result<Plain, ProbeError> {
        match Plain::open(file.log.source, &self.dir.join(&file.name)) {
            Ok(plain) if plain.id == file.id => Ok(plain),
            Ok(_) => Err(ProbeError::Changed),
            Err(error) => Err(self.failed(file, error)),
        }
    }

    fn gzip(&mut self, file: &Seen) -> Result<Gzip, ProbeError> {
        match Gzip::open(file.log.source, &self.dir.join(&file.name)) {
            Ok(gzip) if gzip.look.id == file.id => Ok(gzip),
            Ok(_) => Err(ProbeError::Changed),
            Err(error) => Err(self.failed(file, error)),
        }
    }

    /// The first bytes, decompressed; those of the last file asked about are kept.
    fn head(&mut self, file: &Seen) -> Result<Vec<u8>, ProbeError> {
        if let Some((name, id, head)) = &self.head
            && (name, *id) == (&file.name, file.id)
        {
            return Ok(head.clone());
        }
        let head = if file.log.gz {
            self.gzip(file)?.head()
        } else {
            let plain = self.plain(file)?;
            plain.bytes(0, HEAD_BYTES).map_err(|error| self.failed(file, error))?
        };
        self.head = Some((file.name.clone(), file.id, head.clone()));
        Ok(head)
    }
}

impl Probe for Contents<'_> {
    fn is(&mut self, file: &Seen, known: &Position, deep: bool) -> Result<bool, ProbeError> {
        if file.live {
            let held = self.open.iter().find(|plain| plain.id == file.id && plain.number.is_none());
            let Some(plain) = held.copied() else { return Ok(false) };
            return is_plain(plain, known, deep).map_err(|error| self.failed(file, error));
        }
        let head = self.head(file)?;
        let begins = head.get(..known.head.len as usize).is_some_and(|head| Print::of(head) == known.head);
        if !begins || !deep {
            return Ok(begins);
        }
        if file.log.gz {
            let mut gzip = self.gzip(file)?;
            // A damaged part is not what it was: it is read as far as it goes, which says what is wrong.
            return Ok(gzip.resume(known, self.buffer).unwrap_or(false));
        }
        let plain = self.plain(file)?;
        is_plain(&plain, known, deep).map_err(|error| self.failed(file, error))
    }

    fn copies(&mut self, file: &Seen, held: &Held) -> Result<bool, ProbeError> {
        let open = self.open.iter().find(|plain| plain.id == held.id && plain.number == held.number);
        let Some(original) = open.copied() else { return Ok(false) };
        let ours = self.head(file)?;
        let theirs = original.bytes(0, HEAD_BYTES).map_err(|error| self.failed(file, error))?;
        let shared = ours.len().min(theirs.len());
        if shared == 0 || ours.get(..shared) != theirs.get(..shared) {
            return Ok(false);
        }
        if file.log.gz {
            return Ok(true);
        }
        let end = file.len.saturating_sub(MARKER_BYTES as u64);
        let plain = self.plain(file)?;
        let count = usize::try_from(file.len - end).unwrap_or(MARKER_BYTES);
        let (ours, theirs) = (plain.bytes(end, count), original.bytes(end, count));
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => Ok(last(&ours, count) == last(&theirs, count)),
            (Err(error), _) | (_, Err(error)) => Err(self.failed(file, error)),
        }
    }
}

/// Whether a plain file holds what was read under a position.
fn is_plain(plain: &Plain, known: &Position, deep: bool) -> io::Result<bool> {
    let begins = Print::of(&plain.bytes(0, known.head.len as usize)?) == known.head;
    if !begins || !deep {
        return Ok(begins);
    }
    let length = known.marker.len;
    let marker = plain.bytes(known.offset.saturating_sub(u64::from(length)), length as usize)?;
    Ok(Print::of(&marker) == known.marker)
}
