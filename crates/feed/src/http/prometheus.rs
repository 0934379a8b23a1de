//! `/metrics`: the feed's own figures and those of a session, for Prometheus.
//!
//! Invariants: names, types and units are those of docs/metrics.md and do not change; figures of the feed are of the
//! whole process, all others of one session.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::header::CONTENT_TYPE,
    response::{IntoResponse as _, Response},
};

use super::{App, Named};
use crate::{
    clock,
    exposition::{self, Column, Exposition, Kind, Sink as _},
    publisher::{JOURNAL, JOURNAL_FILE},
    sessions::Session,
    status::Condition,
    system::{self, Disk, disk},
    totals::{Begin, End},
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
    feed(&app, &mut out);
    streams(&app, &mut out);
    connections(&app, &mut out);
    machine(&app, &mut out);
    condition(&app, session.as_deref(), &mut out);
    if let Some(session) = session {
        of_session(&session, &mut out);
    }
    ([(CONTENT_TYPE, exposition::CONTENT_TYPE)], out.finish()).into_response()
}

fn feed(app: &App, out: &mut Exposition) {
    out.family("aurora_build_info", Kind::Gauge, "1, with the feed's version.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    out.gauge("aurora_uptime_seconds", "How long the feed has been running.", app.totals.uptime_seconds());
    let counts = app.totals.counts();
    out.counter("aurora_tailer_lines_total", "Lines published, of all sessions.", counts.lines);
    out.counter(
        "aurora_tailer_malformed_lines_total",
        "Lines that are no JSON object or not UTF-8, of all sessions.",
        counts.malformed,
    );
    out.counter(
        "aurora_tailer_oversized_lines_total",
        "Lines over 1 MiB, of all sessions.",
        counts.oversized,
    );
    let sessions = app.sessions.counts();
    out.gauge("aurora_sessions_found", "Sessions on disk.", sessions.found as f64);
    out.gauge("aurora_sessions_open", "Sessions that are open.", sessions.open as f64);
    out.gauge(
        "aurora_sessions_unfollowed",
        "Sessions that grow and are not open for want of room.",
        sessions.unfollowed as f64,
    );
}

fn streams(app: &App, out: &mut Exposition) {
    out.gauge("aurora_sse_clients", "Streams that are open.", app.totals.streams() as f64);
    let mut family = out.family("aurora_sse_streams_total", Kind::Counter, "Streams by how they began.");
    for begin in Begin::ALL {
        family.sample(&[("start", begin.name())], app.totals.begun(begin) as f64);
    }
    let mut family = out.family("aurora_sse_disconnects_total", Kind::Counter, "Streams by why they ended.");
    for end in End::ALL {
        family.sample(&[("reason", end.name())], app.totals.ended(end) as f64);
    }
    let mut family =
        out.family("aurora_http_refused_total", Kind::Counter, "Requests that were refused, by HTTP status.");
    for (status, count) in app.totals.refused() {
        family.sample(&[("status", &status.to_string())], count as f64);
    }
}

fn connections(app: &App, out: &mut Exposition) {
    let figures = app.gate.figures();
    out.gauge("aurora_http_connections", "Connections that are open, refused ones too.", figures.open as f64);
    let mut family =
        out.family("aurora_http_connections_total", Kind::Counter, "Connections by what became of them.");
    for (outcome, count) in [
        ("accepted", figures.accepted),
        ("refused", figures.refused),
        ("dropped", figures.dropped),
        ("stalled", figures.stalled),
    ] {
        family.sample(&[("outcome", outcome)], count as f64);
    }
    out.counter(
        "aurora_http_accept_errors_total",
        "Times that the system could not hand out a connection.",
        figures.accept_errors,
    );
}

fn machine(app: &App, out: &mut Exposition) {
    let (memory, cpu) = (system::memory(), app.system.cpu());
    let bytes = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64);
    out.gauge(
        "aurora_process_resident_memory_bytes",
        "Memory of the feed's process.",
        bytes(memory.process_rss_bytes),
    );
    out.gauge("aurora_memory_total_bytes", "Memory of the machine.", bytes(memory.total_bytes));
    out.gauge(
        "aurora_memory_available_bytes",
        "Memory of the machine that could be had without swapping.",
        bytes(memory.available_bytes),
    );
    out.gauge(
        "aurora_memory_used_ratio",
        "Share of the machine's memory that is in use, 0 to 1.",
        memory.used_percent.map(|percent| percent / 100.0),
    );
    out.single(
        "aurora_process_cpu_seconds_total",
        Kind::Counter,
        "Processor time that the feed has used.",
        cpu.process_seconds,
    );
    out.gauge(
        "aurora_cpu_used_ratio",
        "Share of the machine's processor time in use lately, 0 to 1.",
        cpu.used_percent.map(|percent| percent / 100.0),
    );
    let disks: Vec<(&str, Disk)> =
        app.disks.iter().filter_map(|(name, dir)| Some((*name, disk(dir)?))).collect();
    let families: [Column<Disk>; 3] = [
        ("aurora_disk_total_bytes", "Size of the file system.", |disk| Some(disk.total_bytes as f64)),
        ("aurora_disk_free_bytes", "What an ordinary user may still write there.", |disk| {
            Some(disk.free_bytes as f64)
        }),
        ("aurora_disk_free_ratio", "Share of it that is free, 0 to 1.", |disk| {
            disk.free_percent.map(|percent| percent / 100.0)
        }),
    ];
    for (name, help, read) in families {
        let mut family = out.family(name, Kind::Gauge, help);
        for (dir, disk) in &disks {
            family.sample_if(&[("dir", dir)], read(disk));
        }
    }
}

fn condition(app: &App, session: Option<&Session>, out: &mut Exposition) {
    let (now, _) = app.sessions.condition(session);
    let mut family =
        out.family("aurora_feed_condition", Kind::Gauge, "1 for the condition that the feed is in.");
    for (name, condition) in
        [("ok", Condition::Ok), ("waiting", Condition::Waiting), ("degraded", Condition::Degraded)]
    {
        family.sample(&[("condition", name)], f64::from(u8::from(condition == now)));
    }
}

fn of_session(session: &Session, out: &mut Exposition) {
    let (now_ns, status) = (clock::unix_nanos(), session.status());
    out.family(
        "aurora_session_info",
        Kind::Gauge,
        "1, with the name of the session that these figures are of.",
    )
    .sample(&[("session", session.name())], 1.0);
    out.gauge(
        "aurora_last_event_age_seconds",
        "Time since a log of the session was last written to.",
        status.last_event_age_seconds(now_ns),
    );
    out.gauge(
        "aurora_publish_lag_seconds",
        "Time from the last live write of a log to the publication of its lines.",
        status.lag_seconds(),
    );
    out.gauge(
        "aurora_tailer_files",
        "Files of the session that are followed.",
        status.positions().len() as f64,
    );
    let gaps = status.gaps();
    let mut family = out.family(
        "aurora_tailer_gaps_total",
        Kind::Counter,
        "Times that lines of a log may have been lost before they were read.",
    );
    for (cause, count) in [("truncated", gaps.truncated), ("missed", gaps.missed)] {
        family.sample(&[("cause", cause)], count as f64);
    }
    out.gauge("aurora_session_clients", "Streams of the session.", session.hub().clients() as f64);
    out.gauge(
        "aurora_session_troubles",
        "Files and parts of the session that cannot be read or written.",
        status.troubles().len() as f64,
    );
    journal(session, out);
    session.metrics().expose(now_ns, out);
}

fn journal(session: &Session, out: &mut Exposition) {
    let (extent, figures) = (session.hub().extent(), session.hub().figures());
    out.gauge("aurora_journal_events", "Events of the session that can be replayed.", figures.events as f64);
    out.counter(
        "aurora_journal_dropped_events_total",
        "Ids of the session that are no longer retained.",
        extent.first.saturating_sub(extent.session_first),
    );
    out.gauge(
        "aurora_journal_bytes",
        "Encoded bytes of the session that can be replayed.",
        figures.bytes as f64,
    );
    out.gauge(
        "aurora_journal_file_bytes",
        "Size of the journal's file.",
        figures.file_bytes.map(|bytes| bytes as f64),
    );
    let troubles = session.status().troubles();
    let is_well = [JOURNAL, JOURNAL_FILE].iter().all(|trouble| !troubles.contains_key(*trouble));
    out.gauge(
        "aurora_journal_writable",
        "1 where the journal's file can be written, else 0.",
        f64::from(u8::from(is_well)),
    );
    out.counter("aurora_journal_commits_total", "Transactions of the journal.", figures.commits);
    out.single(
        "aurora_journal_commit_seconds_total",
        Kind::Counter,
        "Time that they took.",
        figures.commit_time.as_secs_f64(),
    );
}
