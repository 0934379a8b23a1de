//! What a chart shows: samples, series, thresholds and the times without data.
//!
//! Invariants: x is Unix time in seconds, finite and ascending within a series. y is in the axis' unit; a y that
//! is not finite (NaN or ±∞) is a gap, and a gap interrupts the line. Series borrow their data: nothing is copied
//! before it has been reduced to what the pixels can show.

use plotters::style::RGBAColor;

/// One sample of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Unix time in seconds.
    pub x: f64,
    /// The value in the axis' unit; NaN where there is no data.
    pub y: f64,
}

impl Point {
    /// A sample of value `y` at Unix time `x` in seconds.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// A gap at Unix time `x` in seconds.
    pub const fn gap(x: f64) -> Self {
        Self { x, y: f64::NAN }
    }

    pub(crate) fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite()
    }
}

/// A colour in sRGB with opacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Color {
    /// Red, green and blue.
    pub rgb: (u8, u8, u8),
    /// 0 is transparent, 1 is opaque.
    pub alpha: f64,
}

impl Color {
    /// An opaque colour.
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self { rgb: (red, green, blue), alpha: 1.0 }
    }

    /// The same colour with opacity `alpha` from 0 to 1.
    #[must_use]
    pub const fn with_alpha(self, alpha: f64) -> Self {
        Self { rgb: self.rgb, alpha }
    }

    pub(crate) fn plotters(self) -> RGBAColor {
        let (red, green, blue) = self.rgb;
        RGBAColor(red, green, blue, self.alpha)
    }
}

/// A series drawn as a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line<'a> {
    /// Colour of the line.
    pub color: Color,
    /// Stroke width in CSS pixels; drawn at least one device pixel wide.
    pub width: f64,
    /// Samples, ascending in x.
    pub points: &'a [Point],
}

/// Bars of equal duration, each a stack of one segment per outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stacked<'a> {
    /// Unix time in seconds at which the first bucket begins.
    pub start: f64,
    /// Duration of each bucket in seconds, above 0.
    pub bucket_seconds: f64,
    /// One colour per outcome, from the bottom of the stack to its top.
    pub colors: &'a [Color],
    /// Bucket after bucket, `colors.len()` values each in the order of `colors`. A value that is not above 0 draws
    /// nothing; values after the last whole bucket are ignored.
    pub values: &'a [f64],
}

impl<'a> Stacked<'a> {
    /// The whole buckets with the time at which each begins.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (f64, &'a [f64])> {
        let (start, seconds) = (self.start, self.bucket_seconds);
        let usable = start.is_finite() && seconds.is_finite() && seconds > 0.0;
        let values = if usable { self.values } else { &[] };
        let buckets = values.chunks_exact(self.colors.len().max(1)).enumerate();
        buckets.map(move |(index, bucket)| (start + index as f64 * seconds, bucket))
    }

    /// Sum of each bucket, in order: what the y axis must have room for.
    pub fn totals(&self) -> impl Iterator<Item = f64> {
        self.buckets().map(|(_, bucket)| total(bucket))
    }
}

/// Sum of what a bucket draws.
pub(crate) fn total(bucket: &[f64]) -> f64 {
    bucket.iter().copied().filter(|value| is_drawn(*value)).sum()
}

/// Whether a value of a stack is drawn at all.
pub(crate) fn is_drawn(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

/// A horizontal line at a value that matters, such as an objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold<'a> {
    /// The value in the axis' unit; drawn only inside the y range.
    pub value: f64,
    /// Colour of the line and of its label.
    pub color: Color,
    /// Text above the right end of the line; empty for none.
    pub label: &'a str,
}

/// A stretch of time for which there is no data, drawn hatched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// Unix time in seconds at which data ends.
    pub start: f64,
    /// Unix time in seconds at which data begins again, not before `start`.
    pub end: f64,
}

/// Colours and font of a chart. Light and dark are two values of this type.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Tick labels.
    pub text: Color,
    /// Grid lines.
    pub grid: Color,
    /// The line under the plot.
    pub axis: Color,
    /// Hatching of times without data; the area behind it gets a third of its opacity.
    pub gap: Color,
    /// CSS font family list, such as `system-ui, sans-serif`. The size is in [`Spec`](crate::Spec), because the
    /// margins follow from it.
    pub font_family: String,
}
