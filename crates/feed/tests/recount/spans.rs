//! The windows and the figures by symbol and side.
//!
//! A window is counted anew from the rows of its seconds, by the writer that all rows choose. What stands by symbol
//! and side must add up to what is counted over all rows; so must the durations' counts.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    orders,
    rows::{Row, Rows, tally},
};

const SECOND: i64 = 1_000_000_000;

/// What is counted of a window: not its durations, funnel, money, coverages and service.
pub(crate) fn window(rows: &Rows, seconds: i64) -> Map<String, Value> {
    let first = rows.end().div_euclid(SECOND) - seconds + 1;
    let is_in = |row: &Row| row.at.div_euclid(SECOND) >= first;
    let mut window = orders::over(rows, is_in);
    let inside: Vec<&Row> = rows.all.iter().filter(|row| is_in(row)).collect();
    let reasons: Vec<String> = inside.iter().filter_map(|row| row.reason()).collect();
    window.insert("events".to_owned(), json!(inside.len()));
    window.insert("reason_records".to_owned(), json!(reasons.len()));
    window.insert("reasons".to_owned(), json!(tally(reasons)));
    window
}

/// The same of a reported window.
pub(crate) fn reported_window(window: &Value) -> Map<String, Value> {
    let names =
        ["events", "orders", "fill_rate", "deny_rate", "deny_rate_by_class", "deny_reasons", "routes"];
    let mut reported: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), window[*name].clone())).collect();
    reported.extend(["reason_records", "reasons"].map(|name| (name.to_owned(), window["xai"][name].clone())));
    reported
}

/// The sums over all symbols and sides of what is reported for each.
pub(crate) fn sums(by_symbol: &[Value]) -> Value {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    let mut add = |name: String, count: &Value| *sums.entry(name).or_default() += count.as_u64().unwrap();
    for one in by_symbol {
        for (outcome, count) in one["orders"].as_object().unwrap() {
            add(format!("orders {outcome}"), count);
        }
        for route in ["maker", "taker", "deny", "cancel"] {
            add(format!("routes {route}"), &one["routes"][route]);
        }
        for reason in one["deny_reasons"].as_array().unwrap() {
            add(format!("reason {}", reason["reason"]), &reason["count"]);
        }
        for (kind, durations) in one["latency"].as_object().unwrap() {
            if !durations.is_null() {
                add(format!("latency {kind}"), &durations["count"]);
            }
        }
        for money in one["trade"].as_array().unwrap() {
            add(format!("filled {}", money["symbol"]), &money["filled_orders"]);
        }
    }
    json!(sums)
}

/// What those sums have to be by the count of everything.
pub(crate) fn expected_sums(counted: &Value) -> Value {
    let mut whole = counted.clone();
    whole["trade"] = counted["trade"]["symbols"].clone();
    sums(&[whole])
}

/// Symbols and sides of the rows that name both.
pub(crate) fn pairs(rows: &Rows) -> BTreeMap<(String, &'static str), usize> {
    let mut pairs = BTreeMap::new();
    for row in &rows.all {
        if let (Some(symbol), Some(sign)) = (row.symbol(), row.sign()) {
            *pairs.entry((symbol, if sign > 0.0 { "buy" } else { "sell" })).or_default() += 1;
        }
    }
    pairs
}
