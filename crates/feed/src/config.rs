//! What the feed is told to do.

use std::{path::PathBuf, time::Duration};

use crate::{auth::Token, journal::Limits};

/// Everything that [`crate::serve`] needs to know but the socket.
#[derive(Clone, Debug)]
pub struct Config {
    /// A session's directory, or a folder of sessions. Need not exist yet.
    pub session_dir: PathBuf,
    /// The built dashboard, served at `/`.
    pub static_dir: Option<PathBuf>,
    /// What clients must send; `None` lets everyone in.
    pub token: Option<Token>,
    /// Rolling window of the current metrics, in seconds; above 900 it is cut to that.
    pub window_seconds: u64,
    /// How much is kept for replay.
    pub journal: Limits,
    /// Pause between two looks at the files.
    pub poll_interval: Duration,
    /// Pause between two heartbeats of a stream.
    pub heartbeat_interval: Duration,
}

impl Config {
    /// The defaults for a session directory: no token, no static files, a window of 300 s, a look every
    /// 100 ms and a heartbeat every 15 s.
    pub fn new(session_dir: impl Into<PathBuf>) -> Self {
        Self {
            session_dir: session_dir.into(),
            static_dir: None,
            token: None,
            window_seconds: 300,
            journal: Limits::default(),
            poll_interval: Duration::from_millis(100),
            heartbeat_interval: Duration::from_secs(15),
        }
    }
}
