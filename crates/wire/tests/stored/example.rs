//! A state that has something in every part, the same in every run.

use std::borrow::Cow;

use aurora_domain::{
    BreakerState, Code, Event, OrderStatus, Route, Shape, Side, Source, State, Ts,
    detail::{Costs, Detail, Fill, Position, Query, Stage, Verdict},
};

pub(crate) const START: Ts = Ts(1_795_196_697_811_694_081);

const CODES: [&str; 41] = [
    "ORDER.INTENT.RECEIVED",
    "POLICY.DECISION",
    "SIZING.DECISION",
    "KELLY.APPLIED",
    "ROUTER.DECISION",
    "ORDER.PLAN.BUILD",
    "ORDER.SUBMIT",
    "ORDER.ACK",
    "ORDER.PARTIAL",
    "ORDER.FILL",
    "POSTTRADE.LOG",
    "TCA.ANALYSIS",
    "POSITION.UPDATE",
    "REWARD.UPDATE",
    "ORDER.DENY",
    "RISK.DENY.MAX_DD",
    "SLA.DENY",
    "SLA.CHECK",
    "QUERY.COMPLETED",
    "HTTP.REQUEST",
    "MARKET.BOOK",
    "MARKET.TICKER",
    "WS.CONNECT",
    "CIRCUIT_BREAKER.STATE",
    "AURORA.HALT",
    "AURORA.ARM_STATE",
    "AURORA.COOL_OFF",
    "HEALTH.LATENCY_HIGH",
    "HEALTH.ERROR",
    "SPREAD_GUARD_TRIP",
    "IDEM.HIT",
    "ALPHA.LEDGER.UPDATE",
    "SPRT.CONTINUE",
    "SPRT.DECISION_H1",
    "GOVERNANCE.ALPHA",
    "GOVERNANCE.TRANSITION",
    "CONFIG.SWITCHED",
    "OPS.TOKEN_ROTATE",
    "CVAR.GATE",
    "DIAG.UNHEARD_OF",
    "ORDER.CANCEL",
];

/// The state after so many of the events.
pub(crate) fn state(events: u32) -> State {
    let mut state = State::new(START);
    state.keep_minutes();
    for number in 0..events {
        let event = event(number);
        if number.is_multiple_of(3) {
            state.advance(event.ts.unwrap_or(START));
        }
        state.apply(&event);
    }
    state.reject();
    state
}

/// One of a stream of lives of orders, six seconds apart at first and then minutes.
pub(crate) fn event(number: u32) -> Event<'static> {
    let text = CODES[number as usize % CODES.len()];
    let life = number / 10;
    let source = Source::ALL[if number.is_multiple_of(7) { life as usize % 5 } else { 0 }];
    let shape = [Shape::Canonical, Shape::Flat, Shape::Wrapped, Shape::Legacy][life as usize % 4];
    let mut event = Event::bare(source, shape, Code::read(text), text);
    let seconds = i64::from(number) * if number > 400 { 97 } else { 6 };
    event.ts = Some(Ts(START.0 + seconds * 1_000_000_000 + i64::from(number) * 1_234_567));
    let own = |text: String| Some(Cow::Owned(text));
    event.run_id = own(format!("run-{}", life % 3));
    event.order_id = own(format!("order-{life}")).filter(|_| number % 11 != 5);
    event.intent_id = own(format!("intent-{life}")).filter(|_| number % 5 != 2);
    event.client_id = own(format!("client-{life}"));
    event.symbol = own(format!("SYM{}", life % 4)).filter(|_| number % 6 != 3);
    event.side = [Some(Side::Buy), Some(Side::Sell), None][life as usize % 3];
    event.reason = own(format!("WHY_{}", number % 9)).filter(|_| number.is_multiple_of(2));
    event.status =
        Some([OrderStatus::Working, OrderStatus::Filled, OrderStatus::Rejected][life as usize % 3]);
    event.route = Some(Route::ALL[number as usize % 4]);
    event.breaker =
        Some([BreakerState::Closed, BreakerState::HalfOpen, BreakerState::Open][number as usize % 3]);
    (event.armed, event.halted) = (Some(number.is_multiple_of(2)), None);
    event.mode = own(format!("mode-{}", number % 3));
    event.label = own(format!("label-{}", number % 4));
    event.traced = number.is_multiple_of(4);
    let odd = |factor: f64| Some(f64::from(number % 97) * factor + 0.1);
    event.numbers.decision_ms = odd(0.3);
    event.numbers.latency_ms = odd(1.7);
    event.numbers.policy_latency_ms = odd(0.01);
    event.numbers.fill_latency_ms = odd(11.0);
    event.numbers.t_send_ns = event.ts.map(|ts| ts.0 - 40_000_000);
    event.numbers.t_ack_ns = event.ts.map(|ts| ts.0);
    (event.numbers.alpha_spent, event.numbers.alpha_budget) = (odd(0.001), Some(0.2));
    (event.numbers.llr, event.numbers.samples) = (odd(-0.1), odd(1.0));
    (event.numbers.bid, event.numbers.ask) = (odd(1.0), odd(1.01));
    event.numbers.cooloff_until = Some(Ts(1_795_200_000_500_000_000));
    event.detail = detail(event.code, number);
    event
}

fn detail(code: Code, number: u32) -> Detail {
    let odd = |factor: f64| Some(f64::from(number % 89) * factor + 0.7);
    match code {
        Code::Fill | Code::Partial | Code::PosttradeLog | Code::Ack => {
            Detail::Fill(Fill { quantity: odd(0.1), average: odd(1.3), price: odd(1.2), fee: odd(0.002) })
        }
        Code::Tca => {
            Detail::Costs(Costs { components: [odd(0.1), None, odd(0.2), odd(-0.3), None, odd(0.4)] })
        }
        Code::Position => {
            Detail::Position(Position { quantity: odd(1.0), realised: odd(-2.0), ..Position::default() })
        }
        Code::Reward => Detail::Reward { pnl: odd(3.0) },
        Code::AlphaScore => Detail::Alpha { score: odd(0.01) },
        Code::SprtContinue => Detail::Boundaries { upper: odd(1.0), lower: odd(-1.0) },
        Code::Query => Detail::Query(Query {
            ended: true,
            success: Some(number.is_multiple_of(3)),
            cache_hit: Some(number.is_multiple_of(2)),
        }),
        Code::MarketTicker => Detail::Ticker { price: odd(100.0) },
        Code::HealthLatency => Detail::Health { value_ms: odd(9.0), threshold_ms: Some(30.0) },
        Code::KellyApplied | Code::CvarGate | Code::SizingDecision => Detail::Risk([odd(0.5); 7]),
        Code::PolicyDecision if number.is_multiple_of(3) => Detail::Policy(Verdict::Refused),
        Code::PolicyDecision => Detail::Policy(Verdict::Passed),
        Code::OrderDeny => Detail::Denial(Stage::Routing),
        _ => Detail::None,
    }
}
