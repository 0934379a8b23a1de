//! Follows one path: growth, rename, truncation, disappearance.
//!
//! Invariants: a descriptor that lost its name is read to its end before the new file is opened, and is
//! then kept for [`GRACE`] longer, because a writer may still hold it. While a descriptor is held
//! its inode cannot be given to another file, so (device, inode) is an identity here.

use std::{
    fs::{File, Metadata},
    io::{self, ErrorKind},
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    batch::Batch,
    policy::{Action, FileId, Held, Seen, decide},
};
use crate::session::{Source, Splitter};

/// How long a rotated file is still read for after it last grew.
const GRACE: Duration = Duration::from_secs(2);

/// One open file and how far it has been read.
struct OpenFile {
    file: File,
    id: FileId,
    offset: u64,
    splitter: Splitter,
}

/// A rotated file in its grace period.
struct Leaving {
    open: OpenFile,
    until: Duration,
}

/// What a poll of one file came to.
pub(crate) struct Polled {
    /// Lines that became complete.
    pub(crate) batches: Vec<Batch>,
    /// True where bytes were read: poll again without waiting.
    pub(crate) progressed: bool,
    /// True where a read filled the buffer: its end is not in sight.
    pub(crate) behind: bool,
    /// What happened to the file beyond growth.
    pub(crate) notice: Option<Notice>,
}

/// A file's life events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Found and opened.
    Opened,
    /// Another file took its name.
    Rotated,
    /// It became shorter than what had been read of it.
    Truncated {
        /// How much had been read, in bytes.
        read: u64,
    },
}

/// Follows one log of a session.
pub(crate) struct Follower {
    source: Source,
    path: Arc<Path>,
    current: Option<OpenFile>,
    leaving: Vec<Leaving>,
}

impl Follower {
    pub(crate) fn new(source: Source, path: Arc<Path>) -> Self {
        Self { source, path, current: None, leaving: Vec::new() }
    }

    /// The path that is followed.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes read of the file that has the name now; `None` while there is none.
    pub(crate) fn offset(&self) -> Option<u64> {
        self.current.as_ref().map(|open| open.offset)
    }

    /// Identity of the file that is being followed.
    pub(crate) fn id(&self) -> Option<FileId> {
        self.current.as_ref().map(|open| open.id)
    }

    /// Opens the file if it is there, without reading from it.
    pub(crate) fn open(&mut self) -> io::Result<()> {
        if self.current.is_none() && seen(&self.path)?.is_some() {
            self.current = Some(OpenFile::open(&self.path)?);
        }
        Ok(())
    }

    /// Looks once and reads at most `buffer.len()` bytes per open descriptor. `now` is any clock that only
    /// grows.
    ///
    /// # Errors
    /// When the path cannot be looked at, opened or read. The next poll tries again.
    pub(crate) fn poll(&mut self, now: Duration, buffer: &mut [u8]) -> io::Result<Polled> {
        let mut polled = Polled { batches: Vec::new(), progressed: false, behind: false, notice: None };
        self.poll_leaving(now, buffer, &mut polled)?;
        let held = self.current.as_ref().map(|open| Held { id: open.id, offset: open.offset });
        match decide(held, seen(&self.path)?) {
            Action::Wait => {}
            Action::Open => {
                self.current = Some(OpenFile::open(&self.path)?);
                polled.notice = Some(Notice::Opened);
                polled.progressed = true;
            }
            Action::Read | Action::Drain => self.read_current(buffer, &mut polled)?,
            Action::StartOver => self.start_over(&mut polled),
            Action::Rotate => {
                let before = polled.progressed;
                polled.progressed = false;
                self.read_current(buffer, &mut polled)?;
                if !polled.progressed {
                    self.rotate(now, &mut polled)?;
                }
                polled.progressed |= before;
            }
        }
        Ok(polled)
    }

    fn read_current(&mut self, buffer: &mut [u8], polled: &mut Polled) -> io::Result<()> {
        if let Some(open) = &mut self.current {
            open.read(self.source, &self.path, buffer, polled)?;
        }
        Ok(())
    }

    fn start_over(&mut self, polled: &mut Polled) {
        if let Some(open) = &mut self.current {
            polled.notice = Some(Notice::Truncated { read: open.offset });
            polled.progressed = true;
            open.offset = 0;
            open.splitter = Splitter::default();
        }
    }

    fn rotate(&mut self, now: Duration, polled: &mut Polled) -> io::Result<()> {
        let next = OpenFile::open(&self.path)?;
        let left = self.current.replace(next);
        self.leaving.extend(left.map(|open| Leaving { open, until: now + GRACE }));
        polled.notice = Some(Notice::Rotated);
        polled.progressed = true;
        Ok(())
    }

    fn poll_leaving(&mut self, now: Duration, buffer: &mut [u8], polled: &mut Polled) -> io::Result<()> {
        let mut kept = Vec::new();
        for mut leaving in self.leaving.drain(..) {
            let grew = leaving.open.read(self.source, &self.path, buffer, polled)?;
            if grew {
                leaving.until = now + GRACE;
            }
            if now < leaving.until {
                kept.push(leaving);
                continue;
            }
            let mut batch = Batch::new(self.source, Arc::clone(&self.path), SystemTime::now());
            leaving.open.splitter.finish(|at| batch.push(at));
            batch.settled = leaving.open.splitter.settled();
            polled.batches.push(batch);
        }
        self.leaving = kept;
        Ok(())
    }
}

impl OpenFile {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let id = identity(&file.metadata()?);
        Ok(Self { file, id, offset: 0, splitter: Splitter::default() })
    }

    /// Reads on; true where there was something.
    fn read(
        &mut self,
        source: Source,
        path: &Arc<Path>,
        buffer: &mut [u8],
        polled: &mut Polled,
    ) -> io::Result<bool> {
        let count = self.file.read_at(buffer, self.offset)?;
        let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else { return Ok(false) };
        let written = self.file.metadata()?.modified()?;
        let mut batch = Batch::new(source, Arc::clone(path), written);
        self.offset += count as u64;
        self.splitter.push(chunk, |at| batch.push(at));
        batch.settled = self.splitter.settled();
        polled.batches.push(batch);
        polled.progressed = true;
        polled.behind |= count == buffer.len();
        Ok(true)
    }
}

/// What stands at a path; `None` for nothing.
fn seen(path: &Path) -> io::Result<Option<Seen>> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(Seen { id: identity(&metadata), len: metadata.len() })),
        Ok(_) => Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file")),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Identity of an open or a listed file.
pub(super) fn identity(metadata: &Metadata) -> FileId {
    FileId { device: metadata.dev(), inode: metadata.ino() }
}
