//! Log-linear histograms of durations: 64 bins an octave, so a quantile is at most 0.79 % off.
//!
//! A value's bin is its binary exponent and the first six bits of its mantissa; a bin speaks for its
//! middle, which is at most 1/128 of the value away. Values below 2⁻²⁰ ms (about a nanosecond) count as
//! zero, values above 2²⁴ ms (4.6 hours) as the last bin. Histograms add and subtract exactly.

use crate::rolling::Slot;

const MANTISSA_SHIFT: u32 = 52 - 6;
/// The first position with a bin of its own: 2⁻²⁰ ms.
const BASE: u64 = (1023 - 20) << 6;
/// Bin 0 is zero; then 64 bins for each octave.
const BINS: u16 = 1 + (20 + 24) * 64;

/// The bin of a duration in milliseconds; `None` for what is not one (negative, NaN, infinite).
fn bin(ms: f64) -> Option<u16> {
    if !ms.is_finite() || ms < 0.0 {
        return None;
    }
    let position = ms.to_bits() >> MANTISSA_SHIFT;
    let index = if position < BASE { 0 } else { position - BASE + 1 };
    u16::try_from(index.min(u64::from(BINS) - 1)).ok()
}

/// The value in milliseconds that a bin speaks for.
fn value(bin: usize) -> f64 {
    if bin == 0 {
        return 0.0;
    }
    let low = f64::from_bits((bin as u64 - 1 + BASE) << MANTISSA_SHIFT);
    let high = f64::from_bits((bin as u64 + BASE) << MANTISSA_SHIFT);
    f64::midpoint(low, high)
}

/// The quantiles that are shown, each with its fraction.
pub const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// A histogram with a counter for every bin.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Box<[u32]>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; usize::from(BINS)].into_boxed_slice(), total: 0 }
    }
}

impl Histogram {
    /// Counts a duration in milliseconds. Returns false for what is not one.
    pub fn record(&mut self, ms: f64) -> bool {
        let Some(bin) = bin(ms) else { return false };
        self.add(bin, 1);
        true
    }

    fn add(&mut self, bin: u16, count: u32) {
        if let Some(slot) = self.counts.get_mut(usize::from(bin)) {
            *slot = slot.saturating_add(count);
            self.total += u64::from(count);
        }
    }

    fn take(&mut self, bin: u16, count: u32) {
        if let Some(slot) = self.counts.get_mut(usize::from(bin)) {
            *slot = slot.saturating_sub(count);
            self.total = self.total.saturating_sub(u64::from(count));
        }
    }

    /// How many durations were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The quantiles at the ascending `fractions`, in milliseconds: for each the smallest counted value with at
    /// least ⌈q·n⌉ values at or below it (nearest rank), within 0.79 %. `None` while nothing was counted.
    pub fn quantiles<const N: usize>(&self, fractions: [f64; N]) -> Option<[f64; N]> {
        walk(self.total, self.counts.iter().copied().enumerate(), fractions)
    }
}

/// Walks bins upwards once and notes where each rank is reached.
fn walk<const N: usize>(
    total: u64,
    bins: impl Iterator<Item = (usize, u32)>,
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
        seen += u64::from(count);
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

/// The durations of one second: only the bins that occur, ascending, and the largest value.
#[derive(Clone, Debug, Default)]
pub struct SecondOfDurations {
    bins: Vec<(u16, u32)>,
    max_ms: f64,
}

impl SecondOfDurations {
    /// The largest duration in milliseconds; 0 where there is none.
    pub fn max_ms(&self) -> f64 {
        self.max_ms
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.bins.is_empty()
    }
}

impl Slot for SecondOfDurations {
    type Sum = Histogram;
    /// Milliseconds, already known to be a duration.
    type Item = f64;

    fn record(&mut self, ms: f64) {
        let Some(bin) = bin(ms) else { return };
        match self.bins.binary_search_by_key(&bin, |(bin, _)| *bin) {
            Ok(at) => {
                if let Some((_, count)) = self.bins.get_mut(at) {
                    *count += 1;
                }
            }
            Err(at) => self.bins.insert(at, (bin, 1)),
        }
        self.max_ms = self.max_ms.max(ms);
    }

    fn record_sum(sum: &mut Histogram, ms: f64) {
        sum.record(ms);
    }

    fn add_to(&self, sum: &mut Histogram) {
        for (bin, count) in &self.bins {
            sum.add(*bin, *count);
        }
    }

    fn take_from(&self, sum: &mut Histogram) {
        for (bin, count) in &self.bins {
            sum.take(*bin, *count);
        }
    }
}

/// Durations of a few seconds merged, for one bucket of a chart.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    bins: Vec<(u16, u32)>,
    total: u64,
    max_ms: f64,
}

impl Merged {
    /// Empties it, keeping its memory for the next bucket.
    pub fn clear(&mut self) {
        self.bins.clear();
        self.total = 0;
        self.max_ms = 0.0;
    }

    /// Takes the durations of a second in.
    pub fn add(&mut self, second: &SecondOfDurations) {
        self.bins.extend_from_slice(&second.bins);
        self.total += second.bins.iter().map(|(_, count)| u64::from(*count)).sum::<u64>();
        self.max_ms = self.max_ms.max(second.max_ms);
    }

    /// How many durations there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The largest one, in milliseconds.
    pub fn max_ms(&self) -> f64 {
        self.max_ms
    }

    /// As [`Histogram::quantiles`].
    pub fn quantiles<const N: usize>(&mut self, fractions: [f64; N]) -> Option<[f64; N]> {
        self.bins.sort_unstable_by_key(|(bin, _)| *bin);
        walk(self.total, self.bins.iter().map(|(bin, count)| (usize::from(*bin), *count)), fractions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            let mut second = SecondOfDurations::default();
            for value in &values {
                prop_assert!(histogram.record(*value));
                second.record(*value);
            }
            let mut merged = Merged::default();
            merged.add(&second);
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let found = histogram.quantiles(QUANTILES).unwrap();
            prop_assert_eq!(Some(found), merged.quantiles(QUANTILES));
            for (fraction, found) in QUANTILES.into_iter().zip(found) {
                let exact = nearest_rank(&sorted, fraction);
                prop_assert!(close(found, exact), "p{}: {} for {}", fraction * 100.0, found, exact);
            }
        }

        #[test]
        fn what_is_added_and_taken_away_leaves_nothing(values in prop::collection::vec(0.0..1e6_f64, 1..100)) {
            let mut sum = Histogram::default();
            let mut second = SecondOfDurations::default();
            for value in values {
                second.record(value);
            }
            second.add_to(&mut sum);
            second.take_from(&mut sum);
            prop_assert_eq!(sum.total(), 0);
            prop_assert!(sum.counts.iter().all(|count| *count == 0));
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
