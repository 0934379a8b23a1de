//! The durations of one bucket, told apart by scope, and what several buckets add up to.
//!
//! Invariant: a bucket's counts are exact, its least and greatest value too; its quantiles are those of
//! [`crate::histogram`].

use crate::{
    histogram::{self, Histogram},
    parts::{Broken, Loading, Parts, Sink, Source},
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

/// One duration and the scope that it is of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duration {
    scope: ScopeId,
    bin: u16,
    ms: f64,
}

impl Duration {
    /// `None` for what is no duration in milliseconds (negative, NaN, infinite).
    pub(crate) fn new(scope: ScopeId, ms: f64) -> Option<Self> {
        Some(Self { scope, bin: histogram::bin(ms)?, ms })
    }

    /// Its bin in a histogram.
    pub(crate) fn bin(self) -> u16 {
        self.bin
    }
}

/// Durations by scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Durations {
    bins: Sparse,
    extremes: Vec<Extremes>,
}

impl Parts for Durations {
    fn save(&self, to: &mut impl Sink) {
        let Self { bins, extremes } = self;
        bins.save(to);
        to.unsigned(extremes.len() as u64);
        for Extremes { scope, min_ms, max_ms } in extremes {
            scope.save(to);
            min_ms.save(to);
            max_ms.save(to);
        }
    }

    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let bins = Sparse::load(from, Self::WIDTH)?;
        let mut known = true;
        bins.for_each(|key, _| known &= split(key).1 < histogram::BINS);
        let length = from.length(if from.folded { 1 } else { from.scopes })?;
        let mut extremes: Vec<Extremes> = Vec::with_capacity(length);
        for _ in 0..length {
            let (scope, (min_ms, max_ms)): (ScopeId, (f64, f64)) = Parts::load(from)?;
            known &= extremes.last().is_none_or(|before| before.scope.index() < scope.index());
            known &= min_ms >= 0.0 && min_ms <= max_ms && max_ms.is_finite();
            extremes.push(Extremes { scope, min_ms, max_ms });
        }
        if known { Ok(Self { bins, extremes }) } else { Err(Broken::new("such durations cannot be")) }
    }
}

impl Durations {
    /// How many keys a scope has.
    pub(crate) const WIDTH: u32 = 1 << BIN_BITS;

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
    type Item = Duration;

    fn record(&mut self, Duration { scope, bin, ms }: Duration) {
        self.bins.add(key(scope, bin));
        self.widen(scope, ms, ms);
    }

    fn is_empty(&self) -> bool {
        self.bins.is_empty()
    }

    fn record_sum(sum: &mut Histogram, Duration { bin, .. }: Duration) {
        sum.add(bin, 1);
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

    fn fold(&mut self, width: u32) {
        self.bins.fold(width, ScopeId::FOLDED.first_key(width));
        let widest = self.extremes(&ScopeSet::ALL);
        self.extremes.clear();
        if let Some((min_ms, max_ms)) = widest {
            self.widen(ScopeId::FOLDED, min_ms, max_ms);
        }
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
