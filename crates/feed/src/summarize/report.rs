//! The summary as data: the names in here are the names in the JSON (docs/summary.md).
//!
//! Invariant: names are stable and only ever added to; counts and times are integers.

use serde::Serialize;

use super::{
    Format,
    input::{FileRead, Incomplete, RejectedLine},
    markdown,
    names::Named,
    scoped::{BySymbol, Window},
    slices::{Funnel, Gauge, Market, Operations, Provenance, Service, Trade, Xai},
};

/// A session's totals.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The session as a whole.
    pub session: Session,
    /// Count of each outcome, by the writer that speaks for it.
    pub orders: Named<&'static str, u64>,
    /// Per outcome, what each writer counted.
    pub orders_by_writer: Named<&'static str, Named<String, u64>>,
    /// Outcomes whose writers differ by more than a tenth of the largest count.
    pub writers_differ: Vec<&'static str>,
    /// Whether more order ids came than are remembered, so that counts are no longer exact.
    pub approximate: bool,
    /// filled ÷ submitted, 0 to 1.
    pub fill_rate: Option<f64>,
    /// denied ÷ (denied + submitted), 0 to 1.
    pub deny_rate: Option<f64>,
    /// The same per class of reason; the classes add up to `deny_rate`.
    pub deny_rate_by_class: Named<&'static str, Option<f64>>,
    /// Reasons of denials, most frequent first.
    pub deny_reasons: Vec<DenyReason>,
    /// Orders on their way at the last event's time.
    pub pending: Pending,
    /// Durations by kind.
    pub latency: Named<&'static str, Option<Latency>>,
    /// Durations that were negative or not finite, and left out.
    pub latency_refused: u64,
    /// Which way orders went.
    pub routes: Routes,
    /// From intent to fill, and why intents drop out.
    pub funnel: Funnel,
    /// How much is explained.
    pub xai: Xai,
    /// Whether records of orders say where they come from.
    pub provenance: Provenance,
    /// Money, by symbol.
    pub trade: Trade,
    /// Queries to the service.
    pub service: Service,
    /// Books and prices, as last logged.
    pub market: Market,
    /// Risk gauges, as last logged.
    pub risk: Named<&'static str, Gauge>,
    /// What operators did.
    pub operations: Operations,
    /// What governs the strategy, as last logged.
    pub governance: Governance,
    /// What protects the account, as last logged.
    pub protection: Protection,
    /// The last 60, 300 and 900 seconds up to the last event, by that number.
    pub windows: Named<&'static str, Window>,
    /// The session by symbol and side.
    pub by_symbol: Vec<BySymbol>,
    /// How often each bound of what is remembered was met; all zero where every figure is exact.
    pub forgotten: Named<&'static str, u64>,
    /// Lines that could not be read.
    pub rejected_lines: RejectedLines,
}

/// Facts about the session as a whole.
#[derive(Clone, Debug, Serialize)]
pub struct Session {
    /// The directory's own name.
    pub name: String,
    /// The directory as it was passed.
    pub dir: String,
    /// Its files in reading order.
    pub files: Vec<FileRead>,
    /// Files that could not be read to their end; the totals lack what stands behind that.
    pub incomplete_files: Vec<Incomplete>,
    /// Earliest event time, nanoseconds since the Unix epoch.
    pub first_ts_ns: Option<i64>,
    /// Latest event time, nanoseconds since the Unix epoch.
    pub last_ts_ns: Option<i64>,
    /// Lines that are events.
    pub events: u64,
    /// Finished lines that are not blank.
    pub lines: u64,
    /// Lines that are no JSON object, or begin with NUL bytes.
    pub malformed: u64,
    /// Lines above 1 MiB.
    pub oversized: u64,
    /// Lines that are not UTF-8.
    pub not_utf8: u64,
    /// Events without any code.
    pub uncoded: u64,
    /// Events whose code no definition names, all together.
    pub unknown: u64,
    /// The most frequent of those codes, most frequent first.
    pub unknown_codes: Named<String, u64>,
    /// Events ahead of the state's time.
    pub skewed: u64,
    /// Whether the bot wrote its closing summary.
    pub summarised: bool,
}

/// One reason with its count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DenyReason {
    /// As logged, without a number at its end.
    pub reason: String,
    /// `skip`, `guard` or `exchange`.
    pub class: &'static str,
    /// How often.
    pub count: u64,
}

/// Orders submitted by id that have not ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pending {
    /// For at most fifteen minutes.
    pub count: u64,
    /// For longer: their outcome is unknown.
    pub unknown: u64,
    /// Age of the oldest one that `count` counts, seconds.
    pub oldest_age_seconds: Option<f64>,
    /// Orders that were not followed because too many were on their way at once.
    pub dropped: u64,
}

/// Quantiles of one kind of duration, milliseconds, within 1 %; the largest is exact.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Latency {
    pub count: u64,
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

/// Which way orders went.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Routes {
    /// Added liquidity.
    pub maker: u64,
    /// Took liquidity.
    pub taker: u64,
    /// No way was found.
    pub deny: u64,
    /// A way was given up.
    pub cancel: u64,
    /// taker ÷ (maker + taker), 0 to 1.
    pub taker_share: Option<f64>,
}

/// What governs the strategy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Governance {
    /// Error probability spent.
    pub alpha_spent: Option<f64>,
    /// Error probability that may be spent.
    pub alpha_budget: Option<f64>,
    /// The latest score of the strategy's edge, as the governor reported it.
    pub alpha_score: Option<f64>,
    /// Log-likelihood ratio of the sequential test.
    pub llr: Option<f64>,
    /// The test's samples; whole.
    pub samples: Option<u64>,
    /// `accept H0`, `accept H1` or `continue`.
    pub decision: Option<&'static str>,
    /// Such as `shadow`, `canary` or `live`.
    pub mode: Option<String>,
    /// At or above this ratio the test accepts the alternative.
    pub log_a: Option<f64>,
    /// At or below this ratio the test keeps the null hypothesis.
    pub log_b: Option<f64>,
    /// Records of the test.
    pub tests: u64,
    /// Those that kept the null hypothesis.
    pub accepted_h0: u64,
    /// Those that took the alternative.
    pub accepted_h1: u64,
    /// The test's latest points, oldest first.
    pub path: Vec<TestPoint>,
    /// Evaluations of the governor.
    pub evaluations: u64,
    /// Changes of the mode.
    pub transition_count: u64,
    /// The latest of them, oldest first.
    pub transitions: Vec<Transition>,
}

/// The sequential test after one of its records.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TestPoint {
    /// When, nanoseconds since the Unix epoch.
    pub ts_ns: i64,
    /// Log-likelihood ratio.
    pub llr: Option<f64>,
    /// Samples so far; whole.
    pub samples: Option<u64>,
    /// `accept H0`, `accept H1` or `continue`.
    pub decision: &'static str,
}

/// A change of the governor's mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// When, nanoseconds since the Unix epoch.
    pub ts_ns: i64,
    /// The mode before.
    pub from: Option<String>,
    /// The mode after.
    pub to: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// What protects the account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Protection {
    /// The circuit breaker.
    pub breaker: Option<Breaker>,
    /// Whether trading is armed.
    pub armed: Option<bool>,
    /// Whether trading is halted.
    pub halted: Option<bool>,
    /// Until when the bot cools off, nanoseconds since the Unix epoch.
    pub cooloff_until_ts_ns: Option<i64>,
    /// States that the breaker was found in, the first one included.
    pub breaker_changes: u64,
    /// The latest of them, oldest first.
    pub breaker_history: Vec<Breaker>,
    /// Records of arming, guards, idempotency and health by code.
    pub counts: Named<String, u64>,
    /// `HEALTH.LATENCY_*` as last logged.
    pub health: Named<String, Health>,
}

/// A latency of the bot's own health check.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Health {
    /// As measured, milliseconds.
    pub value_ms: Option<f64>,
    /// What it is held against, milliseconds.
    pub threshold_ms: Option<f64>,
    /// When, nanoseconds since the Unix epoch.
    pub ts_ns: i64,
}

/// State of the circuit breaker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breaker {
    /// `CLOSED`, `HALF_OPEN` or `OPEN`.
    pub state: &'static str,
    /// Since when, nanoseconds since the Unix epoch.
    pub since_ts_ns: i64,
}

/// Lines that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RejectedLines {
    /// How many in all.
    pub count: u64,
    /// The first twenty in reading order.
    pub first: Vec<RejectedLine>,
}

impl Report {
    /// The report as text that ends in a newline.
    pub fn print(&self, format: Format) -> String {
        match format {
            // Names are strings and every value is a plain one, so this cannot fail.
            Format::Json => serde_json::to_string_pretty(self).unwrap_or_default() + "\n",
            Format::Markdown => markdown::print(self),
        }
    }
}
