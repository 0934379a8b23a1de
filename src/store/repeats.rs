//! Events whose ids are not above those that this page has: told from a server that numbers its events anew.
//!
//! Invariant: none of them is counted. What shows that they are no repeats is their time: an event that comes again is
//! never newer than the newest that was counted.

use aurora_domain::Source;
use aurora_wire::{decode, heartbeat::Reset};

use super::{Flush, Store};

/// So many in a row, with growing ids, each newer than all that was counted, are another history.
const ANEW: u32 = 3;
/// So many in a row without anything new in between are worth a word.
const MANY: u64 = 3;

/// Clocks of one system may differ by that.
pub(super) const CLOCKS_DIFFER_SECONDS: i64 = 5;

/// What is known of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Repeats {
    total: u64,
    /// Since the last event that was new.
    run: u64,
    last_id: Option<u64>,
    newer: u32,
}

impl Repeats {
    /// An event came under an id that is not above those that were counted; `newer` where it happened after all of them.
    /// True where that shows that ids have begun anew.
    pub(super) fn add(&mut self, id: u64, newer: bool) -> bool {
        self.total += 1;
        self.run += 1;
        let grows = self.last_id.replace(id).is_none_or(|last| id > last);
        self.newer = match (newer, grows) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => self.newer + 1,
        };
        self.newer >= ANEW
    }

    /// Something new came.
    pub(super) fn end(&mut self) {
        *self = Self { total: self.total, ..Self::default() };
    }

    /// How many there were.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// How many came since anything new did; 0 where that is too few to be worth a word.
    pub(super) const fn in_a_row(&self) -> u64 {
        if self.run < MANY { 0 } else { self.run }
    }
}

impl Store {
    /// An event under an id that is not above those that were counted: it came again, or the server numbers its events
    /// anew without saying so. The page then begins again with what the server has.
    pub(super) fn repeat(&mut self, source: Source, id: u64, data: &[u8], flush: &mut Flush) {
        flush.feed = true;
        let time = decode(source, id, data).ok().and_then(|event| event.ts);
        let newest = self.state.session().last();
        // A time that the feed's clock has not reached says nothing.
        let newer = time.is_some_and(|time| {
            newest.is_some_and(|newest| time > newest)
                && time <= self.feed.now.plus_seconds(CLOCKS_DIFFER_SECONDS)
        });
        if self.repeats.add(id, newer) {
            self.repeats.end();
            self.renumbered = (self.renumbered.0 + 1, flush.now_ms);
            self.start_over(Reset::default(), flush);
        }
    }
}
