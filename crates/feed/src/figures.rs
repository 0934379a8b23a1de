//! The feed's own figures and those of a session under the names of `/metrics`: the text takes them from here, and so do
//! rules.
//!
//! Invariants: names, types and units are those of docs/metrics.md and do not change; figures of the feed are of the
//! whole process, all others of one session; what is read from the system is read first, and given then.

use std::{path::PathBuf, sync::Arc};

use crate::{
    exposition::{Column, Kind, Sink},
    net::{self, Gate},
    publisher::{JOURNAL, JOURNAL_FILE},
    sessions::{Registry, Session},
    status::{Condition, Status},
    system::{self, Cpu, Disk, Memory, System, disk},
    totals::{Begin, End, Totals},
};

/// What the feed's figures are read from.
pub(crate) struct Feed {
    pub(crate) sessions: Arc<Registry>,
    pub(crate) totals: Arc<Totals>,
    pub(crate) system: Arc<System>,
    pub(crate) gate: Arc<Gate>,
    /// Directories whose disks are watched, by what they hold.
    pub(crate) disks: Vec<(&'static str, PathBuf)>,
}

/// What the machine has left, as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) memory: Memory,
    pub(crate) cpu: Cpu,
    pub(crate) disks: Vec<(&'static str, Disk)>,
}

impl Feed {
    /// Gives the figures of `session` at `now_ns`, Unix nanoseconds, and the feed's own, with the machine as it was read.
    pub(crate) fn expose(
        &self,
        machine_now: &Machine,
        session: Option<&Session>,
        now_ns: u64,
        out: &mut impl Sink,
    ) {
        process(&self.totals, out);
        sessions(&self.sessions, out);
        streams(&self.totals, out);
        connections(self.gate.figures(), out);
        machine(machine_now, out);
        condition(self.sessions.condition(session).0, out);
        if let Some(session) = session {
            of_session(session, now_ns, out);
        }
    }

    /// Reads what the machine has left. A disk that does not answer holds this up.
    pub(crate) fn machine(&self) -> Machine {
        let disks = self.disks.iter().filter_map(|(name, dir)| Some((*name, disk(dir)?)));
        Machine { memory: system::memory(), cpu: self.system.cpu(), disks: disks.collect() }
    }
}

/// How long the process runs, and what it has read.
pub(crate) fn process(totals: &Totals, out: &mut impl Sink) {
    out.family("aurora_build_info", Kind::Gauge, "1, with the feed's version.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    out.gauge("aurora_uptime_seconds", "How long the feed has been running.", totals.uptime_seconds());
    let counts = totals.counts();
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
}

fn sessions(registry: &Registry, out: &mut impl Sink) {
    let sessions = registry.counts();
    out.gauge("aurora_sessions_found", "Sessions on disk.", sessions.found as f64);
    out.gauge("aurora_sessions_open", "Sessions that are open.", sessions.open as f64);
    out.gauge(
        "aurora_sessions_unfollowed",
        "Sessions that grow and are not open for want of room.",
        sessions.unfollowed as f64,
    );
}

/// Who reads, and how streams began and ended.
pub(crate) fn streams(totals: &Totals, out: &mut impl Sink) {
    out.gauge("aurora_sse_clients", "Streams that are open.", totals.streams() as f64);
    let mut family = out.family("aurora_sse_streams_total", Kind::Counter, "Streams by how they began.");
    for begin in Begin::ALL {
        family.sample(&[("start", begin.name())], totals.begun(begin) as f64);
    }
    let mut family = out.family("aurora_sse_disconnects_total", Kind::Counter, "Streams by why they ended.");
    for end in End::ALL {
        family.sample(&[("reason", end.name())], totals.ended(end) as f64);
    }
    let mut family =
        out.family("aurora_http_refused_total", Kind::Counter, "Requests that were refused, by HTTP status.");
    for (status, count) in totals.refused() {
        family.sample(&[("status", &status.to_string())], count as f64);
    }
}

fn connections(figures: net::Figures, out: &mut impl Sink) {
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

/// Memory, processor and disks.
pub(crate) fn machine(machine: &Machine, out: &mut impl Sink) {
    let Machine { memory, cpu, disks } = machine;
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
        for (dir, disk) in disks {
            family.sample_if(&[("dir", dir)], read(disk));
        }
    }
}

fn condition(now: Condition, out: &mut impl Sink) {
    let mut family =
        out.family("aurora_feed_condition", Kind::Gauge, "1 for the condition that the feed is in.");
    for (name, condition) in
        [("ok", Condition::Ok), ("waiting", Condition::Waiting), ("degraded", Condition::Degraded)]
    {
        family.sample(&[("condition", name)], f64::from(u8::from(condition == now)));
    }
}

fn of_session(session: &Session, now_ns: u64, out: &mut impl Sink) {
    out.family(
        "aurora_session_info",
        Kind::Gauge,
        "1, with the name of the session that these figures are of.",
    )
    .sample(&[("session", session.name())], 1.0);
    files(session.status(), now_ns, out);
    out.gauge("aurora_session_clients", "Streams of the session.", session.hub().clients() as f64);
    journal(session, out);
    session.metrics().expose(now_ns, out);
}

/// How a session's files are read.
pub(crate) fn files(status: &Status, now_ns: u64, out: &mut impl Sink) {
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
    out.gauge(
        "aurora_session_troubles",
        "Files and parts of the session that cannot be read or written.",
        status.troubles().len() as f64,
    );
}

fn journal(session: &Session, out: &mut impl Sink) {
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
