//! Session directories as the feed and the page both see them: which names are logs, in which order their parts
//! are read, and how their bytes become lines.
//!
//! Invariant: pure policy over names and bytes. Whoever reads files or asks a browser for them is elsewhere.

mod gather;
pub mod name;
mod order;
mod splitter;

pub use gather::{Gathered, Member, SessionFiles, Unread, gather};
pub use order::{Log, arrange};
pub use splitter::{Located, Piece, Splitter};
