//! Reads one finished part (rotated, archived, gzipped) chunk by chunk.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use super::batch::Batch;
use crate::session::{Part, ReadError, Splitter, open};

/// A part that is being read.
pub(crate) struct PartReader {
    part: Part,
    path: Arc<Path>,
    reader: Box<dyn Read + Send>,
    written: SystemTime,
    splitter: Splitter,
}

impl PartReader {
    /// Opens a part. One that was compressed since it was listed is found under its `.gz` name.
    ///
    /// # Errors
    /// When it cannot be opened under either name.
    pub(crate) fn open(mut part: Part) -> Result<Self, ReadError> {
        if !part.gz && !part.path.exists() {
            part.path = with_gz(&part.path);
            part.gz = true;
        }
        let reader = open(&part)?;
        let written = File::open(&part.path).and_then(|file| file.metadata()?.modified());
        Ok(Self {
            path: part.path.clone().into(),
            part,
            reader,
            written: written.unwrap_or(SystemTime::UNIX_EPOCH),
            splitter: Splitter::default(),
        })
    }

    /// The part's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the next chunk; the flag is true at the end of the part.
    ///
    /// # Errors
    /// When reading or decompressing fails; the part is not read further.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<(Batch, bool), ReadError> {
        let wrap = |source| ReadError { action: "read", path: self.part.path.clone(), source };
        let count = self.reader.read(buffer).map_err(wrap)?;
        let mut batch = Batch::new(self.part.source, Arc::clone(&self.path), self.written);
        let chunk = buffer.get(..count).unwrap_or_default();
        self.splitter.push(chunk, |at| batch.push(at));
        if count == 0 {
            self.splitter.finish(|at| batch.push(at));
        }
        batch.settled = self.splitter.settled();
        Ok((batch, count == 0))
    }
}

fn with_gz(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".gz");
    name.into()
}
