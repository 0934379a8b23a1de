//! The area between two series, one polygon per unbroken stretch.

use super::pen::Pen;
use crate::error::ChartError;
use crate::layout::Layout;
use crate::model::{Band, Point};
use plotters_backend::{BackendCoord, DrawingBackend};

/// Paints the part of `band` inside the time range; where either edge has a gap, so has the area. It lies under the
/// lines: paint it before them.
///
/// # Errors
/// [`ChartError::Backend`] with the backend's message.
pub fn paint_band<B: DrawingBackend>(
    backend: &mut B,
    layout: &Layout,
    band: &Band<'_>,
) -> Result<(), ChartError> {
    let mut pen = Pen::new(backend, "band");
    let (x, mut above, mut below) = (layout.spec().x, Vec::new(), Vec::new());
    for (low, high) in band.lower.iter().zip(band.upper) {
        let inside = (x.start()..=x.end()).contains(&low.x);
        if inside && low.is_finite() && high.is_finite() {
            below.push(place(layout, *low));
            above.push(place(layout, *high));
        } else {
            close(&mut pen, &mut above, &mut below, band)?;
        }
    }
    close(&mut pen, &mut above, &mut below, band)
}

fn place(layout: &Layout, point: Point) -> BackendCoord {
    (layout.column(point.x), layout.row(point.y))
}

/// Fills between what was gathered, and begins anew.
fn close<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    above: &mut Vec<BackendCoord>,
    below: &mut Vec<BackendCoord>,
    band: &Band<'_>,
) -> Result<(), ChartError> {
    let mut path = std::mem::take(above);
    path.extend(std::mem::take(below).into_iter().rev());
    // A stretch of one sample has no area.
    if path.len() > 2 { pen.polygon(path, band.color) } else { Ok(()) }
}
