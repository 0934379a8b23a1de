//! SQLite in write-ahead mode: one table of blocks, one of notes.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Durability, Store};

pub struct Sqlite {
    db: Connection,
}

impl Sqlite {
    pub fn open(path: &Path, durability: Durability) -> Result<Self> {
        let db = Connection::open(path)?;
        let synchronous = match durability {
            Durability::Kill => "NORMAL",
            Durability::Power => "FULL",
        };
        db.execute_batch(&format!(
            "PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;
             PRAGMA synchronous = {synchronous}; PRAGMA cache_size = -32768;
             CREATE TABLE IF NOT EXISTS blocks (id INTEGER PRIMARY KEY, block BLOB NOT NULL);
             CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
        ))?;
        Ok(Self { db })
    }
}

fn signed(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

impl Store for Sqlite {
    fn append(
        &mut self,
        first: u64,
        block: &[u8],
        notes: &[(String, Vec<u8>)],
        delete_below: u64,
    ) -> Result<()> {
        let txn = self.db.transaction()?;
        txn.prepare_cached("INSERT INTO blocks VALUES (?, ?)")?.execute(params![signed(first), block])?;
        for (key, value) in notes {
            txn.prepare_cached("INSERT OR REPLACE INTO notes VALUES (?, ?)")?.execute(params![key, value])?;
        }
        if delete_below > 0 {
            txn.prepare_cached("DELETE FROM blocks WHERE id < ?")?.execute([signed(delete_below)])?;
        }
        txn.commit()?;
        Ok(())
    }

    fn replay(&mut self, first: u64, visit: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        let mut select = self.db.prepare_cached("SELECT id, block FROM blocks WHERE id >= ? ORDER BY id")?;
        let mut rows = select.query([signed(first)])?;
        while let Some(row) = rows.next()? {
            visit(u64::try_from(row.get::<_, i64>(0)?)?, row.get_ref(1)?.as_blob()?);
        }
        Ok(())
    }

    fn newest(&mut self) -> Result<Option<u64>> {
        let newest = self
            .db
            .query_row("SELECT id FROM blocks ORDER BY id DESC LIMIT 1", [], |row| row.get::<_, i64>(0));
        Ok(newest.optional()?.and_then(|id| u64::try_from(id).ok()))
    }

    fn settle(&mut self) -> Result<()> {
        self.db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")?;
        Ok(())
    }
}
