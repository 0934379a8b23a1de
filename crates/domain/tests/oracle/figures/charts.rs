//! Chart series in every resolution and filter, what is pending within a filter, and stored minutes.

use std::collections::BTreeMap;

use aurora_domain::{
    DenyClass, LatencyKind, LatencySummary, Outcome, Route, Source, State,
    aggregate::{Aggregate, DurationSum, Spoken},
    figure::QueryCount,
    orders::Pending,
    provenance::ProvenanceCoverage,
    routes::Routes,
    scope::Filter,
    series::{Buckets, Resolution},
};

use super::{FILTERS, Figures, counts_text, summary};

/// Which resolution and which filter a check looks at: all of them each time would take too long.
pub(crate) fn turn(turn: usize) -> (Resolution, Option<usize>) {
    let filter = turn / 3 % (FILTERS.len() + 1);
    (Resolution::ALL[turn % 3], (filter > 0).then(|| filter - 1))
}

/// Seconds from and to which a resolution is kept.
pub(crate) fn kept(resolution: Resolution, end: i64) -> (i64, i64) {
    (end - i64::from(resolution.kept_seconds()) + 1, end)
}

/// The series of one turn.
pub(crate) fn charts(state: &State, number: usize, all: &mut Figures) {
    let (resolution, filter) = turn(number);
    let filter = filter.map_or(Filter::ALL, |place| {
        let (symbol, side) = FILTERS[place];
        Filter { symbol: symbol.map(|name| state.scopes().symbol(name)), side }
    });
    let (from, to) = kept(resolution, state.now().second());
    let buckets = Buckets::new(resolution, from, to);
    let points = state.orders_in(filter).series(buckets);
    all.push(("charts.points".to_owned(), points.len().to_string()));
    for point in points {
        let counts = counts_text(|outcome| point.outcomes.get(outcome));
        if !counts.is_empty() {
            all.push((format!("charts.outcomes.{}", point.second), counts));
        }
    }
    for (second, count) in buckets.starts().zip(state.event_series(buckets)) {
        if count > 0 {
            all.push((format!("charts.events.{second}"), count.to_string()));
        }
    }
    for point in state.route_series(buckets, filter) {
        if point.routes != Routes::default() {
            all.push((format!("charts.routes.{}", point.second), format!("{:?}", point.routes)));
        }
    }
    for kind in LatencyKind::ALL {
        for point in state.latency_in(filter).series(kind, buckets) {
            if point.summary.is_some() {
                summary(&format!("charts.{}.{}", kind.name(), point.second), point.summary, all);
            }
        }
        for cells in state.latency_in(filter).cells(kind, buckets) {
            let count: u64 = cells.counts.iter().map(|(_, count)| count).sum();
            if count > 0 {
                all.push((format!("charts.{}.cells.{}", kind.name(), cells.second), count.to_string()));
            }
        }
    }
}

/// What is pending within a filter.
pub(crate) fn pending(place: usize, pending: Pending) -> (String, String) {
    (format!("filter {place}.pending"), format!("{pending:?}"))
}

/// The figures of each stored minute, by the speakers of the whole.
pub(crate) fn minutes(state: &State, stored: &BTreeMap<i64, Aggregate>, all: &mut Figures) {
    let speakers = state.speakers();
    let mut whole = Spoken::default();
    for (minute, aggregate) in stored {
        let spoken = aggregate.spoken(&speakers);
        whole.merge(&spoken);
        told(&format!("minute {minute}"), &spoken, all);
    }
    told("minutes", &whole, all);
}

fn told(prefix: &str, spoken: &Spoken, all: &mut Figures) {
    let of = Minute {
        outcomes: Outcome::ALL.map(|outcome| spoken.outcomes.get(outcome)),
        denied: DenyClass::ALL.map(|class| spoken.denied_of(class)),
        routes: {
            let Routes { maker, taker, deny, cancel } = spoken.routes;
            [maker, taker, deny, cancel]
        },
        durations: LatencyKind::ALL.map(|kind| spoken.durations(kind).and_then(DurationSum::summary)),
        averages: LatencyKind::ALL.map(|kind| spoken.durations(kind).and_then(DurationSum::average_ms)),
        queries: QueryCount::ALL.map(|count| spoken.queries(count)),
        intents: [spoken.explained.intents, spoken.explained.explained],
        provenance: spoken.provenance(),
        events: Source::ALL.map(|source| spoken.events(source)),
        rejected: spoken.rejected,
    };
    minute(prefix, &of, all);
}

/// What one minute tells.
pub(crate) struct Minute {
    pub(crate) outcomes: [u64; Outcome::COUNT],
    pub(crate) denied: [u64; DenyClass::ALL.len()],
    pub(crate) routes: [u64; Route::ALL.len()],
    pub(crate) durations: [Option<LatencySummary>; LatencyKind::ALL.len()],
    pub(crate) averages: [Option<f64>; LatencyKind::ALL.len()],
    pub(crate) queries: [u64; QueryCount::ALL.len()],
    pub(crate) intents: [u64; 2],
    pub(crate) provenance: ProvenanceCoverage,
    pub(crate) events: [u64; Source::ALL.len()],
    pub(crate) rejected: u64,
}

/// Its figures.
pub(crate) fn minute(prefix: &str, of: &Minute, all: &mut Figures) {
    let mut add = |name: &str, value: String| all.push((format!("{prefix}.{name}"), value));
    add("outcomes", format!("{:?}", of.outcomes));
    add("denied", format!("{:?}", of.denied));
    add("routes", format!("{:?}", of.routes));
    add("queries", format!("{:?}", of.queries));
    add("intents", format!("{:?}", of.intents));
    add("provenance", format!("{:?}", of.provenance));
    add("events", format!("{:?}", of.events));
    add("rejected", of.rejected.to_string());
    for (kind, average) in LatencyKind::ALL.into_iter().zip(of.averages) {
        add(&format!("{}.average", kind.name()), format!("{:?}", average.unwrap_or(-1.0)));
    }
    for (kind, durations) in LatencyKind::ALL.into_iter().zip(of.durations) {
        summary(&format!("{prefix}.{}", kind.name()), durations, all);
    }
}
