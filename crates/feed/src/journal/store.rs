//! The tables of a journal in redb, and the transactions over them.
//!
//! Invariants: every commit is synced (two-phase, with the allocator's state, so that opening after a kill needs no
//! repair); one commit writes blocks, notes, the record and what retention drops. What is read is checked against
//! its checksum before it is used. The file does not shrink: what retention drops is room for what comes.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
};

use bytes::Bytes;
use redb::{
    AccessGuard, Database, ReadableDatabase as _, ReadableTable as _, StorageBackend, TableDefinition,
    TableError, TableHandle as _,
};

use super::{
    Limits, Note, Read,
    block::{Block, gather},
    disk::Disk,
    error::Failure,
    record::Record,
};

const RECORD: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("aurora-journal");
const BLOCKS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("blocks");
const NOTES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("notes");

/// The one key of the table of the record.
const RECORD_KEY: &str = "record";

/// Pages kept in memory, in bytes; the system's cache does the rest.
const CACHE_BYTES: usize = 8 << 20;

/// What retention drops in one commit, at most.
const STEP_BLOCKS: usize = 1_024;
const STEP_BYTES: u64 = 4 << 20;

/// An open journal file.
pub(super) struct Store {
    db: Database,
}

/// What one transaction changes.
pub(super) struct Change<'a> {
    pub(super) blocks: &'a [Block],
    pub(super) notes: &'a [Note],
    /// As it is after the change, but for what retention drops.
    pub(super) record: Record,
    pub(super) limits: &'a Limits,
}

/// Takes a panic of the store for what it is: a file that makes no sense to it.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Failure::damaged("its structure makes no sense")))
}

impl Store {
    /// Opens a file, or makes an empty one into a store; the record is `None` while nothing was committed.
    /// With `check` every page is verified, which reads the whole file.
    pub(super) fn open(disk: impl StorageBackend, check: bool) -> Result<(Self, Option<Record>), Failure> {
        guarded(|| {
            let mut builder = Database::builder();
            builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(check);
            let db = builder.create_with_backend(disk)?;
            let record = read_record(&db)?;
            Ok((Self { db }, record))
        })
    }

    /// Commits a change and returns the record as it was written.
    pub(super) fn commit(&self, change: &Change<'_>) -> Result<Record, Failure> {
        guarded(|| {
            let mut txn = self.db.begin_write()?;
            txn.set_quick_repair(true);
            let record = {
                let mut blocks = txn.open_table(BLOCKS)?;
                for block in change.blocks {
                    blocks.insert(block.frames.first, block.encode().as_slice())?;
                }
                trim(&mut blocks, change.record, change.limits)?
            };
            {
                let mut notes = txn.open_table(NOTES)?;
                for Note { key, value } in change.notes {
                    match value {
                        Some(value) => drop(notes.insert(key.as_str(), sealed(key, value).as_slice())?),
                        None => drop(notes.remove(key.as_str())?),
                    }
                }
            }
            txn.open_table(RECORD)?.insert(RECORD_KEY, record.encode().as_slice())?;
            txn.commit()?;
            Ok(record)
        })
    }

    /// What follows `id` in a journal of that record.
    pub(super) fn read_after(&self, id: u64, max_bytes: usize, record: &Record) -> Result<Read, Failure> {
        guarded(|| {
            let txn = self.db.begin_read()?;
            let Some(blocks) = existing(txn.open_table(BLOCKS))? else { return Ok(Read::Gone) };
            let mut following = blocks.range(id + 1..=record.head)?.map(decoded).peekable();
            let continues =
                |next: &Result<Block, Failure>| next.as_ref().is_ok_and(|next| next.follows == id);
            if !following.peek().is_some_and(continues) {
                // `id` is inside of a block, or nothing that is retained follows it.
                let before =
                    if id < record.first { None } else { blocks.range(record.first..=id)?.next_back() };
                let before = before.map(decoded).transpose()?;
                let next = following.peek().and_then(|next| next.as_ref().ok());
                match before {
                    Some(block) if block.last() > id => {
                        let rest = std::iter::once(Ok(block)).chain(following);
                        return Ok(frames(gather(rest, id, max_bytes)?));
                    }
                    Some(block) if block.last() == id => match next {
                        Some(next) => next.must_follow(id)?,
                        None if id < record.last => {
                            return Err(Failure::Damaged(format!("events after id {id} are missing")));
                        }
                        None => return Ok(Read::UpToDate),
                    },
                    // Between two runs ids may have been skipped: those in between were never given out.
                    _ if next.is_some_and(|next| next.frames.first != id + 1) => return Ok(Read::Gone),
                    _ => {}
                }
            }
            Ok(frames(gather(following, id, max_bytes)?))
        })
    }

    /// The id after which everything was published at or after that time.
    pub(super) fn published_since(&self, since_ns: u64, record: &Record) -> Result<u64, Failure> {
        guarded(|| {
            let txn = self.db.begin_read()?;
            let Some(blocks) = existing(txn.open_table(BLOCKS))? else { return Ok(record.head) };
            // The first block that is new enough begins in low..high.
            let (mut low, mut high) = (record.first, record.head + 1);
            while low < high {
                let middle = low + (high - low) / 2;
                let Some(entry) = blocks.range(record.first..=middle)?.next_back() else {
                    low = middle + 1;
                    continue;
                };
                let (first, stored) = entry?;
                let block = Block::decode(first.value(), stored.value())?;
                if block.published_ns >= since_ns { high = first.value() } else { low = middle + 1 }
            }
            if low > record.head {
                return Ok(record.head);
            }
            let next = blocks.range(low..=record.head)?.next().transpose()?;
            Ok(next.map_or(record.head, |(first, _)| first.value() - 1))
        })
    }

    /// Notes whose key begins with `prefix`.
    pub(super) fn notes(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        guarded(|| {
            let txn = self.db.begin_read()?;
            let Some(notes) = existing(txn.open_table(NOTES))? else { return Ok(Vec::new()) };
            let mut found = Vec::new();
            for entry in notes.range(prefix..)? {
                let (key, value) = entry?;
                if !key.value().starts_with(prefix) {
                    break;
                }
                found.push((key.value().to_owned(), unsealed(key.value(), value.value())?.to_vec()));
            }
            Ok(found)
        })
    }

    /// Gives the file up.
    pub(super) fn close(self) {
        // Everything committed is synced already; what is left to fail concerns the lock alone.
        catch_unwind(AssertUnwindSafe(move || self.db.close().ok())).ok();
    }
}

fn decoded(
    entry: Result<(AccessGuard<'_, u64>, AccessGuard<'_, &[u8]>), redb::StorageError>,
) -> Result<Block, Failure> {
    let (first, stored) = entry?;
    Block::decode(first.value(), stored.value())
}

fn frames(found: Option<(Bytes, u64)>) -> Read {
    found.map_or(Read::Gone, |(bytes, last)| Read::Frames { bytes, last })
}

fn read_record(db: &Database) -> Result<Option<Record>, Failure> {
    let txn = db.begin_read()?;
    let Some(table) = existing(txn.open_table(RECORD))? else {
        let mut others = txn.list_tables()?.map(|table| table.name().to_owned());
        return match others.next() {
            None => Ok(None),
            Some(name) => Err(Failure::Damaged(format!("another program wrote it: it has a table {name:?}"))),
        };
    };
    let Some(stored) = table.get(RECORD_KEY)? else { return Err(Failure::damaged("its record is missing")) };
    let record = Record::decode(stored.value())?;
    let mut fits = record.events == 0;
    if let Some(blocks) = existing(txn.open_table(BLOCKS))?
        && let (Some((first, _)), Some((last, stored))) = (blocks.first()?, blocks.last()?)
    {
        let last = Block::decode(last.value(), stored.value())?.last();
        fits = record.events > 0 && first.value() == record.first && last == record.last;
    }
    if fits {
        Ok(Some(record))
    } else {
        Err(Failure::damaged("its record and its events contradict each other"))
    }
}

/// A note's value with a checksum of both.
fn sealed(key: &str, value: &[u8]) -> Vec<u8> {
    [value, &note_checksum(key, value).to_le_bytes()].concat()
}

fn unsealed<'a>(key: &str, stored: &'a [u8]) -> Result<&'a [u8], Failure> {
    match stored.split_last_chunk::<4>() {
        Some((value, sum)) if u32::from_le_bytes(*sum) == note_checksum(key, value) => Ok(value),
        _ => Err(Failure::Damaged(format!("the note {key:?} does not fit its checksum"))),
    }
}

fn note_checksum(key: &str, value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key.as_bytes());
    hasher.update(value);
    hasher.finalize()
}

fn existing<T>(table: Result<T, TableError>) -> Result<Option<T>, Failure> {
    match table {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Drops the oldest blocks, a bounded number of them, while the limits ask for it.
fn trim(
    blocks: &mut redb::Table<'_, u64, &[u8]>,
    mut record: Record,
    limits: &Limits,
) -> Result<Record, Failure> {
    let (window_ns, mut dropped) = (record.window_ns(limits), 0);
    for _ in 0..STEP_BLOCKS {
        let due = record.oldest_ns < record.cut_ns(limits) && record.oldest_ns < window_ns;
        if !due || record.events == 0 || dropped > STEP_BYTES {
            break;
        }
        let Some((first, stored)) = blocks.pop_first()? else { break };
        let block = Block::decode(first.value(), stored.value())?;
        drop((first, stored));
        let bytes = block.frames.bytes.len() as u64;
        dropped += bytes;
        record.events = record.events.saturating_sub(block.frames.len() as u64);
        record.bytes = record.bytes.saturating_sub(bytes);
        match blocks.first()? {
            Some((first, stored)) => {
                record.first = first.value();
                record.oldest_ns = Block::decode(first.value(), stored.value())?.published_ns;
            }
            None => record.first = record.head + 1,
        }
    }
    Ok(record)
}

/// A store in that file.
pub(super) fn in_file(
    file: File,
    check: bool,
    #[cfg(test)] faults: super::tests::Faults,
) -> Result<(Store, Option<Record>), Failure> {
    let disk = Disk::new(
        file,
        #[cfg(test)]
        faults,
    )?;
    Store::open(disk, check)
}
