//! The latency chart: quantiles of one kind over time.

use aurora_charts::Unit;
use aurora_domain::{LatencyKind, State};

use super::{Ask, Plot, Shape};

/// Quantiles of `kind` in each bucket.
pub(crate) fn latency_plot(state: &State, kind: LatencyKind, ask: Ask) -> Plot {
    let plot = Plot::new(state, ask, Unit::Milliseconds, Shape::Lines);
    let points = state.latency_in(ask.filter).series(kind, plot.window.buckets());
    let lines = [
        ("p50", 3, quantiles::P50),
        ("p90", 1, quantiles::P90),
        ("p95", 4, quantiles::P95),
        ("p99", 2, quantiles::P99),
    ];
    Plot { series: quantiles::series(&points, plot.window, lines), ..plot }
}

pub(super) mod quantiles {
    //! Quantiles as series of a plot.

    use aurora_domain::{LatencyPoint, LatencySummary};

    use crate::charts::{Series, plot::Window};

    /// Reads one of them.
    pub(crate) type Read = fn(&LatencySummary) -> f64;

    pub(crate) const P50: Read = |summary| summary.p50_ms;
    pub(crate) const P90: Read = |summary| summary.p90_ms;
    pub(crate) const P95: Read = |summary| summary.p95_ms;
    pub(crate) const P99: Read = |summary| summary.p99_ms;

    /// A series for each name, palette slot and quantile, with one value for each bucket of `window`.
    pub(crate) fn series<const N: usize>(
        points: &[LatencyPoint],
        window: Window,
        lines: [(&'static str, u8, Read); N],
    ) -> Vec<Series> {
        let value = |start: i64, read: Read| {
            let at = points.binary_search_by_key(&start, |point| point.second).ok();
            let summary = at.and_then(|at| points.get(at)).and_then(|point| point.summary.as_ref());
            summary.map_or(f64::NAN, read)
        };
        let line = |(name, slot, read): (&'static str, u8, Read)| {
            let values = window.starts().map(|start| value(start, read)).collect();
            Series { name: name.into(), slot, values }
        };
        lines.into_iter().map(line).collect()
    }
}
