//! Sessions on disk: which files belong to one, in which order they are read, and their lines.
//!
//! Invariants: this module only reads, holds no state between calls and knows nothing of tailing, HTTP or
//! events. The feed's history and `aurora-feed summarize` both read through it, so they see the same lines.

mod history;
mod lines;
mod locate;

pub use aurora_domain::Source;
pub use aurora_wire::{
    MAX_LINE_BYTES,
    session::{Located, Piece, Splitter, name},
};
pub use history::{Part, history};
pub use lines::{Content, Lines, Record, lines, open};
pub use locate::{Located as Location, Place, locate};

use std::path::PathBuf;

/// Why a session could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", path.display())]
pub struct ReadError {
    /// What was tried: `read`, `list`.
    pub action: &'static str,
    /// The file or directory.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: std::io::Error,
}
