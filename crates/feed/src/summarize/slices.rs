//! The parts of a report that tell what the bot did beside its orders: funnel, explanation, money, market, risk,
//! service, operations.
//!
//! Invariant: as in the report, names are stable and only ever added to, and `None` stands for no data.

use aurora_domain::{
    Filter, LatencyKind, Span, State,
    latest::Latest,
    market::Quote,
    provenance::ProvenanceCoverage,
    trade::{COST_NAMES, Origin, SymbolTrade},
};
use serde::Serialize;

use super::names::Named;

/// From intent to fill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Funnel {
    /// How many reached each step; `None` where the log tells nothing of it.
    pub reached: Named<&'static str, Option<u64>>,
    /// Why the others did not: by step, most frequent first.
    pub drop_outs: Vec<DropOut>,
}

/// Intents that did not reach a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DropOut {
    /// The step that they did not reach.
    pub step: &'static str,
    /// As logged, without a number at its end.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// How much is explained.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Xai {
    /// explained ÷ intents, 0 to 1.
    pub coverage: Option<f64>,
    /// Intents older than ten seconds at the last event.
    pub intents: u64,
    /// Those that are denied, planned, or sized and routed.
    pub explained: u64,
    /// Intents without an id, which are left out.
    pub without_id: u64,
    /// Intents that were forgotten because there were too many.
    pub forgotten_intents: u64,
    /// Records that carry a reason.
    pub reason_records: u64,
    /// Records per reason, whoever wrote them, most frequent first.
    pub reasons: Named<String, u64>,
}

/// Whether records of orders say where they come from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Provenance {
    /// 0 to 1.
    pub coverage: Option<f64>,
    /// Records that it is of.
    pub records: u64,
    /// Why there is none.
    pub missing: Option<&'static str>,
}

/// Money.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trade {
    /// By symbol.
    pub symbols: Vec<Symbol>,
    /// Records of fills that lack quantity, price, symbol or side.
    pub incomplete: u64,
    /// Records of symbols beyond the limit.
    pub dropped: u64,
    /// Records without a symbol whose order is not known to have one.
    pub unlinked: u64,
    /// Orders that were forgotten because there were too many.
    pub forgotten_orders: u64,
}

/// One symbol's money, in quote currency and units of the symbol.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(
    missing_docs,
    reason = "docs/summary.md defines each; aurora_domain::trade::SymbolTrade has the same"
)]
pub struct Symbol {
    pub symbol: String,
    pub position: Option<f64>,
    pub average_price: Option<f64>,
    pub origin: Option<&'static str>,
    pub realised: Option<f64>,
    pub unrealised: Option<f64>,
    pub mark: Option<f64>,
    pub fees: Option<f64>,
    pub filled_orders: u64,
    pub fee_orders: u64,
    pub notional: Option<f64>,
    pub slippage_bps: Option<f64>,
    pub slippage_origin: Option<&'static str>,
    pub costs_bps: Named<&'static str, Option<f64>>,
    pub rewards: u64,
    pub reward_pnl: Option<f64>,
}

/// Queries to the service.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Service {
    /// Queries that ended.
    pub query_count: u64,
    /// succeeded ÷ those that say how they ended, 0 to 1.
    pub success_rate: Option<f64>,
    /// failed ÷ those that say how they ended, 0 to 1.
    pub error_rate: Option<f64>,
    /// Mean duration, milliseconds.
    pub avg_ms: Option<f64>,
    /// Milliseconds, within 1 %.
    pub p95_ms: Option<f64>,
    /// Milliseconds, within 1 %.
    pub p99_ms: Option<f64>,
    /// Cache hits ÷ those that say, 0 to 1.
    pub cache_hit_rate: Option<f64>,
    /// `HTTP.*` records.
    pub http_requests: u64,
}

/// The market as the bot last saw it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Market {
    /// By symbol.
    pub symbols: Named<String, Prices>,
    /// `WS.CONNECT` records.
    pub ws_connects: u64,
    /// Records of symbols beyond the limit.
    pub dropped: u64,
}

/// A symbol's last book and price, in quote currency; times in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Prices {
    pub bid: Option<f64>,
    pub ask: Option<f64>,
    pub spread: Option<f64>,
    pub spread_bps: Option<f64>,
    pub book_ts_ns: Option<i64>,
    pub price: Option<f64>,
    pub price_ts_ns: Option<i64>,
}

/// A gauge as last reported.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Gauge {
    /// Its value.
    pub value: f64,
    /// When, nanoseconds since the Unix epoch.
    pub ts_ns: i64,
}

/// What operators did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Operations {
    /// `CONFIG.SWITCHED` and `OPS.*` records by code.
    pub counts: Named<String, u64>,
    /// The last one.
    pub last: Option<Last>,
    /// The configuration that was last switched to.
    pub config: Option<Last>,
}

/// A name and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Last {
    /// As logged.
    pub name: String,
    /// When, nanoseconds since the Unix epoch.
    pub ts_ns: i64,
}

impl Funnel {
    pub(super) fn new(state: &State, span: Span) -> Self {
        let reached = state.funnel(span).map(|(step, count)| (step.name(), count));
        let drop_outs = state.drop_outs(span).into_iter();
        Self {
            reached: reached.into_iter().collect(),
            drop_outs: drop_outs
                .map(|by| DropOut { step: by.step.name(), reason: by.reason, count: by.count })
                .collect(),
        }
    }
}

impl Xai {
    pub(super) fn new(state: &State) -> Self {
        let (explained, coverage) = (state.explained(Span::Session), state.coverage());
        let reasons = state.reasons_in(Span::Session, Filter::ALL);
        Self {
            coverage: explained.ratio(),
            intents: explained.intents,
            explained: explained.explained,
            without_id: coverage.without_id(),
            forgotten_intents: coverage.forgotten_intents(),
            reason_records: reasons.iter().map(|(_, count)| count).sum(),
            reasons: reasons.into_iter().collect(),
        }
    }
}

impl Provenance {
    pub(super) fn new(state: &State, span: Span) -> Self {
        let coverage = state.provenance(span);
        let records = match coverage {
            ProvenanceCoverage::Known { records, .. } => records,
            ProvenanceCoverage::NoOrders | ProvenanceCoverage::OnlyFlat => 0,
        };
        Self { coverage: coverage.ratio(), records, missing: coverage.missing() }
    }
}

impl Trade {
    pub(super) fn new(state: &State) -> Self {
        let trade = state.trade();
        Self {
            symbols: state.trade_by_symbol(Span::Session).into_iter().map(Symbol::from).collect(),
            incomplete: trade.incomplete(),
            dropped: trade.dropped(),
            unlinked: trade.unlinked(),
            forgotten_orders: trade.forgotten_orders(),
        }
    }
}

impl From<SymbolTrade> for Symbol {
    fn from(of: SymbolTrade) -> Self {
        Self {
            symbol: of.symbol,
            position: of.position,
            average_price: of.average_price,
            origin: of.origin.map(origin),
            realised: of.realised,
            unrealised: of.unrealised,
            mark: of.mark,
            fees: of.fees,
            filled_orders: of.filled_orders,
            fee_orders: of.fee_orders,
            notional: of.notional,
            slippage_bps: of.slippage_bps,
            slippage_origin: of.slippage_origin.map(origin),
            costs_bps: COST_NAMES.into_iter().zip(of.costs_bps).collect(),
            rewards: of.rewards,
            reward_pnl: of.reward_pnl,
        }
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Logged => "logged",
        Origin::Fills => "fills",
    }
}

impl Service {
    pub(super) fn new(state: &State, span: Span) -> Self {
        let queries = state.service().queries(span);
        let latency = state.latency().summary(LatencyKind::Query, span);
        Self {
            query_count: queries.count,
            success_rate: queries.success_rate(),
            error_rate: queries.error_rate(),
            avg_ms: queries.average_ms(),
            p95_ms: latency.map(|summary| summary.p95_ms),
            p99_ms: latency.map(|summary| summary.p99_ms),
            cache_hit_rate: queries.cache_hit_rate(),
            http_requests: state.service().http_requests(span),
        }
    }
}

impl Market {
    pub(super) fn new(state: &State) -> Self {
        let market = state.market();
        let quotes = market.quotes().into_iter();
        Self {
            symbols: quotes.map(|(symbol, quote)| (symbol.to_owned(), Prices::from(quote))).collect(),
            ws_connects: market.connects(Span::Session),
            dropped: market.dropped(),
        }
    }
}

impl From<Quote> for Prices {
    fn from(quote: Quote) -> Self {
        let book = quote.book.map(|book| book.value);
        Self {
            bid: book.map(|book| book.bid),
            ask: book.map(|book| book.ask),
            spread: book.map(aurora_domain::market::Book::spread),
            spread_bps: book.map(aurora_domain::market::Book::spread_bps),
            book_ts_ns: quote.book.map(|book| book.at.0),
            price: quote.price.map(|price| price.value),
            price_ts_ns: quote.price.map(|price| price.at.0),
        }
    }
}

/// Risk gauges by name.
pub(super) fn risk(state: &State) -> Named<&'static str, Gauge> {
    let gauges = state.risk().gauges().into_iter();
    gauges.map(|gauge| (gauge.name, Gauge { value: gauge.latest.value, ts_ns: gauge.latest.at.0 })).collect()
}

impl Operations {
    pub(super) fn new(state: &State) -> Self {
        let operations = state.operations();
        let last = |latest: &Latest<Box<str>>| Last { name: latest.value.to_string(), ts_ns: latest.at.0 };
        Self {
            counts: operations.counts(Span::Session).into_iter().collect(),
            last: operations.last().map(last),
            config: operations.config().map(last),
        }
    }
}
