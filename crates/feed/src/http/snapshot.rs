//! `/snapshot`: the state of a session's figures as of an id, to be loaded before streaming from that id.
//!
//! Invariants: the journal has every event up to that id, and those after it can be streamed; however many pages join
//! at once, the state is saved once a second.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{
        HeaderName, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG},
    },
    response::{IntoResponse as _, Response},
};

use super::{App, Named};

/// The id that the snapshot is as of.
pub(super) const AS_OF: HeaderName = HeaderName::from_static("x-aurora-as-of");

/// The state of the session that is named, or of the default one.
pub(super) async fn snapshot(
    State(app): State<Arc<App>>,
    query: Result<Query<Named>, QueryRejection>,
) -> Response {
    let session = match super::session_of(&app, query).await {
        Ok(Some(session)) => session,
        // There is no session yet, which is no mistake of who asks.
        Ok(None) => return StatusCode::NO_CONTENT.into_response(),
        Err(refused) => return *refused,
    };
    let Ok(snapshot) = tokio::task::spawn_blocking(move || session.snapshot()).await else {
        let message = "the snapshot could not be made; the feed's log says why";
        return super::error(StatusCode::INTERNAL_SERVER_ERROR, "snapshot_failed", message);
    };
    let as_of = snapshot.as_of.to_string();
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (ETAG, format!("\"{as_of}\"")),
        (AS_OF, as_of),
    ];
    (headers, snapshot.bytes).into_response()
}
