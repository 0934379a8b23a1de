//! The words that the link speaks with the rest of the page: causes, states, inputs, actions. No behaviour of its own.

/// Stands for a server's words where the token that was entered cannot be sent to it.
pub const UNSENDABLE_TOKEN: &str = "the token was not sent, because no request can carry some of its letters";

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// The request never got an answer (refused, DNS, network down).
    Unreachable,
    /// The server ended a stream that had been open.
    Ended,
    /// A status other than 200 that asks for no token.
    HttpStatus {
        /// The status code.
        code: u16,
    },
    /// 200, but not `text/event-stream`: usually a web page from a wrong URL.
    NotAnEventStream {
        /// What it was instead.
        content_type: String,
    },
    /// There was no network, or the browser said so.
    Offline,
    /// It answers with a redirect, which is not followed: the request carried a token.
    Redirected,
    /// Nothing arrived for so long that the connection counts as broken.
    Silence {
        /// For how long.
        seconds: u32,
    },
    /// More arrived than the page could take in; it closed the stream itself, to resume where it stood.
    Overflow,
}

/// Whether a server that keeps failing is left alone between probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Breaker {
    /// Tries follow the growing delay.
    #[default]
    Closed,
    /// Failed too often in a row: the next probe waits for the longest delay.
    Open,
    /// A probe is under way, or has connected and must yet prove stable.
    HalfOpen,
}

/// What the link is doing, for people to see. Times are milliseconds since the Unix epoch by the page's clock.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// A connection is being made, and nothing was wrong before.
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
    /// The connection is open, but nothing comes through, not even a heartbeat: figures may be old.
    Stale {
        /// When the last byte arrived.
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
        /// Whether tries have become rare.
        breaker: Breaker,
        /// Whether the page stands at an id, after which the stream goes on; else all that there is comes again.
        resumes: bool,
    },
    /// The server wants a token, or another one. Waits for a person.
    Unauthorized {
        /// Since when.
        since_ms: u64,
        /// The server's own words; empty where it gave none, [`UNSENDABLE_TOKEN`] where it was not asked.
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
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Live | Self::Silent { .. })
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
    /// Events that can no longer be had: ids `from` to `to`, both included. Ignored where `to` is below `from`.
    Gap {
        /// The first id that is missing.
        from: u64,
        /// The last id that is missing.
        to: u64,
    },
    /// The history that the page stands on is gone, and it is to begin again with a state.
    Rejoin,
    /// The state to begin with is here, or there is none: the stream comes next.
    Joined {
        /// The id that the state is as of, or that the page stands at without one; `None` at the beginning.
        as_of: Option<u64>,
    },
    /// The server set the first delay, in milliseconds (`retry:`).
    Retry {
        /// The delay.
        delay_ms: u64,
    },
    /// The stream has ended; why is being found out, and [`Input::Lost`] or [`Input::Refused`] says it.
    Ended,
    /// The connection failed or ended.
    Lost {
        /// Why.
        cause: Cause,
    },
    /// The server wants a token, or another one.
    Refused {
        /// The server's own words; empty where it gave none, [`UNSENDABLE_TOKEN`] where it was not asked.
        message: String,
    },
    /// Time passed.
    Tick,
    /// The browser has a network again.
    WentOnline,
    /// The browser lost its network.
    WentOffline,
    /// The page came into sight, perhaps after the computer slept. What had arrived by then is given before this.
    Shown,
    /// The page went out of sight. The link goes on as before, though ticks may come as rarely as once a minute.
    Hidden,
    /// The browser had stopped the page and lets it run again: it does not say what became of its connections.
    Thawed,
    /// The user wants to try now.
    RetryAsked,
    /// The user set another token, or none: what failed before says nothing about the next try.
    TokenChanged,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// Close the connection, where there is one, and open a new one that resumes after
    /// [`Link::last_event_id`](super::Link::last_event_id).
    Connect,
    /// Close the connection.
    Disconnect,
}
