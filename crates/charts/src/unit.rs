//! What a value axis measures, and how its ticks are labelled.
//!
//! Invariants: all labels of a linear axis share one unit and number of decimals, chosen from its largest tick and
//! its step, so they compare at a glance; on a logarithmic axis each tick has the unit that suits it.

use crate::scale::Scale;

/// Quantity on a value axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds; shown as µs below 1 ms and as s from 1 s.
    Milliseconds,
    /// A number of things; ticks are whole numbers.
    Count,
    /// A number of things per second.
    PerSecond,
    /// A ratio from 0 to 1, shown in percent.
    Ratio,
    /// A number without a unit.
    Number,
}

impl Unit {
    /// Least distance of two ticks.
    pub(crate) fn min_step(self) -> f64 {
        if self == Self::Count { 1.0 } else { 0.0 }
    }

    /// Labels of `ticks`, in their order.
    pub(crate) fn labels(self, scale: Scale, ticks: &[f64]) -> Vec<String> {
        let largest = ticks.iter().fold(0.0, |most: f64, tick| most.max(tick.abs()));
        let step = match ticks {
            [first, second, ..] => second - first,
            _ => largest,
        };
        let of = |tick: &f64| match scale {
            Scale::Linear => self.label(*tick, largest, step),
            Scale::Log10 => self.label(*tick, tick.abs(), tick.abs()),
        };
        ticks.iter().map(of).collect()
    }

    fn label(self, value: f64, largest: f64, step: f64) -> String {
        let (divisor, suffix) = self.display(largest);
        if value.abs() < step * 1e-6 {
            return String::from("0");
        }
        let decimals = decimals(step / divisor);
        format!("{:.decimals$}{suffix}", value / divisor)
    }

    /// What to divide by and what to write behind, where `largest` is the largest value on the axis.
    fn display(self, largest: f64) -> (f64, &'static str) {
        // Ticks are multiples of rounded steps: 0.999…9 of a bound is the bound.
        let reaches = |bound: f64| largest >= bound * (1.0 - 1e-9);
        match self {
            Self::Milliseconds if reaches(1e3) => (1e3, " s"),
            Self::Milliseconds if reaches(1.0) => (1.0, " ms"),
            Self::Milliseconds => (1e-3, " µs"),
            Self::Ratio => (0.01, " %"),
            Self::Count if reaches(1e6) => (1e6, "M"),
            Self::Count if reaches(1e4) => (1e3, "k"),
            Self::Count | Self::Number => (1.0, ""),
            Self::PerSecond if reaches(1e6) => (1e6, "M/s"),
            Self::PerSecond if reaches(1e4) => (1e3, "k/s"),
            Self::PerSecond => (1.0, "/s"),
        }
    }
}

/// Decimals, 0 to 9, at which steps of `step` are told apart.
fn decimals(step: f64) -> usize {
    let exact = (0..9).find(|decimals| {
        let scaled = step * 10f64.powi(*decimals);
        (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1.0) && scaled.round() >= 1.0
    });
    exact.and_then(|decimals| usize::try_from(decimals).ok()).unwrap_or(9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(unit: Unit, scale: Scale, ticks: &[f64], expected: &[&str]) {
        assert_eq!(unit.labels(scale, ticks), expected);
    }

    #[test]
    fn linear_labels_share_a_unit() {
        check(Unit::Milliseconds, Scale::Linear, &[0.0, 0.2, 0.4], &["0", "200 µs", "400 µs"]);
        check(Unit::Milliseconds, Scale::Linear, &[0.0, 20.0, 40.0], &["0", "20 ms", "40 ms"]);
        check(Unit::Milliseconds, Scale::Linear, &[0.0, 500.0, 1000.0], &["0", "0.5 s", "1.0 s"]);
        check(Unit::PerSecond, Scale::Linear, &[0.0, 2.5, 5.0], &["0", "2.5/s", "5.0/s"]);
        check(Unit::Count, Scale::Linear, &[0.0, 5e3, 1e4], &["0", "5k", "10k"]);
        check(Unit::Ratio, Scale::Linear, &[0.0, 0.5, 1.0], &["0", "50 %", "100 %"]);
        check(Unit::Count, Scale::Linear, &[-2.0, 0.0, 2.0], &["-2", "0", "2"]);
        check(Unit::Number, Scale::Linear, &[-2.5, 0.0, 2.5], &["-2.5", "0", "2.5"]);
    }

    #[test]
    fn log_labels_have_the_unit_that_suits_each() {
        let ticks = [0.05, 1.0, 20.0, 1000.0];
        check(Unit::Milliseconds, Scale::Log10, &ticks, &["50 µs", "1 ms", "20 ms", "1 s"]);
    }

    #[test]
    fn rounding_of_ticks_does_not_show() {
        check(Unit::Milliseconds, Scale::Linear, &[0.1 * 3.0, 0.1 * 6.0], &["300 µs", "600 µs"]);
        check(Unit::Milliseconds, Scale::Linear, &[1e-17, 0.999_999_999_999], &["0", "1 ms"]);
    }

    #[test]
    fn no_ticks_have_no_labels() {
        check(Unit::Count, Scale::Linear, &[], &[]);
        check(Unit::Count, Scale::Linear, &[3.0], &["3"]);
    }
}
