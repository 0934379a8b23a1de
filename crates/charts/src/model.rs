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

/// The stretch between two series, such as the usual range of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band<'a> {
    /// Colour of the area; usually translucent.
    pub color: Color,
    /// Lower edge, ascending in x.
    pub lower: &'a [Point],
    /// Upper edge at the same times; further points of the longer one are ignored.
    pub upper: &'a [Point],
}

/// How often each band of values occurred in each bucket of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heat<'a> {
    /// Unix time in seconds at which the first bucket begins.
    pub start: f64,
    /// Duration of each bucket in seconds, above 0.
    pub bucket_seconds: f64,
    /// Edges of the bands, ascending: one more than there are bands.
    pub edges: &'a [f64],
    /// Bucket after bucket, the counts of its bands from the lowest up; counts after the last whole bucket are ignored.
    pub counts: &'a [u32],
    /// Colours from the rarest to the most frequent; spread over the logarithm of counts.
    pub ramp: &'a [Color],
}

impl Heat<'_> {
    /// The greatest count of all cells; 0 without any.
    pub fn most(&self) -> u32 {
        self.counts.iter().copied().max().unwrap_or(0)
    }

    /// Which colour of a ramp of `levels` a cell of `count` has where the greatest count is `most`; none for a cell
    /// that is empty.
    pub fn level(count: u32, most: u32, levels: usize) -> Option<usize> {
        if count == 0 || levels == 0 {
            return None;
        }
        let share = f64::from(count).ln_1p() / f64::from(most.max(count)).ln_1p();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to the number of levels"
        )]
        let level = (share * levels as f64).ceil() as usize;
        Some(level.clamp(1, levels) - 1)
    }
}

/// The sign at the top of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Pointing down.
    Triangle,
    /// Standing on a corner.
    Diamond,
    /// Standing on a side.
    Square,
    /// Eight corners.
    Octagon,
    /// Upright.
    Cross,
    /// Pointing up.
    House,
}

/// A moment that matters, drawn as a vertical line with a sign at its top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Unix time in seconds; drawn only inside the time range.
    pub at: f64,
    /// What its line ends in.
    pub sign: Sign,
    /// Colour of line and sign.
    pub color: Color,
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
