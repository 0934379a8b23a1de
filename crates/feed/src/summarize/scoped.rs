//! The figures of a report over each window, and over the session by symbol and side.
//!
//! Invariants: names are those of the whole session's figures; who speaks is decided over everything, so the counts of
//! [`BySymbol`] add up to the session's.

use aurora_domain::{
    DenyClass, Filter, LatencyKind, Outcome, SideKey, Span, State, SymbolId, scope::ScopeSet,
};
use serde::Serialize;

use super::{
    names::Named,
    report::{DenyReason, Latency, Routes},
    slices::{Funnel, Provenance, Service, Symbol},
};

/// The windows by their names.
const WINDOWS: [(&str, Span); 3] =
    [("60", Span::MINUTE), ("300", Span::FIVE_MINUTES), ("900", Span::FIFTEEN_MINUTES)];

/// The figures of orders over a span, of all symbols and sides or of one of each.
#[derive(Clone, Debug, Serialize)]
pub struct OrderFigures {
    /// Count of each outcome, by the writer that speaks for it.
    pub orders: Named<&'static str, u64>,
    /// filled ÷ submitted, 0 to 1.
    pub fill_rate: Option<f64>,
    /// denied ÷ (denied + submitted), 0 to 1.
    pub deny_rate: Option<f64>,
    /// The same per class of reason; the classes add up to `deny_rate`.
    pub deny_rate_by_class: Named<&'static str, Option<f64>>,
    /// Reasons of denials, most frequent first.
    pub deny_reasons: Vec<DenyReason>,
    /// Durations by kind.
    pub latency: Named<&'static str, Option<Latency>>,
    /// Which way orders went.
    pub routes: Routes,
}

/// The last so many seconds up to the last event.
#[derive(Clone, Debug, Serialize)]
pub struct Window {
    /// Lines that are events.
    pub events: u64,
    /// Orders, denials, latencies and routes.
    #[serde(flatten)]
    pub figures: OrderFigures,
    /// From intent to fill, and why intents drop out.
    pub funnel: Funnel,
    /// How much is explained.
    pub xai: WindowXai,
    /// Whether records of orders say where they come from.
    pub provenance: Provenance,
    /// Money, by symbol.
    pub trade: Vec<Symbol>,
    /// Queries to the service.
    pub service: Service,
    /// `WS.CONNECT` records.
    pub ws_connects: u64,
    /// Records of arming, guards, idempotency and health by code.
    pub protection_counts: Named<String, u64>,
    /// `CONFIG.SWITCHED` and `OPS.*` records by code.
    pub operations_counts: Named<String, u64>,
}

/// How much is explained of what came in a window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WindowXai {
    /// explained ÷ intents, 0 to 1.
    pub coverage: Option<f64>,
    /// Intents older than ten seconds at the last event.
    pub intents: u64,
    /// Those that are denied, planned, or sized and routed.
    pub explained: u64,
    /// Records that carry a reason.
    pub reason_records: u64,
    /// Records per reason, whoever wrote them, most frequent first.
    pub reasons: Named<String, u64>,
}

/// What the session says of one symbol on one side.
#[derive(Clone, Debug, Serialize)]
pub struct BySymbol {
    /// As logged; `other` beyond 64 symbols, `unknown` where none is named.
    pub symbol: String,
    /// `buy`, `sell` or `unknown`.
    pub side: &'static str,
    /// Orders, denials, latencies and routes.
    #[serde(flatten)]
    pub figures: OrderFigures,
    /// Money; one entry, none where nothing was logged of it, or one per symbol of `other`.
    pub trade: Vec<Symbol>,
}

impl OrderFigures {
    fn new(state: &State, span: Span, filter: Filter) -> Self {
        let (orders, latency) = (state.orders_in(filter), state.latency_in(filter));
        let outcomes = orders.outcomes(span);
        let of_class = |class: DenyClass| (class.name(), orders.deny_rate_of(class, span));
        let of_kind = |kind: LatencyKind| (kind.name(), latency.summary(kind, span).map(Latency::from));
        Self {
            orders: Outcome::ALL.map(|outcome| (outcome.name(), outcomes.get(outcome))).into_iter().collect(),
            fill_rate: orders.fill_rate(span),
            deny_rate: orders.deny_rate(span),
            deny_rate_by_class: DenyClass::ALL.map(of_class).into_iter().collect(),
            deny_reasons: orders.deny_reasons(span).into_iter().map(DenyReason::from).collect(),
            latency: LatencyKind::ALL.map(of_kind).into_iter().collect(),
            routes: Routes::from(state.routes_over(span, filter)),
        }
    }
}

impl Window {
    /// Every window as of the state's time, by its seconds.
    pub(super) fn all(state: &State) -> Named<&'static str, Self> {
        WINDOWS.map(|(name, span)| (name, Self::new(state, span))).into_iter().collect()
    }

    fn new(state: &State, span: Span) -> Self {
        Self {
            events: state.events(span),
            figures: OrderFigures::new(state, span, Filter::ALL),
            funnel: Funnel::new(state, span),
            xai: WindowXai::new(state, span),
            provenance: Provenance::new(state, span),
            trade: state.trade_by_symbol(span).into_iter().map(Symbol::from).collect(),
            service: Service::new(state, span),
            ws_connects: state.market().connects(span),
            protection_counts: state.protection().counts(span).into_iter().collect(),
            operations_counts: state.operations().counts(span).into_iter().collect(),
        }
    }
}

impl WindowXai {
    fn new(state: &State, span: Span) -> Self {
        let explained = state.explained(span);
        let reasons = state.reasons_in(span, Filter::ALL);
        Self {
            coverage: explained.ratio(),
            intents: explained.intents,
            explained: explained.explained,
            reason_records: reasons.iter().map(|(_, count)| count).sum(),
            reasons: reasons.into_iter().collect(),
        }
    }
}

impl BySymbol {
    /// Every pair of symbol and side that the session has, symbols in the order of their appearance.
    pub(super) fn all(state: &State) -> Vec<Self> {
        let symbols = state.scopes().symbols().into_iter();
        let pairs = symbols.flat_map(|symbol| SideKey::ALL.map(|side| (symbol, side)));
        pairs.filter_map(|(symbol, side)| Self::new(state, symbol, side)).collect()
    }

    /// `None` where no event is about that pair.
    fn new(state: &State, symbol: SymbolId, side: SideKey) -> Option<Self> {
        let filter = Filter { symbol: Some(symbol), side: Some(side) };
        (state.scopes().matching(filter) != ScopeSet::NONE).then(|| Self {
            symbol: state.scopes().name(symbol).to_owned(),
            side: match side {
                SideKey::Buy => "buy",
                SideKey::Sell => "sell",
                SideKey::Unknown => "unknown",
            },
            figures: OrderFigures::new(state, Span::Session, filter),
            trade: state.trade_in(Span::Session, filter).into_iter().map(Symbol::from).collect(),
        })
    }
}
