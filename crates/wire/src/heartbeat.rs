//! The feed's heartbeat: `event: heartbeat`, without an id, every 15 seconds and at the start of a stream.
//!
//! It carries the feed's time, which live windows end at, and the newest id, by which a page knows that it
//! is current. Every field may be missing: other servers send other heartbeats.

use serde::{Deserialize, Serialize};

/// The heartbeat's data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heartbeat {
    /// The feed's time, nanoseconds since the Unix epoch.
    pub feed_time_ns: Option<i64>,
    /// Id of the newest event; absent or null where nothing was published yet.
    pub head: Option<u64>,
    /// Id of the oldest event that can still be had.
    pub first: Option<u64>,
    /// Id of the session's first event, still there or not.
    pub session_first: Option<u64>,
    /// The session's name: that of its directory.
    pub session: Option<String>,
    /// `ok`, or `waiting` for a directory or its files, or `degraded`.
    pub status: Option<String>,
    /// What the operator should know about that status.
    pub message: Option<String>,
    /// Lines read.
    pub lines: Option<u64>,
    /// Lines that were not JSON objects.
    pub malformed: Option<u64>,
    /// Lines over 1 MiB.
    pub oversized: Option<u64>,
    /// Connected clients.
    pub clients: Option<u64>,
    /// Files that are followed.
    pub files: Option<u64>,
    /// Seconds since the newest event was published.
    pub last_event_age_seconds: Option<f64>,
    /// The machine that the feed is on.
    pub machine: Option<Machine>,
}

/// The machine's resources as of the last seconds, in percent of what there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    /// Memory in use.
    pub memory_used_percent: Option<f64>,
    /// Processor time in use.
    pub cpu_used_percent: Option<f64>,
    /// What is free of the fuller of the disks of session and journal.
    pub disk_free_percent: Option<f64>,
}

/// The data of `event: reset`: the history that was asked for is gone, the stream goes on from `first`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reset {
    /// The id that was asked for.
    pub requested: Option<String>,
    /// Where the stream goes on.
    pub first: Option<u64>,
    /// The newest id.
    pub head: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_heartbeat_is_read_as_far_as_it_goes() {
        let heartbeat: Heartbeat = serde_json::from_str(r#"{"head":5,"extra":{"a":1}}"#).unwrap();
        assert_eq!(heartbeat, Heartbeat { head: Some(5), ..Heartbeat::default() });
    }
}
