//! The session directory: checked and created once, appended to in batches, rotated part by part.
//!
//! Invariant: a flush never leaves a line half-written that the plan did not split.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use flate2::{Compression, GzBuilder};

use super::error::SimulateError;
use super::files::{PerFile, SessionFile};
use super::plan::Action;

/// A file is written when this much has gathered, or at the end of a tick.
const BATCH_BYTES: usize = 256 * 1024;

/// An open session directory.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    tails: PerFile<Tail>,
    compressor: Compressor,
}

/// The end of a file: what is not written yet, and the handle once something was.
#[derive(Debug, Default)]
struct Tail {
    gathered: Vec<u8>,
    file: Option<File>,
}

impl Directory {
    /// Creates the directory, the four files and their lock files.
    ///
    /// # Errors
    /// When the directory holds session files already, or something cannot be created.
    pub(super) fn create(path: &Path) -> Result<Self, SimulateError> {
        fs::create_dir_all(path).map_err(SimulateError::io("create directory", path))?;
        refuse_session(path)?;
        let mut directory =
            Self { path: path.to_owned(), tails: PerFile::default(), compressor: Compressor::default() };
        for file in SessionFile::ALL.into_iter().filter(|file| file.exists_from_start()) {
            directory.open(file)?;
        }
        Ok(directory)
    }

    /// Carries an action out, at the latest with the next [`Directory::flush`].
    ///
    /// # Errors
    /// When a file cannot be written or renamed.
    pub(super) fn apply(&mut self, action: Action) -> Result<(), SimulateError> {
        match action {
            Action::Append { file, bytes } => {
                let tail = self.tails.get_mut(file);
                tail.gathered.extend_from_slice(&bytes);
                if tail.gathered.len() >= BATCH_BYTES { self.flush_file(file) } else { Ok(()) }
            }
            Action::Rotate { file, part } => self.rotate(file, &part),
        }
    }

    /// Writes what has gathered.
    ///
    /// # Errors
    /// When a file cannot be opened or written.
    pub(super) fn flush(&mut self) -> Result<(), SimulateError> {
        SessionFile::ALL.into_iter().try_for_each(|file| self.flush_file(file))
    }

    /// Writes the rest and waits for the parts to be compressed.
    ///
    /// # Errors
    /// When writing or compressing failed.
    pub(super) fn close(mut self) -> Result<(), SimulateError> {
        self.flush()?;
        self.compressor.finish()
    }

    fn flush_file(&mut self, file: SessionFile) -> Result<(), SimulateError> {
        if self.tails.get(file).gathered.is_empty() {
            return Ok(());
        }
        if self.tails.get(file).file.is_none() {
            self.open(file)?;
        }
        let Tail { gathered, file: handle } = self.tails.get_mut(file);
        if let Some(handle) = handle {
            handle.write_all(gathered).map_err(SimulateError::io("write to", self.path.join(file.name())))?;
        }
        gathered.clear();
        Ok(())
    }

    fn open(&mut self, file: SessionFile) -> Result<(), SimulateError> {
        let path = self.path.join(file.name());
        let lock = self.path.join(format!("{}.lock", file.name()));
        File::create(&lock).map_err(SimulateError::io("create", lock))?;
        let handle = OpenOptions::new().append(true).create_new(true).open(&path);
        self.tails.get_mut(file).file = Some(handle.map_err(SimulateError::io("create", path))?);
        Ok(())
    }

    fn rotate(&mut self, file: SessionFile, part: &str) -> Result<(), SimulateError> {
        self.flush_file(file)?;
        self.tails.get_mut(file).file = None;
        let (from, to) = (self.path.join(file.name()), self.path.join(part));
        fs::rename(&from, &to).map_err(SimulateError::io("rotate", from))?;
        self.compressor.submit(to);
        Ok(())
    }
}

/// Refuses a directory with anything that looks like a session file.
fn refuse_session(path: &Path) -> Result<(), SimulateError> {
    let read = |source| SimulateError::Io { what: "read directory", path: path.to_owned(), source };
    for entry in fs::read_dir(path).map_err(read)? {
        let entry = entry.map_err(read)?.path();
        let found = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if found.contains(".jsonl") && entry.extension().is_none_or(|extension| extension != "lock") {
            return Err(SimulateError::DirectoryInUse { dir: path.to_owned(), found });
        }
    }
    Ok(())
}

/// Compresses rotated parts beside the writer, so that writing does not pause.
#[derive(Debug, Default)]
struct Compressor(Option<(mpsc::Sender<PathBuf>, Worker)>);

type Worker = thread::JoinHandle<Result<(), SimulateError>>;

impl Compressor {
    fn submit(&mut self, part: PathBuf) {
        let (parts, _) = self.0.get_or_insert_with(|| {
            let (sender, receiver) = mpsc::channel();
            (sender, thread::spawn(move || receiver.iter().try_for_each(|part: PathBuf| compress(&part))))
        });
        // A compressor that ended left its error for `finish`.
        _ = parts.send(part);
    }

    fn finish(&mut self) -> Result<(), SimulateError> {
        let Some((parts, worker)) = self.0.take() else { return Ok(()) };
        drop(parts);
        worker.join().map_err(|_| SimulateError::Compressor)?
    }
}

/// `part` becomes `part.gz`.
fn compress(part: &Path) -> Result<(), SimulateError> {
    let mut target = part.as_os_str().to_owned();
    target.push(".gz");
    let copy = || -> io::Result<()> {
        let target = File::create(&target)?;
        let mut encoder = GzBuilder::new().write(target, Compression::fast());
        io::copy(&mut File::open(part)?, &mut encoder)?;
        encoder.finish()?;
        fs::remove_file(part)
    };
    copy().map_err(SimulateError::io("compress", part))
}
