//! What governs the strategy: the alpha ledger, the sequential test, the governor's mode and its transitions.
//!
//! Invariants: the path of the test and the list of transitions are in order of time and bounded
//! ([`Governance::PATH_LIMIT`], [`Governance::TRANSITION_LIMIT`]), and what was dropped from them is counted; a record
//! that arrives late does not replace a newer one.

use std::collections::VecDeque;

use crate::{
    code::Code,
    detail::Detail,
    event::Event,
    parts::{Broken, Loading, Sink, Source, parts},
    session::is_read,
    time::Ts,
};

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

parts!(SprtPoint { at, llr, samples, decision: of(decision) });

/// Bounds of the sequential test, as log-likelihood ratios.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Boundaries {
    /// `log_A`: at or above, the alternative is accepted.
    pub upper: Option<f64>,
    /// `log_B`: at or below, the null hypothesis is accepted.
    pub lower: Option<f64>,
}

parts!(Boundaries { upper, lower });

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

parts!(Transition { at, from, to, reason });

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
    /// The score of the strategy's edge.
    pub alpha_score: Option<f64>,
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
    score_at: Option<Ts>,
    mode_at: Option<Ts>,
}

parts!(Governance {
    alpha_spent,
    alpha_budget,
    llr,
    samples,
    decision: maybe(decision),
    boundaries,
    alpha_score,
    mode,
    path: within(Governance::PATH_LIMIT),
    transitions: within(Governance::TRANSITION_LIMIT),
    tests,
    accepted_h0,
    accepted_h1,
    evaluations,
    transition_total,
    ledger_at,
    test_at,
    score_at,
    mode_at,
});

const ACCEPT_H0: &str = "accept H0";
const ACCEPT_H1: &str = "accept H1";
const CONTINUE: &str = "continue";
/// How a record of the sequential test ended it, by its code's last letters.
fn ending(code: &str) -> &'static str {
    if code.ends_with("H0") {
        ACCEPT_H0
    } else if code.ends_with("H1") {
        ACCEPT_H1
    } else {
        CONTINUE
    }
}

/// Numbered for storing.
const DECISIONS: [&str; 3] = [ACCEPT_H0, ACCEPT_H1, CONTINUE];

mod decision {
    use super::{Broken, DECISIONS, Loading, Sink, Source};

    pub(super) fn save(decision: &&'static str, to: &mut impl Sink) {
        let number = DECISIONS.iter().position(|known| known == decision);
        to.unsigned(number.unwrap_or(DECISIONS.len()) as u64);
    }

    pub(super) fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<&'static str, Broken> {
        let number = from.below(DECISIONS.len())?;
        DECISIONS.get(number).copied().ok_or(Broken::new("there is no such decision"))
    }
}

impl Governance {
    /// How many points of the test's path are kept.
    pub const PATH_LIMIT: usize = 1024;
    /// How many transitions are kept.
    pub const TRANSITION_LIMIT: usize = 128;

    /// Takes in what `event` tells. Returns true where it tells something.
    #[inline]
    pub(crate) fn apply(&mut self, event: &Event<'_>, at: Ts) -> bool {
        concerns(event.code) && self.take(event, at)
    }

    fn take(&mut self, event: &Event<'_>, at: Ts) -> bool {
        match event.code {
            Code::AlphaLedger => self.spend(event, at),
            Code::SprtH0 => self.test(event, at, ACCEPT_H0),
            Code::SprtH1 => self.test(event, at, ACCEPT_H1),
            Code::SprtContinue => self.test(event, at, CONTINUE),
            Code::SprtUpdate if is_read(event) => self.test(event, at, ending(&event.code_text)),
            Code::AlphaScore => return self.score(event, at),
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

    /// Returns true where there is a score.
    fn score(&mut self, event: &Event<'_>, at: Ts) -> bool {
        let Detail::Alpha { score: Some(score) } = event.detail else { return false };
        if is_newest(&mut self.score_at, at) {
            self.alpha_score = Some(score);
        }
        true
    }

    fn test(&mut self, event: &Event<'_>, at: Ts, decision: &'static str) {
        self.tests += 1;
        self.accepted_h0 += u64::from(decision == ACCEPT_H0);
        self.accepted_h1 += u64::from(decision == ACCEPT_H1);
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

/// The codes that tell of governance: asked for every event, so that all others cost no call.
fn concerns(code: Code) -> bool {
    matches!(
        code,
        Code::AlphaLedger
            | Code::SprtH0
            | Code::SprtH1
            | Code::SprtContinue
            | Code::SprtUpdate
            | Code::AlphaScore
            | Code::GovernanceEval
            | Code::GovernanceTransition
    )
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
    fn an_update_of_the_test_continues_it_and_one_that_tells_nothing_is_none() {
        let known = governance(&[(1, test(Code::SprtUpdate, 0.5, 1.0))]);
        assert_eq!((known.llr, known.decision, known.tests()), (Some(0.5), Some("continue"), 1));
        let mut ended = test(Code::SprtUpdate, 3.0, 2.0);
        ended.code_text = "GOVERNANCE.SPRT.ACCEPT_H1".into();
        assert_eq!(governance(&[(1, ended)]).decision, Some("accept H1"));
        let mut known = Governance::default();
        assert!(!known.apply(&log(Code::SprtUpdate), Ts(1)));
        assert_eq!(known, Governance::default());
    }

    #[test]
    fn the_newest_score_stands() {
        let score = |score| Event { detail: Detail::Alpha { score: Some(score) }, ..log(Code::AlphaScore) };
        assert_eq!(governance(&[(2, score(0.75)), (1, score(0.5))]).alpha_score, Some(0.75));
    }

    #[test]
    fn a_late_evaluation_does_not_set_the_mode_back() {
        let eval = |mode: &'static str| Event { mode: Some(mode.into()), ..log(Code::GovernanceEval) };
        let known = governance(&[(5, eval("live")), (4, eval("shadow"))]);
        assert_eq!((known.mode.as_deref(), known.evaluations()), (Some("live"), 2));
    }
}
