//! `/status`: a session's current figures over the rolling window.
//!
//! Invariant: the members are always there; a figure without data is null, and before there is a session all counts
//! are zero and `session` is null. `rules` and `receivers` are about the feed,
//! whatever the session.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{App, Named};
use crate::{clock, metrics::Metrics};

/// The figures of the session that is named, or of the default one.
pub(super) async fn status(
    State(app): State<Arc<App>>,
    query: Result<Query<Named>, QueryRejection>,
) -> Response {
    let session = match super::session_of(&app, query).await {
        Ok(session) => session,
        Err(refused) => return *refused,
    };
    let now_ns = clock::unix_nanos();
    let mut status = match &session {
        Some(session) => session.metrics().status(now_ns),
        None => Metrics::new(app.window_seconds).status(now_ns),
    };
    if let Value::Object(members) = &mut status {
        members.insert("session".to_owned(), json!(session.as_ref().map(|session| session.name())));
        members.insert("rules".to_owned(), app.alerting.status());
        members.insert("receivers".to_owned(), app.alerting.receivers());
    }
    Json(status).into_response()
}
