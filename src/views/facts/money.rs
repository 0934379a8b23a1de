//! What trading earned and cost, what the market is like, how much is at risk.

use aurora_domain::{
    format,
    trade::{COST_NAMES, Origin, SymbolTrade},
};

use crate::{
    components::{figure::Figure, rows::Row, tone::Tone},
    page::Chosen,
    store::Store,
};

fn trades(store: &Store, chosen: Chosen) -> Vec<SymbolTrade> {
    store.state().trade_in(chosen.span(), chosen.filter)
}

/// Position, profit and fees of each symbol, and of all together where profit is of one currency.
pub(super) fn money(store: &Store, chosen: Chosen) -> Vec<Row> {
    trades(store, chosen).iter().flat_map(of_symbol).collect()
}

fn of_symbol(trade: &SymbolTrade) -> Vec<Row> {
    let symbol = &trade.symbol;
    let key = |name: &str| format!("trade.{symbol}.{name}");
    let mut rows = Vec::new();
    let at = |price: Option<f64>| format::or_no_data(price, format::number);
    let origin = match trade.origin {
        Some(Origin::Logged) => ", as logged",
        Some(Origin::Fills) => ", from fills",
        None => "",
    };
    if trade.position.is_some() {
        let row = Row::new(key("position"), format!("{symbol} position"), Figure::number(trade.position, ""));
        rows.push(
            row.note(format!("paid {}, worth {}{origin}", at(trade.average_price), at(trade.mark)))
                .events("code:POSITION,POSTTRADE,ORDER.FILL"),
        );
    }
    for (name, label, value) in [
        ("realised", "realised profit", trade.realised),
        ("unrealised", "unrealised profit", trade.unrealised),
        ("reward_pnl", "rewarded profit", trade.reward_pnl),
    ] {
        if value.is_some() {
            let tone = if value.is_some_and(|value| value < 0.0) { Tone::Warn } else { Tone::Plain };
            rows.push(Row::new(key(name), format!("{symbol} {label}"), Figure::number(value, "")).tone(tone));
        }
    }
    if trade.fees.is_some() {
        let row = Row::new(key("fees"), format!("{symbol} fees"), Figure::number(trade.fees, ""));
        rows.push(row.note(format!(
            "of {} of {} filled orders",
            format::count(trade.fee_orders),
            format::count(trade.filled_orders)
        )));
    }
    rows
}

/// Slippage and the components of cost.
pub(super) fn costs(store: &Store, chosen: Chosen) -> Vec<Row> {
    let mut rows = Vec::new();
    for trade in trades(store, chosen) {
        let symbol = &trade.symbol;
        if trade.slippage_bps.is_some() {
            let origin = match trade.slippage_origin {
                Some(Origin::Logged) => "mean of what the log says",
                _ => "from fills, by notional",
            };
            let key = format!("trade.{symbol}.slippage");
            let figure = Figure::number(trade.slippage_bps, "bps");
            rows.push(
                Row::new(key, format!("{symbol} slippage"), figure).note(origin).events("code:ORDER.STATUS"),
            );
        }
        // The first component is the logged slippage itself.
        for (name, value) in
            COST_NAMES.iter().zip(trade.costs_bps).skip(1).filter(|(_, value)| value.is_some())
        {
            let key = format!("trade.{symbol}.cost.{name}");
            // One of them is called slippage too, and has a sign of its own.
            let label = format!("{symbol} TCA {}", name.replace('_', " "));
            rows.push(Row::new(key, label, Figure::number(value, "bps")));
        }
    }
    rows
}

/// Books and prices.
pub(super) fn market(store: &Store, chosen: Chosen) -> Vec<Row> {
    let (market, now) = (store.state().market(), store.state().now());
    let only = chosen.filter.symbol.map(|symbol| store.state().scopes().name(symbol).to_owned());
    let mut rows = Vec::new();
    for (symbol, quote) in market.quotes() {
        if only.as_deref().is_some_and(|only| only != symbol) {
            continue;
        }
        let Some(mark) = quote.mark() else { continue };
        let age = format!("{} ago", format::age(whole(now.seconds_since(mark.at))));
        let spread = quote.book.map(|book| {
            format!(
                ", spread {} bps ({} to {})",
                format::number(book.value.spread_bps()),
                format::number(book.value.bid),
                format::number(book.value.ask)
            )
        });
        let crossed = quote.book.is_some_and(|book| book.value.spread() < 0.0);
        rows.push(
            Row::new(format!("market.{symbol}"), symbol, Figure::number(Some(mark.value), ""))
                .note(age + &spread.unwrap_or_default() + if crossed { ", crossed" } else { "" })
                .tone(if crossed { Tone::Warn } else { Tone::Plain })
                .events("code:MARKET"),
        );
    }
    let connects = market.connects(chosen.span());
    if connects > 0 {
        let row = Row::new("market.connects", "Stream connections", Figure::count(connects));
        rows.push(row.events("code:WS.CONNECT"));
    }
    rows
}

/// Risk gauges as last reported.
pub(super) fn risk(store: &Store, chosen: Chosen) -> Vec<Row> {
    let gauges = store.state().risk().gauges();
    let rows = gauges.into_iter().map(|gauge| {
        let row = Row::new(
            format!("risk.{}", gauge.name),
            gauge.name,
            Figure::number(Some(gauge.latest.value), ""),
        );
        let tone =
            if gauge.name == "cvar.allow" && gauge.latest.value < 0.5 { Tone::Warn } else { Tone::Plain };
        row.note(format!("at {}", chosen.clock(gauge.latest.at))).tone(tone)
    });
    rows.collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an age in seconds, at least zero"
)]
fn whole(seconds: f64) -> u64 {
    seconds.max(0.0) as u64
}
