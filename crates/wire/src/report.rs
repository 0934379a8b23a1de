//! Reports as JSON and as Markdown.
//!
//! The canonical form of a report is its JSON in one line with keys in the order of their bytes and numbers rounded to a
//! millionth; its SHA-256 stands beside it in the document, as do an id and when it was made. Invariants: the same report gives
//! the same bytes, in the page and natively; a document that was changed does not verify.

mod markdown;
mod recorded;

pub(crate) use markdown::escape;
pub use markdown::markdown;
pub use recorded::{Recorded, shipped_groups};

use aurora_domain::{
    Ts, format,
    report::{Checkpoint, Incident, Judged, Place, Report, Rollback, Session, Window},
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// What a report calls itself.
pub const REPORT_TYPE: &str = "aurora-slo-canary";

/// Why a document is no report, or not the one that was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It is no JSON.
    #[error("this is no JSON: {why}")]
    NotJson {
        /// What is wrong, and where.
        why: String,
    },
    /// It lacks a part, or has another in its place.
    #[error("`{field}` is missing or not what a report has there")]
    Field {
        /// Which part.
        field: &'static str,
    },
    /// The report was changed after it was made, or its hash was.
    #[error("the report does not match its hash: it says {said}, the report gives {found}")]
    Changed {
        /// The hash in the document.
        said: String,
        /// The hash of the report in it.
        found: String,
    },
}

/// A report that was read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Signed {
    /// The canonical form.
    pub canonical: String,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// The window that it judges.
    pub window: Window,
}

/// The canonical form.
pub fn canonical(report: &Report) -> String {
    sorted(&body(report)).to_string()
}

/// SHA-256 of a canonical form, in hexadecimal digits.
pub fn sha256(canonical: &str) -> String {
    let digits =
        |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'));
    Sha256::digest(canonical).iter().flat_map(digits).collect()
}

/// The document: the report with its hash, an id that follows from it, and when it was made. Ends with a newline.
pub fn document(report: &Report, generated_at: Ts) -> String {
    let body = sorted(&body(report));
    let hash = sha256(&body.to_string());
    let id: String = hash.chars().take(16).collect();
    let whole = json!({ "generated_at": time(generated_at), "id": id, "report": body, "sha256": hash });
    // Texts under text keys are all there is, which serde_json does not refuse.
    let mut text = serde_json::to_string_pretty(&sorted(&whole)).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads a document back and holds the report in it to its hash.
///
/// # Errors
/// What is missing, or that the report was changed.
pub fn read(text: &str) -> Result<Signed, ReportError> {
    let whole: Value =
        serde_json::from_str(text).map_err(|why| ReportError::NotJson { why: why.to_string() })?;
    let body =
        whole.get("report").filter(|body| body.is_object()).ok_or(ReportError::Field { field: "report" })?;
    let said = whole.get("sha256").and_then(Value::as_str).ok_or(ReportError::Field { field: "sha256" })?;
    let canonical = sorted(body).to_string();
    let found = sha256(&canonical);
    if !said.eq_ignore_ascii_case(&found) {
        return Err(ReportError::Changed { said: said.to_owned(), found });
    }
    let minute = |pointer: &str| {
        let text = body.pointer(pointer).and_then(Value::as_str)?;
        Some(crate::timestamp::parse(text)?.second().div_euclid(60))
    };
    let start = minute("/window/start").ok_or(ReportError::Field { field: "report.window.start" })?;
    let end = minute("/window/end").ok_or(ReportError::Field { field: "report.window.end" })?;
    Ok(Signed { canonical, sha256: found, window: Window { start, end } })
}

fn body(report: &Report) -> Value {
    let (first, last) = ends(report);
    json!({
        "checkpoints": report.checkpoints.iter().map(checkpoint).collect::<Vec<_>>(),
        "compliance_rate": report.compliance_rate.map(rounded),
        "first_event": first.map(place),
        "incidents": report.incidents.iter().map(incident).collect::<Vec<_>>(),
        "last_event": last.map(place),
        "objectives": report.objectives.iter().map(objective).collect::<Vec<_>>(),
        "overall": report.overall.name(),
        "reasons": report.reasons,
        "report_type": REPORT_TYPE,
        "rollback": report.rollback.iter().map(rollback).collect::<Vec<_>>(),
        "sessions": report.sessions.iter().map(session).collect::<Vec<_>>(),
        "window": {
            "covered_seconds": report.covered_seconds,
            "end": minute(report.window.end),
            "seconds": report.window.seconds(),
            "start": minute(report.window.start),
        },
    })
}

/// The first and the last event of all sessions.
fn ends(report: &Report) -> (Option<&Place>, Option<&Place>) {
    let places = |read: fn(&Session) -> &Place| report.sessions.iter().map(read);
    (
        places(|own| &own.first).min_by_key(|place| place.at),
        places(|own| &own.last).max_by_key(|place| place.at),
    )
}

fn objective(judged: &Judged) -> Value {
    let rates = judged.budget.burn_rates.iter();
    let burn_rates: Map<String, Value> =
        rates.map(|burn| (burn.over.to_owned(), json!(burn.rate.map(rounded)))).collect();
    json!({
        "comparison": judged.objective.comparison.name(),
        "error_budget": {
            "burn_rates": burn_rates,
            "spent": judged.budget.spent,
            "total": rounded(judged.budget.total),
        },
        "met": judged.met,
        "metric": judged.objective.metric,
        "name": judged.objective.name,
        "samples": judged.samples,
        "target": rounded(judged.objective.target),
        "value": judged.value.map(rounded),
    })
}

fn session(session: &Session) -> Value {
    json!({ "events": session.events, "name": session.name, "rejected_lines": session.rejected })
}

fn place(place: &Place) -> Value {
    json!({ "file": place.file, "line": place.line, "session": place.session })
}

fn incident(incident: &Incident) -> Value {
    json!({
        "alert": incident.alert,
        "fired_at": time(incident.fired_at),
        "labels": incident.labels,
        "resolved_at": incident.resolved_at.map(time),
        "session": incident.session,
        "severity": incident.severity,
        "summary": incident.summary,
    })
}

fn rollback(rollback: &Rollback) -> Value {
    json!({ "breached_at": time(rollback.breached_at), "criterion": rollback.criterion })
}

fn checkpoint(checkpoint: &Checkpoint) -> Value {
    json!({ "hours": checkpoint.hours, "overall": checkpoint.overall.name(), "reasons": checkpoint.reasons })
}

/// In whole seconds: `2026-11-21T18:03:27Z`.
pub(crate) fn time(at: Ts) -> String {
    let text = format::date_time_utc(at);
    text.trim_end_matches(" UTC").replacen(' ', "T", 1) + "Z"
}

fn minute(minute: i64) -> String {
    time(Ts(minute.saturating_mul(60_000_000_000)))
}

/// A millionth is finer than anything here is measured, and is read back as it was written.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// The same with keys in order, also where other packages make maps keep theirs.
pub(crate) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_by_key(|(key, _)| *key);
            Value::Object(pairs.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
