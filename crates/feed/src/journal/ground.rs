//! The machine under a journal: its clock and boot, opening its file, setting it aside.
//!
//! Invariant: a file is set aside by rename alone, under a name that is free.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use redb::backends::InMemoryBackend;
use tracing::error;

use super::{
    disk,
    error::Failure,
    record::{Boot, Record},
    store::{self, Store},
};
use crate::clock;

/// What a journal takes from the machine.
#[derive(Clone)]
pub(crate) struct Surroundings {
    /// Unix time in microseconds.
    pub(super) now_us: fn() -> u64,
    /// A journal that is begun gives out ids above this one.
    pub(super) above: u64,
    /// A journal that goes on gives out ids above this one.
    pub(super) beyond: u64,
    /// Nothing is written to disk.
    pub(super) in_memory: bool,
    /// Which boot of the machine this is; zero where that is not known.
    pub(super) boot: Boot,
    #[cfg(test)]
    pub(super) faults: super::tests::Faults,
    /// Kept until the journal is closed.
    #[cfg(test)]
    #[expect(dead_code, reason = "its drop is what it is for")]
    pub(super) dir: Option<std::sync::Arc<tempfile::TempDir>>,
}

impl Surroundings {
    /// The machine that this runs on.
    pub(crate) fn real() -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let digits = boot.trim().replace('-', "");
        Self {
            now_us: || clock::unix_nanos() / 1_000,
            above: 0,
            beyond: 0,
            in_memory: false,
            boot: u128::from_str_radix(&digits, 16).unwrap_or_default().to_be_bytes(),
            #[cfg(test)]
            faults: super::tests::Faults::default(),
            #[cfg(test)]
            dir: None,
        }
    }
}

impl Surroundings {
    /// The same, with ids of a journal that is begun above `id`.
    pub(crate) fn above(self, id: u64) -> Self {
        Self { above: id, ..self }
    }

    /// The same, with ids of a journal that goes on above `id` too.
    pub(crate) fn beyond(self, id: u64) -> Self {
        Self { beyond: id, ..self }
    }
}

/// The file as it is open now.
pub(super) enum Opened {
    /// For everything.
    Whole(Store),
    /// For reading, because it cannot be written to.
    ReadOnly(Store),
    /// Not at all.
    No,
}

impl Opened {
    pub(super) fn reader(&self) -> Result<&Store, Failure> {
        match self {
            Self::Whole(store) | Self::ReadOnly(store) => Ok(store),
            Self::No => Err(Failure::Io(io::Error::other("it could not be opened again"))),
        }
    }

    pub(super) fn writer(&self) -> Result<&Store, Failure> {
        match self {
            Self::Whole(store) => Ok(store),
            _ => Err(Failure::Io(io::Error::other("it could not be opened again for writing"))),
        }
    }

    pub(super) fn close(&mut self) {
        if let Self::Whole(store) | Self::ReadOnly(store) = std::mem::replace(self, Self::No) {
            store.close();
        }
    }
}

pub(super) fn open_store(
    path: &Path,
    surroundings: &Surroundings,
    check: bool,
) -> Result<(Store, Option<Record>), Failure> {
    if surroundings.in_memory {
        return Store::open(InMemoryBackend::new(), false);
    }
    // Of what is no file, such as a directory, the system says so.
    let file = disk::open(path).map_err(Failure::Io)?;
    store::in_file(
        file,
        check,
        #[cfg(test)]
        surroundings.faults.clone(),
    )
}

/// Renames what is at `path` and says so.
pub(super) fn set_aside(path: &Path, what: &str, surroundings: &Surroundings) -> io::Result<()> {
    if surroundings.in_memory {
        error!(
            "the journal in memory cannot be used: {what}. A fresh one is begun: pages count again from there"
        );
        return Ok(());
    }
    let seconds = (surroundings.now_us)() / 1_000_000;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".set-aside-{seconds}"));
    let mut aside = PathBuf::from(&name);
    for number in 2.. {
        if !fs::exists(&aside)? {
            break;
        }
        let mut name = name.clone();
        name.push(format!("-{number}"));
        aside = PathBuf::from(name);
    }
    fs::rename(path, &aside)?;
    error!(
        journal = %path.display(), kept_as = %aside.display(),
        "the journal cannot be used: {what}. It was set aside and a fresh one is begun: pages count again from the \
         session's files. Keep the file to have it looked at, or delete it"
    );
    Ok(())
}
