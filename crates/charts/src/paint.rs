//! Draws a laid-out chart through plotters' backend trait.
//!
//! Invariants: every coordinate of data lies inside the plot rectangle; the background stays transparent and is
//! never cleared here; a grid line is a filled rectangle, which costs a canvas two calls and is crisp at every pixel
//! ratio; one unbroken stretch of a line is one path, one outcome of a stack is one polygon. Text appears only on
//! what belongs to the axes layer: [`paint_axes`] and [`paint_thresholds`].

mod axes;
mod band;
mod gaps;
mod heat;
mod lines;
mod marks;
mod outline;
mod pen;
mod stacked;

pub use axes::{paint_axes, paint_thresholds};
pub use band::paint_band;
pub use gaps::paint_gaps;
pub use heat::paint_heat;
pub use lines::paint_lines;
pub use marks::paint_marks;
pub use stacked::paint_stacked;
