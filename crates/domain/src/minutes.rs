//! One-minute aggregates on their way to whoever stores them.
//!
//! What is drained is added to what is stored already, so an event that belongs to a minute that was drained before
//! makes a further aggregate of the same minute: an amendment, to be merged in like any other. Invariants: between
//! two drains everything that was counted or measured stands in exactly one minute; at most [`Minutes::LIMIT`]
//! minutes wait, and what was lost beyond that is counted.

use std::collections::BTreeMap;

use crate::{aggregate::Aggregate, figure::Figure, latency::Way};

/// What happened in one minute.
#[derive(Clone, Debug, PartialEq)]
pub struct Minute {
    /// Whole minutes since the epoch.
    pub minute: i64,
    /// What was counted and measured in it.
    pub aggregate: Aggregate,
}

/// Minutes that were not drained yet. Off until switched on: nobody drains them in the page.
#[derive(Clone, Debug, Default)]
pub struct Minutes {
    on: bool,
    waiting: BTreeMap<i64, Aggregate>,
    lost: u64,
}

impl Minutes {
    /// How many minutes may wait: three days.
    pub const LIMIT: usize = 3 * 24 * 60;

    /// Keeps minutes from now on; whoever calls this has to drain them.
    pub(crate) fn switch_on(&mut self) {
        self.on = true;
    }

    pub(crate) fn count(&mut self, figure: Figure, second: i64) {
        if let Some(minute) = self.at(second) {
            minute.count(figure);
        }
    }

    pub(crate) fn measure(&mut self, way: Way, ms: f64, second: i64) {
        if let Some(minute) = self.at(second) {
            minute.measure(way, ms);
        }
    }

    /// Takes out the minutes that end at or before `second`, or all, oldest first: aggregates and amendments alike.
    pub(crate) fn drain(&mut self, second: Option<i64>) -> Vec<Minute> {
        let open = match second {
            Some(second) => self.waiting.split_off(&second.div_euclid(60)),
            None => BTreeMap::new(),
        };
        let closed = std::mem::replace(&mut self.waiting, open);
        closed.into_iter().map(|(minute, aggregate)| Minute { minute, aggregate }).collect()
    }

    /// How many minutes wait to be drained.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many minutes were lost, because more than [`Minutes::LIMIT`] waited.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    fn at(&mut self, second: i64) -> Option<&mut Aggregate> {
        if !self.on {
            return None;
        }
        let minute = second.div_euclid(60);
        if self.waiting.len() >= Self::LIMIT && !self.waiting.contains_key(&minute) {
            self.waiting.pop_first();
            self.lost += 1;
        }
        Some(self.waiting.entry(minute).or_default())
    }
}
