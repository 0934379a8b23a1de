//! The feed: tails a trading session's logs and serves them as Server-Sent Events.
//!
//! Data flows one way: [`session`] directory → `tail` → `publisher` → `journal` → `hub` → `http`. Each stage
//! knows only the one after it; [`serve`] puts them together.

pub mod auth;
pub mod cli;
mod clock;
mod config;
mod http;
mod hub;
mod journal;
mod lograte;
mod metrics;
mod publisher;
mod redact;
mod serve;
pub mod session;
pub mod simulate;
mod status;
pub mod summarize;
mod tail;

pub use config::Config;
pub use journal::Limits;
pub use serve::{ServeError, serve};
