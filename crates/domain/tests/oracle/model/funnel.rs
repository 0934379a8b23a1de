//! From intent to fill: each step's candidates as lists of records, the longest one speaks.

use std::collections::{BTreeMap, HashMap, HashSet};

use aurora_domain::{
    Code, Outcome, Route, Shape, Source, Span, Writer,
    detail::{Detail, Stage, Verdict},
    funnel::{DropOut, Step},
};

use super::{Oracle, Seen};
use crate::figures::{Figures, SPANS, slices};

type Records<'a> = Vec<&'a Seen>;

fn is(seen: &Seen, code: Code) -> bool {
    seen.event.source == Source::Events && seen.event.code == code
}

fn judged(seen: &Seen) -> bool {
    is(seen, Code::PolicyDecision)
}

fn refused(seen: &Seen) -> bool {
    judged(seen) && seen.event.detail == Detail::Policy(Verdict::Refused)
}

/// A verdict that lets the intent go on; a route alone says so too.
fn passed(seen: &Seen) -> bool {
    judged(seen)
        && !refused(seen)
        && (seen.event.detail == Detail::Policy(Verdict::Passed) || seen.event.route.is_some())
}

fn decided(seen: &Seen) -> bool {
    is(seen, Code::SizingDecision)
}

fn decided_a_size(seen: &Seen) -> bool {
    decided(seen) && seen.event.reason.as_deref().is_none_or(|reason| reason.starts_with("OK"))
}

fn applied(seen: &Seen) -> bool {
    is(seen, Code::KellyApplied)
}

/// `qty_final` is the fifth number; a size that is not given is taken for one.
fn applied_a_size(seen: &Seen) -> bool {
    let none =
        matches!(&seen.event.detail, Detail::Risk(numbers) if numbers[4].is_some_and(|size| size <= 0.0));
    applied(seen) && !none
}

fn by_policy(seen: &Seen) -> bool {
    judged(seen) && !refused(seen)
}

fn by_route(seen: &Seen) -> bool {
    [Code::Route, Code::RouteMaker, Code::RouteTaker, Code::RouteDeny, Code::RouteCancel]
        .iter()
        .any(|code| is(seen, *code))
}

fn by_router(seen: &Seen) -> bool {
    is(seen, Code::RouterDecision)
}

fn goes_to_market(seen: &Seen) -> bool {
    matches!(seen.event.route, Some(Route::Maker | Route::Taker))
}

fn gives_up(seen: &Seen) -> bool {
    matches!(seen.event.route, Some(Route::Deny | Route::Cancel))
}

/// The step that a refusal by policy, sizing or router stands before.
fn refusal(seen: &Seen) -> Option<Step> {
    if refused(seen) {
        Some(Step::PastGate)
    } else if decided(seen) && !decided_a_size(seen) {
        Some(Step::Sized)
    } else if (by_policy(seen) || by_route(seen) || by_router(seen)) && gives_up(seen) {
        Some(Step::Routed)
    } else {
        None
    }
}

fn denies(seen: &Seen) -> bool {
    let denials = [Code::OrderDeny, Code::RiskDeny, Code::SlaDeny];
    seen.event.source == Source::Denied || denials.iter().any(|code| is(seen, *code))
}

/// The step that a denial itself names.
fn named_step(seen: &Seen) -> Option<Step> {
    if is(seen, Code::SlaDeny) {
        return Some(Step::Submitted);
    }
    match seen.event.detail {
        Detail::Denial(Stage::Gate) => Some(Step::PastGate),
        Detail::Denial(Stage::Sizing) => Some(Step::Sized),
        Detail::Denial(Stage::Routing) => Some(Step::Routed),
        Detail::Denial(Stage::Submission) => Some(Step::Submitted),
        _ => None,
    }
}

fn reason(seen: &Seen) -> &str {
    match &seen.event.reason {
        Some(reason) => reason,
        None if seen.event.source == Source::Events => &seen.event.code_text,
        None => "no reason given",
    }
}

/// The longest list, the last one of equals; `None` where all are empty.
fn longest(lists: Vec<Records<'_>>) -> Option<Records<'_>> {
    lists.into_iter().filter(|list| !list.is_empty()).max_by_key(Vec::len)
}

impl Oracle {
    fn told(&self, writer: Writer, tells: impl Fn(&Seen) -> bool) -> Records<'_> {
        self.seen.iter().filter(|seen| seen.event.writer() == Some(writer) && tells(seen)).collect()
    }

    /// The same, and of an intent only the first; without an intent id its order's id stands for it.
    fn told_once(&self, writer: Writer, tells: impl Fn(&Seen) -> bool) -> Records<'_> {
        let mut ids = HashSet::new();
        let mut told = self.told(writer, tells);
        told.retain(|seen| seen.intent().or(seen.order()).is_none_or(|id| ids.insert(id)));
        told
    }

    /// One list for each writer and each of `tells`, by writers first or by tellers first.
    fn lists(&self, tells: &[fn(&Seen) -> bool]) -> Vec<Records<'_>> {
        Writer::all().flat_map(|writer| tells.iter().map(move |tells| self.told(writer, tells))).collect()
    }

    pub(super) fn funnel_figures(&self, all: &mut Figures) {
        let of_writers = |tells: fn(&Seen) -> bool| self.lists(&[tells]);
        let mut intents = of_writers(judged);
        intents.extend(Writer::all().map(|by| self.told_once(by, |seen| is(seen, Code::IntentReceived))));
        let mut past = self.lists(&[applied, decided]);
        past.extend(of_writers(passed));
        let mut sized = of_writers(applied_a_size);
        sized.extend(of_writers(decided_a_size));
        let routed = self.lists(&[
            |seen| by_policy(seen) && goes_to_market(seen),
            |seen| by_route(seen) && goes_to_market(seen),
            |seen| by_router(seen) && goes_to_market(seen),
        ]);
        let any = |tells: &[fn(&Seen) -> bool]| self.seen.iter().any(|seen| tells.iter().any(|of| of(seen)));
        let nobody = |told: bool| told.then(Vec::new);
        let told = Outcome::ALL.iter().any(|any| !self.spoken(*any).is_empty());
        let of_orders = |outcome| told.then(|| self.spoken(outcome));
        let steps = [
            (Step::Intents, longest(intents)),
            (Step::PastGate, longest(past).or(nobody(any(&[judged, applied, decided])))),
            (Step::Sized, longest(sized).or(nobody(any(&[applied, decided])))),
            (Step::Routed, longest(routed)),
            (Step::Submitted, of_orders(Outcome::Submitted)),
            (Step::Acked, of_orders(Outcome::Acked)),
            (Step::Filled, of_orders(Outcome::Filled)),
        ];
        for (step, records) in steps {
            for span in SPANS {
                let within = |records: &Records<'_>| {
                    records.iter().filter(|seen| self.within(seen.at, span)).count() as u64
                };
                all.push(slices::funnel(span, step, records.as_ref().map(within)));
            }
        }
        for span in SPANS {
            all.push((format!("drop_outs.{span:?}"), slices::drop_outs(&self.drop_outs(span))));
        }
    }

    fn drop_outs(&self, span: Span) -> Vec<DropOut> {
        let refusals = Writer::all().map(|by| (by, self.told(by, |seen| refusal(seen).is_some())));
        let denials = Writer::all().map(|by| (by, self.told_once(by, denies)));
        let Some((writer, records)) = refusals.chain(denials).max_by_key(|(_, records)| records.len()) else {
            return Vec::new();
        };
        // Where a reason stands that some refusal gave, at first.
        let mut learned: HashMap<&str, Step> = HashMap::new();
        for (seen, step) in self.seen.iter().filter_map(|seen| Some((seen, refusal(seen)?))) {
            if let Some(reason) = seen.event.reason.as_deref() {
                learned.entry(reason).or_insert(step);
            }
        }
        let routes = self.routes_at_all(writer.shape);
        let unplaced = if routes { Step::Submitted } else { Step::PastGate };
        let mut counts: BTreeMap<(Step, &str), u64> = BTreeMap::new();
        for seen in records.into_iter().filter(|seen| self.within(seen.at, span)) {
            let step = refusal(seen).or_else(|| named_step(seen));
            let step = step.or_else(|| learned.get(reason(seen)).copied()).unwrap_or(unplaced);
            *counts.entry((step, reason(seen))).or_default() += 1;
        }
        let mut all: Vec<DropOut> = counts
            .into_iter()
            .map(|((step, reason), count)| DropOut { step, reason: reason.to_owned(), count })
            .collect();
        all.sort_by(|a, b| (a.step, b.count, &a.reason).cmp(&(b.step, a.count, &b.reason)));
        all
    }

    /// Whether the events of `shape` send anything to the market.
    fn routes_at_all(&self, shape: Shape) -> bool {
        let writer = Writer { order_logs: false, shape };
        let routes =
            |seen: &Seen| (by_policy(seen) || by_route(seen) || by_router(seen)) && goes_to_market(seen);
        !self.told(writer, routes).is_empty()
    }
}
