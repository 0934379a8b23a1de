//! What is counted before a speaker is chosen: each candidate for a figure has a number.
//!
//! Invariant: numbers are dense, and stored aggregates rely on them: new ones are added behind the last, and none
//! ever changes its meaning.

use crate::{
    event::{Route, Shape, Source, Writer},
    outcome::Outcome,
    reason::DenyClass,
    routes::Decider,
};

/// Numbers that one writer has among orders: reported and implied for each outcome, then classes of denials.
const PER_WRITER: usize = Outcome::COUNT * 2 + DenyClass::ALL.len();
const ROUTES_PER_WRITER: usize = Decider::COUNT * Route::ALL.len();

/// What is counted of queries to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryCount {
    /// Queries that ended.
    Ended,
    /// Those that say that they succeeded.
    Succeeded,
    /// Those that say that they failed.
    Failed,
    /// Those that the cache answered.
    CacheHits,
    /// Those that say whether the cache answered.
    CacheKnown,
    /// `HTTP.*` records.
    Http,
}

impl QueryCount {
    /// Every one.
    pub const ALL: [QueryCount; 6] = [
        QueryCount::Ended,
        QueryCount::Succeeded,
        QueryCount::Failed,
        QueryCount::CacheHits,
        QueryCount::CacheKnown,
        QueryCount::Http,
    ];
}

/// What is counted of intents, by the shape that reports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntentCount {
    /// Received, however young: who has most of them speaks.
    Received,
    /// Older than ten seconds.
    Grown,
    /// Of those, the ones that are denied, planned, or sized and routed.
    Explained,
}

impl IntentCount {
    /// Every one.
    pub const ALL: [IntentCount; 3] = [IntentCount::Received, IntentCount::Grown, IntentCount::Explained];
}

/// The shapes in the order of their numbers.
pub(crate) const SHAPES: [Shape; 4] = [Shape::Canonical, Shape::Flat, Shape::Wrapped, Shape::Legacy];

/// One count of one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Figure(u16);

#[expect(clippy::cast_possible_truncation, reason = "all numbers are below a few hundred")]
impl Figure {
    /// How many figures of orders there are; they are the first ones.
    pub(crate) const ORDERS: u16 = (Writer::COUNT * PER_WRITER) as u16;
    /// How many figures of routes there are; they follow those of orders.
    pub(crate) const ROUTES: u16 = (Writer::COUNT * ROUTES_PER_WRITER) as u16;
    const QUERIES: u16 = Self::ORDERS + Self::ROUTES;
    const INTENTS: u16 = Self::QUERIES + QueryCount::ALL.len() as u16;
    const RECORDS: u16 = Self::INTENTS + (SHAPES.len() * IntentCount::ALL.len()) as u16;
    const EVENTS: u16 = Self::RECORDS + 2 * Writer::COUNT as u16;
    const REJECTED: u16 = Self::EVENTS + Source::ALL.len() as u16;
    /// How many there are.
    pub const COUNT: u16 = Self::REJECTED + 1;

    /// What `writer` counts of `outcome`: as records report it, or as ids report or imply it.
    pub fn order(writer: Writer, outcome: Outcome, implied: bool) -> Self {
        Self((writer.index() * PER_WRITER + outcome.index() * 2 + usize::from(implied)) as u16)
    }

    /// What `writer` counts of denials of `class`.
    pub fn denied(writer: Writer, class: DenyClass) -> Self {
        Self((writer.index() * PER_WRITER + Outcome::COUNT * 2 + class as usize) as u16)
    }

    /// What `writer` counts of `decider`'s decisions for `route`.
    pub fn route(writer: Writer, decider: Decider, route: Route) -> Self {
        let within = decider as usize * Route::ALL.len() + route as usize;
        Self(Self::ORDERS + (writer.index() * ROUTES_PER_WRITER + within) as u16)
    }

    /// What is counted of queries to the service.
    pub fn query(count: QueryCount) -> Self {
        Self(Self::QUERIES + count as u16)
    }

    /// What is counted of the intents that records of `shape` report.
    pub fn intent(shape: Shape, count: IntentCount) -> Self {
        Self(Self::INTENTS + (shape as usize * IntentCount::ALL.len() + count as usize) as u16)
    }

    /// Records of submitted orders that `writer` wrote: all, or those that are `complete`, with an order id, and a run
    /// id or trace id.
    pub fn provenance(writer: Writer, complete: bool) -> Self {
        Self(Self::RECORDS + (writer.index() * 2 + usize::from(complete)) as u16)
    }

    /// Events of a file kind.
    pub fn events(source: Source) -> Self {
        Self(Self::EVENTS + source as u16)
    }

    /// Lines that could not be read.
    pub fn rejected() -> Self {
        Self(Self::REJECTED)
    }

    /// Its number.
    pub fn index(self) -> u16 {
        self.0
    }

    /// The inverse of [`Figure::index`]; `None` for a number that this version does not know.
    pub fn from_index(index: u16) -> Option<Self> {
        (index < Self::COUNT).then_some(Self(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_given_once() {
        let mut numbers = Vec::new();
        for writer in Writer::all() {
            for outcome in Outcome::ALL {
                numbers.extend([false, true].map(|implied| Figure::order(writer, outcome, implied)));
            }
            numbers.extend(DenyClass::ALL.map(|class| Figure::denied(writer, class)));
            for decider in Decider::ALL {
                numbers.extend(Route::ALL.map(|route| Figure::route(writer, decider, route)));
            }
            numbers.extend([false, true].map(|complete| Figure::provenance(writer, complete)));
        }
        numbers.extend(QueryCount::ALL.map(Figure::query));
        for shape in SHAPES {
            numbers.extend(IntentCount::ALL.map(|count| Figure::intent(shape, count)));
        }
        numbers.extend(Source::ALL.map(Figure::events));
        numbers.push(Figure::rejected());
        numbers.sort_unstable();
        let expected: Vec<Figure> = (0..Figure::COUNT).filter_map(Figure::from_index).collect();
        assert_eq!(numbers, expected);
    }

    #[test]
    fn numbers_that_are_stored_never_change() {
        let last = Writer { order_logs: true, shape: Shape::Legacy };
        let numbers = [
            Figure::order(last, Outcome::Failed, true),
            Figure::route(last, Decider::Router, Route::Cancel),
            Figure::query(QueryCount::Http),
            Figure::intent(Shape::Legacy, IntentCount::Explained),
            Figure::provenance(last, true),
            Figure::events(Source::Trades),
            Figure::rejected(),
        ];
        assert_eq!(numbers.map(Figure::index), [164, 263, 269, 281, 297, 302, 303]);
    }
}
