//! Facts of an [`Event`] and how one value becomes one: the only place where a value's content is judged.
//!
//! Invariant: what [`Fact::put`] answers, and what it writes, depends on the fact, the value and what was put before,
//! and on nothing else. `layout` relies on it when it repeats for one line what was done for another.

use std::borrow::Cow;

use aurora_domain::{
    BreakerState, Code, Event, OrderStatus, Route, Side,
    detail::{Detail, Stage, Verdict},
    reason,
};

use crate::{scalar::Scalar, timestamp};

/// What a value can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// Nanoseconds since the epoch.
    Nanos,
    /// A time of any unit, or ISO 8601.
    Time,
    OrderId,
    ClientId,
    IntentId,
    RunId,
    Symbol,
    Side,
    Reason,
    /// Whether the exchange is the reason's class.
    ReasonClass,
    Status,
    /// Whether an acknowledgement is a fill.
    FillType,
    Route,
    /// The breaker's state as a number.
    BreakerNumber,
    /// The breaker's state as a word.
    BreakerWord,
    Armed,
    Halted,
    CoolOff,
    Mode,
    Label,
    DecisionMs,
    LatencyMs,
    PolicyLatencyMs,
    FillLatencyMs,
    SendNanos,
    AckNanos,
    AlphaSpent,
    AlphaBudget,
    Llr,
    Samples,
    Bid,
    Ask,
    /// A number of the detail, by its place there.
    Number(u8),
    /// A risk gauge by its place; a flag counts as 1 or 0.
    Gauge(u8),
    Success,
    CacheHit,
    Verdict,
    Stage,
}

impl Fact {
    /// Writes what `value` tells into `event`; false where it tells nothing of the kind.
    pub(crate) fn put<'a>(self, value: &Scalar<'a>, event: &mut Event<'a>) -> bool {
        let numbers = &mut event.numbers;
        match self {
            Fact::Nanos => set(&mut event.ts, value.integer().map(aurora_domain::Ts)),
            Fact::Time => set(&mut event.ts, timestamp::read(value)),
            Fact::OrderId => set(&mut event.order_id, value.id()),
            Fact::ClientId => set(&mut event.client_id, value.id()),
            Fact::IntentId => set(&mut event.intent_id, value.id()),
            Fact::RunId => set(&mut event.run_id, value.id()),
            Fact::Mode => set(&mut event.mode, value.text()),
            Fact::Label => set(&mut event.label, value.text()),
            Fact::Reason => {
                let Some(reason) = value.id() else { return false };
                event.reason = Some(reason::normalise(reason)).filter(|reason| !reason.is_empty());
                true
            }
            Fact::Armed => set(&mut event.armed, value.boolean()),
            Fact::Halted => set(&mut event.halted, value.boolean()),
            Fact::BreakerNumber => set(&mut event.breaker, breaker_of_number(value)),
            Fact::CoolOff => set(&mut numbers.cooloff_until, timestamp::read(value)),
            Fact::DecisionMs => set(&mut numbers.decision_ms, value.number()),
            Fact::LatencyMs => set(&mut numbers.latency_ms, value.number()),
            Fact::PolicyLatencyMs => set(&mut numbers.policy_latency_ms, value.number()),
            Fact::FillLatencyMs => set(&mut numbers.fill_latency_ms, value.number()),
            Fact::SendNanos => set(&mut numbers.t_send_ns, value.integer()),
            Fact::AckNanos => set(&mut numbers.t_ack_ns, value.integer()),
            Fact::AlphaSpent => set(&mut numbers.alpha_spent, value.number()),
            Fact::AlphaBudget => set(&mut numbers.alpha_budget, value.number()),
            Fact::Llr => set(&mut numbers.llr, value.number()),
            Fact::Samples => set(&mut numbers.samples, value.number()),
            Fact::Bid => set(&mut numbers.bid, value.number()),
            Fact::Ask => set(&mut numbers.ask, value.number()),
            Fact::Number(place) => value.number().is_some_and(|number| put_number(event, place, number)),
            Fact::Gauge(place) => gauge(value).is_some_and(|number| put_number(event, place, number)),
            Fact::Success | Fact::CacheHit => self.put_flag(value, event),
            Fact::Symbol => {
                let text = value.text();
                let is_text = text.is_some();
                event.symbol = text.map(symbol);
                is_text
            }
            _ => value.words().is_some_and(|word| self.put_word(word, event)),
        }
    }

    fn put_flag(self, value: &Scalar<'_>, event: &mut Event<'_>) -> bool {
        let Some(flag) = value.boolean() else { return false };
        if let Detail::Query(query) = &mut event.detail {
            let slot = if self == Fact::Success { &mut query.success } else { &mut query.cache_hit };
            *slot = Some(flag);
        }
        true
    }

    /// Facts that are read from words.
    fn put_word(self, word: &str, event: &mut Event<'_>) -> bool {
        match self {
            Fact::Side => event.side = side(word),
            Fact::ReasonClass => event.exchange_reason = word.eq_ignore_ascii_case("exchange"),
            Fact::FillType => {
                event.immediate_fill = word.eq_ignore_ascii_case("immediate");
                return event.immediate_fill;
            }
            Fact::Status => event.status = status(word),
            Fact::Route => return set(&mut event.route, route(word)),
            Fact::BreakerWord => return set(&mut event.breaker, breaker_of_word(word)),
            Fact::Verdict => event.detail = Detail::Policy(verdict(word)),
            Fact::Stage => event.detail = stage(word).map_or(Detail::None, Detail::Denial),
            _ => return false,
        }
        true
    }
}

#[inline]
fn set<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let is_some = value.is_some();
    if is_some {
        *slot = value;
    }
    is_some
}

/// Numbers of a detail stand in the order of its fields.
fn put_number(event: &mut Event<'_>, place: u8, number: f64) -> bool {
    let place = usize::from(place);
    let slot = match &mut event.detail {
        Detail::Fill(fill) => match place {
            0 => Some(&mut fill.quantity),
            1 => Some(&mut fill.average),
            2 => Some(&mut fill.price),
            _ => Some(&mut fill.fee),
        },
        Detail::Costs(costs) => costs.components.get_mut(place),
        Detail::Position(position) => match place {
            0 => Some(&mut position.quantity),
            1 => Some(&mut position.average_price),
            2 => Some(&mut position.realised),
            3 => Some(&mut position.unrealised),
            _ => Some(&mut position.fees),
        },
        Detail::Reward { pnl: slot } | Detail::Ticker { price: slot } | Detail::Alpha { score: slot } => {
            Some(slot)
        }
        Detail::Boundaries { upper: first, lower: second }
        | Detail::Health { value_ms: first, threshold_ms: second } => {
            Some(if place == 0 { first } else { second })
        }
        Detail::Risk(gauges) => gauges.get_mut(place),
        Detail::None | Detail::Query(_) | Detail::Policy(_) | Detail::Denial(_) => None,
    };
    if let Some(slot) = slot {
        *slot = Some(number);
    }
    true
}

fn gauge(value: &Scalar<'_>) -> Option<f64> {
    value.number().or_else(|| value.boolean().map(|flag| if flag { 1.0 } else { 0.0 }))
}

/// `SOL/USDT`, `BINANCE:SOL/USDT`, `SOL/USDT:USDT`, `BINANCE:SOL/USDT:USDT`, `SOLUSDT:USDT` and `solusdt` are all
/// `SOLUSDT`.
pub(crate) fn symbol(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
        return text;
    }
    let kept = pair_of(&text).chars().filter(|c| !matches!(c, '/' | '-' | '_' | ' '));
    Cow::Owned(kept.map(|c| c.to_ascii_uppercase()).collect())
}

/// Without the exchange in front and the settlement behind.
fn pair_of(text: &str) -> &str {
    if let Some(pair) = text.split(':').find(|part| part.contains('/')) {
        return pair;
    }
    let Some((first, rest)) = text.split_once(':') else { return text };
    match rest.split_once(':') {
        Some((pair, _settlement)) => pair,
        None if rest.is_empty() || is_settlement(rest, first) => first,
        None => rest,
    }
}

/// Whether `currency` is one of the two that `pair` is written with.
fn is_settlement(currency: &str, pair: &str) -> bool {
    let (currency, pair) = (currency.as_bytes(), pair.as_bytes());
    let Some(rest) = pair.len().checked_sub(currency.len()).filter(|rest| *rest > 0) else { return false };
    let is = |part: Option<&[u8]>| part.is_some_and(|part| part.eq_ignore_ascii_case(currency));
    is(pair.get(rest..)) || is(pair.get(..currency.len()))
}

fn side(word: &str) -> Option<Side> {
    let is = |words: &[&str]| is_one_of(word, words);
    if is(&["buy", "long", "bid"]) {
        Some(Side::Buy)
    } else if is(&["sell", "short", "ask"]) {
        Some(Side::Sell)
    } else {
        None
    }
}

const WORKING: [&str; 9] =
    ["NEW", "OPEN", "PENDING", "ACK", "ACKED", "ACKNOWLEDGED", "ACCEPTED", "REPLACED", "SUBMITTED"];

fn status(word: &str) -> Option<OrderStatus> {
    let is = |words: &[&str]| is_one_of(word, words);
    if is(&WORKING) {
        Some(OrderStatus::Working)
    } else if is(&["PARTIAL", "PARTIALLY_FILLED"]) {
        Some(OrderStatus::PartiallyFilled)
    } else if is(&["FILLED", "CLOSED"]) {
        Some(OrderStatus::Filled)
    } else if is(&["CANCELED", "CANCELLED"]) {
        Some(OrderStatus::Canceled)
    } else if is(&["REJECTED"]) {
        Some(OrderStatus::Rejected)
    } else if is(&["EXPIRED"]) {
        Some(OrderStatus::Expired)
    } else {
        None
    }
}

fn route(word: &str) -> Option<Route> {
    let is = |words: &[&str]| is_one_of(word, words);
    if is(&["maker"]) {
        Some(Route::Maker)
    } else if is(&["taker"]) {
        Some(Route::Taker)
    } else if is(&["deny", "denied", "none"]) {
        Some(Route::Deny)
    } else if is(&["cancel", "canceled", "cancelled"]) {
        Some(Route::Cancel)
    } else {
        None
    }
}

/// The route that a code itself names.
pub(crate) fn route_of_code(code: Code, text: &str) -> Option<Route> {
    match code {
        Code::Route => route(last_part(text)),
        Code::RouteMaker => Some(Route::Maker),
        Code::RouteTaker => Some(Route::Taker),
        Code::RouteDeny => Some(Route::Deny),
        Code::RouteCancel => Some(Route::Cancel),
        _ => None,
    }
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|one| one.eq_ignore_ascii_case(word))
}

/// 0 closed, 1 half-open, 2 open.
fn breaker_of_number(value: &Scalar<'_>) -> Option<BreakerState> {
    match value.integer()? {
        0 => Some(BreakerState::Closed),
        1 => Some(BreakerState::HalfOpen),
        2 => Some(BreakerState::Open),
        _ => None,
    }
}

/// The state that a breaker's code itself names.
pub(crate) fn breaker_of_code(code: Code, text: &str) -> Option<BreakerState> {
    if code == Code::Breaker { breaker_of_word(last_part(text)) } else { None }
}

fn last_part(code: &str) -> &str {
    code.rsplit('.').next().unwrap_or_default()
}

/// A state, or the word for what led to it.
fn breaker_of_word(word: &str) -> Option<BreakerState> {
    let word = word.trim().to_ascii_uppercase().replace(['-', ' '], "_");
    let ends = |words: &[&str]| words.iter().any(|end| word.ends_with(end));
    if ends(&["HALF_OPEN", "HALFOPEN", "HALF_OPENED"]) {
        Some(BreakerState::HalfOpen)
    } else if ends(&["OPEN", "OPENED", "TRIP", "TRIPPED"]) {
        Some(BreakerState::Open)
    } else if ends(&["CLOSED", "CLOSE"]) {
        Some(BreakerState::Closed)
    } else {
        None
    }
}

const REFUSALS: [&str; 8] = ["skip", "no_op", "noop", "deny", "denied", "block", "reject", "refuse"];

/// `skip_open`, `NO_OP`, `DENY`, `BLOCK`, `REJECT` and the like refuse; any other decision passes.
fn verdict(decision: &str) -> Verdict {
    let begins =
        |word: &&str| decision.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if REFUSALS.iter().any(begins) { Verdict::Refused } else { Verdict::Passed }
}

/// The stage that a denial names, by the words in it.
fn stage(word: &str) -> Option<Stage> {
    let has = |parts: &[&str]| {
        parts.iter().any(|part| {
            word.as_bytes().windows(part.len()).any(|there| there.eq_ignore_ascii_case(part.as_bytes()))
        })
    };
    if has(&["siz"]) {
        Some(Stage::Sizing)
    } else if has(&["rout", "decide", "edge", "spread"]) {
        Some(Stage::Routing)
    } else if has(&["submit", "send", "sla", "exchange"]) {
        Some(Stage::Submission)
    } else if has(&["gate", "policy", "risk", "protect", "guard", "pre"]) {
        Some(Stage::Gate)
    } else {
        None
    }
}
