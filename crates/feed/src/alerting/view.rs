//! Rules and alerts as JSON: as Prometheus' own API has them, so that what reads that one reads this one.
//!
//! Invariant: `alerts` has what is pending and firing, as there; what was resolved stands beside it under a name that
//! Prometheus does not have.

use std::collections::BTreeMap;

use aurora_domain::{
    Ts,
    rules::{Alert, AlertState, Engine, Labels, Rule},
};
use serde_json::{Map, Value, json};

use super::judge::{Judge, Last, word};
use crate::{clock::rfc3339, rules::Origin};

/// All groups.
pub(super) fn rules(judge: &Judge) -> Value {
    let groups: Vec<Value> = (0..judge.engine().groups().len()).map(|at| group(judge, at)).collect();
    json!({ "status": "success", "data": { "groups": groups } })
}

/// All alerts.
pub(super) fn alerts(judge: &Judge) -> Value {
    let is_resolved = |alert: &&Alert| alert.state == AlertState::Resolved;
    let (resolved, active): (Vec<&Alert>, Vec<&Alert>) = judge.alerts().iter().partition(is_resolved);
    let views = |alerts: Vec<&Alert>| alerts.into_iter().map(alert).collect::<Vec<_>>();
    json!({ "status": "success", "data": { "alerts": views(active), "resolved": views(resolved) } })
}

/// In a few words.
pub(super) fn status(judge: &Judge) -> Value {
    let failing = judge.engine().failures().iter().filter_map(|failure| {
        let rule = rule(judge.engine(), failure.rule)?;
        Some(json!({ "rule": rule.alert(), "error": failure.error.to_string() }))
    });
    json!({
        "rules": judge.rules(),
        "loaded_at": rfc3339(judge.loaded_ns()),
        "judged_at": judge.last().map(|last| rfc3339(last.at_ns)),
        "error": judge.trouble(),
        "failing": failing.collect::<Vec<_>>(),
        "pending": judge.count(AlertState::Pending),
        "firing": judge.count(AlertState::Firing),
    })
}

fn group(judge: &Judge, at: usize) -> Value {
    let Some(group) = judge.engine().groups().get(at) else { return Value::Null };
    let origin = match judge.origins().get(at) {
        Some(Origin::File(path)) => path.display().to_string(),
        Some(Origin::Shipped) | None => "shipped".to_owned(),
    };
    let rules: Vec<Value> =
        group.rules.iter().enumerate().map(|(index, rule)| one(judge, (at, index), rule)).collect();
    json!({
        "name": group.name,
        "file": origin,
        "rules": rules,
        "interval": group.interval_ms.map_or(1.0, |millis| millis as f64 / 1e3),
        "limit": 0,
        "evaluationTime": took(judge.last()),
        "lastEvaluation": evaluated(judge.last()),
    })
}

fn one(judge: &Judge, place: (usize, usize), rule: &Rule) -> Value {
    let own: Vec<&Alert> = judge.alerts().iter().filter(|alert| alert.rule == place).collect();
    let has = |state: AlertState| own.iter().any(|alert| alert.state == state);
    let state = if has(AlertState::Firing) {
        "firing"
    } else if has(AlertState::Pending) {
        "pending"
    } else {
        "inactive"
    };
    let failure = judge.engine().failures().iter().find(|failure| failure.rule == place);
    let health = match (failure, judge.last()) {
        (Some(_), _) => "err",
        (None, Some(_)) => "ok",
        (None, None) => "unknown",
    };
    let text = rule.text();
    let active = own.into_iter().filter(|alert| alert.state != AlertState::Resolved);
    json!({
        "type": "alerting",
        "name": rule.alert(),
        "query": text.expr,
        "duration": rule.hold_for_ms() as f64 / 1e3,
        "keepFiringFor": rule.keep_firing_for_ms() as f64 / 1e3,
        "labels": pairs(&text.labels),
        "annotations": pairs(&text.annotations),
        "alerts": active.map(alert).collect::<Vec<_>>(),
        "state": state,
        "health": health,
        "lastError": failure.map(|failure| failure.error.to_string()).unwrap_or_default(),
        "evaluationTime": took(judge.last()),
        "lastEvaluation": evaluated(judge.last()),
    })
}

fn alert(alert: &Alert) -> Value {
    let mut view = json!({
        "labels": labels(&alert.labels),
        "annotations": pairs(&alert.annotations),
        "state": word(alert.state),
        "activeAt": at(alert.active_at),
        "value": format!("{:e}", alert.value),
    });
    if alert.state == AlertState::Resolved
        && let Value::Object(members) = &mut view
    {
        members.insert("resolvedAt".to_owned(), json!(at(alert.since)));
    }
    view
}

fn rule(engine: &Engine, (group, rule): (usize, usize)) -> Option<&Rule> {
    engine.groups().get(group)?.rules.get(rule)
}

fn took(last: Option<Last>) -> f64 {
    last.map_or(0.0, |last| last.took.as_secs_f64())
}

/// As Prometheus says of what was never evaluated, the year 1.
fn evaluated(last: Option<Last>) -> String {
    last.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), |last| rfc3339(last.at_ns))
}

/// A time as text.
pub(crate) fn at(at: Ts) -> String {
    rfc3339(u64::try_from(at.0).unwrap_or(0))
}

/// Labels as an object.
pub(crate) fn labels(labels: &Labels) -> BTreeMap<&str, &str> {
    labels.iter().collect()
}

fn pairs(pairs: &[(String, String)]) -> Map<String, Value> {
    pairs.iter().map(|(name, text)| (name.clone(), json!(text))).collect()
}
