//! Where everything of a chart stands on its canvas.
//!
//! A [`Layout`] is a pure function of its [`Spec`]: equal specs give equal layouts, so a caller compares specs and
//! lays out, and paints the axes layer, only when they differ.
//!
//! Invariants: the plot rectangle lies inside the canvas with room around it for labels; every projected time and
//! value lies inside the plot rectangle. Text is never measured: a character counts as [`CHAR_EM`] of the font size.

use crate::error::ChartError;
use crate::scale::{TimeRange, YRange};
use crate::ticks::value_ticks;
use crate::time_ticks::time_ticks;
use crate::unit::Unit;
use plotters_backend::BackendCoord;

/// Width of a digit in usual sans-serif fonts, as a share of the font size.
pub(crate) const CHAR_EM: f64 = 0.58;
/// Distance in CSS pixels between labels and the plot.
pub(crate) const LABEL_GAP: f64 = 8.0;
/// Characters that fit right of the plot: half of a time label.
const RIGHT_CHARS: f64 = 2.5;
/// Distance of value ticks in CSS pixels, about.
const TICK_DISTANCE: f64 = 44.0;
/// Smallest plot in CSS pixels.
const MIN_PLOT: (f64, f64) = (48.0, 32.0);
/// Largest canvas side in device pixels that browsers agree on.
const MAX_SIDE: f64 = 16_384.0;

/// What a layout is computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// Width of the canvas element in CSS pixels.
    pub width_css: f64,
    /// Height of the canvas element in CSS pixels.
    pub height_css: f64,
    /// Device pixels per CSS pixel (`devicePixelRatio`).
    pub dpr: f64,
    /// Size of tick labels in CSS pixels.
    pub font_px: f64,
    /// Least room left of the plot in CSS pixels, so that charts above each other line up; 0 where it may be as
    /// narrow as its labels.
    pub min_left_css: f64,
    /// Times shown.
    pub x: TimeRange,
    /// Values shown.
    pub y: YRange,
    /// Quantity of the values.
    pub unit: Unit,
    /// Minutes that the local clock is ahead of UTC.
    pub utc_offset_min: i32,
}

/// A rectangle in device pixels, edges included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelRect {
    /// Left edge.
    pub left: i32,
    /// Top edge.
    pub top: i32,
    /// Right edge.
    pub right: i32,
    /// Bottom edge.
    pub bottom: i32,
}

impl PixelRect {
    /// Whether `coord` lies inside or on an edge.
    pub fn contains(&self, (x, y): BackendCoord) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }
}

/// A grid line and its label.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Device pixel column or row.
    pub at: i32,
    /// The label; empty where it would not fit on the canvas.
    pub label: String,
}

/// Where everything of a chart stands on its canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    spec: Spec,
    plot: PixelRect,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
}

impl Layout {
    /// Lays a chart out.
    ///
    /// # Errors
    /// [`ChartError::TooSmall`] where labels leave no room for a plot, [`ChartError::BadSize`] where a size is not
    /// a positive number or the canvas would be larger than browsers allow.
    pub fn new(spec: Spec) -> Result<Self, ChartError> {
        check_size(&spec)?;
        let top = spec.font_px * 0.5 + 4.0;
        let bottom = spec.height_css - spec.font_px - LABEL_GAP - 4.0;
        let values =
            value_ticks(&spec.y, ((bottom - top) / TICK_DISTANCE).clamp(3.0, 8.0), spec.unit.min_step());
        let labels = spec.unit.labels(spec.y.scale(), &values);
        let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
        let left = (longest as f64 * spec.font_px * CHAR_EM + LABEL_GAP + 4.0).max(spec.min_left_css);
        let right = spec.width_css - spec.font_px * CHAR_EM * RIGHT_CHARS - 2.0;
        if right - left < MIN_PLOT.0 || bottom - top < MIN_PLOT.1 {
            return Err(ChartError::TooSmall { width_css: spec.width_css, height_css: spec.height_css });
        }
        let [left, top, right, bottom] = [left, top, right, bottom].map(|css| pixel(css * spec.dpr));
        let plot = PixelRect { left, top, right, bottom };
        let mut layout = Self { spec, plot, x_ticks: Vec::new(), y_ticks: Vec::new() };
        let value_tick = |(value, label): (f64, String)| Tick { at: layout.row(value), label };
        layout.y_ticks = values.into_iter().zip(labels).map(value_tick).collect();
        layout.x_ticks = layout.time_ticks();
        Ok(layout)
    }

    fn time_ticks(&self) -> Vec<Tick> {
        let char_px = self.spec.font_px * CHAR_EM * self.spec.dpr;
        let char_seconds = char_px * self.spec.x.seconds() / f64::from(self.plot.right - self.plot.left);
        let (width, _) = self.canvas_size();
        let tick = |(time, label): (f64, String)| {
            let at = self.column(time);
            let half = label.chars().count() as f64 * char_px / 2.0;
            let fits = f64::from(at) - half >= 0.0 && f64::from(at) + half <= f64::from(width);
            Tick { at, label: if fits { label } else { String::new() } }
        };
        time_ticks(&self.spec.x, self.spec.utc_offset_min, char_seconds).into_iter().map(tick).collect()
    }

    /// What this layout was computed from.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Size in device pixels that the canvas' bitmap must have.
    pub fn canvas_size(&self) -> (u32, u32) {
        let side = |css: f64| pixel(css * self.spec.dpr).unsigned_abs();
        (side(self.spec.width_css), side(self.spec.height_css))
    }

    /// The rectangle that data is drawn in.
    pub fn plot(&self) -> PixelRect {
        self.plot
    }

    /// Grid lines of the time axis, from left to right.
    pub fn x_ticks(&self) -> &[Tick] {
        &self.x_ticks
    }

    /// Grid lines of the value axis, from bottom to top.
    pub fn y_ticks(&self) -> &[Tick] {
        &self.y_ticks
    }

    /// Device pixel column of Unix time `time` in seconds; a time out of range is at the nearer edge.
    pub fn column(&self, time: f64) -> i32 {
        let fraction = self.spec.x.fraction(time).clamp(0.0, 1.0);
        self.plot.left + pixel(fraction * f64::from(self.plot.right - self.plot.left))
    }

    /// Device pixel row of `value`; a value out of range is at the nearer edge.
    pub fn row(&self, value: f64) -> i32 {
        self.plot.bottom - pixel(self.spec.y.fraction(value) * f64::from(self.plot.bottom - self.plot.top))
    }

    /// Unix time in seconds at `x_css`, CSS pixels from the left edge of the canvas; none outside the plot.
    pub fn time_at(&self, x_css: f64) -> Option<f64> {
        let (left, right) = (f64::from(self.plot.left), f64::from(self.plot.right));
        let fraction = (x_css * self.spec.dpr - left) / (right - left);
        (0.0..=1.0).contains(&fraction).then(|| self.spec.x.at(fraction))
    }

    /// As [`Layout::time_at`], going on at the same pace outside the plot: for drags that leave it.
    pub fn time_along(&self, x_css: f64) -> f64 {
        let (left, right) = self.sides_css();
        self.spec.x.at((x_css - left) / (right - left))
    }

    /// Left and right side of the plot, in CSS pixels from the left edge of the canvas.
    pub fn sides_css(&self) -> (f64, f64) {
        (f64::from(self.plot.left) / self.spec.dpr, f64::from(self.plot.right) / self.spec.dpr)
    }

    /// CSS pixels from the left edge of the canvas to Unix time `time` in seconds; none outside the plot.
    pub fn x_css(&self, time: f64) -> Option<f64> {
        let (left, right) = self.sides_css();
        let fraction = self.spec.x.fraction(time);
        (0.0..=1.0).contains(&fraction).then_some(left + fraction * (right - left))
    }

    /// CSS pixels as whole device pixels, at least one.
    pub(crate) fn device(&self, css: f64) -> i32 {
        pixel(css * self.spec.dpr).max(1)
    }
}

fn check_size(spec: &Spec) -> Result<(), ChartError> {
    let Spec { width_css, height_css, dpr, font_px, min_left_css, .. } = *spec;
    let side = |css: f64| css.is_finite() && css >= 0.0 && css * dpr <= MAX_SIDE;
    let text = font_px.is_finite() && font_px > 0.0 && min_left_css.is_finite();
    if dpr.is_finite() && dpr > 0.0 && side(width_css) && side(height_css) && text {
        Ok(())
    } else {
        Err(ChartError::BadSize { width_css, height_css, dpr })
    }
}

/// The nearest whole pixel.
#[expect(clippy::cast_possible_truncation, reason = "sides are at most MAX_SIDE, and `as` saturates")]
pub(crate) fn pixel(position: f64) -> i32 {
    // `round` is a call on wasm32, where `floor` is an instruction.
    (position + 0.5).floor() as i32
}

/// 600 x 200 CSS pixels at ratio 2, five minutes, 0 to 100 (1 to 100 logarithmic) milliseconds.
#[cfg(test)]
pub(crate) fn test_layout(log: bool) -> Layout {
    let y = if log { YRange::log10(1.0, 100.0) } else { YRange::linear(0.0, 100.0) };
    let x = TimeRange::new(1_795_219_200.0, 1_795_219_500.0).unwrap();
    let (unit, y) = (Unit::Milliseconds, y.unwrap());
    let (width_css, height_css, dpr, font_px, min_left_css) = (600.0, 200.0, 2.0, 11.0, 0.0);
    Layout::new(Spec { width_css, height_css, dpr, font_px, min_left_css, x, y, unit, utc_offset_min: 0 })
        .unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resized(width_css: f64, height_css: f64, dpr: f64) -> Result<Layout, ChartError> {
        Layout::new(Spec { width_css, height_css, dpr, ..*test_layout(false).spec() })
    }

    #[test]
    fn labels_tell_time_and_value() {
        let layout = test_layout(false);
        let labels = |ticks: &[Tick]| ticks.iter().map(|tick| tick.label.clone()).collect::<Vec<_>>();
        assert_eq!(labels(layout.y_ticks()), ["0", "20 ms", "40 ms", "60 ms", "80 ms", "100 ms"]);
        assert_eq!(labels(layout.x_ticks()), ["00:00", "00:01", "00:02", "00:03", "00:04", "00:05"]);
    }

    #[test]
    fn edges_of_the_ranges_are_edges_of_the_plot() {
        let layout = test_layout(false);
        let (plot, x) = (layout.plot(), layout.spec().x);
        assert_eq!((layout.column(x.start()), layout.column(x.end())), (plot.left, plot.right));
        assert_eq!((layout.row(0.0), layout.row(100.0)), (plot.bottom, plot.top));
        assert_eq!((layout.column(0.0), layout.row(f64::INFINITY)), (plot.left, plot.top));
    }

    #[test]
    fn device_pixels_follow_the_pixel_ratio() {
        let (one, two) = (resized(600.0, 200.0, 1.0).unwrap(), resized(600.0, 200.0, 2.0).unwrap());
        assert_eq!(two.canvas_size(), (1200, 400));
        assert_eq!(one.canvas_size(), (600, 200));
        assert!((two.plot().left - 2 * one.plot().left).abs() <= 1);
    }

    #[test]
    fn a_wider_gutter_moves_the_plot() {
        let spec = Spec { min_left_css: 80.0, ..*test_layout(false).spec() };
        assert_eq!(Layout::new(spec).unwrap().plot().left, 160);
    }

    #[test]
    fn a_canvas_without_room_is_too_small() {
        for (width, height) in [(0.0, 0.0), (90.0, 200.0), (600.0, 40.0)] {
            assert!(
                matches!(resized(width, height, 1.0), Err(ChartError::TooSmall { .. })),
                "{width} x {height}"
            );
        }
    }

    #[test]
    fn an_impossible_canvas_is_refused() {
        for (width, dpr) in
            [(f64::NAN, 1.0), (-5.0, 1.0), (600.0, 0.0), (600.0, f64::INFINITY), (20_000.0, 1.0)]
        {
            assert!(
                matches!(resized(width, 200.0, dpr), Err(ChartError::BadSize { .. })),
                "{width} at {dpr}"
            );
        }
    }

    #[test]
    fn time_at_inverts_column() {
        let layout = test_layout(false);
        let time = layout.spec().x.at(0.25);
        let found = layout.time_at(f64::from(layout.column(time)) / 2.0).unwrap();
        assert!((found - time).abs() < 0.2, "{found} for {time}");
        assert_eq!(layout.time_at(0.0), None);
        assert_eq!(layout.time_at(599.0), None);
    }

    #[test]
    fn time_goes_on_outside_the_plot_and_has_no_place_there() {
        let layout = test_layout(false);
        let (x, (left, right)) = (layout.spec().x, layout.sides_css());
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} for {b}");
        near(layout.time_along(left), x.start());
        near(layout.time_along(right + (right - left)), x.end() + x.seconds());
        near(layout.x_css(x.at(0.25)).unwrap(), left + 0.25 * (right - left));
        assert_eq!(layout.x_css(x.start() - 1.0), None);
        assert_eq!(layout.x_css(f64::NAN), None);
    }

    proptest! {
        #[test]
        fn everything_is_projected_into_the_plot(
            width in 150.0..3000.0f64,
            height in 100.0..1500.0f64,
            dpr in 0.5..4.0f64,
            time in any::<f64>(),
            value in any::<f64>(),
        ) {
            let layout = resized(width, height, dpr).unwrap();
            let plot = layout.plot();
            prop_assert!(plot.contains((layout.column(time), layout.row(value))));
            let (canvas_width, canvas_height) = layout.canvas_size();
            prop_assert!(plot.left > 0 && plot.top > 0);
            prop_assert!(plot.right.unsigned_abs() < canvas_width && plot.bottom.unsigned_abs() < canvas_height);
            prop_assert!(layout.y_ticks().iter().all(|tick| (plot.top..=plot.bottom).contains(&tick.at)));
            prop_assert!(layout.x_ticks().iter().all(|tick| (plot.left..=plot.right).contains(&tick.at)));
        }
    }
}
