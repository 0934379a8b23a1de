//! Charts in the page: two stacked canvases that the chart crate paints, a crosshair and a tooltip in the DOM, and what
//! pointers and keys do to time.
//!
//! What a chart shows is a [`Plot`], made from the store by a pure function; what all charts share is a [`Look`]. A redraw of
//! data touches the axes only where their range or size changed, and each chart is redrawn in a frame of its own.
#![expect(unreachable_pub, reason = "the component macro makes its items public; the modules are private")]

mod chart;
mod colors;
mod events;
mod export;
mod geometry;
mod gesture;
mod heat;
mod input;
mod latency;
mod look;
mod markers;
mod outcomes;
mod painter;
mod plot;
mod queue;
mod reasons;
mod sprt;
mod table;
mod told;

pub(crate) use chart::{Chart, Source};
pub(crate) use events::event_plot;
pub(crate) use heat::heat_plot;
pub(crate) use latency::latency_plot;
pub(crate) use look::{Look, Range};
pub(crate) use markers::markers;
pub(crate) use outcomes::outcome_plot;
pub(crate) use plot::{Ask, Limit, Plot, Series, Shape};
pub(crate) use reasons::reason_plot;
pub(crate) use sprt::sprt_plot;

#[cfg(test)]
mod tests;
