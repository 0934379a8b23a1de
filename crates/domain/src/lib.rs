//! The core of Aurora Live: what events mean and which numbers follow from them.
//!
//! Invariants: no clock, no I/O, no randomness, no serialisation and no JavaScript in here. Time is
//! always an argument ([`Ts`]), one writer calls [`State::apply`], and everything is bounded. The same
//! code runs in the feed and in the page, so both show the same numbers.

pub mod aggregate;
pub mod code;
mod counts;
pub mod coverage;
pub mod detail;
mod durations;
pub mod event;
pub mod figure;
pub mod forgotten;
pub mod format;
pub mod funnel;
pub mod golive;
pub mod governance;
pub mod histogram;
mod ids;
pub mod latency;
pub mod latest;
pub mod limits;
pub mod link;
mod maps;
pub mod market;
pub mod metrics;
pub mod minutes;
pub mod moments;
pub mod operations;
pub mod orders;
pub mod outcome;
pub mod parts;
mod pieces;
pub mod protection;
pub mod provenance;
pub mod reason;
mod reasons;
mod recent;
pub mod report;
pub mod risk;
pub mod rolling;
pub mod routes;
pub mod rules;
pub mod scope;
pub mod series;
pub mod service;
pub mod session;
pub mod slo;
pub mod sorting;
pub mod span;
mod sparse;
pub mod state;
mod tally;
pub mod telling;
pub mod text;
pub mod time;
pub mod trade;
pub mod verdict;

pub use code::Code;
pub use event::{BreakerState, Event, OrderStatus, Route, Shape, Side, Source, Writer};
pub use latency::{LatencyKind, LatencyPoint, LatencySummary};
pub use outcome::{Outcome, OutcomeSet, Outcomes};
pub use reason::DenyClass;
pub use scope::{Filter, SideKey, SymbolId};
pub use series::{Buckets, Resolution};
pub use span::Span;
pub use state::{Changes, State};
pub use time::Ts;
