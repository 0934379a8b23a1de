//! Latencies: every sample of every way, the way that speaks, and exact nearest-rank quantiles.

use std::collections::{HashMap, HashSet};

use aurora_domain::{
    Code, LatencyKind, LatencySummary, Source, Ts,
    event::{Numbers, OrderStatus},
};

use super::{Oracle, Scope, Seen};
use crate::figures::{self, FILTERED_SPANS, FILTERS, Figures, SERIES, SPANS};

/// A duration and when it counts.
#[derive(Clone, Copy)]
pub(super) struct Sample {
    pub(super) at: Ts,
    pub(super) ms: f64,
    pub(super) scope: Scope,
}

impl Sample {
    /// Whether it can be a duration.
    fn counts(&self) -> bool {
        self.ms.is_finite() && self.ms >= 0.0
    }
}

impl Oracle {
    pub(super) fn latency_figures(&self, all: &mut Figures) {
        for kind in LatencyKind::ALL {
            let samples = self.spoken_samples(kind);
            for span in SPANS {
                let durations =
                    samples.iter().filter(|sample| self.within(sample.at, span)).map(|sample| sample.ms);
                figures::summary(
                    &format!("latency.{}.{span:?}", kind.name()),
                    exact(durations.collect()),
                    all,
                );
            }
            for (place, filter) in FILTERS.into_iter().enumerate() {
                for span in FILTERED_SPANS {
                    let passing = samples.iter().filter(|sample| sample.scope.passes(filter));
                    let durations =
                        passing.filter(|sample| self.within(sample.at, span)).map(|sample| sample.ms);
                    let prefix = format!("filter {place}.{span:?}.{}", kind.name());
                    figures::summary(&prefix, exact(durations.collect()), all);
                }
            }
            for (back, step) in SERIES {
                self.series(kind, &samples, (back, step), all);
            }
        }
        let all_ways = LatencyKind::ALL.into_iter().flat_map(|kind| self.ways(kind));
        let refused = all_ways.flatten().filter(|sample| !sample.counts()).count();
        all.push(("latency.refused".to_owned(), refused.to_string()));
    }

    /// The durations of the first way that has any.
    pub(super) fn spoken_samples(&self, kind: LatencyKind) -> Vec<Sample> {
        let mut ways = self.ways(kind).into_iter().map(|mut way| {
            way.retain(Sample::counts);
            way
        });
        ways.find(|way| !way.is_empty()).unwrap_or_default()
    }

    fn series(&self, kind: LatencyKind, samples: &[Sample], (back, step): (i64, u32), all: &mut Figures) {
        let prefix = format!("series.{}.{step}", kind.name());
        let mut firsts = self.buckets(back, step);
        firsts.retain(|_| !samples.is_empty());
        all.push((format!("{prefix}.points"), firsts.len().to_string()));
        for first in firsts {
            let durations = samples.iter().filter(|sample| self.in_bucket(sample.at, first, step));
            let summary = exact(durations.map(|sample| sample.ms).collect());
            if summary.is_some() {
                figures::summary(&format!("{prefix}.{first}"), summary, all);
            }
        }
    }

    /// The samples of each way of a kind, in the order in which ways are preferred; also those that can be none.
    fn ways(&self, kind: LatencyKind) -> Vec<Vec<Sample>> {
        match kind {
            LatencyKind::Decision => vec![
                self.measured(|seen| seen.event.numbers.decision_ms),
                self.measured(|seen| coded(seen, Code::RouterDecision)),
                self.intent_to_decision(),
            ],
            LatencyKind::Ack => vec![
                self.once_per_order(|seen| exchange_ms(&seen.event.numbers)),
                self.once_per_order(|seen| coded(seen, Code::PosttradeLog)),
                self.once_per_order(|seen| {
                    seen.event.numbers.latency_ms.filter(|_| seen.event.source == Source::Trades)
                }),
                self.once_per_order(|seen| coded(seen, Code::Ack)),
                self.matched(submits, acks),
            ],
            LatencyKind::FirstFill => vec![
                self.once_per_order(|seen| seen.event.numbers.fill_latency_ms),
                self.matched(submits, fills),
                self.matched(acks, fills),
            ],
            LatencyKind::Policy => vec![self.measured(|seen| {
                seen.event.numbers.policy_latency_ms.filter(|_| is(seen, Code::PolicyDecision))
            })],
            LatencyKind::Sla => vec![self.measured(|seen| coded(seen, Code::SlaCheck))],
            LatencyKind::Query => vec![self.measured(|seen| {
                seen.event.numbers.latency_ms.filter(|_| seen.event.code_text.starts_with("QUERY."))
            })],
        }
    }

    fn measured(&self, ms: impl Fn(&Seen) -> Option<f64>) -> Vec<Sample> {
        self.seen.iter().filter_map(|seen| Some(sample(seen, ms(seen)?))).collect()
    }

    /// The first duration of each order, which stands for it even where it is none; every one of records without an id.
    fn once_per_order(&self, ms: impl Fn(&Seen) -> Option<f64>) -> Vec<Sample> {
        let mut orders = HashSet::new();
        let given = self.seen.iter().filter_map(|seen| Some((seen, ms(seen)?)));
        given
            .filter(|(seen, _)| seen.order().is_none_or(|order| orders.insert(order)))
            .map(|(seen, ms)| sample(seen, ms))
            .collect()
    }

    fn intent_to_decision(&self) -> Vec<Sample> {
        let mut intents = HashMap::new();
        let mut samples = Vec::new();
        for seen in &self.seen {
            let Some(intent) = seen.intent() else { continue };
            if is(seen, Code::IntentReceived) {
                intents.entry(intent).or_insert_with(|| seen.at);
            } else if [Code::OrderDeny, Code::SlaDeny, Code::PlanBuild].iter().any(|code| is(seen, *code)) {
                let began = intents.remove(&intent);
                samples.extend(began.map(|began| sample(seen, seen.at.millis_since(began))));
            }
        }
        samples
    }

    /// From the first record of an order that begins to the first that ends, whichever came first. It counts when it
    /// ended, for what the record is about that made it known.
    fn matched(&self, begins: fn(&Seen) -> bool, ends: fn(&Seen) -> bool) -> Vec<Sample> {
        let mut orders: HashMap<_, (Option<usize>, Option<usize>)> = HashMap::new();
        for (place, seen) in self.seen.iter().enumerate() {
            let Some(id) = seen.order() else { continue };
            let (began, ended) = orders.entry(id).or_default();
            if begins(seen) {
                began.get_or_insert(place);
            }
            if ends(seen) {
                ended.get_or_insert(place);
            }
        }
        let both = orders.into_values().filter_map(|(began, ended)| Some((began?, ended?)));
        both.filter(|(_, ended)| !begins(&self.seen[*ended]))
            .map(|(began, ended)| {
                let (first, last) = (&self.seen[began], &self.seen[ended]);
                let scope = self.seen[began.max(ended)].scope;
                Sample { scope, ..sample(last, last.at.millis_since(first.at)) }
            })
            .collect()
    }
}

fn is(seen: &Seen, code: Code) -> bool {
    seen.event.source == Source::Events && seen.event.code == code
}

fn is_status(seen: &Seen) -> bool {
    is(seen, Code::OrderStatus)
}

fn coded(seen: &Seen, code: Code) -> Option<f64> {
    seen.event.numbers.latency_ms.filter(|_| is(seen, code))
}

fn submits(seen: &Seen) -> bool {
    is(seen, Code::Submit)
}

fn acks(seen: &Seen) -> bool {
    is(seen, Code::Ack)
}

fn fills(seen: &Seen) -> bool {
    let filled = matches!(seen.event.status, Some(OrderStatus::PartiallyFilled | OrderStatus::Filled));
    is(seen, Code::Partial)
        || is(seen, Code::Fill)
        || (is(seen, Code::Ack) && seen.event.immediate_fill)
        || (is_status(seen) && filled)
}

fn exchange_ms(numbers: &Numbers) -> Option<f64> {
    Some((numbers.t_ack_ns? - numbers.t_send_ns?) as f64 / 1e6)
}

fn sample(seen: &Seen, ms: f64) -> Sample {
    Sample { at: seen.at, ms, scope: seen.scope }
}

/// The mean of whole nanoseconds.
pub(super) fn average(durations: &[f64]) -> Option<f64> {
    let nanos: f64 = durations.iter().map(|ms| (ms * 1e6).round()).sum();
    (!durations.is_empty()).then(|| nanos / 1e6 / durations.len() as f64)
}

pub(super) fn exact(mut durations: Vec<f64>) -> Option<LatencySummary> {
    durations.sort_by(f64::total_cmp);
    let rank = |percent: usize| durations[(durations.len() * percent).div_ceil(100) - 1];
    (!durations.is_empty()).then(|| LatencySummary {
        count: durations.len() as u64,
        min_ms: durations[0],
        p50_ms: rank(50),
        p90_ms: rank(90),
        p95_ms: rank(95),
        p99_ms: rank(99),
        max_ms: rank(100),
    })
}
