//! The order chart: what became of orders, per second, stacked.
//!
//! The stack's parts exclude each other, so its height is a number of orders: an error is a rejection, an expiry
//! or a failure, counted by whichever the logs report more of, because one order is often both.

use aurora_charts::Unit;
use aurora_domain::{Outcome, Outcomes, Span, State, format, orders::OutcomePoint};

use super::{Plot, Series, Shape, Window};

type Read = fn(&Outcomes) -> u64;

/// Name, palette slot and count of each part, from the bottom up.
const PARTS: [(&str, u8, Read); 4] = [
    ("filled", 3, |all| all.get(Outcome::Filled)),
    ("canceled", 5, |all| all.get(Outcome::Canceled)),
    ("error", 2, |all| {
        (all.get(Outcome::Rejected) + all.get(Outcome::Expired)).max(all.get(Outcome::Failed))
    }),
    ("denied", 4, |all| all.get(Outcome::Denied)),
];

/// Orders per second by what became of them, in each bucket.
pub(crate) fn outcome_plot(state: &State, span: Span) -> Plot {
    let window = Window::of(span, state.now());
    let points = state.orders().series(window.buckets());
    let series = PARTS
        .into_iter()
        .map(|(name, slot, read)| {
            let rate = |point: &OutcomePoint| read(&point.outcomes) as f64 / f64::from(window.step);
            Series { name, slot, values: points.iter().map(rate).collect() }
        })
        .collect();
    Plot { window, unit: Unit::PerSecond, shape: Shape::Stack, series, gaps: Vec::new() }
}

/// The rate in the last whole bucket: the current one is still filling.
pub(crate) fn last_whole(series: &Series) -> Option<f64> {
    series.values.iter().rev().nth(1).copied()
}

/// What the picture says, in a sentence.
pub(crate) fn outcome_summary(plot: &Plot) -> String {
    let rates: Vec<String> = plot
        .series
        .iter()
        .filter_map(|series| Some(format!("{} {}", series.name, format::per_second(last_whole(series)?))))
        .collect();
    format!("Stacked bars of order outcomes per second over time. Latest: {}.", rates.join(", "))
}
