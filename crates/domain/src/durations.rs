//! The durations of one bucket, told apart by scope, and what several buckets add up to.
//!
//! Invariant: a bucket's counts are exact, its least and greatest value too; its quantiles are those of
//! [`crate::histogram`].

use crate::{
    histogram::{self, Histogram},
    rolling::Slot,
    scope::{ScopeId, ScopeSet},
    series::Bucket,
    sparse::Sparse,
};

/// Bits of a key that hold the bin.
const BIN_BITS: u32 = 12;

/// Least and greatest duration of one scope, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Extremes {
    scope: ScopeId,
    min_ms: f64,
    max_ms: f64,
}

/// Durations by scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Durations {
    bins: Sparse,
    extremes: Vec<Extremes>,
}

impl Durations {
    /// Calls `visit` with scope, bin and count; a bin may come more than once.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(ScopeId, u16, u64)) {
        self.bins.for_each(|key, count| {
            let (scope, bin) = split(key);
            visit(scope, bin, count);
        });
    }

    /// The greatest duration within `scopes`, in milliseconds; `None` where there is none.
    pub(crate) fn extremes(&self, scopes: &ScopeSet) -> Option<(f64, f64)> {
        let within = self.extremes.iter().filter(|extremes| scopes.contains(extremes.scope));
        within.map(|extremes| (extremes.min_ms, extremes.max_ms)).reduce(wider)
    }

    fn widen(&mut self, scope: ScopeId, min_ms: f64, max_ms: f64) {
        match self.extremes.binary_search_by_key(&scope.index(), |extremes| extremes.scope.index()) {
            Ok(place) => {
                if let Some(extremes) = self.extremes.get_mut(place) {
                    (extremes.min_ms, extremes.max_ms) =
                        wider((extremes.min_ms, extremes.max_ms), (min_ms, max_ms));
                }
            }
            Err(place) => self.extremes.insert(place, Extremes { scope, min_ms, max_ms }),
        }
    }
}

/// What covers both pairs of least and greatest.
pub(crate) fn wider(one: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    (one.0.min(other.0), one.1.max(other.1))
}

fn key(scope: ScopeId, bin: u16) -> u32 {
    u32::from(scope.index()) << BIN_BITS | u32::from(bin)
}

#[expect(clippy::cast_possible_truncation, reason = "a key is made of 8 and 12 bits")]
fn split(key: u32) -> (ScopeId, u16) {
    (ScopeId::from_index((key >> BIN_BITS) as u8), (key & ((1 << BIN_BITS) - 1)) as u16)
}

impl Slot for Durations {
    type Sum = Histogram;
    /// Scope and milliseconds, already known to be a duration.
    type Item = (ScopeId, f64);

    fn record(&mut self, (scope, ms): (ScopeId, f64)) {
        let Some(bin) = histogram::bin(ms) else { return };
        self.bins.add(key(scope, bin));
        self.widen(scope, ms, ms);
    }

    fn record_sum(sum: &mut Histogram, (_, ms): (ScopeId, f64)) {
        sum.record(ms);
    }

    fn add_to(&self, sum: &mut Histogram) {
        self.for_each(|_, bin, count| sum.add(bin, count));
    }

    fn take_from(&self, sum: &mut Histogram) {
        self.for_each(|_, bin, count| sum.take(bin, count));
    }
}

impl Bucket for Durations {
    fn merge(&mut self, other: &Self) {
        self.bins.merge(&other.bins);
        for extremes in &other.extremes {
            self.widen(extremes.scope, extremes.min_ms, extremes.max_ms);
        }
    }

    fn settle(&mut self) {
        self.bins.settle();
        self.extremes.shrink_to_fit();
    }

    fn is_empty(&self) -> bool {
        self.bins.is_empty()
    }

    fn heap_bytes(&self) -> usize {
        self.bins.heap_bytes() + self.extremes.capacity() * size_of::<Extremes>()
    }
}

/// Several buckets put together within some scopes; memory is kept from one use to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged {
    histogram: Histogram,
    extremes: Option<(f64, f64)>,
}

impl Merged {
    /// Empties it.
    pub(crate) fn clear(&mut self) {
        self.histogram.clear();
        self.extremes = None;
    }

    /// Takes what a bucket holds within `scopes` in.
    pub(crate) fn add(&mut self, bucket: &Durations, scopes: &ScopeSet) {
        bucket.for_each(|scope, bin, count| {
            if scopes.contains(scope) {
                self.histogram.add(bin, count);
            }
        });
        self.extremes = match (self.extremes, bucket.extremes(scopes)) {
            (Some(one), Some(other)) => Some(wider(one, other)),
            (one, other) => one.or(other),
        };
    }

    /// The counts.
    pub(crate) fn histogram(&self) -> &Histogram {
        &self.histogram
    }

    /// Least and greatest, in milliseconds; `None` while it is empty.
    pub(crate) fn extremes(&self) -> Option<(f64, f64)> {
        self.extremes
    }
}
