//! Latencies by kind: where each duration comes from, and its quantiles over every span.
//!
//! A kind can be logged in several ways; the first way in its list that the session has at all speaks for
//! the whole session (CONTRACT.md section 2, `latency.<kind>`), so ways never mix. Invariants: an order
//! gives at most one acknowledgement and one first-fill sample per way; what is matched by id is bounded.

use crate::{
    code::Code,
    event::{Event, Source},
    histogram::{Histogram, Merged, QUANTILES, SecondOfDurations},
    orders::order_key,
    recent::Recent,
    rolling::Rolling,
    span::Span,
    time::Ts,
};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LatencyKind {
    /// From wanting to trade to knowing whether and how.
    Decision,
    /// Round trip to the exchange: sent to acknowledged.
    Ack,
    /// Submitted to first fill.
    FirstFill,
    /// The policy's own time.
    Policy,
    /// What the latency gate saw.
    Sla,
    /// A query to the service.
    Query,
}

impl LatencyKind {
    /// Every kind.
    pub const ALL: [LatencyKind; 6] = [
        LatencyKind::Decision,
        LatencyKind::Ack,
        LatencyKind::FirstFill,
        LatencyKind::Policy,
        LatencyKind::Sla,
        LatencyKind::Query,
    ];

    /// The metric's name.
    pub fn name(self) -> &'static str {
        match self {
            LatencyKind::Decision => "decision",
            LatencyKind::Ack => "ack",
            LatencyKind::FirstFill => "first_fill",
            LatencyKind::Policy => "policy",
            LatencyKind::Sla => "sla",
            LatencyKind::Query => "query",
        }
    }
}

/// Quantiles of one kind over one span, in milliseconds, each within 0.79 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencySummary {
    /// How many durations.
    pub count: u64,
    /// Median.
    pub p50_ms: f64,
    /// 90th percentile.
    pub p90_ms: f64,
    /// 95th percentile.
    pub p95_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// The largest, exact.
    pub max_ms: f64,
}

impl LatencySummary {
    fn new(count: u64, quantiles: [f64; 4], max_ms: f64) -> Self {
        let [p50_ms, p90_ms, p95_ms, p99_ms] = quantiles.map(|ms| ms.min(max_ms));
        Self { count, p50_ms, p90_ms, p95_ms, p99_ms, max_ms }
    }
}

/// One bucket of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyPoint {
    /// First second of the bucket.
    pub second: i64,
    /// Its durations; `None` where there were none.
    pub summary: Option<LatencySummary>,
}

/// How many ways of measuring one kind can have.
const WAYS: usize = 5;

#[derive(Clone, Debug)]
struct Track {
    session: Histogram,
    session_max_ms: f64,
    rolling: Rolling<SecondOfDurations>,
}

impl Track {
    fn new(end: i64) -> Self {
        Self { session: Histogram::default(), session_max_ms: 0.0, rolling: Rolling::new(end) }
    }

    fn summary(&self, span: Span, end: i64) -> Option<LatencySummary> {
        let Some(seconds) = span.seconds() else {
            let quantiles = self.session.quantiles(QUANTILES)?;
            return Some(LatencySummary::new(self.session.total(), quantiles, self.session_max_ms));
        };
        let (count, quantiles) = self.rolling.sum(seconds, |sum| (sum.total(), sum.quantiles(QUANTILES)));
        let max = (end - i64::from(seconds) + 1..=end)
            .filter_map(|at| self.rolling.slot(at))
            .fold(0.0_f64, |max, slot| max.max(slot.max_ms()));
        Some(LatencySummary::new(count, quantiles?, max))
    }
}

/// What is remembered of an order for its latencies.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    submitted: Option<Ts>,
    acked: Option<Ts>,
    ack_ways: u8,
    fill_ways: u8,
}

impl Times {
    fn note(&mut self, code: Code, at: Ts) {
        match code {
            Code::Submit => self.submitted = self.submitted.or(Some(at)),
            Code::Ack => self.acked = self.acked.or(Some(at)),
            _ => {}
        }
    }

    fn since_submitted(&self, event: &Event<'_>, at: Ts) -> Option<f64> {
        self.submitted.filter(|_| is_fill(event)).map(|submitted| at.millis_since(submitted))
    }

    fn since_acked(&self, event: &Event<'_>, at: Ts) -> Option<f64> {
        self.acked.filter(|_| is_fill(event) && event.code != Code::Ack).map(|acked| at.millis_since(acked))
    }
}

fn is_fill(event: &Event<'_>) -> bool {
    event.immediate_fill || matches!(event.code, Code::Fill | Code::Partial)
}

/// The round trip as the record itself gives it, in each way that it can; the last way is matching by id.
fn logged_ack(event: &Event<'_>) -> [Option<f64>; WAYS] {
    let numbers = &event.numbers;
    [
        numbers.t_send_ns.zip(numbers.t_ack_ns).map(|(sent, acked)| Ts(acked).millis_since(Ts(sent))),
        numbers.latency_ms.filter(|_| event.code == Code::PosttradeLog),
        numbers.latency_ms.filter(|_| event.source == Source::Trades),
        numbers.latency_ms.filter(|_| event.code == Code::Ack),
        None,
    ]
}

/// All latencies of a session.
#[derive(Clone, Debug)]
pub struct Latency {
    end: i64,
    tracks: [[Option<Box<Track>>; WAYS]; LatencyKind::ALL.len()],
    orders: Recent<Times>,
    intents: Recent<Ts>,
    samples: u64,
    refused: u64,
}

impl Latency {
    /// How many orders are remembered to match records by id.
    pub const ORDER_LIMIT: usize = 262_144;
    /// How many intents are remembered until their decision.
    pub const INTENT_LIMIT: usize = 65_536;

    /// Nothing measured yet; windows end at the second `end`.
    pub fn new(end: i64) -> Self {
        Self {
            end,
            tracks: Default::default(),
            orders: Recent::new(Self::ORDER_LIMIT),
            intents: Recent::new(Self::INTENT_LIMIT),
            samples: 0,
            refused: 0,
        }
    }

    /// Moves the windows' end.
    pub fn advance(&mut self, end: i64) {
        self.end = self.end.max(end);
        for track in self.tracks.iter_mut().flatten().flatten() {
            track.rolling.advance(end);
        }
    }

    /// Takes in what `event` measured, counted at `at`. Returns true where something was.
    pub fn apply(&mut self, event: &Event<'_>, at: Ts) -> bool {
        let before = self.samples;
        self.apply_decision(event, at);
        self.apply_order(event, at);
        if event.code == Code::PolicyDecision {
            self.record(LatencyKind::Policy, 0, event.numbers.policy_latency_ms, at);
        } else if event.code == Code::SlaCheck {
            self.record(LatencyKind::Sla, 0, event.numbers.latency_ms, at);
        } else if event.code_text.starts_with("QUERY.") {
            self.record(LatencyKind::Query, 0, event.numbers.latency_ms, at);
        }
        self.samples != before
    }

    fn apply_decision(&mut self, event: &Event<'_>, at: Ts) {
        self.record(LatencyKind::Decision, 0, event.numbers.decision_ms, at);
        if event.code == Code::RouterDecision {
            self.record(LatencyKind::Decision, 1, event.numbers.latency_ms, at);
        }
        let Some(intent) = &event.intent_id else { return };
        let key = order_key(event.run_id.as_deref(), intent);
        match event.code {
            Code::IntentReceived => {
                self.intents.entry(key, || at);
            }
            Code::OrderDeny | Code::SlaDeny | Code::PlanBuild => {
                if let Some(received) = self.intents.remove(key) {
                    self.record(LatencyKind::Decision, 2, Some(at.millis_since(received)), at);
                }
            }
            _ => {}
        }
    }

    fn apply_order(&mut self, event: &Event<'_>, at: Ts) {
        let mut ack = logged_ack(event);
        let mut fill = [event.numbers.fill_latency_ms, None, None];
        let lifecycle = is_fill(event) || matches!(event.code, Code::Submit | Code::Ack);
        let logged = ack.iter().chain(&fill).any(Option::is_some);
        if let Some(id) = event.order_id.as_ref().filter(|_| lifecycle || logged) {
            let times = self.orders.entry(order_key(event.run_id.as_deref(), id), Times::default);
            times.note(event.code, at);
            let [.., matched] = &mut ack;
            *matched = times.submitted.filter(|_| event.code == Code::Ack).map(|sent| at.millis_since(sent));
            fill = [
                event.numbers.fill_latency_ms,
                times.since_submitted(event, at),
                times.since_acked(event, at),
            ];
            ack = once(&mut times.ack_ways, ack);
            fill = once(&mut times.fill_ways, fill);
        }
        for (way, ms) in ack.into_iter().enumerate() {
            self.record(LatencyKind::Ack, way, ms, at);
        }
        for (way, ms) in fill.into_iter().enumerate() {
            self.record(LatencyKind::FirstFill, way, ms, at);
        }
    }

    fn record(&mut self, kind: LatencyKind, way: usize, ms: Option<f64>, at: Ts) {
        let Some(ms) = ms else { return };
        let Some(slot) = self.tracks.get_mut(kind as usize).and_then(|ways| ways.get_mut(way)) else {
            return;
        };
        let end = self.end;
        let track = slot.get_or_insert_with(|| Box::new(Track::new(end)));
        if track.session.record(ms) {
            track.session_max_ms = track.session_max_ms.max(ms);
            track.rolling.record(at.second(), ms);
            self.samples += 1;
        } else {
            self.refused += 1;
        }
    }

    fn spoken(&self, kind: LatencyKind) -> Option<&Track> {
        let ways = self.tracks.get(kind as usize)?;
        ways.iter().filter_map(Option::as_deref).find(|track| track.session.total() > 0)
    }

    /// Quantiles of a kind; `None` where nothing was measured in `span`.
    pub fn summary(&self, kind: LatencyKind, span: Span) -> Option<LatencySummary> {
        self.spoken(kind)?.summary(span, self.end)
    }

    /// Buckets of `step` seconds from the second `from`, up to and with the windows' end: for a chart. Buckets
    /// older than fifteen minutes are empty.
    pub fn series(&self, kind: LatencyKind, from: i64, step: u32) -> Vec<LatencyPoint> {
        let Some(track) = self.spoken(kind) else { return Vec::new() };
        let mut merged = Merged::default();
        let mut points = Vec::new();
        let step = i64::from(step.max(1));
        let mut second = from.max(self.end - i64::from(Span::LONGEST_SECONDS));
        while second <= self.end {
            merged.clear();
            for at in second..second + step {
                if let Some(slot) = track.rolling.slot(at) {
                    merged.add(slot);
                }
            }
            let summary = merged
                .quantiles(QUANTILES)
                .map(|quantiles| LatencySummary::new(merged.total(), quantiles, merged.max_ms()));
            points.push(LatencyPoint { second, summary });
            second += step;
        }
        points
    }

    /// How many durations were refused because they were negative or not finite.
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

/// Keeps of `samples` those whose way is not yet in `seen`, and notes them there.
fn once<const N: usize>(seen: &mut u8, samples: [Option<f64>; N]) -> [Option<f64>; N] {
    let mut way = 0;
    samples.map(|ms| {
        let bit = 1_u8 << way;
        way += 1;
        let fresh = ms.filter(|_| *seen & bit == 0);
        if fresh.is_some() {
            *seen |= bit;
        }
        fresh
    })
}

#[cfg(test)]
mod tests;
