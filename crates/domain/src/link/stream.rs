//! What there is of a connection, and how far an open one has come.

use super::{
    retries::{End, Patience, Timing},
    types::Cause,
};

/// For how long a live page may lack what a heartbeat announced, before it is no longer current.
const BEHIND_MS: u64 = 10_000;

/// What there is of a connection.
#[derive(Clone, Debug)]
pub(super) enum Connection {
    /// None; a timer, the network or a person brings the next.
    None,
    /// The server has not answered yet.
    Trying {
        /// When the try started.
        since_ms: u64,
    },
    /// An event stream.
    Open(Stream),
}

impl Connection {
    pub(super) const fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// The open stream.
    pub(super) const fn stream(&self) -> Option<&Stream> {
        match self {
            Self::Open(stream) => Some(stream),
            Self::None | Self::Trying { .. } => None,
        }
    }

    /// The open stream, to be changed.
    pub(super) const fn stream_mut(&mut self) -> Option<&mut Stream> {
        match self {
            Self::Open(stream) => Some(stream),
            Self::None | Self::Trying { .. } => None,
        }
    }

    /// For how long nothing may arrive before it counts as broken, in milliseconds.
    pub(super) const fn limit_ms(&self, timing: &Timing) -> u64 {
        match self {
            Self::None => timing.beating.silence_ms,
            Self::Trying { .. } => timing.answer_ms,
            Self::Open(stream) => stream.patience(timing).silence_ms,
        }
    }

    /// The page's clock was set back to `now_ms`.
    pub(super) fn set_back(&mut self, now_ms: u64) {
        if let Self::Trying { since_ms } | Self::Open(Stream { opened_ms: since_ms, .. }) = self {
            *since_ms = now_ms.min(*since_ms);
        }
        if let Self::Open(Stream { awaited: Some((_, since_ms)), .. }) = self {
            *since_ms = now_ms.min(*since_ms);
        }
    }
}

/// An open event stream.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    opened_ms: u64,
    /// The newest id by its last heartbeat; `None` where it has sent none.
    head: Option<u64>,
    /// The id before the oldest one that can be had: where a page without any event stands.
    before_first: Option<u64>,
    /// The oldest head that was announced and may not be here yet, and when that was.
    awaited: Option<(u64, u64)>,
    /// Whether it has ended, and why is being found out.
    pub(super) is_over: bool,
    /// Whether everything that the feed had has arrived.
    pub(super) current: bool,
    /// Whether it lasted, with bytes arriving.
    pub(super) stable: bool,
}

impl Stream {
    pub(super) const fn new(now_ms: u64) -> Self {
        Self {
            opened_ms: now_ms,
            head: None,
            before_first: None,
            awaited: None,
            is_over: false,
            current: false,
            stable: false,
        }
    }

    pub(super) const fn opened_ms(&self) -> u64 {
        self.opened_ms
    }

    /// Whether the server has told how far its events go.
    pub(super) const fn has_head(&self) -> bool {
        self.head.is_some()
    }

    /// A heartbeat at `now_ms`, when the page stood at `last`.
    pub(super) fn heartbeat(
        &mut self,
        now_ms: u64,
        head: Option<u64>,
        first: Option<u64>,
        last: Option<u64>,
    ) {
        self.before_first = first.map_or(head, |first| Some(first.saturating_sub(1)));
        let head = head.unwrap_or(0);
        self.head = Some(head);
        // A head below the one that is waited for is of another journal.
        if self.awaited.is_none_or(|(awaited, _)| head < awaited || last >= Some(awaited)) {
            self.awaited = Some((head, now_ms));
        }
    }

    /// The journal is another one: what was announced of it is not waited for.
    pub(super) fn begin_again(&mut self) {
        self.current = false;
        self.awaited = None;
    }

    /// Whether a page that stands at `last` lacks what was announced long ago: it is served slower than events come.
    pub(super) fn is_behind(&self, last: Option<u64>, now_ms: u64) -> bool {
        let lacks = |head| last.or(self.before_first).is_some_and(|last| last < head);
        self.awaited.is_some_and(|(head, since)| lacks(head) && now_ms.saturating_sub(since) >= BEHIND_MS)
    }

    pub(super) const fn patience(&self, timing: &Timing) -> Patience {
        if self.has_head() { timing.beating } else { timing.beatless }
    }

    /// What losing it for `cause` says of the server. One that sends no heartbeats may have nothing to say.
    pub(super) fn end(&self, cause: &Cause) -> End {
        match cause {
            _ if self.stable => End::Lasted,
            Cause::Silence { .. } if !self.has_head() => End::Quiet,
            _ => End::Failed,
        }
    }

    /// Takes note once it has lasted; true at that moment.
    pub(super) fn settle(&mut self, now_ms: u64, silent_ms: u64, timing: &Timing) -> bool {
        let lasted = now_ms.saturating_sub(self.opened_ms) >= timing.stable_after_ms;
        let settles = lasted && silent_ms < self.patience(timing).stale_ms && !self.stable;
        self.stable |= settles;
        settles
    }

    /// Events that the feed had at its last heartbeat and a page that stands at `last` has not; `None` where that
    /// cannot be told yet.
    pub(super) fn remaining(&self, last: Option<u64>, now_ms: u64, timing: &Timing) -> Option<u64> {
        match (self.head, last.or(self.before_first)) {
            (Some(head), Some(last)) => Some(head.saturating_sub(last)),
            (Some(_), None) => Some(0),
            // A server that sends no heartbeats cannot say where its head is; after a while this is it.
            (None, _) => (now_ms.saturating_sub(self.opened_ms) >= timing.headless_ms).then_some(0),
        }
    }
}
