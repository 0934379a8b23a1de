//! Paints a plot on its two canvases, and remembers what must not change from one redraw to the next.
//!
//! Invariants: the axes are painted only where their range, size, limits or colours changed; the elements are measured only
//! when their size has changed, because measuring makes the browser lay the page out.

use aurora_charts::{
    AutoRange, Band, ChartError, Color, Heat, Layout, Line, Mark, Scale, Sign, Spec, Stacked, Threshold,
    TimeRange, Unit, YRange, paint_axes, paint_band, paint_gaps, paint_heat, paint_lines, paint_marks,
    paint_stacked, paint_thresholds,
};
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::{
    Plot, Series, Shape,
    colors::Colors,
    geometry::Geometry,
    look::{Marker, MarkerKind},
    markers::crowds,
    plot::Limit,
};
use crate::browser;

/// Opacity of the colours of cells, from the rarest to the most frequent.
const RAMP: [f64; 6] = [0.16, 0.3, 0.45, 0.62, 0.8, 1.0];
/// Opacity of an earlier session.
const GHOST_ALPHA: f64 = 0.16;

/// What to paint, beside the plot.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices {
    /// Names of series that are switched off.
    pub(super) hidden: Vec<String>,
    /// Whether the value axis is logarithmic.
    pub(super) log: bool,
    /// Minutes that shown times are ahead of UTC.
    pub(super) utc_offset_min: i32,
    pub(super) markers: Vec<Marker>,
    /// Changes with the page's colours.
    pub(super) colors: u32,
    /// Changes with the canvases' size.
    pub(super) size: u32,
}

impl Choices {
    pub(super) fn shows(&self, series: &Series) -> bool {
        !self.hidden.iter().any(|name| *name == series.name)
    }
}

/// What has to be kept between redraws.
#[derive(Default)]
pub(super) struct Painter {
    range: Option<(Scale, AutoRange)>,
    layout: Option<Layout>,
    limits: Vec<Limit>,
    style: Option<Style>,
}

/// Colours, font and the canvases' size in CSS pixels, and what they were read at.
struct Style {
    generation: (u32, u32),
    colors: Colors,
    size: (f64, f64),
}

impl Painter {
    /// Paints on both canvases, the axes where they have to be.
    pub(super) fn paint(
        &mut self,
        axes: &HtmlCanvasElement,
        data: &HtmlCanvasElement,
        plot: &Plot,
        choices: &Choices,
    ) {
        match self.try_paint(axes, data, plot, choices) {
            // A hidden panel has no size; it is painted when it gets one.
            Ok(()) | Err(ChartError::TooSmall { .. }) => {}
            Err(error) => leptos::logging::warn!("a chart could not be painted: {error}"),
        }
    }

    fn try_paint(
        &mut self,
        axes: &HtmlCanvasElement,
        data: &HtmlCanvasElement,
        plot: &Plot,
        choices: &Choices,
    ) -> Result<(), ChartError> {
        let generation = (choices.colors, choices.size);
        let restyled = self.style.as_ref().is_none_or(|style| style.generation != generation);
        if restyled {
            let size = (f64::from(data.client_width()), f64::from(data.client_height()));
            self.style = Some(Style { generation, colors: Colors::read(), size });
        }
        let y = self.value_range(plot, choices)?;
        let Some(Style { colors, size, .. }) = &self.style else { return Ok(()) };
        let spec = spec(*size, plot, y, colors.font_px, choices.utc_offset_min)?;
        if restyled || self.limits != plot.limits || self.layout.as_ref().map(Layout::spec) != Some(&spec) {
            let layout = Layout::new(spec)?;
            fit(axes, &layout);
            fit(data, &layout);
            clear(axes);
            if let Some(mut backend) = CanvasBackend::with_canvas_object(axes.clone()) {
                paint_axes(&mut backend, &layout, &colors.theme)?;
                paint_limits(&mut backend, &layout, colors, &plot.limits)?;
            }
            self.limits.clone_from(&plot.limits);
            self.layout = Some(layout);
        }
        clear(data);
        match (&self.layout, CanvasBackend::with_canvas_object(data.clone())) {
            (Some(layout), Some(mut backend)) => paint_data(&mut backend, layout, plot, choices, colors),
            _ => Ok(()),
        }
    }

    fn value_range(&mut self, plot: &Plot, choices: &Choices) -> Result<YRange, ChartError> {
        let scale = if choices.log { Scale::Log10 } else { Scale::Linear };
        let known = self.range.take().filter(|(known, _)| *known == scale);
        let (_, mut range) = match known {
            Some(known) => known,
            None if choices.log => (scale, AutoRange::new(YRange::log10(1.0, 100.0)?)),
            None => (scale, AutoRange::new(YRange::linear(0.0, 1.0)?)),
        };
        let y = range.update(heights(plot, choices));
        self.range = Some((scale, range));
        Ok(y)
    }

    /// Where time lies; none before anything was painted.
    pub(super) fn geometry(&self) -> Option<Geometry> {
        self.layout.as_ref().map(geometry_of)
    }

    /// The colours that were painted with.
    pub(super) fn colors(&self) -> Option<&Colors> {
        self.style.as_ref().map(|style| &style.colors)
    }
}

fn geometry_of(layout: &Layout) -> Geometry {
    let ((left, right), x) = (layout.sides_css(), layout.spec().x);
    Geometry { left, right, from: x.start(), to: x.end() }
}

/// What the value axis has room for.
fn heights(plot: &Plot, choices: &Choices) -> Vec<f64> {
    let visible = || plot.series.iter().filter(|series| choices.shows(series));
    let mut heights: Vec<f64> = match plot.shape {
        Shape::Lines => visible().flat_map(|series| series.values.iter().copied()).collect(),
        Shape::Stack => {
            let mut totals = vec![0.0; plot.window.buckets as usize];
            for series in visible() {
                for (total, value) in totals.iter_mut().zip(&series.values) {
                    *total += value.max(0.0);
                }
            }
            totals
        }
    };
    if let Some(cells) = &plot.cells {
        let bands = cells.edges.len().saturating_sub(1).max(1);
        let counted = |band: usize| cells.counts.iter().skip(band).step_by(bands).any(|count| *count > 0);
        let edges = cells.edges.windows(2).enumerate().filter(|(band, _)| counted(*band));
        heights.extend(edges.flat_map(|(_, edges)| edges.iter().copied()));
    }
    heights.extend(plot.ghost.iter().flatten());
    heights.extend(plot.limits.iter().filter(|limit| limit.always).map(|limit| limit.value));
    heights
}

fn spec(
    (width_css, height_css): (f64, f64),
    plot: &Plot,
    y: YRange,
    font_px: f64,
    utc_offset_min: i32,
) -> Result<Spec, ChartError> {
    Ok(Spec {
        width_css,
        height_css,
        dpr: browser::window().map_or(1.0, |window| window.device_pixel_ratio()),
        font_px,
        min_left_css: font_px * 5.0,
        x: TimeRange::new(plot.shown.0 as f64, plot.shown.1 as f64)?,
        y,
        unit: plot.unit,
        utc_offset_min,
    })
}

fn paint_limits(
    backend: &mut CanvasBackend,
    layout: &Layout,
    colors: &Colors,
    limits: &[Limit],
) -> Result<(), ChartError> {
    let thresholds: Vec<Threshold<'_>> = limits
        .iter()
        .map(|limit| Threshold { value: limit.value, color: colors.warn, label: limit.label })
        .collect();
    paint_thresholds(backend, layout, &colors.theme, &thresholds)
}

fn paint_data(
    backend: &mut CanvasBackend,
    layout: &Layout,
    plot: &Plot,
    choices: &Choices,
    colors: &Colors,
) -> Result<(), ChartError> {
    paint_gaps(backend, layout, &colors.theme, &plot.gaps)?;
    paint_ghost(backend, layout, plot, colors)?;
    paint_cells(backend, layout, plot, colors)?;
    let shown: Vec<&Series> = plot.series.iter().filter(|series| choices.shows(series)).collect();
    match plot.shape {
        Shape::Lines => {
            let points: Vec<_> = shown.iter().map(|series| plot.points(&series.values)).collect();
            let line = |(series, points): (&&Series, _)| Line {
                color: colors.slot(series.slot),
                width: 1.5,
                points,
            };
            let lines: Vec<Line<'_>> =
                shown.iter().zip(&points).map(|(series, points)| line((series, points.as_slice()))).collect();
            paint_lines(backend, layout, &lines)?;
        }
        Shape::Stack => paint_stack(backend, layout, plot, &shown, colors)?,
    }
    let crowds = crowds(&choices.markers, geometry_of(layout));
    let marks: Vec<Mark> = crowds.map(|crowd| mark(crowd.from, crowd.kind, colors)).collect();
    paint_marks(backend, layout, &marks)
}

fn paint_stack(
    backend: &mut CanvasBackend,
    layout: &Layout,
    plot: &Plot,
    shown: &[&Series],
    colors: &Colors,
) -> Result<(), ChartError> {
    let palette: Vec<Color> = shown.iter().map(|series| colors.slot(series.slot)).collect();
    let buckets = 0..plot.window.buckets as usize;
    let of = |bucket: usize| {
        shown.iter().map(move |series| series.values.get(bucket).copied().unwrap_or(f64::NAN))
    };
    let values: Vec<f64> = buckets.flat_map(of).collect();
    let (start, bucket_seconds) = (plot.window.start as f64, f64::from(plot.window.step));
    paint_stacked(backend, layout, &Stacked { start, bucket_seconds, colors: &palette, values: &values })
}

fn paint_cells(
    backend: &mut CanvasBackend,
    layout: &Layout,
    plot: &Plot,
    colors: &Colors,
) -> Result<(), ChartError> {
    let Some(cells) = &plot.cells else { return Ok(()) };
    let ramp = RAMP.map(|alpha| colors.slot(1).with_alpha(alpha));
    let heat = Heat {
        start: plot.window.start as f64,
        bucket_seconds: f64::from(plot.window.step),
        edges: &cells.edges,
        counts: &cells.counts,
        ramp: &ramp,
    };
    paint_heat(backend, layout, &heat)
}

fn paint_ghost(
    backend: &mut CanvasBackend,
    layout: &Layout,
    plot: &Plot,
    colors: &Colors,
) -> Result<(), ChartError> {
    if plot.ghost.is_empty() {
        return Ok(());
    }
    let edge = |choose: fn(f64, f64) -> f64, first: Option<f64>| {
        let buckets = 0..plot.window.buckets as usize;
        let at = |bucket: usize| {
            let values = plot.ghost.iter().filter_map(|values| values.get(bucket).copied());
            values.chain(first).filter(|value| value.is_finite()).reduce(choose).unwrap_or(f64::NAN)
        };
        plot.points(&buckets.map(at).collect::<Vec<f64>>())
    };
    // One series alone is a band from the axis up.
    let floor = (plot.ghost.len() == 1).then_some(layout.spec().y.lo());
    let (lower, upper) = (edge(f64::min, floor), edge(f64::max, None));
    let color = colors.slot(5).with_alpha(GHOST_ALPHA);
    paint_band(backend, layout, &Band { color, lower: &lower, upper: &upper })
}

fn mark(at: f64, kind: MarkerKind, colors: &Colors) -> Mark {
    let (sign, color) = match kind {
        MarkerKind::Configuration => (Sign::Square, colors.theme.text),
        MarkerKind::Governance => (Sign::Diamond, colors.theme.text),
        MarkerKind::Operator => (Sign::House, colors.theme.text),
        MarkerKind::Halt => (Sign::Octagon, colors.bad),
        MarkerKind::Breaker => (Sign::Cross, colors.warn),
        MarkerKind::Alert => (Sign::Triangle, colors.bad),
    };
    Mark { at, sign, color }
}

/// Gives a canvas the layout's size in device pixels.
fn fit(canvas: &HtmlCanvasElement, layout: &Layout) {
    let (width, height) = layout.canvas_size();
    if (canvas.width(), canvas.height()) != (width, height) {
        canvas.set_width(width);
        canvas.set_height(height);
        if let Some(context) = context(canvas) {
            context.set_line_join("round");
        }
    }
}

fn clear(canvas: &HtmlCanvasElement) {
    if let Some(context) = context(canvas) {
        context.clear_rect(0.0, 0.0, f64::from(canvas.width()), f64::from(canvas.height()));
    }
}

/// A canvas' context.
pub(super) fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten()?.dyn_into().ok()
}

/// Whether a chart can have a logarithmic value axis: bars have no length on one.
pub(super) fn has_scales(plot: &Plot) -> bool {
    plot.shape == Shape::Lines && plot.unit != Unit::Number
}
