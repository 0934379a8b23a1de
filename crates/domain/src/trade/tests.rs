//! Money: one fill counts once whoever reports it, and nothing is made up where the log says nothing.

use super::*;
use crate::{OrderStatus, Shape, Side};

const NOW: Ts = Ts(1_795_196_697_000_000_000);

fn posttrade(id: &'static str, side: Side, quantity: f64, average: f64) -> Event<'static> {
    let mut event = Event::bare(Source::Events, Shape::Canonical, Code::PosttradeLog, "POSTTRADE.LOG");
    (event.order_id, event.client_id) = (Some(id.into()), Some(format!("c{id}").into()));
    (event.symbol, event.side, event.run_id) = (Some("SOLUSDT".into()), Some(side), Some("r".into()));
    event.status = Some(OrderStatus::Filled);
    event.detail = Detail::Fill(Fill {
        quantity: Some(quantity),
        average: Some(average),
        price: Some(100.0),
        fee: Some(0.1),
    });
    event
}

fn row(event: &Event<'static>) -> Event<'static> {
    Event { source: Source::Trades, shape: Shape::Legacy, code: Code::Other, run_id: None, ..event.clone() }
}

fn by_symbol(trade: &Trade, span: Span, market: &Market) -> Vec<SymbolTrade> {
    trade.by_symbol(span, None, market, |_| true)
}

fn trade_after(events: &[Event<'_>]) -> Trade {
    let mut trade = Trade::new(NOW.second());
    for event in events {
        trade.apply(event, Subject::of(event), event.side.into(), NOW);
    }
    trade
}

fn only(events: &[Event<'_>]) -> SymbolTrade {
    let symbols = by_symbol(&trade_after(events), Span::Session, &Market::default());
    assert_eq!(symbols.len(), 1);
    symbols.into_iter().next().unwrap()
}

/// Position, realised, unrealised.
fn check(events: &[Event<'_>], expected: [Option<f64>; 3]) {
    let sol = only(events);
    for (actual, expected) in [sol.position, sol.realised, sol.unrealised].into_iter().zip(expected) {
        let equal = match (actual, expected) {
            (Some(actual), Some(expected)) => (actual - expected).abs() < 1e-9,
            (actual, expected) => actual == expected,
        };
        assert!(equal, "{actual:?} is not {expected:?}");
    }
}

#[test]
fn without_prices_there_is_no_data() {
    let mut event = posttrade("1", Side::Buy, 1.0, 100.0);
    event.detail = Detail::Fill(Fill { quantity: Some(1.0), average: None, price: None, fee: None });
    let trade = trade_after(&[event]);
    assert!(by_symbol(&trade, Span::Session, &Market::default()).is_empty());
    assert_eq!(trade.incomplete(), 1);
}

#[test]
fn average_cost_gives_profit() {
    let events = [posttrade("1", Side::Buy, 2.0, 100.0), posttrade("2", Side::Sell, 1.0, 103.0)];
    check(&events, [Some(1.0), Some(3.0), Some(3.0)]);
}

#[test]
fn two_writers_of_one_fill_count_once() {
    let events = [posttrade("1", Side::Buy, 2.0, 100.0), posttrade("2", Side::Buy, 1.0, 100.0)];
    let rows = events.each_ref().map(row);
    let both: Vec<_> = events.iter().chain(&rows).chain(&events).cloned().collect();
    check(&both, [Some(3.0), Some(0.0), Some(0.0)]);
    assert_eq!((only(&both).filled_orders, only(&both).fees), (2, Some(0.2)));
}

#[test]
fn the_writer_with_most_filled_orders_speaks() {
    let first = posttrade("1", Side::Buy, 2.0, 100.0);
    let events = [row(&first), first, posttrade("2", Side::Buy, 1.0, 100.0)];
    check(&events, [Some(3.0), Some(0.0), Some(0.0)]);
}

#[test]
fn slippage_is_against_the_side() {
    let bought = only(&[posttrade("1", Side::Buy, 1.0, 100.1)]);
    let sold = only(&[posttrade("1", Side::Sell, 1.0, 100.1)]);
    for (sol, bps) in [(bought, 10.0), (sold, -10.0)] {
        assert!((sol.slippage_bps.unwrap() - bps).abs() < 1e-6);
        assert_eq!(sol.slippage_origin, Some(Origin::Fills));
    }
}

#[test]
fn logged_costs_find_their_symbol_and_count_once_per_order() {
    let costs = Event {
        order_id: Some("c1".into()),
        detail: Detail::Costs(Costs { components: [Some(1.5), Some(9.0), None, None, None, Some(-0.5)] }),
        ..Event::bare(Source::Events, Shape::Flat, Code::OrderStatus, "ORDER.STATUS(SIM)")
    };
    let sol = only(&[posttrade("1", Side::Buy, 1.0, 100.1), costs.clone(), costs.clone()]);
    assert_eq!((sol.slippage_bps, sol.slippage_origin), (Some(1.5), Some(Origin::Logged)));
    assert_eq!(sol.costs_bps, [Some(1.5), Some(9.0), None, None, None, Some(-0.5)]);
    let trade = trade_after(&[costs]);
    assert_eq!((trade.unlinked(), by_symbol(&trade, Span::Session, &Market::default())), (1, Vec::new()));
}

fn position(quantity: f64, unrealised: Option<f64>) -> Event<'static> {
    let own = Position {
        quantity: Some(quantity),
        average_price: Some(90.0),
        realised: Some(7.0),
        unrealised,
        fees: Some(0.5),
    };
    let mut event = Event::bare(Source::Events, Shape::Canonical, Code::Position, "POSITION.UPDATE");
    (event.symbol, event.detail) = (Some("SOLUSDT".into()), Detail::Position(own));
    event
}

#[test]
fn the_logs_own_figures_come_first() {
    let events = [posttrade("1", Side::Buy, 2.0, 100.0), position(5.0, Some(-4.0))];
    check(&events, [Some(5.0), Some(7.0), Some(-4.0)]);
    assert_eq!(only(&events).origin, Some(Origin::Logged));
    check(&[posttrade("1", Side::Buy, 2.0, 100.0), position(5.0, None)], [Some(5.0), Some(7.0), Some(50.0)]);
}

#[test]
fn the_market_marks_what_is_held() {
    let mut market = Market::new(0);
    let mut book = Event::bare(Source::Events, Shape::Wrapped, Code::MarketBook, "MARKET.BOOK");
    book.symbol = Some("SOLUSDT".into());
    (book.numbers.bid, book.numbers.ask) = (Some(109.0), Some(111.0));
    market.apply(&book, NOW);
    let trade = trade_after(&[posttrade("1", Side::Sell, 2.0, 100.0)]);
    let symbols = by_symbol(&trade, Span::Session, &market);
    assert_eq!((symbols[0].mark, symbols[0].unrealised), (Some(110.0), Some(-20.0)));
}

#[test]
fn windows_hold_what_happened_in_them() {
    let mut trade = Trade::new(NOW.second());
    for (seconds, id, side) in [(0, "1", Side::Buy), (100, "2", Side::Sell)] {
        let at = NOW.plus_seconds(seconds);
        trade.advance(at.second());
        let event = posttrade(id, side, 1.0, 100.0 + seconds as f64 / 10.0);
        trade.apply(&event, Subject::of(&event), event.side.into(), at);
    }
    let realised = |span| {
        let symbols = by_symbol(&trade, span, &Market::default());
        (symbols[0].realised.unwrap(), symbols[0].filled_orders)
    };
    assert_eq!(
        [Span::MINUTE, Span::FIVE_MINUTES, Span::Session].map(realised),
        [(10.0, 1), (10.0, 2), (10.0, 2)]
    );
}

#[test]
fn rewards_add_up() {
    let mut event = Event::bare(Source::Events, Shape::Flat, Code::Reward, "REWARD.TP");
    event.symbol = Some("SOLUSDT".into());
    let reward = |pnl| Event { detail: Detail::Reward { pnl }, ..event.clone() };
    let sol = only(&[reward(Some(2.0)), reward(Some(-0.5)), reward(None)]);
    assert_eq!((sol.rewards, sol.reward_pnl, sol.position), (3, Some(1.5), None));
}

#[test]
fn symbols_beyond_the_limit_are_counted() {
    let events: Vec<_> = (0..Trade::SYMBOL_LIMIT + 3)
        .map(|index| Event {
            symbol: Some(format!("S{index:03}").into()),
            ..posttrade("1", Side::Buy, 1.0, 1.0)
        })
        .map(|event| Event { order_id: None, client_id: None, ..event })
        .collect();
    let trade = trade_after(&events);
    assert_eq!(by_symbol(&trade, Span::Session, &Market::default()).len(), Trade::SYMBOL_LIMIT);
    assert_eq!(trade.dropped(), 3);
}

#[test]
fn flows_are_told_by_side_and_add_up() {
    let fills = [("1", Side::Buy, 100.0), ("2", Side::Sell, 110.0), ("3", Side::Sell, 120.0)];
    let events: Vec<Event<'_>> =
        fills.iter().map(|(id, side, price)| posttrade(id, *side, 1.0, *price)).collect();
    let trade = trade_after(&events);
    let of = |side| {
        let symbols = trade.by_symbol(Span::Session, side, &Market::default(), |_| true);
        (symbols[0].filled_orders, symbols[0].notional, symbols[0].realised, symbols[0].position)
    };
    assert_eq!(of(None), (3, Some(330.0), Some(10.0), Some(-1.0)));
    assert_eq!(of(Some(SideKey::Buy)), (1, Some(100.0), Some(0.0), Some(-1.0)));
    assert_eq!(of(Some(SideKey::Sell)), (2, Some(230.0), Some(10.0), Some(-1.0)));
    assert!(trade.by_symbol(Span::Session, None, &Market::default(), |_| false).is_empty());
}
