//! Where a line stands among all lines of a recording.

use aurora_domain::{Source, Ts};

/// A line's place. Lines are taken in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its time, or that of the line before it in its log; `None` only before the first time in that log.
    pub at: Option<Ts>,
    /// Its log.
    pub source: Source,
    /// The number of its part among all parts, from 0.
    pub part: u32,
    /// The line's number in its part, from 1.
    pub number: u64,
}
