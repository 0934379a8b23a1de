//! Random streams of events and clock movements, which print as a table and shrink.

mod dress;
mod themes;

use std::{borrow::Cow, fmt};

use aurora_domain::{
    Code, Event, OrderStatus, Shape, Side, Source, Ts, detail::Detail, event::Numbers, time::NANOS_PER_SECOND,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use self::{
    dress::{Facts, dress, facts},
    themes::THEMES,
};

/// Where every stream begins: nanoseconds that a double cannot hold.
pub(crate) const START: Ts = Ts(1_795_196_697_811_694_081);

/// One thing that happens to a state.
#[derive(Clone)]
pub(crate) enum Op {
    Advance(Ts),
    Apply(Box<Event<'static>>),
    Reject,
}

/// What happens to a state, in order.
#[derive(Clone)]
pub(crate) struct Stream(pub(crate) Vec<Op>);

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, op) in self.0.iter().enumerate() {
            write!(f, "\n{place:>4}  ")?;
            match op {
                Op::Advance(now) => write!(f, "advance to {}", clock(*now))?,
                Op::Reject => f.write_str("reject")?,
                Op::Apply(event) => f.write_str(&line(event))?,
            }
        }
        Ok(())
    }
}

fn clock(ts: Ts) -> String {
    let nanos = i128::from(ts.0) - i128::from(START.0);
    format!("{}{:.9}", if nanos < 0 { '-' } else { '+' }, nanos.unsigned_abs() as f64 / 1e9)
}

/// What is set in an event, on one line; times are seconds from [`START`].
fn line(event: &Event<'_>) -> String {
    let mut text = format!("{:?} {} {}", event.source, event.shape.letter(), event.code_text);
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            text.extend([" ", name, "=", &value]);
        }
    };
    add("t", Some(event.ts.map_or("none".to_owned(), clock)));
    add("id", event.order_id.as_ref().map(ToString::to_string));
    add("intent", event.intent_id.as_ref().map(ToString::to_string));
    add("run", event.run_id.as_ref().map(ToString::to_string));
    add("symbol", event.symbol.as_ref().map(ToString::to_string));
    add("side", event.side.map(|side| format!("{side:?}")));
    add("reason", event.reason.as_ref().map(ToString::to_string));
    add("exchange_reason", event.exchange_reason.then(|| "true".to_owned()));
    add("status", event.status.map(|status| format!("{status:?}")));
    add("immediate_fill", event.immediate_fill.then(|| "true".to_owned()));
    add("breaker", event.breaker.map(|breaker| breaker.name().to_owned()));
    add("route", event.route.map(|route| format!("{route:?}")));
    let numbers = &event.numbers;
    for (name, value) in [
        ("decision_ms", numbers.decision_ms),
        ("latency_ms", numbers.latency_ms),
        ("policy_latency_ms", numbers.policy_latency_ms),
        ("fill_latency_ms", numbers.fill_latency_ms),
    ] {
        add(name, value.map(|value| format!("{value:?}")));
    }
    add("t_send", numbers.t_send_ns.map(|ns| ns.to_string()));
    add("t_ack", numbers.t_ack_ns.map(|ns| ns.to_string()));
    for (name, value) in [
        ("spent", numbers.alpha_spent),
        ("budget", numbers.alpha_budget),
        ("llr", numbers.llr),
        ("samples", numbers.samples),
        ("bid", numbers.bid),
        ("ask", numbers.ask),
    ] {
        add(name, value.map(|value| format!("{value:?}")));
    }
    add("until", numbers.cooloff_until.map(clock));
    add("client", event.client_id.as_ref().map(ToString::to_string));
    add("traced", event.traced.then(|| "true".to_owned()));
    add("armed", event.armed.map(|armed| armed.to_string()));
    add("halted", event.halted.map(|halted| halted.to_string()));
    add("mode", event.mode.as_ref().map(ToString::to_string));
    add("label", event.label.as_ref().map(ToString::to_string));
    add("detail", (event.detail != Detail::None).then(|| format!("{:?}", event.detail)));
    text
}

/// An event whose time is still relative to the state's.
#[derive(Clone, Debug)]
struct Draft {
    event: Event<'static>,
    facts: Facts,
    /// Nanoseconds from the state's time; `None` for an event without a time.
    offset: Option<i64>,
}

/// A part of a stream before times are fixed.
#[derive(Clone, Debug)]
enum Step {
    Advance(i64),
    Event(Box<Draft>),
    /// An earlier event once more, to the letter.
    Again(usize),
    /// An earlier event as another writer reports it, so much later by its own time.
    Elsewhere(usize, Source, Shape, i64),
    Reject,
}

const SHAPES: [Shape; 4] = [Shape::Canonical, Shape::Flat, Shape::Wrapped, Shape::Legacy];

const REASONS: [&str; 10] = [
    "OK",
    "NEGATIVE_EDGE",
    "WHY_UNATTRACTIVE",
    "SIZING_TOO_SMALL",
    "LOW_PFILL.DENY",
    "expected_return_gate",
    "spread_bps_too_wide",
    "WHY_EX_RATE",
    "EXCHANGE_DOWN",
    "SOMETHING_NEW",
];

const SYMBOLS: [&str; 3] = ["SOLUSDT", "BTCUSDT", "ETHUSDT"];

const STATUSES: [OrderStatus; 6] = [
    OrderStatus::Working,
    OrderStatus::PartiallyFilled,
    OrderStatus::Filled,
    OrderStatus::Canceled,
    OrderStatus::Rejected,
    OrderStatus::Expired,
];

fn sources() -> impl Strategy<Value = Source> {
    prop_oneof![
        8 => Just(Source::Events),
        2 => Just(Source::Success),
        2 => Just(Source::Denied),
        2 => Just(Source::Failed),
        1 => Just(Source::Trades),
    ]
}

/// Nanoseconds from the state's time, towards every border of the rules.
fn offsets() -> impl Strategy<Value = Option<i64>> {
    let seconds = |from: i64, to: i64| (from * NANOS_PER_SECOND..=to * NANOS_PER_SECOND).prop_map(Some);
    prop_oneof![
        1 => Just(None),
        2 => Just(Some(0)),
        6 => seconds(-3, 0),
        3 => seconds(-70, 0),
        2 => seconds(-310, -290),
        2 => seconds(-902, -897),
        1 => seconds(-5000, -800),
        2 => seconds(0, 5),
        1 => (-2_i64..=2).prop_map(|ns| Some(5 * NANOS_PER_SECOND + ns)),
        1 => seconds(5, 400),
    ]
}

/// Nanoseconds to move the clock by; a negative movement is one that must change nothing.
fn jumps() -> impl Strategy<Value = i64> {
    let seconds = |from: i64, to: i64| from * NANOS_PER_SECOND..=to * NANOS_PER_SECOND;
    prop_oneof![
        8 => seconds(0, 3),
        4 => seconds(0, 70),
        2 => seconds(290, 310),
        2 => seconds(890, 910),
        1 => seconds(900, 12_000),
        1 => seconds(-2000, 0),
    ]
}

/// Durations in milliseconds, and what is none.
fn durations() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => (0.0_f64..14.0).prop_map(f64::exp),
        2 => (0_u32..50).prop_map(f64::from),
        1 => (-8.0_f64..0.0).prop_map(f64::exp),
        1 => select(vec![0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-9]),
    ]
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let often = || option::weighted(0.4, durations());
    let rarely = || option::weighted(0.1, durations());
    let stamp = || option::weighted(0.2, -NANOS_PER_SECOND..NANOS_PER_SECOND);
    (rarely(), often(), often(), rarely(), stamp(), stamp()).prop_map(
        |(decision_ms, latency_ms, policy_latency_ms, fill_latency_ms, t_send, t_ack)| Numbers {
            decision_ms,
            latency_ms,
            policy_latency_ms,
            fill_latency_ms,
            t_send_ns: t_send.map(|ns| START.0 + ns),
            t_ack_ns: t_ack.map(|ns| START.0 + ns),
            ..Numbers::default()
        },
    )
}

fn name(prefix: char, number: Option<u8>) -> Option<Cow<'static, str>> {
    number.map(|number| Cow::Owned(format!("{prefix}{number}")))
}

fn drafts() -> impl Strategy<Value = Draft> {
    let ids =
        (option::weighted(0.8, 0_u8..6), option::weighted(0.8, 0_u8..4), option::weighted(0.4, 0_u8..2));
    let words = (
        option::weighted(0.7, select(&REASONS[..])),
        option::weighted(0.5, select(&STATUSES[..])),
        option::weighted(0.3, select(&SYMBOLS[..])),
        option::weighted(0.3, select(vec![Side::Buy, Side::Sell])),
    );
    let place = (sources(), select(&SHAPES[..2]), select(&SHAPES[..]), prop::bool::weighted(0.2));
    (place, ids, prop::bool::weighted(0.1), words, numbers(), facts(), offsets()).prop_map(
        |((source, usual, any, odd), (order, intent, run), exchange, words, numbers, facts, offset)| {
            let shape = if odd { any } else { usual };
            let mut event = Event::bare(source, shape, Code::Other, "uncoded");
            event.order_id = order_name(order);
            event.intent_id = name('i', intent);
            event.run_id = name('r', run);
            event.reason = words.0.map(Cow::Borrowed);
            event.exchange_reason = exchange;
            event.status = words.1;
            event.symbol = words.2.map(Cow::Borrowed);
            event.side = words.3;
            event.numbers = numbers;
            Draft { event, facts, offset }
        },
    )
}

/// Some orders go by the bot's own id, some by that of their intent.
fn order_name(number: Option<u8>) -> Option<Cow<'static, str>> {
    match number {
        Some(4) => name('c', Some(0)),
        Some(5) => name('i', Some(0)),
        number => name('o', number),
    }
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => jumps().prop_map(Step::Advance),
        20 => drafts().prop_map(|draft| Step::Event(Box::new(draft))),
        2 => (0_usize..20).prop_map(Step::Again),
        3 => (0_usize..20, sources(), select(&SHAPES[..]), -NANOS_PER_SECOND..=NANOS_PER_SECOND)
            .prop_map(|(back, source, shape, lag)| Step::Elsewhere(back, source, shape, lag)),
        1 => Just(Step::Reject),
    ]
}

/// Which numbers a stream has at all: otherwise the first way to log a latency would nearly always speak.
type Ways = [bool; 7];

fn keep_ways(numbers: &mut Numbers, ways: Ways) {
    let [decision, fill, exchange, latency, policy, ..] = ways;
    numbers.decision_ms = numbers.decision_ms.filter(|_| decision);
    numbers.fill_latency_ms = numbers.fill_latency_ms.filter(|_| fill);
    numbers.t_send_ns = numbers.t_send_ns.filter(|_| exchange);
    numbers.latency_ms = numbers.latency_ms.filter(|_| latency);
    numbers.policy_latency_ms = numbers.policy_latency_ms.filter(|_| policy);
}

fn fix(steps: Vec<Step>, ways: Ways, theme: usize) -> Stream {
    let codes = THEMES[theme];
    let mut now = START;
    let mut events: Vec<Event<'static>> = Vec::new();
    let mut ops = Vec::new();
    for step in steps {
        let event = match step {
            Step::Advance(0) => continue,
            Step::Advance(nanos) => {
                let to = Ts(now.0 + nanos);
                now = now.max(to);
                ops.push(Op::Advance(to));
                continue;
            }
            Step::Reject => {
                ops.push(Op::Reject);
                continue;
            }
            Step::Event(draft) => {
                let Draft { mut event, facts, offset } = *draft;
                if event.source == Source::Events {
                    let code = codes[facts.pick % codes.len()];
                    (event.code, event.code_text) = (Code::read(code), Cow::Borrowed(code));
                }
                dress(&mut event, &facts);
                event.ts = offset.map(|nanos| Ts(now.0 + nanos));
                event
            }
            Step::Again(back) => match earlier(&events, back) {
                Some(event) => event,
                None => continue,
            },
            Step::Elsewhere(back, source, shape, lag) => match earlier(&events, back) {
                Some(event) => {
                    let ts = event.ts.map(|ts| Ts(ts.0 + lag));
                    Event { source, shape, ts, ..event }
                }
                None => continue,
            },
        };
        let mut event = event;
        if event.source != Source::Events {
            uncode(&mut event);
        } else if event.code == Code::Other {
            event.detail = Detail::None;
        }
        keep_ways(&mut event.numbers, ways);
        events.push(event.clone());
        ops.push(Op::Apply(Box::new(event)));
    }
    Stream(ops)
}

/// Lines of the other files have no code: the file says what they are.
fn uncode(event: &mut Event<'static>) {
    event.code = Code::Other;
    event.code_text = Cow::Borrowed("uncoded");
    event.route = None;
    event.breaker = None;
    event.immediate_fill = false;
    (event.mode, event.label, event.armed, event.halted) = (None, None, None, None);
    if event.source != Source::Trades || !matches!(event.detail, Detail::Fill(_)) {
        event.detail = Detail::None;
    }
}

fn earlier(events: &[Event<'static>], back: usize) -> Option<Event<'static>> {
    events.len().checked_sub(1 + back).map(|place| events[place].clone())
}

/// Streams of up to `longest` steps.
pub(crate) fn streams(longest: usize) -> impl Strategy<Value = Stream> {
    let themes = 0..THEMES.len();
    (vec(steps(), 1..longest), any::<Ways>(), themes).prop_map(|(steps, ways, theme)| fix(steps, ways, theme))
}
