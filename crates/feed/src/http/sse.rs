//! `/sse`: one client's stream.
//!
//! Invariants: first `retry`, then a heartbeat, then events; a heartbeat keeps coming however busy the
//! stream is, and at once when the feed's condition changes; a stream ends only with its reason in it, at shutdown, or when the client goes. Event ids
//! stand on events alone, so a heartbeat never moves a client's resume point.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::Body,
    extract::{State, rejection::QueryRejection},
    http::{
        HeaderMap, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use tracing::{debug, info, warn};

use super::{
    App,
    start::{self, Query, Start},
};
use crate::{
    clock,
    hub::{Delivery, Subscription},
};

/// How long a client waits before it reconnects, in milliseconds.
const RETRY_MS: u32 = 3000;

/// Opens a stream.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<axum::extract::Query<Query>, QueryRejection>,
) -> Response {
    let query = match query {
        Ok(axum::extract::Query(query)) => query,
        Err(rejection) => {
            let message = format!("{}: window takes whole seconds", rejection.body_text());
            return super::error(StatusCode::BAD_REQUEST, "bad_query", &message);
        }
    };
    let start = Start::read(&headers, query);
    let position = start.position(&app.hub);
    match (&start, &position.reset) {
        (Start::After(_), Some(reset)) => info!(%reset, "reconnect: not resumable, reset"),
        (Start::After(id), None) => info!(after = id, "reconnect: resumed"),
        _ => debug!(after = position.after, "stream opened"),
    }
    let subscription = app.hub.subscribe(position.after);
    let mut opening = format!("retry: {RETRY_MS}\n\n{}", heartbeat(&app));
    if let Some(reset) = position.reset {
        opening.push_str(&reset_frame(&reset));
    }
    let mut beats = interval_at(Instant::now() + app.heartbeat_interval, app.heartbeat_interval);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let news = app.status.news();
    let client = Client { app, subscription, beats, news, opening: Some(opening.into()), ended: false };
    let headers = [
        (CONTENT_TYPE.as_str(), "text/event-stream"),
        (CACHE_CONTROL.as_str(), "no-cache, no-store"),
        ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"),
    ];
    (headers, Body::from_stream(stream::unfold(client, next))).into_response()
}

struct Client {
    app: Arc<App>,
    subscription: Subscription,
    beats: Interval,
    news: watch::Receiver<()>,
    opening: Option<Bytes>,
    ended: bool,
}

async fn next(mut client: Client) -> Option<(Result<Bytes, Infallible>, Client)> {
    if client.ended {
        return None;
    }
    if let Some(opening) = client.opening.take() {
        return Some((Ok(opening), client));
    }
    let bytes = tokio::select! {
        biased;
        _ = client.beats.tick() => heartbeat(&client.app).into(),
        Ok(()) = client.news.changed() => heartbeat(&client.app).into(),
        delivery = client.subscription.next() => match delivery {
            Delivery::Frames(bytes) => bytes,
            Delivery::Closed => return None,
            Delivery::Gone => client.farewell(),
            Delivery::NewSession { after, extent } => {
                let reset = start::reset(&after.to_string(), extent);
                format!("{}{}", heartbeat(&client.app), reset_frame(&reset)).into()
            }
        },
    };
    Some((Ok(bytes), client))
}

impl Client {
    /// The last words to a client that was too slow.
    fn farewell(&mut self) -> Bytes {
        self.ended = true;
        let after = self.subscription.cursor();
        let first = self.app.hub.extent().first;
        warn!(after, first, "client too slow: disconnected, it will reconnect and be reset");
        format!(
            ": disconnected: too slow; events after {after} are no longer retained (the first is {first})\n\n"
        )
        .into()
    }
}

/// Tells the client that history which it stood on is gone.
fn reset_frame(reset: &Value) -> String {
    format!("event: reset\ndata: {reset}\n\n")
}

/// The comment and the event that show that the feed is alive.
fn heartbeat(app: &App) -> String {
    let now_ns = clock::unix_nanos();
    let extent = app.hub.extent();
    let counts = app.status.counts();
    let (status, message) = app.status.condition();
    let data = json!({
        "feed_time_ns": now_ns,
        "head": extent.head,
        "first": extent.first,
        "session_first": extent.session_first,
        "session": app.status.session_name(),
        "lines": counts.lines,
        "malformed": counts.malformed,
        "oversized": counts.oversized,
        "clients": app.hub.clients(),
        "files": app.status.positions().len(),
        "last_event_age_seconds": app.status.last_event_age_seconds(now_ns),
        "status": status,
        "message": message,
    });
    format!(":ping\n\nevent: heartbeat\ndata: {data}\n\n")
}
