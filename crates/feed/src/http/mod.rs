//! The feed over HTTP: routes, and who may use them.
//!
//! Invariant: everything but `/healthz` and the static files needs the token where one is set, and nothing
//! but CORS preflights is answered before the limits were looked at.

mod cors;
mod files;
mod guard;
mod health;
mod heartbeat;
mod host;
mod prometheus;
mod rules;
mod sessions;
mod snapshot;
mod sse;
mod start;
mod status;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::json;

pub use cors::{AllowedOrigin, NotAnOrigin};
pub(crate) use guard::Guard;

use crate::{
    alerting::Alerting,
    config::Config,
    figures::Feed,
    lograte::SharedLogRate,
    sessions::{Session, SessionError},
};

/// What handlers share.
pub(crate) struct App {
    pub(crate) feed: Arc<Feed>,
    pub(crate) alerting: Arc<Alerting>,
    pub(crate) window_seconds: u64,
    pub(crate) heartbeat_interval: Duration,
    pub(crate) has_token: bool,
    pub(crate) logs: Logs,
}

/// Keeps what clients cause in the log readable.
#[derive(Default)]
pub(crate) struct Logs {
    reconnects: SharedLogRate,
    slow: SharedLogRate,
    refusals: SharedLogRate,
}

/// All routes.
pub(crate) fn router(config: &Config, guard: Guard, app: App) -> Router {
    let (app, guard) = (Arc::new(app), Arc::new(guard));
    let guarded = Router::new()
        .route("/sse", get(sse::stream))
        .route("/health", get(health::health))
        .route("/status", get(status::status))
        .route("/metrics", get(prometheus::metrics))
        .route("/rules", get(rules::rules))
        .route("/alerts", get(rules::alerts))
        .route("/api/v1/rules", get(rules::rules))
        .route("/api/v1/alerts", get(rules::alerts))
        .route("/sessions", get(sessions::list))
        .route("/snapshot", get(snapshot::snapshot))
        .layer(middleware::from_fn_with_state(Arc::clone(&guard), guard::require_token))
        .with_state(Arc::clone(&app));
    let routes = Router::new()
        .route("/healthz", get(health::healthz))
        .merge(guarded)
        .fallback_service(files::router(config.static_dir.as_deref()))
        .layer(middleware::from_fn_with_state(guard, guard::admit))
        .layer(middleware::from_fn_with_state(app, count_refusals));
    match cors::layer(&config.trust.allowed_origins) {
        Some(cors) => routes.layer(cors),
        None => routes,
    }
}

async fn count_refusals(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    app.feed.totals.answered(response.status().as_u16());
    response
}

/// The query that every path about a session takes.
#[derive(Debug, Default, Deserialize)]
struct Named {
    session: Option<String>,
}

/// The session that a request names; `None` where it names none and there is none yet.
async fn session_of(
    app: &App,
    query: Result<Query<Named>, QueryRejection>,
) -> Result<Option<Arc<Session>>, Box<Response>> {
    let Query(named) = query
        .map_err(|rejection| Box::new(error(StatusCode::BAD_REQUEST, "bad_query", &rejection.body_text())))?;
    find(app, named.session).await
}

/// A session that is named may have to be opened, which is done away from the threads that serve streams.
async fn find(app: &App, name: Option<String>) -> Result<Option<Arc<Session>>, Box<Response>> {
    let found = match name {
        None => app.feed.sessions.find(None),
        Some(name) => {
            let sessions = Arc::clone(&app.feed.sessions);
            let finding = tokio::task::spawn_blocking(move || sessions.find(Some(&name)));
            let Ok(found) = finding.await else {
                let message = "the session could not be looked up; the feed's log says why";
                return Err(Box::new(error(StatusCode::INTERNAL_SERVER_ERROR, "session_failed", message)));
            };
            found
        }
    };
    match found {
        Ok(session) => Ok(Some(session)),
        Err(SessionError::None { .. }) => Ok(None),
        Err(refusal) => {
            if let Some(held_back) = app.logs.refusals.pass() {
                tracing::warn!(held_back, "request refused: {refusal}");
            }
            Err(Box::new(refused(&refusal)))
        }
    }
}

/// When a client that was refused for want of room may try again, in seconds.
const TRY_AGAIN: HeaderValue = HeaderValue::from_static("60");

fn refused(refusal: &SessionError) -> Response {
    let (status, word) = match refusal {
        SessionError::None { .. } | SessionError::Unknown { .. } => {
            (StatusCode::NOT_FOUND, "unknown_session")
        }
        SessionError::BadName => (StatusCode::BAD_REQUEST, "bad_session_name"),
        SessionError::TooMany { .. } => (StatusCode::SERVICE_UNAVAILABLE, "too_many_sessions"),
        SessionError::Failed { .. } => (StatusCode::SERVICE_UNAVAILABLE, "session_not_opened"),
    };
    let mut response = error(status, word, &refusal.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, TRY_AGAIN);
    }
    response
}

/// An error as JSON: a word for programs and a sentence for people.
fn error(status: StatusCode, word: &str, message: &str) -> Response {
    (status, Json(json!({ "error": word, "message": message }))).into_response()
}
