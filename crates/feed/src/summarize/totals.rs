//! From the reduced session to the report: nothing is counted here, only asked for and named.

use std::path::Path;

use aurora_domain::{
    BreakerState, DenyClass, LatencyKind, LatencySummary, Outcome, Span, State, Ts, Writer,
    governance::{self, SprtPoint},
    latest::Latest,
    orders::Orders,
    protection,
    reason::ReasonCount,
    routes,
};

use super::{
    names::Named,
    reduce::Reduced,
    report::{
        Breaker, DenyReason, Governance, Health, Latency, Pending, Protection, RejectedLines, Report, Routes,
        Session, TestPoint, Transition,
    },
    scoped::{BySymbol, Window},
    slices::{self, Funnel, Market, Operations, Provenance, Service, Trade, Xai},
};

impl Report {
    /// The totals of `reduced`.
    pub fn new(reduced: &Reduced) -> Self {
        let (state, orders, span) = (&reduced.state, reduced.state.orders(), Span::Session);
        let outcomes = orders.outcomes(span);
        Self {
            session: Session::new(reduced),
            orders: Outcome::ALL.map(|outcome| (outcome.name(), outcomes.get(outcome))).into_iter().collect(),
            orders_by_writer: Outcome::ALL
                .map(|outcome| (outcome.name(), by_writer(orders, outcome)))
                .into_iter()
                .collect(),
            writers_differ: Outcome::ALL
                .into_iter()
                .filter(|outcome| orders.writers_differ(*outcome))
                .map(Outcome::name)
                .collect(),
            approximate: orders.forgotten_ids() > 0,
            fill_rate: orders.fill_rate(span),
            deny_rate: orders.deny_rate(span),
            deny_rate_by_class: DenyClass::ALL
                .map(|class| (class.name(), orders.deny_rate_of(class, span)))
                .into_iter()
                .collect(),
            deny_reasons: orders.deny_reasons(span).into_iter().map(DenyReason::from).collect(),
            pending: Pending::new(state),
            latency: LatencyKind::ALL
                .map(|kind| (kind.name(), state.latency().summary(kind, span).map(Latency::from)))
                .into_iter()
                .collect(),
            latency_refused: state.latency().refused(),
            routes: Routes::from(state.routes()),
            funnel: Funnel::new(state, span),
            xai: Xai::new(state),
            provenance: Provenance::new(state, span),
            trade: Trade::new(state),
            service: Service::new(state, span),
            market: Market::new(state),
            risk: slices::risk(state),
            operations: Operations::new(state),
            governance: Governance::new(state),
            protection: Protection::new(state),
            windows: Window::all(state),
            by_symbol: BySymbol::all(state),
            forgotten: state.forgotten().named().collect(),
            rejected_lines: RejectedLines {
                count: reduced.input.rejected_total(),
                first: reduced.input.rejected.clone(),
            },
        }
    }
}

fn by_writer(orders: &Orders, outcome: Outcome) -> Named<String, u64> {
    orders.by_writer(outcome).into_iter().map(|by| (writer_name(by.writer), by.count)).collect()
}

/// `events C`, `order logs F`.
fn writer_name(writer: Writer) -> String {
    let log = if writer.order_logs { "order logs" } else { "events" };
    format!("{log} {}", writer.shape.letter())
}

impl From<ReasonCount> for DenyReason {
    fn from(by: ReasonCount) -> Self {
        Self { reason: by.reason, class: by.class.name(), count: by.count }
    }
}

impl Session {
    fn new(reduced: &Reduced) -> Self {
        let (session, input) = (reduced.state.session(), &reduced.input);
        Self {
            name: name(&reduced.dir),
            dir: reduced.dir.display().to_string(),
            files: input.files.clone(),
            incomplete_files: input.incomplete.clone(),
            first_ts_ns: session.first().map(nanos),
            last_ts_ns: session.last().map(nanos),
            events: session.events(),
            lines: input.lines(),
            malformed: input.malformed,
            oversized: input.oversized,
            not_utf8: input.not_utf8,
            uncoded: session.uncoded(),
            unknown: session.unknown_total(),
            unknown_codes: session.unknown_codes().into_iter().collect(),
            skewed: session.skewed(),
            summarised: session.summarised(),
        }
    }
}

/// The directory's own name, also where it was passed as `.` or with a slash at its end.
fn name(dir: &Path) -> String {
    let full = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    full.file_name().map_or_else(|| full.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn nanos(at: Ts) -> i64 {
    at.0
}

impl Pending {
    fn new(state: &State) -> Self {
        let pending = state.orders().pending(state.now());
        Self {
            count: pending.count,
            unknown: pending.unknown,
            oldest_age_seconds: (pending.count > 0).then_some(pending.oldest_age_seconds),
            dropped: state.orders().evicted_open(),
        }
    }
}

impl From<LatencySummary> for Latency {
    fn from(summary: LatencySummary) -> Self {
        let LatencySummary { count, p50_ms, p90_ms, p95_ms, p99_ms, max_ms, .. } = summary;
        Self { count, p50_ms, p90_ms, p95_ms, p99_ms, max_ms }
    }
}

impl From<routes::Routes> for Routes {
    fn from(routes: routes::Routes) -> Self {
        let routes::Routes { maker, taker, deny, cancel } = routes;
        Self { maker, taker, deny, cancel, taker_share: routes.taker_share() }
    }
}

impl Governance {
    fn new(state: &State) -> Self {
        let governance = state.governance();
        Self {
            alpha_spent: governance.alpha_spent,
            alpha_budget: governance.alpha_budget,
            alpha_score: governance.alpha_score,
            llr: governance.llr,
            samples: governance.samples.map(whole),
            decision: governance.decision,
            mode: owned(governance.mode.as_deref()),
            log_a: governance.boundaries.upper,
            log_b: governance.boundaries.lower,
            tests: governance.tests(),
            accepted_h0: governance.accepted().0,
            accepted_h1: governance.accepted().1,
            path: governance.path().map(TestPoint::from).collect(),
            evaluations: governance.evaluations(),
            transition_count: governance.transition_total(),
            transitions: governance.transitions().map(Transition::from).collect(),
        }
    }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

impl From<&SprtPoint> for TestPoint {
    fn from(point: &SprtPoint) -> Self {
        Self {
            ts_ns: point.at.0,
            llr: point.llr,
            samples: point.samples.map(whole),
            decision: point.decision,
        }
    }
}

impl From<&governance::Transition> for Transition {
    fn from(by: &governance::Transition) -> Self {
        Self {
            ts_ns: by.at.0,
            from: owned(by.from.as_deref()),
            to: owned(by.to.as_deref()),
            reason: owned(by.reason.as_deref()),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of samples; the cast saturates"
)]
fn whole(samples: f64) -> u64 {
    samples.round() as u64
}

impl Protection {
    fn new(state: &State) -> Self {
        let protection = state.protection();
        Self {
            breaker: protection.breaker.map(Breaker::from),
            armed: protection.armed,
            halted: protection.halted,
            cooloff_until_ts_ns: protection.cooloff_until.map(nanos),
            breaker_changes: protection.breaker_changes(),
            breaker_history: protection.breaker_history().map(Breaker::from).collect(),
            counts: protection.counts(Span::Session).into_iter().collect(),
            health: protection
                .health()
                .into_iter()
                .map(|(code, latest)| (code.to_owned(), Health::from(latest)))
                .collect(),
        }
    }
}

impl From<Latest<protection::Health>> for Health {
    fn from(latest: Latest<protection::Health>) -> Self {
        let protection::Health { value_ms, threshold_ms } = latest.value;
        Self { value_ms, threshold_ms, ts_ns: latest.at.0 }
    }
}

impl From<(BreakerState, Ts)> for Breaker {
    fn from((state, since): (BreakerState, Ts)) -> Self {
        Self { state: state.name(), since_ts_ns: since.0 }
    }
}
