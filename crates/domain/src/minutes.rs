//! One-minute aggregates on their way to whoever stores them.
//!
//! What is drained is added to what is stored already, so an event that belongs to a minute that was drained before
//! makes a further aggregate of the same minute: an amendment, to be merged in like any other. Invariants: between
//! two drains everything that was counted or measured stands in exactly one minute; at most [`Minutes::LIMIT`]
//! minutes wait, and what was lost beyond that is counted.

use std::collections::BTreeMap;

use crate::{
    aggregate::Aggregate,
    figure::Figure,
    latency::Way,
    parts::{Broken, Loading, Parts, Sink, Source, parts},
};

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

parts!(Minutes { on, waiting: of(queue), lost });

mod queue {
    use super::{Aggregate, BTreeMap, Broken, Loading, Minutes, Parts, Sink, Source};

    pub(super) fn save(waiting: &BTreeMap<i64, Aggregate>, to: &mut impl Sink) {
        to.unsigned(waiting.len() as u64);
        let mut before = 0;
        for (minute, aggregate) in waiting {
            to.signed(minute.wrapping_sub(before));
            Parts::save(aggregate, to);
            before = *minute;
        }
    }

    pub(super) fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<BTreeMap<i64, Aggregate>, Broken> {
        let mut waiting: BTreeMap<i64, Aggregate> = BTreeMap::new();
        for _ in 0..from.length(Minutes::LIMIT)? {
            let before = waiting.last_key_value().map(|(minute, _)| *minute);
            let minute = before.unwrap_or(0).wrapping_add(from.source().signed()?);
            if before.is_some_and(|before| before >= minute) {
                return Err(Broken::new("minutes are out of order"));
            }
            waiting.insert(minute, Parts::load(from)?);
        }
        Ok(waiting)
    }
}

impl Minutes {
    /// How many minutes may wait: three days.
    pub const LIMIT: usize = 3 * 24 * 60;

    /// Keeps minutes from now on; whoever calls this has to drain them.
    pub(crate) fn switch_on(&mut self) {
        self.on = true;
    }

    #[inline]
    pub(crate) fn count(&mut self, figure: Figure, second: i64) {
        if self.on {
            self.at(second).count(figure);
        }
    }

    #[inline]
    pub(crate) fn measure(&mut self, way: Way, ms: f64, second: i64) {
        if self.on {
            self.at(second).measure(way, ms);
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

    fn at(&mut self, second: i64) -> &mut Aggregate {
        let minute = second.div_euclid(60);
        if self.waiting.len() >= Self::LIMIT && !self.waiting.contains_key(&minute) {
            self.waiting.pop_first();
            self.lost += 1;
        }
        self.waiting.entry(minute).or_default()
    }
}
