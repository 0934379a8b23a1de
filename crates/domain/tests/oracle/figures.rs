//! Every public figure of a state as a name and a text.

pub(crate) mod charts;
pub(crate) mod slices;

use std::fmt::Debug;

use aurora_domain::{
    LatencyKind, LatencySummary, Outcome, Span, State,
    orders::WriterCount,
    reason::{DenyClass, ReasonCount},
    routes::Routes,
    scope::{Filter, SideKey},
    series::Buckets,
};

/// Names and values; a value without data is `None` in words.
pub(crate) type Figures = Vec<(String, String)>;

/// The spans that are compared: those of the page, odd ones, one that is cut to the longest, and the session.
pub(crate) const SPANS: [Span; 12] = [
    Span::MINUTE,
    Span::FIVE_MINUTES,
    Span::FIFTEEN_MINUTES,
    Span::Session,
    Span::Seconds(1),
    Span::Seconds(7),
    Span::Seconds(59),
    Span::Seconds(61),
    Span::Seconds(301),
    Span::Seconds(899),
    Span::Seconds(5000),
    Span::Seconds(0),
];

/// Filters that are compared: a symbol's name, and a side.
pub(crate) const FILTERS: [(Option<&str>, Option<SideKey>); 5] = [
    (Some("SOLUSDT"), None),
    (None, Some(SideKey::Buy)),
    (Some("BTCUSDT"), Some(SideKey::Sell)),
    (Some("unknown"), None),
    (None, Some(SideKey::Unknown)),
];

/// Spans that they are compared over.
pub(crate) const FILTERED_SPANS: [Span; 3] = [Span::MINUTE, Span::Seconds(301), Span::Session];

/// Chart requests: seconds before the windows' end that the first bucket holds, and seconds of a bucket.
pub(crate) const SERIES: [(i64, u32); 5] = [(59, 1), (299, 5), (890, 15), (1800, 30), (20_000, 600)];

/// Seconds before the windows' end that are asked for one by one; negative ones are ahead of it.
pub(crate) const SECONDS_BACK: [i64; 12] = [-6, -5, -1, 0, 1, 2, 59, 60, 300, 898, 899, 900];

/// All of them.
pub(crate) fn figures(state: &State) -> Figures {
    let mut all = Figures::new();
    for span in SPANS {
        over(state, span, &mut all);
    }
    let orders = state.orders();
    for outcome in Outcome::ALL {
        all.push((format!("writers.{}", outcome.name()), writers(&orders.by_writer(outcome))));
        all.push((format!("differ.{}", outcome.name()), orders.writers_differ(outcome).to_string()));
    }
    for back in SECONDS_BACK {
        let counts = orders.outcomes_at(state.now().second() - back);
        all.push((format!("second.{back}"), counts_text(|outcome| counts.get(outcome))));
    }
    for span in SPANS {
        all.push((format!("reasons.{span:?}"), reasons(&orders.deny_reasons(span))));
    }
    let pending = orders.pending(state.now());
    all.push(("pending.count".to_owned(), pending.count.to_string()));
    all.push(("pending.unknown".to_owned(), pending.unknown.to_string()));
    all.push(("pending.oldest_age_seconds".to_owned(), format!("{:?}", pending.oldest_age_seconds)));
    all.push(("orders.forgotten_ids".to_owned(), orders.forgotten_ids().to_string()));
    all.push(("orders.evicted_open".to_owned(), orders.evicted_open().to_string()));
    series(state, &mut all);
    for (place, (symbol, side)) in FILTERS.into_iter().enumerate() {
        let symbol = symbol.map(|name| state.scopes().symbol(name));
        let pending = state.orders_in(Filter { symbol, side }).pending(state.now());
        all.push(charts::pending(place, pending));
        for span in FILTERED_SPANS {
            filtered(state, (Filter { symbol, side }, span), &format!("filter {place}.{span:?}"), &mut all);
        }
    }
    slices::session(state, &mut all);
    session(state, &mut all);
    all
}

/// Counters of what bounds drop, which the oracle has none of, so that they can only be compared between states.
pub(crate) fn unjudged(state: &State) -> Figures {
    let mut all = Figures::new();
    let mut add = |name: &str, value: &dyn Debug| all.push((name.to_owned(), format!("{value:?}")));
    add("coverage.forgotten", &state.coverage().forgotten_intents());
    add("funnel.forgotten", &state.funnel_counts().forgotten_intents());
    add("trade.bounds", &(state.trade().dropped(), state.trade().forgotten_orders()));
    add("market.dropped", &state.market().dropped());
    add("dropped_buckets", &(state.orders().dropped_buckets(), state.latency().dropped_buckets()));
    add("scopes", &(state.scopes().symbols(), state.scopes().beyond_limit()));
    add("speakers", &state.speakers());
    all
}

fn over(state: &State, span: Span, all: &mut Figures) {
    let orders = state.orders();
    let mut add = |name: &str, value: String| all.push((format!("{name}.{span:?}"), value));
    add("events", state.events(span).to_string());
    let outcomes = orders.outcomes(span);
    add("outcomes", counts_text(|outcome| outcomes.get(outcome)));
    add("fill_rate", format!("{:?}", orders.fill_rate(span)));
    add("deny_rate", format!("{:?}", orders.deny_rate(span)));
    for class in DenyClass::ALL {
        add(&format!("denied_{}", class.name()), orders.denied_of(class, span).to_string());
        add(&format!("deny_rate_{}", class.name()), format!("{:?}", orders.deny_rate_of(class, span)));
    }
    routes(&format!("routes.{span:?}"), state.routes_over(span, Filter::ALL), all);
    for kind in LatencyKind::ALL {
        let prefix = format!("latency.{}.{span:?}", kind.name());
        summary(&prefix, state.latency().summary(kind, span), all);
    }
    slices::over(state, span, all);
}

fn filtered(state: &State, (filter, span): (Filter, Span), prefix: &str, all: &mut Figures) {
    let orders = state.orders_in(filter);
    let outcomes = orders.outcomes(span);
    all.push((format!("{prefix}.outcomes"), counts_text(|outcome| outcomes.get(outcome))));
    for class in DenyClass::ALL {
        all.push((format!("{prefix}.denied_{}", class.name()), orders.denied_of(class, span).to_string()));
    }
    routes(&format!("{prefix}.routes"), state.routes_over(span, filter), all);
    for kind in LatencyKind::ALL {
        let durations = state.latency_in(filter).summary(kind, span);
        summary(&format!("{prefix}.{}", kind.name()), durations, all);
    }
}

/// One count for each outcome, those that are zero left out.
pub(crate) fn counts_text(count: impl Fn(Outcome) -> u64) -> String {
    let counts = Outcome::ALL.into_iter().map(|outcome| (outcome.name(), count(outcome)));
    let texts: Vec<String> =
        counts.filter(|(_, count)| *count > 0).map(|(name, count)| format!("{name} {count}")).collect();
    texts.join(", ")
}

/// Counts of writers, in the order of writers.
pub(crate) fn writers(counts: &[WriterCount]) -> String {
    let mut counts = counts.to_vec();
    counts.sort_by_key(|count| count.writer.index());
    let texts: Vec<String> =
        counts.iter().map(|count| format!("{}: {}", count.writer.label(), count.count)).collect();
    texts.join("; ")
}

/// Ranked reasons.
pub(crate) fn reasons(counts: &[ReasonCount]) -> String {
    let texts: Vec<String> = counts
        .iter()
        .map(|count| format!("{} {} {}", count.reason, count.class.name(), count.count))
        .collect();
    texts.join("; ")
}

/// A summary's figures; only the count, as zero, where there is none.
pub(crate) fn summary(prefix: &str, summary: Option<LatencySummary>, all: &mut Figures) {
    all.push((format!("{prefix}.count"), summary.map_or(0, |summary| summary.count).to_string()));
    let Some(summary) = summary else { return };
    for (name, value) in [
        ("min", summary.min_ms),
        ("p50", summary.p50_ms),
        ("p90", summary.p90_ms),
        ("p95", summary.p95_ms),
        ("p99", summary.p99_ms),
        ("max", summary.max_ms),
    ] {
        all.push((format!("{prefix}.{name}"), format!("{value:?}")));
    }
}

fn series(state: &State, all: &mut Figures) {
    for (back, step) in SERIES {
        let end = state.now().second();
        let buckets = Buckets::with_step(step, end - back, end);
        for point in state.orders().series(buckets) {
            let counts = counts_text(|outcome| point.outcomes.get(outcome));
            if !counts.is_empty() {
                all.push((format!("series.outcomes.{step}.{}", point.second), counts));
            }
        }
        for kind in LatencyKind::ALL {
            let points = state.latency().series(kind, buckets);
            let prefix = format!("series.{}.{step}", kind.name());
            all.push((format!("{prefix}.points"), points.len().to_string()));
            for point in points.iter().filter(|point| point.summary.is_some()) {
                summary(&format!("{prefix}.{}", point.second), point.summary, all);
            }
        }
    }
}

/// Routes and what follows from them.
pub(crate) fn routes(prefix: &str, routes: Routes, all: &mut Figures) {
    let Routes { maker, taker, deny, cancel } = routes;
    all.push((prefix.to_owned(), format!("maker {maker}, taker {taker}, deny {deny}, cancel {cancel}")));
    all.push((format!("{prefix}.taker_share"), format!("{:?}", routes.taker_share())));
}

fn session(state: &State, all: &mut Figures) {
    let session = state.session();
    let mut add = |name: &str, value: String| all.push((format!("session.{name}"), value));
    add("now", state.now().0.to_string());
    add("events", session.events().to_string());
    add("first", format!("{:?}", session.first()));
    add("last", format!("{:?}", session.last()));
    add("skewed", session.skewed().to_string());
    add("uncoded", session.uncoded().to_string());
    add("rejected", session.rejected().to_string());
    add("unknown", format!("{} {:?}", session.unknown_total(), session.unknown_codes()));
    add("summarised", session.summarised().to_string());
}
