//! `/sse`: one client's stream.
//!
//! Invariants: first `retry`, then a heartbeat, then events; a heartbeat keeps coming however busy the
//! stream is, and at once when the feed's condition changes; a stream ends only with its reason in it, at shutdown,
//! or when the client goes. Event ids stand on events alone, so a heartbeat never moves a client's resume point. A
//! stream that names no session goes on to a newer one, announced and with a reset in between; one that names a
//! session stays with it and only gets the announcement.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::Body,
    extract::{Extension, State, rejection::QueryRejection},
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
    App, heartbeat,
    start::{self, Query, Start},
};
use crate::{
    auth::{Ended, Lease, Pass},
    hub::{Delivery, Subscription},
    sessions::Session,
    totals::End,
};

/// How long a client waits before it reconnects, in milliseconds.
const RETRY_MS: u32 = 3000;

/// The same where it has to reconnect only because one request may replay no more.
const RETRY_AT_ONCE_MS: u32 = 100;

/// Opens a stream.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    Extension(pass): Extension<Pass>,
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
    // Before the session is looked up, so that a change in between is not missed.
    let newest = app.feed.sessions.newest();
    let session = match super::find(&app, query.session.clone()).await {
        Ok(session) => session,
        Err(refused) => return *refused,
    };
    let start = Start::read(&headers, &query);
    let client = Client::new(app, session, newest, &start, query.session.is_some(), pass.lease());
    let headers = [
        (CONTENT_TYPE.as_str(), "text/event-stream"),
        (CACHE_CONTROL.as_str(), "no-cache, no-store"),
        ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"),
    ];
    (headers, Body::from_stream(stream::unfold(client, next))).into_response()
}

/// A stream and where it stands. It counts as open while it lives.
struct Client {
    app: Arc<App>,
    /// What it is reading; `None` until there is a session.
    reading: Option<Reading>,
    /// Stays with its session.
    pinned: bool,
    /// The id that it asked for, until it has been answered.
    requested: Option<String>,
    lease: Lease,
    newest: watch::Receiver<Option<Arc<Session>>>,
    /// The session that was announced last.
    announced: Option<String>,
    news: watch::Receiver<()>,
    closing: watch::Receiver<bool>,
    beats: Interval,
    opening: Option<Bytes>,
    end: Option<End>,
}

/// A place in a session.
struct Reading {
    session: Arc<Session>,
    subscription: Subscription,
    news: watch::Receiver<()>,
}

impl Reading {
    fn new(session: Arc<Session>, after: u64) -> Self {
        Self { subscription: session.hub().subscribe(after), news: session.status().news(), session }
    }
}

impl Client {
    fn new(
        app: Arc<App>,
        session: Option<Arc<Session>>,
        newest: watch::Receiver<Option<Arc<Session>>>,
        start: &Start,
        pinned: bool,
        lease: Lease,
    ) -> Self {
        let position = session.as_ref().map(|session| start.position(session.hub()));
        let begin = start.begin(position.as_ref());
        log_start(&app, session.as_deref(), start, position.as_ref());
        let reset = position.as_ref().and_then(|position| position.reset.as_ref()).map(reset_frame);
        let after = position.map_or(0, |position| position.after);
        // Not marked as seen: a change since the session was looked up is still to be met.
        let newest_name = newest.borrow().as_ref().map(|session| session.name().to_owned());
        let own_name = session.as_ref().map(|session| session.name().to_owned());
        let announced = if pinned { newest_name } else { own_name };
        app.feed.totals.stream_begun(begin);
        let mut beats = interval_at(Instant::now() + app.heartbeat_interval, app.heartbeat_interval);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let requested = if session.is_some() { None } else { start.requested().map(str::to_owned) };
        let reading = session.map(|session| Reading::new(session, after));
        let (news, closing) = (app.feed.sessions.news(), app.feed.sessions.closing());
        let mut client = Self {
            app,
            reading,
            pinned,
            requested,
            lease,
            newest,
            announced,
            news,
            closing,
            beats,
            opening: None,
            end: None,
        };
        let opening = format!("retry: {RETRY_MS}\n\n{}{}", client.heartbeat(), reset.unwrap_or_default());
        client.opening = Some(opening.into());
        client
    }

    fn session(&self) -> Option<&Session> {
        self.reading.as_ref().map(|reading| &*reading.session)
    }

    /// Another session is the newest. Says so, and goes on to it where the client named none.
    fn meet_newest(&mut self) -> Option<Bytes> {
        let newest = self.newest.borrow_and_update().clone()?;
        let previous = self.announced.replace(newest.name().to_owned());
        if previous.as_deref() == Some(newest.name()) && self.reading.is_some() {
            return None;
        }
        let announcement = json!({ "session": newest.name(), "previous": previous });
        let announcement = format!("event: session\ndata: {announcement}\n\n");
        if self.pinned {
            return Some(announcement.into());
        }
        let extent = newest.hub().extent();
        let left = self.reading.as_ref().map(|reading| reading.subscription.cursor().to_string());
        let stood_at = left.or_else(|| self.requested.take());
        self.reading = Some(Reading::new(newest, extent.first.saturating_sub(1)));
        let reset = stood_at.map(|id| reset_frame(&start::reset(&id, extent))).unwrap_or_default();
        Some(format!("{announcement}{}{reset}", self.heartbeat()).into())
    }

    /// The last words where the stream may not go on.
    fn expire(&mut self, why: Ended) -> Bytes {
        self.end = Some(match why {
            Ended::Revoked => End::Revoked,
            Ended::Age => End::Age,
        });
        if let Some(held_back) = self.app.logs.slow.pass() {
            info!(held_back, "stream ended: {why}");
        }
        format!(": disconnected: {why}\n\n").into()
    }

    /// The last words; none where the feed itself goes.
    fn farewell(&mut self, end: End) -> Option<Bytes> {
        self.end = Some(end);
        let reading = self.reading.as_ref()?;
        let after = reading.subscription.cursor();
        let name = reading.session.name();
        let (why, retry) = match end {
            End::Client | End::Shutdown | End::Revoked | End::Age => return None,
            End::HistoryGone => {
                let first = reading.session.hub().extent().first;
                let why =
                    format!("too slow; events after {after} are no longer retained (the first is {first})");
                (why, None)
            }
            End::Lagging => (format!("too slow; behind for too long, resume after {after}"), None),
            End::Unreadable => ("the journal cannot be read; the feed's log says why".to_owned(), None),
            End::SessionClosed => (format!("the session {name} was closed, resume after {after}"), None),
            End::ReplayLimit => {
                (format!("one request replays no more, resume after {after}"), Some(RETRY_AT_ONCE_MS))
            }
        };
        if let Some(held_back) = self.app.logs.slow.pass() {
            if matches!(end, End::HistoryGone | End::Lagging) {
                warn!(session = name, held_back, "client disconnected: {why}");
            } else {
                info!(session = name, held_back, "client disconnected: {why}");
            }
        }
        let retry = retry.map(|ms| format!("retry: {ms}\n\n")).unwrap_or_default();
        Some(format!("{retry}: disconnected: {why}\n\n").into())
    }

    fn heartbeat(&self) -> String {
        heartbeat::frame(&self.app, self.session())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.app.feed.totals.stream_ended(self.end.unwrap_or(End::Client));
    }
}

/// What happened to a stream.
enum Turn {
    Closing,
    Expired(Ended),
    Beat,
    Newest,
    Delivered(Delivery),
}

async fn next(mut client: Client) -> Option<(Result<Bytes, Infallible>, Client)> {
    if client.end.is_some() {
        return None;
    }
    if let Some(opening) = client.opening.take() {
        return Some((Ok(opening), client));
    }
    loop {
        let bytes = match turn(&mut client).await {
            Turn::Closing => client.farewell(End::Shutdown),
            Turn::Expired(why) => Some(client.expire(why)),
            Turn::Beat => Some(client.heartbeat().into()),
            Turn::Newest => match client.meet_newest() {
                Some(bytes) => Some(bytes),
                None => continue,
            },
            Turn::Delivered(Delivery::Frames(bytes)) => Some(bytes),
            Turn::Delivered(Delivery::End(end)) => client.farewell(end),
        };
        return Some((Ok(bytes?), client));
    }
}

async fn turn(client: &mut Client) -> Turn {
    let Client { reading, lease, newest, news, closing, beats, .. } = client;
    let session_news = async {
        match reading {
            Some(Reading { news, subscription, .. }) => tokio::select! {
                biased;
                Ok(()) = news.changed() => Turn::Beat,
                delivery = subscription.next() => Turn::Delivered(delivery),
            },
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        _ = closing.wait_for(|closing| *closing) => Turn::Closing,
        why = lease.ended() => Turn::Expired(why),
        _ = beats.tick() => Turn::Beat,
        Ok(()) = newest.changed() => Turn::Newest,
        Ok(()) = news.changed() => Turn::Beat,
        turn = session_news => turn,
    }
}

fn log_start(app: &App, session: Option<&Session>, start: &Start, position: Option<&start::Position>) {
    let session = session.map(Session::name);
    let Start::After(id) = start else {
        return debug!(session, ?start, "stream opened");
    };
    let Some(held_back) = app.logs.reconnects.pass() else { return };
    match position.and_then(|position| position.reset.as_ref()) {
        Some(reset) => info!(session, %reset, held_back, "reconnect: not resumable, reset"),
        None if position.is_some() => info!(session, after = id, held_back, "reconnect: resumed"),
        None => info!(after = id, held_back, "reconnect: there is no session yet"),
    }
}

/// Tells the client that history which it stood on is gone.
fn reset_frame(reset: &Value) -> String {
    format!("event: reset\ndata: {reset}\n\n")
}
