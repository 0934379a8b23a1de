//! Which events can no longer be had.
//!
//! Invariants: at most [`KEPT`] are kept, the newest; all are counted; what is told twice is one gap.

/// How many gaps are kept.
pub const KEPT: usize = 64;

/// Events that the page missed and that the feed no longer has. Times are milliseconds since the Unix epoch by the
/// page's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first id that is missing.
    pub from: u64,
    /// The last id that is missing. Where a feed lost its journal, ids jump: their distance is no count of events.
    pub to: u64,
    /// When the page last had every event that there was; when it was opened, where it never had.
    pub since_ms: u64,
    /// When it learned of the gap.
    pub until_ms: u64,
}

/// The gaps since the page was opened.
#[derive(Clone, Debug, Default)]
pub(super) struct Gaps {
    /// Oldest first.
    kept: Vec<Gap>,
    count: u64,
}

impl Gaps {
    /// Takes one in. One that overlaps the newest is that one, told again: it grows.
    pub(super) fn add(&mut self, gap: Gap) {
        if gap.to < gap.from {
            return;
        }
        if let Some(newest) =
            self.kept.last_mut().filter(|newest| gap.from <= newest.to && newest.from <= gap.to)
        {
            newest.from = newest.from.min(gap.from);
            newest.to = newest.to.max(gap.to);
            newest.until_ms = newest.until_ms.max(gap.until_ms);
            return;
        }
        if self.kept.len() == KEPT {
            self.kept.remove(0);
        }
        self.kept.push(gap);
        self.count = self.count.saturating_add(1);
    }

    /// The newest, oldest of them first.
    pub(super) fn kept(&self) -> &[Gap] {
        &self.kept
    }

    /// How many there were.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }
}
