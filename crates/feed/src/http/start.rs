//! Where a stream begins, from what the client asked for.
//!
//! Invariant: an id that cannot be resumed from is answered with a reset that names what was asked, never
//! by silently starting elsewhere.

use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::warn;

use crate::{clock, hub::Hub, journal::Extent, totals::Begin};

/// How much of an id is said back, in characters. Ids have up to twenty.
const ECHO_CHARS: usize = 64;

/// The query of `/sse`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Query {
    /// For native `EventSource`, whose first request can set no header.
    last_event_id: Option<String>,
    /// Begin with what was published in the last so many seconds.
    window: Option<u64>,
    /// Which session; without it the newest, and on to newer ones.
    pub(super) session: Option<String>,
}

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Only what comes.
    Now,
    /// What was published in the last so many seconds, then what comes.
    Window(u64),
    /// Everything after an id, as the client wrote it, cut to a sane length.
    After(String),
}

/// Where a stream begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Position {
    /// Events after this id are sent.
    pub(super) after: u64,
    /// The data of `event: reset`, where the id could not be resumed from.
    pub(super) reset: Option<Value>,
}

impl Start {
    /// The header wins over the query: a native client repeats its first URL on every reconnect, with the
    /// newer id in the header.
    pub(super) fn read(headers: &HeaderMap, query: &Query) -> Self {
        let header =
            headers.get("last-event-id").map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
        let sent = |id: Option<String>| {
            id.map(|id| id.trim().chars().take(ECHO_CHARS).collect::<String>()).filter(|id| !id.is_empty())
        };
        match (sent(header).or_else(|| sent(query.last_event_id.clone())), query.window) {
            (Some(id), _) => Start::After(id),
            (None, Some(seconds)) => Start::Window(seconds),
            (None, None) => Start::Now,
        }
    }

    /// The place in the journal.
    pub(super) fn position(&self, hub: &Hub) -> Position {
        let extent = hub.extent();
        match self {
            Start::Now => Position { after: extent.head, reset: None },
            Start::Window(seconds) => {
                let since_ns = clock::unix_nanos().saturating_sub(seconds.saturating_mul(1_000_000_000));
                let after = hub.published_since(since_ns).unwrap_or_else(|error| {
                    warn!("the window is left out: {error}");
                    extent.head
                });
                Position { after, reset: None }
            }
            Start::After(id) => resume(id, extent, |id| hub.can_resume(id)),
        }
    }

    /// The id that was asked for.
    pub(super) fn requested(&self) -> Option<&str> {
        match self {
            Start::After(id) => Some(id),
            Start::Now | Start::Window(_) => None,
        }
    }

    /// How a stream from `position` began.
    pub(super) fn begin(&self, position: Option<&Position>) -> Begin {
        match (self, position) {
            (Start::After(_), Some(Position { reset: None, .. })) => Begin::Resumed,
            (Start::After(_), _) => Begin::Reset,
            (Start::Now | Start::Window(_), _) => Begin::Fresh,
        }
    }
}

/// Ids are digits only: no sign, nothing above 2^64.
fn resume(requested: &str, extent: Extent, retained: impl FnOnce(u64) -> bool) -> Position {
    let digits = requested.bytes().all(|byte| byte.is_ascii_digit());
    match requested.parse::<u64>() {
        Ok(id) if digits && id <= extent.head && id + 1 >= extent.first && retained(id) => {
            Position { after: id, reset: None }
        }
        _ => Position { after: extent.first.saturating_sub(1), reset: Some(reset(requested, extent)) },
    }
}

/// The data of `event: reset`.
pub(super) fn reset(requested: &str, extent: Extent) -> Value {
    json!({ "requested": requested, "first": extent.first, "head": extent.head })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_read(header: Option<&str>, id: Option<&str>, window: Option<u64>, expected: &Start) {
        let mut headers = HeaderMap::new();
        if let Some(id) = header {
            headers.insert("last-event-id", id.parse().unwrap());
        }
        let query = Query { last_event_id: id.map(str::to_owned), window, session: None };
        assert_eq!(Start::read(&headers, &query), *expected);
    }

    #[test]
    fn the_header_wins_over_the_query_and_an_id_over_a_window() {
        check_read(None, None, None, &Start::Now);
        check_read(None, None, Some(60), &Start::Window(60));
        check_read(None, Some("7"), Some(60), &Start::After("7".to_owned()));
        check_read(Some("9"), Some("7"), None, &Start::After("9".to_owned()));
        check_read(Some(""), None, Some(60), &Start::Window(60));
        check_read(Some(" "), Some("7"), None, &Start::After("7".to_owned()));
    }

    #[test]
    fn a_long_id_is_cut() {
        let long = "9".repeat(5_000);
        check_read(Some(&long), None, None, &Start::After("9".repeat(ECHO_CHARS)));
    }

    fn check_resume(requested: &str, after: u64, reset: Option<Value>) {
        let extent = Extent { first: 10, head: 20, session_first: 5 };
        assert_eq!(resume(requested, extent, |id| id != 17), Position { after, reset });
    }

    #[test]
    fn ids_that_are_retained_are_resumed_from() {
        check_resume("9", 9, None);
        check_resume("15", 15, None);
        check_resume("020", 20, None);
    }

    #[test]
    fn other_ids_are_a_reset_to_the_first() {
        let reset = |requested: &str| Some(json!({"requested": requested, "first": 10, "head": 20}));
        for id in [
            "8",
            "0",
            "17",
            "21",
            "18446744073709551615",
            "18446744073709551616",
            "abc",
            "-1",
            "+15",
            "15.0",
            "1 5",
        ] {
            check_resume(id, 9, reset(id));
        }
    }

    #[test]
    fn an_empty_journal_is_resumed_from_its_start_only() {
        let extent = Extent { first: 10, head: 9, session_first: 10 };
        assert_eq!(resume("9", extent, |_| true).reset, None);
        assert!(resume("10", extent, |_| true).reset.is_some());
    }
}
