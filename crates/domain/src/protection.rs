//! What protects the account: circuit breaker, arming, cool-off and halts, guards, idempotency, health.
//!
//! Invariants: the histories of the breaker and of arming hold their latest [`Protection::HISTORY_LIMIT`] changes, 64 codes are counted
//! apart and the rest together, and [`Protection::HEALTH_LIMIT`] health gauges are kept; a record that arrives late
//! does not replace a newer one.

use std::collections::VecDeque;

use crate::{
    code::Code,
    detail::Detail,
    event::{BreakerState, Event},
    latest::{Latest, update},
    maps::ByName,
    parts::parts,
    session::is_read,
    span::Span,
    tally::CodeTallies,
    time::Ts,
};

/// A latency of the bot's own health check against its threshold, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Health {
    /// As measured.
    pub value_ms: Option<f64>,
    /// What it is held against.
    pub threshold_ms: Option<f64>,
}

parts!(Health { value_ms, threshold_ms });

/// A change of whether the bot may trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arming {
    /// When.
    pub at: Ts,
    /// Whether trading is armed since then.
    pub armed: Option<bool>,
    /// Whether trading is halted since then.
    pub halted: Option<bool>,
}

parts!(Arming { at, armed, halted });

/// What protects the account, as last reported; `None` where it never was.
#[derive(Clone, Debug, Default)]
pub struct Protection {
    /// The circuit breaker and since when it is in that state.
    pub breaker: Option<(BreakerState, Ts)>,
    /// Whether trading is armed.
    pub armed: Option<bool>,
    /// Whether trading is halted.
    pub halted: Option<bool>,
    /// Until when the bot cools off.
    pub cooloff_until: Option<Ts>,
    end: i64,
    history: VecDeque<(BreakerState, Ts)>,
    changes: u64,
    breaker_at: Option<Ts>,
    arming_at: Option<Ts>,
    counts: CodeTallies,
    health: ByName<Option<Latest<Health>>>,
    health_dropped: u64,
    armings: VecDeque<Arming>,
    arming_changes: u64,
}

parts!(Protection {
    breaker,
    armed,
    halted,
    cooloff_until,
    end: window,
    history: within(Protection::HISTORY_LIMIT),
    changes,
    breaker_at,
    arming_at,
    counts,
    health: within(Protection::HEALTH_LIMIT),
    health_dropped,
    armings: within(Protection::HISTORY_LIMIT),
    arming_changes,
});

impl Protection {
    /// How many changes of the breaker are kept, and how many of arming.
    pub const HISTORY_LIMIT: usize = 64;
    /// How many health gauges are kept.
    pub const HEALTH_LIMIT: usize = 16;

    pub(crate) fn new(end: i64) -> Self {
        Self { end, ..Self::default() }
    }

    pub(crate) fn advance(&mut self, end: i64) {
        self.end = self.end.max(end);
        self.counts.advance(end);
    }

    /// Takes in what `event` tells. Returns true where that changes a figure.
    #[inline]
    pub(crate) fn apply(&mut self, event: &Event<'_>, at: Ts) -> bool {
        concerns(event.code) && self.take(event, at)
    }

    fn take(&mut self, event: &Event<'_>, at: Ts) -> bool {
        match event.code {
            Code::Breaker => self.set_breaker(event, at),
            Code::Aurora if !is_read(event) => false,
            Code::Halt
            | Code::Resume
            | Code::ArmState
            | Code::Arm
            | Code::Disarm
            | Code::CoolOff
            | Code::Aurora => {
                self.counts.count(&event.code_text, self.end, at.second());
                self.set_arming(event, at);
                true
            }
            Code::HealthLatency => {
                self.counts.count(&event.code_text, self.end, at.second());
                self.set_health(event, at);
                true
            }
            Code::SpreadGuard | Code::Trap | Code::Idem | Code::HealthError => {
                self.counts.count(&event.code_text, self.end, at.second());
                true
            }
            _ => false,
        }
    }

    /// Returns true where the state changed.
    fn set_breaker(&mut self, event: &Event<'_>, at: Ts) -> bool {
        let late = self.breaker_at.is_some_and(|known| known > at);
        let Some(state) = event.breaker.filter(|_| !late) else { return false };
        self.breaker_at = Some(at);
        if self.breaker.is_some_and(|(known, _)| known == state) {
            return false;
        }
        self.breaker = Some((state, at));
        self.changes += 1;
        self.history.push_back((state, at));
        if self.history.len() > Self::HISTORY_LIMIT {
            self.history.pop_front();
        }
        true
    }

    fn set_arming(&mut self, event: &Event<'_>, at: Ts) {
        if self.arming_at.is_some_and(|known| known > at) {
            return;
        }
        self.arming_at = Some(at);
        let before = (self.armed, self.halted);
        self.armed = match event.code {
            Code::Arm => Some(event.armed.unwrap_or(true)),
            Code::Disarm => Some(event.armed.unwrap_or(false)),
            _ => event.armed.or(self.armed),
        };
        self.halted = match event.code {
            Code::Halt => Some(true),
            Code::Resume => Some(false),
            _ => event.halted.or(self.halted),
        };
        if (self.armed, self.halted) != before {
            self.arming_changes += 1;
            self.armings.push_back(Arming { at, armed: self.armed, halted: self.halted });
            if self.armings.len() > Self::HISTORY_LIMIT {
                self.armings.pop_front();
            }
        }
        if let Some(until) = event.numbers.cooloff_until {
            self.cooloff_until = Some(until).filter(|until| until.0 > 0);
        }
    }

    fn set_health(&mut self, event: &Event<'_>, at: Ts) {
        let Detail::Health { value_ms, threshold_ms } = event.detail else { return };
        let code: &str = &event.code_text;
        let health = Health { value_ms, threshold_ms };
        if let Some(known) = self.health.get_mut(code) {
            update(known, health, at);
        } else if self.health.len() < Self::HEALTH_LIMIT {
            self.health.insert(code.into(), Some(Latest { value: health, at }));
        } else {
            self.health_dropped += 1;
        }
    }

    /// Records of health gauges beyond the limit.
    pub fn health_dropped(&self) -> u64 {
        self.health_dropped
    }

    /// The latest changes of the breaker, oldest first: the state and since when.
    pub fn breaker_history(&self) -> impl ExactSizeIterator<Item = (BreakerState, Ts)> {
        self.history.iter().copied()
    }

    /// The states that the breaker was found in during the session, the first one included; more than
    /// [`Protection::breaker_history`] holds where some were dropped.
    pub fn breaker_changes(&self) -> u64 {
        self.changes
    }

    /// The latest changes of arming and halts, oldest first.
    pub fn armings(&self) -> impl ExactSizeIterator<Item = Arming> {
        self.armings.iter().copied()
    }

    /// Changes of arming and halts in the session; more than [`Protection::armings`] holds where some were dropped.
    pub fn arming_changes(&self) -> u64 {
        self.arming_changes
    }

    /// Records over `span` by code: `AURORA.*` and `OPS.RESET` of arming, halts and cool-off, `SPREAD_GUARD_TRIP`,
    /// `POLICY.TRAP_*`, `IDEM.*`, `HEALTH.ERROR`, `HEALTH.LATENCY_*`. By name; codes that did not fit are `other`.
    pub fn counts(&self, span: Span) -> Vec<(String, u64)> {
        self.counts.over(span)
    }

    /// Records over `span` of codes that begin with `prefix`, as in [`Protection::counts`].
    pub fn count_of(&self, prefix: &str, span: Span) -> u64 {
        self.counts(span).iter().filter(|(code, _)| code.starts_with(prefix)).map(|(_, count)| count).sum()
    }

    /// `HEALTH.LATENCY_*` as last reported, by code.
    pub fn health(&self) -> Vec<(&str, Latest<Health>)> {
        let mut health: Vec<_> =
            self.health.iter().filter_map(|(code, latest)| Some((&**code, (*latest)?))).collect();
        crate::sorting::by_key(&mut health, |(code, _)| *code);
        health
    }
}

/// The codes that tell of protection: asked for every event, so that all others cost no call.
fn concerns(code: Code) -> bool {
    matches!(
        code,
        Code::Breaker
            | Code::Halt
            | Code::Resume
            | Code::ArmState
            | Code::Arm
            | Code::Disarm
            | Code::CoolOff
            | Code::Aurora
            | Code::HealthLatency
            | Code::SpreadGuard
            | Code::Trap
            | Code::Idem
            | Code::HealthError
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shape, Source};

    fn log(code: Code, text: &'static str) -> Event<'static> {
        Event::bare(Source::Events, Shape::Canonical, code, text)
    }

    fn breaker(state: BreakerState) -> Event<'static> {
        Event { breaker: Some(state), ..log(Code::Breaker, "CIRCUIT_BREAKER.STATE") }
    }

    fn protection(records: &[(i64, Event<'_>)]) -> Protection {
        let mut protection = Protection::new(0);
        for (at, event) in records {
            protection.apply(event, Ts(*at));
        }
        protection
    }

    #[test]
    fn the_breakers_history_holds_its_changes() {
        use BreakerState::{Closed, HalfOpen, Open};
        let states = [(1, Closed), (2, Closed), (3, Open), (5, HalfOpen), (4, Closed), (6, Closed)];
        let known = protection(&states.map(|(at, state)| (at, breaker(state))));
        let history: Vec<_> = known.breaker_history().map(|(state, at)| (at.0, state)).collect();
        assert_eq!(history, [(1, Closed), (3, Open), (5, HalfOpen), (6, Closed)]);
        assert_eq!(known.breaker, Some((Closed, Ts(6))));
    }

    #[test]
    fn beyond_the_limit_the_oldest_changes_are_dropped_and_counted() {
        let states = [BreakerState::Open, BreakerState::Closed];
        let records: Vec<_> = states.into_iter().cycle().take(200).map(breaker).zip(0..).collect();
        let records: Vec<_> = records.into_iter().map(|(event, at)| (at, event)).collect();
        let known = protection(&records);
        assert_eq!(
            (known.breaker_history().len(), known.breaker_changes()),
            (Protection::HISTORY_LIMIT, 200)
        );
        assert_eq!(known.breaker_history().next().unwrap().1, Ts(136));
    }

    #[test]
    fn a_late_record_does_not_undo_a_halt() {
        let halt = log(Code::Halt, "AURORA.HALT");
        let armed =
            Event { halted: Some(false), armed: Some(true), ..log(Code::ArmState, "AURORA.ARM_STATE") };
        let known = protection(&[(5, halt.clone()), (4, armed.clone())]);
        assert_eq!((known.halted, known.armed), (Some(true), None));
        let known = protection(&[(4, armed), (5, halt), (6, log(Code::Resume, "AURORA.RESUME"))]);
        assert_eq!((known.halted, known.armed), (Some(false), Some(true)));
    }

    #[test]
    fn arming_is_told_by_the_code_where_the_record_does_not_tell_it() {
        let armed = |records: &[(i64, Event<'_>)]| protection(records).armed;
        let (arm, disarm) = (log(Code::Arm, "AURORA.ARM"), log(Code::Disarm, "AURORA.DISARM"));
        assert_eq!(armed(&[(1, arm.clone()), (2, disarm.clone())]), Some(false));
        assert_eq!(armed(&[(1, disarm), (2, arm.clone())]), Some(true));
        assert_eq!(armed(&[(1, Event { armed: Some(false), ..arm })]), Some(false));
    }

    #[test]
    fn changes_of_arming_are_kept_and_repeats_are_none() {
        let (halt, resume) = (log(Code::Halt, "AURORA.HALT"), log(Code::Resume, "AURORA.RESUME"));
        let known =
            protection(&[(1, halt.clone()), (2, halt.clone()), (4, resume.clone()), (3, halt.clone())]);
        let changes: Vec<_> = known.armings().map(|change| (change.at.0, change.halted)).collect();
        assert_eq!(changes, [(1, Some(true)), (4, Some(false))]);
        let records: Vec<_> =
            (0..200).map(|at| (at, if at % 2 == 0 { halt.clone() } else { resume.clone() })).collect();
        let known = protection(&records);
        assert_eq!((known.armings().len(), known.arming_changes()), (Protection::HISTORY_LIMIT, 200));
    }

    #[test]
    fn another_code_of_the_family_counts_where_it_tells_something() {
        let panic = log(Code::Aurora, "AURORA.PANIC");
        assert!(protection(&[(1, panic.clone())]).counts(Span::Session).is_empty());
        let known = protection(&[(1, Event { halted: Some(true), ..panic })]);
        assert_eq!((known.halted, known.count_of("AURORA.", Span::Session)), (Some(true), 1));
    }

    #[test]
    fn a_record_without_a_cool_off_keeps_the_known_one_and_zero_ends_it() {
        let cool = |until: Option<i64>| {
            let mut event = log(Code::CoolOff, "AURORA.COOL_OFF");
            event.numbers.cooloff_until = until.map(Ts);
            event
        };
        let until = |records: &[(i64, Event<'_>)]| protection(records).cooloff_until;
        assert_eq!(until(&[(1, cool(Some(70))), (2, cool(None))]), Some(Ts(70)));
        assert_eq!(until(&[(1, cool(Some(70))), (2, cool(Some(0)))]), None);
    }

    #[test]
    fn guards_and_idempotency_are_counted_by_code() {
        let known = protection(&[
            (1, log(Code::SpreadGuard, "SPREAD_GUARD_TRIP")),
            (1, log(Code::Idem, "IDEM.HIT")),
            (1, log(Code::Idem, "IDEM.DUP")),
            (1, log(Code::Idem, "IDEM.HIT")),
            (1, log(Code::HealthError, "HEALTH.ERROR")),
        ]);
        let names = [("HEALTH.ERROR", 1), ("IDEM.DUP", 1), ("IDEM.HIT", 2), ("SPREAD_GUARD_TRIP", 1)];
        let expected: Vec<_> = names.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect();
        assert_eq!(known.counts(Span::MINUTE), expected);
        assert_eq!(
            (known.count_of("IDEM.", Span::Session), known.count_of("POLICY.", Span::Session)),
            (3, 0)
        );
    }

    #[test]
    fn a_health_gauge_keeps_its_last_value_and_threshold() {
        let health = |value| Event {
            detail: Detail::Health { value_ms: Some(value), threshold_ms: Some(30.0) },
            ..log(Code::HealthLatency, "HEALTH.LATENCY_HIGH")
        };
        let known = protection(&[(1, health(31.0)), (3, health(35.0)), (2, health(33.0))]);
        let expected = Latest { value: Health { value_ms: Some(35.0), threshold_ms: Some(30.0) }, at: Ts(3) };
        assert_eq!(known.health(), [("HEALTH.LATENCY_HIGH", expected)]);
    }
}
