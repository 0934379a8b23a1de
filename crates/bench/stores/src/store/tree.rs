//! redb: one table of blocks, one of notes.

use std::{fs::OpenOptions, io, ops::Bound, path::Path};

use anyhow::Result;
use redb::{
    BackendError, Database, ReadableDatabase as _, ReadableTable as _, StorageBackend, TableDefinition,
    backends::FileBackend,
};

use super::{Durability, Store};

const BLOCKS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("blocks");
const NOTES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("notes");

pub struct Tree {
    db: Database,
    quick: bool,
}

impl Tree {
    pub fn open(path: &Path, durability: Durability, quick: bool) -> Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let backend = Backend { file: FileBackend::new(file)?, sync: durability == Durability::Power };
        let db = Database::builder().set_cache_size(32 << 20).create_with_backend(backend)?;
        let txn = db.begin_write()?;
        txn.open_table(BLOCKS)?;
        txn.open_table(NOTES)?;
        txn.commit()?;
        Ok(Self { db, quick })
    }
}

impl Store for Tree {
    fn append(
        &mut self,
        first: u64,
        block: &[u8],
        notes: &[(String, Vec<u8>)],
        delete_below: u64,
    ) -> Result<()> {
        let mut txn = self.db.begin_write()?;
        txn.set_quick_repair(self.quick);
        {
            let mut table = txn.open_table(BLOCKS)?;
            table.insert(first, block)?;
            if delete_below > 0 {
                table.retain_in(..delete_below, |_, _| false)?;
            }
            let mut table = txn.open_table(NOTES)?;
            for (key, value) in notes {
                table.insert(key.as_str(), value.as_slice())?;
            }
        }
        txn.commit()?;
        Ok(())
    }

    fn replay(&mut self, first: u64, visit: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        let txn = self.db.begin_read()?;
        for entry in txn.open_table(BLOCKS)?.range(first..)? {
            let (id, block) = entry?;
            visit(id.value(), block.value());
        }
        Ok(())
    }

    fn newest(&mut self) -> Result<Option<u64>> {
        Ok(self.db.begin_read()?.open_table(BLOCKS)?.last()?.map(|(id, _)| id.value()))
    }
}

/// The file, synced or only written.
#[derive(Debug)]
struct Backend {
    file: FileBackend,
    sync: bool,
}

type Edge = Bound<u64>;

impl StorageBackend for Backend {
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
        if self.sync { self.file.sync_data() } else { Ok(()) }
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write(offset, data)
    }
    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
    fn try_lock_range(&self, start: Edge, end: Edge) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }
    fn try_lock_shared_range(&self, start: Edge, end: Edge) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }
    fn lock_range(&self, start: Edge, end: Edge) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }
    fn lock_shared_range(&self, start: Edge, end: Edge) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }
    fn unlock_range(&self, start: Edge, end: Edge) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }
    fn query_lock_range(&self, start: Edge, end: Edge) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
