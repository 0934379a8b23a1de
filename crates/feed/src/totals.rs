//! What the process as a whole has counted, over all sessions and streams.
//!
//! Invariant: everything but the number of open streams only grows while the process lives.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use crate::status::Counts;

/// Why a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The client went.
    Client,
    /// The feed is shutting down.
    Shutdown,
    /// The session was closed because nobody used it.
    SessionClosed,
    /// The client was so slow that what it had to get next is no longer retained.
    HistoryGone,
    /// The client had caught up and then fell behind for too long.
    Lagging,
    /// One request may replay only so much; the client goes on with another.
    ReplayLimit,
    /// Another token is in force.
    Revoked,
    /// It lasted as long as a stream may.
    Age,
    /// The journal cannot be read.
    Unreadable,
}

impl End {
    /// Every reason.
    pub(crate) const ALL: [End; 9] = [
        End::Client,
        End::Shutdown,
        End::SessionClosed,
        End::HistoryGone,
        End::Lagging,
        End::ReplayLimit,
        End::Revoked,
        End::Age,
        End::Unreadable,
    ];

    /// The reason as a label.
    pub(crate) fn name(self) -> &'static str {
        match self {
            End::Client => "client",
            End::Shutdown => "shutdown",
            End::SessionClosed => "session_closed",
            End::HistoryGone => "history_gone",
            End::Lagging => "lagging",
            End::ReplayLimit => "replay_limit",
            End::Revoked => "token_changed",
            End::Age => "stream_age",
            End::Unreadable => "journal_unreadable",
        }
    }
}

/// How a stream began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// Without an id.
    Fresh,
    /// After an id that is retained.
    Resumed,
    /// After an id that is not retained.
    Reset,
}

impl Begin {
    /// Every way.
    pub(crate) const ALL: [Begin; 3] = [Begin::Fresh, Begin::Resumed, Begin::Reset];

    /// The way as a label.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Begin::Fresh => "fresh",
            Begin::Resumed => "resumed",
            Begin::Reset => "reset",
        }
    }
}

/// HTTP answers that refuse a request.
pub(crate) const REFUSALS: [u16; 6] = [400, 401, 403, 404, 429, 503];

/// The process's counters.
#[derive(Debug)]
pub(crate) struct Totals {
    started: Instant,
    streams: AtomicU64,
    lines: AtomicU64,
    malformed: AtomicU64,
    oversized: AtomicU64,
    begun: [AtomicU64; Begin::ALL.len()],
    ended: [AtomicU64; End::ALL.len()],
    refused: [AtomicU64; REFUSALS.len()],
}

impl Totals {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            streams: AtomicU64::new(0),
            lines: AtomicU64::new(0),
            malformed: AtomicU64::new(0),
            oversized: AtomicU64::new(0),
            begun: Default::default(),
            ended: Default::default(),
            refused: Default::default(),
        }
    }

    /// Seconds since the process began.
    pub(crate) fn uptime_seconds(&self) -> f64 {
        self.started.elapsed().as_millis() as f64 / 1e3
    }

    /// Adds lines of one session.
    pub(crate) fn count(&self, more: Counts) {
        self.lines.fetch_add(more.lines, Relaxed);
        self.malformed.fetch_add(more.malformed, Relaxed);
        self.oversized.fetch_add(more.oversized, Relaxed);
    }

    /// Lines of all sessions.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            lines: self.lines.load(Relaxed),
            malformed: self.malformed.load(Relaxed),
            oversized: self.oversized.load(Relaxed),
        }
    }

    /// A stream began.
    pub(crate) fn stream_begun(&self, begin: Begin) {
        self.streams.fetch_add(1, Relaxed);
        if let Some(count) = self.begun.get(begin as usize) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// A stream ended.
    pub(crate) fn stream_ended(&self, end: End) {
        self.streams.fetch_sub(1, Relaxed);
        if let Some(count) = self.ended.get(end as usize) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Streams that are open, those that wait for a session too.
    pub(crate) fn streams(&self) -> u64 {
        self.streams.load(Relaxed)
    }

    /// Streams that began so.
    pub(crate) fn begun(&self, begin: Begin) -> u64 {
        self.begun.get(begin as usize).map_or(0, |count| count.load(Relaxed))
    }

    /// Streams that ended so.
    pub(crate) fn ended(&self, end: End) -> u64 {
        self.ended.get(end as usize).map_or(0, |count| count.load(Relaxed))
    }

    /// A request was answered with `status`; counted where that is a refusal.
    pub(crate) fn answered(&self, status: u16) {
        let place = REFUSALS.iter().position(|refusal| *refusal == status);
        if let Some(count) = place.and_then(|place| self.refused.get(place)) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Refused requests by HTTP status.
    pub(crate) fn refused(&self) -> impl Iterator<Item = (u16, u64)> {
        REFUSALS.into_iter().zip(&self.refused).map(|(status, count)| (status, count.load(Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_streams_are_those_that_began_and_did_not_end() {
        let totals = Totals::new();
        for begin in Begin::ALL {
            totals.stream_begun(begin);
        }
        totals.stream_ended(End::Lagging);
        assert_eq!((totals.streams(), totals.ended(End::Lagging), totals.ended(End::Client)), (2, 1, 0));
        assert_eq!(Begin::ALL.map(|begin| totals.begun(begin)), [1, 1, 1]);
    }

    #[test]
    fn only_refusals_are_counted_and_each_under_its_status() {
        let totals = Totals::new();
        for status in [200, 304, 401, 401, 503, 500] {
            totals.answered(status);
        }
        let refused: Vec<_> = totals.refused().filter(|(_, count)| *count > 0).collect();
        assert_eq!(refused, [(401, 2), (503, 1)]);
    }
}
