//! Counts over time and value as cells: one polygon per colour.
//!
//! Invariants: a cell in view is at least a device pixel in each direction; an empty cell draws nothing.

use super::outline::{Bar, outline};
use super::pen::Pen;
use crate::error::ChartError;
use crate::layout::Layout;
use crate::model::Heat;
use plotters_backend::DrawingBackend;

/// Paints the cells of `heat` inside both ranges.
///
/// # Errors
/// [`ChartError::Backend`] with the backend's message.
pub fn paint_heat<B: DrawingBackend>(
    backend: &mut B,
    layout: &Layout,
    heat: &Heat<'_>,
) -> Result<(), ChartError> {
    let mut pen = Pen::new(backend, "cells");
    let mut levels: Vec<Vec<Bar>> = vec![Vec::new(); heat.ramp.len()];
    let (rows, most) = (rows(layout, heat), heat.most());
    for (bucket, counts) in heat.counts.chunks_exact(rows.len().max(1)).enumerate() {
        let start = heat.start + bucket as f64 * heat.bucket_seconds;
        let Some((left, right)) = columns(layout, start, start + heat.bucket_seconds) else { continue };
        for (count, row) in counts.iter().zip(&rows) {
            let level = Heat::level(*count, most, levels.len());
            if let (Some((top, bottom)), Some(cells)) = (*row, level.and_then(|level| levels.get_mut(level)))
            {
                cells.push(Bar { left, right, top, bottom });
            }
        }
    }
    for (cells, color) in levels.iter().zip(heat.ramp) {
        if !cells.is_empty() {
            pen.polygon(outline(cells), *color)?;
        }
    }
    Ok(())
}

/// Top and bottom row of each band; none where it is out of the value range.
fn rows(layout: &Layout, heat: &Heat<'_>) -> Vec<Option<(i32, i32)>> {
    let y = layout.spec().y;
    let row = |edges: &[f64]| {
        let &[low, high] = edges else { return None };
        let inside = high > y.lo() && low < y.hi();
        let (top, bottom) = (layout.row(high), layout.row(low));
        inside.then(|| (top.min(layout.plot().bottom - 1), bottom.max(top + 1).min(layout.plot().bottom)))
    };
    heat.edges.windows(2).map(row).collect()
}

/// Left and right column of a bucket; none where it is out of the time range.
fn columns(layout: &Layout, start: f64, end: f64) -> Option<(i32, i32)> {
    let x = layout.spec().x;
    let left = layout.column(start).min(layout.plot().right - 1);
    (end > x.start() && start < x.end()).then(|| (left, layout.column(end).max(left + 1)))
}
