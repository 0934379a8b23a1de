//! `/sessions`: all sessions, with their state and verdict.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use super::App;

/// Lists them. Their sizes are read from disk meanwhile, away from the threads that serve streams.
pub(super) async fn list(State(app): State<Arc<App>>) -> Response {
    let sessions = Arc::clone(&app.feed.sessions);
    let listing = tokio::task::spawn_blocking(move || sessions.list()).await;
    listing.map_or_else(|_panicked| failed(), |listing| Json(listing).into_response())
}

fn failed() -> Response {
    let message = "the list of sessions could not be made; the feed's log says why";
    super::error(StatusCode::INTERNAL_SERVER_ERROR, "list_failed", message)
}
