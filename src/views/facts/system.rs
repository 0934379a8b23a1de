//! What runs around the strategy: queries to the service, requests, operators' acts.

use aurora_domain::{LatencyKind, format};

use crate::{
    components::{figure::Figure, rows::Row},
    page::Chosen,
    store::Store,
};

/// Queries and requests.
pub(super) fn service(store: &Store, chosen: Chosen) -> Vec<Row> {
    let (state, span) = (store.state(), chosen.span());
    let mut rows = Vec::new();
    let queries = state.service().queries(span);
    if queries.count > 0 {
        let latency = state.latency().summary(LatencyKind::Query, span);
        let millis = |value: Option<f64>| format::or_no_data(value, format::millis);
        rows.push(
            Row::new("service.query_count", "Queries", Figure::count(queries.count))
                .note(format!(
                    "average {}, p95 {}, p99 {}",
                    millis(queries.average_ms()),
                    millis(latency.map(|all| all.p95_ms)),
                    millis(latency.map(|all| all.p99_ms))
                ))
                .events("code:QUERY"),
        );
        for (key, label, ratio) in [
            ("service.success_rate", "Successful", queries.success_rate()),
            ("service.error_rate", "Failed", queries.error_rate()),
            ("service.cache_hit_rate", "From the cache", queries.cache_hit_rate()),
        ] {
            rows.push(Row::new(key, label, Figure::ratio(ratio)));
        }
    }
    let requests = state.service().http_requests(span);
    if requests > 0 {
        rows.push(Row::new("service.http_requests", "HTTP requests", Figure::count(requests)));
    }
    rows
}

/// The configuration, and what operators did.
pub(super) fn operations(store: &Store, chosen: Chosen) -> Vec<Row> {
    let (operations, span) = (store.state().operations(), chosen.span());
    let mut rows = Vec::new();
    if let Some(config) = operations.config() {
        let row = Row::new("operations.config", "Configuration", Figure::word(Some(&config.value)));
        rows.push(row.note(format!("since {}", chosen.clock(config.at))).events("code:CONFIG.SWITCHED"));
    }
    if let Some(last) = operations.last() {
        let row = Row::new("operations.last", "Last act", Figure::word(Some(&last.value)));
        rows.push(row.note(format!("at {}", chosen.clock(last.at))).events("code:OPS,CONFIG"));
    }
    rows.extend(
        operations
            .counts(span)
            .into_iter()
            .map(|(code, count)| Row::new(format!("operations.count.{code}"), code, Figure::count(count))),
    );
    rows
}
