//! Every symbol and side, `other` and `unknown` included, together are everything.

use aurora_domain::{
    Buckets, Filter, LatencyKind, Outcome, Outcomes, Resolution, SideKey, Span, State, SymbolId,
    latency::LatencyView, orders::OrderView, reason::DenyClass, routes::Routes,
};
use proptest::prelude::*;

use crate::stream::{after, streams};

const SPANS: [Span; 5] =
    [Span::Session, Span::MINUTE, Span::FIVE_MINUTES, Span::FIFTEEN_MINUTES, Span::Seconds(137)];

fn charts(state: &State) -> [Buckets; 4] {
    let end = state.now().second();
    let whole = |resolution: Resolution| {
        Buckets::new(resolution, end - i64::from(resolution.kept_seconds()) + 1, end)
    };
    let [seconds, tens, minutes] = Resolution::ALL.map(whole);
    [seconds, tens, minutes, Buckets::with_step(15, end - 899, end)]
}

/// Counts of everything that a filter divides, in one order.
fn counts(state: &State, filter: Filter) -> Vec<u64> {
    let (orders, latency) = (state.orders_in(filter), state.latency_in(filter));
    let mut all = Vec::new();
    for span in SPANS {
        over(span, &orders, &latency, state.routes_over(span, filter), &mut all);
        reasons(state, span, filter, &mut all);
        filled(state, span, filter, &mut all);
    }
    for buckets in charts(state) {
        for point in orders.series(buckets) {
            push_outcomes(point.outcomes, &mut all);
        }
        for point in state.route_series(buckets, filter) {
            push_routes(point.routes, &mut all);
        }
        for kind in LatencyKind::ALL {
            let points = latency.series(kind, buckets);
            all.extend(points.iter().map(|point| point.summary.map_or(0, |summary| summary.count)));
        }
    }
    let pending = orders.pending(state.now());
    all.extend([pending.count, pending.unknown]);
    all
}

fn over(span: Span, orders: &OrderView<'_>, latency: &LatencyView<'_>, routes: Routes, all: &mut Vec<u64>) {
    push_outcomes(orders.outcomes(span), all);
    all.extend(DenyClass::ALL.map(|class| orders.denied_of(class, span)));
    push_routes(routes, all);
    all.extend(LatencyKind::ALL.map(|kind| latency.summary(kind, span).map_or(0, |summary| summary.count)));
}

/// Denials per reason, and records per reason, by the names that the whole session has.
fn reasons(state: &State, span: Span, filter: Filter, all: &mut Vec<u64>) {
    let denials = state.orders_in(filter).deny_reasons(span);
    for known in state.orders().deny_reasons(Span::Session) {
        let own = denials.iter().find(|reason| reason.reason == known.reason);
        all.push(own.map_or(0, |reason| reason.count));
    }
    let records = state.reasons_in(span, filter);
    for (known, _) in state.reasons_in(Span::Session, Filter::ALL) {
        all.push(records.iter().find(|(reason, _)| *reason == known).map_or(0, |(_, count)| *count));
    }
}

fn filled(state: &State, span: Span, filter: Filter, all: &mut Vec<u64>) {
    let symbols = state.trade_in(span, filter);
    all.push(symbols.iter().map(|symbol| symbol.filled_orders).sum());
    all.push(symbols.iter().map(|symbol| symbol.fee_orders + symbol.rewards).sum());
}

fn push_outcomes(outcomes: Outcomes, all: &mut Vec<u64>) {
    all.extend(Outcome::ALL.map(|outcome| outcomes.get(outcome)));
}

fn push_routes(routes: Routes, all: &mut Vec<u64>) {
    all.extend([routes.maker, routes.taker, routes.deny, routes.cancel]);
}

fn sum(parts: impl Iterator<Item = Vec<u64>>) -> Vec<u64> {
    let add = |mut sums: Vec<u64>, part: Vec<u64>| {
        assert_eq!(sums.len(), part.len());
        sums.iter_mut().zip(part).for_each(|(sum, count)| *sum += count);
        sums
    };
    parts.reduce(add).unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn symbols_and_sides_add_up_to_everything(steps in streams(250, 4)) {
        let state = after(&steps);
        let everything = counts(&state, Filter::ALL);
        let symbols = || state.scopes().symbols().into_iter().map(Some);
        let sides = || SideKey::ALL.into_iter().map(Some);
        prop_assert_eq!(&sum(symbols().map(|symbol| counts(&state, Filter { symbol, side: None }))), &everything);
        prop_assert_eq!(&sum(sides().map(|side| counts(&state, Filter { symbol: None, side }))), &everything);
        let both = symbols().flat_map(|symbol| sides().map(move |side| Filter { symbol, side }));
        prop_assert_eq!(&sum(both.map(|filter| counts(&state, filter))), &everything);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn more_symbols_than_are_told_apart_still_add_up(steps in streams(500, 90)) {
        let state = after(&steps);
        let symbols = state.scopes().symbols();
        prop_assert!(symbols.len() <= 66);
        let of = |symbol| counts(&state, Filter { symbol: Some(symbol), side: None });
        prop_assert_eq!(sum(symbols.into_iter().map(of)), counts(&state, Filter::ALL));
        let unseen = Filter { symbol: Some(SymbolId::UNSEEN), side: None };
        prop_assert!(counts(&state, unseen).iter().all(|count| *count == 0));
    }

    #[test]
    fn buckets_of_every_resolution_add_up_to_the_longest_window(steps in streams(300, 3)) {
        let state = after(&steps);
        let end = state.now().second();
        let window = state.orders().outcomes(Span::FIFTEEN_MINUTES);
        for buckets in [Buckets::new(Resolution::Second, end - 899, end), Buckets::with_step(15, end - 899, end)] {
            let points = state.orders().series(buckets);
            let sums = points.iter().fold(Outcomes::default(), |sum, point| sum.plus(point.outcomes));
            prop_assert_eq!(sums, window);
        }
    }

    #[test]
    fn reasons_add_up_to_denials_in_every_window_and_bucket(steps in streams(300, 3)) {
        let state = after(&steps);
        let orders = state.orders();
        // By ids or by records: the larger one speaks for the outcome, and reasons are those of its records.
        for span in SPANS {
            let by_class: u64 = DenyClass::ALL.into_iter().map(|class| orders.denied_of(class, span)).sum();
            let by_reason: u64 = orders.deny_reasons(span).iter().map(|reason| reason.count).sum();
            prop_assert_eq!(by_reason, by_class, "{:?}", span);
        }
        let end = state.now().second();
        let series = state.orders_in(Filter::ALL).deny_reason_series(Buckets::with_step(15, end - 899, end));
        for points in series {
            let window = orders.deny_reasons(Span::FIFTEEN_MINUTES);
            let of_window = window.iter().find(|reason| reason.reason == points.reason.reason);
            prop_assert_eq!(points.counts.iter().sum::<u64>(), of_window.map_or(0, |reason| reason.count));
        }
    }
}
