//! `/healthz` and `/health`.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::{Value, json};

use super::App;
use crate::{clock, status::Condition};

/// For load balancers: the process answers.
pub(super) async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// The feed's condition, counters and current metrics.
#[derive(Serialize)]
pub(super) struct Health {
    status: Condition,
    message: Option<String>,
    session_dir: String,
    uptime_seconds: f64,
    sse_clients: usize,
    client_count: usize,
    last_event_age_seconds: Option<f64>,
    tailer_stats: TailerStats,
    current_metrics: Value,
}

#[derive(Serialize)]
struct TailerStats {
    files_monitored: usize,
    total_lines_processed: u64,
    malformed_lines: u64,
    oversized_lines: u64,
    file_positions: BTreeMap<String, u64>,
}

/// For operators.
pub(super) async fn health(State(app): State<Arc<App>>) -> Json<Health> {
    let now_ns = clock::unix_nanos();
    let (status, message) = app.status.condition();
    let counts = app.status.counts();
    let file_positions = app.status.positions();
    Json(Health {
        status,
        message,
        session_dir: app.status.session_dir().display().to_string(),
        uptime_seconds: app.status.uptime_seconds(),
        sse_clients: app.hub.clients(),
        client_count: app.hub.clients(),
        last_event_age_seconds: app.status.last_event_age_seconds(now_ns),
        tailer_stats: TailerStats {
            files_monitored: file_positions.len(),
            total_lines_processed: counts.lines,
            malformed_lines: counts.malformed,
            oversized_lines: counts.oversized,
            file_positions,
        },
        current_metrics: app.metrics.current(now_ns),
    })
}
