//! Times without data: shaded and hatched, so that nobody reads them as zero.

use super::pen::Pen;
use crate::error::ChartError;
use crate::layout::{Layout, PixelRect};
use crate::model::{Gap, Theme};
use plotters_backend::{BackendCoord, DrawingBackend};

/// Distance of hatching lines along the time axis, in CSS pixels.
const HATCH: f64 = 8.0;
/// The least width of a gap, in CSS pixels: a minute of a day is not overlooked.
const LEAST: f64 = 2.0;

/// Paints the parts of `gaps` inside the time range. They move with the data and lie under it: paint them first on
/// the data layer.
///
/// # Errors
/// [`ChartError::Backend`] with the backend's message.
pub fn paint_gaps<B: DrawingBackend>(
    backend: &mut B,
    layout: &Layout,
    theme: &Theme,
    gaps: &[Gap],
) -> Result<(), ChartError> {
    let mut pen = Pen::new(backend, "gaps");
    let (times, plot, least) = (&layout.spec().x, layout.plot(), layout.device(LEAST));
    for gap in gaps {
        if gap.end < gap.start || gap.end < times.start() || gap.start > times.end() {
            continue;
        }
        let left = layout.column(gap.start);
        let right = layout.column(gap.end).max(left + least).min(plot.right);
        let area = PixelRect { left: left.min(right - least), right, ..plot };
        let shade = theme.gap.with_alpha(theme.gap.alpha / 3.0);
        pen.fill((area.left, area.top), (area.right, area.bottom), shade)?;
        let hatching = hatching(area, layout.device(HATCH));
        if hatching.len() > 1 {
            pen.stroke(&hatching, theme.gap, layout.device(1.0))?;
        }
    }
    Ok(())
}

/// Rising diagonals through `area` as one path: each is drawn up and down again, and the way to the next one lies
/// on the left and bottom edges.
fn hatching(area: PixelRect, distance: i32) -> Vec<BackendCoord> {
    let (from, to) = (area.left + area.top, area.right + area.bottom);
    let step = usize::try_from(distance.max(1)).unwrap_or(1);
    // Diagonals keep their place on the canvas while a gap moves across it.
    let first = from + (distance - from.rem_euclid(distance.max(1)));
    (first..to)
        .step_by(step)
        .flat_map(|sum| {
            let low = (area.left.max(sum - area.bottom), area.bottom.min(sum - area.left));
            let high = (area.right.min(sum - area.top), area.top.max(sum - area.right));
            [low, high, low]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hatching_stays_inside_its_area(
            left in 0..900i32, top in 0..500i32, width in 1..900i32, height in 1..500i32, distance in 1..40i32,
        ) {
            let area = PixelRect { left, top, right: left + width, bottom: top + height };
            let path = hatching(area, distance);
            prop_assert!(path.iter().all(|coord| area.contains(*coord)), "{:?} in {:?}", path, area);
            prop_assert!(width + height <= distance || !path.is_empty());
        }
    }
}
