//! Explanation: intents by id with everything that names them, reasons of all records, provenance.

use std::collections::{BTreeMap, HashMap};

use aurora_domain::{
    Code, Outcome, Route, Shape, Source, Span, Ts, Writer, coverage::Explained,
    provenance::ProvenanceCoverage,
};

use super::{Oracle, Seen, orders::reported};
use crate::figures::{Figures, SPANS, slices};

/// An intent by id: when and in which shape it was first received, and whether something explains it.
struct Intent {
    received: Option<(Ts, Shape)>,
    answered: bool,
    sized: bool,
    routed: bool,
}

impl Intent {
    fn explained(&self) -> bool {
        self.answered || (self.sized && self.routed)
    }
}

impl Oracle {
    fn log(&self) -> impl Iterator<Item = &Seen> {
        self.seen.iter().filter(|seen| seen.event.source == Source::Events)
    }

    fn intents(&self) -> Vec<Intent> {
        let mut by_id: HashMap<_, Vec<&Seen>> = HashMap::new();
        for seen in self.log() {
            if let Some(id) = seen.intent() {
                by_id.entry(id).or_default().push(seen);
            }
        }
        let intent = |records: Vec<&Seen>| {
            let any = |says: fn(&Seen) -> bool| records.iter().any(|seen| says(seen));
            let received = records.iter().find(|seen| seen.event.code == Code::IntentReceived);
            Intent {
                received: received.map(|seen| (seen.at, seen.event.shape)),
                answered: any(|seen| {
                    matches!(seen.event.code, Code::OrderDeny | Code::SlaDeny | Code::PlanBuild)
                }),
                sized: any(|seen| matches!(seen.event.code, Code::SizingDecision | Code::KellyApplied)),
                routed: any(|seen| matches!(seen.event.route, Some(Route::Maker | Route::Taker))),
            }
        };
        by_id.into_values().map(intent).filter(|intent| intent.received.is_some()).collect()
    }

    /// Intents of the shape that has most of them, of equals the last in C, F, W, L.
    fn spoken_intents(&self) -> Vec<Intent> {
        let mut by_shape: BTreeMap<Shape, Vec<Intent>> = BTreeMap::new();
        for intent in self.intents() {
            by_shape.entry(intent.received.unwrap().1).or_default().push(intent);
        }
        by_shape.into_values().max_by_key(Vec::len).unwrap_or_default()
    }

    /// Explained of those intents that are older than ten seconds and pass.
    pub(super) fn explained(&self, passes: impl Fn(Ts) -> bool) -> Explained {
        let intents = self.spoken_intents();
        let grown = |intent: &&Intent| {
            let at = intent.received.unwrap().0;
            self.now.0 - at.0 > 10_000_000_000 && passes(at)
        };
        let grown: Vec<&Intent> = intents.iter().filter(grown).collect();
        Explained {
            intents: grown.len() as u64,
            explained: grown.iter().filter(|intent| intent.explained()).count() as u64,
        }
    }

    pub(super) fn explanation_figures(&self, all: &mut Figures) {
        for span in SPANS {
            all.push(slices::explained(span, self.explained(|at| self.within(at, span))));
            let provenance = self.provenance(|at| self.within(at, span));
            all.push((format!("provenance.{span:?}"), format!("{provenance:?}")));
        }
        let without = self.log().filter(|seen| seen.event.code == Code::IntentReceived);
        let without = without.filter(|seen| seen.event.intent_id.is_none()).count();
        all.push(("coverage.without_id".to_owned(), without.to_string()));
        for span in SPANS {
            let inside = self.seen.iter().filter(|seen| self.within(seen.at, span));
            let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
            for reason in inside.filter_map(|seen| seen.event.reason.as_deref()) {
                *reasons.entry(reason).or_default() += 1;
            }
            let mut ranked: Vec<(String, u64)> =
                reasons.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect();
            ranked.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            all.push((format!("reasons_of_records.{span:?}"), format!("{ranked:?}")));
        }
    }

    /// Records of orders that were submitted: they report an outcome other than a denial.
    pub(super) fn provenance(&self, passes: impl Fn(Ts) -> bool) -> ProvenanceCoverage {
        let complete = |seen: &&Seen| {
            let event = &seen.event;
            event.order_id.is_some() && (event.run_id.is_some() || event.traced)
        };
        let (mut counted, mut left_out): (Vec<&Seen>, Vec<&Seen>) = (Vec::new(), Vec::new());
        for writer in Writer::all() {
            let of_writer = self.seen.iter().filter(|seen| seen.event.writer() == Some(writer));
            let records: Vec<&Seen> = of_writer
                .filter(|seen| reported(seen).iter().any(|outcome| *outcome != Outcome::Denied))
                .collect();
            let silent = writer.shape == Shape::Flat && !records.iter().any(complete);
            if silent { &mut left_out } else { &mut counted }.extend(records);
        }
        counted.retain(|seen| passes(seen.at));
        left_out.retain(|seen| passes(seen.at));
        let records = counted.len();
        if records > 0 {
            let ratio = counted.iter().filter(|seen| complete(seen)).count() as f64 / records as f64;
            ProvenanceCoverage::Known { ratio, records: records as u64 }
        } else if left_out.is_empty() {
            ProvenanceCoverage::NoOrders
        } else {
            ProvenanceCoverage::OnlyFlat
        }
    }

    /// Whether an event's time lies in the span, for other parts.
    pub(super) fn over(&self, span: Span) -> impl Fn(&&Seen) -> bool {
        move |seen| self.within(seen.at, span)
    }
}
