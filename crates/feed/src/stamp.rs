//! What tells one state of a file from another, without its content.
//!
//! Invariant: times of files move in steps, so one that has just changed may change again unseen: see
//! [`Stamp::is_unsettled`].

use std::{
    fs::Metadata,
    os::unix::fs::MetadataExt as _,
    time::{Duration, SystemTime},
};

use crate::clock;

/// How long after its last change a file may change again without its times showing it.
const UNSETTLED: Duration = Duration::from_secs(2);

/// A file's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    /// Also moves when the mode does.
    changed: (i64, i64),
}

impl Stamp {
    /// The state that `metadata` shows.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether another change could leave the stamp as it is at `now`.
    pub(crate) fn is_unsettled(self, now: SystemTime) -> bool {
        let changed = Duration::from_secs(u64::try_from(self.changed.0).unwrap_or_default());
        Duration::from_nanos(clock::nanos_of(now)).saturating_sub(changed) < UNSETTLED
    }
}
