//! fjall: a keyspace of blocks, their values apart from the keys, and one of notes.

use std::path::Path;

use anyhow::Result;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode};

use super::{Durability, Store};

pub struct Lsm {
    db: Database,
    blocks: Keyspace,
    notes: Keyspace,
    mode: PersistMode,
    deleted: u64,
}

impl Lsm {
    pub fn open(path: &Path, durability: Durability) -> Result<Self> {
        let db = Database::builder(path).cache_size(32 << 20).open()?;
        let apart =
            || KeyspaceCreateOptions::default().with_kv_separation(Some(KvSeparationOptions::default()));
        let blocks = db.keyspace("blocks", apart)?;
        let notes = db.keyspace("notes", KeyspaceCreateOptions::default)?;
        let mode = match durability {
            Durability::Kill => PersistMode::Buffer,
            Durability::Power => PersistMode::SyncData,
        };
        Ok(Self { db, blocks, notes, mode, deleted: 0 })
    }
}

fn id(key: &[u8]) -> u64 {
    key.try_into().map(u64::from_be_bytes).unwrap_or_default()
}

impl Store for Lsm {
    fn append(
        &mut self,
        first: u64,
        block: &[u8],
        notes: &[(String, Vec<u8>)],
        delete_below: u64,
    ) -> Result<()> {
        let mut batch = self.db.batch().durability(Some(self.mode));
        batch.insert(&self.blocks, first.to_be_bytes(), block);
        for (key, value) in notes {
            batch.insert(&self.notes, key.as_bytes(), value.as_slice());
        }
        if delete_below > self.deleted {
            for entry in self.blocks.range(self.deleted.to_be_bytes()..delete_below.to_be_bytes()) {
                batch.remove(&self.blocks, entry.key()?);
            }
            self.deleted = delete_below;
        }
        batch.commit()?;
        Ok(())
    }

    fn replay(&mut self, first: u64, visit: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        for entry in self.blocks.range(first.to_be_bytes()..) {
            let (key, block) = entry.into_inner()?;
            visit(id(&key), &block);
        }
        Ok(())
    }

    fn newest(&mut self) -> Result<Option<u64>> {
        Ok(match self.blocks.last_key_value() {
            Some(entry) => Some(id(&entry.key()?)),
            None => None,
        })
    }

    fn settle(&mut self) -> Result<()> {
        self.blocks.rotate_memtable_and_wait()?;
        self.blocks.major_compact()?;
        Ok(())
    }
}
