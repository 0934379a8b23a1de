//! What receivers are sent: bodies for Alertmanager, Slack, `PagerDuty` and plain webhooks.
//!
//! Invariants: an alert is the same one for every receiver, by its labels; what comes from the log is escaped where a
//! receiver would read it as markup; sizes are bounded, and what is left out is said.

use std::{collections::BTreeMap, fmt::Write as _};

use aurora_domain::{
    Ts,
    rules::{Alert, AlertState, Labels},
    telling::{News, Turn},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::clock::rfc3339;

/// Alerts that one message to people has at most.
const ALERTS: usize = 20;

/// Characters that `PagerDuty` takes of a summary.
const SUMMARY_CHARS: usize = 1_024;

/// What every message has besides its alerts.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// Labels that every alert gets, such as the name of this instance.
    pub(super) labels: BTreeMap<String, String>,
    /// Where people find the dashboard.
    pub(super) external_url: Option<String>,
    /// The name of this machine.
    pub(super) host: String,
    /// The session that is judged.
    pub(super) session: Option<String>,
}

/// All alerts as Alertmanager's `POST /api/v2/alerts` takes them. One that fires does so until `until`, unless it is
/// sent again before.
pub(super) fn alertmanager(alerts: &[Alert], until: Ts, context: &Context) -> String {
    let told = alerts.iter().filter(|alert| alert.state != AlertState::Pending);
    let entries = told.map(|alert| {
        let ends = if alert.state == AlertState::Resolved { alert.since } else { until };
        json!({
            "labels": context.labels_of(&alert.labels),
            "annotations": context.annotations_of(alert),
            "startsAt": at(alert.active_at),
            "endsAt": at(ends),
            "generatorURL": context.external_url.as_deref().unwrap_or(""),
        })
    });
    entries.collect::<Value>().to_string()
}

/// A message in the form of Alertmanager's own webhooks, version 4.
pub(super) fn webhook(news: &[News], receiver: &str, context: &Context) -> String {
    let entries: Vec<Value> = news
        .iter()
        .take(ALERTS)
        .map(|one| {
            let ended = one.turn == Turn::Ends;
            json!({
                "status": if ended { "resolved" } else { "firing" },
                "flapping": one.turn == Turn::Flaps,
                "labels": context.labels_of(&one.alert.labels),
                "annotations": context.annotations_of(&one.alert),
                "startsAt": at(one.alert.active_at),
                "endsAt": if ended { at(one.at) } else { "0001-01-01T00:00:00Z".to_owned() },
                "generatorURL": context.external_url.as_deref().unwrap_or(""),
                "fingerprint": context.fingerprint(&one.alert.labels).get(..16).unwrap_or_default(),
                "value": one.alert.value.to_string(),
            })
        })
        .collect();
    let fires = news.iter().any(|one| one.turn != Turn::Ends);
    json!({
        "version": "4",
        "groupKey": "{}",
        "truncatedAlerts": news.len().saturating_sub(ALERTS),
        "status": if fires { "firing" } else { "resolved" },
        "receiver": receiver,
        "groupLabels": {},
        "commonLabels": context.labels,
        "commonAnnotations": {},
        "externalURL": context.external_url.as_deref().unwrap_or(""),
        "session": context.session,
        "alerts": entries,
    })
    .to_string()
}

/// An incoming webhook of Slack.
pub(super) fn slack(news: &[News], context: &Context) -> String {
    let count = |ended: bool| news.iter().filter(|one| (one.turn == Turn::Ends) == ended).count();
    let mut text = format!("*Aurora Live: {} firing, {} resolved*", count(false), count(true));
    if let Some(session) = &context.session {
        write!(text, " · session {}", escape(session)).ok();
    }
    for (name, value) in &context.labels {
        write!(text, " · {}={}", escape(name), escape(value)).ok();
    }
    if let Some(url) = &context.external_url {
        write!(text, " · <{url}|dashboard>").ok();
    }
    if news.len() > ALERTS {
        write!(text, " · {} more are not shown", news.len() - ALERTS).ok();
    }
    let attachments: Vec<Value> = news.iter().take(ALERTS).map(attachment).collect();
    json!({ "text": text, "attachments": attachments }).to_string()
}

fn attachment(one: &News) -> Value {
    let alert = &one.alert;
    let (word, color) = match (one.turn, alert.severity()) {
        (Turn::Ends, _) => ("resolved", "#2eb886"),
        (turn, severity) => {
            let word = if turn == Turn::Flaps { "flapping" } else { "firing" };
            (word, if severity == "critical" { "#d00000" } else { "#daa038" })
        }
    };
    let title = format!("{word}: {} ({})", alert.name, alert.severity());
    let text = [alert.annotation("summary"), alert.annotation("description")].join("\n");
    json!({
        "color": color,
        "title": escape(&title),
        "text": escape(text.trim()),
        "fallback": escape(&format!("{title}: {}", alert.annotation("summary"))),
        "footer": escape(&labels_text(&alert.labels)),
        "ts": one.at.second(),
    })
}

/// An event of `PagerDuty`'s Events API, version 2: it opens the alert's incident or resolves it.
pub(super) fn pagerduty(one: &News, key: &str, context: &Context) -> String {
    let alert = &one.alert;
    let dedup_key = format!("aurora-{}", context.fingerprint(&alert.labels).get(..32).unwrap_or_default());
    if one.turn == Turn::Ends {
        return json!({ "routing_key": key, "event_action": "resolve", "dedup_key": dedup_key }).to_string();
    }
    let summary = match alert.annotation("summary") {
        "" => alert.name.clone(),
        text => format!("{}: {text}", alert.name),
    };
    let summary = if one.turn == Turn::Flaps { format!("flapping: {summary}") } else { summary };
    let severity = match alert.severity() {
        "critical" => "critical",
        "high" | "error" => "error",
        "warning" => "warning",
        _ => "info",
    };
    let mut event = json!({
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": dedup_key,
        "client": "Aurora Live",
        "payload": {
            "summary": summary.chars().take(SUMMARY_CHARS).collect::<String>(),
            "source": context.host,
            "severity": severity,
            "timestamp": at(alert.active_at),
            "component": context.session.as_deref().unwrap_or("aurora-feed"),
            "class": alert.name,
            "custom_details": {
                "value": alert.value.to_string(),
                "labels": context.labels_of(&alert.labels),
                "annotations": context.annotations_of(alert),
            },
        },
    });
    if let (Some(url), Value::Object(members)) = (&context.external_url, &mut event) {
        members.insert("client_url".to_owned(), json!(url));
    }
    event.to_string()
}

impl Context {
    fn labels_of<'a>(&'a self, labels: &'a Labels) -> BTreeMap<&'a str, &'a str> {
        let common = self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        common.chain(labels.iter()).collect()
    }

    fn annotations_of<'a>(&'a self, alert: &'a Alert) -> BTreeMap<&'a str, &'a str> {
        let session = self.session.as_deref().map(|session| ("session", session));
        let own = alert.annotations.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        session.into_iter().chain(own).filter(|(_, text)| !text.is_empty()).collect()
    }

    /// What tells an alert from all others, in 64 hexadecimal digits.
    fn fingerprint(&self, labels: &Labels) -> String {
        let mut hash = Sha256::new();
        for (name, value) in self.labels_of(labels) {
            for text in [name, value] {
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text.as_bytes());
            }
        }
        hash.finalize().iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").ok();
            hex
        })
    }
}

fn at(at: Ts) -> String {
    rfc3339(u64::try_from(at.0).unwrap_or(0))
}

fn labels_text(labels: &Labels) -> String {
    let told = labels.iter().filter(|(name, _)| !matches!(*name, "alertname" | "severity"));
    told.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

/// The three characters that Slack reads as markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
