//! From intent to fill: how many get past each step, and the reasons of those that do not.
//!
//! Several records tell of one step, so each step has candidates, counted apart per writer, and the candidate
//! with the largest count in the session speaks for the session and every window (as in [`crate::orders`]):
//!
//! | step | candidates of a writer |
//! |---|---|
//! | intents | verdicts of the policy; `ORDER.INTENT.RECEIVED`, once per intent id. On a tie the latter |
//! | past the gate | records of sizing, whatever the size; verdicts of the policy that do not refuse. On a tie the latter |
//! | sized | `KELLY.APPLIED` with a size; `SIZING.DECISION` whose reason is none or begins with `OK` |
//! | routed | maker and taker of the policy, of a route's own record, of the router |
//! | submitted, acked, filled | as in `orders.*` |
//!
//! A step that no record of the session tells of is no data; one that is told of and that nobody reached is zero.
//! Invariants: [`FunnelCounts::ID_LIMIT`] intents are told apart, [`FunnelCounts::REASON_LIMIT`] reasons per
//! candidate; a late or repeated record of an intent counts once.

mod drops;

pub use self::drops::DropOut;
use self::drops::{Drops, reason_of};
use crate::{
    code::Code,
    detail::{Detail, Stage, Verdict},
    event::{Event, Route, Source, Writer},
    maps::ByName,
    orders::Orders,
    outcome::Outcome,
    parts::{choices, parts},
    reasons::Reasons,
    recent::Recent,
    scope::Subject,
    span::Span,
    tally::{Tally, speaker},
    time::Ts,
};

/// A step from intent to fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The strategy considered a trade.
    Intents,
    /// The policy let it pass.
    PastGate,
    /// It has a size.
    Sized,
    /// It has a way to the market.
    Routed,
    /// It left for the exchange.
    Submitted,
    /// The exchange took it.
    Acked,
    /// It was filled.
    Filled,
}

choices!(Step {
    Intents = 0,
    PastGate = 1,
    Sized = 2,
    Routed = 3,
    Submitted = 4,
    Acked = 5,
    Filled = 6,
});

impl Step {
    /// Every step, in order.
    pub const ALL: [Step; 7] = [
        Step::Intents,
        Step::PastGate,
        Step::Sized,
        Step::Routed,
        Step::Submitted,
        Step::Acked,
        Step::Filled,
    ];

    /// The metric's name.
    pub fn name(self) -> &'static str {
        match self {
            Step::Intents => "intents",
            Step::PastGate => "past_gate",
            Step::Sized => "sized",
            Step::Routed => "routed",
            Step::Submitted => "submitted",
            Step::Acked => "acked",
            Step::Filled => "filled",
        }
    }
}

/// What one writer tells.
#[derive(Clone, Debug, Default)]
struct Witness {
    verdicts: Tally,
    intents: Tally,
    passed: Tally,
    /// `SIZING.DECISION`: all, and those with a size.
    decided: [Tally; 2],
    /// `KELLY.APPLIED`: all, and those with a size.
    applied: [Tally; 2],
    routed: [Tally; 3],
    refusals: Drops,
    denials: Drops,
}

parts!(Witness { verdicts, intents, passed, decided, applied, routed, refusals, denials });

impl Witness {
    fn tallies(&mut self) -> impl Iterator<Item = &mut Tally> {
        let Self { verdicts, intents, passed, decided, applied, routed, .. } = self;
        [verdicts, intents, passed].into_iter().chain(decided).chain(applied).chain(routed)
    }

    fn routes(&self) -> bool {
        self.routed.iter().any(|tally| tally.session() > 0)
    }
}

const INTENT: u8 = 1;
const DENIAL: u8 = 2;

/// What every writer tells of the funnel.
#[derive(Clone, Debug)]
pub struct FunnelCounts {
    end: i64,
    witnesses: [Option<Box<Witness>>; Writer::COUNT],
    seen: Recent<u8>,
    /// The step at which a reason stands, by the first record that names one.
    learned: ByName<Step>,
    unlearned: u64,
    /// Whether any record tells of routing, whatever it says.
    routing: bool,
}

parts!(stepwise FunnelCounts {
    end: window,
    witnesses,
    seen: within(FunnelCounts::ID_LIMIT),
    learned: within(FunnelCounts::REASON_LIMIT),
    unlearned,
    routing,
});

impl FunnelCounts {
    /// How many intents are told apart; a repeated record of an older one counts again.
    pub const ID_LIMIT: usize = 65_536;
    /// How many reasons are told apart per candidate; the rest is `other`.
    pub const REASON_LIMIT: usize = Reasons::LIMIT as usize;

    pub(crate) fn new(end: i64) -> Self {
        Self {
            end,
            witnesses: Default::default(),
            seen: Recent::new(Self::ID_LIMIT),
            learned: ByName::default(),
            unlearned: 0,
            routing: false,
        }
    }

    pub(crate) fn advance(&mut self, end: i64) {
        self.end = self.end.max(end);
        for witness in self.witnesses.iter_mut().flatten() {
            witness.tallies().for_each(|tally| tally.advance(end));
            witness.refusals.reasons.advance(end);
            witness.denials.reasons.advance(end);
        }
    }

    /// Counts what `event` tells. Returns true where it tells something.
    pub(crate) fn apply(&mut self, event: &Event<'_>, subject: Subject, at: Ts) -> bool {
        let Some(writer) = event.writer() else { return false };
        if event.source == Source::Denied {
            return self.deny(event, subject, writer, None, at);
        }
        if event.source != Source::Events {
            return false;
        }
        match event.code {
            Code::IntentReceived => {
                if !self.is_new(subject, writer, INTENT) {
                    return false;
                }
                let end = self.end;
                self.witness(writer, |witness| witness.intents.count(end, at.second()));
            }
            Code::PolicyDecision => self.judge(event, writer, at),
            Code::SizingDecision | Code::KellyApplied => self.size(event, writer, at),
            Code::RouterDecision
            | Code::Route
            | Code::RouteMaker
            | Code::RouteTaker
            | Code::RouteDeny
            | Code::RouteCancel => {
                let router = event.code == Code::RouterDecision;
                self.routing |= router || event.route.is_some();
                let decider = if router { 2 } else { 1 };
                self.route(event, writer, decider, at);
            }
            Code::OrderDeny | Code::RiskDeny => {
                return self.deny(event, subject, writer, stage_of(event), at);
            }
            Code::SlaDeny => return self.deny(event, subject, writer, Some(Step::Submitted), at),
            _ => return false,
        }
        true
    }

    fn judge(&mut self, event: &Event<'_>, writer: Writer, at: Ts) {
        let (end, second) = (self.end, at.second());
        let refused = event.detail == Detail::Policy(Verdict::Refused);
        let passed = event.detail == Detail::Policy(Verdict::Passed) || event.route.is_some();
        self.routing |= event.route.is_some();
        self.witness(writer, |witness| {
            witness.verdicts.count(end, second);
            if passed && !refused {
                witness.passed.count(end, second);
            }
        });
        if refused {
            self.refuse(event, writer, Step::PastGate, at);
        } else {
            self.route(event, writer, 0, at);
        }
    }

    fn size(&mut self, event: &Event<'_>, writer: Writer, at: Ts) {
        let (end, second) = (self.end, at.second());
        let kelly = event.code == Code::KellyApplied;
        let sized = if kelly {
            !matches!(event.detail, Detail::Risk([.., Some(size), _, _]) if size <= 0.0)
        } else {
            event.reason.as_deref().is_none_or(|reason| reason.starts_with("OK"))
        };
        self.witness(writer, |witness| {
            let [all, with_size] = if kelly { &mut witness.applied } else { &mut witness.decided };
            all.count(end, second);
            if sized {
                with_size.count(end, second);
            }
        });
        if !sized && !kelly {
            self.refuse(event, writer, Step::Sized, at);
        }
    }

    fn route(&mut self, event: &Event<'_>, writer: Writer, decider: usize, at: Ts) {
        let (end, second) = (self.end, at.second());
        match event.route {
            Some(Route::Maker | Route::Taker) => self.witness(writer, |witness| {
                if let Some(tally) = witness.routed.get_mut(decider) {
                    tally.count(end, second);
                }
            }),
            Some(Route::Deny | Route::Cancel) => self.refuse(event, writer, Step::Routed, at),
            None => {}
        }
    }

    /// A refusal by policy, sizing or router.
    fn refuse(&mut self, event: &Event<'_>, writer: Writer, step: Step, at: Ts) {
        self.learn(event, step);
        let (end, second) = (self.end, at.second());
        self.witness(writer, |witness| witness.refusals.count(Some(step), reason_of(event), end, second));
    }

    /// Who names a step teaches where the reason stands.
    fn learn(&mut self, event: &Event<'_>, step: Step) {
        if let Some(reason) = event.reason.as_deref()
            && !self.learned.contains_key(reason)
        {
            if self.learned.len() < Self::REASON_LIMIT {
                self.learned.insert(reason.into(), step);
            } else {
                self.unlearned += 1;
            }
        }
    }

    fn deny(
        &mut self,
        event: &Event<'_>,
        subject: Subject,
        writer: Writer,
        step: Option<Step>,
        at: Ts,
    ) -> bool {
        if let Some(step) = step {
            self.learn(event, step);
        }
        let new = self.is_new(subject, writer, DENIAL);
        if new {
            let (end, second) = (self.end, at.second());
            self.witness(writer, |witness| witness.denials.count(step, reason_of(event), end, second));
        }
        new
    }

    /// Whether this is the writer's first record of this kind about this intent; without an id every record is.
    fn is_new(&mut self, subject: Subject, writer: Writer, kind: u8) -> bool {
        let Some(id) = subject.intent.or(subject.order) else { return true };
        let key = id ^ writer.index() as u128;
        let seen = self.seen.entry(key, || 0);
        let new = *seen & kind == 0;
        *seen |= kind;
        new
    }

    fn witness(&mut self, writer: Writer, tell: impl FnOnce(&mut Witness)) {
        if let Some(slot) = self.witnesses.get_mut(writer.index()) {
            tell(slot.get_or_insert_default());
        }
    }

    fn known(&self) -> impl Iterator<Item = &Witness> {
        self.witnesses.iter().filter_map(Option::as_deref)
    }

    /// How many reached `step` in `span`; `None` where nothing in the session tells of that step.
    pub(crate) fn reached<'f>(&'f self, step: Step, span: Span, orders: &Orders) -> Option<u64> {
        let spoken = match step {
            Step::Intents => {
                let verdicts = self.known().map(|witness| &witness.verdicts);
                speaker(verdicts.chain(self.known().map(|witness| &witness.intents)))
            }
            Step::PastGate => {
                let judged = self.known().any(|witness| witness.verdicts.session() > 0);
                let sizing = self.known().flat_map(|witness| witness.applied.iter().chain(&witness.decided));
                let passed = speaker(sizing.chain(self.known().map(|witness| &witness.passed)));
                return (judged || passed.is_some()).then(|| passed.map_or(0, |tally| tally.over(span)));
            }
            Step::Sized => {
                let told = self.known().any(|witness| {
                    witness.applied.iter().chain(&witness.decided).any(|tally| tally.session() > 0)
                });
                let with_size = |[_, with_size]: &'f [Tally; 2]| with_size;
                let applied = self.known().map(|witness| with_size(&witness.applied));
                let sized = speaker(applied.chain(self.known().map(|witness| with_size(&witness.decided))));
                return told.then(|| sized.map_or(0, |tally| tally.over(span)));
            }
            Step::Routed => {
                let routed = speaker(self.known().flat_map(|witness| &witness.routed));
                return self.routing.then(|| routed.map_or(0, |tally| tally.over(span)));
            }
            Step::Submitted => return of_orders(Outcome::Submitted, span, orders),
            Step::Acked => return of_orders(Outcome::Acked, span, orders),
            Step::Filled => return of_orders(Outcome::Filled, span, orders),
        };
        spoken.map(|tally| tally.over(span))
    }

    /// How many intents were forgotten; above zero, repeated records may count again.
    pub fn forgotten_intents(&self) -> u64 {
        self.seen.forgotten()
    }

    fn reasons(&self) -> impl Iterator<Item = &Reasons> {
        self.known().flat_map(|witness| [&witness.refusals.reasons, &witness.denials.reasons])
    }

    /// How many chart buckets of reasons went before their time, for want of room.
    pub fn dropped_buckets(&self) -> u64 {
        self.reasons().map(Reasons::dropped_buckets).sum()
    }

    /// Refusals and denials whose reason was not learned because there were too many: a denial for such a reason that does not name
    /// its step stands where its writer's denials stand.
    pub fn unlearned(&self) -> u64 {
        self.unlearned
    }
}

/// The count of `outcome`; `None` where nothing in the session tells of an order.
fn of_orders(outcome: Outcome, span: Span, orders: &Orders) -> Option<u64> {
    let told = Outcome::ALL.iter().any(|any| orders.speaker(*any).is_some());
    told.then(|| orders.outcomes(span).get(outcome))
}

fn stage_of(event: &Event<'_>) -> Option<Step> {
    match event.detail {
        Detail::Denial(Stage::Gate) => Some(Step::PastGate),
        Detail::Denial(Stage::Sizing) => Some(Step::Sized),
        Detail::Denial(Stage::Routing) => Some(Step::Routed),
        Detail::Denial(Stage::Submission) => Some(Step::Submitted),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
