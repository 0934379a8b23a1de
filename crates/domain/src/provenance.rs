//! Whether records of orders say where they come from.
//!
//! `provenance.coverage` (CONTRACT.md section 2): records of submitted orders that carry an order id, and a run id or
//! trace id, ÷ such records. A record of a submitted order reports its submission or what implies it, or a later
//! state; denials are none. Shape F has no place for a run id: such a writer counts only once a record of it
//! carries a trace id, and where there is no other writer there is no data.

use crate::{
    event::{Event, Shape, Writer},
    figure::Figure,
    minutes::Minutes,
    orders::ratio,
    outcome::{self, Outcome, OutcomeSet},
    parts::parts,
    span::Span,
    tally::Tally,
    time::Ts,
};

/// Where records of orders come from, over one span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ProvenanceCoverage {
    /// The ratio, from 0 to 1, of this many records.
    Known {
        /// Records that carry an order id, and a run id or trace id ÷ `records`.
        ratio: f64,
        /// Records of submitted orders.
        records: u64,
    },
    /// No record of a submitted order.
    NoOrders,
    /// Only shape F reports orders, and it has no place for a run id.
    OnlyFlat,
}

impl ProvenanceCoverage {
    /// Of `records` that count, so many `complete` ones, and so many `left_out` because shape F wrote them.
    pub(crate) fn of(records: u64, complete: u64, left_out: u64) -> Self {
        match ratio(complete, records) {
            Some(ratio) => ProvenanceCoverage::Known { ratio, records },
            None if left_out > 0 => ProvenanceCoverage::OnlyFlat,
            None => ProvenanceCoverage::NoOrders,
        }
    }

    /// The ratio, where there is one.
    pub fn ratio(self) -> Option<f64> {
        match self {
            ProvenanceCoverage::Known { ratio, .. } => Some(ratio),
            ProvenanceCoverage::NoOrders | ProvenanceCoverage::OnlyFlat => None,
        }
    }

    /// Why there is no ratio; `None` where there is one.
    pub fn missing(self) -> Option<&'static str> {
        match self {
            ProvenanceCoverage::Known { .. } => None,
            ProvenanceCoverage::NoOrders => Some("no orders"),
            ProvenanceCoverage::OnlyFlat => Some("only shape F reports orders, and it has no run id"),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Records {
    all: Tally,
    carried: Tally,
}

parts!(Records { all, carried });

/// Records of submitted orders per writer.
#[derive(Clone, Debug, Default)]
pub struct Provenance {
    end: i64,
    writers: [Records; Writer::COUNT],
}

parts!(Provenance { end: window, writers });

impl Provenance {
    pub(crate) fn new(end: i64) -> Self {
        Self { end, ..Self::default() }
    }

    pub(crate) fn advance(&mut self, end: i64) {
        self.end = self.end.max(end);
        for records in &mut self.writers {
            records.all.advance(end);
            records.carried.advance(end);
        }
    }

    pub(crate) fn apply(&mut self, event: &Event<'_>, at: Ts, minutes: &mut Minutes) -> bool {
        let reported = outcome::reported_by(event);
        if reported.without(OutcomeSet::of(&[Outcome::Denied])).is_empty() {
            return false;
        }
        let (end, second) = (self.end, at.second());
        let Some(writer) = event.writer() else { return false };
        let Some(records) = self.writers.get_mut(writer.index()) else { return false };
        records.all.count(end, second);
        minutes.count(Figure::provenance(writer, false), second);
        if event.order_id.is_some() && (event.run_id.is_some() || event.traced) {
            records.carried.count(end, second);
            minutes.count(Figure::provenance(writer, true), second);
        }
        true
    }

    /// Whether `writer`'s records count: not those of shape F, until one of them carries what is asked for.
    pub(crate) fn counts(&self, writer: Writer) -> bool {
        let carried = self.writers.get(writer.index()).map_or(0, |records| records.carried.session());
        counts(writer, carried)
    }

    /// The coverage over `span`.
    pub fn coverage(&self, span: Span) -> ProvenanceCoverage {
        let (mut all, mut carried, mut left_out) = (0, 0, 0);
        for (writer, records) in Writer::all().zip(&self.writers) {
            if self.counts(writer) {
                all += records.all.over(span);
                carried += records.carried.over(span);
            } else {
                left_out += records.all.over(span);
            }
        }
        ProvenanceCoverage::of(all, carried, left_out)
    }
}

/// Whether records of `writer`, of which so many in the session are complete, count.
pub(crate) fn counts(writer: Writer, complete: u64) -> bool {
    writer.shape != Shape::Flat || complete > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Source};

    fn record(shape: Shape, order: bool, run: bool) -> Event<'static> {
        let mut event = Event::bare(Source::Events, shape, Code::Ack, "ORDER.ACK");
        event.order_id = order.then(|| "1".into());
        event.run_id = run.then(|| "r".into());
        event
    }

    fn check(events: &[Event<'_>], expected: ProvenanceCoverage) {
        let mut provenance = Provenance::new(0);
        for event in events {
            provenance.apply(event, Ts(0), &mut Minutes::default());
        }
        for span in [Span::MINUTE, Span::Session] {
            assert_eq!(provenance.coverage(span), expected);
        }
    }

    #[test]
    fn a_record_needs_an_order_and_where_it_comes_from() {
        use Shape::{Canonical, Legacy};
        let traced = Event { traced: true, ..record(Legacy, true, false) };
        let events = [
            record(Canonical, true, true),
            record(Canonical, false, true),
            record(Legacy, true, false),
            traced,
        ];
        check(&events, ProvenanceCoverage::Known { ratio: 0.5, records: 4 });
    }

    #[test]
    fn denials_are_no_records_of_orders() {
        let denial = Event { code: Code::OrderDeny, ..record(Shape::Canonical, true, true) };
        check(&[denial], ProvenanceCoverage::NoOrders);
    }

    #[test]
    fn shape_f_alone_is_no_data_and_beside_others_left_out() {
        let flat = record(Shape::Flat, true, false);
        check(std::slice::from_ref(&flat), ProvenanceCoverage::OnlyFlat);
        let both = [flat.clone(), record(Shape::Canonical, true, true)];
        check(&both, ProvenanceCoverage::Known { ratio: 1.0, records: 1 });
        let traced = Event { traced: true, ..flat.clone() };
        check(&[flat, traced], ProvenanceCoverage::Known { ratio: 0.5, records: 2 });
    }

    #[test]
    fn a_window_without_orders_is_no_data() {
        let mut provenance = Provenance::new(0);
        provenance.apply(&record(Shape::Canonical, true, true), Ts(0), &mut Minutes::default());
        provenance.advance(60);
        assert_eq!(provenance.coverage(Span::MINUTE), ProvenanceCoverage::NoOrders);
        assert_eq!(provenance.coverage(Span::FIVE_MINUTES).ratio(), Some(1.0));
    }
}
