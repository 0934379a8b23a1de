//! `/metrics`: the feed's own figures and those of a session, for Prometheus.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::header::CONTENT_TYPE,
    response::{IntoResponse as _, Response},
};

use super::{App, Named};
use crate::{
    clock,
    exposition::{self, Exposition},
};

/// The figures of the session that is named, or of the default one, and the feed's own.
pub(super) async fn metrics(
    State(app): State<Arc<App>>,
    query: Result<Query<Named>, QueryRejection>,
) -> Response {
    let session = match super::session_of(&app, query).await {
        Ok(session) => session,
        Err(refused) => return *refused,
    };
    let mut out = Exposition::default();
    app.feed.expose(&app.feed.machine(), session.as_deref(), clock::unix_nanos(), &mut out);
    app.alerting.expose(&mut out);
    ([(CONTENT_TYPE, exposition::CONTENT_TYPE)], out.finish()).into_response()
}
