//! Alerts and rules as views show them.

use aurora_domain::{
    Ts, format,
    rules::{Alert, AlertState, Labels, Rule},
};

use super::Silence;

/// How an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Its rule holds, and has for long enough.
    Firing,
    /// Its rule holds, not yet for long enough.
    Pending,
    /// Its rule does not hold.
    Inactive,
}

impl Standing {
    /// In a word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Pending => "pending",
            Self::Inactive => "inactive",
        }
    }
}

/// What a value is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// From 0 to 1.
    Ratio,
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
    /// Anything else.
    Plain,
}

impl Unit {
    /// What the names of metrics in an expression say.
    pub(super) fn of(expr: &str) -> Self {
        // Of `increase(x_total[5m])` it is the count that counts.
        let metric = expr.split(['{', '[', ' ', ')']).next().unwrap_or_default().trim_start_matches('(');
        if metric.contains("_ms") {
            Self::Millis
        } else if metric.ends_with("_seconds") {
            Self::Seconds
        } else if ["_rate", "_ratio", "_coverage"].iter().any(|end| metric.ends_with(end)) {
            Self::Ratio
        } else {
            Self::Plain
        }
    }

    /// A value in it.
    pub(crate) fn say(self, value: f64) -> String {
        match self {
            _ if !value.is_finite() => format::NO_DATA.to_owned(),
            Self::Ratio => format::percent(value),
            Self::Millis => format::millis(value),
            Self::Seconds => format!("{} s", format::number(value)),
            Self::Plain => format::number(value),
        }
    }
}

/// An alert as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    /// What tells it from all others: [`key`].
    pub(crate) key: String,
    /// The rule: index of its group, index in it.
    pub(crate) place: (usize, usize),
    /// The rule's name.
    pub(crate) name: String,
    /// Firing or pending.
    pub(crate) standing: Standing,
    /// `critical`, `warning`, `info`, or what else the rule says.
    pub(crate) severity: String,
    /// Since when.
    pub(crate) since: Ts,
    /// When a pending one will fire, if its rule goes on holding.
    pub(crate) fires_at: Ts,
    /// Within how many seconds somebody has to take it on; `None` where the rule does not say.
    pub(crate) due_seconds: Option<i64>,
    /// What is wrong.
    pub(crate) summary: String,
    /// More on it.
    pub(crate) description: String,
    /// Its own labels, without those that every alert has.
    pub(crate) labels: Vec<(String, String)>,
    /// The rule's expression.
    pub(crate) expr: String,
    /// Where its runbook is.
    pub(crate) runbook: String,
    /// The value when the rule last held.
    pub(crate) value: f64,
    /// What it is held against, as `> 50 ms`; empty where that is no number.
    pub(crate) limit: String,
    /// What the value is in.
    pub(crate) unit: Unit,
    /// While nobody is told of it.
    pub(crate) silence: Option<Silence>,
    /// When somebody took it on, in Unix milliseconds.
    pub(crate) acknowledged: Option<i64>,
}

impl Shown {
    /// How `alert` of `rule` is shown; the watchdog and what has ended are not.
    pub(super) fn of(
        alert: &Alert,
        rule: &Rule,
        silence: Option<&Silence>,
        acknowledged: Option<i64>,
    ) -> Option<Self> {
        if alert.state == AlertState::Resolved || is_watchdog(alert) {
            return None;
        }
        let text = rule.text();
        let unit = Unit::of(&text.expr);
        let is_firing = alert.state == AlertState::Firing;
        let common = ["alertname", "severity", "response"];
        Some(Self {
            key: key(&alert.labels),
            place: alert.rule,
            name: alert.name.clone(),
            standing: if is_firing { Standing::Firing } else { Standing::Pending },
            severity: alert.severity().to_owned(),
            since: if is_firing { alert.since } else { alert.active_at },
            fires_at: Ts::from_millis(alert.active_at.millis().saturating_add(rule.hold_for_ms())),
            due_seconds: due_seconds(alert.labels.get("response")),
            summary: alert.annotation("summary").to_owned(),
            description: alert.annotation("description").to_owned(),
            labels: alert
                .labels
                .iter()
                .filter(|(name, _)| !common.contains(name))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            expr: text.expr.clone(),
            runbook: alert.annotation("runbook_url").to_owned(),
            value: alert.value,
            limit: limit(rule, unit),
            unit,
            silence: silence.cloned(),
            acknowledged,
        })
    }
}

/// A rule as it is listed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed {
    /// Index of its group, index in it.
    pub(crate) place: (usize, usize),
    /// Its group.
    pub(crate) group: String,
    /// Its name.
    pub(crate) name: String,
    /// What it says.
    pub(crate) summary: String,
    /// How it stands: as the worst of its alerts.
    pub(crate) standing: Standing,
    /// What it measures now, of several series the one nearest to firing; empty where there is none.
    pub(crate) now: String,
    /// As [`Shown::limit`].
    pub(crate) limit: String,
    /// The number in it.
    pub(crate) threshold: Option<f64>,
    /// How long it has to hold, as it is written.
    pub(crate) hold_for: String,
    /// Its expression.
    pub(crate) expr: String,
    /// Where its runbook is.
    pub(crate) runbook: String,
    /// Why it could not be judged; empty where it was.
    pub(crate) failure: String,
}

impl Listed {
    /// `rule` at `place` in `group`, which measures `now`.
    pub(super) fn of(
        group: &str,
        place: (usize, usize),
        rule: &Rule,
        standing: Standing,
        now: &[f64],
    ) -> Self {
        let text = rule.text();
        let unit = Unit::of(&text.expr);
        let annotation = |name: &str| {
            text.annotations
                .iter()
                .find(|(own, _)| own == name)
                .map(|(_, text)| text.clone())
                .unwrap_or_default()
        };
        let rises = rule.threshold().is_none_or(|found| !found.comparison.sign().starts_with('<'));
        let nearest =
            if rises { now.iter().copied().reduce(f64::max) } else { now.iter().copied().reduce(f64::min) };
        Self {
            place,
            group: group.to_owned(),
            name: rule.alert().to_owned(),
            summary: annotation("summary"),
            standing,
            now: nearest.map(|value| unit.say(value)).unwrap_or_default(),
            limit: limit(rule, unit),
            threshold: rule.threshold().map(|found| found.value),
            hold_for: text.hold_for.clone(),
            expr: text.expr.clone(),
            runbook: annotation("runbook_url"),
            failure: String::new(),
        }
    }
}

fn limit(rule: &Rule, unit: Unit) -> String {
    let said = |found: aurora_domain::rules::Threshold| {
        let sign = match found.comparison.sign() {
            ">" => "above",
            ">=" => "from",
            "<" => "below",
            "<=" => "up to",
            "==" => "at",
            _ => "other than",
        };
        format!("{sign} {}", unit.say(found.value))
    };
    rule.threshold().map(said).unwrap_or_default()
}

/// Within how many seconds an alert of this `response` is to be taken on.
fn due_seconds(response: &str) -> Option<i64> {
    match response {
        "critical" => Some(300),
        "high" => Some(900),
        "medium" => Some(3_600),
        "low" => Some(14_400),
        _ => None,
    }
}

/// It always fires, for receivers: nobody has to read that.
pub(super) fn is_watchdog(alert: &Alert) -> bool {
    alert.severity() == "none"
}

/// What tells an alert from all others: its labels in one text.
pub(super) fn key(labels: &Labels) -> String {
    labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_value_is_said_in_what_its_metric_is_in() {
        for (expr, value, words) in [
            ("aurora_deny_rate > 0.5", 0.75, "75.0 %"),
            ("aurora_latency_ms{kind=\"decision\"} > 50", 80.0, "80.0 ms"),
            ("(aurora_latency_ms{kind=\"query\"} or x) > 1", 80.0, "80.0 ms"),
            ("aurora_last_event_age_seconds > 60 unless y == 1", 61.0, "61 s"),
            ("increase(aurora_tailer_malformed_lines_total[5m]) > 0", 3.0, "3"),
            ("aurora_sse_clients == 0", f64::NAN, format::NO_DATA),
        ] {
            assert_eq!(Unit::of(expr).say(value), words, "{expr}");
        }
    }
}
