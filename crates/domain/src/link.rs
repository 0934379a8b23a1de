//! The connection to the feed as a state machine: what it is in, when to try again, what to tell the user.
//!
//! No I/O and no clock: inputs come with the page's time in milliseconds since the Unix epoch, randomness is
//! an argument. It never gives up by itself; only a missing or wrong token makes it wait for a person.

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// The request never got an answer (refused, DNS, network down).
    Unreachable,
    /// The server ended a stream that had been open.
    Ended,
    /// Any status other than 200, 401 and 403.
    HttpStatus {
        /// The status code.
        code: u16,
    },
    /// 200, but not `text/event-stream`: usually a web page from a wrong URL.
    NotAnEventStream {
        /// What it was instead.
        content_type: String,
    },
    /// Nothing arrived for so long that the connection counts as broken.
    Silence {
        /// For how long.
        seconds: u32,
    },
}

/// What the link is doing, for people to see. Times are milliseconds since the Unix epoch by the page's clock.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// The first connection is being made.
    Connecting,
    /// Connected, history is still arriving.
    CatchingUp {
        /// Events behind the feed's newest.
        remaining: u64,
    },
    /// Connected and current.
    Live,
    /// Heartbeats arrive, events do not.
    Silent {
        /// Since when.
        since_ms: u64,
    },
    /// Not connected; trying again.
    Reconnecting {
        /// How many tries since the connection was last good, the coming one included.
        attempt: u32,
        /// When the next try starts; in the past while it is under way.
        next_at_ms: u64,
        /// When the connection was lost.
        since_ms: u64,
        /// Why.
        cause: Cause,
    },
    /// The server wants a token, or another one. Waits for a person.
    Unauthorized {
        /// Since when.
        since_ms: u64,
        /// The server's own words.
        message: String,
    },
    /// The browser says that there is no network.
    Offline {
        /// Since when.
        since_ms: u64,
    },
}

impl Status {
    /// Whether the numbers on the page are current.
    pub fn is_live(&self) -> bool {
        matches!(self, Status::Live | Status::Silent { .. })
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The server answered with an event stream.
    Opened,
    /// Some bytes arrived, comments included.
    Bytes,
    /// An event arrived.
    Event {
        /// Its id; `None` where it has none of its own.
        id: Option<u64>,
    },
    /// The feed's heartbeat arrived.
    Heartbeat {
        /// The newest id; `None` where nothing was published yet.
        head: Option<u64>,
        /// The oldest id that can still be had; `None` where there is none.
        first: Option<u64>,
        /// How long ago the feed published something, in milliseconds; `None` where it never did.
        last_event_age_ms: Option<u64>,
    },
    /// The history that was asked for is gone; the stream goes on from `first`.
    Reset {
        /// The next id to come.
        first: u64,
    },
    /// The server set the first delay, in milliseconds (`retry:`).
    Retry {
        /// The delay.
        delay_ms: u64,
    },
    /// The connection failed or ended.
    Lost {
        /// Why.
        cause: Cause,
    },
    /// 401 or 403.
    Refused {
        /// The server's own words.
        message: String,
    },
    /// Time passed.
    Tick,
    /// The browser has a network again.
    WentOnline,
    /// The browser lost its network.
    WentOffline,
    /// The user wants to try now, or set another token.
    RetryAsked,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// Close the connection, where there is one, and open a new one that resumes after [`Link::last_event_id`].
    Connect,
    /// Close the connection.
    Disconnect,
}

/// Delays and timeouts, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The first delay; the server's `retry:` replaces it.
    pub first_delay_ms: u64,
    /// The longest delay.
    pub longest_delay_ms: u64,
    /// A connection that was open for so long starts again with the first delay.
    pub stable_after_ms: u64,
    /// Without a byte for so long a connection counts as broken: two and a half heartbeats.
    pub silence_ms: u64,
    /// Without an event for so long a link is called silent.
    pub quiet_ms: u64,
    /// A server that has sent no heartbeat for so long sends none: what has arrived counts as current.
    pub headless_ms: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            first_delay_ms: 3_000,
            longest_delay_ms: 30_000,
            stable_after_ms: 60_000,
            silence_ms: 37_500,
            quiet_ms: 60_000,
            headless_ms: 5_000,
        }
    }
}

/// The state machine.
#[derive(Clone, Debug)]
pub struct Link {
    timing: Timing,
    status: Status,
    attempt: u32,
    opened_ms: Option<u64>,
    last_byte_ms: u64,
    last_event_ms: Option<u64>,
    lost_ms: Option<u64>,
    last_event_id: Option<u64>,
    head: Option<u64>,
    /// The id before the oldest one that can be had: where a page without any event stands.
    before_first: Option<u64>,
    trying: bool,
}

impl Link {
    /// A link that is making its first connection at `now_ms`: the caller connects.
    pub fn new(timing: Timing, now_ms: u64) -> Self {
        Self {
            timing,
            status: Status::Connecting,
            attempt: 0,
            opened_ms: None,
            last_byte_ms: now_ms,
            last_event_ms: None,
            lost_ms: None,
            last_event_id: None,
            head: None,
            before_first: None,
            trying: true,
        }
    }

    /// What to show.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The id to resume after.
    pub fn last_event_id(&self) -> Option<u64> {
        self.last_event_id
    }

    /// Takes an input in at `now_ms`; `random` in 0..=1 spreads reconnects of many pages.
    pub fn handle(&mut self, now_ms: u64, random: f64, input: Input) -> Action {
        match input {
            Input::Opened => self.opened(now_ms),
            Input::Bytes => self.last_byte_ms = now_ms,
            Input::Event { id } => self.event(now_ms, id),
            Input::Heartbeat { head, first, last_event_age_ms } => {
                self.before_first = first.map_or(head, |first| Some(first.saturating_sub(1)));
                self.heartbeat(now_ms, head, last_event_age_ms);
            }
            Input::Reset { first } => {
                self.last_event_id = Some(first.saturating_sub(1));
                self.status = Status::CatchingUp { remaining: 0 };
                self.show_progress(now_ms);
            }
            Input::Retry { delay_ms } => {
                self.timing.first_delay_ms = delay_ms.clamp(100, self.timing.longest_delay_ms);
            }
            Input::Lost { cause } => return self.lost(now_ms, random, cause),
            Input::Refused { message } => return self.refused(now_ms, message),
            Input::Tick => return self.tick(now_ms, random),
            Input::WentOffline => return self.went_offline(now_ms),
            Input::WentOnline | Input::RetryAsked => {
                return self.connect_now(now_ms, input == Input::RetryAsked);
            }
        }
        Action::None
    }

    fn opened(&mut self, now_ms: u64) {
        self.opened_ms = Some(now_ms);
        self.last_byte_ms = now_ms;
        self.trying = false;
        self.lost_ms = None;
        self.head = None;
        self.status = Status::CatchingUp { remaining: 0 };
    }

    fn event(&mut self, now_ms: u64, id: Option<u64>) {
        self.last_event_id = id.or(self.last_event_id);
        // History arrives now but happened before; how long ago, the feed's heartbeat says.
        if self.status.is_live() || self.head.is_none() {
            self.last_event_ms = Some(now_ms);
        }
        self.show_progress(now_ms);
    }

    fn heartbeat(&mut self, now_ms: u64, head: Option<u64>, age_ms: Option<u64>) {
        self.head = Some(head.unwrap_or(0));
        self.last_event_ms = age_ms.map_or(self.last_event_ms, |age| Some(now_ms.saturating_sub(age)));
        self.show_progress(now_ms);
    }

    /// Current once every event that the feed had at its last heartbeat is here.
    fn show_progress(&mut self, now_ms: u64) {
        let Some(opened) = self.opened_ms else { return };
        let remaining = match (self.head, self.last_event_id.or(self.before_first)) {
            (Some(head), Some(last)) => head.saturating_sub(last),
            (Some(_), None) => 0,
            // A server that sends no heartbeats cannot say where its head is; after a while this is it.
            (None, _) if now_ms.saturating_sub(opened) >= self.timing.headless_ms => 0,
            (None, _) => return,
        };
        let was_current = self.status.is_live();
        if remaining > 0 && !was_current {
            self.status = Status::CatchingUp { remaining };
            return;
        }
        let since_ms = self.last_event_ms.unwrap_or(opened);
        let quiet = now_ms.saturating_sub(since_ms) >= self.timing.quiet_ms;
        self.status = if quiet { Status::Silent { since_ms } } else { Status::Live };
    }

    fn lost(&mut self, now_ms: u64, random: f64, cause: Cause) -> Action {
        if matches!(self.status, Status::Unauthorized { .. } | Status::Offline { .. }) {
            return Action::None;
        }
        let stable =
            self.opened_ms.is_some_and(|at| now_ms.saturating_sub(at) >= self.timing.stable_after_ms);
        self.attempt = if stable { 1 } else { self.attempt.saturating_add(1) };
        let since_ms = *self.lost_ms.get_or_insert(now_ms);
        let next_at_ms = now_ms + self.delay_ms(random);
        self.opened_ms = None;
        self.trying = false;
        self.status = Status::Reconnecting { attempt: self.attempt, next_at_ms, since_ms, cause };
        Action::Disconnect
    }

    /// The first delay doubled with each attempt up to the longest, times a random half to one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between zero and the longest delay"
    )]
    fn delay_ms(&self, random: f64) -> u64 {
        let doublings = self.attempt.saturating_sub(1).min(20);
        let full =
            self.timing.first_delay_ms.saturating_mul(1 << doublings).min(self.timing.longest_delay_ms);
        (full as f64 * (0.5 + 0.5 * random.clamp(0.0, 1.0))) as u64
    }

    fn refused(&mut self, now_ms: u64, message: String) -> Action {
        self.opened_ms = None;
        self.trying = false;
        self.status = Status::Unauthorized { since_ms: *self.lost_ms.get_or_insert(now_ms), message };
        Action::Disconnect
    }

    fn tick(&mut self, now_ms: u64, random: f64) -> Action {
        match &self.status {
            Status::Reconnecting { next_at_ms, .. } if now_ms >= *next_at_ms && !self.trying => {
                self.trying = true;
                self.last_byte_ms = now_ms;
                return Action::Connect;
            }
            Status::Offline { .. } | Status::Unauthorized { .. } => return Action::None,
            Status::Live | Status::Silent { .. } | Status::CatchingUp { .. } => self.show_progress(now_ms),
            _ => {}
        }
        let listening = self.opened_ms.is_some() || self.trying;
        let silence = now_ms.saturating_sub(self.last_byte_ms);
        if listening && silence >= self.timing.silence_ms {
            let seconds = u32::try_from(silence / 1000).unwrap_or(u32::MAX);
            return self.lost(now_ms, random, Cause::Silence { seconds });
        }
        Action::None
    }

    fn went_offline(&mut self, now_ms: u64) -> Action {
        self.opened_ms = None;
        self.trying = false;
        self.status = Status::Offline { since_ms: *self.lost_ms.get_or_insert(now_ms) };
        Action::Disconnect
    }

    /// Tries at once. Without being `asked`, only where the network came back.
    fn connect_now(&mut self, now_ms: u64, asked: bool) -> Action {
        if !asked && !matches!(self.status, Status::Offline { .. } | Status::Reconnecting { .. }) {
            return Action::None;
        }
        let since_ms = *self.lost_ms.get_or_insert(now_ms);
        self.opened_ms = None;
        self.trying = true;
        self.last_byte_ms = now_ms;
        self.attempt = self.attempt.max(1);
        self.status = match std::mem::replace(&mut self.status, Status::Connecting) {
            Status::Reconnecting { cause, .. } => {
                Status::Reconnecting { attempt: self.attempt, next_at_ms: now_ms, since_ms, cause }
            }
            _ => Status::Connecting,
        };
        Action::Connect
    }
}

#[cfg(test)]
mod tests;
