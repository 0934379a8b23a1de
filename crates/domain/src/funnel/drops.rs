//! Why intents drop out: reasons by the step that was not reached.
//!
//! Each step has candidates of its own: a writer's denials (`ORDER.DENY`, `RISK.DENY`, `SLA.DENY`, rows of
//! `orders_denied`), and a writer's refusals by policy, sizing and router. The candidate with the largest count at a step
//! in the session speaks for that step, for the session and every window; on a tie denials before refusals, and then the
//! later writer. A denial that does not name its step stands where the first record that names one, of whichever
//! writer, puts the same reason; failing that it is told by one writer alone, the one with most denials (of equals the one that
//! leaves fewest without a step, then the later one), and stands before submission where a writer that gives the reason
//! also routes, and else before the gate.
//!
//! Invariant: where a denial stands depends on its reason and the session, so that one reason, told by several writers,
//! does not stand at two steps for want of a name for its step.

use std::{cmp::Reverse, collections::BTreeMap};

use hashbrown::HashSet;

use super::{FunnelCounts, Step, Witness};
use crate::{
    event::{Event, Source, Writer},
    parts::parts,
    reasons::{Counted, Reasons},
    scope::{ScopeId, ScopeSet},
    span::Span,
};

/// Intents that did not reach a step, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropOut {
    /// The step that they did not reach.
    pub step: Step,
    /// The reason as logged, without a number at its end.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// Drop-outs as one candidate tells them: reasons, with steps as kinds.
#[derive(Clone, Debug)]
pub(super) struct Drops {
    pub(super) reasons: Reasons,
}

parts!(Drops { reasons: within(Drops::KINDS) });

impl Drops {
    /// The kind of records that do not say which step they are about.
    #[expect(clippy::cast_possible_truncation, reason = "there are seven steps")]
    const UNPLACED: u16 = Step::ALL.len() as u16;
    const KINDS: usize = Step::ALL.len() + 1;

    pub(super) fn count(&mut self, step: Option<Step>, reason: &str, end: i64, at: i64) {
        let kind = step.map_or(Self::UNPLACED, |step| step as u16);
        self.reasons.count(reason, kind, ScopeId::ANY, end, at);
    }

    fn over(&self, span: Span) -> Vec<Counted<'_>> {
        self.reasons.ranked(span, &ScopeSet::ALL)
    }

    fn step(kind: u16) -> Option<Step> {
        Step::ALL.get(usize::from(kind)).copied()
    }
}

impl Default for Drops {
    fn default() -> Self {
        Self { reasons: Reasons::new(Self::UNPLACED + 1) }
    }
}

/// One teller of drop-outs, and whether its writer routes.
#[derive(Clone, Copy)]
struct Candidate<'f> {
    drops: &'f Drops,
    routes: bool,
}

/// Where denials stand that do not name their step.
struct Places<'f> {
    counts: &'f FunnelCounts,
    /// The denials of the only writer whose denials stand anywhere where no record names a step for their reason.
    teller: Option<&'f Drops>,
    /// Reasons that a writer which also routes gives without naming a step.
    after_routing: HashSet<&'f str>,
}

impl<'f> Places<'f> {
    fn new(counts: &'f FunnelCounts) -> Self {
        let routing = counts.denials().filter(|candidate| candidate.routes);
        let denials = routing.flat_map(|candidate| candidate.drops.over(Span::Session));
        // What did not fit is of many reasons.
        let unplaced = denials.filter(|of| Drops::step(of.kind).is_none() && of.number < Reasons::LIMIT);
        let after_routing = unplaced.map(|of| of.reason).collect();
        let told = |drops: &Drops, of: fn(&FunnelCounts, &Counted<'_>) -> bool| {
            drops.over(Span::Session).iter().filter(|by| of(counts, by)).map(|by| by.count).sum::<u64>()
        };
        let teller = counts.denials().map(|candidate| candidate.drops).max_by_key(|drops| {
            let unplaced = told(drops, |counts, by| counts.named(by).is_none());
            (told(drops, |_, _| true), Reverse(unplaced))
        });
        Self { counts, teller, after_routing }
    }

    fn step(&self, candidate: Candidate<'f>, of: &Counted<'f>) -> Option<Step> {
        self.counts.named(of).or_else(|| {
            let tells = self.teller.is_some_and(|teller| std::ptr::eq(teller, candidate.drops));
            let routed = candidate.routes || self.after_routing.contains(of.reason);
            tells.then_some(if routed { Step::Submitted } else { Step::PastGate })
        })
    }

    /// What a candidate tells of each step over `span`, by reason.
    fn told(&self, candidate: Candidate<'f>, span: Span) -> BTreeMap<Step, BTreeMap<&'f str, u64>> {
        let mut told: BTreeMap<Step, BTreeMap<&str, u64>> = BTreeMap::new();
        for of in candidate.drops.over(span) {
            if let Some(step) = self.step(candidate, &of) {
                *told.entry(step).or_default().entry(of.reason).or_default() += of.count;
            }
        }
        told
    }
}

impl FunnelCounts {
    /// Why intents did not reach a step, over `span`: by step, then most frequent first. Who speaks for a step is the
    /// same for every span.
    pub(crate) fn drop_outs(&self, span: Span) -> Vec<DropOut> {
        let places = Places::new(self);
        let mut speakers: BTreeMap<Step, (u64, Candidate<'_>)> = BTreeMap::new();
        for candidate in self.refusals().chain(self.denials()) {
            for (step, reasons) in places.told(candidate, Span::Session) {
                let count = reasons.values().sum();
                let speaker = speakers.entry(step).or_insert((count, candidate));
                if count >= speaker.0 {
                    *speaker = (count, candidate);
                }
            }
        }
        let mut drop_outs = Vec::new();
        for (step, (_, candidate)) in speakers {
            let reasons = places.told(candidate, span).remove(&step).unwrap_or_default();
            let mut reasons: Vec<(&str, u64)> = reasons.into_iter().collect();
            crate::sorting::by_key(&mut reasons, |(reason, count)| (Reverse(*count), *reason));
            let named = reasons.into_iter();
            drop_outs.extend(named.map(|(reason, count)| DropOut { step, reason: reason.to_owned(), count }));
        }
        drop_outs
    }

    /// The step that a record names for its reason.
    fn named(&self, of: &Counted<'_>) -> Option<Step> {
        Drops::step(of.kind).or_else(|| self.learned.get(of.reason).copied())
    }

    fn refusals(&self) -> impl Iterator<Item = Candidate<'_>> {
        self.candidates(|witness| &witness.refusals)
    }

    fn denials(&self) -> impl Iterator<Item = Candidate<'_>> {
        self.candidates(|witness| &witness.denials)
    }

    fn candidates(&self, of: impl Fn(&Witness) -> &Drops) -> impl Iterator<Item = Candidate<'_>> {
        Writer::all().filter_map(move |writer| {
            // Order logs hold no routes: the events of the same shape tell whether their writer routes.
            let routes = self.of(Writer { order_logs: false, ..writer }).is_some_and(Witness::routes);
            Some(Candidate { drops: of(self.of(writer)?), routes })
        })
    }

    fn of(&self, writer: Writer) -> Option<&Witness> {
        self.witnesses.get(writer.index())?.as_deref()
    }
}

/// The reason that a denial or refusal gives; its code stands for one that gives none.
pub(super) fn reason_of<'e>(event: &'e Event<'_>) -> &'e str {
    match &event.reason {
        Some(reason) => reason,
        None if event.source == Source::Events => &event.code_text,
        None => "no reason given",
    }
}
