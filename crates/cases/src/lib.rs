//! Courses of sessions made for tests: what happens second by second, and which of the shipped rules fire then.
//!
//! Whoever judges rules goes through each course: at each second it takes in the lines, knows what the feed knows of
//! itself, and judges; then exactly the alerts of [`Course::alerts`] must have fired and ended, at these seconds, and the
//! Watchdog. Invariants: the seconds follow from the rules' documents and from a rolling window of [`WINDOW_SECONDS`], and
//! were not read off a run; a line is of the second at which it is taken in; nothing here judges.

mod lines;

pub use lines::{BEGIN, LINE_FREE_SECONDS};

use aurora_domain::Source;

/// The rolling window that the seconds are for.
pub const WINDOW_SECONDS: u32 = 300;

/// A course of a session.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    /// What happens.
    pub name: &'static str,
    /// The last second.
    pub until: u32,
    /// The lines of a second.
    pub lines: fn(u32) -> Vec<Line>,
    /// What the feed knows of itself in a second.
    pub feed: fn(u32) -> Feed,
    /// What fires, from when on, and when it ends, by all shipped rules but the Watchdog.
    pub alerts: &'static [(&'static str, u32, u32)],
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The log.
    pub source: Source,
    /// The line.
    pub text: String,
}

/// What the feed knows of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feed {
    /// Streams that are open; `None` where the feed's figures cannot be had.
    pub clients: Option<u64>,
    /// Lines so far that were no JSON.
    pub malformed: u64,
    /// Lines so far that were too long.
    pub oversized: u64,
    /// Share of the memory in use.
    pub memory_used: f64,
    /// Share of the processor in use.
    pub cpu_used: f64,
    /// Share of the disk that is free.
    pub disk_free: f64,
}

impl Feed {
    /// Nothing is wrong.
    pub const WELL: Self = Self {
        clients: Some(1),
        malformed: 0,
        oversized: 0,
        memory_used: 0.5,
        cpu_used: 0.3,
        disk_free: 0.5,
    };
}

fn well(_: u32) -> Feed {
    Feed::WELL
}

/// All courses. Every shipped alert but the Watchdog is in one of them.
pub const COURSES: [Course; 17] = [
    Course {
        name: "orders are denied",
        until: 1_010,
        lines: lines::denials,
        feed: well,
        alerts: &[("DenyRateHigh", 610, 1_000), ("GuardDenyRateHigh", 610, 1_000)],
    },
    Course {
        name: "the strategy sees no edge, which is no guard's denial",
        until: 1_010,
        lines: lines::skips,
        feed: well,
        alerts: &[("DenyRateHigh", 610, 1_000)],
    },
    Course {
        name: "decisions take long",
        until: 560,
        lines: lines::decisions,
        feed: well,
        alerts: &[("DecisionLatencyHigh", 190, 550)],
    },
    Course {
        name: "the circuit breaker opens and closes",
        until: 70,
        lines: lines::breaker,
        feed: well,
        alerts: &[("CircuitBreakerOpen", 40, 60)],
    },
    Course {
        name: "lines cannot be read",
        until: 460,
        lines: lines::alive,
        feed: |second| Feed {
            malformed: u64::from(second >= 100),
            oversized: u64::from(second >= 150),
            ..Feed::WELL
        },
        alerts: &[("MalformedLines", 100, 400), ("OversizedLines", 150, 450)],
    },
    Course {
        name: "nobody watches",
        until: 410,
        lines: lines::alive,
        feed: |second| Feed { clients: Some(u64::from(!(10..400).contains(&second))), ..Feed::WELL },
        alerts: &[("NoDashboardClients", 310, 400)],
    },
    Course {
        name: "the feed cannot be heard",
        until: 110,
        lines: lines::alive,
        feed: |second| Feed { clients: (!(10..100).contains(&second)).then_some(1), ..Feed::WELL },
        alerts: &[("StreamUnavailable", 70, 100)],
    },
    Course {
        name: "the log falls silent",
        until: 210,
        lines: lines::silence,
        feed: well,
        alerts: &[("LogSilent", 161, 200)],
    },
    Course {
        name: "memory and processor run short",
        until: 80,
        lines: lines::alive,
        feed: |second| match second {
            10..50 => Feed { memory_used: 0.85, cpu_used: 0.75, ..Feed::WELL },
            50..70 => Feed { memory_used: 0.95, cpu_used: 0.95, ..Feed::WELL },
            _ => Feed::WELL,
        },
        alerts: &[
            ("MemoryHigh", 10, 70),
            ("TestnetCpuAboveTarget", 10, 70),
            ("TestnetMemoryAboveTarget", 10, 70),
            ("TestnetStopCpu", 50, 70),
            ("TestnetStopMemory", 50, 70),
        ],
    },
    Course {
        name: "the disk fills",
        until: 60,
        lines: lines::alive,
        feed: |second| Feed { disk_free: if (10..50).contains(&second) { 0.05 } else { 0.5 }, ..Feed::WELL },
        alerts: &[("DiskLow", 10, 50)],
    },
    Course {
        name: "orders are no longer filled",
        until: 1_710,
        lines: lines::fills,
        feed: well,
        alerts: &[
            ("FillRateLow", 1_300, 1_700),
            ("GaFillRateYellow", 400, 1_700),
            ("RollbackFillRate", 1_300, 1_700),
            ("TestnetFillRateBelowTarget", 400, 1_700),
        ],
    },
    Course {
        name: "acknowledgements take long",
        until: 1_310,
        lines: lines::acks,
        feed: well,
        alerts: &[
            ("GaAckLatencyYellow", 10, 1_300),
            ("GaAckMedianHigh", 10, 1_300),
            ("RTTHigh", 910, 1_300),
            ("RollbackRTT", 910, 1_300),
        ],
    },
    Course {
        name: "orders do not say where they come from",
        until: 710,
        lines: lines::anonymous,
        feed: well,
        alerts: &[
            ("GaProvenanceYellow", 10, 700),
            ("ProvenanceLow", 310, 700),
            ("RollbackProvenance", 310, 700),
        ],
    },
    Course {
        name: "policy takes long, and nothing is known of queries",
        until: 710,
        lines: lines::policy,
        feed: well,
        alerts: &[
            ("GaPolicyYellow", 10, 700),
            ("PolicyDecisionSlow", 310, 700),
            ("RollbackPolicyLatency", 310, 700),
            ("ServiceLatencyHigh", 10, 700),
            ("TestnetLatencyAboveTarget", 10, 700),
            ("TestnetLatencyHigh", 310, 700),
            ("TestnetStopLatency", 10, 700),
        ],
    },
    Course {
        name: "queries are slow, fail and miss the cache",
        until: 710,
        lines: lines::queries,
        feed: well,
        alerts: &[
            ("ServiceCacheHitsLow", 10, 700),
            ("ServiceErrorRateCritical", 10, 700),
            ("ServiceErrorRateHigh", 10, 700),
            ("ServiceLatencyHigh", 10, 700),
            ("TestnetErrorRateAboveTarget", 10, 700),
            ("TestnetErrorRateHigh", 310, 700),
            ("TestnetLatencyAboveTarget", 10, 700),
            ("TestnetLatencyHigh", 310, 700),
            ("TestnetStopErrorRate", 10, 700),
            ("TestnetStopLatency", 10, 700),
        ],
    },
    Course {
        name: "orders are rejected, and nothing is known of queries",
        until: 710,
        lines: lines::rejects,
        feed: well,
        alerts: &[
            ("ServiceErrorRateCritical", 10, 700),
            ("ServiceErrorRateHigh", 10, 700),
            ("TestnetErrorRateAboveTarget", 10, 700),
            ("TestnetErrorRateHigh", 310, 700),
            ("TestnetStopErrorRate", 10, 700),
        ],
    },
    Course {
        name: "intents are not explained",
        until: 1_010,
        lines: lines::intents,
        feed: well,
        alerts: &[
            ("TestnetStopXaiCoverage", 21, 1_000),
            ("TestnetXaiCoverageBelowTarget", 21, 1_000),
            ("TestnetXaiMissing", 621, 1_000),
        ],
    },
];
