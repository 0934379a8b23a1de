//! The core of Aurora Live: what events mean and which numbers follow from them.
//!
//! Invariants: no clock, no I/O, no randomness, no serialisation and no JavaScript in here. Time is
//! always an argument ([`Ts`]), one writer calls [`State::apply`], and everything is bounded. The same
//! code runs in the feed and in the page, so both show the same numbers.

pub mod code;
pub mod event;
pub mod format;
pub mod histogram;
pub mod latency;
pub mod link;
pub mod orders;
pub mod outcome;
pub mod reason;
mod recent;
pub mod rolling;
pub mod routes;
pub mod session;
pub mod span;
pub mod state;
pub mod time;
pub mod verdict;

pub use code::Code;
pub use event::{BreakerState, Event, OrderStatus, Route, Shape, Side, Source, Writer};
pub use latency::{LatencyKind, LatencyPoint, LatencySummary};
pub use outcome::{Outcome, OutcomeSet, Outcomes};
pub use reason::DenyClass;
pub use span::Span;
pub use state::{Changes, State};
pub use time::Ts;
