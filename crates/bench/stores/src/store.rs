//! What a journal asks of a store, implemented over each of the stores under comparison.
//!
//! Invariants: one `append` is one transaction; with [`Durability::Kill`] it survives the end of the process,
//! with [`Durability::Power`] also the end of the power.

use std::path::Path;

use anyhow::Result;

mod lsm;
mod sqlite;
mod tree;

/// What a committed batch survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process: written to the system, not synced.
    Kill,
    /// The end of the power: synced.
    Power,
}

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// redb.
    Redb,
    /// redb with quick repair: two-phase commits that keep the allocator's state.
    RedbQuick,
    /// fjall.
    Fjall,
    /// SQLite through rusqlite.
    Sqlite,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Redb, Self::RedbQuick, Self::Fjall, Self::Sqlite];

    /// The name on the command line and in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redb => "redb",
            Self::RedbQuick => "redb-quick",
            Self::Fjall => "fjall",
            Self::Sqlite => "sqlite",
        }
    }

    /// Opens or creates a store at `path`.
    pub fn open(self, path: &Path, durability: Durability) -> Result<Box<dyn Store>> {
        Ok(match self {
            Self::Redb => Box::new(tree::Tree::open(path, durability, false)?),
            Self::RedbQuick => Box::new(tree::Tree::open(path, durability, true)?),
            Self::Fjall => Box::new(lsm::Lsm::open(path, durability)?),
            Self::Sqlite => Box::new(sqlite::Sqlite::open(path, durability)?),
        })
    }
}

/// A block of events, by the id of its first.
pub trait Store {
    /// Commits one block and notes; deletes blocks below `delete_below`.
    fn append(
        &mut self,
        first: u64,
        block: &[u8],
        notes: &[(String, Vec<u8>)],
        delete_below: u64,
    ) -> Result<()>;
    /// Calls `visit` with each block from `first` on.
    fn replay(&mut self, first: u64, visit: &mut dyn FnMut(u64, &[u8])) -> Result<()>;
    /// Id of the newest block; `None` while there is none.
    fn newest(&mut self) -> Result<Option<u64>>;
    /// Lets background work finish, where there is any.
    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}
