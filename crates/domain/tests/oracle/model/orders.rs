//! Orders: outcomes by writer, who speaks, rates, classes, reasons, what is pending.

use std::collections::{BTreeMap, HashMap, HashSet};

use aurora_domain::{
    Code, Outcome, Source, Span, Ts, Writer,
    event::OrderStatus,
    orders::{Pending, WriterCount},
    reason::{DenyClass, ReasonCount},
};

use super::{Oracle, Scope, Seen};
use crate::figures::{
    FILTERED_SPANS, FILTERS, Figures, SECONDS_BACK, SERIES, SPANS, charts, counts_text, reasons, writers,
};

/// What a record says of its order, by itself.
pub(super) fn reported(seen: &Seen) -> Vec<Outcome> {
    let event = &seen.event;
    match event.source {
        Source::Success => with_state(vec![Outcome::Submitted, Outcome::Acked], event.status),
        Source::Failed => with_state(vec![Outcome::Submitted, Outcome::Failed], event.status),
        Source::Denied => vec![Outcome::Denied],
        Source::Events => match event.code {
            Code::Submit => vec![Outcome::Submitted],
            Code::Ack if event.immediate_fill => vec![Outcome::Acked, Outcome::Filled],
            Code::Ack => vec![Outcome::Acked],
            Code::Partial => vec![Outcome::PartiallyFilled],
            Code::Fill => vec![Outcome::Filled],
            Code::Cancel => vec![Outcome::Canceled],
            Code::Reject => vec![Outcome::Rejected, Outcome::Failed],
            Code::Expire => vec![Outcome::Expired],
            Code::OrderDeny | Code::RiskDeny => vec![Outcome::Denied],
            Code::OrderStatus if event.status == Some(OrderStatus::Working) => vec![Outcome::Acked],
            Code::OrderStatus => with_state(Vec::new(), event.status),
            _ => Vec::new(),
        },
        Source::Trades => Vec::new(),
    }
}

fn with_state(mut outcomes: Vec<Outcome>, status: Option<OrderStatus>) -> Vec<Outcome> {
    outcomes.extend(match status {
        Some(OrderStatus::PartiallyFilled) => Some(Outcome::PartiallyFilled),
        Some(OrderStatus::Filled) => Some(Outcome::Filled),
        Some(OrderStatus::Canceled) => Some(Outcome::Canceled),
        Some(OrderStatus::Rejected) => Some(Outcome::Rejected),
        Some(OrderStatus::Expired) => Some(Outcome::Expired),
        _ => None,
    });
    outcomes
}

/// Whether nothing more will come after one of these.
fn ends(outcomes: &HashSet<Outcome>) -> bool {
    [Outcome::Filled, Outcome::Canceled, Outcome::Rejected, Outcome::Expired, Outcome::Failed]
        .iter()
        .any(|outcome| outcomes.contains(outcome))
}

/// What is true of an order of which `reported` is known.
fn implied(reported: &[Outcome]) -> HashSet<Outcome> {
    let mut all: HashSet<Outcome> = reported.iter().copied().collect();
    let acked = [Outcome::Filled, Outcome::PartiallyFilled, Outcome::Canceled, Outcome::Expired];
    if acked.iter().any(|outcome| all.contains(outcome)) {
        all.insert(Outcome::Acked);
    }
    if all.contains(&Outcome::Acked) || all.contains(&Outcome::Rejected) {
        all.insert(Outcome::Submitted);
    }
    all
}

pub(super) fn class_of(seen: &Seen) -> DenyClass {
    let reason = seen.event.reason.as_deref().unwrap_or_default().to_ascii_uppercase();
    let skip = ["NEGATIVE_EDGE", "UNATTRACTIVE", "SIZING_TOO_SMALL", "LOW_PFILL", "EXPECTED_RETURN"];
    if seen.event.exchange_reason {
        DenyClass::Exchange
    } else if skip.iter().any(|part| reason.contains(part)) {
        DenyClass::Skip
    } else if reason.contains("WHY_EX_") || reason.contains("EXCHANGE") {
        DenyClass::Exchange
    } else {
        DenyClass::Guard
    }
}

fn ratio(numerator: usize, denominator: usize) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}

/// The records that count for an outcome: of each id its first, and all without one.
pub(super) type Counted<'a> = Vec<&'a Seen>;

/// One writer's orders by id.
#[derive(Default)]
struct Known {
    submitted: Option<Ts>,
    /// What the record that made it known as submitted is about.
    scope: Scope,
    /// Whether any writer reported its end.
    ended: bool,
}

impl Oracle {
    fn of_writer(&self, writer: Writer) -> impl Iterator<Item = &Seen> {
        self.seen.iter().filter(move |seen| seen.event.writer() == Some(writer))
    }

    fn reporting(&self, writer: Writer, outcome: Outcome) -> Counted<'_> {
        let mut ids = HashSet::new();
        self.of_writer(writer)
            .filter(|seen| reported(seen).contains(&outcome))
            .filter(|seen| seen.order().is_none_or(|id| ids.insert(id)))
            .collect()
    }

    fn implying(&self, writer: Writer, outcome: Outcome) -> Counted<'_> {
        let mut ids = HashSet::new();
        self.of_writer(writer)
            .filter(|seen| implied(&reported(seen)).contains(&outcome))
            .filter(|seen| seen.order().is_some_and(|id| ids.insert(id)))
            .collect()
    }

    /// What counts for an outcome: what the speaker counted. On a tie the later writer speaks, order logs after events
    /// and shapes as C, F, W, L; within a writer what is reported.
    pub(super) fn spoken(&self, outcome: Outcome) -> Counted<'_> {
        Writer::all()
            .flat_map(|writer| {
                [
                    (writer, true, self.reporting(writer, outcome)),
                    (writer, false, self.implying(writer, outcome)),
                ]
            })
            .max_by_key(|(writer, reported, counted)| (counted.len(), writer.index(), *reported))
            .unwrap()
            .2
    }

    pub(super) fn order_figures(&self, all: &mut Figures) {
        let spoken: Vec<Counted<'_>> = Outcome::ALL.into_iter().map(|outcome| self.spoken(outcome)).collect();
        for span in SPANS {
            self.rates(&spoken, span, all);
        }
        for (place, filter) in FILTERS.into_iter().enumerate() {
            for span in FILTERED_SPANS {
                let prefix = format!("filter {place}.{span:?}");
                let counted = |outcome: Outcome| {
                    let counted = spoken[outcome.index()].iter();
                    counted.filter(|seen| seen.scope.passes(filter) && self.within(seen.at, span))
                };
                let counts = counts_text(|outcome| counted(outcome).count() as u64);
                all.push((format!("{prefix}.outcomes"), counts));
                for class in DenyClass::ALL {
                    let denied = counted(Outcome::Denied).filter(|seen| class_of(seen) == class).count();
                    all.push((format!("{prefix}.denied_{}", class.name()), denied.to_string()));
                }
            }
        }
        self.writer_figures(all);
        for back in SECONDS_BACK {
            let second = self.now.second() - back;
            let kept = (0..900).contains(&back);
            let count = |outcome: Outcome| {
                let counted = &spoken[outcome.index()];
                counted.iter().filter(|seen| kept && seen.at.second() == second).count() as u64
            };
            all.push((format!("second.{back}"), counts_text(count)));
        }
        for (back, step) in SERIES {
            for first in self.buckets(back, step) {
                let count = |outcome: Outcome| {
                    let counted = spoken[outcome.index()].iter();
                    counted.filter(|seen| self.in_bucket(seen.at, first, step)).count() as u64
                };
                let counts = counts_text(count);
                if !counts.is_empty() {
                    all.push((format!("series.outcomes.{step}.{first}"), counts));
                }
            }
        }
        for span in SPANS {
            let ranked = self.ranked_reasons(&spoken[Outcome::Denied.index()], span);
            all.push((format!("reasons.{span:?}"), ranked));
        }
        self.pending_figures(all);
        all.push(("orders.forgotten_ids".to_owned(), "0".to_owned()));
        all.push(("orders.evicted_open".to_owned(), "0".to_owned()));
    }

    /// Denials inside `span` by reason; a reason's class is that of its first denial in the session.
    fn ranked_reasons(&self, denials: &[&Seen], span: Span) -> String {
        let mut counts: BTreeMap<&str, (u64, DenyClass)> = BTreeMap::new();
        for seen in denials {
            let reason = seen.event.reason.as_deref().unwrap_or("no reason given");
            let inside = u64::from(self.within(seen.at, span));
            counts.entry(reason).or_insert((0, class_of(seen))).0 += inside;
        }
        let counts = counts.into_iter().filter(|(_, (count, _))| *count > 0);
        let mut counts: Vec<ReasonCount> = counts
            .map(|(reason, (count, class))| ReasonCount { reason: reason.to_owned(), count, class })
            .collect();
        counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
        reasons(&counts)
    }

    fn rates(&self, spoken: &[Counted<'_>], span: Span, all: &mut Figures) {
        let counted =
            |outcome: Outcome| spoken[outcome.index()].iter().filter(|seen| self.within(seen.at, span));
        let count = |outcome| counted(outcome).count();
        let (submitted, denied) = (count(Outcome::Submitted), count(Outcome::Denied));
        let fills = !spoken[Outcome::Filled.index()].is_empty();
        let fill_rate = ratio(count(Outcome::Filled), submitted).filter(|_| fills);
        let mut add = |name: &str, value: String| all.push((format!("{name}.{span:?}"), value));
        add("outcomes", counts_text(|outcome| count(outcome) as u64));
        add("fill_rate", format!("{fill_rate:?}"));
        add("deny_rate", format!("{:?}", ratio(denied, denied + submitted)));
        for class in DenyClass::ALL {
            let of_class = counted(Outcome::Denied).filter(|seen| class_of(seen) == class).count();
            add(&format!("denied_{}", class.name()), of_class.to_string());
            add(&format!("deny_rate_{}", class.name()), format!("{:?}", ratio(of_class, denied + submitted)));
        }
    }

    fn writer_figures(&self, all: &mut Figures) {
        let count = |writer, outcome| {
            self.reporting(writer, outcome).len().max(self.implying(writer, outcome).len()) as u64
        };
        for outcome in Outcome::ALL {
            let largest = Writer::all().map(|writer| count(writer, outcome)).max().unwrap_or_default();
            let logs_that_tell: HashSet<bool> = Writer::all()
                .filter(|writer| count(*writer, outcome) > 0)
                .map(|writer| writer.order_logs)
                .collect();
            let counts: Vec<WriterCount> = Writer::all()
                .map(|writer| WriterCount { writer, count: count(writer, outcome) })
                .filter(|by| {
                    let [submitted, filled, canceled, rejected, expired, failed] = [
                        Outcome::Submitted,
                        Outcome::Filled,
                        Outcome::Canceled,
                        Outcome::Rejected,
                        Outcome::Expired,
                        Outcome::Failed,
                    ]
                    .map(|outcome| count(by.writer, outcome));
                    let ended = filled + canceled + failed.max(rejected + expired);
                    let is_open = submitted > ended && (submitted - ended) * 10 > largest;
                    let compared = largest > 0
                        && is_open
                        && outcome != Outcome::Denied
                        && !logs_that_tell.contains(&by.writer.order_logs);
                    by.count > 0 || compared
                })
                .collect();
            let differ = counts.iter().any(|count| (largest - count.count) * 10 > largest);
            all.push((format!("writers.{}", outcome.name()), writers(&counts)));
            all.push((format!("differ.{}", outcome.name()), differ.to_string()));
        }
    }

    /// By the writer that knows most orders by id, then of whose orders most have ended, then by the order logs.
    fn pending_figures(&self, all: &mut Figures) {
        let known = Writer::all()
            .map(|writer| (writer, self.known(writer)))
            .max_by_key(|(writer, known)| {
                let ends = known.iter().filter(|order| order.ended).count();
                (known.len(), ends, writer.index())
            })
            .unwrap()
            .1;
        let pending = self.pending(known.iter());
        all.push(("pending.count".to_owned(), pending.count.to_string()));
        all.push(("pending.unknown".to_owned(), pending.unknown.to_string()));
        all.push(("pending.oldest_age_seconds".to_owned(), format!("{:?}", pending.oldest_age_seconds)));
        for (place, filter) in FILTERS.into_iter().enumerate() {
            let passing = known.iter().filter(|order| order.scope.passes(filter));
            all.push(charts::pending(place, self.pending(passing)));
        }
    }

    /// Orders that have not ended: pending for fifteen minutes, of unknown outcome then.
    fn pending<'a>(&self, known: impl Iterator<Item = &'a Known>) -> Pending {
        let open = known.filter(|order| !order.ended);
        let ages: Vec<i64> = open.map(|order| self.now.0 - order.submitted.unwrap().0).collect();
        let (unknown, pending): (Vec<i64>, Vec<i64>) =
            ages.into_iter().partition(|age| *age > 900_000_000_000);
        let oldest = pending.iter().copied().max().unwrap_or_default().max(0);
        Pending {
            count: pending.len() as u64,
            unknown: unknown.len() as u64,
            oldest_age_seconds: oldest as f64 / 1e9,
        }
    }

    /// The writer's orders that were submitted, with the time at which that was first seen.
    fn known(&self, writer: Writer) -> Vec<Known> {
        let mut orders: HashMap<_, Known> = HashMap::new();
        let said = self.seen.iter().filter(|seen| ends(&implied(&reported(seen))));
        let ended: HashSet<_> = said.filter_map(Seen::order).collect();
        for seen in self.of_writer(writer) {
            let Some(id) = seen.order() else { continue };
            let outcomes = implied(&reported(seen));
            let order = orders.entry(id).or_default();
            if outcomes.contains(&Outcome::Submitted) && order.submitted.is_none() {
                (order.submitted, order.scope) = (Some(seen.at), seen.scope);
            }
            order.ended = ended.contains(&id);
        }
        orders.into_values().filter(|order| order.submitted.is_some()).collect()
    }
}
