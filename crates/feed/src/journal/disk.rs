//! The file under the store.
//!
//! Invariant: whoever holds it holds its lock; a second process, or a second journal in this one, is refused.

use std::{
    fs::{File, OpenOptions},
    io,
    ops::Bound,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use redb::{BackendError, StorageBackend, backends::FileBackend};

use super::error::Failure;

/// Opens a journal's file, or creates it for this user alone.
pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// A file that the store reads and writes, with what a test lets go wrong.
#[derive(Debug)]
pub(super) struct Disk {
    file: FileBackend,
    #[cfg(test)]
    faults: super::tests::Faults,
}

impl Disk {
    pub(super) fn new(file: File, #[cfg(test)] faults: super::tests::Faults) -> Result<Self, Failure> {
        Ok(Self {
            file: FileBackend::new(file)?,
            #[cfg(test)]
            faults,
        })
    }

    /// Lets so many bytes be written.
    #[cfg_attr(
        not(test),
        expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "only tests make it fail")
    )]
    fn admit(&self, bytes: usize) -> io::Result<()> {
        #[cfg(test)]
        self.faults.admit(bytes)?;
        #[cfg(not(test))]
        let _ = bytes;
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.admit(0)?;
        // Tests end processes, not power.
        #[cfg(test)]
        if !self.faults.sync {
            return Ok(());
        }
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.admit(data.len())?;
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
