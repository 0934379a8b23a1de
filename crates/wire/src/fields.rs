//! The keys that the decoder knows, and the values that a record gave them.
//!
//! A record and its `details` are flattened into one slot per key and level; every other key is skipped without
//! being stored, however deep its value is.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::scalar::{Scalar, visit_scalars};

/// Declares the known keys, each with a slot.
macro_rules! keys {
    ($($key:ident = $name:literal,)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Key { $($key,)+ }

        impl Key {
            const COUNT: usize = [$($name),+].len();

            fn read(name: &str) -> Option<Key> {
                match name {
                    $($name => Some(Key::$key),)+
                    _ => None,
                }
            }
        }
    };
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
}

/// A value for each known key of one JSON object.
#[derive(Clone, Debug)]
pub(crate) struct Slots<'a> {
    values: [Scalar<'a>; Key::COUNT],
}

impl Default for Slots<'_> {
    fn default() -> Self {
        Self { values: [const { Scalar::Null }; Key::COUNT] }
    }
}

const NULL: &Scalar<'static> = &Scalar::Null;

impl<'a> Slots<'a> {
    pub(crate) fn get(&self, key: Key) -> &Scalar<'a> {
        self.values.get(key as usize).unwrap_or(NULL)
    }

    fn set(&mut self, key: Key, value: Scalar<'a>) {
        if let Some(slot) = self.values.get_mut(key as usize) {
            *slot = value;
        }
    }
}

/// One record: its own keys, those of its `details`, and where the two levels below them that matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record<'a> {
    pub(crate) top: Slots<'a>,
    pub(crate) details: Slots<'a>,
    /// `state` in the record or in `details`, where it is an object: arming state.
    pub(crate) state: Slots<'a>,
    /// `observability`, in the record or in `details`.
    pub(crate) observability: Slots<'a>,
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
}

impl<'de: 'a, 'a> Deserialize<'de> for Record<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut record = Record::default();
        deserializer.deserialize_map(RecordVisitor(&mut record))?;
        Ok(record)
    }
}

/// What a key leads to.
enum Entry {
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
                Ok(match name {
                    "details" | "ctx" => Entry::Details,
                    "payload" => Entry::Payload,
                    "observability" => Entry::Observability,
                    _ => Key::read(name).map_or(Entry::Skipped, Entry::Known),
                })
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
                    let value = map.next_value_seed(Nested { slots: state, below: None })?;
                    top.set(Key::State, value);
                }
                Entry::Known(key) => {
                    self.0.has_run_id |= key == Key::RunId;
                    self.0.top.set(key, map.next_value()?);
                }
                Entry::Observability => {
                    map.next_value_seed(Nested { slots: &mut self.0.observability, below: None })?;
                }
                Entry::Details => {
                    let Record { details, state, observability, .. } = &mut *self.0;
                    map.next_value_seed(Nested { slots: details, below: Some((state, observability)) })?;
                }
                Entry::Payload => {
                    let mut payload = Record::default();
                    if map.next_value_seed(NestedRecord(&mut payload))? {
                        self.0.payload = Some(Box::new(payload));
                    }
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
    below: Option<(&'r mut Slots<'a>, &'r mut Slots<'a>)>,
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
                    let value = map.next_value_seed(Nested { slots: state, below: None })?;
                    self.slots.set(Key::State, value);
                }
                (Entry::Observability, Some((_, observability))) => {
                    map.next_value_seed(Nested { slots: observability, below: None })?;
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

/// Reads an object into a record and says whether it was one.
struct NestedRecord<'r, 'a>(&'r mut Record<'a>);

impl<'de: 'a, 'a> DeserializeSeed<'de> for NestedRecord<'_, 'a> {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        Ok(deserializer.deserialize_any(self)? == Scalar::Nested)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for NestedRecord<'_, 'a> {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    visit_scalars!();

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        RecordVisitor(self.0).visit_map(map)?;
        Ok(Scalar::Nested)
    }
}
