//! The totals of a recorded session, by the reducer that the feed and the page use too.
//!
//! Invariants:
//! - Events are taken in the order of time, log and line (CONTRACT.md section 5), whatever order files have on
//!   disk, so a session has one result.
//! - Windows end at the last event's time: a recorded session has no other.
//! - Every line is accounted for: as an event, or as one that could not be read, with its file and number.
//! - A ratio, quantile or last value that nothing was logged of is `null` in JSON and "no data" in Markdown; counts are 0.
//!
//! Must not know: the journal, HTTP, the clock, or what a code means.

mod error;
mod input;
mod markdown;
mod names;
mod reduce;
mod report;
mod scoped;
mod slices;
mod totals;

pub use error::SummarizeError;
pub use input::{FileRead, Incomplete, Input, RejectedLine};
pub use names::Named;
pub(crate) use reduce::check;
pub use reduce::{Reduced, reduce};
pub use report::{
    Breaker, DenyReason, Governance, Health, Latency, Pending, Protection, RejectedLines, Report, Routes,
    Session, TestPoint, Transition,
};
pub use scoped::{BySymbol, OrderFigures, Window, WindowXai};
pub use slices::{
    DropOut, Funnel, Gauge, Last, Market, Operations, Prices, Provenance, Service, Symbol, Trade, Xai,
};

/// How a summary is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object with stable names, for programs
    #[default]
    Json,
    /// Tables, for people
    Markdown,
}
