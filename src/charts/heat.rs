//! The latency heat map: how the durations of one kind are spread, over time.

use aurora_charts::Unit;
use aurora_domain::{LatencyKind, State, histogram::band_edges, latency::LatencyCells};

use super::{Ask, Plot, Shape, latency::quantiles, plot::Cells};

/// Bands of durations over time, with median and 99th percentile as lines.
pub(crate) fn heat_plot(state: &State, kind: LatencyKind, ask: Ask) -> Plot {
    let plot = Plot::new(state, ask, Unit::Milliseconds, Shape::Lines);
    let (view, buckets) = (state.latency_in(ask.filter), plot.window.buckets());
    let lines = [("p50", 5, quantiles::P50), ("p99", 2, quantiles::P99)];
    let series = quantiles::series(&view.series(kind, buckets), plot.window, lines);
    Plot { cells: cells(&view.cells(kind, buckets)), series, ..plot }
}

/// The bands that occur at all, as a grid; none where there is nothing.
fn cells(points: &[LatencyCells]) -> Option<Cells> {
    let bands = || points.iter().flat_map(|point| point.counts.iter().map(|(band, _)| *band));
    let (low, high) = (bands().min()?, bands().max()?);
    let width = usize::from(high - low) + 1;
    let mut counts = vec![0_u32; width * points.len()];
    for (point, row) in points.iter().zip(counts.chunks_exact_mut(width)) {
        for (band, count) in &point.counts {
            if let Some(cell) = row.get_mut(usize::from(band - low)) {
                *cell = u32::try_from(*count).unwrap_or(u32::MAX);
            }
        }
    }
    let edges = (low..=high).map(|band| band_edges(band).0).chain([band_edges(high).1]).collect();
    Some(Cells { edges, counts })
}
