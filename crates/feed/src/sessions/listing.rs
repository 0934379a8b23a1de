//! The list of all sessions, for `/sessions`.
//!
//! Invariants: newest write first, at most [`Listing::LIMIT`], what is beyond is counted. What is only known of an open
//! session is null for the others, with the reason.

use std::path::Path;

use aurora_domain::verdict::{Tone, Verdict};
use serde::Serialize;

use super::{Session, choice::Found};
use crate::{
    metrics::{Liveness, Overview},
    session::history,
};

/// A summary that was followed by so many quiet seconds ends a session.
const ENDED_AFTER_SECONDS: f64 = 60.0;

/// All sessions.
#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    /// The session that is shown where none is named.
    default: Option<String>,
    sessions: Vec<Entry>,
    /// Sessions that the list has no room for: those that were written to longest ago.
    not_listed: usize,
    /// Sessions that may be open beside the default one.
    open_limit: usize,
}

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// Open, and written to lately.
    Growing,
    /// Open, and not written to for fifteen minutes, or closed by its own summary.
    Ended,
    /// On disk only.
    NotOpened,
}

#[derive(Debug, Serialize)]
struct Entry {
    name: String,
    state: Stage,
    default: bool,
    /// Unix nanoseconds, of events.
    first_event_ns: Option<i64>,
    last_event_ns: Option<i64>,
    /// Unix nanoseconds, of files.
    last_write_ns: u64,
    /// Of all its files, as they lie on disk.
    bytes: Option<u64>,
    clients: usize,
    verdict: Option<Judgement>,
    /// Why there is none.
    verdict_missing: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Judgement {
    tone: &'static str,
    headline: String,
    sentence: String,
}

impl From<Verdict> for Judgement {
    fn from(verdict: Verdict) -> Self {
        let tone = match verdict.tone {
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Unknown => "unknown",
        };
        Self { tone, headline: verdict.headline, sentence: verdict.sentence }
    }
}

impl Listing {
    /// How many sessions are listed.
    pub(crate) const LIMIT: usize = 1000;

    /// Looks at the files of every session that is listed. `sessions` is in any order.
    pub(super) fn new(
        mut sessions: Vec<(Found, Option<std::sync::Arc<Session>>)>,
        default: Option<String>,
        open_limit: usize,
        now_ns: u64,
    ) -> Self {
        sessions.sort_by(|(left, _), (right, _)| {
            (right.written_ns, &right.name).cmp(&(left.written_ns, &left.name))
        });
        let not_listed = sessions.len().saturating_sub(Self::LIMIT);
        sessions.truncate(Self::LIMIT);
        let entry = |(found, session): (Found, Option<std::sync::Arc<Session>>)| {
            let is_default = default.as_ref() == Some(&found.name);
            Entry::new(found, session.as_deref(), is_default, now_ns)
        };
        Self { sessions: sessions.into_iter().map(entry).collect(), default, not_listed, open_limit }
    }
}

impl Entry {
    fn new(found: Found, session: Option<&Session>, default: bool, now_ns: u64) -> Self {
        let bytes = bytes(&found.dir);
        let grows = found.grows(now_ns);
        let Found { name, written_ns: last_write_ns, .. } = found;
        let Some(session) = session else {
            let missing = if grows {
                "grows and is not opened: too many are open, or the log says why it cannot be"
            } else {
                "not opened"
            };
            return Self {
                name,
                state: Stage::NotOpened,
                default,
                first_event_ns: None,
                last_event_ns: None,
                last_write_ns,
                bytes,
                clients: 0,
                verdict: None,
                verdict_missing: Some(missing),
            };
        };
        let live = Liveness {
            reading_history: session.status().is_reading_history(),
            growing: grows,
            age_seconds: session.status().last_event_age_seconds(now_ns),
        };
        let overview = session.metrics().overview(now_ns, live);
        Self {
            name,
            state: stage(live, &overview),
            default,
            first_event_ns: overview.first_event_ns,
            last_event_ns: overview.last_event_ns,
            last_write_ns,
            bytes,
            clients: session.hub().clients(),
            verdict: Some(overview.verdict.into()),
            verdict_missing: None,
        }
    }
}

fn stage(live: Liveness, overview: &Overview) -> Stage {
    let closed = overview.summarised && live.age_seconds.is_some_and(|age| age >= ENDED_AFTER_SECONDS);
    if live.growing && !closed { Stage::Growing } else { Stage::Ended }
}

/// The size of all files of a session; `None` where its directory cannot be listed.
fn bytes(dir: &Path) -> Option<u64> {
    let parts = history(dir).ok()?;
    Some(parts.iter().filter_map(|part| std::fs::metadata(&part.path).ok()).map(|file| file.len()).sum())
}
