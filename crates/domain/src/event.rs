//! One event as the core sees it: what a line said, in one shape, whatever dialect it was written in.

use std::borrow::Cow;

use crate::{
    code::Code,
    detail::Detail,
    parts::{choices, parts},
    time::Ts,
};

/// The kind of file that a line stands in. The file says the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// `aurora_events.jsonl`
    Events,
    /// `orders_success.jsonl`
    Success,
    /// `orders_denied.jsonl`
    Denied,
    /// `orders_failed.jsonl`
    Failed,
    /// `orders.jsonl`: latency and money, no counts.
    Trades,
}

impl Source {
    /// All kinds, in the order in which they are read.
    pub const ALL: [Source; 5] =
        [Source::Events, Source::Success, Source::Denied, Source::Failed, Source::Trades];

    /// The file kind's name: the stem of the file and the `event:` field of the stream.
    pub fn name(self) -> &'static str {
        match self {
            Source::Events => "aurora_events",
            Source::Success => "orders_success",
            Source::Denied => "orders_denied",
            Source::Failed => "orders_failed",
            Source::Trades => "orders",
        }
    }

    /// The inverse of [`Source::name`].
    pub fn from_name(name: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// The dialect of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// C: a full record with `run_id`.
    Canonical,
    /// F: a code, a time and some details.
    Flat,
    /// W: a canonical record inside `payload`.
    Wrapped,
    /// L: anything else.
    Legacy,
}

choices!(Shape { Canonical = 0, Flat = 1, Wrapped = 2, Legacy = 3 });

impl Shape {
    /// The letter that CONTRACT.md uses.
    pub fn letter(self) -> char {
        match self {
            Shape::Canonical => 'C',
            Shape::Flat => 'F',
            Shape::Wrapped => 'W',
            Shape::Legacy => 'L',
        }
    }
}

/// Who wrote a line, as far as counting goes: event log or order logs, with the dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Writer {
    /// True for `orders_success`, `orders_denied` and `orders_failed`.
    pub order_logs: bool,
    /// The dialect.
    pub shape: Shape,
}

parts!(Writer { order_logs, shape });

impl Writer {
    /// How many different writers there can be.
    pub const COUNT: usize = 8;

    /// A dense index below [`Writer::COUNT`].
    pub fn index(self) -> usize {
        usize::from(self.order_logs) * 4 + self.shape as usize
    }

    /// The inverse of [`Writer::index`], for every writer.
    pub fn all() -> impl Iterator<Item = Writer> {
        [false, true].into_iter().flat_map(|order_logs| {
            [Shape::Canonical, Shape::Flat, Shape::Wrapped, Shape::Legacy]
                .into_iter()
                .map(move |shape| Writer { order_logs, shape })
        })
    }

    /// For people: `order logs, shape C`.
    pub fn label(self) -> String {
        let log = if self.order_logs { "order logs" } else { "events" };
        format!("{log}, shape {}", self.shape.letter())
    }
}

/// Direction of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Bid side.
    Buy,
    /// Ask side.
    Sell,
}

choices!(Side { Buy = 0, Sell = 1 });

/// How an order goes to the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// Adds liquidity.
    Maker,
    /// Takes liquidity.
    Taker,
    /// The router found no way.
    Deny,
    /// The router gave a way up.
    Cancel,
}

impl Route {
    /// Every one.
    pub const ALL: [Route; 4] = [Route::Maker, Route::Taker, Route::Deny, Route::Cancel];
}

/// An order's state as a record names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// New, open, pending, acknowledged or replaced: the exchange has it.
    Working,
    /// A part was filled.
    PartiallyFilled,
    /// Filled or closed.
    Filled,
    /// Canceled (either spelling).
    Canceled,
    /// Rejected by the exchange.
    Rejected,
    /// Expired.
    Expired,
}

/// State of the circuit breaker between bot and exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// Orders pass.
    Closed,
    /// A probe passes.
    HalfOpen,
    /// Nothing passes.
    Open,
}

choices!(BreakerState { Closed = 0, HalfOpen = 1, Open = 2 });

impl BreakerState {
    /// The log's own word.
    pub fn name(self) -> &'static str {
        match self {
            BreakerState::Closed => "CLOSED",
            BreakerState::HalfOpen => "HALF_OPEN",
            BreakerState::Open => "OPEN",
        }
    }
}

/// The numbers of a record that metrics read, each as the record gave it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Numbers {
    /// `decision_ms`, milliseconds.
    pub decision_ms: Option<f64>,
    /// `latency_ms`, milliseconds; what it measures depends on the code.
    pub latency_ms: Option<f64>,
    /// `observability.latency_ms`, milliseconds.
    pub policy_latency_ms: Option<f64>,
    /// `latency_ms_fill`, milliseconds.
    pub fill_latency_ms: Option<f64>,
    /// `t_send`, nanoseconds since the epoch.
    pub t_send_ns: Option<i64>,
    /// `t_ack`, nanoseconds since the epoch.
    pub t_ack_ns: Option<i64>,
    /// `spent_total`, probability.
    pub alpha_spent: Option<f64>,
    /// `budget_total`, probability.
    pub alpha_budget: Option<f64>,
    /// `llr`, log-likelihood ratio.
    pub llr: Option<f64>,
    /// `n_samples`.
    pub samples: Option<f64>,
    /// `bid`, in quote currency.
    pub bid: Option<f64>,
    /// `ask`, in quote currency.
    pub ask: Option<f64>,
    /// `cooloff_until` or `until`; zero and before says that the bot does not cool off.
    pub cooloff_until: Option<Ts>,
}

/// One line, understood. Borrows from the line wherever it can.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// The file kind.
    pub source: Source,
    /// The dialect.
    pub shape: Shape,
    /// The record's own time; `None` where it has none (it then counts at the feed's time).
    pub ts: Option<Ts>,
    /// What happened.
    pub code: Code,
    /// The code's one spelling, `uncoded` where the record has none.
    pub code_text: Cow<'a, str>,
    /// The order's id: the first of the id keys that is set.
    pub order_id: Option<Cow<'a, str>>,
    /// The bot's own id of the order, where it stands beside the exchange's: it links records that name only one.
    pub client_id: Option<Cow<'a, str>>,
    /// The intent's id.
    pub intent_id: Option<Cow<'a, str>>,
    /// The run, which scopes ids.
    pub run_id: Option<Cow<'a, str>>,
    /// Whether the record carries a trace id.
    pub traced: bool,
    /// The symbol in its one spelling, such as `SOLUSDT`.
    pub symbol: Option<Cow<'a, str>>,
    /// Buy or sell.
    pub side: Option<Side>,
    /// Why, without a number at its end.
    pub reason: Option<Cow<'a, str>>,
    /// True where the record names the exchange as the reason's class.
    pub exchange_reason: bool,
    /// The order's state, where the record names one.
    pub status: Option<OrderStatus>,
    /// An acknowledgement that is a fill at once (`fill_type: immediate`).
    pub immediate_fill: bool,
    /// Maker, taker or none.
    pub route: Option<Route>,
    /// The circuit breaker's state.
    pub breaker: Option<BreakerState>,
    /// Whether trading is armed.
    pub armed: Option<bool>,
    /// Whether trading is halted.
    pub halted: Option<bool>,
    /// The governor's mode, or the mode that a transition leads to.
    pub mode: Option<Cow<'a, str>>,
    /// A name that the record gives: the configuration switched to, or the mode that a transition leaves.
    pub label: Option<Cow<'a, str>>,
    /// What else was measured.
    pub numbers: Numbers,
    /// What only records of this code tell.
    pub detail: Detail,
}

impl Event<'_> {
    /// An event without any facts but its place and code.
    pub fn bare(source: Source, shape: Shape, code: Code, code_text: &str) -> Event<'_> {
        Event {
            source,
            shape,
            ts: None,
            code,
            code_text: Cow::Borrowed(code_text),
            order_id: None,
            client_id: None,
            intent_id: None,
            run_id: None,
            traced: false,
            symbol: None,
            side: None,
            reason: None,
            exchange_reason: false,
            status: None,
            immediate_fill: false,
            route: None,
            breaker: None,
            armed: None,
            halted: None,
            mode: None,
            label: None,
            numbers: Numbers::default(),
            detail: Detail::None,
        }
    }

    /// The writer that this line counts for; `None` for `orders.jsonl`, which counts nothing.
    pub fn writer(&self) -> Option<Writer> {
        let order_logs = match self.source {
            Source::Events => false,
            Source::Success | Source::Denied | Source::Failed => true,
            Source::Trades => return None,
        };
        Some(Writer { order_logs, shape: self.shape })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writer_indices_are_dense_and_ordered() {
        let indices: Vec<usize> = Writer::all().map(Writer::index).collect();
        assert_eq!(indices, (0..Writer::COUNT).collect::<Vec<_>>());
    }

    #[test]
    fn source_names_read_back() {
        for source in Source::ALL {
            assert_eq!(Source::from_name(source.name()), Some(source));
        }
        assert_eq!(Source::from_name("message"), None);
    }
}
