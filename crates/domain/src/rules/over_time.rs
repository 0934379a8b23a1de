//! What functions of a range give: increase, rate, mean, maximum.
//!
//! Sources: the documentation of Prometheus' query functions, and for how `increase` and `rate` reach to the ends of
//! the range, `extrapolatedRate` in promql/functions.go of Prometheus 2.42 (described at [`growth`]).

use super::{ast::Overtime, history::Point};

/// The value of `function` over `points`, which are those of the `range_ms` before `now_ms`; `None` where there are too
/// few.
pub(super) fn over_time(
    function: Overtime,
    points: impl DoubleEndedIterator<Item = Point> + Clone,
    now_ms: i64,
    range_ms: i64,
) -> Option<f64> {
    match function {
        Overtime::Increase => growth(points, now_ms, range_ms, 1.0),
        Overtime::Rate => growth(points, now_ms, range_ms, range_ms as f64 / 1e3),
        Overtime::Average => mean(points.map(|point| point.value)),
        Overtime::Maximum => points
            .map(|point| point.value)
            .reduce(|largest, value| if value > largest || largest.is_nan() { value } else { largest }),
    }
}

/// By how much a counter grew in the range, divided by `parts`.
///
/// Between the first and the last point it grew by the sum of all steps, where a step down is a restart from zero. That
/// is stretched towards the ends of the range, in proportion to time: to the very end where that is nearer than 1.1 times
/// the mean distance of points, else by half that distance. Towards the past it is stretched no further than to where
/// the line through both points would be at zero.
fn growth(
    points: impl DoubleEndedIterator<Item = Point> + Clone,
    now_ms: i64,
    range_ms: i64,
    parts: f64,
) -> Option<f64> {
    let (first, last) = (points.clone().next()?, points.clone().next_back()?);
    let (steps, restarts, _) =
        points.skip(1).fold((0_u32, 0.0, first.value), |(steps, restarts, before), point| {
            let restart = if point.value < before { before } else { 0.0 };
            (steps + 1, restarts + restart, point.value)
        });
    if steps == 0 {
        return None;
    }
    let grown = last.value - first.value + restarts;
    let seconds = |millis: i64| millis as f64 / 1e3;
    let covered = seconds(last.at_ms - first.at_ms);
    let distance = covered / f64::from(steps);
    let mut to_begin = seconds(first.at_ms - (now_ms - range_ms));
    let to_end = seconds(now_ms - last.at_ms);
    if grown > 0.0 && first.value >= 0.0 {
        to_begin = to_begin.min(covered * (first.value / grown));
    }
    let reach = |gap: f64| if gap < distance * 1.1 { gap } else { distance / 2.0 };
    // In this order the last digits are those of Prometheus.
    Some(grown * ((covered + reach(to_begin) + reach(to_end)) / covered / parts))
}

/// The mean, kept up value by value as Prometheus does, so that its last digits are the same: each value moves it by its
/// own share less the mean's, and what rounding loses of each move is carried along (Neumaier). Once it is infinite, only
/// the other infinity and what is no number change it.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut mean, mut lost, mut count) = (0.0_f64, 0.0_f64, 0.0_f64);
    for value in values {
        count += 1.0;
        let same_infinity = value.is_infinite() && value.is_sign_positive() == mean.is_sign_positive();
        if mean.is_infinite() && (value.is_finite() || same_infinity) {
            continue;
        }
        let step = value / count - mean / count;
        let next = mean + step;
        lost += if mean.abs() >= step.abs() { (mean - next) + step } else { (step - next) + mean };
        mean = next;
    }
    (count > 0.0).then_some(if mean.is_infinite() { mean } else { mean + lost })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(function: Overtime, values: &[(i64, f64)], now: i64, range: i64, expected: Option<f64>) {
        let points: Vec<_> =
            values.iter().map(|(second, value)| Point { at_ms: second * 1_000, value: *value }).collect();
        let got = over_time(function, points.into_iter(), now * 1_000, range * 1_000);
        let equal = match (got, expected) {
            (Some(got), Some(expected)) => {
                (got - expected).abs() < 1e-9 || got.to_string() == expected.to_string()
            }
            (got, expected) => got == expected,
        };
        assert!(equal, "{function:?} {values:?}: {got:?}, not {expected:?}");
    }

    #[test]
    fn a_counter_that_spans_the_range_grows_by_the_difference() {
        check(Overtime::Increase, &[(0, 10.0), (30, 13.0), (60, 16.0)], 60, 60, Some(6.0));
        check(Overtime::Rate, &[(0, 10.0), (30, 13.0), (60, 16.0)], 60, 60, Some(0.1));
    }

    #[test]
    fn a_restart_counts_from_zero() {
        check(Overtime::Increase, &[(0, 10.0), (30, 2.0), (60, 5.0)], 60, 60, Some(5.0));
    }

    #[test]
    fn growth_is_stretched_to_near_ends_and_half_a_step_to_far_ones() {
        // 10 s to both ends, points 20 s apart: 40 s of 60 grew by 4.
        check(Overtime::Increase, &[(10, 100.0), (30, 102.0), (50, 104.0)], 60, 60, Some(6.0));
        // 100 s to the beginning, points 10 s apart: half a step.
        check(Overtime::Increase, &[(100, 100.0), (110, 101.0), (120, 102.0)], 120, 120, Some(2.5));
    }

    #[test]
    fn growth_is_not_stretched_below_zero() {
        check(Overtime::Increase, &[(10, 0.0), (30, 2.0), (50, 4.0)], 60, 60, Some(5.0));
        check(Overtime::Increase, &[(10, 1.0), (30, 3.0), (50, 5.0)], 60, 60, Some(6.0));
    }

    #[test]
    fn one_point_is_too_few_for_growth_and_none_for_a_mean() {
        check(Overtime::Increase, &[(60, 5.0)], 60, 60, None);
        check(Overtime::Rate, &[], 60, 60, None);
        check(Overtime::Average, &[], 60, 60, None);
        check(Overtime::Maximum, &[], 60, 60, None);
        check(Overtime::Average, &[(60, 5.0)], 60, 60, Some(5.0));
    }

    #[test]
    fn means_and_maxima_take_numbers_that_are_none() {
        check(Overtime::Average, &[(1, 0.1), (2, 0.2), (3, 0.6)], 3, 3, Some(0.3));
        check(Overtime::Average, &[(1, f64::INFINITY), (2, 1.0)], 3, 3, Some(f64::INFINITY));
        check(Overtime::Average, &[(1, f64::NAN), (2, 1.0)], 3, 3, Some(f64::NAN));
        check(Overtime::Maximum, &[(1, f64::NAN), (2, 1.0), (3, f64::NAN)], 3, 3, Some(1.0));
        check(Overtime::Maximum, &[(1, f64::NAN)], 3, 3, Some(f64::NAN));
        check(Overtime::Maximum, &[(1, -3.0), (2, -4.0)], 3, 3, Some(-3.0));
    }
}
