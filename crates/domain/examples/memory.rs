//! How much memory a state takes after ten million events with as many order ids, and how long an event takes.
//!
//! `cargo run --release -p aurora-domain --example memory [rich] [EVENTS [PER_SECOND [SYMBOLS [PER_ORDER]]]]`: resident
//! memory of the process at every tenth of the way, from `/proc/self/status`. Events are the lives of orders as two
//! logs report them; `PER_ORDER` of them share an id (1 at first; 6 are a whole life). With `rich` they fill every
//! table: each names an intent and the bot's own id, all shapes write, fills have prices, reasons and codes are long
//! and many.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::{borrow::Cow, fs, time::Instant};

use aurora_domain::{
    Code, Event, OrderStatus, Route, Shape, Side, Source, State, Ts,
    detail::{Costs, Detail, Fill, Verdict},
};

const START: Ts = Ts(1_795_196_697_000_000_000);

fn main() {
    let rich = std::env::args().any(|argument| argument == "rich");
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let events = arguments.next().unwrap_or(10_000_000);
    let per_second = arguments.next().unwrap_or(1_000).max(1);
    let symbols = arguments.next().unwrap_or(80).max(1);
    let per_order = arguments.next().unwrap_or(1).max(1);
    let names: Vec<String> = (0..symbols).map(|number| format!("SYM{number}USDT")).collect();
    let mut state = State::new(START);
    println!("{:>12} {:>10} {:>10}", "events", "MiB", "ns/event");
    println!("{:>12} {:>10.1}", 0, resident_mib());
    let mut began = Instant::now();
    let tenth = (events / 10).max(1);
    for number in 0..events {
        let at = Ts(START.0 + i64::try_from(number * 1_000_000_000 / per_second).unwrap_or(0));
        if number % 16 == 0 {
            state.advance(at);
        }
        let id = (number / per_order).to_string();
        let symbol = usize::try_from(mixed(number / per_order) % symbols).unwrap_or(0);
        let event = event(number, at, &id, names.get(symbol));
        state.apply(&if rich { enriched(event, number) } else { event });
        if (number + 1) % tenth == 0 {
            let nanos = began.elapsed().as_nanos() / u128::from(tenth);
            println!("{:>12} {:>10.1} {nanos:>10}", number + 1, resident_mib());
            began = Instant::now();
        }
    }
    for (bound, times) in state.forgotten().named().filter(|(_, times)| *times > 0) {
        println!("{bound}: {times}");
    }
}

/// The same event with everything that a table is kept of.
fn enriched(mut event: Event<'_>, number: u64) -> Event<'_> {
    let bits = mixed(number / 6);
    let shapes = [Shape::Canonical, Shape::Flat, Shape::Legacy, Shape::Wrapped];
    event.shape = shapes.get((bits % 4) as usize).copied().unwrap_or(Shape::Canonical);
    event.intent_id = Some(Cow::Owned(format!("intent-{number}")));
    event.client_id = Some(Cow::Owned(format!("client-{number}")));
    event.traced = true;
    event.reason = Some(Cow::Owned(format!("{:0>128}", bits % 4_096)));
    if event.code == Code::Other {
        event.code_text = Cow::Owned(format!("{:X>128}", bits % 4_096));
    }
    event.code = match (event.code, bits >> 8 & 7) {
        (Code::PolicyDecision, 0) => Code::IntentReceived,
        (Code::PolicyDecision, 1) => Code::SizingDecision,
        (Code::Ack, 2) => Code::PosttradeLog,
        (Code::Submit, 3) => Code::OrderDeny,
        (code, _) => code,
    };
    let price = Some(100.0 + milliseconds(number));
    event.detail = match event.code {
        Code::PolicyDecision => Detail::Policy(Verdict::Refused),
        Code::PosttradeLog => Detail::Costs(Costs { components: [price; 6] }),
        _ => Detail::Fill(Fill { quantity: Some(1.0), average: price, price, fee: Some(0.1) }),
    };
    event
}

/// The next record of some order.
fn event<'a>(number: u64, at: Ts, id: &'a str, symbol: Option<&'a String>) -> Event<'a> {
    let (source, code, status) = match number % 6 {
        0 => (Source::Events, Code::PolicyDecision, None),
        1 => (Source::Events, Code::Submit, None),
        2 => (Source::Events, Code::Ack, None),
        3 => (Source::Events, Code::Fill, None),
        4 => (Source::Success, Code::Other, Some(OrderStatus::Filled)),
        _ => (Source::Denied, Code::Other, None),
    };
    let mut event = Event::bare(source, Shape::Canonical, code, "ORDER.X");
    event.ts = Some(at);
    event.order_id = Some(Cow::Borrowed(id));
    event.run_id = Some(Cow::Borrowed("run-1"));
    event.status = status;
    // Rows of the order logs name the order alone.
    if source == Source::Events {
        event.symbol = symbol.map(|name| Cow::Borrowed(name.as_str()));
        event.side = Some(if mixed(number) & 1 == 0 { Side::Buy } else { Side::Sell });
    }
    if code == Code::PolicyDecision {
        event.route = Some(Route::Maker);
        event.numbers.decision_ms = Some(milliseconds(number));
        event.numbers.policy_latency_ms = Some(milliseconds(number + 1) / 4.0);
    } else if code == Code::Ack {
        event.numbers.latency_ms = Some(milliseconds(number) * 3.0);
    } else if source == Source::Denied {
        event.reason = Some(Cow::Borrowed("trap_guard"));
    }
    event
}

/// A few to a few hundred milliseconds, most of them small.
fn milliseconds(number: u64) -> f64 {
    let uniform = |salt| (mixed(number ^ salt) >> 11) as f64 / (1_u64 << 53) as f64;
    10.0 * (2.0 * (uniform(1) + uniform(2) + uniform(3)) - 2.0).exp()
}

/// Bits that look random (splitmix64).
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn resident_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
