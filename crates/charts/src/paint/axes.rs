//! Grid, axis line, tick labels and thresholds: the layer that changes rarely.

use super::pen::{Pen, text_style};
use crate::error::ChartError;
use crate::layout::{LABEL_GAP, Layout, Tick};
use crate::model::{Theme, Threshold};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::DrawingBackend;

/// Paints grid lines, the axis line and tick labels.
///
/// # Errors
/// [`ChartError::Backend`] with the backend's message.
pub fn paint_axes<B: DrawingBackend>(
    backend: &mut B,
    layout: &Layout,
    theme: &Theme,
) -> Result<(), ChartError> {
    let mut pen = Pen::new(backend, "axes");
    grid(&mut pen, layout, theme)?;
    let (plot, hair) = (layout.plot(), layout.device(1.0));
    pen.fill((plot.left, plot.bottom), (plot.right, plot.bottom + hair), theme.axis)?;
    let style =
        |pos| text_style(&theme.font_family, layout.spec().font_px * layout.spec().dpr, theme.text, pos);
    let gap = layout.device(LABEL_GAP);
    let beside = style(Pos::new(HPos::Right, VPos::Center));
    for Tick { at, label } in layout.y_ticks() {
        pen.text(label, (plot.left - gap, *at), &beside)?;
    }
    let below = style(Pos::new(HPos::Center, VPos::Top));
    for Tick { at, label } in layout.x_ticks().iter().filter(|tick| !tick.label.is_empty()) {
        pen.text(label, (*at, plot.bottom + gap), &below)?;
    }
    Ok(())
}

fn grid<B: DrawingBackend>(pen: &mut Pen<'_, B>, layout: &Layout, theme: &Theme) -> Result<(), ChartError> {
    let (plot, hair) = (layout.plot(), layout.device(1.0));
    for tick in layout.y_ticks().iter().filter(|tick| tick.at < plot.bottom) {
        pen.fill((plot.left, tick.at), (plot.right, tick.at + hair), theme.grid)?;
    }
    for tick in layout.x_ticks() {
        pen.fill((tick.at, plot.top), (tick.at + hair, plot.bottom), theme.grid)?;
    }
    Ok(())
}

/// Paints horizontal lines at the thresholds inside the y range. They change as rarely as the axes and belong on
/// the same layer, after [`paint_axes`].
///
/// # Errors
/// [`ChartError::Backend`] with the backend's message.
pub fn paint_thresholds<B: DrawingBackend>(
    backend: &mut B,
    layout: &Layout,
    theme: &Theme,
    thresholds: &[Threshold<'_>],
) -> Result<(), ChartError> {
    let mut pen = Pen::new(backend, "thresholds");
    thresholds
        .iter()
        .filter(|threshold| layout.spec().y.contains(threshold.value))
        .try_for_each(|threshold| paint_threshold(&mut pen, layout, theme, threshold))
}

fn paint_threshold<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    layout: &Layout,
    theme: &Theme,
    threshold: &Threshold<'_>,
) -> Result<(), ChartError> {
    let (plot, hair) = (layout.plot(), layout.device(1.0));
    let row = layout.row(threshold.value).min(plot.bottom - hair);
    pen.fill((plot.left, row), (plot.right, row + hair), threshold.color)?;
    if threshold.label.is_empty() {
        return Ok(());
    }
    let (text, gap) = (layout.device(layout.spec().font_px), layout.device(3.0));
    let above = row - text - gap >= plot.top;
    let (base, anchor) = if above { (row - gap, VPos::Bottom) } else { (row + hair + gap, VPos::Top) };
    let size = layout.spec().font_px * layout.spec().dpr;
    let style = text_style(&theme.font_family, size, threshold.color, Pos::new(HPos::Right, anchor));
    pen.text(threshold.label, (plot.right - gap, base), &style)
}
