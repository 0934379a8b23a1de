//! Ranges of the two axes and how values map onto them.
//!
//! Invariants: both ends are finite, the upper above the lower by more than a double's rounding, and both are
//! positive on a logarithmic scale. A fraction is 0 at the lower and 1 at the upper end. A value outside a
//! [`YRange`] maps to its nearer end, a value without logarithm to the lower end; times outside a [`TimeRange`] map
//! outside 0 to 1, so that they can be clipped.

use crate::error::ChartError;

/// Latest Unix time in seconds that has a calendar date here: the end of the year 9998.
const LATEST: f64 = 253_370_764_799.0;
/// Largest magnitude of a value, so that spans and sums stay finite.
const LARGEST: f64 = 1e150;

/// How values are spread over the height of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences are equally far apart.
    Linear,
    /// Equal ratios are equally far apart.
    Log10,
}

impl Scale {
    pub(crate) fn forward(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log10 => value.log10(),
        }
    }

    fn inverse(self, transformed: f64) -> f64 {
        match self {
            Self::Linear => transformed,
            Self::Log10 => 10f64.powf(transformed),
        }
    }
}

/// The values from the bottom to the top of a plot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YRange {
    scale: Scale,
    lo: f64,
    hi: f64,
}

impl YRange {
    /// A linear range from `lo` to `hi`.
    ///
    /// # Errors
    /// [`ChartError::BadRange`] unless both are finite and `hi` is above `lo`.
    pub fn linear(lo: f64, hi: f64) -> Result<Self, ChartError> {
        Self::new(Scale::Linear, lo, hi)
    }

    /// A logarithmic range from `lo` to `hi`.
    ///
    /// # Errors
    /// [`ChartError::BadRange`] unless both are finite and positive and `hi` is above `lo`.
    pub fn log10(lo: f64, hi: f64) -> Result<Self, ChartError> {
        Self::new(Scale::Log10, lo, hi)
    }

    pub(crate) fn new(scale: Scale, lo: f64, hi: f64) -> Result<Self, ChartError> {
        let (from, to) = (scale.forward(lo), scale.forward(hi));
        let bounded = lo.abs() <= LARGEST && hi.abs() <= LARGEST && from.is_finite() && to.is_finite();
        let resolved = to - from > 1e-12 * from.abs().max(to.abs()) && to - from > f64::MIN_POSITIVE / 1e-12;
        if bounded && resolved {
            Ok(Self { scale, lo, hi })
        } else {
            Err(ChartError::BadRange { axis: "value", from: lo, to: hi })
        }
    }

    /// Linear or logarithmic.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Value at the bottom.
    pub fn lo(&self) -> f64 {
        self.lo
    }

    /// Value at the top.
    pub fn hi(&self) -> f64 {
        self.hi
    }

    pub(crate) fn contains(&self, value: f64) -> bool {
        (self.lo..=self.hi).contains(&value)
    }

    /// Length in the scale's own terms: a difference, or decades.
    pub(crate) fn span(&self) -> f64 {
        self.scale.forward(self.hi) - self.scale.forward(self.lo)
    }

    /// Height of `value` above the bottom, from 0 to 1. NaN is at the bottom: callers sort out gaps first.
    pub(crate) fn fraction(&self, value: f64) -> f64 {
        let inside = value.max(self.lo).min(self.hi);
        ((self.scale.forward(inside) - self.scale.forward(self.lo)) / self.span()).clamp(0.0, 1.0)
    }

    /// The value on the straight line drawn from `a` to `b`, at `part` (0 to 1) of the way.
    pub(crate) fn between(&self, a: f64, b: f64, part: f64) -> f64 {
        if self.scale == Scale::Linear {
            return a + (b - a) * part;
        }
        let (a, b) = (self.scale.forward(a.max(self.lo)), self.scale.forward(b.max(self.lo)));
        self.scale.inverse(a + (b - a) * part)
    }
}

/// The times from the left to the right edge of a plot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeRange {
    start: f64,
    end: f64,
}

impl TimeRange {
    /// From `start` to `end`, both Unix time in seconds.
    ///
    /// # Errors
    /// [`ChartError::BadRange`] unless `end` is at least a second after `start` and both lie between the years 1970
    /// and 9998.
    pub fn new(start: f64, end: f64) -> Result<Self, ChartError> {
        let dated = (0.0..=LATEST).contains(&start) && (0.0..=LATEST).contains(&end);
        if dated && end - start >= 1.0 {
            Ok(Self { start, end })
        } else {
            Err(ChartError::BadRange { axis: "time", from: start, to: end })
        }
    }

    /// The last `window_seconds` up to `now`, Unix time in seconds, moving on in whole steps of `step_seconds`.
    ///
    /// The end is the next whole step at or after `now`, so the range, and with it the layout and the axes layer,
    /// changes once per step however often data is redrawn. A step of a bucket's duration keeps bars in place.
    ///
    /// # Errors
    /// [`ChartError::BadRange`] as for [`TimeRange::new`], or where `step_seconds` is not above 0.
    pub fn live(now: f64, window_seconds: f64, step_seconds: f64) -> Result<Self, ChartError> {
        if !(step_seconds.is_finite() && step_seconds > 0.0) {
            return Err(ChartError::BadRange { axis: "time", from: now, to: now + step_seconds });
        }
        let end = (now / step_seconds).ceil() * step_seconds;
        Self::new(end - window_seconds, end)
    }

    /// Unix time in seconds at the left edge.
    pub fn start(&self) -> f64 {
        self.start
    }

    /// Unix time in seconds at the right edge.
    pub fn end(&self) -> f64 {
        self.end
    }

    /// Duration in seconds.
    pub fn seconds(&self) -> f64 {
        self.end - self.start
    }

    pub(crate) fn fraction(&self, time: f64) -> f64 {
        (time - self.start) / self.seconds()
    }

    pub(crate) fn at(&self, fraction: f64) -> f64 {
        self.start + fraction * self.seconds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check_fraction(range: YRange, value: f64, expected: f64) {
        let fraction = range.fraction(value);
        assert!((fraction - expected).abs() < 1e-12, "{value} in {range:?} is at {fraction}");
    }

    #[test]
    fn equal_differences_are_equally_far_apart_on_a_linear_scale() {
        let range = YRange::linear(-10.0, 30.0).unwrap();
        check_fraction(range, -10.0, 0.0);
        check_fraction(range, 0.0, 0.25);
        check_fraction(range, 30.0, 1.0);
    }

    #[test]
    fn equal_ratios_are_equally_far_apart_on_a_log_scale() {
        let range = YRange::log10(1.0, 1000.0).unwrap();
        check_fraction(range, 1.0, 0.0);
        check_fraction(range, 10.0, 1.0 / 3.0);
        check_fraction(range, 100.0, 2.0 / 3.0);
    }

    #[test]
    fn values_outside_the_range_stay_at_its_edges() {
        let range = YRange::log10(1.0, 1000.0).unwrap();
        for (value, expected) in [(0.0, 0.0), (-5.0, 0.0), (f64::NEG_INFINITY, 0.0), (f64::INFINITY, 1.0)] {
            check_fraction(range, value, expected);
        }
    }

    #[test]
    fn impossible_ranges_are_refused() {
        let bad = [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (1e15, 1e15 + 0.25)];
        for (lo, hi) in bad {
            assert!(YRange::linear(lo, hi).is_err(), "{lo} to {hi}");
        }
        assert!(YRange::log10(0.0, 1.0).is_err());
        assert!(TimeRange::new(10.0, 10.5).is_err());
        assert!(TimeRange::live(f64::NAN, 300.0, 1.0).is_err());
        assert!(TimeRange::live(1e9, 300.0, 0.0).is_err());
    }

    #[test]
    fn live_range_moves_only_once_per_step() {
        let at = |now| TimeRange::live(now, 300.0, 5.0).unwrap();
        assert_eq!(at(1_000_000_000.5), at(1_000_000_004.9));
        assert_eq!(at(1_000_000_005.0).end().to_bits(), 1_000_000_005f64.to_bits());
        assert_ne!(at(1_000_000_004.9), at(1_000_000_005.1));
    }

    proptest! {
        #[test]
        fn fraction_is_monotone_and_bounded(
            log in any::<bool>(),
            lo in 1e-6..1e6f64,
            factor in 1.01..1e6f64,
            a in any::<f64>(),
            b in any::<f64>(),
        ) {
            let scale = if log { Scale::Log10 } else { Scale::Linear };
            let range = YRange::new(scale, lo, lo * factor).unwrap();
            let (low, high) = (range.fraction(a.min(b)), range.fraction(a.max(b)));
            prop_assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
            prop_assert!(low <= high);
        }
    }
}
