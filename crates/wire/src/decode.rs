//! One log line into one [`Event`], whatever dialect it is written in (CONTRACT.md section 1).

use std::borrow::Cow;

use aurora_domain::{
    BreakerState, Code, Event, OrderStatus, Route, Shape, Side, Source, code, event::Numbers, reason,
    session::UNCODED,
};

use crate::{
    detail, fast,
    fields::{Key, Record},
    scalar::Scalar,
    timestamp,
};

/// A longer line is not read: 1 MiB, without its newline.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// A line that could not be read, and why. Counted and shown, never dropped in silence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} line {line}: {reason}", source_kind.name())]
pub struct Rejected {
    /// The kind of file.
    pub source_kind: Source,
    /// The line's number in its file, from 1; in a stream, the event's id.
    pub line: u64,
    /// What was wrong.
    pub reason: Reason,
}

/// What was wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Longer than [`MAX_LINE_BYTES`].
    #[error("oversized: {bytes} bytes, more than 1 MiB")]
    Oversized {
        /// Its length.
        bytes: usize,
    },
    /// Not JSON, or JSON that is no object.
    #[error("Malformed JSON: {message}")]
    Malformed {
        /// The parser's words, with the column.
        message: String,
    },
}

/// Reads one line, without its newline. `line_number` is only reported back.
///
/// # Errors
/// [`Rejected`] for a line that is oversized or no JSON object.
pub fn decode(source: Source, line_number: u64, line: &[u8]) -> Result<Event<'_>, Rejected> {
    let rejected = |reason| Rejected { source_kind: source, line: line_number, reason };
    if line.len() > MAX_LINE_BYTES {
        return Err(rejected(Reason::Oversized { bytes: line.len() }));
    }
    let mut record = Record::default();
    if fast::read(line, &mut record).is_some() {
        return Ok(event(source, &record));
    }
    decode_with_serde(source, line).map_err(rejected)
}

/// Whether [`decode`] reads `line` without the general parser.
#[doc(hidden)]
pub fn reads_fast(line: &[u8]) -> bool {
    fast::read(line, &mut Record::default()).is_some()
}

/// The same by the general parser alone: what [`decode`] falls back to, and what it is measured and tested against.
///
/// # Errors
/// [`Reason::Malformed`] for what is no JSON object.
#[doc(hidden)]
pub fn decode_with_serde(source: Source, line: &[u8]) -> Result<Event<'_>, Reason> {
    match serde_json::from_slice(line) {
        Ok(record) => Ok(event(source, &record)),
        Err(error) => Err(Reason::Malformed { message: error.to_string() }),
    }
}

fn event<'a>(source: Source, outer: &Record<'a>) -> Event<'a> {
    let (shape, record) = match outer.payload.as_deref() {
        Some(payload) if !payload.get(Key::EventCode).is_null() => (Shape::Wrapped, payload),
        _ => (shape_of(source, outer), outer),
    };
    let (code, code_text, code_key) = code_of(record);
    let reason = reason_of(record, code_key);
    let mut event = Event::bare(source, shape, code, "");
    event.ts = timestamp::of(record).or_else(|| timestamp::of(outer));
    event.code_text = code_text;
    event.order_id = ORDER_IDS.into_iter().find_map(|key| record.get(key).id());
    event.client_id = CLIENT_IDS.into_iter().find_map(|key| record.get(key).id());
    event.intent_id = record.get(Key::IntentId).id();
    event.run_id = record.get(Key::RunId).id();
    event.traced = !record.get(Key::TraceId).is_null();
    event.symbol = record.get(Key::Symbol).text().map(symbol);
    event.side = record.get(Key::Side).text().as_deref().and_then(side);
    event.exchange_reason = is_word(record.get(Key::ReasonClass), "exchange");
    event.reason = reason;
    event.status = status(source, record);
    event.immediate_fill = is_word(record.get(Key::FillType), "immediate");
    event.route = route(code, record);
    event.breaker = breaker(code, &event.code_text, record);
    event.mode = mode(code, record);
    event.numbers = numbers(record);
    read_arming(&mut event, record);
    event.label = label(code, record);
    event.detail = detail::of(&event, record);
    event
}

/// For order logs the shapes are canonical, with the key `run_id`, and flat.
fn shape_of(source: Source, record: &Record<'_>) -> Shape {
    let coded = !record.top.get(Key::EventCode).is_null();
    match source {
        Source::Events if coded && record.has_run_id => Shape::Canonical,
        Source::Events if coded && !other_time(record) => Shape::Flat,
        Source::Events | Source::Trades => Shape::Legacy,
        _ if record.has_run_id => Shape::Canonical,
        _ => Shape::Flat,
    }
}

/// Whether a record tells its time only in a way that shape F does not know.
fn other_time(record: &Record<'_>) -> bool {
    let has = |key| !record.top.get(key).is_null();
    !has(Key::TsNs) && (has(Key::TsMs) || has(Key::Ts) || has(Key::Timestamp))
}

const CODES: [Key; 5] = [Key::EventCode, Key::EventName, Key::Type, Key::Code, Key::EventType];

const ORDER_IDS: [Key; 7] =
    [Key::Oid, Key::OrderId, Key::ClientOid, Key::Cid, Key::ClientOrderId, Key::OrderIdCamel, Key::IntentId];

/// The bot's own ids of an order.
const CLIENT_IDS: [Key; 3] = [Key::ClientOid, Key::Cid, Key::ClientOrderId];

const REASONS: [Key; 6] = [Key::WhyCode, Key::Why, Key::ReasonCode, Key::DenyReason, Key::Reason, Key::Code];

/// The code, its spelling, and the key that gave it. A code stands in the record itself, never in its details.
fn code_of<'a>(record: &Record<'a>) -> (Code, Cow<'a, str>, Option<Key>) {
    for key in CODES {
        let Some(text) = record.top.get(key).text() else { continue };
        let text = if code::is_normal(&text) { text } else { Cow::Owned(code::normalise(&text)) };
        return (Code::read(&text), text, Some(key));
    }
    (Code::Other, Cow::Borrowed(UNCODED), None)
}

/// The first reason that is set. A `code` that is the event's own code is not its reason.
fn reason_of<'a>(record: &Record<'a>, code_key: Option<Key>) -> Option<Cow<'a, str>> {
    let found = REASONS.into_iter().find_map(|key| {
        let in_record = record.top.get(key).id().filter(|_| code_key != Some(key));
        in_record.or_else(|| record.details.get(key).id())
    })?;
    Some(reason::normalise(found)).filter(|reason| !reason.is_empty())
}

/// `SOL/USDT`, `BINANCE:SOL/USDT`, `SOL/USDT:USDT` and `solusdt` are all `SOLUSDT`.
fn symbol(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
        return text;
    }
    let pair = match text.split_once(':') {
        Some((pair, _settlement)) if pair.contains('/') => pair,
        Some((_exchange, pair)) => pair,
        None => &text,
    };
    let kept = pair.chars().filter(|c| !matches!(c, '/' | '-' | '_' | ' '));
    Cow::Owned(kept.map(|c| c.to_ascii_uppercase()).collect())
}

fn side(text: &str) -> Option<Side> {
    match text.to_ascii_lowercase().as_str() {
        "buy" | "long" | "bid" => Some(Side::Buy),
        "sell" | "short" | "ask" => Some(Side::Sell),
        _ => None,
    }
}

/// Order logs name the state as `lifecycle_state` or `status`, events as `status`.
fn status(source: Source, record: &Record<'_>) -> Option<OrderStatus> {
    let named = match source {
        Source::Events => record.get(Key::Status).text(),
        _ => record.get(Key::LifecycleState).text().or_else(|| record.get(Key::Status).text()),
    }?;
    Some(match named.to_ascii_uppercase().as_str() {
        "NEW" | "OPEN" | "PENDING" | "ACK" | "ACKED" | "ACKNOWLEDGED" | "ACCEPTED" | "REPLACED"
        | "SUBMITTED" => OrderStatus::Working,
        "PARTIAL" | "PARTIALLY_FILLED" => OrderStatus::PartiallyFilled,
        "FILLED" | "CLOSED" => OrderStatus::Filled,
        "CANCELED" | "CANCELLED" => OrderStatus::Canceled,
        "REJECTED" => OrderStatus::Rejected,
        "EXPIRED" => OrderStatus::Expired,
        _ => return None,
    })
}

/// A route counts where a code decides one: a plain fill may name its route too, and is not another decision.
fn route(code: Code, record: &Record<'_>) -> Option<Route> {
    match code {
        Code::RouteMaker => Some(Route::Maker),
        Code::RouteTaker => Some(Route::Taker),
        Code::RouteDeny => Some(Route::Deny),
        Code::RouteCancel => Some(Route::Cancel),
        Code::PolicyDecision | Code::RouterDecision => {
            match record.get(Key::Route).text()?.to_ascii_lowercase().as_str() {
                "maker" => Some(Route::Maker),
                "taker" => Some(Route::Taker),
                "deny" | "denied" | "none" => Some(Route::Deny),
                "cancel" | "canceled" | "cancelled" => Some(Route::Cancel),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The state as a word or as a number (0 closed, 1 half-open, 2 open), or as the code's own last part.
fn breaker(code: Code, code_text: &str, record: &Record<'_>) -> Option<BreakerState> {
    if code != Code::Breaker {
        return None;
    }
    let state = record.get(Key::State);
    match state.integer() {
        Some(0) => return Some(BreakerState::Closed),
        Some(1) => return Some(BreakerState::HalfOpen),
        Some(2) => return Some(BreakerState::Open),
        _ => {}
    }
    let word = state.text().or_else(|| record.get(Key::Status).text());
    let word = word.as_deref().unwrap_or(code_text).to_ascii_uppercase().replace('-', "_");
    if word.ends_with("HALF_OPEN") {
        Some(BreakerState::HalfOpen)
    } else if word.ends_with("OPEN") {
        Some(BreakerState::Open)
    } else if word.ends_with("CLOSED") {
        Some(BreakerState::Closed)
    } else {
        None
    }
}

/// Arming, halts and cool-off stand in `details.state` or in the details themselves.
fn read_arming(event: &mut Event<'_>, record: &Record<'_>) {
    if !matches!(event.code, Code::ArmState | Code::CoolOff | Code::Halt | Code::Resume) {
        return;
    }
    let get = |key| {
        let nested: &Scalar<'_> = record.state.get(key);
        if nested.is_null() { record.get(key) } else { nested }
    };
    event.armed = get(Key::Armed).boolean();
    event.halted = get(Key::Halted).boolean();
    event.numbers.cooloff_until_s = get(Key::CooloffUntil).number().or_else(|| get(Key::Until).number());
}

/// The governor's mode: where a transition leads, or the state that an evaluation found.
fn mode<'a>(code: Code, record: &Record<'a>) -> Option<Cow<'a, str>> {
    match code {
        Code::GovernanceTransition => record.get(Key::To).text(),
        Code::GovernanceEval => record.get(Key::State).text().or_else(|| record.get(Key::Mode).text()),
        _ => None,
    }
}

/// The name of the configuration switched to, or of the mode that a transition leaves.
fn label<'a>(code: Code, record: &Record<'a>) -> Option<Cow<'a, str>> {
    match code {
        Code::ConfigSwitched => record.get(Key::Name).text(),
        Code::GovernanceTransition => record.get(Key::From).text(),
        _ => None,
    }
}

fn numbers(record: &Record<'_>) -> Numbers {
    let number = |key| record.get(key).number();
    Numbers {
        decision_ms: number(Key::DecisionMs),
        latency_ms: number(Key::LatencyMs),
        policy_latency_ms: record.observability.get(Key::LatencyMs).number(),
        fill_latency_ms: number(Key::LatencyMsFill),
        t_send_ns: record.get(Key::TSend).integer(),
        t_ack_ns: record.get(Key::TAck).integer(),
        alpha_spent: number(Key::SpentTotal),
        alpha_budget: number(Key::BudgetTotal),
        llr: number(Key::Llr),
        samples: number(Key::NSamples),
        bid: number(Key::Bid),
        ask: number(Key::Ask),
        cooloff_until_s: None,
    }
}

fn is_word(value: &Scalar<'_>, word: &str) -> bool {
    value.text().is_some_and(|text| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
