//! Routes: which way orders went, by the log that says most about it.
//!
//! A policy's and a router's decision about the same order are one happening, in one log or in two, so they are
//! counted apart and the candidate with the largest count in the session speaks; on a tie the router's.

use crate::{
    code::Code,
    event::{Event, Route, Writer},
    orders::ratio,
};

/// How many orders went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// Added liquidity.
    pub maker: u64,
    /// Took liquidity.
    pub taker: u64,
    /// No way was found.
    pub deny: u64,
    /// A way was given up.
    pub cancel: u64,
}

impl Routes {
    /// taker ÷ (maker + taker); `None` where both are zero.
    pub fn taker_share(self) -> Option<f64> {
        ratio(self.taker, self.maker + self.taker)
    }

    fn add(&mut self, route: Route) {
        match route {
            Route::Maker => self.maker += 1,
            Route::Taker => self.taker += 1,
            Route::Deny => self.deny += 1,
            Route::Cancel => self.cancel += 1,
        }
    }

    fn total(self) -> u64 {
        self.maker + self.taker + self.deny + self.cancel
    }
}

/// Who decides: the policy, a route's own record, or the router.
const DECIDERS: usize = 3;

/// The counts of every writer and decider.
#[derive(Clone, Debug, Default)]
pub(crate) struct RouteCounts([[Routes; DECIDERS]; Writer::COUNT]);

impl RouteCounts {
    /// Counts the route that `event` decides. Returns true where there is one.
    pub(crate) fn apply(&mut self, event: &Event<'_>) -> bool {
        let decider = match event.code {
            Code::PolicyDecision => 0,
            Code::RouterDecision => 2,
            _ => 1,
        };
        let (Some(route), Some(writer)) = (event.route, event.writer()) else { return false };
        if let Some(counts) = self.0.get_mut(writer.index()).and_then(|by| by.get_mut(decider)) {
            counts.add(route);
        }
        true
    }

    /// The largest candidate.
    pub(crate) fn spoken(&self) -> Routes {
        self.0.iter().flatten().copied().max_by_key(|counts| counts.total()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shape, Source};

    #[test]
    fn one_decision_that_two_records_report_counts_once() {
        let mut counts = RouteCounts::default();
        for (shape, code) in [
            (Shape::Canonical, Code::RouterDecision),
            (Shape::Flat, Code::PolicyDecision),
            (Shape::Canonical, Code::PolicyDecision),
        ] {
            let mut event = Event::bare(Source::Events, shape, code, "X.DECISION");
            event.route = Some(Route::Maker);
            assert!(counts.apply(&event));
        }
        assert_eq!(counts.spoken(), Routes { maker: 1, ..Routes::default() });
        assert_eq!(counts.spoken().taker_share(), Some(0.0));
    }

    #[test]
    fn a_session_without_routes_has_no_share() {
        assert_eq!(RouteCounts::default().spoken().taker_share(), None);
    }
}
