//! Where the grid lines of the value axis stand.
//!
//! Invariants: ticks ascend, lie inside their range, are round in the decimal system, and are never more than
//! about 2.5 times the number asked for.

use crate::scale::{Scale, YRange};

/// Most ticks that any axis gets, whatever its range.
const MOST: usize = 64;

/// The step out of 1, 2, 5 times a power of ten that comes nearest to a `count`-th of `span`.
pub(crate) fn nice_step(span: f64, count: f64) -> f64 {
    let raw = span / count;
    let decade = 10f64.powf(raw.log10().floor());
    let lead = raw / decade;
    let nice = match lead {
        lead if lead < 1.5 => 1.0,
        lead if lead < 3.5 => 2.0,
        lead if lead < 7.5 => 5.0,
        _ => 10.0,
    };
    nice * decade
}

/// Ticks of `range`, about `count` of them (3 or more), `min_step` or more apart on a linear scale.
pub(crate) fn value_ticks(range: &YRange, count: f64, min_step: f64) -> Vec<f64> {
    match range.scale() {
        Scale::Linear => linear(range, count, min_step),
        Scale::Log10 => logarithmic(range, count),
    }
}

fn linear(range: &YRange, count: f64, min_step: f64) -> Vec<f64> {
    let step = nice_step(range.hi() - range.lo(), count).max(min_step);
    // A hundredth of a millionth of a step makes up for the rounding of a quotient.
    let first = (range.lo() / step - 1e-8).ceil();
    (0..MOST)
        .map(|index| (first + index as f64) * step)
        .take_while(|tick| *tick <= range.hi() + step * 1e-8)
        .map(|tick| tick.clamp(range.lo(), range.hi()))
        .collect()
}

fn logarithmic(range: &YRange, count: f64) -> Vec<f64> {
    let every = (range.span() / count).ceil().max(1.0);
    let leads: &[f64] = if range.span() * 3.0 <= count { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let first = (range.lo().log10() / every).floor() * every;
    let ticks: Vec<f64> = (0..MOST)
        .map(|index| 10f64.powf((first + index as f64 * every).round()))
        .take_while(|decade| *decade <= range.hi())
        .flat_map(|decade| leads.iter().map(move |lead| lead * decade))
        .filter(|tick| range.contains(*tick))
        .collect();
    if ticks.len() >= 2 { ticks } else { linear(range, count, 0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(range: YRange, count: f64, expected: &[f64]) {
        let ticks = value_ticks(&range, count, 0.0);
        assert_eq!(ticks.len(), expected.len(), "{ticks:?}");
        for (tick, expected) in ticks.iter().zip(expected) {
            assert!((tick - expected).abs() <= expected.abs() * 1e-9, "{ticks:?}");
        }
    }

    #[test]
    fn linear_ticks_are_round() {
        check(YRange::linear(0.0, 120.0).unwrap(), 5.0, &[0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0]);
        check(YRange::linear(-0.3, 0.7).unwrap(), 5.0, &[-0.2, 0.0, 0.2, 0.4, 0.6]);
        check(YRange::linear(0.0, 0.003).unwrap(), 3.0, &[0.0, 0.001, 0.002, 0.003]);
    }

    #[test]
    fn log_ticks_are_decades_and_their_halves_where_there_is_room() {
        check(YRange::log10(1.0, 1e4).unwrap(), 5.0, &[1.0, 10.0, 100.0, 1e3, 1e4]);
        check(YRange::log10(1.0, 20.0).unwrap(), 5.0, &[1.0, 2.0, 5.0, 10.0, 20.0]);
        check(YRange::log10(1e-3, 1e7).unwrap(), 5.0, &[1e-2, 1.0, 100.0, 1e4, 1e6]);
        check(YRange::log10(3.0, 4.0).unwrap(), 5.0, &[3.0, 3.2, 3.4, 3.6, 3.8, 4.0]);
    }

    #[test]
    fn counts_have_no_ticks_between_whole_numbers() {
        assert_eq!(value_ticks(&YRange::linear(0.0, 1.2).unwrap(), 5.0, 1.0), [0.0, 1.0]);
    }

    proptest! {
        #[test]
        fn ticks_ascend_inside_the_range(
            log in any::<bool>(),
            exponent in -9..9i32,
            lo in -10.0..10.0f64,
            factor in 1.0001..1e7f64,
            count in 3..9u8,
        ) {
            let count = f64::from(count);
            let unit = 10f64.powi(exponent);
            let range = if log {
                YRange::log10((lo.abs() + 0.1) * unit, (lo.abs() + 0.1) * unit * factor)
            } else {
                YRange::linear(lo * unit, (lo + factor) * unit)
            };
            let range = range.unwrap();
            let ticks = value_ticks(&range, count, 0.0);
            prop_assert!(!ticks.is_empty());
            prop_assert!(ticks.len() as f64 <= count * 2.5 + 2.0, "{:?}", ticks);
            prop_assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", ticks);
            prop_assert!(ticks.iter().all(|tick| range.contains(*tick)), "{:?}", ticks);
        }
    }
}
