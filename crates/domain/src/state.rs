//! The whole state of a session, and the one way to change it.
//!
//! Invariants: [`State::apply`] is the only writer; time comes from outside and only moves forwards
//! ([`State::advance`]); the same events in the same order give the same state, in the feed and in the page.

use std::ops::{BitOr, BitOrAssign};

use crate::{
    code::Code,
    event::{BreakerState, Event},
    latency::Latency,
    orders::Orders,
    rolling::{AHEAD_SECONDS, Rolling},
    routes::{RouteCounts, Routes},
    session::Session,
    span::Span,
    time::Ts,
};

/// The parts of the state that a change touched: what has to be looked at again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes(u8);

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
    /// Everything.
    pub const ALL: Changes = Changes((1 << 7) - 1);

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

/// What protects the account, as last reported; `None` where it never was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Protection {
    /// The circuit breaker and since when it is in that state.
    pub breaker: Option<(BreakerState, Ts)>,
    /// Whether trading is armed.
    pub armed: Option<bool>,
    /// Whether trading is halted.
    pub halted: Option<bool>,
    /// Until when the bot cools off.
    pub cooloff_until: Option<Ts>,
}

/// What governs the strategy, as last reported; `None` where it never was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Governance {
    /// Error probability spent.
    pub alpha_spent: Option<f64>,
    /// Error probability that may be spent.
    pub alpha_budget: Option<f64>,
    /// Log-likelihood ratio of the sequential test.
    pub llr: Option<f64>,
    /// The test's samples so far.
    pub samples: Option<f64>,
    /// What the test last said.
    pub decision: Option<&'static str>,
    /// The governor's mode, such as `shadow`, `canary` or `live`.
    pub mode: Option<Box<str>>,
}

/// Everything that is known of a session.
#[derive(Clone, Debug)]
pub struct State {
    now: Ts,
    orders: Orders,
    latency: Latency,
    routes: RouteCounts,
    protection: Protection,
    governance: Governance,
    session: Session,
    rate: Rolling<u32>,
}

impl State {
    /// An empty session at `now`, the time that windows end at.
    pub fn new(now: Ts) -> Self {
        let end = now.second();
        Self {
            now,
            orders: Orders::new(end),
            latency: Latency::new(end),
            routes: RouteCounts::default(),
            protection: Protection::default(),
            governance: Governance::default(),
            session: Session::default(),
            rate: Rolling::new(end),
        }
    }

    /// Moves the state's time forwards to `now`; an earlier `now` changes nothing. Windows age with it.
    pub fn advance(&mut self, now: Ts) -> Changes {
        let moved = now.second() > self.now.second();
        self.now = self.now.max(now);
        if moved {
            let end = self.now.second();
            self.orders.advance(end);
            self.latency.advance(end);
            self.rate.advance(end);
        }
        Changes::TIME.when(moved)
    }

    /// Takes one event in and says what it changed.
    ///
    /// An event without a time, or more than five seconds ahead of the state's time, counts at the state's time.
    pub fn apply(&mut self, event: &Event<'_>) -> Changes {
        let skewed = event.ts.is_some_and(|ts| ts > self.now.plus_seconds(AHEAD_SECONDS));
        let at = event.ts.filter(|_| !skewed).unwrap_or(self.now);
        self.session.apply(event, skewed);
        self.rate.record(at.second(), ());
        Changes::SESSION
            | Changes::ORDERS.when(self.orders.apply(event, at))
            | Changes::LATENCY.when(self.latency.apply(event, at))
            | Changes::ROUTES.when(self.routes.apply(event))
            | Changes::PROTECTION.when(self.apply_protection(event, at))
            | Changes::GOVERNANCE.when(self.apply_governance(event))
    }

    /// Counts a line that could not be read.
    pub fn reject(&mut self) -> Changes {
        self.session.reject();
        Changes::SESSION
    }

    fn apply_protection(&mut self, event: &Event<'_>, at: Ts) -> bool {
        let before = self.protection.clone();
        let protection = &mut self.protection;
        if let Some(state) = event.breaker
            && protection.breaker.is_none_or(|(known, _)| known != state)
        {
            protection.breaker = Some((state, at));
        }
        protection.armed = event.armed.or(protection.armed);
        protection.halted = match event.code {
            Code::Halt => Some(true),
            Code::Resume => Some(false),
            _ => event.halted.or(protection.halted),
        };
        if let Some(until) = event.numbers.cooloff_until_s {
            protection.cooloff_until = from_seconds(until);
        }
        *protection != before
    }

    fn apply_governance(&mut self, event: &Event<'_>) -> bool {
        let before = self.governance.clone();
        let governance = &mut self.governance;
        match event.code {
            Code::AlphaLedger => {
                governance.alpha_spent = event.numbers.alpha_spent.or(governance.alpha_spent);
                governance.alpha_budget = event.numbers.alpha_budget.or(governance.alpha_budget);
            }
            Code::SprtH0 | Code::SprtH1 | Code::SprtContinue => {
                governance.llr = event.numbers.llr.or(governance.llr);
                governance.samples = event.numbers.samples.or(governance.samples);
                governance.decision = Some(match event.code {
                    Code::SprtH0 => "accept H0",
                    Code::SprtH1 => "accept H1",
                    _ => "continue",
                });
            }
            Code::GovernanceEval | Code::GovernanceTransition => {
                if let Some(mode) = &event.mode {
                    governance.mode = Some(mode.as_ref().into());
                }
            }
            _ => return false,
        }
        *governance != before
    }

    /// The time that windows end at.
    pub fn now(&self) -> Ts {
        self.now
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
        self.routes.spoken()
    }

    /// What protects the account.
    pub fn protection(&self) -> &Protection {
        &self.protection
    }

    /// What governs the strategy.
    pub fn governance(&self) -> &Governance {
        &self.governance
    }

    /// Facts about the session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Events over `span`.
    pub fn events(&self, span: Span) -> u64 {
        match span.seconds() {
            Some(seconds) => self.rate.sum(seconds, |sum| *sum),
            None => self.session.events(),
        }
    }
}

/// Seconds since the epoch as a point in time; zero and what is no time mean "not set".
#[expect(clippy::cast_possible_truncation, reason = "checked to lie within the range of Ts")]
fn from_seconds(seconds: f64) -> Option<Ts> {
    (seconds > 0.0 && seconds < 9e9).then_some(Ts((seconds * 1e9) as i64))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::{Outcome, Shape, Source};

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
