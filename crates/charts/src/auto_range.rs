//! Which values the y axis shows, chosen from the data and kept still.
//!
//! Invariants: every finite value (on a logarithmic scale: every positive one) lies inside the range, with room
//! above. A linear range includes 0. The range grows as soon as data leaves it and shrinks only when the data would
//! do with half of it, so a value that trembles at a boundary cannot make the axis jump at every redraw.

use crate::scale::{Scale, YRange};
use crate::ticks::nice_step;

/// Share of a linear range kept free beyond the outermost value.
const PADDING: f64 = 0.05;
/// Steps that a linear range is made of, about.
const STEPS: f64 = 5.0;
/// The range shrinks when the data needs this share of it or less.
const SHRINK: f64 = 0.5;

/// Chooses the range of a y axis from one redraw to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct AutoRange {
    empty: YRange,
    current: Option<YRange>,
}

impl AutoRange {
    /// An axis on the scale of `empty`, the range shown while there is no data.
    pub fn new(empty: YRange) -> Self {
        Self { empty, current: None }
    }

    /// The range for the `values` now in view, in any order. NaN and ±∞ are ignored, and on a logarithmic scale
    /// what is not positive. Without any value the range stays as it was.
    pub fn update(&mut self, values: impl IntoIterator<Item = f64>) -> YRange {
        let current = self.current.unwrap_or(self.empty);
        let Some((min, max)) = extent(self.empty.scale(), values) else {
            return current;
        };
        let Some(wanted) = nice(&self.empty, min, max) else {
            return current;
        };
        let fits = current.contains(min) && current.contains(max);
        let keep = self.current.is_some() && fits && wanted.span() > SHRINK * current.span();
        let chosen = if keep { current } else { wanted };
        self.current = Some(chosen);
        chosen
    }
}

/// Least and largest value that the scale can show.
fn extent(scale: Scale, values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let shown = |value: &f64| value.is_finite() && (scale == Scale::Linear || *value > 0.0);
    let mut values = values.into_iter().filter(shown);
    let first = values.next()?;
    Some(values.fold((first, first), |(min, max), value| (min.min(value), max.max(value))))
}

/// The round range around `min` to `max`; none where the values are too large to have one.
fn nice(empty: &YRange, min: f64, max: f64) -> Option<YRange> {
    match empty.scale() {
        Scale::Linear => nice_linear(empty, min.min(0.0), max.max(0.0)),
        Scale::Log10 => nice_log(min, max),
    }
}

fn nice_linear(empty: &YRange, min: f64, max: f64) -> Option<YRange> {
    if min >= max {
        return YRange::linear(0.0, if empty.hi() > 0.0 { empty.hi() } else { 1.0 }).ok();
    }
    let pad = (max - min) * PADDING;
    let (lo, hi) = (if min < 0.0 { min - pad } else { 0.0 }, if max > 0.0 { max + pad } else { 0.0 });
    let step = nice_step(hi - lo, STEPS);
    YRange::linear((lo / step).floor() * step, (hi / step).ceil() * step).ok()
}

/// From the 1-2-5 number at or below `min` to the one above `max`, a decade or more.
fn nice_log(min: f64, max: f64) -> Option<YRange> {
    let lo = 10f64.powf(min.log10().floor());
    let lo = [5.0, 2.0].into_iter().map(|lead| lead * lo).find(|bound| *bound <= min).unwrap_or(lo);
    let decade = 10f64.powf(max.log10().floor());
    let hi = [2.0, 5.0, 10.0].into_iter().map(|lead| lead * decade).find(|bound| *bound > max);
    let hi = hi.unwrap_or(max * 10.0).max(lo * 10.0);
    YRange::log10(lo.min(min), hi).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn linear() -> AutoRange {
        AutoRange::new(YRange::linear(0.0, 100.0).unwrap())
    }

    fn log() -> AutoRange {
        AutoRange::new(YRange::log10(1.0, 100.0).unwrap())
    }

    fn check(mut axis: AutoRange, values: &[f64], lo: f64, hi: f64) {
        let range = axis.update(values.iter().copied());
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9 * b.abs().max(1.0);
        assert!(near(range.lo(), lo) && near(range.hi(), hi), "{range:?}");
    }

    #[test]
    fn no_data_shows_the_default() {
        check(linear(), &[], 0.0, 100.0);
        check(linear(), &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY], 0.0, 100.0);
        check(log(), &[0.0, -3.0], 1.0, 100.0);
    }

    #[test]
    fn all_zero_shows_the_default_height() {
        check(linear(), &[0.0, 0.0], 0.0, 100.0);
    }

    #[test]
    fn ranges_are_round_and_padded() {
        check(linear(), &[3.0, f64::NAN, 41.0], 0.0, 50.0);
        check(linear(), &[-7.0, 20.0], -10.0, 25.0);
        check(linear(), &[-8.0], -10.0, 0.0);
        check(log(), &[3.0, 420.0], 2.0, 500.0);
        check(log(), &[3.0], 2.0, 20.0);
    }

    #[test]
    fn range_grows_at_once_and_shrinks_only_below_half() {
        let mut axis = linear();
        let tops =
            [41.0, 49.0, 52.0, 30.0, 49.0, 25.0].map(|value| format!("{:.3}", axis.update([value]).hi()));
        assert_eq!(tops, ["50.000", "50.000", "60.000", "60.000", "60.000", "30.000"]);
    }

    #[test]
    fn losing_all_data_keeps_the_range() {
        let mut axis = linear();
        let before = axis.update([41.0]);
        assert_eq!(axis.update([]), before);
    }

    proptest! {
        #[test]
        fn every_value_is_inside_and_a_repeat_changes_nothing(
            log_scale in any::<bool>(),
            frames in prop::collection::vec(prop::collection::vec(any::<f64>(), 0..20), 1..6),
        ) {
            let mut axis = if log_scale { log() } else { linear() };
            for frame in frames {
                let drawable = |v: &f64| v.abs() < 1e100 && v.abs() > 1e-100 && (!log_scale || *v > 0.0);
                let values: Vec<f64> = frame.into_iter().filter(drawable).collect();
                let range = axis.update(values.iter().copied());
                prop_assert!(values.iter().all(|value| range.contains(*value)), "{:?} {:?}", range, values);
                prop_assert_eq!(axis.update(values.iter().copied()), range);
            }
        }
    }
}
