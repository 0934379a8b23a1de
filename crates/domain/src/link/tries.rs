//! What loses a connection and what starts the next try.
//!
//! Invariants: one try at a time; a try that no person asked for keeps its distance from the one before.

use super::{
    Link,
    retries::End,
    stream::Connection,
    types::{Action, Cause, Status},
};

impl Link {
    pub(super) fn lost(&mut self, now_ms: u64, random: f64, cause: Cause) -> Action {
        if !self.connection.is_some() {
            return Action::None;
        }
        let end = self.connection.stream().map_or(End::Failed, |stream| stream.end(&cause));
        let delay_ms = self.retries.lost(end, &cause, random);
        self.connection = Connection::None;
        if self.offline.since_ms().is_some() {
            return self.wait_for_network(now_ms);
        }
        self.wait_until(now_ms, now_ms.saturating_add(delay_ms.unwrap_or(0)), cause);
        if delay_ms.is_none() { self.connect(now_ms) } else { Action::Disconnect }
    }

    pub(super) fn wait_until(&mut self, now_ms: u64, next_at_ms: u64, cause: Cause) {
        self.status = Status::Reconnecting {
            attempt: self.retries.attempt(),
            next_at_ms,
            since_ms: *self.lost_ms.get_or_insert(now_ms),
            cause,
            breaker: self.breaker(),
            resumes: self.resumes,
        };
    }

    /// What is wrong, other than a try that is planned or under way, and since when.
    fn trouble(&self, now_ms: u64) -> Option<(u64, Cause)> {
        match self.status {
            Status::Stale { since_ms } => Some((since_ms, self.silence(now_ms))),
            Status::Offline { since_ms } => Some((since_ms, Cause::Offline)),
            Status::Unauthorized { since_ms, .. } => Some((since_ms, Cause::HttpStatus { code: 401 })),
            Status::Connecting
            | Status::CatchingUp { .. }
            | Status::Live
            | Status::Silent { .. }
            | Status::Reconnecting { .. } => None,
        }
    }

    pub(super) fn refused(&mut self, now_ms: u64, message: String) -> Action {
        if !self.connection.is_some() {
            return Action::None;
        }
        self.connection = Connection::None;
        self.status = Status::Unauthorized { since_ms: *self.lost_ms.get_or_insert(now_ms), message };
        Action::Disconnect
    }

    pub(super) fn tick(&mut self, now_ms: u64, random: f64) -> Action {
        match (&self.connection, &self.status) {
            (Connection::None, Status::Reconnecting { next_at_ms, .. }) if now_ms >= *next_at_ms => {
                self.connect(now_ms)
            }
            (Connection::None, _) => Action::None,
            _ if self.is_broken(now_ms) => self.lost(now_ms, random, self.silence(now_ms)),
            _ => Action::None,
        }
    }

    /// For how long nothing has arrived, or a try has had no answer, in milliseconds.
    fn waited_ms(&self, now_ms: u64) -> u64 {
        match self.connection {
            Connection::Trying { since_ms } => now_ms.saturating_sub(since_ms.max(self.heard_ms)),
            Connection::None | Connection::Open(_) => self.silent_ms(now_ms),
        }
    }

    fn is_broken(&self, now_ms: u64) -> bool {
        self.waited_ms(now_ms) >= self.connection.limit_ms(&self.timing)
    }

    fn silence(&self, now_ms: u64) -> Cause {
        Cause::Silence { seconds: u32::try_from(self.waited_ms(now_ms) / 1000).unwrap_or(u32::MAX) }
    }

    /// A stream that is open stays so, though it is not called live: should bytes arrive, the browser is wrong.
    pub(super) fn went_offline(&mut self, now_ms: u64) -> Action {
        // A network makes no difference to who waits for a token.
        let waits = matches!(self.status, Status::Unauthorized { .. } | Status::Offline { .. });
        if waits || !self.offline.went(now_ms) || self.connection.stream().is_some() {
            return Action::None;
        }
        self.wait_for_network(now_ms)
    }

    /// No try helps before it is back.
    fn wait_for_network(&mut self, now_ms: u64) -> Action {
        self.connection = Connection::None;
        self.status = Status::Offline { since_ms: *self.lost_ms.get_or_insert(now_ms) };
        Action::Disconnect
    }

    pub(super) fn went_online(&mut self, now_ms: u64) -> Action {
        let was_offline = self.offline.ended();
        let has_connection = self.connection.is_some();
        if matches!(self.status, Status::Unauthorized { .. }) || (has_connection && !was_offline) {
            return Action::None;
        }
        // What was open before may be dead without a word.
        self.connection = Connection::None;
        match self.connect_soon(now_ms) {
            Action::None if has_connection => Action::Disconnect,
            action => action,
        }
    }

    /// A computer that slept finds its connection dead, and the reader should not wait for what timers say.
    pub(super) fn shown(&mut self, now_ms: u64, random: f64) -> Action {
        let waits_for_others = matches!(self.status, Status::Unauthorized { .. } | Status::Offline { .. });
        if waits_for_others || !self.is_broken(now_ms) {
            return Action::None;
        }
        let closing = self.lost(now_ms, random, self.silence(now_ms));
        if self.offline.since_ms().is_some() {
            return closing;
        }
        match self.connect_soon(now_ms) {
            Action::None => closing,
            action => action,
        }
    }

    /// Tries at once, or as soon as the first delay has passed since the try before: networks and readers may flap.
    fn connect_soon(&mut self, now_ms: u64) -> Action {
        let from_ms = self.retries.unasked_from_ms();
        if now_ms >= from_ms {
            return self.connect(now_ms);
        }
        if let Status::Reconnecting { next_at_ms, .. } = &mut self.status {
            *next_at_ms = from_ms.min(*next_at_ms);
            return Action::None;
        }
        let (since_ms, cause) = self.trouble(now_ms).unwrap_or((now_ms, Cause::Unreachable));
        self.lost_ms.get_or_insert(since_ms);
        self.wait_until(now_ms, from_ms, cause);
        Action::None
    }

    /// A connection that may be dead without a word is replaced; what is planned stays as it is.
    pub(super) fn thawed(&mut self, now_ms: u64) -> Action {
        match (self.connection.is_some(), self.offline.since_ms()) {
            (true, None) => self.connect(now_ms),
            (true, Some(_)) => self.wait_for_network(now_ms),
            (false, _) => Action::None,
        }
    }

    /// The connection is given up for another one, which nothing speaks against.
    pub(super) fn rejoin(&mut self, now_ms: u64) -> Action {
        if !self.connection.is_some() {
            return Action::None;
        }
        self.status = Status::Connecting;
        self.go_on(now_ms)
    }

    /// The next part of a try: what follows it has as long for its answer.
    pub(super) fn go_on(&mut self, now_ms: u64) -> Action {
        if !self.connection.is_some() {
            return Action::None;
        }
        self.connection = Connection::Trying { since_ms: now_ms };
        Action::Connect
    }

    /// Starts a try. What was wrong stays in sight until it is mended.
    pub(super) fn connect(&mut self, now_ms: u64) -> Action {
        let trouble = self.trouble(now_ms);
        self.offline.ended();
        self.lost_ms.get_or_insert(trouble.as_ref().map_or(now_ms, |(since_ms, _)| *since_ms));
        self.retries.started(now_ms);
        self.connection = Connection::Trying { since_ms: now_ms };
        let (trying, coming) = (self.breaker(), self.retries.attempt());
        match (&mut self.status, trouble) {
            (_, Some((_, cause))) => self.wait_until(now_ms, now_ms, cause),
            (Status::Reconnecting { attempt, next_at_ms, breaker, .. }, None) => {
                *attempt = coming;
                *next_at_ms = now_ms.min(*next_at_ms);
                *breaker = trying;
            }
            (status, None) => *status = Status::Connecting,
        }
        Action::Connect
    }
}
