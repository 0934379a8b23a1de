//! Where a stream begins, from what the client asked for.
//!
//! Invariant: an id that cannot be resumed from is answered with a reset that names what was asked, never
//! by silently starting elsewhere.

use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{clock, hub::Hub, journal::Extent};

/// The query of `/sse`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Query {
    /// For native `EventSource`, whose first request can set no header.
    last_event_id: Option<String>,
    /// Begin with what was published in the last so many seconds.
    window: Option<u64>,
}

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Only what comes.
    Now,
    /// What was published in the last so many seconds, then what comes.
    Window(u64),
    /// Everything after an id, as the client wrote it.
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
    pub(super) fn read(headers: &HeaderMap, query: Query) -> Self {
        let header = headers.get("last-event-id").map(|id| String::from_utf8_lossy(id.as_bytes()));
        let id = header.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        match (id.or(query.last_event_id.filter(|id| !id.is_empty())), query.window) {
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
                Position { after: hub.published_since(since_ns), reset: None }
            }
            Start::After(id) => resume(id, extent),
        }
    }
}

fn resume(requested: &str, extent: Extent) -> Position {
    match requested.parse::<u64>() {
        Ok(id) if id <= extent.head && id + 1 >= extent.first => Position { after: id, reset: None },
        _ => Position { after: extent.first - 1, reset: Some(reset(requested, extent)) },
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
        let query = Query { last_event_id: id.map(str::to_owned), window };
        assert_eq!(Start::read(&headers, query), *expected);
    }

    #[test]
    fn the_header_wins_over_the_query_and_an_id_over_a_window() {
        check_read(None, None, None, &Start::Now);
        check_read(None, None, Some(60), &Start::Window(60));
        check_read(None, Some("7"), Some(60), &Start::After("7".to_owned()));
        check_read(Some("9"), Some("7"), None, &Start::After("9".to_owned()));
        check_read(Some(""), None, Some(60), &Start::Window(60));
    }

    fn check_resume(requested: &str, after: u64, reset: Option<Value>) {
        let extent = Extent { first: 10, head: 20, session_first: 5 };
        assert_eq!(resume(requested, extent), Position { after, reset });
    }

    #[test]
    fn ids_that_are_retained_are_resumed_from() {
        check_resume("9", 9, None);
        check_resume("15", 15, None);
        check_resume("20", 20, None);
    }

    #[test]
    fn other_ids_are_a_reset_to_the_first() {
        let reset = |requested: &str| Some(json!({"requested": requested, "first": 10, "head": 20}));
        check_resume("8", 9, reset("8"));
        check_resume("21", 9, reset("21"));
        check_resume("18446744073709551615", 9, reset("18446744073709551615"));
        check_resume("abc", 9, reset("abc"));
        check_resume("-1", 9, reset("-1"));
    }
}
