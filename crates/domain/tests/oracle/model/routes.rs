//! Routes: of every writer and decider the one with the largest count; of equals the last.

use aurora_domain::{Code, Route, Writer, routes::Routes};

use super::{Oracle, Seen};
use crate::figures::{self, FILTERED_SPANS, FILTERS, Figures, SPANS};

/// Who decides, from the one that yields to the one that speaks where one writer has both equally often.
const DECIDERS: [fn(Code) -> bool; 3] = [
    |code| code == Code::PolicyDecision,
    |code| {
        let own = [Code::RouteMaker, Code::RouteTaker, Code::RouteDeny, Code::RouteCancel];
        code == Code::Route || own.contains(&code)
    },
    |code| code == Code::RouterDecision,
];

impl Oracle {
    pub(super) fn route_figures(&self, all: &mut Figures) {
        let best = self.spoken_routes();
        let count = |span, passes: &dyn Fn(&Seen) -> bool| {
            let routed = |route: Route| {
                let taken = best.iter().filter(|seen| seen.event.route == Some(route) && passes(seen));
                taken.filter(|seen| self.within(seen.at, span)).count() as u64
            };
            let [maker, taker, deny, cancel] =
                [Route::Maker, Route::Taker, Route::Deny, Route::Cancel].map(routed);
            Routes { maker, taker, deny, cancel }
        };
        for span in SPANS {
            figures::routes(&format!("routes.{span:?}"), count(span, &|_| true), all);
        }
        for (place, filter) in FILTERS.into_iter().enumerate() {
            for span in FILTERED_SPANS {
                let routes = count(span, &|seen| seen.scope.passes(filter));
                figures::routes(&format!("filter {place}.{span:?}.routes"), routes, all);
            }
        }
    }

    /// The decisions that count.
    pub(super) fn spoken_routes(&self) -> Vec<&Seen> {
        let mut best = Vec::new();
        for writer in Writer::all() {
            for decides in DECIDERS {
                let candidate = self.decided(writer, decides);
                if candidate.len() >= best.len() {
                    best = candidate;
                }
            }
        }
        best
    }

    fn decided(&self, writer: Writer, decides: fn(Code) -> bool) -> Vec<&Seen> {
        let of_writer = self.seen.iter().filter(|seen| seen.event.writer() == Some(writer));
        of_writer.filter(|seen| decides(seen.event.code) && seen.event.route.is_some()).collect()
    }
}
