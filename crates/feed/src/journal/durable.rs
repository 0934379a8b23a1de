//! The journal: the store, the newest blocks in memory, and what happens when the file fails.
//!
//! Invariants: one thread appends at a time; readers see a batch only once it is committed. A failed write leaves
//! the store closed and opened again, so that the next append can succeed and readers keep what is there. The next
//! id is above every id that this journal, or one set aside in its place, may have given out: after an end that
//! was not clean in an earlier boot of the machine, ids skip ahead to the Unix time in microseconds.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use super::{
    Extent, Figures, Frames, Journal, JournalError, Limits, Note, Read,
    block::Block,
    error::Failure,
    floor::Floor,
    ground::{Opened, Surroundings, open_store, set_aside},
    overlay::Overlay,
    record::{Boot, Record},
    ring::Ring,
    store::{Change, Store},
};

/// A [`Journal`] in a file.
pub(crate) struct DurableJournal {
    pub(super) path: PathBuf,
    pub(super) limits: Limits,
    pub(super) surroundings: Surroundings,
    writer: Mutex<Writer>,
    store: RwLock<Opened>,
    shared: RwLock<Shared>,
    /// What a reader found wrong with the file.
    damage: Mutex<Option<String>>,
    commits: Commits,
}

/// How often something was committed, and how long that took in all.
#[derive(Debug, Default)]
struct Commits {
    count: AtomicU64,
    nanos: AtomicU64,
}

/// What only the appending thread uses.
struct Writer {
    floor: Floor,
    /// Checksum of the batch whose commit failed, and may have taken effect all the same.
    unsettled: Option<u32>,
    /// That batch did take effect: the record with it.
    landed: Option<Record>,
}

/// What readers see.
struct Shared {
    record: Record,
    ring: Ring,
}

impl DurableJournal {
    /// What a journal in memory holds at most, in encoded bytes.
    pub(crate) const IN_MEMORY_BYTES: u64 = 64 << 20;

    /// Opens the journal at `path`, or begins one. What is there and cannot be used is set aside and said.
    ///
    /// # Errors
    /// When another process has it open, or the system refuses.
    pub(crate) fn open(
        path: &Path,
        limits: Limits,
        surroundings: Surroundings,
    ) -> Result<Self, JournalError> {
        let failed = |source: io::Error| Failure::Io(source).at(path, "open");
        let floor = Floor::read(path).map_err(failed)?;
        let (store, record) = match open_store(path, &surroundings, true) {
            Ok((store, Some(record))) => (store, record),
            Ok((store, None)) => (store, Record::fresh(0, surroundings.boot)),
            Err(Failure::Damaged(what)) => {
                set_aside(path, &what, &surroundings).map_err(failed)?;
                let opened =
                    open_store(path, &surroundings, false).map_err(|failure| failure.at(path, "begin"))?;
                (opened.0, Record::fresh(0, surroundings.boot))
            }
            Err(failure) => return Err(failure.at(path, "open")),
        };
        let journal = Self::over(path, limits, surroundings, floor, store);
        let record = journal.continued(record, journal.surroundings.beyond, journal.writer().floor.next());
        journal.shared_mut().record = record;
        Ok(journal)
    }

    /// A journal in the place of the one at `path`, which cannot be kept: it lasts as long as the process. Ids are
    /// above those that are known to have been given out there.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub(crate) fn in_memory(
        path: &Path,
        limits: Limits,
        surroundings: &Surroundings,
    ) -> Result<Self, JournalError> {
        let surroundings = Surroundings { in_memory: true, ..surroundings.clone() };
        // Memory is dearer than a replay window.
        let limits = Limits { bytes: limits.bytes.min(Self::IN_MEMORY_BYTES), window_seconds: 0, ..limits };
        let opened = open_store(path, &surroundings, false);
        let (store, _) = opened.map_err(|failure| failure.at(path, "begin"))?;
        let fresh = Record::fresh(0, surroundings.boot);
        let journal = Self::over(path, limits, surroundings, Floor::unwritten(path), store);
        let record = journal.continued(fresh, 0, journal.writer().floor.next());
        journal.shared_mut().record = record;
        Ok(journal)
    }

    fn over(path: &Path, limits: Limits, surroundings: Surroundings, floor: Floor, store: Store) -> Self {
        let record = Record::fresh(0, surroundings.boot);
        Self {
            path: path.to_path_buf(),
            limits,
            surroundings,
            writer: Mutex::new(Writer { floor, unsettled: None, landed: None }),
            store: RwLock::new(Opened::Whole(store)),
            shared: RwLock::new(Shared { record, ring: Ring::default() }),
            damage: Mutex::default(),
            commits: Commits::default(),
        }
    }

    /// How a journal that was opened goes on: `above` is the last id that this process gave out.
    fn continued(&self, mut record: Record, above: u64, floor: u64) -> Record {
        let known = record.boot != Boot::default() && record.boot == self.surroundings.boot;
        if record.sequence == 0 {
            let above = above.max(self.surroundings.above);
            record = Record::fresh(1.max(self.now_us()).max(floor).max(above + 1), self.surroundings.boot);
        } else if !(record.closed || known) || record.head < above {
            record.skip_to(self.now_us().max(floor).max(above + 1));
        }
        Record { boot: self.surroundings.boot, closed: false, ..record }
    }

    fn now_us(&self) -> u64 {
        (self.surroundings.now_us)()
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self) -> RwLockReadGuard<'_, Opened> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn store_mut(&self) -> RwLockWriteGuard<'_, Opened> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn shared(&self) -> RwLockReadGuard<'_, Shared> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn shared_mut(&self) -> RwLockWriteGuard<'_, Shared> {
        self.shared.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn damage(&self) -> MutexGuard<'_, Option<String>> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits a change to an open store and shows it to readers.
    fn commit(
        &self,
        writer: &mut Writer,
        blocks: Vec<Block>,
        notes: &[Note],
        record: Record,
    ) -> Result<(), JournalError> {
        let last = blocks.last().map_or(record.head, Block::last);
        let reserved = writer.floor.reserve(last).map_err(Failure::Io);
        let begun = Instant::now();
        let committed = reserved.and_then(|()| {
            let change = Change { blocks: &blocks, notes, record, limits: &self.limits };
            self.store().writer()?.commit(&change)
        });
        match committed {
            Ok(record) => {
                self.commits.add(begun.elapsed());
                self.show(blocks, record);
                Ok(())
            }
            Err(failure) => {
                writer.unsettled = Some(record.digest);
                if let Failure::Damaged(what) = &failure {
                    *self.damage() = Some(what.clone());
                }
                let failed = failure.at(&self.path, "write");
                // Readers go on with what is there; what keeps it from opening is said by the next append.
                self.reopen(writer).ok();
                Err(failed)
            }
        }
    }

    fn show(&self, blocks: Vec<Block>, record: Record) {
        let mut shared = self.shared_mut();
        for block in blocks {
            shared.ring.push(block);
        }
        shared.ring.retain_from(record.first);
        shared.record = record;
    }

    /// Sees to it that there is a store to write to. Sets a damaged file aside and begins a fresh one, which is an
    /// error, so that the caller numbers its batch again.
    fn ready(&self, writer: &mut Writer) -> Result<(), JournalError> {
        let damage = self.damage().take();
        if let Some(what) = damage {
            self.store_mut().close();
            return self.begin(writer, &what);
        }
        if self.store().writer().is_err() {
            self.reopen(writer)?;
        }
        let Some(record) = writer.landed.take() else { return Ok(()) };
        // The batch that failed was committed after all. It counts as published, for it cannot be taken back.
        self.shared_mut().ring.clear();
        self.show(Vec::new(), record);
        Ok(())
    }

    /// Closes the store and opens it again; for reading alone, with an error, where it cannot be written to.
    fn reopen(&self, writer: &mut Writer) -> Result<(), JournalError> {
        let mut slot = self.store_mut();
        slot.close();
        let known = self.shared().record;
        match open_store(&self.path, &self.surroundings, false) {
            Ok((store, Some(record))) if record.sequence == known.sequence => *slot = Opened::Whole(store),
            Ok((store, None)) if known.sequence == 0 => *slot = Opened::Whole(store),
            Ok((store, Some(record)))
                if record.sequence == known.sequence + 1 && writer.unsettled == Some(record.digest) =>
            {
                writer.landed = Some(Record { closed: false, ..record });
                *slot = Opened::Whole(store);
            }
            Ok((store, _)) => {
                store.close();
                *self.damage() = Some("it is not the file that was written to before".to_owned());
            }
            Err(Failure::Damaged(what)) => *self.damage() = Some(what),
            Err(failure) => {
                let shown = Overlay::open(&self.path).map_err(Failure::Io);
                if let Failure::Io(_) = failure
                    && let Ok((store, record)) = shown.and_then(|file| Store::open(file, false))
                    && record.map_or(0, |record| record.sequence) >= known.sequence
                {
                    *slot = Opened::ReadOnly(store);
                }
                return Err(failure.at(&self.path, "open"));
            }
        }
        Ok(())
    }

    /// Sets the file aside and begins a fresh one above every id given out.
    fn begin(&self, writer: &mut Writer, what: &str) -> Result<(), JournalError> {
        let mut slot = self.store_mut();
        let begun = set_aside(&self.path, what, &self.surroundings)
            .map_err(Failure::Io)
            .and_then(|()| open_store(&self.path, &self.surroundings, false));
        let (store, _) = begun.map_err(|failure| {
            *self.damage() = Some(what.to_owned());
            failure.at(&self.path, "begin")
        })?;
        *slot = Opened::Whole(store);
        (writer.unsettled, writer.landed) = (None, None);
        let head = self.shared().record.head;
        let record = self.continued(Record::fresh(0, self.surroundings.boot), head, writer.floor.next());
        let mut shared = self.shared_mut();
        shared.ring.clear();
        shared.record = record;
        Err(JournalError::Begun { path: self.path.clone(), next: record.head + 1 })
    }

    /// Reads from the store; damage is noted, for the next append to deal with.
    fn read<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Store, &Record) -> Result<T, Failure>,
    ) -> Result<T, JournalError> {
        let store = self.store();
        let record = self.shared().record;
        let found = store.reader().and_then(|store| work(store, &record));
        found.map_err(|failure| {
            if let Failure::Damaged(what) = &failure {
                *self.damage() = Some(what.clone());
            }
            failure.at(&self.path, doing)
        })
    }
}

impl Commits {
    fn add(&self, took: Duration) {
        self.count.fetch_add(1, Relaxed);
        self.nanos.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }
}

impl Journal for DurableJournal {
    fn extent(&self) -> Extent {
        self.shared().record.extent()
    }

    fn figures(&self) -> Figures {
        let Record { events, bytes, .. } = self.shared().record;
        let file = if self.surroundings.in_memory { None } else { fs::metadata(&self.path).ok() };
        Figures {
            events,
            bytes,
            file_bytes: file.map(|file| file.len()),
            in_memory: self.surroundings.in_memory,
            commits: self.commits.count.load(Relaxed),
            commit_time: Duration::from_nanos(self.commits.nanos.load(Relaxed)),
        }
    }

    fn append(&self, frames: Option<Frames>, published_ns: u64, notes: &[Note]) -> Result<(), JournalError> {
        let mut writer = self.writer();
        let digest = digest(frames.as_ref(), notes);
        self.ready(&mut writer)?;
        let known = self.shared().record;
        if writer.unsettled.take() == Some(digest) && known.digest == digest {
            return Ok(());
        }
        let next = known.head + 1;
        if let Some(found) = frames.as_ref().map(|frames| frames.first).filter(|first| *first != next) {
            return Err(JournalError::Renumber { next, found });
        }
        let mut record = Record { sequence: known.sequence + 1, digest, ..known };
        let mut blocks = Vec::new();
        if let Some(frames) = frames.filter(|frames| frames.len() > 0) {
            record.newest_ns = published_ns.max(known.newest_ns);
            if record.events == 0 {
                (record.first, record.oldest_ns) = (frames.first, record.newest_ns);
            }
            record.head += frames.len() as u64;
            record.events += frames.len() as u64;
            record.bytes += frames.bytes.len() as u64;
            blocks = Block::split(frames, record.newest_ns, known.last);
            record.last = record.head;
        }
        self.commit(&mut writer, blocks, notes, record)
    }

    fn read_after(&self, id: u64, max_bytes: usize) -> Result<Read, JournalError> {
        {
            let shared = self.shared();
            if id > shared.record.head || id.saturating_add(1) < shared.record.first {
                return Ok(Read::Gone);
            }
            if id == shared.record.head {
                return Ok(Read::UpToDate);
            }
            if let Some(read) = shared.ring.read_after(id, max_bytes) {
                return Ok(read);
            }
        }
        self.read("read", |store, record| {
            if id >= record.head || id + 1 < record.first {
                return Ok(if id == record.head { Read::UpToDate } else { Read::Gone });
            }
            store.read_after(id, max_bytes, record)
        })
    }

    fn published_since(&self, since_ns: u64) -> Result<u64, JournalError> {
        if let Some(id) = self.shared().ring.published_since(since_ns) {
            return Ok(id);
        }
        self.read("read", |store, record| store.published_since(since_ns, record))
    }

    fn notes(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, JournalError> {
        self.read("read", |store, _| store.notes(prefix))
    }

    /// Notes too that ids may go on where they ended.
    fn close(&self) {
        let landed = self.writer().landed.take();
        let mut store = self.store_mut();
        let record = landed.unwrap_or(self.shared().record);
        if let Opened::Whole(store) = &*store
            && self.damage().is_none()
            && record.sequence > 0
        {
            let record = Record { closed: true, sequence: record.sequence + 1, digest: 0, ..record };
            let change = Change { blocks: &[], notes: &[], record, limits: &self.limits };
            // Where it fails, ids skip ahead at the next start.
            store.commit(&change).ok();
        }
        store.close();
    }
}

impl Drop for DurableJournal {
    fn drop(&mut self) {
        self.close();
    }
}

fn digest(frames: Option<&Frames>, notes: &[Note]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    if let Some(frames) = frames {
        hasher.update(&frames.first.to_le_bytes());
        hasher.update(&frames.bytes);
    }
    for note in notes {
        hasher.update(note.key.as_bytes());
        hasher.update(&[u8::from(note.value.is_some())]);
        hasher.update(note.value.as_deref().unwrap_or_default());
    }
    hasher.finalize()
}
