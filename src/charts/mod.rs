//! Charts in the page: two stacked canvases that the chart crate paints, and a crosshair with a tooltip in the DOM.
//!
//! What a chart shows is a [`Plot`], made from the store by a pure function; the canvas redraws when the store, the
//! span, the size or the colours change. A redraw of data touches the axes only where their range or size changed.
#![expect(unreachable_pub, reason = "the component macro makes its items public; the modules are private")]

mod canvas;
mod colors;
mod latency;
mod outcomes;
mod plot;

pub(crate) use canvas::ChartCanvas;
pub(crate) use latency::{latency_plot, latency_summary};
pub(crate) use outcomes::{last_whole, outcome_plot, outcome_summary};
pub(crate) use plot::{Plot, Series, Shape, Window};

#[cfg(test)]
mod tests;
