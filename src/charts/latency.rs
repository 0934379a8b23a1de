//! The latency chart: quantiles of one kind over time.

use aurora_charts::Unit;
use aurora_domain::{LatencyKind, LatencyPoint, State};

use super::{Ask, Plot, Series, Shape, plot::Window};

type Read = fn(&aurora_domain::LatencySummary) -> f64;

/// Name, palette slot and value of each line.
const LINES: [(&str, u8, Read); 4] = [
    ("p50", 3, |summary| summary.p50_ms),
    ("p90", 1, |summary| summary.p90_ms),
    ("p95", 4, |summary| summary.p95_ms),
    ("p99", 2, |summary| summary.p99_ms),
];

/// Quantiles of `kind` in each bucket.
pub(crate) fn latency_plot(state: &State, kind: LatencyKind, ask: Ask) -> Plot {
    let plot = Plot::new(state, ask, Unit::Milliseconds, Shape::Lines);
    let points = state.latency_in(ask.filter).series(kind, plot.window.buckets());
    let series = LINES
        .into_iter()
        .map(|(name, slot, read)| Series {
            name: name.into(),
            slot,
            values: values(&points, plot.window, read),
        })
        .collect();
    Plot { series, ..plot }
}

/// One value for each bucket of `window`, whichever of them the points cover.
fn values(points: &[LatencyPoint], window: Window, read: Read) -> Vec<f64> {
    window
        .starts()
        .map(|start| {
            let at = points.binary_search_by_key(&start, |point| point.second).ok();
            let summary = at.and_then(|at| points.get(at)).and_then(|point| point.summary.as_ref());
            summary.map_or(f64::NAN, read)
        })
        .collect()
}
