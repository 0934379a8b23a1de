//! Snapshots of a recording on the way, from which a state at any time is made.
//!
//! Invariants: the first one is the beginning and never goes; they are in the order of the recording; at most [`Kept::MOST`]
//! and [`Kept::MOST_BYTES`], beyond which every second one goes.

use aurora_domain::Ts;
use aurora_wire::recording::{Key, Position};

use super::course::Course;

/// The state at a place of the recording.
pub(super) struct Snapshot {
    /// Where the reading stood.
    pub(super) position: Position,
    /// The state's own time; `None` at the beginning, where there is no state yet.
    pub(super) now: Option<Ts>,
    /// The state in bytes; empty at the beginning.
    pub(super) state: Box<[u8]>,
    /// The course up to there.
    pub(super) course: Course,
}

/// All of a recording.
pub(crate) struct Kept {
    snapshots: Vec<Snapshot>,
    bytes: usize,
}

impl Kept {
    /// The most snapshots.
    pub(super) const MOST: usize = 24;
    /// The most bytes of all their states.
    pub(crate) const MOST_BYTES: usize = 96 << 20;

    /// With the beginning alone.
    pub(super) fn new(beginning: Position) -> Self {
        let course = Course::default();
        Self {
            snapshots: vec![Snapshot { position: beginning, now: None, state: Box::default(), course }],
            bytes: 0,
        }
    }

    /// Puts a snapshot at its place, and where there is no room thins all of them out.
    pub(super) fn put(&mut self, snapshot: Snapshot) {
        let lines = snapshot.position.lines();
        let place = self.snapshots.partition_point(|kept| kept.position.lines() <= lines);
        self.snapshots.insert(place, snapshot);
        self.count();
        while self.snapshots.len() > 1 && (self.snapshots.len() > Self::MOST || self.bytes > Self::MOST_BYTES)
        {
            let mut place = 0;
            self.snapshots.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.count();
        }
    }

    /// The bytes of all states.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The room that another snapshot is likely to take.
    pub(super) fn room(&self) -> usize {
        self.snapshots.last().map_or(0, |last| last.state.len() + last.state.len() / 4)
    }

    /// The beginning.
    pub(super) fn first(&self) -> Option<&Snapshot> {
        self.snapshots.first()
    }

    /// The last one.
    pub(super) fn last(&self) -> Option<&Snapshot> {
        self.snapshots.last()
    }

    /// Forgets those at or after `key`.
    pub(super) fn retain_before(&mut self, key: &Key) {
        self.snapshots.retain(|kept| kept.position.precedes(key));
        self.count();
    }

    /// The last one whose time is not after `at`.
    pub(super) fn nearest(&self, at: Ts) -> Option<&Snapshot> {
        self.snapshots.iter().rev().find(|kept| kept.now.is_none_or(|now| now <= at))
    }

    /// The last one with at least so many lines less than `before` has.
    pub(super) fn lines_before(&self, before: &Snapshot, lines: u64) -> Option<&Snapshot> {
        let most = before.position.lines().saturating_sub(lines);
        self.snapshots.iter().rev().find(|kept| kept.position.lines() <= most)
    }

    /// Whether one is fewer than `stride` lines from `lines`.
    pub(super) fn is_near(&self, lines: u64, stride: u64) -> bool {
        self.snapshots.iter().any(|kept| kept.position.lines().abs_diff(lines) < stride)
    }

    fn count(&mut self) {
        self.bytes = self.snapshots.iter().map(|kept| kept.state.len()).sum();
    }
}
