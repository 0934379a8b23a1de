//! Latencies by kind: where each duration comes from, and its quantiles over every span.
//!
//! A kind can be logged in several ways; the first way in its list that the session has at all speaks for
//! the whole session (CONTRACT.md section 2, `latency.<kind>`), so ways never mix. Invariants: an order
//! gives at most one acknowledgement and one first-fill sample per way; what is matched by id is bounded.

mod view;

pub use self::view::LatencyView;
use crate::{
    code::Code,
    durations::{Duration, Durations},
    event::{Event, OrderStatus, Source},
    histogram::Histogram,
    ids::Ids,
    minutes::Minutes,
    parts::{Broken, Loading, Parts, Sink as PartsSink, Source as PartsSource, parts},
    recent::Recent,
    rolling::Slot,
    scope::{ScopeId, ScopeSet, Subject},
    series::{Buckets, Tiers},
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
    /// The smallest, exact.
    pub min_ms: f64,
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
    pub(crate) fn new(count: u64, quantiles: [f64; 4], (min_ms, max_ms): (f64, f64)) -> Self {
        // Not `clamp`, which has no answer where least and greatest are not in order.
        let [p50_ms, p90_ms, p95_ms, p99_ms] = quantiles.map(|ms| ms.max(min_ms).min(max_ms));
        Self { count, min_ms, p50_ms, p90_ms, p95_ms, p99_ms, max_ms }
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

/// How many durations of one bucket of a chart lie in each band of a heat map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatencyCells {
    /// First second of the bucket.
    pub second: i64,
    /// Bands that hold any, ascending, with their counts. Their edges: [`crate::histogram::band_edges`].
    pub counts: Vec<(u16, u64)>,
}

/// How many ways of measuring one kind can have.
const WAYS: usize = 5;

/// One way of measuring one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Way(u8);

impl Parts for Way {
    fn save(&self, to: &mut impl PartsSink) {
        let Self(index) = self;
        index.save(to);
    }
    fn load<S: PartsSource>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        Way::from_index(u8::load(from)?).ok_or(Broken::new("there is no such way of measuring"))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a few dozen at most")]
impl Way {
    /// How many there are.
    pub const COUNT: usize = LatencyKind::ALL.len() * WAYS;

    fn new(kind: LatencyKind, way: usize) -> Self {
        Self((kind as usize * WAYS + way) as u8)
    }

    /// The ways of `kind`, in the order in which they speak.
    pub fn of(kind: LatencyKind) -> impl Iterator<Item = Way> {
        (0..WAYS).map(move |way| Way::new(kind, way))
    }

    /// Its number, below [`Way::COUNT`]. Stored aggregates rely on it: none ever changes its meaning.
    pub fn index(self) -> u8 {
        self.0
    }

    /// The inverse of [`Way::index`]; `None` for a number that this version does not know.
    pub fn from_index(index: u8) -> Option<Self> {
        (usize::from(index) < Self::COUNT).then_some(Self(index))
    }
}

/// All durations of one way.
#[derive(Clone, Debug)]
struct Track {
    /// All of the session.
    session: Histogram,
    /// The same by scope.
    by_scope: Durations,
    tiers: Tiers<Durations>,
}

/// The session's histogram is the sum over scopes.
impl Parts for Track {
    fn save(&self, to: &mut impl PartsSink) {
        let Self { session: _, by_scope, tiers } = self;
        by_scope.save(to);
        tiers.save(to);
    }

    fn load<S: PartsSource>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        from.width = Durations::WIDTH;
        let (by_scope, tiers): (Durations, Tiers<Durations>) = Parts::load(from)?;
        let mut session = Histogram::default();
        by_scope.add_to(&mut session);
        Ok(Self { session, by_scope, tiers })
    }
}

impl Track {
    fn new(end: i64) -> Self {
        let tiers = Tiers::new(end, Durations::WIDTH);
        Self { session: Histogram::default(), by_scope: Durations::default(), tiers }
    }

    /// Returns false for what is no duration.
    fn record(&mut self, ms: f64, scope: ScopeId, at: i64) -> bool {
        let Some(duration) = Duration::new(scope, ms) else { return false };
        self.session.add(duration.bin(), 1);
        self.by_scope.record(duration);
        self.tiers.record(at, duration);
        true
    }
}

/// A time that may not be known, in eight bytes.
#[derive(Clone, Copy, Debug)]
struct Moment(i64);

impl Moment {
    const UNKNOWN: Moment = Moment(i64::MIN);

    fn get(self) -> Option<Ts> {
        (self.0 != i64::MIN).then_some(Ts(self.0))
    }

    fn note(&mut self, at: Ts) {
        if self.get().is_none() {
            self.0 = at.0;
        }
    }
}

/// What is remembered of an order for its latencies: when each was first reported, whichever came first.
#[derive(Clone, Copy, Debug)]
struct Times {
    submitted: Moment,
    acked: Moment,
    filled: Moment,
    filled_by_ack: bool,
    ack_ways: u8,
    fill_ways: u8,
}

/// Which times there are and the ways stand in one number.
impl Parts for Times {
    fn save(&self, to: &mut impl PartsSink) {
        let Self { submitted, acked, filled, filled_by_ack, ack_ways, fill_ways } = *self;
        let times = [submitted, acked, filled].map(Moment::get);
        let mut bits = u64::from(filled_by_ack);
        for known in times {
            bits = bits << 1 | u64::from(known.is_some());
        }
        to.unsigned((bits << WAYS | u64::from(ack_ways)) << WAYS | u64::from(fill_ways));
        times.into_iter().flatten().for_each(|at| at.save(to));
    }

    fn load<S: PartsSource>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let bits = from.below(1 << (4 + 2 * WAYS))?;
        let ways = |shift: usize| u8::try_from(bits >> shift & ((1 << WAYS) - 1)).unwrap_or(0);
        let is_set = |bit: usize| bits >> (bit + 2 * WAYS) & 1 == 1;
        let mut times = [Moment::UNKNOWN; 3];
        for (time, bit) in times.iter_mut().zip([2, 1, 0]) {
            if is_set(bit) {
                time.note(Parts::load(from)?);
            }
        }
        let [submitted, acked, filled] = times;
        Ok(Self {
            submitted,
            acked,
            filled,
            filled_by_ack: is_set(3),
            ack_ways: ways(WAYS),
            fill_ways: ways(0),
        })
    }
}

impl Default for Times {
    fn default() -> Self {
        let [submitted, acked, filled] = [Moment::UNKNOWN; 3];
        Self { submitted, acked, filled, filled_by_ack: false, ack_ways: 0, fill_ways: 0 }
    }
}

impl Times {
    fn note(&mut self, event: &Event<'_>, at: Ts) {
        match event.code {
            Code::Submit => self.submitted.note(at),
            Code::Ack => self.acked.note(at),
            _ => {}
        }
        if is_fill(event) && self.filled.get().is_none() {
            self.filled.note(at);
            self.filled_by_ack = event.code == Code::Ack;
        }
    }

    fn submit_to_ack(&self) -> Option<Sample> {
        Some(Sample::between(self.submitted.get()?, self.acked.get()?))
    }

    fn submit_to_fill(&self) -> Option<Sample> {
        Some(Sample::between(self.submitted.get()?, self.filled.get()?))
    }

    fn ack_to_fill(&self) -> Option<Sample> {
        let filled = self.filled.get().filter(|_| !self.filled_by_ack);
        Some(Sample::between(self.acked.get()?, filled?))
    }
}

/// A duration and when it counts.
#[derive(Clone, Copy, Debug)]
struct Sample {
    ms: f64,
    at: Ts,
}

impl Sample {
    fn between(began: Ts, ended: Ts) -> Self {
        Self { ms: ended.millis_since(began), at: ended }
    }
}

fn is_fill(event: &Event<'_>) -> bool {
    let by_status = matches!(event.status, Some(OrderStatus::PartiallyFilled | OrderStatus::Filled));
    match event.code {
        Code::Fill | Code::Partial => true,
        Code::Ack => event.immediate_fill,
        Code::OrderStatus => by_status,
        _ => false,
    }
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
    tracks: [Option<Box<Track>>; Way::COUNT],
    orders: Ids<Times>,
    intents: Recent<Ts>,
    samples: u64,
    refused: u64,
}

parts!(stepwise Latency {
    end: window,
    tracks,
    orders: within(Latency::ORDER_LIMIT),
    intents: within(Latency::INTENT_LIMIT),
    samples,
    refused,
});

impl Latency {
    /// How many orders are remembered to match records by id.
    pub const ORDER_LIMIT: usize = 262_144;
    /// How many intents are remembered until their decision.
    pub const INTENT_LIMIT: usize = 65_536;

    /// Nothing measured yet; windows end at the second `end`.
    pub fn new(end: i64) -> Self {
        Self {
            end,
            tracks: [const { None }; Way::COUNT],
            orders: Ids::new(Self::ORDER_LIMIT),
            intents: Recent::new(Self::INTENT_LIMIT),
            samples: 0,
            refused: 0,
        }
    }

    /// Moves the windows' end.
    pub fn advance(&mut self, end: i64) {
        self.end = self.end.max(end);
        for track in self.tracks.iter_mut().flatten() {
            track.tiers.advance(end);
        }
    }

    /// Takes in what `event` measured of `subject`, counted at `at`. Returns true where something was.
    pub(crate) fn apply(
        &mut self,
        event: &Event<'_>,
        subject: Subject,
        at: Ts,
        minutes: &mut Minutes,
    ) -> bool {
        let before = self.samples;
        let mut sink = Sink { latency: self, scope: subject.scope, at, minutes };
        sink.apply_decision(event, subject.intent);
        sink.apply_order(event, subject.order);
        if event.code == Code::PolicyDecision {
            sink.record(LatencyKind::Policy, 0, event.numbers.policy_latency_ms);
        } else if event.code == Code::SlaCheck {
            sink.record(LatencyKind::Sla, 0, event.numbers.latency_ms);
        } else if event.numbers.latency_ms.is_some() && event.code_text.starts_with("QUERY.") {
            sink.record(LatencyKind::Query, 0, event.numbers.latency_ms);
        }
        self.samples != before
    }

    /// The latencies of what a filter lets through; see [`crate::scope::Scopes::matching`].
    pub fn within(&self, scopes: ScopeSet) -> LatencyView<'_> {
        LatencyView::new(self, scopes)
    }

    /// Quantiles of a kind; `None` where nothing was measured in `span`.
    pub fn summary(&self, kind: LatencyKind, span: Span) -> Option<LatencySummary> {
        self.within(ScopeSet::ALL).summary(kind, span)
    }

    /// Quantiles of a kind in each of `buckets`.
    pub fn series(&self, kind: LatencyKind, buckets: Buckets) -> Vec<LatencyPoint> {
        self.within(ScopeSet::ALL).series(kind, buckets)
    }

    /// The way that speaks for `kind`: the first that the session has; `None` where nothing was measured.
    pub fn speaker(&self, kind: LatencyKind) -> Option<Way> {
        Way::of(kind).find(|way| self.track(*way).is_some())
    }

    /// How many chart buckets went before their time, for want of room.
    pub fn dropped_buckets(&self) -> u64 {
        self.tracks.iter().flatten().map(|track| track.tiers.dropped()).sum()
    }

    /// How many chart buckets no longer tell symbols and sides apart, for want of room.
    pub fn folded_buckets(&self) -> u64 {
        self.tracks.iter().flatten().map(|track| track.tiers.folded()).sum()
    }

    /// Orders that were forgotten; above zero, a repeated or later record of an old one may count again or not be matched.
    pub fn forgotten_orders(&self) -> u64 {
        self.orders.forgotten()
    }

    /// Intents that were forgotten before their decision: it gives no duration.
    pub fn forgotten_intents(&self) -> u64 {
        self.intents.forgotten()
    }

    fn track(&self, way: Way) -> Option<&Track> {
        let track = self.tracks.get(usize::from(way.index()))?.as_deref();
        track.filter(|track| track.session.total() > 0)
    }

    fn spoken(&self, kind: LatencyKind) -> Option<&Track> {
        Way::of(kind).find_map(|way| self.track(way))
    }

    /// How many durations were refused because they were negative or not finite.
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

/// Where the durations of one event go.
struct Sink<'a> {
    latency: &'a mut Latency,
    scope: ScopeId,
    at: Ts,
    minutes: &'a mut Minutes,
}

impl Sink<'_> {
    fn apply_decision(&mut self, event: &Event<'_>, intent: Option<u128>) {
        self.record(LatencyKind::Decision, 0, event.numbers.decision_ms);
        if event.code == Code::RouterDecision {
            self.record(LatencyKind::Decision, 1, event.numbers.latency_ms);
        }
        let Some(key) = intent else { return };
        match event.code {
            Code::IntentReceived => {
                let at = self.at;
                self.latency.intents.entry(key, || at);
            }
            Code::OrderDeny | Code::SlaDeny | Code::PlanBuild => {
                if let Some(received) = self.latency.intents.remove(key) {
                    self.record(LatencyKind::Decision, 2, Some(self.at.millis_since(received)));
                }
            }
            _ => {}
        }
    }

    fn apply_order(&mut self, event: &Event<'_>, order: Option<u128>) {
        let lifecycle = is_fill(event) || matches!(event.code, Code::Submit | Code::Ack);
        let numbers = &event.numbers;
        let logs =
            numbers.latency_ms.is_some() || numbers.t_ack_ns.is_some() || numbers.fill_latency_ms.is_some();
        if !lifecycle && !logs {
            return;
        }
        let logged = |ms: Option<f64>| ms.map(|ms| Sample { ms, at: self.at });
        let mut ack = logged_ack(event).map(logged);
        let mut fill = [logged(event.numbers.fill_latency_ms), None, None];
        if !lifecycle && ack.iter().chain(&fill).all(Option::is_none) {
            return;
        }
        if let Some(times) = order.and_then(|key| self.latency.orders.entry(key, Times::default)) {
            times.note(event, self.at);
            let [.., submit_to_ack] = &mut ack;
            *submit_to_ack = times.submit_to_ack();
            let [_, submit_to_fill, ack_to_fill] = &mut fill;
            *submit_to_fill = times.submit_to_fill();
            *ack_to_fill = times.ack_to_fill();
            ack = once(&mut times.ack_ways, ack);
            fill = once(&mut times.fill_ways, fill);
        }
        for (kind, samples) in [(LatencyKind::Ack, ack.as_slice()), (LatencyKind::FirstFill, &fill)] {
            for (way, sample) in samples.iter().enumerate() {
                if let Some(Sample { ms, at }) = *sample {
                    self.record_at(kind, way, ms, at);
                }
            }
        }
    }

    fn record(&mut self, kind: LatencyKind, way: usize, ms: Option<f64>) {
        if let Some(ms) = ms {
            self.record_at(kind, way, ms, self.at);
        }
    }

    fn record_at(&mut self, kind: LatencyKind, way: usize, ms: f64, at: Ts) {
        let (way, end, second) = (Way::new(kind, way), self.latency.end, at.second());
        let Some(slot) = self.latency.tracks.get_mut(usize::from(way.index())) else { return };
        if slot.get_or_insert_with(|| Box::new(Track::new(end))).record(ms, self.scope, second) {
            self.latency.samples += 1;
            self.minutes.measure(way, ms, second);
        } else {
            self.latency.refused += 1;
        }
    }
}

/// Keeps of `samples` those whose way is not yet in `seen`, and notes them there.
fn once<const N: usize>(seen: &mut u8, samples: [Option<Sample>; N]) -> [Option<Sample>; N] {
    let mut way = 0;
    samples.map(|sample| {
        let bit = 1_u8 << way;
        way += 1;
        let fresh = sample.filter(|_| *seen & bit == 0);
        if fresh.is_some() {
            *seen |= bit;
        }
        fresh
    })
}

#[cfg(test)]
mod tests;
