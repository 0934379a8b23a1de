//! Explanations, provenance, money, market, risk, service, governance, protection, operators' acts.

use super::{
    flag, seconds,
    sink::{Column, Kind, Sink},
};
use crate::{
    BreakerState, Filter, Span, State,
    trade::{COST_NAMES, SymbolTrade},
};

pub(super) fn expose(state: &State, span: Span, out: &mut impl Sink) {
    explanation(state, span, out);
    trade(state, span, out);
    market(state, out);
    risk(state, out);
    service(state, span, out);
    governance(state, out);
    protection(state, span, out);
    operations(state, out);
}

fn explanation(state: &State, span: Span, out: &mut impl Sink) {
    let explained = state.explained(span);
    out.gauge(
        "aurora_xai_coverage",
        "Explained intents / intents older than 10 s in the window, 0 to 1.",
        explained.ratio(),
    );
    out.gauge("aurora_window_intents", "Intents in the window older than 10 s.", explained.intents as f64);
    let mut family = out.family("aurora_reasons_total", Kind::Counter, "Records of the session by reason.");
    let reasons = family.is_wanted().then(|| state.reasons_in(Span::Session, Filter::ALL));
    for (reason, count) in reasons.into_iter().flatten() {
        family.sample(&[("reason", &reason)], count as f64);
    }
    out.gauge(
        "aurora_provenance_coverage",
        "Records of submitted orders in the window that carry an order id and a run or trace id / such records.",
        state.provenance(span).ratio(),
    );
}

fn trade(state: &State, span: Span, out: &mut impl Sink) {
    let symbols = state.trade_by_symbol(span);
    let families: [Column<SymbolTrade>; 9] = [
        ("aurora_trade_position", "Signed quantity held now, in units of the symbol.", |of| of.position),
        ("aurora_trade_average_price", "Average entry price of the position, in quote currency.", |of| {
            of.average_price
        }),
        ("aurora_trade_mark_price", "Price that unrealised profit is at, in quote currency.", |of| of.mark),
        ("aurora_trade_realised_pnl", "Realised profit in the window, in quote currency.", |of| of.realised),
        ("aurora_trade_unrealised_pnl", "Unrealised profit now, in quote currency.", |of| of.unrealised),
        ("aurora_trade_fees", "Fees in the window, in quote currency.", |of| of.fees),
        ("aurora_trade_notional", "Filled in the window, in quote currency.", |of| of.notional),
        ("aurora_trade_slippage_bps", "Average slippage in the window, in basis points.", |of| {
            of.slippage_bps
        }),
        ("aurora_trade_reward_pnl", "Profit that rewards in the window report, in quote currency.", |of| {
            of.reward_pnl
        }),
    ];
    for (name, help, read) in families {
        let mut family = out.family(name, Kind::Gauge, help);
        for of in &symbols {
            family.sample_if(&[("symbol", &of.symbol)], read(of));
        }
    }
    let mut family = out.family(
        "aurora_trade_cost_bps",
        Kind::Gauge,
        "Mean of each component of cost in the window, in basis points.",
    );
    for of in &symbols {
        for (component, bps) in COST_NAMES.into_iter().zip(of.costs_bps) {
            family.sample_if(&[("symbol", &of.symbol), ("component", component)], bps);
        }
    }
    let mut family =
        out.family("aurora_trade_filled_orders", Kind::Gauge, "Orders that began to fill in the window.");
    for of in &symbols {
        family.sample(&[("symbol", &of.symbol)], of.filled_orders as f64);
    }
    out.counter(
        "aurora_trade_incomplete_fills_total",
        "Records of fills without quantity, price, symbol or side, which move no money.",
        state.trade().incomplete(),
    );
}

fn market(state: &State, out: &mut impl Sink) {
    let quotes = state.market().quotes();
    let mut family =
        out.family("aurora_market_bid", Kind::Gauge, "Best bid of the last book, in quote currency.");
    for (symbol, quote) in &quotes {
        family.sample_if(&[("symbol", symbol)], quote.book.map(|book| book.value.bid));
    }
    let mut family =
        out.family("aurora_market_ask", Kind::Gauge, "Best ask of the last book, in quote currency.");
    for (symbol, quote) in &quotes {
        family.sample_if(&[("symbol", symbol)], quote.book.map(|book| book.value.ask));
    }
    let mut family = out.family(
        "aurora_market_spread_bps",
        Kind::Gauge,
        "Spread of the last book, in basis points of its middle.",
    );
    for (symbol, quote) in &quotes {
        family.sample_if(&[("symbol", symbol)], quote.book.map(|book| book.value.spread_bps()));
    }
    let mut family =
        out.family("aurora_market_price", Kind::Gauge, "Last price of the ticker, in quote currency.");
    for (symbol, quote) in &quotes {
        family.sample_if(&[("symbol", symbol)], quote.price.map(|price| price.value));
    }
    out.counter(
        "aurora_market_connects_total",
        "Connections of the bot to the market's stream in the session.",
        state.market().connects(Span::Session),
    );
}

fn risk(state: &State, out: &mut impl Sink) {
    let mut family = out.family("aurora_risk", Kind::Gauge, "Risk gauges as last reported.");
    for gauge in state.risk().gauges() {
        family.sample(&[("gauge", gauge.name)], gauge.latest.value);
    }
}

fn service(state: &State, span: Span, out: &mut impl Sink) {
    let (session, window) = (state.service().queries(Span::Session), state.service().queries(span));
    out.counter("aurora_service_queries_total", "Queries of the session that ended.", session.count);
    out.gauge("aurora_service_window_queries", "Queries in the window that ended.", window.count as f64);
    out.gauge(
        "aurora_service_success_rate",
        "Succeeded / queries in the window that say how they ended, 0 to 1.",
        window.success_rate(),
    );
    out.gauge(
        "aurora_service_error_rate",
        "Failed / queries in the window that say how they ended, 0 to 1.",
        window.error_rate(),
    );
    out.gauge(
        "aurora_service_cache_hit_rate",
        "Cache hits / queries in the window that say whether the cache answered, 0 to 1.",
        window.cache_hit_rate(),
    );
    out.gauge(
        "aurora_service_query_average_seconds",
        "Mean duration of queries in the window.",
        window.average_ms().map(|ms| ms * 1e-3),
    );
    out.counter(
        "aurora_service_http_requests_total",
        "HTTP request records of the session.",
        state.service().http_requests(Span::Session),
    );
}

fn governance(state: &State, out: &mut impl Sink) {
    let governance = state.governance();
    out.gauge("aurora_governance_alpha_spent", "Error probability spent.", governance.alpha_spent);
    out.gauge(
        "aurora_governance_alpha_budget",
        "Error probability that may be spent.",
        governance.alpha_budget,
    );
    out.gauge("aurora_governance_sprt_llr", "Log-likelihood ratio of the sequential test.", governance.llr);
    out.gauge("aurora_governance_sprt_samples", "Samples of the sequential test.", governance.samples);
    let (h0, h1) = governance.accepted();
    let mut family = out.family(
        "aurora_governance_sprt_accepted_total",
        Kind::Counter,
        "Sequential tests of the session that accepted a hypothesis.",
    );
    family.sample(&[("hypothesis", "h0")], h0 as f64);
    family.sample(&[("hypothesis", "h1")], h1 as f64);
    out.counter(
        "aurora_governance_transitions_total",
        "Changes of the governor's mode in the session.",
        governance.transition_total(),
    );
    if let Some(mode) = governance.mode.as_deref() {
        out.family("aurora_governance_mode", Kind::Gauge, "1 for the governor's mode.")
            .sample(&[("mode", mode)], 1.0);
    }
}

fn protection(state: &State, span: Span, out: &mut impl Sink) {
    let protection = state.protection();
    out.gauge(
        "aurora_circuit_breaker_state",
        "Circuit breaker: 0 closed, 1 half open, 2 open.",
        protection.breaker.map(|(breaker, _)| match breaker {
            BreakerState::Closed => 0.0,
            BreakerState::HalfOpen => 1.0,
            BreakerState::Open => 2.0,
        }),
    );
    out.gauge(
        "aurora_circuit_breaker_since_timestamp_seconds",
        "Unix time since when the breaker is in that state.",
        protection.breaker.map(|(_, since)| seconds(since)),
    );
    out.counter(
        "aurora_circuit_breaker_changes_total",
        "States that the breaker was found in during the session.",
        protection.breaker_changes(),
    );
    out.gauge("aurora_trading_armed", "1 where trading is armed, else 0.", protection.armed.map(flag));
    out.gauge("aurora_trading_halted", "1 where trading is halted, else 0.", protection.halted.map(flag));
    out.gauge(
        "aurora_trading_cooloff_until_timestamp_seconds",
        "Unix time until when the bot cools off.",
        protection.cooloff_until.map(seconds),
    );
    let mut family = out.family(
        "aurora_protection_events_total",
        Kind::Counter,
        "Records of the session by guards, traps, idempotency and health checks.",
    );
    for (code, count) in protection.counts(Span::Session) {
        family.sample(&[("code", &code)], count as f64);
    }
    let mut family = out.family(
        "aurora_window_protection_events",
        Kind::Gauge,
        "Records in the window by guards, traps, idempotency and health checks.",
    );
    for (code, count) in protection.counts(span) {
        family.sample(&[("code", &code)], count as f64);
    }
    let health = protection.health();
    let mut family =
        out.family("aurora_health_latency_seconds", Kind::Gauge, "Latency of the bot's own health checks.");
    for (code, latest) in &health {
        family.sample_if(&[("code", code)], latest.value.value_ms.map(|ms| ms * 1e-3));
    }
    let mut family = out.family(
        "aurora_health_latency_threshold_seconds",
        Kind::Gauge,
        "What that latency is held against.",
    );
    for (code, latest) in &health {
        family.sample_if(&[("code", code)], latest.value.threshold_ms.map(|ms| ms * 1e-3));
    }
}

fn operations(state: &State, out: &mut impl Sink) {
    let mut family =
        out.family("aurora_operations_total", Kind::Counter, "Operators' acts in the session by code.");
    for (code, count) in state.operations().counts(Span::Session) {
        family.sample(&[("code", &code)], count as f64);
    }
}
