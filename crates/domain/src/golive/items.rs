//! The items of the checklists, word for word where that is possible, by section of their guide.

use super::{
    Finding, Standing,
    evidence::{self, Facts},
};
use crate::State;

/// A checklist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum List {
    /// p3d-go-live-guide.md.
    #[default]
    GoLive,
    /// testnet-deployment-runbook.md.
    Testnet,
    /// ga-deployment-plan.md, before a canary.
    Canary,
}

/// A part of a checklist.
#[derive(Debug)]
pub struct Section {
    /// What it is called.
    pub title: &'static str,
    /// Its items.
    pub items: &'static [Item],
}

/// One item.
#[derive(Debug)]
pub struct Item {
    /// Names it, once in all lists, for whatever keeps it.
    pub key: &'static str,
    /// What has to be so; of a stop condition, what must not be.
    pub text: &'static str,
    /// Whether it ends everything where it holds.
    pub is_stop: bool,
    judge: Option<fn(&State, &Facts) -> Finding>,
}

impl Item {
    /// What is known of it.
    pub fn judge(&self, state: &State, facts: &Facts) -> Finding {
        let nobody = || Finding { standing: Standing::Unknown, evidence: String::new() };
        self.judge.map_or_else(nobody, |judge| judge(state, facts))
    }

    /// Whether anything but a person can know it.
    pub const fn is_judged(&self) -> bool {
        self.judge.is_some()
    }

    const fn by_person(key: &'static str, text: &'static str) -> Self {
        Self { key, text, is_stop: false, judge: None }
    }

    const fn judged(key: &'static str, text: &'static str, judge: fn(&State, &Facts) -> Finding) -> Self {
        Self { key, text, is_stop: false, judge: Some(judge) }
    }

    const fn stop(key: &'static str, text: &'static str, judge: fn(&State, &Facts) -> Finding) -> Self {
        Self { key, text, is_stop: true, judge: Some(judge) }
    }
}

impl List {
    /// All of them with their names for people, their keys, and the guides that they are from.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 3] = [
        (Self::GoLive, "Go-live", "go-live", "p3d-go-live-guide.md"),
        (Self::Testnet, "Testnet", "testnet", "testnet-deployment-runbook.md"),
        (Self::Canary, "Canary", "canary", "ga-deployment-plan.md"),
    ];

    /// Its key.
    pub fn key(self) -> &'static str {
        Self::ALL.into_iter().find(|(list, ..)| *list == self).map_or("", |(_, _, key, _)| key)
    }

    /// The guide that it is from.
    pub fn guide(self) -> &'static str {
        Self::ALL.into_iter().find(|(list, ..)| *list == self).map_or("", |(.., guide)| guide)
    }

    /// Its sections, in order.
    pub const fn sections(self) -> &'static [Section] {
        match self {
            Self::GoLive => GO_LIVE,
            Self::Testnet => TESTNET,
            Self::Canary => CANARY,
        }
    }
}

const GO_LIVE: &[Section] = &[
    Section {
        title: "Live feed service",
        items: &[
            Item::by_person("feed-local", "The feed listens on localhost:8001"),
            Item::judged("feed-heartbeat", "Heartbeats come every 15 seconds", evidence::heartbeat),
            Item::by_person("feed-retry", "The stream begins with retry: 3000"),
            Item::by_person("feed-health", "/health has uptime, clients and what was read"),
            Item::by_person("feed-healthz", "/healthz answers {\"status\": \"ok\"}"),
            Item::judged("feed-ids", "Event ids grow by one", evidence::ids),
            Item::judged(
                "feed-counters",
                "Malformed and oversized lines are counted, and there are none",
                evidence::counters,
            ),
        ],
    },
    Section {
        title: "Runner",
        items: &[
            Item::by_person("runner-telemetry", "The runner starts with --telemetry"),
            Item::judged("runner-dir", "AURORA_SESSION_DIR leads to the session", evidence::session),
            Item::judged(
                "runner-summary",
                "The session ends with its summary (OBS.SUMMARY.GENERATED)",
                evidence::summary,
            ),
            Item::judged("runner-files", "Events and the three order logs are written", evidence::files),
        ],
    },
    Section {
        title: "Dashboard",
        items: &[
            Item::judged("page-stream", "The page is connected to the stream", evidence::connected),
            Item::by_person("page-banner", "A banner appears when the connection is lost"),
            Item::by_person(
                "page-resume",
                "The stream resumes with Last-Event-ID after the feed was restarted",
            ),
            Item::judged("page-live", "Figures move in real time", evidence::fresh),
            Item::by_person("page-console", "The browser's console has no errors"),
        ],
    },
    Section {
        title: "Log management",
        items: &[
            Item::by_person("log-rotation", "Rotation was tested by truncating and by renaming"),
            Item::by_person("log-detects", "The feed notices rotation and goes on at the right place"),
            Item::by_person("log-malformed", "A malformed line was written on purpose and counted"),
            Item::by_person("log-oversized", "A line over 1 MB was written on purpose, skipped and counted"),
            Item::by_person("log-corrupt", "Corrupted files end nothing"),
        ],
    },
    Section {
        title: "Security",
        items: &[
            Item::by_person("security-token", "The stream is refused without the token"),
            Item::judged("security-https", "The page comes over HTTPS", evidence::encrypted),
            Item::by_person("security-addresses", "Addresses are restricted where that is needed"),
            Item::by_person("security-secrets", "Nothing secret is in the stream"),
        ],
    },
];

const TESTNET: &[Section] = &[
    Section {
        title: "Stop conditions",
        items: &[
            Item::stop("stop-xai", "Fewer than 95 % of the intents are explained", evidence::stop_explained),
            Item::stop("stop-latency", "The 95th percentile of latency is above 2 s", evidence::stop_latency),
            Item::stop("stop-errors", "More than 5 % fail", evidence::stop_errors),
            Item::stop("stop-memory", "Memory use is above 90 %", evidence::stop_memory),
            Item::stop("stop-cpu", "Processor use is above 90 %", evidence::stop_cpu),
        ],
    },
    Section {
        title: "Before deployment",
        items: &[
            Item::by_person("testnet-ci", "Continuous integration passed all quality gates"),
            Item::by_person("testnet-coverage", "Coverage is above 90 % of lines and 85 % of branches"),
            Item::by_person("testnet-mutation", "The mutation score of critical modules is above 80 %"),
            Item::by_person("testnet-audit", "The audit trail of explanations was validated"),
            Item::by_person("testnet-scan", "The security scan found nothing high or critical"),
            Item::by_person("testnet-benchmarks", "Performance benchmarks are within their thresholds"),
            Item::by_person("testnet-integration", "All integration tests passed"),
        ],
    },
    Section {
        title: "Final validation",
        items: &[
            Item::by_person("testnet-api", "The API answers as it should"),
            Item::judged("testnet-xai", "More than 99 % of the intents are explained", evidence::explained),
            Item::judged(
                "testnet-traces",
                "Orders say which run and order they belong to",
                evidence::provenance,
            ),
            Item::judged(
                "testnet-latency",
                "The 95th percentile of latency is below 500 ms",
                evidence::latency,
            ),
            Item::judged("testnet-errors", "Fewer than 1 % fail", evidence::errors),
            Item::judged("testnet-rules", "Alert rules are in force", evidence::rules),
            Item::judged("testnet-logs", "Logs are being collected", evidence::fresh),
            Item::by_person("testnet-database", "Database connections are healthy"),
        ],
    },
];

const CANARY: &[Section] = &[Section {
    title: "Before the canary",
    items: &[
        Item::by_person("canary-soak", "The staging soak was green for 7 days"),
        Item::by_person("canary-objectives", "All objectives were met for 168 hours in a row"),
        Item::judged("canary-rules", "Alert rules are in force", evidence::rules),
        Item::by_person("canary-paging", "Alerts page somebody"),
        Item::by_person("canary-rollback", "Rolling back was tested"),
        Item::by_person("canary-on-call", "Who is on call is confirmed"),
    ],
}];
