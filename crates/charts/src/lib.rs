//! Charts of Aurora Live: scales, ticks, layout, reduction to pixel columns, hit testing, and painting through
//! plotters' backend trait.
//!
//! This crate knows numbers and pixels. It must not know the store, Leptos, events, clocks or the DOM; it runs
//! natively as it does in the browser, and everything in it is a pure function of its arguments except
//! [`AutoRange`], which remembers the range it chose last, and [`Growing`], which reduces samples as they arrive.
//!
//! # Two layers
//! A chart is two transparent canvases on top of each other, each cleared by the caller before painting:
//! * the **axes layer** ([`paint_axes`], [`paint_thresholds`]) holds grid and text, which are slow to draw. It is
//!   painted only when the [`Spec`], the [`Theme`] or a threshold changed;
//! * the **data layer** ([`paint_gaps`], [`paint_band`], then [`paint_heat`], [`paint_stacked`] or [`paint_lines`], and
//!   [`paint_marks`] last) is painted with each new datum and never contains text.
//!
//! In a live chart the time axis moves on by itself. [`TimeRange::live`] therefore ends at whole steps (of a second
//! or a bucket) rather than now, and [`AutoRange`] keeps the value axis still while the data fits. So with a step of
//! a second or more, redrawing data at an unchanged size and value range touches no axis text more often than once a
//! second, however many frames are drawn. Crosshair and tooltip are the caller's, as DOM, from [`nearest_sample`],
//! [`bucket_at`] and the projections of [`Layout`].
//!
//! Coordinates are device pixels unless a name ends in `_css`. A value that is NaN or ±∞ is a gap.
//!
//! # Example
//! ```
//! use aurora_charts::*;
//! # use plotters_backend::{BackendColor, BackendCoord, DrawingBackend, DrawingErrorKind};
//! # struct Canvas;
//! # impl DrawingBackend for Canvas {
//! #     type ErrorType = std::fmt::Error;
//! #     fn get_size(&self) -> (u32, u32) { (1280, 440) }
//! #     fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<std::fmt::Error>> { Ok(()) }
//! #     fn present(&mut self) -> Result<(), DrawingErrorKind<std::fmt::Error>> { Ok(()) }
//! #     fn draw_pixel(&mut self, _: BackendCoord, _: BackendColor) -> Result<(), DrawingErrorKind<std::fmt::Error>> { Ok(()) }
//! #     fn draw_text<S: plotters_backend::BackendTextStyle>(&mut self, _: &str, _: &S, _: BackendCoord) -> Result<(), DrawingErrorKind<std::fmt::Error>> { Ok(()) }
//! # }
//! # let (mut axes_canvas, mut data_canvas) = (Canvas, Canvas);
//! let now = 1_795_219_200.0;
//! let p99 = [Point::new(now - 20.0, 12.0), Point::gap(now - 10.0), Point::new(now, 31.0)];
//! // Kept from one redraw to the next:
//! let mut range = AutoRange::new(YRange::linear(0.0, 100.0)?);
//! let mut layout: Option<Layout> = None;
//! let gray = Color::rgb(140, 140, 150);
//! let theme = Theme {
//!     text: gray,
//!     grid: gray.with_alpha(0.2),
//!     axis: gray.with_alpha(0.6),
//!     gap: gray.with_alpha(0.3),
//!     font_family: "system-ui, sans-serif".to_owned(),
//! };
//! // Each redraw:
//! let spec = Spec {
//!     width_css: 640.0,
//!     height_css: 220.0,
//!     dpr: 2.0,
//!     font_px: 11.0,
//!     min_left_css: 56.0,
//!     x: TimeRange::live(now, 300.0, 1.0)?,
//!     y: range.update(p99.iter().map(|point| point.y)),
//!     unit: Unit::Milliseconds,
//!     utc_offset_min: 60,
//! };
//! if layout.as_ref().map(Layout::spec) != Some(&spec) {
//!     let new = Layout::new(spec)?; // then size both canvases to new.canvas_size(), which clears them
//!     paint_axes(&mut axes_canvas, &new, &theme)?;
//!     layout = Some(new);
//! }
//! if let Some(layout) = &layout {
//!     let line = Line { color: Color::rgb(90, 160, 250), width: 1.5, points: &p99 };
//!     paint_lines(&mut data_canvas, layout, &[line])?;
//!     assert_eq!(nearest_sample(layout, &p99, 615.0), Some(2));
//! }
//! # Ok::<(), ChartError>(())
//! ```

mod auto_range;
mod clip;
mod decimate;
mod error;
mod growing;
mod hit;
mod layout;
mod model;
mod paint;
mod scale;
mod ticks;
mod time_ticks;
mod unit;

pub use auto_range::AutoRange;
pub use error::ChartError;
pub use growing::Growing;
pub use hit::{bucket_at, nearest_sample};
pub use layout::{Layout, PixelRect, Spec, Tick};
pub use model::{Band, Color, Gap, Heat, Line, Mark, Point, Sign, Stacked, Theme, Threshold};
pub use paint::{
    paint_axes, paint_band, paint_gaps, paint_heat, paint_lines, paint_marks, paint_stacked, paint_thresholds,
};
pub use scale::{Scale, TimeRange, YRange};
pub use unit::Unit;
