//! A journal's file where it cannot be written to: what the store changes while it is open stays in memory.
//!
//! Invariant: the file is only read.

use std::{
    collections::{HashMap, hash_map::Entry},
    fs::File,
    io,
    ops::Bound,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use redb::{BackendError, StorageBackend};

/// What is kept of the file together, in bytes.
const PAGE: usize = 4_096;

/// A file, and changes to it in memory.
#[derive(Debug)]
pub(super) struct Overlay {
    file: File,
    changes: Mutex<Changes>,
}

#[derive(Debug)]
struct Changes {
    len: u64,
    pages: HashMap<u64, Vec<u8>>,
}

impl Overlay {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        Ok(Self { file, changes: Mutex::new(Changes { len, pages: HashMap::new() }) })
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One page of the file, zero behind its end.
    fn page(&self, number: u64) -> io::Result<Vec<u8>> {
        let (mut page, mut filled) = (vec![0; PAGE], 0);
        while let Some(rest) = page.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, number * PAGE as u64 + filled as u64)? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(page)
    }

    /// Calls `work` with each page of a range, where in it the range is, and where in the range that is.
    fn each(
        offset: u64,
        len: usize,
        mut work: impl FnMut(u64, std::ops::Range<usize>, std::ops::Range<usize>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut done = 0;
        while done < len {
            let at = offset + done as u64;
            let start = usize::try_from(at % PAGE as u64).unwrap_or_default();
            let count = (PAGE - start).min(len - done);
            work(at / PAGE as u64, start..start + count, done..done + count)?;
            done += count;
        }
        Ok(())
    }
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.changes().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let known = self.changes();
        if offset.saturating_add(out.len() as u64) > known.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Self::each(offset, out.len(), |number, within, place| {
            let changed = known.pages.get(&number);
            let from_file = if changed.is_none() { Some(self.page(number)?) } else { None };
            let page = changed.or(from_file.as_ref()).and_then(|page| page.get(within));
            if let (Some(page), Some(out)) = (page, out.get_mut(place)) {
                out.copy_from_slice(page);
            }
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.changes().len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut changes = self.changes();
        Self::each(offset, data.len(), |number, within, place| {
            let page = match changes.pages.entry(number) {
                Entry::Occupied(page) => page.into_mut(),
                Entry::Vacant(vacant) => vacant.insert(self.page(number)?),
            };
            if let (Some(page), Some(data)) = (page.get_mut(within), data.get(place)) {
                page.copy_from_slice(data);
            }
            Ok(())
        })
    }

    fn try_lock_range(&self, _start: Bound<u64>, _end: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn unlock_range(&self, _start: Bound<u64>, _end: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }
}
