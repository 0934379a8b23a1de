//! `/healthz` and `/health`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{App, Named};
use crate::{
    clock,
    hub::Hub,
    metrics::Metrics,
    net::Figures,
    sessions::Session,
    status::{Condition, Counts, Gaps, Status},
    system::{Cpu, Disk, Memory, disk, memory},
};

/// For load balancers: the process answers.
pub(super) async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// The feed's condition, counters and current metrics.
#[derive(Serialize)]
struct Health {
    status: Condition,
    message: Option<String>,
    version: &'static str,
    /// The session's directory, or what the operator named while there is none.
    session_dir: PathBuf,
    session: Option<String>,
    sessions_found: usize,
    sessions_open: usize,
    /// Sessions that grow and are not open for want of room.
    sessions_unfollowed: usize,
    uptime_seconds: f64,
    /// All streams, of every session.
    sse_clients: u64,
    client_count: u64,
    connections: Connections,
    token_required: bool,
    last_event_age_seconds: Option<f64>,
    publish_lag_seconds: Option<f64>,
    tailer_stats: TailerStats,
    /// What cannot be read or written, by file or part of the feed.
    troubles: BTreeMap<String, String>,
    journal: Option<JournalStats>,
    current_metrics: Value,
    memory: Memory,
    cpu: Cpu,
    disk: BTreeMap<&'static str, Option<Disk>>,
}

/// Connections of the process; all but `open` since it began.
#[derive(Serialize)]
struct Connections {
    open: usize,
    accepted: u64,
    refused: u64,
    dropped: u64,
    stalled: u64,
    accept_errors: u64,
}

impl From<Figures> for Connections {
    fn from(figures: Figures) -> Self {
        let Figures { open, accepted, refused, dropped, stalled, accept_errors } = figures;
        Self { open, accepted, refused, dropped, stalled, accept_errors }
    }
}

/// What was read of the session since it was opened.
#[derive(Serialize)]
struct TailerStats {
    files_monitored: usize,
    total_lines_processed: u64,
    malformed_lines: u64,
    oversized_lines: u64,
    gaps: Gaps,
    file_positions: BTreeMap<String, u64>,
}

/// The session's journal.
#[derive(Serialize)]
struct JournalStats {
    /// Ids of the oldest and of the newest event.
    first: u64,
    head: u64,
    events: u64,
    bytes: u64,
    file_bytes: Option<u64>,
    /// For want of a file.
    in_memory: bool,
    commits: u64,
    commit_seconds: f64,
}

impl JournalStats {
    fn new(hub: &Hub) -> Self {
        let (extent, figures) = (hub.extent(), hub.figures());
        Self {
            first: extent.first,
            head: extent.head,
            events: figures.events,
            bytes: figures.bytes,
            file_bytes: figures.file_bytes,
            in_memory: figures.in_memory,
            commits: figures.commits,
            commit_seconds: figures.commit_time.as_secs_f64(),
        }
    }
}

/// For operators.
pub(super) async fn health(
    State(app): State<Arc<App>>,
    query: Result<Query<Named>, QueryRejection>,
) -> Response {
    match super::session_of(&app, query).await {
        Ok(session) => Json(Health::new(&app, session.as_deref())).into_response(),
        Err(refused) => *refused,
    }
}

impl Health {
    fn new(app: &App, session: Option<&Session>) -> Self {
        let now_ns = clock::unix_nanos();
        let (status, message) = app.feed.sessions.condition(session);
        let sessions = app.feed.sessions.counts();
        let own = session.map(Session::status);
        let current_metrics = match session {
            Some(session) => session.metrics().current(now_ns),
            None => Metrics::new(app.window_seconds).current(now_ns),
        };
        Self {
            status,
            message,
            version: env!("CARGO_PKG_VERSION"),
            session_dir: session.map_or(app.feed.sessions.root(), Session::dir).to_path_buf(),
            session: session.map(|session| session.name().to_owned()),
            sessions_found: sessions.found,
            sessions_open: sessions.open,
            sessions_unfollowed: sessions.unfollowed,
            uptime_seconds: app.feed.totals.uptime_seconds(),
            sse_clients: app.feed.totals.streams(),
            client_count: app.feed.totals.streams(),
            connections: Connections::from(app.feed.gate.figures()),
            token_required: app.has_token,
            last_event_age_seconds: own.and_then(|own| own.last_event_age_seconds(now_ns)),
            publish_lag_seconds: own.and_then(Status::lag_seconds),
            tailer_stats: TailerStats::new(session),
            troubles: own.map(Status::troubles).unwrap_or_default(),
            journal: session.map(|session| JournalStats::new(session.hub())),
            current_metrics,
            memory: memory(),
            cpu: app.feed.system.cpu(),
            disk: app.feed.disks.iter().map(|(name, dir)| (*name, disk(Path::new(dir)))).collect(),
        }
    }
}

impl TailerStats {
    fn new(session: Option<&Session>) -> Self {
        let counts = session.map_or(Counts::default(), |session| session.status().counts());
        let file_positions = session.map(|session| session.status().positions()).unwrap_or_default();
        Self {
            files_monitored: file_positions.len(),
            total_lines_processed: counts.lines,
            malformed_lines: counts.malformed,
            oversized_lines: counts.oversized,
            gaps: session.map(|session| session.status().gaps()).unwrap_or_default(),
            file_positions,
        }
    }
}
