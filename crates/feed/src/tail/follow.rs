//! One session directory being followed: what is older first, then its files as they grow.
//!
//! Invariants, in the order in which a poll does things: rotated files that are held are read on; parts that
//! wait are read before anything newer; a live file that lost its name is read to its end; only then are
//! names looked at, and what is new is sorted in; only then are live files read. So each log's lines come in
//! the order of its files. Nothing here waits, and every step works on descriptors, so files may change
//! between any two system calls. What is handed out carries the positions that it settles.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    batch::{Batch, Change},
    cursor::Cursor,
    disk::{self, ARCHIVE, Entry, Look},
    notice::{Listener, Notice},
    policy::{Ledger, stem},
    position::{Extent, Position, Stage},
    reader::{Got, Gzip, Plain},
    scan::READING,
};
use crate::session::Source;

/// How much is read of a file at a time, in bytes.
const CHUNK_BYTES: usize = 256 << 10;

/// How often the directory is gone through although no name changed: for growth of parts that were finished
/// and for permissions that were given back.
const SCAN_EVERY: Duration = Duration::from_secs(1);

/// A session and how far it has been read.
pub(crate) struct Follow<L> {
    pub(super) dir: PathBuf,
    pub(super) listener: L,
    pub(super) ledger: Ledger,
    /// The files that have live names, or had them when they were last looked at.
    pub(super) live: BTreeMap<Source, Live>,
    /// Parts to be read before anything newer.
    pub(super) backlog: VecDeque<Target>,
    pub(super) reading: Option<Reading>,
    pub(super) leaving: Vec<Leaving>,
    pub(super) listing: Option<Arc<Listing>>,
    pub(super) scanned: Option<Duration>,
    /// Since when a file of the ledger has not been found.
    pub(super) absent: BTreeMap<u64, Duration>,
    /// Files that were truncated since the last scan.
    pub(super) truncated: BTreeSet<u64>,
    /// Damaged parts, and what they were like when they were tried.
    pub(super) damaged: BTreeMap<String, (Look, String)>,
    /// What is wrong, by file, as of the last scan.
    pub(super) troubles: BTreeMap<String, String>,
    /// Parts of which nothing was read that were written to after they were compared: once is enough.
    pub(super) rewritten: BTreeSet<u64>,
    /// Whether what waits has to be found anew before anything else is read.
    pub(super) stale: bool,
    pub(super) buffer: Vec<u8>,
    reading_history: Option<bool>,
}

/// A file with a live name.
pub(super) struct Live {
    pub(super) open: Plain,
    /// Whether it lost that name.
    pub(super) lost: bool,
    /// What stood beside it when it last had its name: parts that are older, or copies of it.
    pub(super) beside: Arc<Listing>,
}

/// A part that waits.
pub(super) struct Target {
    pub(super) number: u64,
    pub(super) gz: bool,
    /// What it was like when it was compared.
    pub(super) extent: Extent,
}

/// A part that is being read.
pub(super) enum Reading {
    /// With what it was like when it was compared.
    Plain(Box<Plain>, Extent),
    Gzip(Box<Gzip>, u64),
}

/// A file that no longer has a live name, in its grace period.
pub(super) struct Leaving {
    pub(super) open: Plain,
    pub(super) until: Duration,
}

/// The names in a session and its archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) entries: Vec<Entry>,
    pub(super) has_archive: bool,
}

impl Listing {
    /// Whether this inode stands under this name.
    pub(super) fn holds(&self, name: &str, inode: u64) -> bool {
        self.entries.iter().any(|(entry, at)| entry == name && *at == inode)
    }

    /// Whether a part has a name here, wherever it is kept and compressed or not.
    pub(super) fn has_part(&self, name: &str) -> bool {
        self.entries.iter().any(|(entry, _)| stem(entry) == stem(name))
    }
}

impl<L: Listener> Follow<L> {
    /// Goes on where `known` says. `dir` need not be there.
    pub(crate) fn new(dir: PathBuf, known: Vec<Position>, listener: L) -> Self {
        Self {
            dir,
            listener,
            ledger: known.into_iter().map(|position| (position.number, position)).collect(),
            live: BTreeMap::new(),
            backlog: VecDeque::new(),
            reading: None,
            leaving: Vec::new(),
            listing: None,
            scanned: None,
            absent: BTreeMap::new(),
            truncated: BTreeSet::new(),
            damaged: BTreeMap::new(),
            troubles: BTreeMap::new(),
            rewritten: BTreeSet::new(),
            stale: false,
            buffer: vec![0; CHUNK_BYTES],
            reading_history: None,
        }
    }

    /// Reads so many bytes at a time.
    #[cfg(test)]
    pub(crate) fn with_chunk(mut self, bytes: usize) -> Self {
        self.buffer = vec![0; bytes];
        self
    }

    /// Looks once, and reads at most one chunk of each file. True where something was read or found: there
    /// may be more without waiting. `now` is any clock that only grows.
    pub(crate) fn poll(&mut self, now: Duration, out: &mut Vec<Batch>) -> bool {
        let (mut progressed, draining) = self.poll_leaving(now, out);
        if draining {
            return true;
        }
        if self.poll_backlog(now, out) {
            self.tell_history(true);
            return true;
        }
        let listing = self.look_around();
        if self.stale {
            // Parts that waited are somewhere else now: nothing newer may be read before they are found.
            let Some(listing) = listing else { return progressed };
            self.scan(now, listing, out);
            return true;
        }
        let (lost, draining) = self.poll_lost(now, listing.is_some(), out);
        if draining {
            return true;
        }
        if let Some(listing) = listing {
            let due = lost
                || self.listing.as_deref() != Some(&listing)
                || self.scanned.is_none_or(|at| now.saturating_sub(at) >= SCAN_EVERY)
                || self.has_newcomer();
            if due {
                let unsettled = self.scan(now, listing, out);
                let has_lost = self.live.values().any(|live| live.lost);
                if unsettled || has_lost || !self.backlog.is_empty() {
                    return true;
                }
            }
        }
        let (read, behind) = self.poll_live(out);
        progressed |= read;
        self.tell_history(behind);
        progressed
    }

    fn tell_history(&mut self, reading: bool) {
        // Reading history ends once; what a live file grows by later is no history.
        let reading = reading && self.reading_history != Some(false);
        if self.reading_history != Some(reading) {
            self.reading_history = Some(reading);
            self.listener.reading_history(reading);
        }
    }

    /// The names there now; `None` while they cannot be had.
    pub(super) fn look_around(&mut self) -> Option<Listing> {
        match list(&self.dir) {
            Ok(listing) => {
                self.clear("history");
                listing
            }
            Err(error) => {
                let dir = self.dir.display();
                let message =
                    format!("cannot list {dir}: {error}; check that this user may read the directory");
                self.trouble("history", message);
                None
            }
        }
    }

    /// Reads live files that lost their names to their ends, while the directory is there. The first flag
    /// says that one did, the second that the end is not reached.
    fn poll_lost(&mut self, now: Duration, is_there: bool, out: &mut Vec<Batch>) -> (bool, bool) {
        let (mut lost, mut draining) = (false, false);
        for source in Source::ALL {
            let at_name = disk::look(&self.dir.join(live_name(source)));
            let Some(live) = self.live.get_mut(&source) else { continue };
            // A name that cannot be looked at is not lost; the scan says what is wrong with it.
            let Ok(at_name) = at_name else { continue };
            live.lost = at_name.is_none_or(|look| look.id != live.open.id);
            if !live.lost || !is_there || live.open.number.is_none() {
                continue;
            }
            lost = true;
            if self.read_live(source, out).0 {
                draining = true;
            } else if let Some(live) = self.live.remove(&source) {
                self.listener.notice(Notice::Rotated { file: live_name(source) });
                self.leave(live.open, now, out);
            }
        }
        (lost, draining)
    }

    /// Whether a log that is not followed has a file.
    fn has_newcomer(&self) -> bool {
        let unheld = |source: &Source| !self.live.contains_key(source);
        let is_there = |source: Source| matches!(disk::look(&self.dir.join(live_name(source))), Ok(Some(_)));
        Source::ALL
            .into_iter()
            .filter(unheld)
            .any(|source| is_there(source) && !self.troubles.contains_key(&live_name(source)))
    }

    fn poll_live(&mut self, out: &mut Vec<Batch>) -> (bool, bool) {
        let (mut progressed, mut behind) = (false, false);
        for source in Source::ALL {
            let (read, full) = self.read_live(source, out);
            progressed |= read;
            behind |= full;
        }
        (progressed, behind)
    }

    /// Reads on in a live file. The flags say that there was something, and that there may be more.
    fn read_live(&mut self, source: Source, out: &mut Vec<Batch>) -> (bool, bool) {
        let Some(live) = self.live.get_mut(&source).filter(|live| live.open.number.is_some()) else {
            return (false, false);
        };
        let name = live_name(source);
        match live.open.read(&mut self.buffer) {
            Ok(Got::Nothing) => {
                self.clear(&(name + READING));
                (false, false)
            }
            Ok(Got::Chunk { batch, full }) => {
                let (number, read) = (live.open.number, live.open.cursor.read());
                settle(&mut self.ledger, number, &live.open.cursor, batch, out);
                self.listener.position(&name, read);
                (true, full)
            }
            Ok(Got::Over) => {
                self.over_live(source);
                (true, false)
            }
            Err(error) => {
                let path = self.dir.join(&name);
                self.trouble(&(name + READING), format!("cannot read {}: {error}", path.display()));
                (false, false)
            }
        }
    }

    /// Takes a live file that was truncated or rewritten as a new one, whatever becomes of its name.
    pub(super) fn over_live(&mut self, source: Source) {
        if let Some(mut live) = self.live.remove(&source) {
            self.over(&live.open);
            live.open.restart();
            self.live.insert(source, live);
        }
    }

    /// Notes that a file no longer holds what was read of it.
    pub(super) fn over(&mut self, open: &Plain) {
        let Some(position) = open.number.and_then(|number| self.ledger.get(&number)) else { return };
        self.truncated.insert(position.number);
        self.scanned = None;
        let (file, read) = (position.name.clone(), open.cursor.read());
        self.listener.notice(Notice::Truncated { file, read });
    }

    pub(super) fn trouble(&mut self, file: &str, message: String) {
        if self.troubles.get(file) != Some(&message) {
            self.troubles.insert(file.to_owned(), message.clone());
            self.listener.notice(Notice::Trouble { file: file.to_owned(), message });
        }
    }

    pub(super) fn clear(&mut self, file: &str) {
        if self.troubles.remove(file).is_some() {
            self.listener.notice(Notice::Cleared { file: file.to_owned() });
        }
    }
}

/// Hands a chunk's batch out, with the position that it settles.
pub(super) fn settle(
    ledger: &mut Ledger,
    number: Option<u64>,
    cursor: &Cursor,
    mut batch: Batch,
    out: &mut Vec<Batch>,
) {
    if let Some(position) = number.and_then(|number| ledger.get_mut(&number))
        && cursor.settle(position)
    {
        batch.changes.push(Change::Set(position.clone()));
    }
    if !batch.is_empty() {
        out.push(batch);
    }
}

/// Hands out the end of a finished file.
pub(super) fn finish(
    ledger: &mut Ledger,
    number: Option<u64>,
    cursor: &Cursor,
    mut batch: Batch,
    look: Look,
    out: &mut Vec<Batch>,
) {
    let Some(position) = number.and_then(|number| ledger.get_mut(&number)) else { return };
    cursor.settle(position);
    (position.stage, position.extent) = (Stage::Finished, look.extent());
    batch.changes.push(Change::Set(position.clone()));
    out.push(batch);
}

/// Hands out a change of the ledger that comes without lines.
pub(super) fn tell(source: Source, dir: &Path, change: Change, out: &mut Vec<Batch>) {
    let mut batch = Batch::new(source, dir.into(), SystemTime::UNIX_EPOCH);
    batch.changes.push(change);
    out.push(batch);
}

/// The name that a log's writer appends to.
pub(super) fn live_name(source: Source) -> String {
    format!("{}.jsonl", source.name())
}

fn list(dir: &Path) -> io::Result<Option<Listing>> {
    let Some(mut entries) = disk::list(dir, "")? else { return Ok(None) };
    let archive = disk::list(&dir.join(ARCHIVE), "archive/")?;
    let has_archive = archive.is_some();
    entries.extend(archive.into_iter().flatten());
    Ok(Some(Listing { entries, has_archive }))
}
