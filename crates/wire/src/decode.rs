//! One log line into one [`Event`], whatever dialect it is written in (CONTRACT.md section 1).

use std::borrow::Cow;

use aurora_domain::{Code, Event, Shape, Source, code, detail::Detail, session::UNCODED};

use crate::{
    facts::{self, Fact},
    fast::{self, Trace},
    fields::{Key, Level, Place, Record},
    layout::{self, Notes, Offers},
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
    // Made where it is returned: an event is large.
    let mut result = Ok(bare(source));
    if let Ok(event) = &mut result
        && !layout::read(source, line, event)
    {
        let rejected = |reason| Rejected { source_kind: source, line: line_number, reason };
        result = read_anew(source, line).map_err(rejected);
    }
    result
}

/// A line whose layout is not known yet: by the fast reader, or else by the general parser.
#[inline(never)]
fn read_anew(source: Source, line: &[u8]) -> Result<Event<'_>, Reason> {
    if line.len() > MAX_LINE_BYTES {
        return Err(Reason::Oversized { bytes: line.len() });
    }
    let mut record = Record::default();
    let mut trace = layout::wants(line).then(Trace::default);
    if fast::read(line, &mut record, trace.as_mut()).is_none() {
        return decode_with_serde(source, line);
    }
    let Some(trace) = trace else { return Ok(event(source, &record, &mut ())) };
    let mut offers = Offers::default();
    let event = event(source, &record, &mut offers);
    layout::learn(line, &trace, &offers, &event);
    Ok(event)
}

/// Whether [`decode`] reads `line` without the general parser.
#[doc(hidden)]
pub fn reads_fast(line: &[u8]) -> bool {
    fast::read(line, &mut Record::default(), None).is_some()
}

/// Whether [`decode`] knows the layout of `line` by now.
#[doc(hidden)]
pub fn knows_layout(source: Source, line: &[u8]) -> bool {
    layout::read(source, line, &mut bare(source))
}

/// The same by the general parser alone: what [`decode`] falls back to, and what it is measured and tested against.
///
/// # Errors
/// [`Reason::Malformed`] for what is no JSON object.
#[doc(hidden)]
pub fn decode_with_serde(source: Source, line: &[u8]) -> Result<Event<'_>, Reason> {
    match serde_json::from_slice(line) {
        Ok(record) => Ok(event(source, &record, &mut ())),
        Err(error) => Err(Reason::Malformed { message: error.to_string() }),
    }
}

/// The event that a record tells of, by the rules of CONTRACT.md section 1.
fn event<'a, N: Notes>(source: Source, outer: &Record<'a>, notes: &mut N) -> Event<'a> {
    let (shape, record, in_payload) = match outer.payload.as_deref() {
        Some(payload) if is_wrapper(outer, payload) => (Shape::Wrapped, payload, true),
        _ => (shape_of(source, outer), outer, false),
    };
    let mut event = Event { shape, ..bare(source) };
    let code_key = read_code(&mut event, record, source);
    event.traced = !record.get(Key::TraceId).is_null();
    let mut rules = Rules { record, in_payload, event: &mut event, notes };
    if let Some(key) = code_key {
        rules.notes.code(Place { in_payload, level: Level::Top, key });
    }
    if !rules.time() && in_payload {
        Rules { record: outer, in_payload: false, ..rules.again() }.time();
    }
    rules.ids();
    rules.reason(code_key);
    rules.order(source);
    rules.by_code();
    rules.numbers();
    rules.detail();
    event
}

/// A record with a code of its own is no wrapper, whatever it carries.
fn is_wrapper(outer: &Record<'_>, payload: &Record<'_>) -> bool {
    outer.top.get(Key::EventCode).words().is_none() && !payload.top.get(Key::EventCode).is_null()
}

/// Before anything is known of it.
#[inline]
fn bare(source: Source) -> Event<'static> {
    Event::bare(source, Shape::Legacy, Code::Other, UNCODED)
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

/// The code, its spelling, and the key that gave it. A code stands in the record itself, never in its details; an event
/// without one in words has the first that is a number. In an order log a number is a reason.
fn read_code<'a>(event: &mut Event<'a>, record: &Record<'a>, source: Source) -> Option<Key> {
    let in_words = |key| Some((key, record.top.get(key).text()?));
    let as_number = |key| Some((key, record.top.get(key).id()?)).filter(|_| source == Source::Events);
    let find = || Key::CODES.into_iter().find_map(in_words);
    let (key, text) = find().or_else(|| Key::CODES.into_iter().find_map(as_number))?;
    event.code_text = normal_code(text);
    event.code = Code::read(&event.code_text);
    Some(key)
}

/// A code in its one spelling.
pub(crate) fn normal_code(text: Cow<'_, str>) -> Cow<'_, str> {
    if code::is_normal(&text) { text } else { Cow::Owned(code::normalise(&text)) }
}

const ORDER_IDS: [Key; 7] =
    [Key::Oid, Key::OrderId, Key::ClientOid, Key::Cid, Key::ClientOrderId, Key::OrderIdCamel, Key::IntentId];

/// The bot's own ids of an order.
const CLIENT_IDS: [Key; 3] = [Key::ClientOid, Key::Cid, Key::ClientOrderId];

const REASONS: [Key; 6] = [Key::WhyCode, Key::Why, Key::ReasonCode, Key::DenyReason, Key::Reason, Key::Code];

/// Which keys tell which facts.
///
/// Invariant: what the rules ask depends only on the source, the code, which values are null, and what
/// [`Fact::put`] answered before.
pub(crate) struct Rules<'r, 'a, N> {
    record: &'r Record<'a>,
    in_payload: bool,
    pub(crate) event: &'r mut Event<'a>,
    notes: &'r mut N,
}

impl<'a, N: Notes> Rules<'_, 'a, N> {
    fn again(&mut self) -> Rules<'_, 'a, N> {
        Rules {
            record: self.record,
            in_payload: self.in_payload,
            event: &mut *self.event,
            notes: &mut *self.notes,
        }
    }

    /// Offers the value of `key` at `level` as `fact`; whether it was taken.
    #[inline]
    fn offer(&mut self, fact: Fact, level: Level, key: Key) -> bool {
        let value = self.record.at(level, key);
        if value.is_null() {
            return false;
        }
        let taken = fact.put(value, self.event);
        self.notes.offer(Place { in_payload: self.in_payload, level, key }, fact, taken);
        taken
    }

    /// The value of `key` in the record, else in its details.
    #[inline]
    pub(crate) fn one(&mut self, fact: Fact, key: Key) -> bool {
        let is_own = !self.record.top.get(key).is_null();
        self.offer(fact, if is_own { Level::Top } else { Level::Details }, key)
    }

    /// The first of `keys` whose value is taken.
    #[inline]
    pub(crate) fn first(&mut self, fact: Fact, keys: &[Key]) -> bool {
        keys.iter().any(|key| self.one(fact, *key))
    }

    /// The value of `key` in the record, its details, or the object below them.
    pub(crate) fn deep(&mut self, fact: Fact, key: Key) -> bool {
        if self.record.get(key).is_null() {
            self.offer(fact, Level::Observability, key)
        } else {
            self.one(fact, key)
        }
    }

    /// Whether `key` has a value, in the record or in its details.
    pub(crate) fn has(&self, key: Key) -> bool {
        !self.record.get(key).is_null()
    }

    /// The first of `ts_ns` (nanoseconds), `ts_ms`, `ts` and `timestamp` (by magnitude, or ISO 8601) that gives a time.
    fn time(&mut self) -> bool {
        self.one(Fact::Nanos, Key::TsNs) || self.first(Fact::Time, &[Key::TsMs, Key::Ts, Key::Timestamp])
    }

    fn ids(&mut self) {
        self.first(Fact::OrderId, &ORDER_IDS);
        self.first(Fact::ClientId, &CLIENT_IDS);
        self.one(Fact::IntentId, Key::IntentId);
        self.one(Fact::RunId, Key::RunId);
    }

    /// The first reason that is set. A `code` that is the event's own code is not its reason.
    fn reason(&mut self, code_key: Option<Key>) {
        for key in REASONS {
            let in_record = code_key != Some(key) && self.offer(Fact::Reason, Level::Top, key);
            if in_record || self.offer(Fact::Reason, Level::Details, key) {
                break;
            }
        }
        self.one(Fact::ReasonClass, Key::ReasonClass);
    }

    /// Order logs name the state as `lifecycle_state` or `status`, events as `status`.
    fn order(&mut self, source: Source) {
        self.one(Fact::Symbol, Key::Symbol);
        self.one(Fact::Side, Key::Side);
        self.one(Fact::FillType, Key::FillType);
        match source {
            Source::Events => self.one(Fact::Status, Key::Status),
            _ => self.first(Fact::Status, &[Key::LifecycleState, Key::Status]),
        };
    }

    fn by_code(&mut self) {
        match self.event.code {
            Code::Breaker => self.breaker(),
            Code::ArmState
            | Code::Arm
            | Code::Disarm
            | Code::CoolOff
            | Code::Halt
            | Code::Resume
            | Code::Aurora => self.arming(),
            // Where a transition leads, or the state that an evaluation found.
            Code::GovernanceTransition => {
                self.one(Fact::Mode, Key::To);
                self.one(Fact::Label, Key::From);
            }
            Code::GovernanceEval => {
                self.first(Fact::Mode, &[Key::State, Key::Mode]);
            }
            Code::ConfigSwitched => {
                self.one(Fact::Label, Key::Name);
            }
            // A route counts where a code decides one: a plain fill may name its route too, and is not another decision.
            Code::PolicyDecision | Code::RouterDecision => {
                self.one(Fact::Route, Key::Route);
            }
            code => {
                self.event.route = facts::route_of_code(code, &self.event.code_text);
                if code == Code::Route {
                    self.one(Fact::Route, Key::Route);
                }
            }
        }
    }

    /// The state as a word or as a number, or as the code's own last part.
    fn breaker(&mut self) {
        self.event.breaker = facts::breaker_of_code(self.event.code, &self.event.code_text);
        let _ = self.one(Fact::BreakerNumber, Key::State)
            || self.first(Fact::BreakerWord, &[Key::State, Key::Status]);
    }

    /// Arming, halts and cool-off stand in `details.state` or in the details themselves.
    fn arming(&mut self) {
        self.armed_as(Fact::Armed, Key::Armed);
        self.armed_as(Fact::Halted, Key::Halted);
        let _ = self.armed_as(Fact::CoolOff, Key::CooloffUntil) || self.armed_as(Fact::CoolOff, Key::Until);
    }

    fn armed_as(&mut self, fact: Fact, key: Key) -> bool {
        if self.record.state.get(key).is_null() {
            self.one(fact, key)
        } else {
            self.offer(fact, Level::State, key)
        }
    }

    fn numbers(&mut self) {
        for (fact, key) in NUMBERS {
            self.one(fact, key);
        }
        self.offer(Fact::PolicyLatencyMs, Level::Observability, Key::LatencyMs);
    }

    /// Begins the event's detail.
    pub(crate) fn begin(&mut self, detail: Detail) {
        self.event.detail = detail;
        self.notes.begin(detail);
    }
}

const NUMBERS: [(Fact, Key); 11] = [
    (Fact::DecisionMs, Key::DecisionMs),
    (Fact::LatencyMs, Key::LatencyMs),
    (Fact::FillLatencyMs, Key::LatencyMsFill),
    (Fact::SendNanos, Key::TSend),
    (Fact::AckNanos, Key::TAck),
    (Fact::AlphaSpent, Key::SpentTotal),
    (Fact::AlphaBudget, Key::BudgetTotal),
    (Fact::Llr, Key::Llr),
    (Fact::Samples, Key::NSamples),
    (Fact::Bid, Key::Bid),
    (Fact::Ask, Key::Ask),
];

#[cfg(test)]
mod tests;
