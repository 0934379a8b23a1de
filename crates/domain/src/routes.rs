//! Routes: which way orders went, by the log that says most about it.
//!
//! A policy's and a router's decision about the same order are one happening, in one log or in two, so they are
//! counted apart and the candidate with the largest count in the session speaks; on a tie the router's within one
//! log, and of two logs the one whose shape is later in C, F, W, L.

use crate::{
    code::Code,
    counts::Counts,
    event::{Event, Route, Writer},
    figure::Figure,
    minutes::Minutes,
    orders::ratio,
    parts::{Broken, Loading, Parts, Sink, Source, Within, choices, parts},
    scope::{ScopeId, ScopeSet},
    series::Buckets,
    span::Span,
    time::Ts,
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

    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Routes) -> Routes {
        Routes {
            maker: self.maker.saturating_add(other.maker),
            taker: self.taker.saturating_add(other.taker),
            deny: self.deny.saturating_add(other.deny),
            cancel: self.cancel.saturating_add(other.cancel),
        }
    }

    pub(crate) fn new([maker, taker, deny, cancel]: [u64; Route::ALL.len()]) -> Self {
        Self { maker, taker, deny, cancel }
    }
}

/// Routes in one bucket of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutePoint {
    /// First second of the bucket.
    pub second: i64,
    /// What was counted in it.
    pub routes: Routes,
}

/// Whose decision a record reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decider {
    /// The policy's.
    Policy,
    /// A route's own record.
    Route,
    /// The router's.
    Router,
}

choices!(Decider { Policy = 0, Route = 1, Router = 2 });

impl Decider {
    /// Every one.
    pub const ALL: [Decider; 3] = [Decider::Policy, Decider::Route, Decider::Router];
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();
}

/// Which candidate speaks for routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteSpeaker {
    /// The writer.
    pub writer: Writer,
    /// Whose decisions.
    pub decider: Decider,
}

parts!(RouteSpeaker { writer, decider });

impl RouteSpeaker {
    /// The candidate with the largest count; of equals the last.
    pub(crate) fn among(count: impl Fn(Figure) -> u64) -> Option<RouteSpeaker> {
        let of_writer = |writer| Decider::ALL.map(|decider| RouteSpeaker { writer, decider });
        let candidates = Writer::all().flat_map(of_writer);
        let counted = candidates
            .map(|speaker| (speaker.figures().into_iter().map(&count).sum::<u64>(), speaker))
            .filter(|(count, _)| *count > 0);
        counted.max_by_key(|(count, _)| *count).map(|(_, speaker)| speaker)
    }

    /// What it counts, in the order of [`Route::ALL`].
    pub(crate) fn figures(self) -> [Figure; Route::ALL.len()] {
        Route::ALL.map(|route| Figure::route(self.writer, self.decider, route))
    }
}

/// The counts of every writer and decider.
#[derive(Clone, Debug)]
pub(crate) struct RouteCounts(Counts);

impl Parts for RouteCounts {
    fn save(&self, to: &mut impl Sink) {
        let Self(counts) = self;
        counts.save(to);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        Counts::load(from, usize::from(Figure::ROUTES)).map(Self)
    }
}

impl RouteCounts {
    /// No routes yet; windows end at the second `end`.
    pub(crate) fn new(end: i64) -> Self {
        Self(Counts::new(Figure::ROUTES, end))
    }

    /// Moves the windows' end.
    pub(crate) fn advance(&mut self, end: i64) {
        self.0.advance(end);
    }

    /// Counts the route that `event` decides. Returns true where there is one.
    #[inline]
    pub(crate) fn apply(&mut self, event: &Event<'_>, scope: ScopeId, at: Ts, minutes: &mut Minutes) -> bool {
        event.route.is_some() && self.take(event, scope, at, minutes)
    }

    fn take(&mut self, event: &Event<'_>, scope: ScopeId, at: Ts, minutes: &mut Minutes) -> bool {
        let decider = match event.code {
            Code::PolicyDecision => Decider::Policy,
            Code::RouterDecision => Decider::Router,
            _ => Decider::Route,
        };
        let (Some(route), Some(writer)) = (event.route, event.writer()) else { return false };
        let figure = Figure::route(writer, decider, route);
        self.0.record(own(figure), scope, at.second());
        minutes.count(figure, at.second());
        true
    }

    /// How many chart buckets went before their time, for want of room.
    pub(crate) fn dropped_buckets(&self) -> u64 {
        self.0.dropped_buckets()
    }

    /// How many chart buckets no longer tell symbols and sides apart, for want of room.
    pub(crate) fn folded_buckets(&self) -> u64 {
        self.0.folded_buckets()
    }

    /// Who speaks; `None` while there are no routes.
    pub(crate) fn speaker(&self) -> Option<RouteSpeaker> {
        RouteSpeaker::among(|figure| self.0.total(own(figure)))
    }

    /// The speaker's counts over `span`, within `scopes`.
    pub(crate) fn over(&self, span: Span, scopes: &ScopeSet) -> Routes {
        Routes::new(self.0.over(self.spoken(), span, scopes))
    }

    /// The speaker's counts in each of `buckets`, within `scopes`.
    pub(crate) fn series(&self, buckets: Buckets, scopes: &ScopeSet) -> Vec<RoutePoint> {
        let (spoken, step) = (self.spoken(), buckets.step_seconds());
        let at = |second| {
            let routes = Routes::new(self.0.bucket(spoken, second, step, scopes));
            RoutePoint { second, routes }
        };
        buckets.starts().map(at).collect()
    }

    fn spoken(&self) -> [Option<u16>; Route::ALL.len()] {
        match self.speaker() {
            Some(speaker) => speaker.figures().map(|figure| Some(own(figure))),
            None => [None; Route::ALL.len()],
        }
    }
}

/// The number of a figure among those of routes.
fn own(figure: Figure) -> u16 {
    figure.index().saturating_sub(Figure::ORDERS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shape, Source};

    const NOW: Ts = Ts(1_795_196_697_000_000_000);

    #[test]
    fn one_decision_that_two_records_report_counts_once() {
        let mut counts = RouteCounts::new(NOW.second());
        for (shape, code) in [
            (Shape::Canonical, Code::RouterDecision),
            (Shape::Flat, Code::PolicyDecision),
            (Shape::Canonical, Code::PolicyDecision),
        ] {
            let mut event = Event::bare(Source::Events, shape, code, "X.DECISION");
            event.route = Some(Route::Maker);
            assert!(counts.apply(&event, ScopeId::FIRST, NOW, &mut Minutes::default()));
        }
        for span in [Span::MINUTE, Span::Session] {
            let routes = counts.over(span, &ScopeSet::ALL);
            assert_eq!(routes, Routes { maker: 1, ..Routes::default() });
            assert_eq!(routes.taker_share(), Some(0.0));
        }
    }

    #[test]
    fn a_session_without_routes_has_no_share() {
        assert_eq!(RouteCounts::new(0).over(Span::Session, &ScopeSet::ALL).taker_share(), None);
    }
}
