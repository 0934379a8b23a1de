//! What records tell beside their order: details by code, as the reader gives them.

use std::borrow::Cow;

use aurora_domain::{
    BreakerState, Code, Event, Route, Side, Source, Ts,
    detail::{Costs, Detail, Fill, Position, Query, RISK_WIDTH, Stage, Verdict},
    time::NANOS_PER_SECOND,
};
use proptest::{option, prelude::*, sample::select};

use super::{START, SYMBOLS};

/// Raw material for the details of an event; its code decides what of it is used.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// Chooses the code out of those of the stream's theme.
    pub(super) pick: usize,
    route: Option<Route>,
    breaker: Option<BreakerState>,
    immediate: bool,
    /// Multiples of a quarter, so that sums of quantities are exact.
    levels: [Option<f64>; RISK_WIDTH],
    /// No number at all.
    broken: Option<f64>,
    flags: [Option<bool>; 4],
    words: [Option<&'static str>; 2],
    client: Option<u8>,
}

const MODES: [&str; 3] = ["shadow", "canary", "live"];

pub(super) fn facts() -> impl Strategy<Value = Facts> {
    let level = || option::weighted(0.75, (-6_i32..30).prop_map(|quarters| f64::from(quarters) / 4.0));
    let levels = [level(), level(), level(), level(), level(), level(), level()];
    let broken = option::weighted(0.05, select(vec![f64::NAN, f64::INFINITY]));
    let flag = || option::weighted(0.7, any::<bool>());
    let word = || option::weighted(0.7, select(&MODES[..]));
    let routes = option::weighted(0.7, select(&Route::ALL[..]));
    let breakers = [BreakerState::Closed, BreakerState::HalfOpen, BreakerState::Open];
    (
        (any::<u16>(), routes, option::weighted(0.8, select(breakers.to_vec())), prop::bool::weighted(0.2)),
        (levels, broken),
        ([flag(), flag(), flag(), flag()], [word(), word()], option::weighted(0.5, 0_u8..3)),
    )
        .prop_map(|((pick, route, breaker, immediate), (levels, broken), (flags, words, client))| {
            Facts { pick: usize::from(pick), route, breaker, immediate, levels, broken, flags, words, client }
        })
}

/// Gives `event`, whose code and source are set, what the reader would have found in its record.
pub(super) fn dress(event: &mut Event<'static>, facts: &Facts) {
    let code = event.code;
    event.client_id = facts.client.map(|number| Cow::Owned(format!("c{number}")));
    event.traced = facts.flags[3] == Some(true);
    event.immediate_fill = facts.immediate && code == Code::Ack;
    event.route = facts.route.filter(|_| decides_route(code));
    event.breaker = facts.breaker.filter(|_| code == Code::Breaker);
    if matches!(code, Code::GovernanceEval | Code::GovernanceTransition) {
        event.mode = facts.words[0].map(Cow::Borrowed);
    }
    if matches!(code, Code::ConfigSwitched | Code::GovernanceTransition) {
        event.label = facts.words[1].map(Cow::Borrowed);
    }
    if tells_arming(code) {
        [event.armed, event.halted, ..] = facts.flags;
        event.numbers.cooloff_until = facts.levels[0].map(cool_off);
    }
    let numbers = &mut event.numbers;
    [numbers.alpha_spent, numbers.alpha_budget, numbers.llr, numbers.samples, ..] = facts.levels;
    [numbers.bid, numbers.ask, ..] = facts.broken();
    event.detail = detail(event, facts);
    if matches!(event.detail, Detail::Fill(_)) && facts.flags[2] != Some(false) {
        let number = usize::from(facts.client.unwrap_or(0));
        event.symbol.get_or_insert(Cow::Borrowed(SYMBOLS[number % SYMBOLS.len()]));
        event.side.get_or_insert(if number == 1 { Side::Sell } else { Side::Buy });
    }
}

impl Facts {
    /// The levels, of which one may be no number.
    fn broken(&self) -> [Option<f64>; RISK_WIDTH] {
        let mut levels = self.levels;
        if self.broken.is_some() {
            levels[self.pick % 2] = self.broken;
        }
        levels
    }

    fn fill(&self) -> Fill {
        let [quantity, average, price, fee, ..] = self.broken();
        // Fees of both signs, often small, often as before.
        Fill { quantity, average, price, fee: fee.map(|fee| fee / 8.0) }
    }
}

fn detail(event: &Event<'_>, facts: &Facts) -> Detail {
    if event.source != Source::Events {
        return if event.source == Source::Trades { Detail::Fill(facts.fill()) } else { Detail::None };
    }
    let levels = facts.levels;
    match event.code {
        Code::PosttradeLog | Code::Partial | Code::Fill => Detail::Fill(facts.fill()),
        Code::Ack if event.immediate_fill => Detail::Fill(facts.fill()),
        Code::OrderStatus if facts.flags[0] != Some(true) => Detail::Fill(facts.fill()),
        Code::OrderStatus | Code::Tca => costs(facts.broken()),
        Code::Position => Detail::Position(Position {
            quantity: levels[0],
            average_price: levels[1],
            realised: levels[2],
            unrealised: levels[3].filter(|_| levels[4].is_some()),
            fees: levels[5],
        }),
        Code::Reward => Detail::Reward { pnl: levels[0] },
        Code::AlphaScore => Detail::Alpha { score: levels[0] },
        Code::SprtH0 | Code::SprtH1 | Code::SprtContinue | Code::SprtUpdate => {
            Detail::Boundaries { upper: levels[4], lower: levels[5] }
        }
        Code::Query => Detail::Query(Query {
            ended: facts.flags[2] != Some(false),
            success: facts.flags[0],
            cache_hit: facts.flags[1],
        }),
        Code::MarketTicker => Detail::Ticker { price: facts.broken()[0] },
        Code::HealthLatency => Detail::Health { value_ms: levels[0], threshold_ms: levels[1] },
        Code::PolicyDecision => match facts.flags[0] {
            Some(true) => Detail::Policy(Verdict::Refused),
            Some(false) => Detail::Policy(Verdict::Passed),
            None => Detail::None,
        },
        Code::OrderDeny => {
            let stages = [Stage::Gate, Stage::Sizing, Stage::Routing, Stage::Submission];
            facts.flags[0].map_or(Detail::None, |_| Detail::Denial(stages[facts.pick % stages.len()]))
        }
        Code::KellyApplied
        | Code::LambdaUpdate
        | Code::CvarGate
        | Code::Cvar
        | Code::CvarFit
        | Code::CvarShift
        | Code::SizingDecision
        | Code::RiskUpdate => {
            let mut numbers = facts.broken();
            let width = aurora_domain::risk::gauges_of(event.code).len();
            numbers.iter_mut().skip(width).for_each(|number| *number = None);
            Detail::Risk(numbers)
        }
        _ => Detail::None,
    }
}

fn costs(levels: [Option<f64>; RISK_WIDTH]) -> Detail {
    let components = std::array::from_fn(|component| levels[component]);
    let told = components.iter().any(Option::is_some);
    if told { Detail::Costs(Costs { components }) } else { Detail::None }
}

/// Whether the reader looks for arming, halts and cool-off in events of this code.
fn tells_arming(code: Code) -> bool {
    matches!(
        code,
        Code::ArmState | Code::Arm | Code::Disarm | Code::CoolOff | Code::Halt | Code::Resume | Code::Aurora
    )
}

/// Seconds from the stream's beginning; below zero the bot does not cool off.
#[expect(clippy::cast_possible_truncation, reason = "a few quarters of a second")]
fn cool_off(level: f64) -> Ts {
    if level < 0.0 { Ts(0) } else { Ts(START.0 + (level * NANOS_PER_SECOND as f64) as i64) }
}

/// Whether the reader gives a route to events of this code.
fn decides_route(code: Code) -> bool {
    matches!(
        code,
        Code::PolicyDecision
            | Code::RouterDecision
            | Code::Route
            | Code::RouteMaker
            | Code::RouteTaker
            | Code::RouteDeny
            | Code::RouteCancel
    )
}
