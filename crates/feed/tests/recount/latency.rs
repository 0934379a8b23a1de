//! Every duration of every way of measuring, sorted; the first way that the session has speaks.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::rows::{Row, Rows};

/// Milliseconds, those that cannot be among them.
type Way = Vec<f64>;

const ACK: [&str; 2] = ["ORDER.ACK", "ORDER.ACKNOWLEDGED"];
const SUBMIT: [&str; 2] = ["ORDER.SUBMIT", "ORDER.SUBMITTED"];

fn each(rows: &Rows, ms: impl Fn(&Row) -> Option<f64>) -> Way {
    rows.all.iter().filter_map(ms).collect()
}

fn once_per_order(rows: &Rows, ms: impl Fn(&Row) -> Option<f64>) -> Way {
    let mut orders = HashSet::new();
    let given = rows.all.iter().filter_map(|row| Some((row, ms(row)?)));
    given.filter(|(row, _)| row.order().is_none_or(|id| orders.insert(id))).map(|(_, ms)| ms).collect()
}

fn fills(row: &Row) -> bool {
    let status = row.text("status").unwrap_or_default().to_ascii_lowercase();
    row.is(&["ORDER.FILL", "ORDER.FILLED", "ORDER.PARTIAL", "ORDER.PARTIALLY_FILLED"])
        || (row.is(&ACK) && row.text("fill_type") == Some("immediate"))
        || (row.is(&["ORDER.STATUS", "ORDER.STATUS(SIM)"])
            && ["filled", "partial", "partially_filled"].contains(&status.as_str()))
}

/// When an order began, and when it ended with whether that row begins it too.
type Times = (Option<i64>, Option<(i64, bool)>);

/// From each order's first row that begins to its first that ends.
fn matched(rows: &Rows, begins: impl Fn(&Row) -> bool, ends: impl Fn(&Row) -> bool) -> Way {
    let mut orders: HashMap<String, Times> = HashMap::new();
    for row in &rows.all {
        let Some(id) = row.order() else { continue };
        let order = orders.entry(id).or_default();
        if begins(row) {
            order.0.get_or_insert(row.at);
        }
        if ends(row) {
            order.1.get_or_insert((row.at, begins(row)));
        }
    }
    let both = orders.into_values().filter_map(|(began, ended)| Some((began?, ended?)));
    both.filter(|(_, (_, itself))| !itself).map(|(began, (ended, _))| (ended - began) as f64 / 1e6).collect()
}

fn intent_to_decision(rows: &Rows) -> Way {
    let mut intents: HashMap<String, i64> = HashMap::new();
    let mut way = Way::new();
    for row in &rows.all {
        let Some(id) = row.intent() else { continue };
        if row.is(&["ORDER.INTENT.RECEIVED"]) {
            intents.entry(id).or_insert(row.at);
        } else if row.is(&["ORDER.DENY", "SLA.DENY", "ORDER.PLAN.BUILD"])
            && let Some(received) = intents.remove(&id)
        {
            way.push((row.at - received) as f64 / 1e6);
        }
    }
    way
}

fn coded(codes: &'static [&'static str]) -> impl Fn(&Row) -> Option<f64> {
    move |row| row.number("latency_ms").filter(|_| row.is(codes))
}

fn ways(rows: &Rows, kind: &str) -> Vec<Way> {
    let exchange =
        |row: &Row| Some((row.get("t_ack")?.as_i64()? - row.get("t_send")?.as_i64()?) as f64 / 1e6);
    let submits = |row: &Row| row.is(&SUBMIT);
    let acks = |row: &Row| row.is(&ACK);
    match kind {
        "decision" => vec![
            each(rows, |row| row.number("decision_ms")),
            each(rows, coded(&["ROUTER.DECISION", "ROUTE_DECISION"])),
            intent_to_decision(rows),
        ],
        "ack" => vec![
            once_per_order(rows, exchange),
            once_per_order(rows, coded(&["POSTTRADE.LOG"])),
            once_per_order(rows, |row| row.number("latency_ms").filter(|_| row.log == "orders")),
            once_per_order(rows, coded(&ACK)),
            matched(rows, submits, acks),
        ],
        "first_fill" => vec![
            once_per_order(rows, |row| row.number("latency_ms_fill")),
            matched(rows, submits, fills),
            matched(rows, acks, fills),
        ],
        "policy" => vec![each(rows, |row| {
            let own = row.below("observability", "latency_ms").and_then(crate::rows::number);
            own.filter(|_| row.is(&["POLICY.DECISION"]))
        })],
        "sla" => vec![each(rows, coded(&["SLA.CHECK"]))],
        _ => {
            vec![each(rows, |row| row.number("latency_ms").filter(|_| row.text_code().starts_with("QUERY.")))]
        }
    }
}

pub(crate) fn count(rows: &Rows) -> Map<String, Value> {
    let (mut kinds, mut refused) = (Map::new(), 0);
    for kind in ["decision", "ack", "first_fill", "policy", "sla", "query"] {
        let mut spoken = Value::Null;
        for mut way in ways(rows, kind) {
            let all = way.len();
            way.retain(|ms| *ms >= 0.0);
            refused += all - way.len();
            if spoken.is_null() && !way.is_empty() {
                spoken = quantiles(way);
            }
        }
        kinds.insert(kind.to_owned(), spoken);
    }
    json!({"latency": kinds, "latency_refused": refused}).as_object().unwrap().clone()
}

/// By nearest rank.
fn quantiles(mut way: Way) -> Value {
    way.sort_by(f64::total_cmp);
    let rank = |percent: usize| way[(way.len() * percent).div_ceil(100) - 1];
    json!({
        "count": way.len(), "p50_ms": rank(50), "p90_ms": rank(90), "p95_ms": rank(95), "p99_ms": rank(99),
        "max_ms": rank(100),
    })
}
