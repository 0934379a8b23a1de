//! The connection to the feed as a state machine: what it is in, when to try again, what to tell the user.
//!
//! No I/O and no clock: inputs come with the page's time in milliseconds since the Unix epoch, randomness is
//! an argument. It never gives up by itself; only a missing or wrong token makes it wait for a person, and only
//! a browser without a network for that to return, unless the server needs none or its bytes prove the browser wrong.

mod gaps;
mod offline;
mod retries;
mod stream;
mod tries;
mod types;

use gaps::Gaps;
use offline::Offline;
use retries::Retries;
use stream::{Connection, Stream};

pub use gaps::{Gap, KEPT as GAPS_KEPT};
pub use offline::is_loopback;
pub use retries::{FAILURES_THAT_OPEN, Patience, Timing};
pub use types::{Action, Breaker, Cause, Input, Status, UNSENDABLE_TOKEN};

/// The state machine.
#[derive(Clone, Debug)]
pub struct Link {
    timing: Timing,
    status: Status,
    connection: Connection,
    retries: Retries,
    offline: Offline,
    gaps: Gaps,
    /// When the last byte arrived.
    heard_ms: u64,
    last_event_ms: Option<u64>,
    lost_ms: Option<u64>,
    last_event_id: Option<u64>,
    /// Whether there is an id to resume after.
    resumes: bool,
    /// When the page last had every event that there was.
    whole_ms: u64,
}

impl Link {
    /// A link that is making its first connection at `now_ms`: the caller connects.
    pub fn new(timing: Timing, now_ms: u64) -> Self {
        Self {
            timing,
            status: Status::Connecting,
            connection: Connection::Trying { since_ms: now_ms },
            retries: Retries::new(&timing, now_ms),
            offline: Offline::default(),
            gaps: Gaps::default(),
            heard_ms: now_ms,
            last_event_ms: None,
            lost_ms: None,
            last_event_id: None,
            resumes: false,
            whole_ms: now_ms,
        }
    }

    /// The server is on this computer, so that no network is needed to reach it.
    pub fn needs_no_network(&mut self) {
        self.offline.never();
    }

    /// Whether the stream can go on after what the page has: whether an id stands, which need not be a number.
    pub fn stand(&mut self, resumes: bool) {
        self.resumes = resumes;
    }

    /// What to show.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The id to resume after.
    pub fn last_event_id(&self) -> Option<u64> {
        self.last_event_id
    }

    /// Whether tries have become rare. Closes only once a connection has lasted.
    pub fn breaker(&self) -> Breaker {
        self.retries.breaker(self.connection.is_some())
    }

    /// The newest [`GAPS_KEPT`] gaps, oldest first.
    pub fn gaps(&self) -> &[Gap] {
        self.gaps.kept()
    }

    /// How many gaps there were since the page was opened, those included that are no longer kept.
    pub fn gap_count(&self) -> u64 {
        self.gaps.count()
    }

    /// Takes an input in at `now_ms`; `random` in 0..=1 spreads reconnects of many pages. What does not fit, such as
    /// the end of a connection that is closed already, changes nothing.
    pub fn handle(&mut self, now_ms: u64, random: f64, input: Input) -> Action {
        self.follow_clock(now_ms);
        self.settle(now_ms);
        let action = self.take(now_ms, random, input);
        self.offline.heard(self.heard_ms);
        self.show(now_ms);
        action
    }

    fn take(&mut self, now_ms: u64, random: f64, input: Input) -> Action {
        match input {
            Input::Opened => self.opened(now_ms),
            Input::Bytes => self.heard_ms = now_ms,
            Input::Event { id } => self.event(now_ms, id),
            Input::Heartbeat { head, first, last_event_age_ms } => {
                self.heartbeat(now_ms, head, first, last_event_age_ms);
            }
            Input::Reset { first } => self.reset(now_ms, first),
            Input::Gap { from, to } => {
                self.gaps.add(Gap { from, to, since_ms: self.whole_ms, until_ms: now_ms });
            }
            Input::Rejoin => return self.rejoin(now_ms),
            Input::Joined { as_of } => {
                self.last_event_id = as_of;
                self.resumes = as_of.is_some();
                return self.go_on(now_ms);
            }
            Input::Retry { delay_ms } => {
                self.heard_ms = now_ms;
                self.retries.set_first_delay(delay_ms);
            }
            Input::Ended => {
                if let Some(stream) = self.connection.stream_mut() {
                    stream.is_over = true;
                }
            }
            Input::Lost { cause } => return self.lost(now_ms, random, cause),
            Input::Refused { message } => return self.refused(now_ms, message),
            Input::Tick => return self.tick(now_ms, random),
            Input::WentOffline => return self.went_offline(now_ms),
            Input::WentOnline => return self.went_online(now_ms),
            Input::Shown => return self.shown(now_ms, random),
            Input::Thawed => return self.thawed(now_ms),
            Input::Hidden => {}
            Input::RetryAsked => return self.connect(now_ms),
            Input::TokenChanged => {
                self.retries.start_over();
                return self.connect(now_ms);
            }
        }
        Action::None
    }

    fn opened(&mut self, now_ms: u64) {
        if !matches!(self.connection, Connection::Trying { .. }) {
            return;
        }
        self.connection = Connection::Open(Stream::new(now_ms));
        self.heard_ms = now_ms;
        self.lost_ms = None;
    }

    fn event(&mut self, now_ms: u64, id: Option<u64>) {
        self.last_event_id = id.or(self.last_event_id);
        self.resumes |= id.is_some();
        if let Some(stream) = self.connection.stream() {
            // History arrives now but happened before; how long ago, the feed's heartbeat says.
            if stream.current || !stream.has_head() {
                self.last_event_ms = Some(now_ms);
            }
        }
        self.heard_ms = now_ms;
        if self.remaining(now_ms) == Some(0) {
            self.whole_ms = now_ms;
        }
    }

    fn heartbeat(&mut self, now_ms: u64, head: Option<u64>, first: Option<u64>, age_ms: Option<u64>) {
        let last = self.last_event_id;
        if let Some(stream) = self.connection.stream_mut() {
            stream.heartbeat(now_ms, head, first, last);
            self.last_event_ms = age_ms.map_or(self.last_event_ms, |age| Some(now_ms.saturating_sub(age)));
        }
        self.heard_ms = now_ms;
        // A head below what the page has is of another journal: a reset follows, and what lies between is unknown.
        let is_same_journal = self.last_event_id <= head;
        if is_same_journal && self.remaining(now_ms) == Some(0) {
            self.whole_ms = now_ms;
        }
    }

    fn reset(&mut self, now_ms: u64, first: u64) {
        self.last_event_id = Some(first.saturating_sub(1));
        if let Some(stream) = self.connection.stream_mut() {
            stream.begin_again();
        }
        self.heard_ms = now_ms;
    }

    fn silent_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.heard_ms)
    }

    fn remaining(&self, now_ms: u64) -> Option<u64> {
        self.connection.stream()?.remaining(self.last_event_id, now_ms, &self.timing)
    }

    fn settle(&mut self, now_ms: u64) {
        let silent_ms = self.silent_ms(now_ms);
        let timing = &self.timing;
        if self.connection.stream_mut().is_some_and(|stream| stream.settle(now_ms, silent_ms, timing)) {
            self.retries.start_over();
        }
    }

    /// Says how an open stream stands: current once every event that the feed had at its last heartbeat is here, while bytes
    /// arrive, and as long as what heartbeats announce follows soon.
    fn show(&mut self, now_ms: u64) {
        let (silent_ms, remaining) = (self.silent_ms(now_ms), self.remaining(now_ms));
        let last = self.last_event_id;
        let Some(stream) = self.connection.stream_mut() else { return };
        if let Some(since_ms) = self.offline.since_ms() {
            self.status = Status::Offline { since_ms };
            return;
        }
        if stream.is_over {
            if !matches!(self.status, Status::Reconnecting { .. }) {
                self.wait_until(now_ms, now_ms, Cause::Ended);
            }
            return;
        }
        if silent_ms >= stream.patience(&self.timing).stale_ms {
            self.status = Status::Stale { since_ms: self.heard_ms };
            return;
        }
        // Once it is current, what a heartbeat announces is under way and no history.
        stream.current |= remaining == Some(0);
        stream.current &= !stream.is_behind(last, now_ms);
        if !stream.current {
            self.status = Status::CatchingUp { remaining: remaining.unwrap_or(0) };
            return;
        }
        let since_ms = self.last_event_ms.unwrap_or(stream.opened_ms());
        let quiet = now_ms.saturating_sub(since_ms) >= self.timing.quiet_ms;
        self.status = if quiet { Status::Silent { since_ms } } else { Status::Live };
    }

    /// A clock that was set back must not make anything wait for it to catch up.
    fn follow_clock(&mut self, now_ms: u64) {
        self.heard_ms = self.heard_ms.min(now_ms);
        self.whole_ms = self.whole_ms.min(now_ms);
        self.last_event_ms = self.last_event_ms.map(|at| at.min(now_ms));
        self.connection.set_back(now_ms);
        self.retries.set_back(now_ms);
        self.offline.set_back(now_ms);
        if let Status::Reconnecting { next_at_ms, .. } = &mut self.status {
            *next_at_ms = now_ms.saturating_add(self.retries.longest_delay_ms()).min(*next_at_ms);
        }
    }
}

#[cfg(test)]
mod tests;
