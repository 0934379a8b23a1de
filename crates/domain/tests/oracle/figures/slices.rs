//! Figures of the parts beside orders and latencies: funnel, explanation, provenance, money, market, risk, service,
//! operations, governance, protection.

use std::fmt::Debug;

use aurora_domain::{
    Filter, Span, State,
    coverage::Explained,
    funnel::{DropOut, Step},
    service::Queries,
    trade::{COST_NAMES, SymbolTrade},
};

use super::Figures;

/// Figures that every span has.
pub(super) fn over(state: &State, span: Span, all: &mut Figures) {
    for (step, reached) in state.funnel(span) {
        all.push(funnel(span, step, reached));
    }
    all.push(explained(span, state.explained(span)));
    all.push((format!("drop_outs.{span:?}"), drop_outs(&state.drop_outs(span))));
    let mut add =
        |name: &str, value: &dyn Debug| all.push((format!("{name}.{span:?}"), format!("{value:?}")));
    add("reasons_of_records", &state.reasons_in(span, Filter::ALL));
    add("provenance", &state.provenance(span));
    add("protection", &state.protection().counts(span));
    add("operations", &state.operations().counts(span));
    add("http", &state.service().http_requests(span));
    add("connects", &state.market().connects(span));
    queries(span, state.service().queries(span), all);
    trade(span, &state.trade_by_symbol(span), all);
}

/// Figures of the session.
pub(super) fn session(state: &State, all: &mut Figures) {
    let mut add = |name: &str, value: &dyn Debug| all.push((name.to_owned(), format!("{value:?}")));
    let (coverage, trade) = (state.coverage(), state.trade());
    add("coverage.without_id", &coverage.without_id());
    add("trade.incomplete", &trade.incomplete());
    add("trade.unlinked", &trade.unlinked());
    add("latency.refused", &state.latency().refused());
    add("market", &state.market().quotes());
    add("risk", &state.risk().gauges());
    add("operations.last", &state.operations().last());
    add("operations.config", &state.operations().config());
    let governance = state.governance();
    add("governance.ledger", &(governance.alpha_spent, governance.alpha_budget));
    add("governance.test", &(governance.llr, governance.samples, governance.decision));
    add("governance.boundaries", &(governance.boundaries.upper, governance.boundaries.lower));
    add("governance.alpha_score", &governance.alpha_score);
    add("governance.mode", &governance.mode);
    add("governance.tests", &(governance.tests(), governance.accepted()));
    add("governance.evaluations", &governance.evaluations());
    add("governance.path", &governance.path().collect::<Vec<_>>());
    add("governance.transition_total", &governance.transition_total());
    add("governance.transitions", &governance.transitions().collect::<Vec<_>>());
    let protection = state.protection();
    add("protection.breaker", &protection.breaker);
    add("protection.breaker_history", &protection.breaker_history().collect::<Vec<_>>());
    add("protection.breaker_changes", &protection.breaker_changes());
    add("protection.armed", &protection.armed);
    add("protection.halted", &protection.halted);
    add("protection.cooloff_until", &protection.cooloff_until);
    add("protection.health", &protection.health());
}

/// How many reached a step.
pub(crate) fn funnel(span: Span, step: Step, reached: Option<u64>) -> (String, String) {
    (format!("funnel.{}.{span:?}", step.name()), format!("{reached:?}"))
}

/// Why steps were not reached.
pub(crate) fn drop_outs(all: &[DropOut]) -> String {
    let texts: Vec<String> =
        all.iter().map(|by| format!("{} {} {}", by.step.name(), by.reason, by.count)).collect();
    texts.join("; ")
}

/// Intents, and those that are explained.
pub(crate) fn explained(span: Span, of: Explained) -> (String, String) {
    (format!("explained.{span:?}"), format!("{} of {}: {:?}", of.explained, of.intents, of.ratio()))
}

fn queries(span: Span, of: Queries, all: &mut Figures) {
    let counts = [of.count, of.succeeded, of.failed, of.cache_hits, of.cache_known];
    let rates = [of.success_rate(), of.error_rate(), of.cache_hit_rate(), of.average_ms()];
    all.push(queries_text(span, counts, rates));
}

/// Ended, succeeded, failed, answered by the cache, saying so; success, errors, cache hits, average.
pub(crate) fn queries_text(span: Span, counts: [u64; 5], rates: [Option<f64>; 4]) -> (String, String) {
    (format!("queries.{span:?}"), format!("{counts:?} {rates:?}"))
}

/// Each symbol's money, one figure for each number.
pub(crate) fn trade(span: Span, symbols: &[SymbolTrade], all: &mut Figures) {
    for of in symbols {
        let prefix = format!("trade.{span:?}.{}", of.symbol);
        let mut add = |name: &str, value: &dyn Debug| {
            all.push((format!("{prefix}.{name}"), format!("{value:?}")));
        };
        add("origins", &(of.origin, of.slippage_origin));
        add("counts", &(of.filled_orders, of.fee_orders, of.rewards));
        for (name, number) in [
            ("position", of.position),
            ("average_price", of.average_price),
            ("realised", of.realised),
            ("unrealised", of.unrealised),
            ("mark", of.mark),
            ("fees", of.fees),
            ("notional", of.notional),
            ("slippage_bps", of.slippage_bps),
            ("reward_pnl", of.reward_pnl),
        ] {
            match number {
                Some(number) => add(name, &number),
                None => add(name, &"no data"),
            }
        }
        for (name, bps) in COST_NAMES.into_iter().zip(of.costs_bps) {
            add(&format!("cost_{name}"), &bps.unwrap_or(-1e9));
        }
    }
}
