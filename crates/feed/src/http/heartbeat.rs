//! `event: heartbeat`: the feed's time, its head, and its own figures, for clients that have nothing but the stream.
//!
//! Invariant: a figure that is not known is null; whatever is costly to find out is found out once for all streams.

use serde_json::{Value, json};

use super::App;
use crate::{clock, sessions::Session, totals::Begin};

/// The comment and the event that show that the feed is alive, towards who streams `session`.
pub(super) fn frame(app: &App, session: Option<&Session>) -> String {
    format!(":ping\n\nevent: heartbeat\ndata: {}\n\n", data(app, session))
}

fn data(app: &App, session: Option<&Session>) -> Value {
    let (status, message) = app.feed.sessions.condition(session);
    let mut data = json!({
        "feed_time_ns": clock::unix_nanos(),
        "head": null,
        "first": null,
        "session_first": null,
        "session": session.map(Session::name),
        "lines": 0,
        "malformed": 0,
        "oversized": 0,
        "clients": app.feed.totals.streams(),
        "reconnects": app.feed.totals.begun(Begin::Resumed) + app.feed.totals.begun(Begin::Reset),
        "files": 0,
        "last_event_age_seconds": null,
        "lag_seconds": null,
        "status": status,
        "message": message,
        "machine": app.feed.system.glance(app.feed.disks.iter().map(|(_, dir)| dir.as_path())),
    });
    if let (Some(session), Value::Object(data)) = (session, &mut data)
        && let Value::Object(own) = of_session(session)
    {
        data.extend(own);
    }
    data
}

fn of_session(session: &Session) -> Value {
    let (now_ns, extent, status) = (clock::unix_nanos(), session.hub().extent(), session.status());
    let (counts, odd, gaps) = (status.counts(), session.metrics().odd(), status.gaps());
    json!({
        "head": extent.head,
        "first": extent.first,
        "session_first": extent.session_first,
        "lines": counts.lines,
        "malformed": counts.malformed,
        "oversized": counts.oversized,
        "rejected": odd.rejected,
        "skewed": odd.skewed,
        "unknown_codes": odd.unknown,
        "uncoded": odd.uncoded,
        "dropped": extent.first.saturating_sub(extent.session_first),
        "gaps": gaps.truncated + gaps.missed,
        "files": status.positions().len(),
        "last_event_age_seconds": status.last_event_age_seconds(now_ns),
        "lag_seconds": status.lag_seconds(),
    })
}
