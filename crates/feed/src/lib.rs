//! The feed: tails a trading session's logs and serves them as Server-Sent Events.
//!
//! Data flows one way: [`session`] directory → `tail` → `publisher` → `journal` → `hub` → `http`. Each stage
//! knows only the one after it; `sessions` has one such chain per open session, `net` has the connections and
//! `auth` the token; [`serve`] puts them together.

mod alerting;
pub mod auth;
pub mod cli;
mod clock;
mod config;
mod exposition;
mod figures;
mod http;
mod hub;
mod journal;
mod kept;
mod lograte;
mod metrics;
mod net;
mod publisher;
mod redact;
pub mod report;
pub mod rules;
mod serve;
pub mod session;
mod sessions;
pub mod simulate;
mod stamp;
mod status;
pub mod summarize;
mod system;
mod tail;
pub mod tell;
mod totals;

pub use config::{Config, Trust};
pub use http::{AllowedOrigin, NotAnOrigin};
pub use hub::StreamLimits;
pub use journal::{JournalError, Limits, PlaceError};
pub use net::ConnectionLimits;
pub use serve::{ServeError, serve};
