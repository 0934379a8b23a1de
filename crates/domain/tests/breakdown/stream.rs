//! Random streams of events, and what a state does with them.

use std::borrow::Cow;

use aurora_domain::{Code, Event, OrderStatus, Route, Shape, Side, Source, State, Ts};
use proptest::{collection::vec, option, prelude::*, sample::select};

pub(crate) const START: Ts = Ts(1_795_196_697_811_694_080);

/// What happens to a state.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Advance(i64),
    Apply(Box<Event<'static>>),
}

const SOURCES: [Source; 5] = Source::ALL;
const SHAPES: [Shape; 3] = [Shape::Canonical, Shape::Flat, Shape::Legacy];
const CODES: [(Code, &str); 16] = [
    (Code::IntentReceived, "ORDER.INTENT.RECEIVED"),
    (Code::PlanBuild, "ORDER.PLAN.BUILD"),
    (Code::Submit, "ORDER.SUBMIT"),
    (Code::Submit, "ORDER.SUBMIT"),
    (Code::Ack, "ORDER.ACK"),
    (Code::Ack, "ORDER.ACK"),
    (Code::Partial, "ORDER.PARTIAL"),
    (Code::Fill, "ORDER.FILL"),
    (Code::Cancel, "ORDER.CANCEL"),
    (Code::Reject, "ORDER.REJECT"),
    (Code::OrderDeny, "ORDER.DENY"),
    (Code::RiskDeny, "RISK.DENY"),
    (Code::PolicyDecision, "POLICY.DECISION"),
    (Code::RouterDecision, "ROUTER.DECISION"),
    (Code::SlaCheck, "SLA.CHECK"),
    (Code::RouteTaker, "ROUTE.TAKER"),
];
const ROUTES: [Route; 4] = [Route::Maker, Route::Taker, Route::Deny, Route::Cancel];
const STATES: [OrderStatus; 3] = [OrderStatus::Filled, OrderStatus::Canceled, OrderStatus::Rejected];
const REASONS: [&str; 3] = ["WHY_NEGATIVE_EDGE", "trap_guard", "WHY_EX_REJECT"];

fn id(prefix: &'static str, count: u8) -> impl Strategy<Value = Option<Cow<'static, str>>> {
    option::of((0..count).prop_map(move |number| Cow::Owned(format!("{prefix}{number}"))))
}

/// How far before the state's time an event lies, in nanoseconds; ahead of it where negative.
fn ages() -> impl Strategy<Value = i64> {
    let seconds = prop_oneof![6 => 0..3_i64, 3 => -8..1_000_i64, 1 => 0..12_000_i64, 1 => 0..100_000_i64];
    (seconds, 0..1_000_000_000_i64).prop_map(|(seconds, nanos)| seconds * 1_000_000_000 + nanos)
}

fn event(symbols: u8) -> impl Strategy<Value = (Event<'static>, Option<i64>)> {
    let place =
        (select(&SOURCES[..]), select(&SHAPES[..]), select(&CODES[..]), option::weighted(0.95, ages()));
    let names = (
        id("order-", 30),
        id("intent-", 12),
        id("SYM", symbols),
        option::of(select(&[Side::Buy, Side::Sell][..])),
    );
    let facts = (
        option::of(select(&ROUTES[..])),
        option::of(select(&STATES[..])),
        option::of(select(&REASONS[..])),
        option::of(prop_oneof![0.0..0.001_f64, 0.1..500.0_f64, 1.0..1e9_f64, -5.0..0.0_f64]),
    );
    (place, names, facts).prop_map(|((source, shape, (code, text), age), names, facts)| {
        let mut event = Event::bare(source, shape, code, text);
        (event.order_id, event.intent_id, event.symbol, event.side) = names;
        let (route, status, reason, ms) = facts;
        (event.route, event.status, event.reason) = (route, status, reason.map(Cow::Borrowed));
        event.numbers.latency_ms = ms;
        event.numbers.policy_latency_ms = ms;
        (event, age)
    })
}

/// Streams of up to `length` steps over so many symbols; some events come twice.
pub(crate) fn streams(length: usize, symbols: u8) -> impl Strategy<Value = Vec<Step>> {
    let forwards = prop_oneof![8 => 0..2_i64, 2 => 0..100_i64, 1 => 0..2_000_i64, 1 => 0..30_000_i64];
    let step = (forwards, event(symbols), 1..3_usize);
    vec(step, 1..length).prop_map(|steps| {
        let mut now = START;
        let mut stream = Vec::new();
        for (forward, (mut event, age), times) in steps {
            now = now.plus_seconds(forward);
            stream.push(Step::Advance(forward));
            event.ts = age.map(|age| Ts(now.0 - age));
            stream.extend(std::iter::repeat_n(Step::Apply(Box::new(event)), times));
        }
        stream
    })
}

pub(crate) fn take(state: &mut State, step: &Step) {
    match step {
        Step::Advance(seconds) => {
            state.advance(state.now().plus_seconds(*seconds));
        }
        Step::Apply(event) => {
            state.apply(event);
        }
    }
}

pub(crate) fn after(steps: &[Step]) -> State {
    let mut state = State::new(START);
    for step in steps {
        take(&mut state, step);
    }
    state
}
