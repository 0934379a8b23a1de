//! The order chart: what became of orders, per second, stacked.
//!
//! The stack's parts exclude each other, so its height is a number of orders: an error is a rejection, an expiry
//! or a failure, counted by whichever the logs report more of, because one order is often both.

use aurora_charts::Unit;
use aurora_domain::{Outcome, Outcomes, State, orders::OutcomePoint};

use super::{Ask, Plot, Series, Shape};

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
pub(crate) fn outcome_plot(state: &State, ask: Ask) -> Plot {
    let plot = Plot::new(state, ask, Unit::PerSecond, Shape::Stack);
    let points = state.orders_in(ask.filter).series(plot.window.buckets());
    let series = PARTS
        .into_iter()
        .map(|(name, slot, read)| {
            let rate = |point: &OutcomePoint| read(&point.outcomes) as f64 / f64::from(plot.window.step);
            Series { name: name.into(), slot, values: points.iter().map(rate).collect() }
        })
        .collect();
    let words = "Stacked bars of order outcomes per second over time".into();
    Plot { series, words, empty: "No orders in this span".into(), ..plot }
}
