//! The tail's only way to the disk: looking at a path, opening, listing.
//!
//! Invariant: every look is one system call on one path or descriptor, so whatever happens between two of
//! them is between two calls of this module. Tests put file actions there, and forbid files, through
//! [`seam`].

use std::{
    fs::{File, Metadata, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::{DirEntryExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::fs::OFlags;

use super::position::{Extent, FileId};

/// The folder inside a session in which older parts are kept.
pub(crate) const ARCHIVE: &str = "archive";

/// What stands at a path, or behind a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Its identity.
    pub(crate) id: FileId,
    /// Its length in bytes.
    pub(crate) len: u64,
    /// When it was last written to.
    pub(crate) written: SystemTime,
}

impl Look {
    /// By which a later write shows.
    pub(crate) fn extent(&self) -> Extent {
        let since = self.written.duration_since(UNIX_EPOCH).unwrap_or_default();
        Extent { len: self.len, written_ns: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX) }
    }
}

/// One name in a session, relative to its directory, and the inode behind it.
pub(crate) type Entry = (String, u64);

/// What stands at a path; `None` for nothing.
///
/// # Errors
/// When the path cannot be looked at, or is no regular file.
pub(crate) fn look(path: &Path) -> io::Result<Option<Look>> {
    seam::interrupt();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(of(&metadata))),
        Ok(_) => Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file")),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens a regular file and looks at what was opened.
///
/// # Errors
/// When it cannot be opened, or is no regular file.
pub(crate) fn open(path: &Path) -> io::Result<(File, Look)> {
    seam::interrupt();
    // Opening a pipe would wait for its writer.
    let file =
        OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    seam::permit(metadata.ino())?;
    Ok((file, of(&metadata)))
}

/// Looks at an open file.
///
/// # Errors
/// When the system refuses.
pub(crate) fn look_at(file: &File) -> io::Result<Look> {
    Ok(of(&file.metadata()?))
}

/// Reads at `offset` until `buffer` is full or the file ends; the number of bytes.
///
/// # Errors
/// When the system refuses.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    seam::interrupt();
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The names in a directory, sorted, each after `prefix`; `None` where there is no directory.
///
/// # Errors
/// When it cannot be listed.
pub(crate) fn list(dir: &Path, prefix: &str) -> io::Result<Option<Vec<Entry>>> {
    seam::interrupt();
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string() {
            names.push((format!("{prefix}{name}"), entry.ino()));
        }
    }
    names.sort_unstable();
    Ok(Some(names))
}

/// True where an error says that nothing is there.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn of(metadata: &Metadata) -> Look {
    let birth_ns = metadata
        .created()
        .ok()
        .and_then(|at| u64::try_from(at.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok())
        .filter(|_| seam::births());
    let id = FileId { device: metadata.dev(), inode: metadata.ino(), birth_ns };
    Look { id, len: metadata.len(), written: metadata.modified().unwrap_or(UNIX_EPOCH) }
}

#[cfg(not(test))]
mod seam {
    //! Nothing happens between two calls but what the system does.

    pub(super) fn interrupt() {}

    pub(super) fn births() -> bool {
        true
    }

    #[expect(clippy::unnecessary_wraps, reason = "the tests' counterpart refuses")]
    pub(super) fn permit(_inode: u64) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod seam {
    //! What a test lets happen between two calls, and which files it forbids, for its thread.

    use std::{cell::RefCell, collections::BTreeSet, io};

    type Interrupt = Box<dyn FnMut()>;

    #[derive(Default)]
    struct Seam {
        interrupt: Option<Interrupt>,
        forbidden: BTreeSet<u64>,
        no_births: bool,
    }

    thread_local!(static SEAM: RefCell<Seam> = RefCell::default());

    /// Calls `interrupt` before every look, until another one or `None` is set.
    pub(crate) fn set_interrupt(interrupt: Option<Interrupt>) {
        SEAM.with_borrow_mut(|seam| seam.interrupt = interrupt);
    }

    /// Lets no file with one of these inodes be opened.
    pub(crate) fn set_forbidden(inodes: BTreeSet<u64>) {
        SEAM.with_borrow_mut(|seam| seam.forbidden = inodes);
    }

    /// Whether the file system tells times of birth.
    pub(crate) fn set_births(told: bool) {
        SEAM.with_borrow_mut(|seam| seam.no_births = !told);
    }

    pub(super) fn interrupt() {
        // Taken out while it runs, so that it may look at files itself.
        let Some(mut interrupt) = SEAM.with_borrow_mut(|seam| seam.interrupt.take()) else { return };
        interrupt();
        SEAM.with_borrow_mut(|seam| seam.interrupt = Some(interrupt));
    }

    pub(super) fn births() -> bool {
        SEAM.with_borrow(|seam| !seam.no_births)
    }

    pub(super) fn permit(inode: u64) -> io::Result<()> {
        let forbidden = SEAM.with_borrow(|seam| seam.forbidden.contains(&inode));
        if forbidden { Err(io::ErrorKind::PermissionDenied.into()) } else { Ok(()) }
    }
}
