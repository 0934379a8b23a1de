//! How a page begins, and begins again where the history that it stood on is gone: with a snapshot, with a gap, or anew.
//!
//! Invariant: no event counts twice; what cannot be had any more is a [`Missing`].

use aurora_domain::{
    Changes, State, Ts,
    link::{Cause, Input},
};
use aurora_wire::{
    heartbeat::Reset,
    snapshot::{self, Snapshot},
    sse::Decoder,
};

use super::{Flush, Store};

/// How the page gets what there was before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Join {
    /// Whether the next connection asks for a snapshot.
    pub(super) wanted: bool,
    /// Whether the snapshot could not be reached, so that the next connection finds out whether the stream can.
    pub(super) unreached: bool,
    /// How often in a row the server answered with an error instead.
    pub(super) failures: u32,
    /// How often it was asked for since an event was applied.
    pub(super) tries: u32,
    /// Where the stream would go on, where the history that the page stood on is gone.
    pub(super) reset: Option<Reset>,
    /// Whether the state is that of a snapshot, which has events that the feed no longer retains.
    pub(super) whole: bool,
}

impl Join {
    /// Whether a snapshot that was lost for `cause` may be all that cannot be had: another origin may allow the stream alone, and a
    /// gateway may know the way to the stream alone, which is believed the second time. Where it is the server that
    /// is not there, the stream says so.
    pub(super) fn may_be_alone(&mut self, cause: &Cause) -> bool {
        if !self.wanted || self.unreached {
            return false;
        }
        self.failures += u32::from(matches!(cause, Cause::HttpStatus { .. }));
        *cause == Cause::Unreachable || self.failures >= 2
    }
}

/// Events of this session that the feed no longer had when the page asked for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The first id.
    pub from: u64,
    /// The last id.
    pub to: u64,
    /// When the last event before them happened.
    pub start: Ts,
    /// When the first one after them did; `None` until it is here.
    pub end: Option<Ts>,
}

/// What a connection begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The feed's snapshot.
    Snapshot,
    /// The stream, after an id; from the beginning where there is none.
    Stream {
        /// That id.
        after: Option<String>,
    },
}

impl Store {
    /// Snapshots that are asked for where each is followed by a reset.
    const JOIN_TRIES: u32 = 3;
    /// Stretches of missing events that are told apart; older ones are joined into one.
    const MISSING: usize = 64;

    /// The history that the page stood on is gone: it takes the feed's snapshot; where there is none, it starts over from
    /// what the feed has, so nothing counts twice.
    pub(super) fn reset(&mut self, data: &[u8], flush: &mut Flush) {
        self.start_over(serde_json::from_slice(data).unwrap_or_default(), flush);
    }

    /// Takes the feed's snapshot, or begins again, after what is known of a `reset`.
    pub(super) fn start_over(&mut self, reset: Reset, flush: &mut Flush) {
        self.resets += 1;
        if self.join.tries < Self::JOIN_TRIES {
            self.join.wanted = true;
            self.join.unreached = false;
            self.join.reset = Some(reset);
            flush.ask(self.link.handle(flush.now_ms, 0.0, Input::Rejoin));
            return;
        }
        match self.lost_ids(&reset) {
            Some((from, to)) => self.miss(from, to, flush.now_ms),
            None => self.begin_again(),
        }
        if let Some(first) = reset.first {
            self.link.handle(flush.now_ms, 0.0, Input::Reset { first });
        }
    }

    /// Forgets every event; the flush that is under way, or the next one, tells of it.
    pub(super) fn begin_again(&mut self) {
        self.state = State::new(Ts(0));
        self.held = None;
        self.recorded = None;
        self.applied = None;
        self.join.whole = false;
        self.missing.clear();
        self.lines.clear();
        self.changed = Changes::ALL;
    }

    /// Whether the page has nothing, or nothing that a server could go on from.
    pub(super) fn stands_nowhere(&self) -> bool {
        self.applied.is_none() && self.decoder.last_event_id().is_empty()
    }

    /// Goes on from a snapshot.
    pub(super) fn adopt(&mut self, bytes: &[u8], flush: &mut Flush) -> Input {
        let Snapshot { as_of, state } = match snapshot::load(bytes) {
            Ok(snapshot) => snapshot,
            Err(error) => {
                let what = format!(
                    "The feed's snapshot cannot be read ({error}): reading the whole history instead."
                );
                web_sys::console::warn_1(&what.into());
                return self.go_without(flush);
            }
        };
        self.begin_again();
        self.state = state;
        self.applied = Some(as_of);
        self.decoder = Decoder::resuming(&as_of.to_string());
        self.join = Join { tries: self.join.tries + 1, whole: true, ..Join::default() };
        Input::Joined { as_of: Some(as_of) }
    }

    /// The snapshot cannot be reached. A page that has nothing to lose reads the whole stream; another one keeps what it
    /// has until it knows that the stream can be had.
    pub(super) fn ask_the_stream(&mut self, flush: &mut Flush) -> Input {
        if self.stands_nowhere() {
            return self.go_without(flush);
        }
        self.join.unreached = true;
        Input::Joined { as_of: self.link.last_event_id() }
    }

    /// Goes on without a snapshot: where events are missing that came after those of this page, with a gap; else from the
    /// beginning.
    pub(super) fn go_without(&mut self, flush: &mut Flush) -> Input {
        let Join { tries, reset, whole, .. } = std::mem::take(&mut self.join);
        self.join = Join { tries: tries + 1, whole, ..Join::default() };
        if let Some((from, to)) = reset.and_then(|reset| self.lost_ids(&reset)) {
            self.decoder = Decoder::resuming(&to.to_string());
            self.miss(from, to, flush.now_ms);
            return Input::Joined { as_of: Some(to) };
        }
        self.begin_again();
        self.decoder = Decoder::default();
        Input::Joined { as_of: None }
    }

    /// The first and the last id that this page lacks and that cannot be had any more, where the stream goes on after a
    /// reset with the same session; the last is below the first where it lacks none. `None` where the page has
    /// nothing that the stream could go on from.
    fn lost_ids(&self, reset: &Reset) -> Option<(u64, u64)> {
        let (applied, first) = (self.applied?, reset.first?);
        let session_first = self.heartbeat()?.session_first?;
        (session_first <= applied && first > applied).then(|| (applied + 1, first - 1))
    }

    /// Takes note of a gap. One that comes before any event after the last one is a part of it.
    fn miss(&mut self, from: u64, to: u64, now_ms: u64) {
        if to < from {
            return;
        }
        self.link.handle(now_ms, 0.0, Input::Gap { from, to });
        if let Some(open) = self.missing.last_mut().filter(|last| last.end.is_none()) {
            open.to = open.to.max(to);
            return;
        }
        if self.missing.len() >= Self::MISSING
            && let [first, second, ..] = self.missing.as_mut_slice()
        {
            (second.from, second.start) = (first.from, first.start);
            self.missing.remove(0);
        }
        let start = self.state.session().last().unwrap_or_else(|| self.state.now());
        self.missing.push(Missing { from, to, start, end: None });
    }

    pub(super) fn end_gap(&mut self, ts: Option<Ts>) {
        if let (Some(Missing { start, end: end @ None, .. }), Some(ts)) = (self.missing.last_mut(), ts) {
            // Writers step backwards in time.
            *end = Some(ts.max(*start));
        }
    }
}
