//! The parts of aggregates and speakers, for whoever stores them; see [`crate::parts`].
//!
//! Invariants: keys ascend, each as its distance to the one before; no count is zero; totals follow from counts.

use std::collections::BTreeMap;

use super::{Aggregate, DurationSum, Speakers};
use crate::{
    figure::Figure,
    histogram,
    latency::Way,
    minutes::Minute,
    parts::{Broken, Loading, Parts, Sink, Source},
};

impl Aggregate {
    /// Gives its parts.
    pub fn save(&self, to: &mut impl Sink) {
        Parts::save(self, to);
    }

    /// Makes an aggregate of its parts.
    ///
    /// # Errors
    /// [`Broken`] for parts that no aggregate can have, and for figures that this version does not know.
    pub fn load(from: &mut impl Source) -> Result<Self, Broken> {
        Parts::load(&mut Loading::new(from))
    }
}

impl Minute {
    /// Gives its parts.
    pub fn save(&self, to: &mut impl Sink) {
        let Self { minute, aggregate } = self;
        to.signed(*minute);
        aggregate.save(to);
    }

    /// Makes a minute of its parts.
    ///
    /// # Errors
    /// As [`Aggregate::load`].
    pub fn load(from: &mut impl Source) -> Result<Self, Broken> {
        Ok(Self { minute: from.signed()?, aggregate: Aggregate::load(from)? })
    }
}

impl Speakers {
    /// Gives its parts.
    pub fn save(&self, to: &mut impl Sink) {
        Parts::save(self, to);
    }

    /// Makes speakers of their parts.
    ///
    /// # Errors
    /// [`Broken`] for writers and ways of measuring that this version does not know.
    pub fn load(from: &mut impl Source) -> Result<Self, Broken> {
        Parts::load(&mut Loading::new(from))
    }
}

impl Parts for Aggregate {
    fn save(&self, to: &mut impl Sink) {
        let Self { counts, durations } = self;
        save_counts(counts.iter().map(|(figure, count)| (figure.index(), *count)), to);
        to.unsigned(durations.len() as u64);
        for (way, sum) in durations {
            way.save(to);
            sum.save(to);
        }
    }

    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let unknown = Broken::new("there is no such figure");
        let mut aggregate = Aggregate::default();
        for (index, count) in load_counts(from, Figure::COUNT)? {
            aggregate.counts.insert(Figure::from_index(index).ok_or(unknown)?, count);
        }
        for _ in 0..from.length(Way::COUNT)? {
            let (way, sum) = Parts::load(from)?;
            if aggregate.durations.last_key_value().is_some_and(|(last, _)| *last >= way) {
                return Err(Broken::new("durations are out of order"));
            }
            aggregate.durations.insert(way, sum);
        }
        Ok(aggregate)
    }
}

impl Parts for DurationSum {
    fn save(&self, to: &mut impl Sink) {
        let Self { bins, total: _, sum_ns, extremes } = self;
        save_counts(bins.iter().map(|(bin, count)| (*bin, *count)), to);
        to.unsigned(*sum_ns);
        extremes.save(to);
    }

    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let bins: BTreeMap<u16, u64> = load_counts(from, histogram::BINS)?.into_iter().collect();
        let total = bins.values().fold(0_u64, |total, count| total.saturating_add(*count));
        let sum_ns = from.source().unsigned()?;
        let extremes: Option<(f64, f64)> = Parts::load(from)?;
        let is_span = |(min_ms, max_ms): (f64, f64)| min_ms >= 0.0 && min_ms <= max_ms && max_ms.is_finite();
        if extremes.is_some() == bins.is_empty() || !extremes.is_none_or(is_span) {
            return Err(Broken::new("such durations cannot be"));
        }
        Ok(Self { bins, total, sum_ns, extremes })
    }
}

fn save_counts(counts: impl ExactSizeIterator<Item = (u16, u64)>, to: &mut impl Sink) {
    to.unsigned(counts.len() as u64);
    let mut next = 0;
    for (key, count) in counts {
        to.unsigned(u64::from(key - next));
        count.save(to);
        next = key + 1;
    }
}

fn load_counts<S: Source>(from: &mut Loading<'_, S>, limit: u16) -> Result<Vec<(u16, u64)>, Broken> {
    let mut counts = Vec::new();
    let mut next = 0;
    for _ in 0..from.length(usize::from(limit))? {
        let (distance, count): (u16, u64) = Parts::load(from)?;
        let key = distance.saturating_add(next);
        if key >= limit || count == 0 {
            return Err(Broken::new("a count or what it is of cannot be"));
        }
        counts.push((key, count));
        next = key + 1;
    }
    Ok(counts)
}
