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

/// A decision for a route, whatever it is; the router tells of routing even where it names none.
fn tells_of_routing(seen: &Seen) -> bool {
    by_router(seen) || ((judged(seen) || by_route(seen)) && seen.event.route.is_some())
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
            (Step::Routed, longest(routed).or(nobody(any(&[tells_of_routing])))),
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

    /// For each step the longest list of those that did not reach it, by one writer's refusals or one writer's denials.
    fn drop_outs(&self, span: Span) -> Vec<DropOut> {
        let refusals = Writer::all().map(|by| (by, self.told(by, |seen| refusal(seen).is_some())));
        let denials = Writer::all().map(|by| (by, self.told_once(by, denies)));
        let candidates: Vec<(Writer, Records<'_>)> = refusals.chain(denials).collect();
        let learned = self.learned();
        let unnamed = |seen: &Seen| refusal(seen).or(named_step(seen)).is_none();
        let after_routing: HashSet<&str> = candidates
            .iter()
            .filter(|(writer, _)| self.routes_at_all(writer.shape))
            .flat_map(|(_, records)| records.iter().filter(|seen| unnamed(seen)).map(|seen| reason(seen)))
            .collect();
        let named = |seen: &Seen| {
            refusal(seen).or_else(|| named_step(seen)).or_else(|| learned.get(reason(seen)).copied())
        };
        let teller = (Writer::COUNT..candidates.len()).max_by_key(|place| {
            let records = &candidates[*place].1;
            (records.len(), std::cmp::Reverse(records.iter().filter(|seen| named(seen).is_none()).count()))
        });
        let place = |candidate: usize, seen: &Seen| {
            let routed = after_routing.contains(reason(seen));
            let unplaced = if routed { Step::Submitted } else { Step::PastGate };
            named(seen).or(Some(unplaced).filter(|_| teller == Some(candidate)))
        };
        let mut all = Vec::new();
        for step in Step::ALL {
            let at_step = candidates.iter().enumerate().map(|(at, (_, told))| {
                told.iter().filter(|seen| place(at, seen) == Some(step)).collect::<Vec<_>>()
            });
            let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
            for seen in at_step.max_by_key(Vec::len).unwrap_or_default() {
                if self.within(seen.at, span) {
                    *counts.entry(reason(seen)).or_default() += 1;
                }
            }
            let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
            counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            let named = counts.into_iter();
            all.extend(named.map(|(reason, count)| DropOut { step, reason: reason.to_owned(), count }));
        }
        all
    }

    /// Where the first record that names a step puts a reason.
    fn learned(&self) -> HashMap<&str, Step> {
        let mut learned = HashMap::new();
        let step = |seen: &Seen| refusal(seen).or_else(|| named_step(seen).filter(|_| denies(seen)));
        for (seen, step) in self.seen.iter().filter_map(|seen| Some((seen, step(seen)?))) {
            if let Some(reason) = seen.event.reason.as_deref() {
                learned.entry(reason).or_insert(step);
            }
        }
        learned
    }

    /// Whether the events of `shape` send anything to the market.
    fn routes_at_all(&self, shape: Shape) -> bool {
        let writer = Writer { order_logs: false, shape };
        let routes =
            |seen: &Seen| (by_policy(seen) || by_route(seen) || by_router(seen)) && goes_to_market(seen);
        !self.told(writer, routes).is_empty()
    }
}
