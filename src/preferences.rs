//! What this device keeps of the reader's choices: in `localStorage`, each under a name of its own.
//!
//! Invariant: where the browser stores nothing, every choice works until the page is closed. Nothing secret is here.

use aurora_domain::{Span, Ts, format, verdict::Thresholds};
use leptos::prelude::document;

use crate::{browser, reach::Reach};

/// The kept value of `name`; `None` where there is none.
pub(crate) fn get(name: &str) -> Option<String> {
    browser::local_storage()?.get_item(&key(name)).ok().flatten()
}

/// Keeps `value` under `name`, or forgets what was kept.
pub(crate) fn set(name: &str, value: Option<&str>) {
    let Some(storage) = browser::local_storage() else { return };
    // A full or closed storage costs the choice on the next visit, not now.
    let _ = match value {
        Some(value) => storage.set_item(&key(name), value),
        None => storage.remove_item(&key(name)),
    };
}

fn key(name: &str) -> String {
    format!("aurora.{name}")
}

/// What figures reach over on a first look.
pub(crate) fn reach() -> Reach {
    get("reach").and_then(|kept| Reach::of_key(&kept)).unwrap_or(Reach::Span(Span::FIVE_MINUTES))
}

/// What figures are judged against.
pub(crate) fn thresholds() -> Thresholds {
    let default = Thresholds::default();
    let number =
        |name: &str| get(name)?.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    Thresholds {
        decision_p90_ms: number("decision-p90-ms").unwrap_or(default.decision_p90_ms),
        deny_rate: number("deny-rate").unwrap_or(default.deny_rate),
    }
}

/// Keeps what figures are judged against.
pub(crate) fn set_thresholds(thresholds: Thresholds) {
    set("decision-p90-ms", Some(&thresholds.decision_p90_ms.to_string()));
    set("deny-rate", Some(&thresholds.deny_rate.to_string()));
}

/// Whether one key alone is a shortcut: a reader who dictates may not want that.
pub(crate) fn has_shortcuts() -> bool {
    get("shortcuts").as_deref() != Some("off")
}

/// Switches shortcuts of one key on or off.
pub(crate) fn set_shortcuts(on: bool) {
    set("shortcuts", (!on).then_some("off"));
}

/// Whether the desktop is told when the verdict turns bad.
pub(crate) fn has_notifications() -> bool {
    get("notifications").as_deref() == Some("on")
}

/// Switches those on or off.
pub(crate) fn set_notifications(on: bool) {
    set("notifications", on.then_some("on"));
}

/// How close things stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Density {
    /// With room around.
    #[default]
    Normal,
    /// More in less space.
    Compact,
}

impl Density {
    /// What was chosen on an earlier visit.
    pub(crate) fn stored() -> Self {
        if get("density").as_deref() == Some("compact") { Self::Compact } else { Self::Normal }
    }

    /// Sets the page accordingly and keeps the choice.
    pub(crate) fn apply(self) {
        let name = (self == Self::Compact).then_some("compact");
        set_root("data-density", name);
        set("density", name);
    }
}

/// Which clock times are told by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Zone {
    /// Coordinated universal time, as the logs.
    #[default]
    Utc,
    /// This machine's.
    Local,
}

impl Zone {
    /// What was chosen on an earlier visit.
    pub(crate) fn stored() -> Self {
        if get("zone").as_deref() == Some("local") { Self::Local } else { Self::Utc }
    }

    /// Keeps the choice.
    pub(crate) fn keep(self) {
        set("zone", (self == Self::Local).then_some("local"));
    }

    /// Minutes east of UTC, now.
    pub(crate) fn offset_minutes(self) -> i32 {
        match self {
            Self::Utc => 0,
            Self::Local => browser::utc_offset_minutes(),
        }
    }

    /// A date and time as this zone had it then: `2026-11-21 18:03:27 UTC`.
    pub(crate) fn date_time(self, at: Ts) -> String {
        let offset_minutes = match self {
            Self::Utc => 0,
            Self::Local => browser::utc_offset_minutes_at(at.0 as f64 / 1e6),
        };
        format!("{} {}", format::date_time(at, offset_minutes), self.suffix())
    }

    /// What stands behind a time.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Utc => "UTC",
            Self::Local => "local",
        }
    }
}

/// Sets or removes an attribute of the document's root, which the style sheets look at.
pub(crate) fn set_root(name: &str, value: Option<&str>) {
    if let Some(root) = document().document_element() {
        // An attribute with a fixed, valid name cannot be refused.
        let _ = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
    }
}
