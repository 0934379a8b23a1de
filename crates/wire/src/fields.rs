//! The keys that the decoder knows, and the values that a record gave them.
//!
//! A record and its `details` are flattened into one slot per key and level; every other key is skipped without
//! being stored, however deep its value is.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use smallvec::SmallVec;

use crate::{
    names,
    scalar::{Scalar, visit_scalars},
};

/// Declares the known keys, each with a slot.
macro_rules! keys {
    ($($key:ident = $name:literal,)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Key { $($key,)+ }

        impl Key {
            pub(crate) const ALL: &[Key] = &[$(Key::$key),+];
            pub(crate) const NAMES: &[&str] = &[$($name),+];
            const COUNT: usize = Key::NAMES.len();
        }
    };
}

impl Key {
    /// Those that may give a record's code, best first.
    pub(crate) const CODES: [Key; 5] = [Key::EventCode, Key::EventName, Key::Type, Key::Code, Key::EventType];
}

/// The object of a record that a value stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Top,
    Details,
    State,
    Observability,
}

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// In the record inside `payload`.
    pub(crate) in_payload: bool,
    pub(crate) level: Level,
    pub(crate) key: Key,
}

impl Place {
    /// Whether a record's code can stand here.
    pub(crate) fn may_hold_code(self) -> bool {
        self.level == Level::Top && Key::CODES.contains(&self.key)
    }
}

keys! {
    EventCode = "event_code", EventName = "event", Type = "type", Code = "code", EventType = "event_type",
    TsNs = "ts_ns", TsMs = "ts_ms", Ts = "ts", Timestamp = "timestamp",
    RunId = "run_id",
    Oid = "oid", OrderId = "order_id", ClientOid = "client_oid", Cid = "cid",
    ClientOrderId = "client_order_id", OrderIdCamel = "orderId", IntentId = "intent_id",
    Symbol = "symbol", Side = "side",
    WhyCode = "why_code", Why = "why", ReasonCode = "reason_code", DenyReason = "deny_reason", Reason = "reason",
    ReasonClass = "reason_class",
    LifecycleState = "lifecycle_state", Status = "status", FillType = "fill_type", Route = "route",
    Decision = "decision", State = "state", To = "to", Mode = "mode",
    Armed = "armed", Halted = "halted", CooloffUntil = "cooloff_until", Until = "until",
    DecisionMs = "decision_ms", LatencyMs = "latency_ms", LatencyMsFill = "latency_ms_fill",
    TSend = "t_send", TAck = "t_ack",
    SpentTotal = "spent_total", BudgetTotal = "budget_total", Llr = "llr", NSamples = "n_samples",
    Bid = "bid", Ask = "ask",
    TraceId = "trace_id", Name = "name", From = "from", Stage = "stage",
    Price = "price", Qty = "qty", FillQty = "fill_qty", Filled = "filled", Average = "average", Fee = "fee",
    PositionQty = "position_qty", AvgPrice = "avg_price", EntryPrice = "entry_price",
    RealizedPnl = "realized_pnl", UnrealizedPnl = "unrealized_pnl", Fees = "fees", Pnl = "pnl",
    SlipBps = "slip_bps", RawEdgeBps = "raw_edge_bps", FeesBps = "fees_bps", SlippageBps = "slippage_bps",
    AdverseBps = "adverse_bps", LatencyBps = "latency_bps",
    Score = "score",
    LogA = "log_A", LogB = "log_B",
    Success = "success", CacheHit = "cache_hit", ErrorType = "error_type",
    Last = "last", Value = "value", ThresholdMs = "threshold_ms", LmaxMs = "lmax_ms",
    FRaw = "f_raw", FPort = "f_port", Multiplier = "M", FFinal = "f_final", QtyFinal = "qty_final",
    Cal = "cal", Reg = "reg", Liq = "liq", Dd = "dd", Lat = "lat",
    CvarCurr = "cvar_curr", Delta = "delta", Limit = "limit", Allow = "allow",
    FitU = "u", FitXi = "xi", FitBeta = "beta", FitExceedances = "n_exc", FitN = "n",
    Gamma = "gamma", QBefore = "q_before", QAfter = "q_after",
    CvarCurrUsd = "cvar_curr_usd", CvarLimitUsd = "cvar_limit_usd", DeltaCvarUsd = "delta_cvar_usd",
    PCal = "p_cal", Rr = "rr", FClipped = "f_clipped", NotionalTarget = "notional_target", Px = "px",
    DdDayPct = "dd_day_pct", MaxConcurrent = "max_concurrent", SizeScale = "size_scale",
}

/// How many values of one object are kept without an allocation.
const INLINE: usize = 12;

/// The values that one JSON object gave to known keys: few of many, so only those take room.
#[derive(Clone, Debug)]
pub(crate) struct Slots<'a> {
    /// For each key one more than the place of its value, 0 where it has none.
    places: [u8; Key::COUNT],
    values: SmallVec<[Scalar<'a>; INLINE]>,
}

const _: () = assert!(Key::COUNT < u8::MAX as usize, "a place is a byte");

impl Default for Slots<'_> {
    fn default() -> Self {
        Self { places: [0; Key::COUNT], values: SmallVec::new_const() }
    }
}

const NULL: &Scalar<'static> = &Scalar::Null;

impl<'a> Slots<'a> {
    #[inline]
    pub(crate) fn get(&self, key: Key) -> &Scalar<'a> {
        match self.places.get(key as usize) {
            None | Some(0) => NULL,
            Some(place) => self.values.get(usize::from(*place) - 1).unwrap_or(NULL),
        }
    }

    /// As if `key` had been null.
    #[inline]
    pub(crate) fn clear(&mut self, key: Key) {
        let place = self.places.get(key as usize).copied().unwrap_or(0);
        if let Some(slot) = self.values.get_mut(usize::from(place).wrapping_sub(1)) {
            *slot = Scalar::Null;
        }
    }

    /// Sets the value of `key`; of several, the last one stands.
    #[expect(clippy::cast_possible_truncation, reason = "there are fewer keys than a byte can count")]
    pub(crate) fn set(&mut self, key: Key, value: Scalar<'a>) {
        let Some(place) = self.places.get_mut(key as usize) else { return };
        match self.values.get_mut(usize::from(*place).wrapping_sub(1)) {
            Some(slot) => *slot = value,
            None if value.is_null() => {}
            None => {
                self.values.push(value);
                *place = self.values.len() as u8;
            }
        }
    }
}

/// Slots that few records need: without room until they are made.
#[derive(Clone, Default)]
pub(crate) struct RareSlots<'a>(Option<Box<Slots<'a>>>);

/// Slots that were made and got nothing are as good as none.
impl fmt::Debug for RareSlots<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_deref().filter(|slots| !slots.values.is_empty()).fmt(f)
    }
}

impl<'a> RareSlots<'a> {
    pub(crate) fn get(&self, key: Key) -> &Scalar<'a> {
        self.0.as_deref().map_or(NULL, |slots| slots.get(key))
    }

    pub(crate) fn make(&mut self) -> &mut Slots<'a> {
        self.0.get_or_insert_default()
    }
}

/// One record: its own keys, those of its `details`, and where the two levels below them that matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record<'a> {
    pub(crate) top: Slots<'a>,
    pub(crate) details: Slots<'a>,
    /// `state` in the record or in `details`, where it is an object: arming state.
    pub(crate) state: RareSlots<'a>,
    /// The object that holds the numbers of its code, in the record or in `details`: `observability`, `boundaries`,
    /// `tca_breakdown` or `risk`. A record has one of them.
    pub(crate) observability: RareSlots<'a>,
    /// Whether the key `run_id` stands in the record, even as null.
    pub(crate) has_run_id: bool,
    /// The record inside `payload`.
    pub(crate) payload: Option<Box<Record<'a>>>,
}

impl<'a> Record<'a> {
    /// A key is looked up in the record first, then in its details.
    pub(crate) fn get(&self, key: Key) -> &Scalar<'a> {
        let own = self.top.get(key);
        if own.is_null() { self.details.get(key) } else { own }
    }

    /// The value of `key` at one level.
    #[inline]
    pub(crate) fn at(&self, level: Level, key: Key) -> &Scalar<'a> {
        match level {
            Level::Top => self.top.get(key),
            Level::Details => self.details.get(key),
            Level::State => self.state.get(key),
            Level::Observability => self.observability.get(key),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Record<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut record = Record::default();
        deserializer.deserialize_map(RecordVisitor(&mut record))?;
        Ok(record)
    }
}

/// What a key leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Known(Key),
    Details,
    Payload,
    Observability,
    Skipped,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntryVisitor;
        impl Visitor<'_> for EntryVisitor {
            type Value = Entry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_str<E>(self, name: &str) -> Result<Entry, E> {
                Ok(names::find(name))
            }
        }
        deserializer.deserialize_str(EntryVisitor)
    }
}

struct RecordVisitor<'r, 'a>(&'r mut Record<'a>);

impl<'de: 'a, 'a> Visitor<'de> for RecordVisitor<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(entry) = map.next_key::<Entry>()? {
            match entry {
                Entry::Known(Key::State) => {
                    let Record { top, state, .. } = &mut *self.0;
                    let value = map.next_value_seed(Nested { slots: state.make(), below: None })?;
                    top.set(Key::State, value);
                }
                Entry::Known(key) => {
                    self.0.has_run_id |= key == Key::RunId;
                    self.0.top.set(key, map.next_value()?);
                }
                Entry::Observability => {
                    map.next_value_seed(Nested { slots: self.0.observability.make(), below: None })?;
                }
                Entry::Details => {
                    let Record { details, state, observability, .. } = &mut *self.0;
                    map.next_value_seed(Nested { slots: details, below: Some((state, observability)) })?;
                }
                Entry::Payload => {
                    map.next_value_seed(NestedRecord(&mut self.0.payload))?;
                }
                Entry::Skipped => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Reads an object into slots; anything that is not an object is skipped.
struct Nested<'r, 'a> {
    slots: &'r mut Slots<'a>,
    /// Where `state` and `observability` go when they are objects.
    below: Option<(&'r mut RareSlots<'a>, &'r mut RareSlots<'a>)>,
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for Nested<'_, 'a> {
    type Value = Scalar<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Nested<'_, 'a> {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    visit_scalars!();

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(entry) = map.next_key::<Entry>()? {
            match (entry, &mut self.below) {
                (Entry::Known(Key::State), Some((state, _))) => {
                    let value = map.next_value_seed(Nested { slots: state.make(), below: None })?;
                    self.slots.set(Key::State, value);
                }
                (Entry::Observability, Some((_, observability))) => {
                    map.next_value_seed(Nested { slots: observability.make(), below: None })?;
                }
                (Entry::Known(key), _) => self.slots.set(key, map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Scalar::Nested)
    }
}

/// Reads an object into a record of its own; anything that is not an object is skipped.
struct NestedRecord<'r, 'a>(&'r mut Option<Box<Record<'a>>>);

impl<'de: 'a, 'a> DeserializeSeed<'de> for NestedRecord<'_, 'a> {
    type Value = Scalar<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for NestedRecord<'_, 'a> {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    visit_scalars!();

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut record = Box::<Record<'a>>::default();
        RecordVisitor(&mut record).visit_map(map)?;
        *self.0 = Some(record);
        Ok(Scalar::Nested)
    }
}
