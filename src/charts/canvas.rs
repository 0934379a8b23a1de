//! The canvases of one chart and their crosshair.

use aurora_charts::{
    AutoRange, ChartError, Color, Layout, Line, Spec, Stacked, TimeRange, Unit, YRange, bucket_at,
    nearest_sample, paint_axes, paint_gaps, paint_lines, paint_stacked,
};
use aurora_domain::{Ts, format};
use leptos::{ev::PointerEvent, html, prelude::*};
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::{Plot, Shape, colors::Colors};
use crate::browser::{self, SizeObserver};

/// A chart of `plot`, redrawn when it changes, or the canvas' size, or the page's `colors` (any number that does).
#[component]
pub(crate) fn ChartCanvas(
    #[prop(into)] plot: Signal<Plot>,
    #[prop(into)] colors: Signal<u32>,
) -> impl IntoView {
    let (axes, data) = (NodeRef::<html::Canvas>::new(), NodeRef::<html::Canvas>::new());
    let kept = StoredValue::new_local(Painter::default());
    let size = RwSignal::new(0_u32);
    let observer = StoredValue::new_local(None::<SizeObserver>);
    Effect::new(move |_| {
        let Some(canvas) = data.get() else { return };
        observer.set_value(SizeObserver::new(&canvas, move || size.update(|changes| *changes += 1)));
    });
    Effect::new(move |_| {
        let look = (colors.get(), size.get());
        if let (Some(axes), Some(data)) = (axes.get(), data.get()) {
            kept.update_value(|painter| plot.with(|plot| painter.paint(&axes, &data, plot, look)));
        }
    });
    let pointer = RwSignal::new(None::<f64>);
    let tip = Memo::new(move |_| {
        let x = pointer.get()?;
        plot.with(|plot| kept.with_value(|painter| painter.tip(plot, x)))
    });
    view! {
        <canvas node_ref=axes class="chart-canvas" aria-hidden="true"></canvas>
        <canvas
            node_ref=data
            class="chart-canvas"
            aria-hidden="true"
            on:pointermove=move |event: PointerEvent| pointer.set(Some(f64::from(event.offset_x())))
            on:pointerdown=move |event: PointerEvent| pointer.set(Some(f64::from(event.offset_x())))
            on:pointerleave=move |_| pointer.set(None)
        ></canvas>
        {move || tip.get().map(|tip| view! { <Crosshair tip /> })}
    }
}

/// What stands beside the pointer.
#[derive(Clone, Debug, PartialEq)]
struct Tip {
    /// CSS pixels from the canvas' left edge.
    x: f64,
    /// Whether there is more room to the left of it.
    leftwards: bool,
    time: String,
    rows: Vec<(&'static str, u8, String)>,
}

#[component]
fn Crosshair(tip: Tip) -> impl IntoView {
    let Tip { x, leftwards, time, rows } = tip;
    let shift = if leftwards { "translateX(calc(-100% - 12px))" } else { "translateX(12px)" };
    let rows = rows
        .into_iter()
        .map(|(name, slot, value)| {
            view! { <li data-slot=slot.to_string()><i class="mark"></i>{name}<b class="num">{value}</b></li> }
        })
        .collect_view();
    view! {
        <div class="chart-cursor" aria-hidden="true" style:left=format!("{x}px")></div>
        <div class="chart-tip" aria-hidden="true" style:left=format!("{x}px") style:top="8px" style:transform=shift>
            <span class="num">{time}</span>
            <ul class="legend">{rows}</ul>
        </div>
    }
}

/// What has to be kept between redraws.
#[derive(Default)]
struct Painter {
    range: Option<AutoRange>,
    layout: Option<Layout>,
    /// Colours and font, and the generation of page colours and size that they were read at.
    colors: Option<((u32, u32), Colors)>,
}

impl Painter {
    fn paint(&mut self, axes: &HtmlCanvasElement, data: &HtmlCanvasElement, plot: &Plot, look: (u32, u32)) {
        match self.try_paint(axes, data, plot, look) {
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
        look: (u32, u32),
    ) -> Result<(), ChartError> {
        let restyled = self.colors.as_ref().is_none_or(|(known, _)| *known != look);
        if restyled {
            self.colors = Some((look, Colors::read()));
        }
        let Some((_, colors)) = &self.colors else { return Ok(()) };
        let range = match &mut self.range {
            Some(range) => range,
            none => none.insert(AutoRange::new(YRange::linear(0.0, 1.0)?)),
        };
        let spec = spec(data, plot, range.update(plot.heights()), colors.font_px)?;
        if restyled || self.layout.as_ref().map(Layout::spec) != Some(&spec) {
            let layout = Layout::new(spec)?;
            fit(axes, &layout);
            fit(data, &layout);
            if let Some(mut backend) = CanvasBackend::with_canvas_object(axes.clone()) {
                clear(axes);
                paint_axes(&mut backend, &layout, &colors.theme)?;
            }
            self.layout = Some(layout);
        }
        clear(data);
        match (&self.layout, CanvasBackend::with_canvas_object(data.clone())) {
            (Some(layout), Some(mut backend)) => paint_data(&mut backend, layout, plot, colors),
            _ => Ok(()),
        }
    }

    fn tip(&self, plot: &Plot, x_css: f64) -> Option<Tip> {
        let layout = self.layout.as_ref()?;
        let points = plot.series.first().map(|series| plot.points(series))?;
        let at = match plot.shape {
            Shape::Lines => nearest_sample(layout, &points, x_css),
            Shape::Stack => {
                let (_, colors) = self.colors.as_ref()?;
                bucket_at(layout, &stacked(plot, &palette(plot, colors), &plot.bucket_major()), x_css)
            }
        }?;
        let start = plot.window.start + i64::try_from(at).ok()? * i64::from(plot.window.step);
        let x = f64::from(layout.column(points.get(at)?.x)) / layout.spec().dpr;
        let rows = plot.series.iter().rev();
        Some(Tip {
            x,
            leftwards: x > layout.spec().width_css / 2.0,
            time: format!("{} UTC", format::clock(Ts::from_millis(start * 1000), 0)),
            rows: rows
                .map(|series| {
                    (series.name, series.slot, value_text(plot.unit, series.values.get(at).copied()))
                })
                .collect(),
        })
    }
}

fn spec(data: &HtmlCanvasElement, plot: &Plot, y: YRange, font_px: f64) -> Result<Spec, ChartError> {
    Ok(Spec {
        width_css: f64::from(data.client_width()),
        height_css: f64::from(data.client_height()),
        dpr: browser::window().map_or(1.0, |window| window.device_pixel_ratio()),
        font_px,
        min_left_css: font_px * 5.0,
        x: TimeRange::new(plot.window.start as f64, plot.window.end() as f64)?,
        y,
        unit: plot.unit,
        utc_offset_min: 0,
    })
}

fn value_text(unit: Unit, value: Option<f64>) -> String {
    format::or_no_data(value.filter(|value| value.is_finite()), |value| match unit {
        Unit::Milliseconds => format::millis(value),
        _ => format::per_second(value),
    })
}

fn palette(plot: &Plot, colors: &Colors) -> Vec<Color> {
    plot.series.iter().map(|series| colors.slot(series.slot)).collect()
}

fn stacked<'a>(plot: &Plot, colors: &'a [Color], values: &'a [f64]) -> Stacked<'a> {
    Stacked { start: plot.window.start as f64, bucket_seconds: f64::from(plot.window.step), colors, values }
}

fn paint_data(
    backend: &mut CanvasBackend,
    layout: &Layout,
    plot: &Plot,
    colors: &Colors,
) -> Result<(), ChartError> {
    paint_gaps(backend, layout, &colors.theme, &plot.gaps)?;
    match plot.shape {
        Shape::Lines => {
            let points: Vec<_> = plot.series.iter().map(|series| plot.points(series)).collect();
            let lines: Vec<Line<'_>> = plot
                .series
                .iter()
                .zip(&points)
                .map(|(series, points)| Line { color: colors.slot(series.slot), width: 1.5, points })
                .collect();
            paint_lines(backend, layout, &lines)
        }
        Shape::Stack => {
            paint_stacked(backend, layout, &stacked(plot, &palette(plot, colors), &plot.bucket_major()))
        }
    }
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

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten()?.dyn_into().ok()
}
