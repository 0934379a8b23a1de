//! Log-linear histograms of durations: 64 bins an octave, so a quantile is at most 0.79 % off.
//!
//! A value's bin is its binary exponent and the first six bits of its mantissa; a bin speaks for its
//! middle, which is at most 1/128 of the value away. Values below 2⁻²⁰ ms (about a nanosecond) count as
//! zero, values above 2³¹ ms (24.8 days) as the last bin. Histograms add and subtract exactly.

const MANTISSA_SHIFT: u32 = 52 - 6;
/// The first position with a bin of its own: 2⁻²⁰ ms.
const BASE: u64 = (1023 - 20) << 6;
/// Bin 0 is zero; then 64 bins for each octave.
pub(crate) const BINS: u16 = 1 + (20 + 31) * 64;

/// The bin of a duration in milliseconds; `None` for what is not one (negative, NaN, infinite).
pub(crate) fn bin(ms: f64) -> Option<u16> {
    if !ms.is_finite() || ms < 0.0 {
        return None;
    }
    // Without its sign: minus zero is zero.
    let position = ms.abs().to_bits() >> MANTISSA_SHIFT;
    let index = if position < BASE { 0 } else { position - BASE + 1 };
    u16::try_from(index.min(u64::from(BINS) - 1)).ok()
}

/// The value in milliseconds that a bin speaks for.
pub(crate) fn value(bin: usize) -> f64 {
    if bin == 0 {
        return 0.0;
    }
    let low = f64::from_bits((bin as u64 - 1 + BASE) << MANTISSA_SHIFT);
    let high = f64::from_bits((bin as u64 + BASE) << MANTISSA_SHIFT);
    f64::midpoint(low, high)
}

/// Bins of one band.
const BAND: u16 = 16;

/// The band of a bin: four an octave, the lowest one for zero and what is hardly more.
pub(crate) fn band(bin: u16) -> u16 {
    bin.saturating_sub(1) / BAND
}

/// The durations in milliseconds at which a band begins and ends; four of them make up an octave.
pub fn band_edges(band: u16) -> (f64, f64) {
    let edge = |band: u16| f64::from_bits((u64::from(band) * u64::from(BAND) + BASE) << MANTISSA_SHIFT);
    (edge(band), edge(band.saturating_add(1)))
}

/// The quantiles that are shown, each with its fraction.
pub const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// A histogram with a counter for every bin.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Box<[u32]>,
    total: u64,
    /// The bins that may be above zero, for walking and clearing no more than those.
    low: u16,
    high: u16,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; usize::from(BINS)].into_boxed_slice(), total: 0, low: BINS, high: 0 }
    }
}

impl Histogram {
    /// Counts a duration in milliseconds. Returns false for what is not one.
    pub fn record(&mut self, ms: f64) -> bool {
        let Some(bin) = bin(ms) else { return false };
        self.add(bin, 1);
        true
    }

    pub(crate) fn add(&mut self, bin: u16, count: u64) {
        if let Some(slot) = self.counts.get_mut(usize::from(bin)) {
            *slot = slot.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
            self.total += count;
            self.low = self.low.min(bin);
            self.high = self.high.max(bin);
        }
    }

    pub(crate) fn take(&mut self, bin: u16, count: u64) {
        if let Some(slot) = self.counts.get_mut(usize::from(bin)) {
            *slot = slot.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
            self.total = self.total.saturating_sub(count);
        }
    }

    pub(crate) fn clear(&mut self) {
        if let Some(used) = self.counts.get_mut(usize::from(self.low)..=usize::from(self.high)) {
            used.fill(0);
        }
        (self.total, self.low, self.high) = (0, BINS, 0);
    }

    /// Calls `visit` with every bin that was counted and its count, in ascending order.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(u16, u64)) {
        let used = self.counts.get(usize::from(self.low)..=usize::from(self.high)).unwrap_or_default();
        for (bin, count) in (self.low..).zip(used).filter(|(_, count)| **count > 0) {
            visit(bin, u64::from(*count));
        }
    }

    /// How many durations were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The quantiles at the ascending `fractions`, in milliseconds: for each the smallest counted value with at
    /// least ⌈q·n⌉ values at or below it (nearest rank), within 0.79 %. `None` while nothing was counted.
    pub fn quantiles<const N: usize>(&self, fractions: [f64; N]) -> Option<[f64; N]> {
        let used = self.counts.get(usize::from(self.low)..=usize::from(self.high)).unwrap_or_default();
        let bins = (usize::from(self.low)..).zip(used.iter().map(|count| u64::from(*count)));
        walk(self.total, bins, fractions)
    }
}

/// Walks bins upwards once and notes where each rank is reached.
pub(crate) fn walk<const N: usize>(
    total: u64,
    bins: impl Iterator<Item = (usize, u64)>,
    fractions: [f64; N],
) -> Option<[f64; N]> {
    if total == 0 {
        return None;
    }
    let mut found = [0.0; N];
    let mut wanted = fractions.iter().zip(found.iter_mut());
    let mut next = wanted.next()?;
    let mut seen = 0;
    for (bin, count) in bins.filter(|(_, count)| *count > 0) {
        seen += count;
        while seen >= rank(*next.0, total) {
            *next.1 = value(bin);
            match wanted.next() {
                Some(following) => next = following,
                None => return Some(found),
            }
        }
    }
    None
}

/// ⌈q·n⌉, at least 1 and at most n.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=n just after")]
fn rank(fraction: f64, total: u64) -> u64 {
    ((fraction * total as f64).ceil() as u64).clamp(1, total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        durations::{Duration, Durations, Merged},
        rolling::Slot,
        scope::{ScopeId, ScopeSet},
    };

    fn nearest_rank(sorted: &[f64], fraction: f64) -> f64 {
        let enough = fraction * sorted.len() as f64;
        let below = (1..sorted.len()).take_while(|rank| (*rank as f64) < enough).count();
        sorted[below]
    }

    fn close(found: f64, exact: f64) -> bool {
        (found - exact).abs() <= exact * 0.0079 + 1e-6
    }

    proptest! {
        #[test]
        fn quantiles_are_within_one_percent_of_the_exact_nearest_rank(
            values in prop::collection::vec(prop_oneof![1e-5..1e7_f64, 0.5..80.0_f64, Just(0.0)], 1..300)
        ) {
            let mut histogram = Histogram::default();
            let mut bucket = Durations::default();
            for value in &values {
                prop_assert!(histogram.record(*value));
                bucket.record(Duration::new(ScopeId::FIRST, *value).unwrap());
            }
            let mut merged = Merged::default();
            for _ in 0..2 {
                merged.clear();
                merged.add(&bucket, &ScopeSet::ALL);
            }
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let found = histogram.quantiles(QUANTILES).unwrap();
            prop_assert_eq!(Some(found), merged.histogram().quantiles(QUANTILES));
            prop_assert_eq!(merged.extremes(), Some((sorted[0], sorted[sorted.len() - 1])));
            for (fraction, found) in QUANTILES.into_iter().zip(found) {
                let exact = nearest_rank(&sorted, fraction);
                prop_assert!(close(found, exact), "p{}: {} for {}", fraction * 100.0, found, exact);
            }
        }

        #[test]
        fn what_is_added_and_taken_away_leaves_nothing(values in prop::collection::vec(0.0..1e6_f64, 1..100)) {
            let mut sum = Histogram::default();
            let mut bucket = Durations::default();
            for value in values {
                bucket.record(Duration::new(ScopeId::FIRST, value).unwrap());
            }
            bucket.add_to(&mut sum);
            bucket.take_from(&mut sum);
            prop_assert_eq!(sum.total(), 0);
            prop_assert!(sum.counts.iter().all(|count| *count == 0));
        }
    }

    proptest! {
        #[test]
        fn a_duration_lies_in_its_band(ms in 1e-6..2e9_f64) {
            let (low, high) = band_edges(band(bin(ms).unwrap()));
            prop_assert!(low <= ms && ms < high, "{} in {} to {}", ms, low, high);
            prop_assert!((high / low).log2() < 0.33);
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        let mut histogram = Histogram::default();
        for ms in [f64::NAN, f64::INFINITY, -0.1] {
            assert!(!histogram.record(ms), "{ms}");
        }
        assert_eq!(histogram.quantiles(QUANTILES), None);
    }

    #[test]
    fn zero_is_a_value() {
        let mut histogram = Histogram::default();
        assert!(histogram.record(0.0));
        assert_eq!(histogram.quantiles([0.5]), Some([0.0]));
    }
}
