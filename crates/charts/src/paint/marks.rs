//! Moments that matter: a vertical line, and a sign at its top that tells their kinds apart without colour.

use super::pen::Pen;
use crate::error::ChartError;
use crate::layout::Layout;
use crate::model::{Mark, Sign};
use plotters_backend::{BackendCoord, DrawingBackend};

/// Half the width of a sign, in CSS pixels.
const HALF: f64 = 4.0;
/// Opacity of the line, which must not hide data.
const LINE_ALPHA: f64 = 0.4;

/// Paints the marks inside the time range, last on the data layer: they move with it and lie on top.
///
/// # Errors
/// [`ChartError::Backend`] with the backend's message.
pub fn paint_marks<B: DrawingBackend>(
    backend: &mut B,
    layout: &Layout,
    marks: &[Mark],
) -> Result<(), ChartError> {
    let mut pen = Pen::new(backend, "marks");
    let (plot, x, hair) = (layout.plot(), layout.spec().x, layout.device(1.0));
    for mark in marks.iter().filter(|mark| (x.start()..=x.end()).contains(&mark.at)) {
        let left = layout.column(mark.at).min(plot.right - hair);
        let line = mark.color.with_alpha(mark.color.alpha * LINE_ALPHA);
        pen.fill((left, plot.top), (left + hair, plot.bottom), line)?;
        let half = layout.device(HALF);
        let middle = left.clamp(plot.left + half, (plot.right - half).max(plot.left + half));
        pen.polygon(sign(mark.sign, (middle, plot.top + half), half), mark.color)?;
    }
    Ok(())
}

/// Corners of a sign around `(x, y)`, at most `half` away in each direction.
fn sign(sign: Sign, (x, y): BackendCoord, half: i32) -> Vec<BackendCoord> {
    let third = (half / 3).max(1);
    let corners: &[(i32, i32)] = match sign {
        Sign::Triangle => &[(-half, -half), (half, -half), (0, half)],
        Sign::Diamond => &[(0, -half), (half, 0), (0, half), (-half, 0)],
        Sign::Square => &[(-half, -half), (half, -half), (half, half), (-half, half)],
        Sign::Octagon => &[
            (-third, -half),
            (third, -half),
            (half, -third),
            (half, third),
            (third, half),
            (-third, half),
            (-half, third),
            (-half, -third),
        ],
        Sign::Cross => &[
            (-third, -half),
            (third, -half),
            (third, -third),
            (half, -third),
            (half, third),
            (third, third),
            (third, half),
            (-third, half),
            (-third, third),
            (-half, third),
            (-half, -third),
            (-third, -third),
        ],
        Sign::House => &[(0, -half), (half, 0), (half, half), (-half, half), (-half, 0)],
    };
    corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect()
}
