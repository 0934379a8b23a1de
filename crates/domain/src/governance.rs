//! What governs the strategy: the alpha ledger, the sequential test, the governor's mode and its transitions.
//!
//! Invariants: the path of the test and the list of transitions are in order of time and bounded
//! ([`Governance::PATH_LIMIT`], [`Governance::TRANSITION_LIMIT`]), and what was dropped from them is counted; a record
//! that arrives late does not replace a newer one.

use std::collections::VecDeque;

use crate::{code::Code, detail::Detail, event::Event, time::Ts};

/// The sequential test after one of its records.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SprtPoint {
    /// When.
    pub at: Ts,
    /// Log-likelihood ratio.
    pub llr: Option<f64>,
    /// Samples so far.
    pub samples: Option<f64>,
    /// `accept H0`, `accept H1` or `continue`.
    pub decision: &'static str,
}

/// Bounds of the sequential test, as log-likelihood ratios.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Boundaries {
    /// `log_A`: at or above, the alternative is accepted.
    pub upper: Option<f64>,
    /// `log_B`: at or below, the null hypothesis is accepted.
    pub lower: Option<f64>,
}

/// A change of the governor's mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Ts,
    /// The mode before.
    pub from: Option<Box<str>>,
    /// The mode after.
    pub to: Option<Box<str>>,
    /// Why.
    pub reason: Option<Box<str>>,
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
    /// Where the test ends.
    pub boundaries: Boundaries,
    /// The governor's mode, such as `shadow`, `canary` or `live`.
    pub mode: Option<Box<str>>,
    path: VecDeque<SprtPoint>,
    transitions: VecDeque<Transition>,
    tests: u64,
    accepted_h0: u64,
    accepted_h1: u64,
    evaluations: u64,
    transition_total: u64,
    ledger_at: Option<Ts>,
    test_at: Option<Ts>,
    mode_at: Option<Ts>,
}

impl Governance {
    /// How many points of the test's path are kept.
    pub const PATH_LIMIT: usize = 1024;
    /// How many transitions are kept.
    pub const TRANSITION_LIMIT: usize = 128;

    /// Takes in what `event` tells. Returns true where it tells something.
    pub(crate) fn apply(&mut self, event: &Event<'_>, at: Ts) -> bool {
        match event.code {
            Code::AlphaLedger => self.spend(event, at),
            Code::SprtH0 => self.test(event, at, "accept H0"),
            Code::SprtH1 => self.test(event, at, "accept H1"),
            Code::SprtContinue => self.test(event, at, "continue"),
            Code::GovernanceEval => {
                self.evaluations += 1;
                self.set_mode(event, at);
            }
            Code::GovernanceTransition => {
                self.set_mode(event, at);
                self.note_transition(event, at);
            }
            _ => return false,
        }
        true
    }

    fn spend(&mut self, event: &Event<'_>, at: Ts) {
        if is_newest(&mut self.ledger_at, at) {
            self.alpha_spent = event.numbers.alpha_spent.or(self.alpha_spent);
            self.alpha_budget = event.numbers.alpha_budget.or(self.alpha_budget);
        }
    }

    fn test(&mut self, event: &Event<'_>, at: Ts, decision: &'static str) {
        self.tests += 1;
        self.accepted_h0 += u64::from(event.code == Code::SprtH0);
        self.accepted_h1 += u64::from(event.code == Code::SprtH1);
        let numbers = &event.numbers;
        let point = SprtPoint { at, llr: numbers.llr, samples: numbers.samples, decision };
        insert_in_time(&mut self.path, point, |point| point.at, Self::PATH_LIMIT);
        if !is_newest(&mut self.test_at, at) {
            return;
        }
        self.llr = numbers.llr.or(self.llr);
        self.samples = numbers.samples.or(self.samples);
        self.decision = Some(decision);
        if let Detail::Boundaries { upper, lower } = event.detail {
            self.boundaries.upper = upper.or(self.boundaries.upper);
            self.boundaries.lower = lower.or(self.boundaries.lower);
        }
    }

    fn set_mode(&mut self, event: &Event<'_>, at: Ts) {
        if let Some(mode) = event.mode.as_deref()
            && is_newest(&mut self.mode_at, at)
            && self.mode.as_deref() != Some(mode)
        {
            self.mode = Some(mode.into());
        }
    }

    fn note_transition(&mut self, event: &Event<'_>, at: Ts) {
        self.transition_total += 1;
        let transition = Transition {
            at,
            from: event.label.as_deref().map(Into::into),
            to: event.mode.as_deref().map(Into::into),
            reason: event.reason.as_deref().map(Into::into),
        };
        insert_in_time(&mut self.transitions, transition, |known| known.at, Self::TRANSITION_LIMIT);
    }

    /// The latest points of the sequential test, oldest first.
    pub fn path(&self) -> impl ExactSizeIterator<Item = &SprtPoint> {
        self.path.iter()
    }

    /// The latest transitions, oldest first.
    pub fn transitions(&self) -> impl ExactSizeIterator<Item = &Transition> {
        self.transitions.iter()
    }

    /// Records of the sequential test in the session; more than [`Governance::path`] holds where points were dropped.
    pub fn tests(&self) -> u64 {
        self.tests
    }

    /// Tests in the session that kept the null hypothesis, and that took the alternative.
    pub fn accepted(&self) -> (u64, u64) {
        (self.accepted_h0, self.accepted_h1)
    }

    /// Transitions in the session; more than [`Governance::transitions`] holds where some were dropped.
    pub fn transition_total(&self) -> u64 {
        self.transition_total
    }

    /// Evaluations of the governor in the session.
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }
}

/// Whether nothing newer is known, and if so notes `at`.
fn is_newest(known: &mut Option<Ts>, at: Ts) -> bool {
    let newest = known.is_none_or(|known| known <= at);
    if newest {
        *known = Some(at);
    }
    newest
}

/// Inserts behind everything that is not later, and drops the oldest beyond `limit`.
pub(crate) fn insert_in_time<T>(list: &mut VecDeque<T>, item: T, time: impl Fn(&T) -> Ts, limit: usize) {
    let at = time(&item);
    let place = list.iter().rposition(|known| time(known) <= at).map_or(0, |before| before + 1);
    list.insert(place, item);
    if list.len() > limit {
        list.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shape, Source};

    fn log(code: Code) -> Event<'static> {
        Event::bare(Source::Events, Shape::Canonical, code, "X")
    }

    fn test(code: Code, llr: f64, samples: f64) -> Event<'static> {
        let mut event = log(code);
        (event.numbers.llr, event.numbers.samples) = (Some(llr), Some(samples));
        event.detail = Detail::Boundaries { upper: Some(2.75), lower: Some(-1.5) };
        event
    }

    fn transition(from: &'static str, to: &'static str) -> Event<'static> {
        let mut event = log(Code::GovernanceTransition);
        (event.label, event.mode, event.reason) =
            (Some(from.into()), Some(to.into()), Some("red_flag".into()));
        event
    }

    fn governance(records: &[(i64, Event<'_>)]) -> Governance {
        let mut governance = Governance::default();
        for (at, event) in records {
            assert!(governance.apply(event, Ts(*at)));
        }
        governance
    }

    #[test]
    fn the_path_is_in_order_of_time_and_the_last_record_stands() {
        let known = governance(&[
            (1, test(Code::SprtContinue, 0.5, 1.0)),
            (3, test(Code::SprtH1, 3.0, 3.0)),
            (2, test(Code::SprtContinue, 1.5, 2.0)),
        ]);
        assert_eq!(known.path().map(|point| point.llr.unwrap()).collect::<Vec<_>>(), [0.5, 1.5, 3.0]);
        assert_eq!((known.llr, known.samples, known.decision), (Some(3.0), Some(3.0), Some("accept H1")));
        assert_eq!(known.boundaries, Boundaries { upper: Some(2.75), lower: Some(-1.5) });
        assert_eq!((known.tests(), known.accepted()), (3, (0, 1)));
    }

    #[test]
    fn transitions_keep_from_to_and_reason() {
        let known = governance(&[(1, transition("shadow", "canary")), (2, transition("canary", "live"))]);
        let last = known.transitions().last().unwrap();
        assert_eq!(
            (last.from.as_deref(), last.to.as_deref(), last.reason.as_deref(), last.at),
            (Some("canary"), Some("live"), Some("red_flag"), Ts(2))
        );
        assert_eq!(known.mode.as_deref(), Some("live"));
    }

    #[test]
    fn beyond_the_limit_the_oldest_are_dropped_and_counted() {
        let records: Vec<_> = (0..2_000).map(|at| (at, transition("a", "b"))).collect();
        let known = governance(&records);
        assert_eq!(known.transitions().len(), Governance::TRANSITION_LIMIT);
        assert_eq!(known.transition_total(), 2_000);
        let records: Vec<_> = (0..2_000).map(|at| (at, test(Code::SprtContinue, 0.0, 1.0))).collect();
        let known = governance(&records);
        assert_eq!((known.path().len(), known.tests()), (Governance::PATH_LIMIT, 2_000));
        assert_eq!(known.path().next().unwrap().at, Ts(976));
    }

    #[test]
    fn a_late_evaluation_does_not_set_the_mode_back() {
        let eval = |mode: &'static str| Event { mode: Some(mode.into()), ..log(Code::GovernanceEval) };
        let known = governance(&[(5, eval("live")), (4, eval("shadow"))]);
        assert_eq!((known.mode.as_deref(), known.evaluations()), (Some("live"), 2));
    }
}
