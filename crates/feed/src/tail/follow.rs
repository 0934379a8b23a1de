//! One session being followed: its history first, then its files as they grow.
//!
//! Invariants: the live files are opened before the directory is listed, and listed parts that are those
//! very files are left out, so a rotation in between neither hides nor doubles a part. A file that cannot
//! be read is said once per change and tried again; it never holds up the others.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tracing::{info, warn};

use super::{
    batch::Message,
    follower::{Follower, Notice, Polled, identity},
    part::PartReader,
};
use crate::{
    session::{Part, Source, history},
    status::Status,
};

/// A session and how far it has been read.
pub(crate) struct Follow {
    dir: PathBuf,
    status: Arc<Status>,
    history: VecDeque<Part>,
    reading: Option<PartReader>,
    files: Vec<Follower>,
}

impl Follow {
    /// Starts at the session's beginning.
    pub(crate) fn start(dir: PathBuf, status: Arc<Status>) -> Self {
        let mut files: Vec<Follower> = Source::ALL
            .into_iter()
            .map(|source| Follower::new(source, dir.join(format!("{}.jsonl", source.name())).into()))
            .collect();
        for file in &mut files {
            // A file that cannot be opened is reported by the first poll.
            file.open().ok();
        }
        status.begin_session(&dir);
        let history = list(&dir, &files, &status);
        info!(session = %dir.display(), parts = history.len(), "following the session");
        status.set_reading_history(true);
        Self { dir, status, history, reading: None, files }
    }

    /// The session's directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Reads the next chunk of history, or one chunk of every file that grew. True where something was
    /// read or found.
    pub(crate) fn poll(&mut self, now: Duration, buffer: &mut [u8], out: &mut Vec<Message>) -> bool {
        if self.poll_history(buffer, out) {
            return true;
        }
        let (mut progressed, mut behind) = (false, false);
        for index in 0..self.files.len() {
            if let Some(polled) = self.poll_file(index, now, buffer, out) {
                progressed |= polled.progressed;
                behind |= polled.behind;
            }
        }
        if !behind {
            self.status.set_reading_history(false);
        }
        progressed
    }

    fn poll_history(&mut self, buffer: &mut [u8], out: &mut Vec<Message>) -> bool {
        if self.reading.is_none() {
            let Some(part) = self.history.pop_front() else { return false };
            let name = short(&part.path);
            match PartReader::open(part) {
                Ok(reader) => self.reading = Some(reader),
                Err(error) => self.part_failed(&name, &error.to_string()),
            }
        }
        let Some(reader) = &mut self.reading else { return true };
        match reader.read(buffer) {
            Ok((batch, at_end)) => {
                out.push(Message::Batch(batch));
                if at_end {
                    self.reading = None;
                }
            }
            Err(error) => {
                let name = short(reader.path());
                self.reading = None;
                self.part_failed(&name, &error.to_string());
            }
        }
        true
    }

    fn part_failed(&self, name: &str, error: &str) {
        warn!("{error}; the rest of this part is missing from the history");
        self.status.set_trouble(name, Some(format!("{error}: the rest of this part is missing")));
    }

    fn poll_file(
        &mut self,
        index: usize,
        now: Duration,
        buffer: &mut [u8],
        out: &mut Vec<Message>,
    ) -> Option<Polled> {
        let file = self.files.get_mut(index)?;
        let name = short(file.path());
        match file.poll(now, buffer) {
            Ok(mut polled) => {
                if self.status.set_trouble(&name, None) {
                    info!(file = name, "readable again");
                }
                if let Some(offset) = file.offset() {
                    self.status.set_position(&name, offset);
                }
                announce(&name, &polled);
                out.extend(polled.batches.drain(..).map(Message::Batch));
                Some(polled)
            }
            Err(error) => {
                let trouble = format!(
                    "cannot read {}: {error}; check that it is a file that this user may read",
                    file.path().display()
                );
                if self.status.set_trouble(&name, Some(trouble.clone())) {
                    warn!("{trouble} (it is tried again with every poll)");
                }
                None
            }
        }
    }
}

fn list(dir: &Path, files: &[Follower], status: &Status) -> VecDeque<Part> {
    let held: Vec<_> = files.iter().filter_map(Follower::id).collect();
    let is_held =
        |part: &Part| std::fs::metadata(&part.path).is_ok_and(|metadata| held.contains(&identity(&metadata)));
    match history(dir) {
        Ok(parts) => parts.into_iter().filter(|part| !part.live && !is_held(part)).collect(),
        Err(error) => {
            warn!("{error}; rotated parts are missing from the history");
            status.set_trouble("history", Some(error.to_string()));
            VecDeque::new()
        }
    }
}

fn announce(name: &str, polled: &Polled) {
    match polled.notice {
        Some(Notice::Opened) => info!(file = name, "found"),
        Some(Notice::Rotated) => info!(file = name, "rotation: read to its end, following the new file"),
        Some(Notice::Truncated { read }) => {
            warn!(
                file = name,
                bytes_read = read,
                "truncation: shorter than what was read; reading from its beginning"
            );
        }
        None => {}
    }
}

fn short(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
