//! Charts as the page paints them, for comparison with another library: three lines, on an axes and a data canvas.
//!
//! What is measured is everything from values to canvas: ranges, layout, reduction, painting. Values are made before.

use aurora_charts::{
    AutoRange, Color, Growing, Layout, Line, Point, Spec, Theme, TimeRange, Unit, YRange, paint_axes,
    paint_lines,
};
use plotters_canvas::CanvasBackend;
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

const COLORS: [Color; 3] = [Color::rgb(0, 104, 176), Color::rgb(194, 84, 0), Color::rgb(0, 128, 95)];
/// A midnight.
const START: f64 = 1_795_132_800.0;
/// Steps of time for each CSS pixel of width, where samples are reduced as they arrive.
const STEPS: f64 = 2.0;

/// The value of a sample: a slow wave with noise that depends on nothing but its number and its line.
#[wasm_bindgen]
pub fn sample(line: u32, number: u32) -> f64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9) ^ line.wrapping_mul(0x85eb_ca6b);
    mixed = (mixed ^ mixed >> 15).wrapping_mul(0x2c1b_3c6d);
    mixed ^= mixed >> 13;
    let noise = f64::from(mixed >> 8) / f64::from(1 << 24);
    20.0 + 12.0 * f64::from(line) + 8.0 * (f64::from(number) / 90.0).sin() + 10.0 * noise
}

/// Where a chart is painted, and what it keeps between redraws.
struct Surface {
    axes: HtmlCanvasElement,
    data: HtmlCanvasElement,
    size_css: (f64, f64),
    range: AutoRange,
    layout: Option<Layout>,
    theme: Theme,
}

impl Surface {
    fn new(
        axes: HtmlCanvasElement,
        data: HtmlCanvasElement,
        width_css: f64,
        height_css: f64,
    ) -> Option<Self> {
        let gray = Color::rgb(82, 92, 105);
        let theme = Theme {
            text: gray,
            grid: gray.with_alpha(0.15),
            axis: gray.with_alpha(0.5),
            gap: gray.with_alpha(0.35),
            font_family: "system-ui, sans-serif".to_owned(),
        };
        let range = AutoRange::new(YRange::linear(0.0, 1.0).ok()?);
        Some(Self { axes, data, size_css: (width_css, height_css), range, layout: None, theme })
    }

    /// Paints lines over a stretch of time; the axes only where they changed.
    fn paint(
        &mut self,
        (from, to): (f64, f64),
        heights: impl IntoIterator<Item = f64>,
        lines: &[Vec<Point>],
    ) -> Option<()> {
        let (width_css, height_css) = self.size_css;
        let spec = Spec {
            width_css,
            height_css,
            dpr: 1.0,
            font_px: 11.0,
            min_left_css: 55.0,
            x: TimeRange::new(from, to).ok()?,
            y: self.range.update(heights),
            unit: Unit::Milliseconds,
            utc_offset_min: 0,
        };
        if self.layout.as_ref().map(Layout::spec) != Some(&spec) {
            let layout = Layout::new(spec).ok()?;
            clear(&self.axes)?;
            let mut backend = CanvasBackend::with_canvas_object(self.axes.clone())?;
            paint_axes(&mut backend, &layout, &self.theme).ok()?;
            self.layout = Some(layout);
        }
        clear(&self.data)?;
        let mut backend = CanvasBackend::with_canvas_object(self.data.clone())?;
        let lines: Vec<Line<'_>> =
            lines.iter().zip(COLORS).map(|(points, color)| Line { color, width: 1.5, points }).collect();
        paint_lines(&mut backend, self.layout.as_ref()?, &lines).ok()
    }

    /// Labels of the axes, as they are painted.
    fn labels(&self) -> String {
        let Some(layout) = &self.layout else { return String::new() };
        let ticks = layout.x_ticks().iter().chain(layout.y_ticks());
        ticks.map(|tick| tick.label.as_str()).collect::<Vec<_>>().join("|")
    }
}

fn clear(canvas: &HtmlCanvasElement) -> Option<()> {
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.clear_rect(0.0, 0.0, f64::from(canvas.width()), f64::from(canvas.height()));
    Some(())
}

/// A chart whose values are all looked at in each redraw, as those of a few hundred buckets are.
#[wasm_bindgen]
pub struct Buckets {
    surface: Surface,
    /// Values of each line, longer than what is shown: a redraw shows another part of them.
    values: Vec<Vec<f64>>,
    shown: usize,
}

#[wasm_bindgen]
impl Buckets {
    /// A chart of three lines of `shown` values each; none where there is no canvas.
    pub fn make(
        axes: HtmlCanvasElement,
        data: HtmlCanvasElement,
        width_css: f64,
        height_css: f64,
        shown: u32,
        turns: u32,
    ) -> Option<Buckets> {
        let line = |line| (0..shown + turns).map(|number| sample(line, number)).collect();
        let values = (0..3).map(line).collect();
        Some(Self {
            surface: Surface::new(axes, data, width_css, height_css)?,
            values,
            shown: shown as usize,
        })
    }

    /// Redraws with the values of a turn, `first` seconds into the data. False where a canvas is gone.
    pub fn redraw(&mut self, turn: u32, first: f64) -> bool {
        let part = turn as usize..turn as usize + self.shown;
        let from = START + first;
        let points: Vec<Vec<Point>> = self
            .values
            .iter()
            .map(|values| {
                let values = values.get(part.clone()).unwrap_or_default();
                values.iter().enumerate().map(|(at, y)| Point::new(from + at as f64, *y)).collect()
            })
            .collect();
        let heights: Vec<f64> = points.iter().flatten().map(|point| point.y).collect();
        self.surface.paint((from, from + self.shown as f64), heights, &points).is_some()
    }

    /// Labels of both axes as painted, separated by `|`.
    pub fn labels(&self) -> String {
        self.surface.labels()
    }
}

/// A chart whose samples are reduced as they arrive.
#[wasm_bindgen]
pub struct Stream {
    surface: Surface,
    lines: Vec<Growing>,
    points: Vec<Vec<Point>>,
    /// Samples so far, of each line.
    next: u32,
    window: u32,
    rate: f64,
}

#[wasm_bindgen]
impl Stream {
    /// A chart of `lines` lines with `window` samples each in view, a hundred of them in a second; all are there.
    pub fn make(
        axes: HtmlCanvasElement,
        data: HtmlCanvasElement,
        width_css: f64,
        height_css: f64,
        lines: u32,
        window: u32,
    ) -> Option<Stream> {
        let rate = 100.0;
        let step = f64::from(window) / rate / (width_css * STEPS);
        let mut stream = Self {
            surface: Surface::new(axes, data, width_css, height_css)?,
            lines: (0..lines).map(|_| Growing::new(step)).collect(),
            points: (0..lines).map(|_| Vec::new()).collect(),
            next: 0,
            window,
            rate,
        };
        stream.arrive(window);
        Some(stream)
    }

    fn arrive(&mut self, count: u32) {
        for number in self.next..self.next + count {
            let at = START + f64::from(number) / self.rate;
            for (line, growing) in (0..).zip(&mut self.lines) {
                growing.push(Point::new(at, sample(line, number)));
            }
        }
        self.next += count;
    }

    /// Takes `count` more samples of each line in and redraws; time moves on in whole seconds. False where a canvas is gone.
    pub fn redraw(&mut self, count: u32) -> bool {
        self.arrive(count);
        let end = START + (f64::from(self.next) / self.rate).ceil();
        let start = end - f64::from(self.window) / self.rate;
        let mut extent = Vec::new();
        for (growing, points) in self.lines.iter_mut().zip(&mut self.points) {
            growing.forget_before(start);
            points.clear();
            growing.append_to(points);
            extent.extend(growing.extent().map(|(least, largest)| [least, largest]).into_iter().flatten());
        }
        self.surface.paint((start, end), extent, &self.points).is_some()
    }
}
