//! What a journal promises, held against files, faults, kills and a model.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use super::{
    DurableJournal, Extent, FrameWriter, Frames, Journal, JournalError, Limits, Note, Read, Surroundings,
};

mod basic;
mod crash;
mod damage;
mod ids;
mod measure;
mod model;

/// A disk that is full at will: so many bytes can still be written.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    left: Arc<AtomicU64>,
    /// Whether what is written is synced too.
    pub(super) sync: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self { left: Arc::new(AtomicU64::new(u64::MAX)), sync: false }
    }
}

impl Faults {
    pub(super) fn admit(&self, bytes: usize) -> io::Result<()> {
        let left = self.left.load(SeqCst);
        if left == u64::MAX {
            return Ok(());
        }
        if left == 0 || left < bytes as u64 {
            self.left.store(0, SeqCst);
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.left.store(left - bytes as u64, SeqCst);
        Ok(())
    }

    fn leave(&self, bytes: u64) {
        self.left.store(bytes, SeqCst);
    }
}

/// Everything is kept.
const ALL: Limits = Limits { events: u64::MAX, bytes: u64::MAX, age_seconds: u64::MAX, window_seconds: 0 };

fn surroundings() -> Surroundings {
    Surroundings {
        now_us: || 1_000,
        above: 0,
        beyond: 0,
        in_memory: false,
        boot: [1; 16],
        faults: Faults::default(),
        dir: None,
    }
}

/// A journal in a directory that goes when it goes; its first id is 1.
pub(crate) fn temporary(limits: Limits) -> DurableJournal {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let path = dir.path().join("test.journal");
    let surroundings = Surroundings { now_us: || 1, dir: Some(dir), ..surroundings() };
    DurableJournal::open(&path, limits, surroundings).unwrap()
}

/// From now on a journal's disk has room for so many bytes.
pub(crate) fn leave_room(journal: &DurableJournal, bytes: u64) {
    journal.surroundings.faults.leave(bytes);
}

/// The next append finds the journal damaged.
pub(crate) fn spoil(journal: &DurableJournal) {
    *journal.damage() = Some("as a test".to_owned());
}

fn open(path: &Path, limits: Limits) -> DurableJournal {
    DurableJournal::open(path, limits, surroundings()).unwrap()
}

/// `count` frames with lines of so many bytes.
fn frames(first: u64, count: usize, bytes: usize) -> Option<Frames> {
    let mut writer = FrameWriter::new(first);
    for at in 0..count {
        writer.push("orders", &line(first + at as u64, bytes));
    }
    writer.finish()
}

/// The line that belongs to an id.
fn line(id: u64, bytes: usize) -> String {
    format!("{{\"n\":{id},\"pad\":\"{}\"}}", "x".repeat(bytes))
}

fn append(journal: &DurableJournal, count: usize, published_ns: u64) {
    journal.append(frames(journal.extent().head + 1, count, 0), published_ns, &[]).unwrap();
}

fn note(key: &str, value: &str) -> Note {
    Note { key: key.to_owned(), value: Some(value.as_bytes().to_vec()) }
}

/// All frames' ids and data that a reader gets after `id`, reading `max_bytes` at a time; `None` where it is gone.
fn replay(journal: &DurableJournal, mut id: u64, max_bytes: usize) -> Option<Vec<(u64, String)>> {
    let mut out: Vec<(u64, String)> = Vec::new();
    loop {
        match journal.read_after(id, max_bytes).unwrap() {
            Read::UpToDate => return Some(out),
            Read::Gone => return None,
            Read::Frames { bytes, last } => {
                let text = std::str::from_utf8(&bytes).unwrap();
                assert!(text.ends_with("\n\n"), "whole frames only");
                for frame in text.split_terminator("\n\n") {
                    let mut fields = frame.split('\n');
                    let id = fields.next().unwrap().strip_prefix("id: ").unwrap().parse().unwrap();
                    assert_eq!(fields.next(), Some("event: orders"));
                    out.push((id, fields.next().unwrap().strip_prefix("data: ").unwrap().to_owned()));
                }
                assert_eq!(out.last().unwrap().0, last);
                id = last;
            }
        }
    }
}

fn ids(journal: &DurableJournal, id: u64, max_bytes: usize) -> Option<Vec<u64>> {
    Some(replay(journal, id, max_bytes)?.into_iter().map(|(id, _)| id).collect())
}

/// Files beside a journal whose names say that they were set aside.
fn set_aside(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_str().unwrap().contains(".set-aside-")).collect()
}
