//! Series as lines: one path per unbroken stretch, a dot for a sample that stands alone.

use super::pen::Pen;
use crate::decimate::Trace;
use crate::error::ChartError;
use crate::layout::Layout;
use crate::model::{Color, Line};
use plotters_backend::{BackendCoord, DrawingBackend};

/// Paints `lines` in their order, the last on top. However many samples a line has, at most four per pixel column
/// reach the backend.
///
/// # Errors
/// [`ChartError::Backend`] with the backend's message.
pub fn paint_lines<B: DrawingBackend>(
    backend: &mut B,
    layout: &Layout,
    lines: &[Line<'_>],
) -> Result<(), ChartError> {
    let mut pen = Pen::new(backend, "lines");
    for line in lines {
        let width = layout.device(line.width);
        for run in Trace::of(line.points, layout).runs() {
            match run {
                [alone] => dot(&mut pen, layout, *alone, line.color, width)?,
                run => pen.stroke(run, line.color, width)?,
            }
        }
    }
    Ok(())
}

/// A square around `at`, twice as wide as its line, cut at the edges of the plot.
fn dot<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    layout: &Layout,
    at: BackendCoord,
    color: Color,
    width: i32,
) -> Result<(), ChartError> {
    let plot = layout.plot();
    let inside = |(x, y): BackendCoord| (x.clamp(plot.left, plot.right), y.clamp(plot.top, plot.bottom));
    pen.fill(inside((at.0 - width, at.1 - width)), inside((at.0 + width, at.1 + width)), color)
}
