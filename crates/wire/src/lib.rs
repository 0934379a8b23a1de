//! Everything that crosses a wire or lies in a file: log lines, Server-Sent Events, heartbeats,
//! snapshots of the state and stored minutes.
//!
//! Invariants: nothing here does I/O; reading gives what was understood *and* what was rejected; no input
//! makes it panic.

pub mod decode;
mod detail;
mod facts;
mod fast;
mod fields;
pub mod golive;
pub mod gzip;
pub mod heartbeat;
mod layout;
pub mod minutes;
mod names;
pub mod outline;
pub mod page_config;
pub mod recording;
pub mod report;
pub mod rules;
pub mod runbook;
mod scalar;
pub mod search;
pub mod session;
pub mod snapshot;
pub mod sse;
mod stored;
mod swar;
pub mod timestamp;
pub mod zip;

pub use decode::{MAX_LINE_BYTES, Reason, Rejected, decode};
pub use heartbeat::Heartbeat;
pub use stored::LoadError;
