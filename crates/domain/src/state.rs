//! The whole state of a session, and the one way to change it.
//!
//! Invariants: [`State::apply`] is the only writer; time comes from outside and only moves forwards
//! ([`State::advance`]); the same events in the same order give the same state, in the feed and in the page.

use std::ops::{BitOr, BitOrAssign};

use crate::{
    aggregate::Speakers,
    coverage::{Coverage, Explained},
    event::Event,
    figure::Figure,
    forgotten::Forgotten,
    funnel::{DropOut, FunnelCounts, Step},
    governance::Governance,
    latency::{Latency, LatencyView},
    limits::Limits,
    market::Market,
    minutes::{Minute, Minutes},
    moments::{self, Moment},
    operations::Operations,
    orders::{OrderView, Orders},
    parts::{Broken, Loading, Parts, Sink, Source, parts},
    protection::Protection,
    provenance::{Provenance, ProvenanceCoverage},
    risk::Risk,
    rolling::AHEAD_SECONDS,
    routes::{RouteCounts, RoutePoint, Routes},
    scope::{Filter, Scopes},
    series::{Buckets, Tiers},
    service::Service,
    session::Session,
    span::Span,
    text,
    time::Ts,
    trade::{SymbolTrade, Trade},
};

/// The parts of the state that a change touched: what has to be looked at again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes(u16);

impl Changes {
    /// Nothing changed.
    pub const NONE: Changes = Changes(0);
    /// Order counts, rates, reasons.
    pub const ORDERS: Changes = Changes(1);
    /// Latencies.
    pub const LATENCY: Changes = Changes(1 << 1);
    /// Routes.
    pub const ROUTES: Changes = Changes(1 << 2);
    /// Circuit breaker, arming, halts.
    pub const PROTECTION: Changes = Changes(1 << 3);
    /// Alpha ledger, SPRT, mode.
    pub const GOVERNANCE: Changes = Changes(1 << 4);
    /// Totals, times, what was not understood.
    pub const SESSION: Changes = Changes(1 << 5);
    /// The state's second: every window may have moved.
    pub const TIME: Changes = Changes(1 << 6);
    /// Steps from intent to fill, and why intents drop out.
    pub const FUNNEL: Changes = Changes(1 << 7);
    /// Explanations, reasons, provenance.
    pub const XAI: Changes = Changes(1 << 8);
    /// Positions, profit, fees, costs.
    pub const TRADE: Changes = Changes(1 << 9);
    /// Books and prices.
    pub const MARKET: Changes = Changes(1 << 10);
    /// Risk gauges.
    pub const RISK: Changes = Changes(1 << 11);
    /// Queries to the service.
    pub const SERVICE: Changes = Changes(1 << 12);
    /// Operators' acts.
    pub const OPERATIONS: Changes = Changes(1 << 13);
    /// Everything.
    pub const ALL: Changes = Changes((1 << 14) - 1);

    /// Whether any of `part` changed.
    pub fn touches(self, part: Changes) -> bool {
        self.0 & part.0 != 0
    }

    /// Whether nothing changed.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    fn when(self, changed: bool) -> Changes {
        if changed { self } else { Changes::NONE }
    }
}

impl BitOr for Changes {
    type Output = Changes;
    fn bitor(self, other: Changes) -> Changes {
        Changes(self.0 | other.0)
    }
}

impl BitOrAssign for Changes {
    fn bitor_assign(&mut self, other: Changes) {
        self.0 |= other.0;
    }
}

/// Everything that is known of a session.
#[derive(Clone, Debug)]
pub struct State {
    now: Ts,
    limits: Limits,
    orders: Orders,
    latency: Latency,
    routes: RouteCounts,
    scopes: Scopes,
    minutes: Minutes,
    protection: Protection,
    governance: Governance,
    funnel: FunnelCounts,
    coverage: Coverage,
    provenance: Provenance,
    trade: Trade,
    market: Market,
    risk: Risk,
    service: Service,
    operations: Operations,
    session: Session,
    rate: Tiers<u32>,
}

parts!(stepwise State {
    now: of(clock),
    limits,
    scopes,
    orders,
    latency,
    routes,
    minutes,
    protection,
    governance,
    funnel,
    coverage,
    provenance,
    trade,
    market,
    risk,
    service,
    operations,
    session,
    rate,
});

/// The state's time, with which all windows end.
mod clock {
    use super::{Broken, Loading, Parts, Sink, Source, Ts};

    pub(super) fn save(now: &impl Parts, to: &mut impl Sink) {
        now.save(to);
    }

    pub(super) fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Ts, Broken> {
        let now = Ts::load(from)?;
        from.end = now.second();
        Ok(now)
    }
}

impl State {
    /// An empty session at `now`, the time that windows end at.
    pub fn new(now: Ts) -> Self {
        Self::with_limits(now, Limits::default())
    }

    /// An empty session at `now` that remembers as much as `limits` say, or the nearest that is possible.
    pub fn with_limits(now: Ts, limits: Limits) -> Self {
        let (end, limits) = (now.second(), limits.clamped());
        Self {
            now,
            limits,
            orders: Orders::with_id_limit(end, limits.order_ids),
            latency: Latency::new(end),
            routes: RouteCounts::new(end),
            scopes: Scopes::default(),
            minutes: Minutes::default(),
            protection: Protection::new(end),
            governance: Governance::default(),
            funnel: FunnelCounts::new(end),
            coverage: Coverage::new(end),
            provenance: Provenance::new(end),
            trade: Trade::new(end),
            market: Market::new(end),
            risk: Risk::default(),
            service: Service::new(end),
            operations: Operations::new(end),
            session: Session::default(),
            rate: Tiers::new(end, 1),
        }
    }

    /// Gives everything that the state consists of, see [`crate::parts`]; its switches too.
    pub fn save(&self, to: &mut impl Sink) {
        Parts::save(self, to);
    }

    /// In how many steps it can be saved as it is now, so that whoever saves can do something else between two of them.
    pub fn steps(&self) -> usize {
        Parts::steps(self)
    }

    /// Gives the parts of one step, from 0. All of them in order are what [`State::save`] gives, as long as the state does not
    /// change in between.
    pub fn save_step(&self, step: usize, to: &mut impl Sink) {
        Parts::save_step(self, step, to);
    }

    /// Makes a state of its parts: it behaves as the one that they were taken from, for every event.
    ///
    /// # Errors
    /// [`Broken`] for parts that no state can have.
    pub fn load(from: &mut impl Source) -> Result<Self, Broken> {
        Parts::load(&mut Loading::new(from))
    }

    /// Moves the state's time forwards to `now`; an earlier `now` changes nothing. Windows age with it.
    pub fn advance(&mut self, now: Ts) -> Changes {
        if now <= self.now {
            return Changes::NONE;
        }
        self.now = now;
        let end = now.second();
        let moved = end > self.rate.seconds().end();
        if moved {
            self.orders.advance(end);
            self.latency.advance(end);
            self.routes.advance(end);
            self.rate.advance(end);
            self.protection.advance(end);
            self.funnel.advance(end);
            self.coverage.advance(self.now, &mut self.minutes);
            self.provenance.advance(end);
            self.trade.advance(end);
            self.market.advance(end);
            self.service.advance(end);
            self.operations.advance(end);
        }
        Changes::TIME.when(moved)
    }

    /// Takes one event in and says what it changed.
    ///
    /// An event without a time, or more than five seconds ahead of the state's time, counts at the state's time.
    /// Of its texts what is kept counts, see [`crate::text`].
    pub fn apply(&mut self, event: &Event<'_>) -> Changes {
        match text::shortened(event) {
            Some(shortened) => self.take(&shortened),
            None => self.take(event),
        }
    }

    fn take(&mut self, event: &Event<'_>) -> Changes {
        let skewed = event.ts.is_some_and(|ts| ts > self.now.plus_seconds(AHEAD_SECONDS));
        let at = event.ts.filter(|_| !skewed).unwrap_or(self.now);
        self.session.apply(event, skewed);
        let subject = self.scopes.subject(event);
        self.rate.record(at.second(), ());
        self.minutes.count(Figure::events(event.source), at.second());
        Changes::SESSION
            | Changes::ORDERS.when(self.orders.apply(event, subject, at, &mut self.minutes))
            | Changes::LATENCY.when(self.latency.apply(event, subject, at, &mut self.minutes))
            | Changes::ROUTES.when(self.routes.apply(event, subject.scope, at, &mut self.minutes))
            | Changes::PROTECTION.when(self.protection.apply(event, at))
            | Changes::GOVERNANCE.when(self.governance.apply(event, at))
            | Changes::FUNNEL.when(self.funnel.apply(event, subject, at))
            | Changes::XAI.when(
                self.coverage.apply(event, subject, at, &mut self.minutes)
                    | self.provenance.apply(event, at, &mut self.minutes),
            )
            | Changes::TRADE.when(self.trade.apply(event, subject, self.scopes.side(subject.scope), at))
            | Changes::MARKET.when(self.market.apply(event, at))
            | Changes::RISK.when(self.risk.apply(event, at))
            | Changes::SERVICE.when(self.service.apply(event, at, &mut self.minutes))
            | Changes::OPERATIONS.when(self.operations.apply(event, at))
    }

    /// Counts a line that could not be read.
    pub fn reject(&mut self) -> Changes {
        self.session.reject();
        self.minutes.count(Figure::rejected(), self.now.second());
        Changes::SESSION
    }

    /// The time that windows end at.
    pub fn now(&self) -> Ts {
        self.now
    }

    /// How much this state remembers.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// What its bounds made it forget or drop.
    pub fn forgotten(&self) -> Forgotten {
        Forgotten::of(self)
    }

    pub(crate) fn route_counts(&self) -> &RouteCounts {
        &self.routes
    }

    /// Order counts.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// Latencies.
    pub fn latency(&self) -> &Latency {
        &self.latency
    }

    /// Routes in the session.
    pub fn routes(&self) -> Routes {
        self.routes_over(Span::Session, Filter::ALL)
    }

    /// Routes over `span`, of what `filter` lets through.
    pub fn routes_over(&self, span: Span, filter: Filter) -> Routes {
        self.routes.over(span, &self.scopes.matching(filter))
    }

    /// Routes in each of `buckets`, of what `filter` lets through.
    pub fn route_series(&self, buckets: Buckets, filter: Filter) -> Vec<RoutePoint> {
        self.routes.series(buckets, &self.scopes.matching(filter))
    }

    /// Order counts of what `filter` lets through.
    pub fn orders_in(&self, filter: Filter) -> OrderView<'_> {
        self.orders.within(self.scopes.matching(filter))
    }

    /// Latencies of what `filter` lets through.
    pub fn latency_in(&self, filter: Filter) -> LatencyView<'_> {
        self.latency.within(self.scopes.matching(filter))
    }

    /// The symbols that occurred, and what a filter may name.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// Keeps one-minute aggregates from now on. Whoever asks for them has to drain them
    /// ([`State::drain_minutes`]): no more than [`Minutes::LIMIT`] wait.
    pub fn keep_minutes(&mut self) {
        self.minutes.switch_on();
    }

    /// Takes out the aggregates of minutes that ended at or before `until`, or of all, oldest first. One of a minute
    /// that was taken out before is an amendment: to be merged into what is stored of that minute.
    pub fn drain_minutes(&mut self, until: Option<Ts>) -> Vec<Minute> {
        self.coverage.settle(self.now, &mut self.minutes);
        self.minutes.drain(until.map(Ts::second))
    }

    /// One-minute aggregates that wait to be drained.
    pub fn minutes(&self) -> &Minutes {
        &self.minutes
    }

    /// Who speaks in this session, for the figures of its aggregates.
    pub fn speakers(&self) -> Speakers {
        Speakers::chosen(
            |outcome| self.orders.speaker(outcome),
            self.routes.speaker(),
            |kind| self.latency.speaker(kind),
        )
        .with_records(self.coverage.speaker(), |writer| self.provenance.counts(writer))
    }

    /// What protects the account.
    pub fn protection(&self) -> &Protection {
        &self.protection
    }

    /// What governs the strategy.
    pub fn governance(&self) -> &Governance {
        &self.governance
    }

    /// How many reached each step from intent to fill; `None` where nothing in the session tells of that step.
    pub fn funnel(&self, span: Span) -> [(Step, Option<u64>); Step::ALL.len()] {
        Step::ALL.map(|step| (step, self.funnel.reached(step, span, &self.orders)))
    }

    /// Why intents did not reach a step, over `span`: by step, then most frequent first.
    pub fn drop_outs(&self, span: Span) -> Vec<DropOut> {
        self.funnel.drop_outs(span)
    }

    /// What is told of the funnel, and what was forgotten.
    pub fn funnel_counts(&self) -> &FunnelCounts {
        &self.funnel
    }

    /// Intents over `span` that are older than ten seconds, and how many of them are explained.
    pub fn explained(&self, span: Span) -> Explained {
        self.coverage.explained(span, self.now)
    }

    /// Records per reason over `span`, of what `filter` lets through, whoever wrote them: see [`Coverage::reasons`].
    pub fn reasons_in(&self, span: Span, filter: Filter) -> Vec<(String, u64)> {
        self.coverage.reasons(span, &self.scopes.matching(filter))
    }

    /// Reasons, and what could not be matched with an intent.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Whether records of orders over `span` say where they come from.
    pub fn provenance(&self, span: Span) -> ProvenanceCoverage {
        self.provenance.coverage(span)
    }

    /// Money over `span`, by symbol.
    pub fn trade_by_symbol(&self, span: Span) -> Vec<SymbolTrade> {
        self.trade_in(span, Filter::ALL)
    }

    /// Money over `span` of what `filter` lets through, by symbol. With a side, flows are those of that side, and realised
    /// profit that of its fills; position, average price, mark and unrealised profit are the symbol's all the same.
    pub fn trade_in(&self, span: Span, filter: Filter) -> Vec<SymbolTrade> {
        let wanted = |name: &str| self.scopes.lets_through(name, filter);
        self.trade.by_symbol(span, filter.side, &self.market, wanted)
    }

    /// Money, and what of it could not be counted.
    pub fn trade(&self) -> &Trade {
        &self.trade
    }

    /// Books and prices.
    pub fn market(&self) -> &Market {
        &self.market
    }

    /// Risk gauges.
    pub fn risk(&self) -> &Risk {
        &self.risk
    }

    /// Queries to the service.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// What operators did.
    pub fn operations(&self) -> &Operations {
        &self.operations
    }

    /// Facts about the session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Events over `span`.
    pub fn events(&self, span: Span) -> u64 {
        match span.seconds() {
            Some(seconds) => self.rate.seconds().sum(seconds, |sum| *sum),
            None => self.session.events(),
        }
    }

    /// Events in each of `buckets`, oldest first.
    pub fn event_series(&self, buckets: Buckets) -> Vec<u64> {
        let count = |second| {
            let mut count = 0;
            self.rate.visit(second, buckets.step_seconds(), |bucket| count += u64::from(*bucket));
            count
        };
        buckets.starts().map(count).collect()
    }

    /// The latest moments that explain what charts show, oldest first: see [`crate::moments`].
    pub fn moments(&self) -> Vec<Moment> {
        moments::of(self)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::{BreakerState, Code, Outcome, Shape, Source};

    const NOW: Ts = Ts(1_795_196_697_000_000_000);

    fn denial(ts: Option<Ts>) -> Event<'static> {
        let mut event = Event::bare(Source::Denied, Shape::Flat, Code::Other, "uncoded");
        event.ts = ts;
        event
    }

    fn denied(state: &State, span: Span) -> u64 {
        state.orders().outcomes(span).get(Outcome::Denied)
    }

    #[test]
    fn an_event_from_the_future_counts_now_and_as_skewed() {
        let mut state = State::new(NOW);
        state.apply(&denial(Some(NOW.plus_seconds(3600))));
        assert_eq!((denied(&state, Span::MINUTE), state.session().skewed()), (1, 1));
        assert_eq!((state.session().first(), state.session().last()), (None, None), "it tells no time");
        state.apply(&denial(Some(NOW)));
        state.apply(&denial(Some(NOW.plus_seconds(i64::from(i32::MAX)))));
        assert_eq!((state.session().first(), state.session().last()), (Some(NOW), Some(NOW)));
    }

    #[test]
    fn an_event_a_little_ahead_counts_when_the_window_gets_there() {
        let mut state = State::new(NOW);
        state.apply(&denial(Some(NOW.plus_seconds(4))));
        assert_eq!((denied(&state, Span::MINUTE), state.session().skewed()), (0, 0));
        state.advance(NOW.plus_seconds(4));
        assert_eq!(denied(&state, Span::MINUTE), 1);
    }

    #[test]
    fn an_event_without_a_time_counts_now() {
        let mut state = State::new(NOW);
        state.apply(&denial(None));
        assert_eq!(denied(&state, Span::MINUTE), 1);
        assert_eq!(state.session().last(), None);
    }

    #[test]
    fn windows_age_with_time_and_the_session_does_not() {
        let mut state = State::new(NOW);
        state.apply(&denial(Some(NOW)));
        assert!(state.advance(NOW.plus_seconds(400)).touches(Changes::TIME));
        assert_eq!((denied(&state, Span::FIVE_MINUTES), denied(&state, Span::Session)), (0, 1));
        assert_eq!(state.orders().deny_rate(Span::FIVE_MINUTES), None);
    }

    #[test]
    fn a_late_event_counts_in_the_windows_it_belongs_to() {
        let mut state = State::new(NOW);
        state.apply(&denial(Some(NOW.plus_seconds(-100))));
        state.apply(&denial(Some(NOW.plus_seconds(-10_000))));
        assert_eq!(denied(&state, Span::MINUTE), 0);
        assert_eq!(denied(&state, Span::FIVE_MINUTES), 1);
        assert_eq!(denied(&state, Span::Session), 2);
    }

    #[test]
    fn the_breaker_keeps_the_time_of_its_last_change() {
        let mut state = State::new(NOW);
        for (seconds, breaker) in
            [(0, BreakerState::Open), (5, BreakerState::Open), (9, BreakerState::HalfOpen)]
        {
            let at = NOW.plus_seconds(seconds);
            state.advance(at);
            let mut event =
                Event::bare(Source::Events, Shape::Canonical, Code::Breaker, "CIRCUIT_BREAKER.STATE");
            event.ts = Some(at);
            event.breaker = Some(breaker);
            let changed = state.apply(&event).touches(Changes::PROTECTION);
            assert_eq!(changed, seconds != 5);
        }
        assert_eq!(state.protection().breaker, Some((BreakerState::HalfOpen, NOW.plus_seconds(9))));
    }

    #[test]
    fn events_are_counted_by_second_and_for_a_day() {
        let mut state = State::new(NOW);
        for seconds in [0, 0, -1, -5_000, -80_000, -90_000] {
            state.apply(&denial(Some(NOW.plus_seconds(seconds))));
        }
        let end = NOW.second();
        assert_eq!(state.event_series(Buckets::with_step(1, end - 1, end)), [1, 2]);
        let day: u64 = state.event_series(Buckets::with_step(600, end - 86_000, end)).into_iter().sum();
        assert_eq!(day, 5);
        state.advance(NOW.plus_seconds(2_000));
        let ten = (end - 5_000).div_euclid(10) * 10;
        assert_eq!(state.event_series(Buckets::with_step(10, ten, ten + 9)), [1]);
    }

    #[test]
    fn an_unknown_code_is_kept_and_counted() {
        let mut state = State::new(NOW);
        for code in ["DIAG.CANCEL.GUARD", "DIAG.CANCEL.GUARD", "uncoded"] {
            let mut event = Event::bare(Source::Events, Shape::Flat, Code::Other, "");
            event.code_text = Cow::Borrowed(code);
            state.apply(&event);
        }
        let session = state.session();
        assert_eq!((session.events(), session.unknown_total(), session.uncoded()), (3, 2, 1));
        assert_eq!(session.unknown_codes(), [("DIAG.CANCEL.GUARD".to_owned(), 2)]);
    }
}
