//! The chart of denials: how often each reason stopped an order, per second, stacked.
//!
//! The reasons that the session has most of stand apart, in the order of the session, so that one keeps its colour while
//! the stretch of time changes; the others are one part.

use aurora_charts::Unit;
use aurora_domain::{State, reason::ReasonPoints};

use super::{Ask, Plot, Series, Shape};

/// How many reasons stand apart, and the palette slots of these and of the rest.
const APART: usize = 5;
const SLOTS: [u8; APART] = [4, 1, 2, 3, 6];
const REST: u8 = 5;

/// Denials per second by reason, in each bucket.
pub(crate) fn reason_plot(state: &State, ask: Ask) -> Plot {
    let plot = Plot::new(state, ask, Unit::PerSecond, Shape::Stack);
    let mut ranked = state.orders_in(ask.filter).deny_reason_series(plot.window.buckets());
    let rest = ranked.split_off(ranked.len().min(APART));
    let step = f64::from(plot.window.step);
    let rates = |points: &ReasonPoints| points.counts.iter().map(|count| *count as f64 / step).collect();
    let mut series: Vec<Series> = ranked
        .iter()
        .zip(SLOTS)
        .map(|(points, slot)| Series {
            name: points.reason.reason.clone().into(),
            slot,
            values: rates(points),
        })
        .collect();
    if !rest.is_empty() {
        let mut values = vec![0.0; plot.window.buckets as usize];
        for points in &rest {
            for (sum, count) in values.iter_mut().zip(&points.counts) {
                *sum += *count as f64 / step;
            }
        }
        series.push(Series { name: format!("{} others", rest.len()).into(), slot: REST, values });
    }
    let words = "Stacked bars of denials per second by reason over time".into();
    Plot { series, words, empty: "No order was denied in this span".into(), ..plot }
}
