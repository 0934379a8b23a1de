//! The session generator: stands for the trading bot and writes a session directory in the bot's own shapes.
//!
//! Invariants:
//! - [`Plan`] is pure: the same seed, scenario, rate and start give the same bytes, and it reads no clock.
//! - Simulated time decides what is written; the writer only decides when.
//! - Each order has one terminal outcome at most, and its lines are in the order of its life.
//! - [`Totals`] counts what was written, so a reducer can be compared with it.
//! - A directory that holds session files is refused: no real session is ever mixed with a generated one.
//!
//! Must not know: the feed's journal, HTTP, or how a reader interprets a line.

mod args;
mod bot;
mod canonical;
mod conditions;
mod corruption;
mod denial;
mod directory;
mod error;
mod files;
mod flat;
mod json;
mod lifecycle;
mod market;
mod outcome;
mod plan;
mod protection;
mod pulse;
mod queue;
mod random;
mod rotation;
mod run;
mod stamp;
#[cfg(test)]
mod tests;
mod totals;

pub use args::{Args, Scenario};
pub use error::SimulateError;
pub use files::{PerFile, SessionFile};
pub use plan::{Action, Plan, TimedAction, plan};
pub use run::run;
pub use totals::Totals;
