//! What the feed is told to do.

use std::{path::PathBuf, time::Duration};

use ipnet::IpNet;

use crate::{
    auth::Token, http::AllowedOrigin, hub::StreamLimits, journal::Limits, net::ConnectionLimits,
    rules::RuleChoice, tell::Receivers,
};

/// Everything that [`crate::serve`] needs to know but the socket.
#[derive(Clone, Debug)]
pub struct Config {
    /// A session's directory, or a folder of sessions. Need not exist yet.
    pub session_dir: PathBuf,
    /// The built dashboard, served at `/`.
    pub static_dir: Option<PathBuf>,
    /// What clients must send; `None` lets everyone in.
    pub token: Option<Token>,
    /// Where the token was read from, and is read from again when the file changes.
    pub token_file: Option<PathBuf>,
    /// Pause between two looks at the token file.
    pub token_interval: Duration,
    /// Whose word is taken, and whom the feed may be read by.
    pub trust: Trust,
    /// How many connections there may be, and how long each may take.
    pub connections: ConnectionLimits,
    /// Rolling window of the current metrics, in seconds; above 900 it is cut to that.
    pub window_seconds: u64,
    /// Where journals are kept; `None` takes the default of the system.
    pub journal_dir: Option<PathBuf>,
    /// How much is kept for replay.
    pub journal: Limits,
    /// Which alert rules are judged.
    pub rules: RuleChoice,
    /// Who is told of alerts.
    pub receivers: Receivers,
    /// Pause between two judgements of the rules.
    pub rules_interval: Duration,
    /// How far a client may fall behind, and how much one request may replay.
    pub streams: StreamLimits,
    /// Sessions that may be open beside the one that is shown by default.
    pub open_sessions: usize,
    /// A session that is neither shown by default nor grows is closed once nobody has used it for so long.
    pub close_unused_after: Duration,
    /// Pause between two looks at the files; at the directory, for new sessions, ten times that.
    pub poll_interval: Duration,
    /// Pause between two heartbeats of a stream.
    pub heartbeat_interval: Duration,
}

/// Whose word is taken, and whom the feed may be read by. The default is nobody but the client itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Proxies whose `X-Real-IP` is the client's address.
    pub trusted_proxies: Vec<IpNet>,
    /// Names, besides this machine's own, that the feed answers to without a token; in lower case.
    pub allowed_hosts: Vec<String>,
    /// Other origins whose pages may read the feed.
    pub allowed_origins: Vec<AllowedOrigin>,
}

impl Config {
    /// The defaults for a session directory: no token, nobody trusted, no static files, a window of 300 s, eight
    /// sessions beside the default one, closed after 300 s, a look at the files every 100 ms and at the token file
    /// every second, a heartbeat every 15 s, the rules of the group `p3d`
    /// every second, and nobody to be told.
    pub fn new(session_dir: impl Into<PathBuf>) -> Self {
        Self {
            session_dir: session_dir.into(),
            static_dir: None,
            token: None,
            token_file: None,
            token_interval: Duration::from_secs(1),
            trust: Trust::default(),
            connections: ConnectionLimits::default(),
            window_seconds: 300,
            journal_dir: None,
            journal: Limits::default(),
            rules: RuleChoice::default(),
            receivers: Receivers::default(),
            rules_interval: Duration::from_secs(1),
            streams: StreamLimits::default(),
            open_sessions: 8,
            close_unused_after: Duration::from_mins(5),
            poll_interval: Duration::from_millis(100),
            heartbeat_interval: Duration::from_secs(15),
        }
    }
}
