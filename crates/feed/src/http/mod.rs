//! The feed over HTTP: routes, and who may use them.
//!
//! Invariant: everything but `/healthz` and the static files needs the token where one is set.

mod files;
mod guard;
mod health;
mod sse;
mod start;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use crate::{config::Config, hub::Hub, metrics::Metrics, status::Status};

/// What handlers share.
pub(crate) struct App {
    pub(crate) hub: Arc<Hub>,
    pub(crate) status: Arc<Status>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) heartbeat_interval: Duration,
}

/// All routes.
pub(crate) fn router(config: &Config, hub: Arc<Hub>, status: Arc<Status>, metrics: Arc<Metrics>) -> Router {
    let app = App { hub, status, metrics, heartbeat_interval: config.heartbeat_interval };
    let guarded = Router::new()
        .route("/sse", get(sse::stream))
        .route("/health", get(health::health))
        .layer(middleware::from_fn_with_state(config.token.clone(), guard::require_token))
        .with_state(Arc::new(app));
    Router::new()
        .route("/healthz", get(health::healthz))
        .merge(guarded)
        .fallback_service(files::router(config.static_dir.as_deref()))
}

/// An error as JSON: a word for programs and a sentence for people.
fn error(status: StatusCode, word: &str, message: &str) -> Response {
    (status, Json(json!({ "error": word, "message": message }))).into_response()
}
