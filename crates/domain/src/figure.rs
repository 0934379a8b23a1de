//! What is counted before a speaker is chosen: each candidate for a figure has a number.
//!
//! Invariant: numbers are dense, and stored aggregates rely on them: new ones are added behind the last, and none
//! ever changes its meaning.

use crate::{
    event::{Route, Writer},
    outcome::Outcome,
    reason::DenyClass,
    routes::Decider,
};

/// Numbers that one writer has among orders: reported and implied for each outcome, then classes of denials.
const PER_WRITER: usize = Outcome::COUNT * 2 + DenyClass::ALL.len();
const ROUTES_PER_WRITER: usize = Decider::COUNT * Route::ALL.len();

/// One count of one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Figure(u16);

#[expect(clippy::cast_possible_truncation, reason = "all numbers are below a few hundred")]
impl Figure {
    /// How many figures of orders there are; they are the first ones.
    pub(crate) const ORDERS: u16 = (Writer::COUNT * PER_WRITER) as u16;
    /// How many figures of routes there are; they follow those of orders.
    pub(crate) const ROUTES: u16 = (Writer::COUNT * ROUTES_PER_WRITER) as u16;
    /// How many there are.
    pub const COUNT: u16 = Self::ORDERS + Self::ROUTES;

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
        }
        numbers.sort_unstable();
        let expected: Vec<Figure> = (0..Figure::COUNT).filter_map(Figure::from_index).collect();
        assert_eq!(numbers, expected);
    }
}
