//! Why a chart could not be laid out or painted.

use thiserror::Error;

/// An error of this crate.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ChartError {
    /// The canvas has no room for a plot: usual while its panel is hidden or collapsed.
    #[error("no room for a chart on {width_css} x {height_css} CSS pixels")]
    TooSmall {
        /// Width of the canvas in CSS pixels.
        width_css: f64,
        /// Height of the canvas in CSS pixels.
        height_css: f64,
    },
    /// A size is not a number that a canvas can have.
    #[error("a canvas of {width_css} x {height_css} CSS pixels at pixel ratio {dpr} cannot exist")]
    BadSize {
        /// Width of the canvas in CSS pixels.
        width_css: f64,
        /// Height of the canvas in CSS pixels.
        height_css: f64,
        /// Device pixels per CSS pixel.
        dpr: f64,
    },
    /// A range is empty, reversed, not finite, or finer than a double can resolve.
    #[error("{axis} range {from} to {to} cannot be drawn")]
    BadRange {
        /// Which axis: `time` or `value`.
        axis: &'static str,
        /// Lower end as given.
        from: f64,
        /// Upper end as given.
        to: f64,
    },
    /// The drawing backend refused.
    #[error("painting {part} failed: {message}")]
    Backend {
        /// What was being painted.
        part: &'static str,
        /// The backend's own words.
        message: String,
    },
}
