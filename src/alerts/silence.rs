//! Silences: of which alert nobody is told, until when, and why.
//!
//! Invariants: they are kept on this device, at most [`LIMIT`]; one that has ended is gone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::preferences;

/// How many there are at most; the oldest give way.
const LIMIT: usize = 100;
/// The longest reason, in characters.
pub(super) const REASON_LETTERS: usize = 200;

const NAME: &str = "silences";

/// One silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Silence {
    /// The alert: [`super::model::key`].
    pub(crate) key: String,
    /// Its rule's name.
    pub(crate) name: String,
    /// Why.
    pub(crate) reason: String,
    /// Until when, in Unix milliseconds of this machine's clock.
    pub(crate) until_ms: i64,
}

impl Silence {
    pub(super) fn new(key: &str, name: &str, reason: &str, now_ms: i64, minutes: u32) -> Self {
        Self {
            key: key.to_owned(),
            name: name.to_owned(),
            reason: reason.trim().chars().take(REASON_LETTERS).collect(),
            until_ms: now_ms.saturating_add(i64::from(minutes) * 60_000),
        }
    }

    fn to_value(&self) -> Value {
        json!({ "key": self.key, "name": self.name, "reason": self.reason, "until_ms": self.until_ms })
    }

    fn of_value(value: &Value) -> Option<Self> {
        let text = |name: &str| Some(value.get(name)?.as_str()?.to_owned());
        let until_ms = value.get("until_ms")?.as_i64()?;
        Some(Self { key: text("key")?, name: text("name")?, reason: text("reason")?, until_ms })
    }
}

/// Adds one in place of another one of the same alert.
pub(super) fn add(all: &mut Vec<Silence>, silence: Silence) {
    all.retain(|known| known.key != silence.key);
    all.push(silence);
    let surplus = all.len().saturating_sub(LIMIT);
    all.drain(..surplus);
}

/// The alerts that are silenced.
pub(super) fn keys(all: &[Silence]) -> BTreeSet<String> {
    all.iter().map(|silence| silence.key.clone()).collect()
}

/// Those that were kept and have not ended.
pub(super) fn read(now_ms: i64) -> Vec<Silence> {
    let kept = preferences::get(NAME).unwrap_or_default();
    let Ok(Value::Array(kept)) = serde_json::from_str(&kept) else { return Vec::new() };
    let all = kept.iter().filter_map(Silence::of_value);
    all.filter(|silence| silence.until_ms > now_ms).take(LIMIT).collect()
}

/// Keeps them.
pub(super) fn write(all: &[Silence]) {
    let text = Value::Array(all.iter().map(Silence::to_value).collect()).to_string();
    preferences::set(NAME, (!all.is_empty()).then_some(&text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_silence_is_kept_until_it_ends_and_the_last_one_of_an_alert_counts() {
        let mut all = Vec::new();
        add(&mut all, Silence::new("a", "A", " night ", 1_000, 1));
        add(&mut all, Silence::new("b", "B", "", 1_000, 5));
        add(&mut all, Silence::new("a", "A", "longer", 1_000, 2));
        write(&all);
        let known = |now_ms| {
            read(now_ms).into_iter().map(|silence| (silence.key, silence.reason)).collect::<Vec<_>>()
        };
        let pair = |key: &str, reason: &str| (key.to_owned(), reason.to_owned());
        assert_eq!(known(2_000), [pair("b", ""), pair("a", "longer")]);
        assert_eq!(known(121_000), [pair("b", "")]);
        write(&[]);
        assert_eq!(known(2_000), []);
    }
}
