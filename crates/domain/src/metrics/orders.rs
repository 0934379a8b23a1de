//! Orders, rates, routes, the way from intent to fill, latencies.

use super::sink::{Kind, Sink};
use crate::{DenyClass, Filter, LatencyKind, LatencySummary, Outcome, Span, State};

pub(super) fn expose(state: &State, span: Span, out: &mut impl Sink) {
    outcomes(state, span, out);
    rates(state, span, out);
    pending(state, out);
    routes(state, span, out);
    funnel(state, span, out);
    latency(state, span, out);
}

fn outcomes(state: &State, span: Span, out: &mut impl Sink) {
    let orders = state.orders();
    let (session, window) = (orders.outcomes(Span::Session), orders.outcomes(span));
    let mut family =
        out.family("aurora_orders_total", Kind::Counter, "Orders of the session by what became of them.");
    for outcome in Outcome::ALL {
        family.sample(&[("outcome", outcome.name())], session.get(outcome) as f64);
    }
    let mut family =
        out.family("aurora_window_orders", Kind::Gauge, "Orders in the window by what became of them.");
    for outcome in Outcome::ALL {
        family.sample(&[("outcome", outcome.name())], window.get(outcome) as f64);
    }
    let mut family = out.family(
        "aurora_orders_writers_differ",
        Kind::Gauge,
        "1 where the logs' own counts of an outcome differ by more than a tenth, else 0.",
    );
    for outcome in Outcome::ALL {
        family.sample(&[("outcome", outcome.name())], super::flag(orders.writers_differ(outcome)));
    }
    out.counter(
        "aurora_orders_forgotten_ids_total",
        "Order ids that were forgotten; above zero, counts are approximate.",
        orders.forgotten_ids(),
    );
    let mut family = out.family("aurora_denials_total", Kind::Counter, "Denials of the session by reason.");
    let reasons = family.is_wanted().then(|| orders.deny_reasons(Span::Session));
    for by in reasons.into_iter().flatten() {
        family.sample(&[("reason", &by.reason), ("class", by.class.name())], by.count as f64);
    }
}

fn rates(state: &State, span: Span, out: &mut impl Sink) {
    let orders = state.orders();
    out.gauge("aurora_fill_rate", "Filled / submitted in the window, 0 to 1.", orders.fill_rate(span));
    out.gauge(
        "aurora_deny_rate",
        "Denied / (denied + submitted) in the window, 0 to 1.",
        orders.deny_rate(span),
    );
    let mut family = out.family(
        "aurora_deny_class_rate",
        Kind::Gauge,
        "Denials of a class / (denied + submitted) in the window, 0 to 1.",
    );
    for class in DenyClass::ALL {
        family.sample_if(&[("class", class.name())], orders.deny_rate_of(class, span));
    }
}

fn pending(state: &State, out: &mut impl Sink) {
    let pending = state.orders().pending(state.now());
    out.gauge(
        "aurora_orders_pending",
        "Orders that were submitted and have not ended, up to 15 minutes.",
        pending.count as f64,
    );
    out.gauge(
        "aurora_orders_outcome_unknown",
        "Orders that were submitted more than 15 minutes ago and have not ended.",
        pending.unknown as f64,
    );
    out.gauge(
        "aurora_orders_pending_oldest_age_seconds",
        "Age of the oldest pending order.",
        (pending.count > 0).then_some(pending.oldest_age_seconds),
    );
}

fn routes(state: &State, span: Span, out: &mut impl Sink) {
    let (session, window) = (state.routes(), state.routes_over(span, Filter::ALL));
    let names = |routes: crate::routes::Routes| {
        [("maker", routes.maker), ("taker", routes.taker), ("deny", routes.deny), ("cancel", routes.cancel)]
    };
    let mut family = out.family("aurora_routes_total", Kind::Counter, "Routes of the session.");
    for (route, count) in names(session) {
        family.sample(&[("route", route)], count as f64);
    }
    let mut family = out.family("aurora_window_routes", Kind::Gauge, "Routes in the window.");
    for (route, count) in names(window) {
        family.sample(&[("route", route)], count as f64);
    }
    out.gauge("aurora_taker_share", "Taker / (maker + taker) in the window, 0 to 1.", window.taker_share());
}

fn funnel(state: &State, span: Span, out: &mut impl Sink) {
    let mut family = out.family(
        "aurora_funnel_total",
        Kind::Counter,
        "How many of the session reached each step from intent to fill.",
    );
    for (step, count) in state.funnel(Span::Session) {
        family.sample_if(&[("step", step.name())], count.map(|count| count as f64));
    }
    let mut family = out.family(
        "aurora_window_funnel",
        Kind::Gauge,
        "How many in the window reached each step from intent to fill.",
    );
    for (step, count) in state.funnel(span) {
        family.sample_if(&[("step", step.name())], count.map(|count| count as f64));
    }
    let mut family = out.family(
        "aurora_funnel_drop_outs",
        Kind::Gauge,
        "Intents of the session that did not reach a step, by reason.",
    );
    let drops = family.is_wanted().then(|| state.drop_outs(Span::Session));
    for drop in drops.into_iter().flatten() {
        family.sample(&[("step", drop.step.name()), ("reason", &drop.reason)], drop.count as f64);
    }
}

fn latency(state: &State, span: Span, out: &mut impl Sink) {
    let summaries: Vec<(&str, LatencySummary)> = LatencyKind::ALL
        .into_iter()
        .filter_map(|kind| Some((kind.name(), state.latency().summary(kind, span)?)))
        .collect();
    let units = [
        ("aurora_latency_ms", "Quantiles of latencies in the window, in milliseconds, within 1 %.", 1.0),
        ("aurora_latency_seconds", "Quantiles of latencies in the window, within 1 %.", 1e-3),
    ];
    for (name, help, unit) in units {
        let mut family = out.family(name, Kind::Summary, help);
        for (kind, summary) in &summaries {
            let quantiles = [
                ("0.5", summary.p50_ms),
                ("0.9", summary.p90_ms),
                ("0.95", summary.p95_ms),
                ("0.99", summary.p99_ms),
            ];
            for (quantile, ms) in quantiles {
                family.sample(&[("kind", kind), ("quantile", quantile)], ms * unit);
            }
        }
    }
    let mut family =
        out.family("aurora_latency_max_seconds", Kind::Gauge, "The longest latency in the window.");
    for (kind, summary) in &summaries {
        family.sample(&[("kind", kind)], summary.max_ms * 1e-3);
    }
    let mut family = out.family("aurora_latency_samples", Kind::Gauge, "Latencies measured in the window.");
    for (kind, summary) in &summaries {
        family.sample(&[("kind", kind)], summary.count as f64);
    }
    out.counter(
        "aurora_latency_refused_total",
        "Durations that were negative or not finite, which count nowhere.",
        state.latency().refused(),
    );
}
