//! Market, risk, operations: what was logged last.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::rows::{Row, Rows, number, tally};

pub(crate) fn count(rows: &Rows) -> Map<String, Value> {
    let report = json!({"market": market(rows), "risk": risk(rows), "operations": operations(rows)});
    report.as_object().unwrap().clone()
}

fn market(rows: &Rows) -> Value {
    let mut symbols: BTreeMap<String, Value> = BTreeMap::new();
    let empty = json!({
        "bid": null, "ask": null, "spread": null, "spread_bps": null, "book_ts_ns": null, "price": null,
        "price_ts_ns": null,
    });
    for row in rows.coded(&["MARKET.BOOK", "MARKET.TICKER"]) {
        let quote = symbols.entry(row.symbol().unwrap()).or_insert(empty.clone());
        if row.is(&["MARKET.TICKER"]) {
            quote["price"] = json!(row.number("price").unwrap());
            quote["price_ts_ns"] = json!(row.at);
            continue;
        }
        let (bid, ask) = (row.number("bid").unwrap(), row.number("ask").unwrap());
        quote["bid"] = json!(bid);
        quote["ask"] = json!(ask);
        quote["spread"] = json!(ask - bid);
        quote["spread_bps"] = json!((ask - bid) / f64::midpoint(ask, bid) * 1e4);
        quote["book_ts_ns"] = json!(row.at);
    }
    json!({"symbols": symbols, "ws_connects": rows.coded(&["WS.CONNECT"]).len(), "dropped": 0})
}

/// Code, the gauges' first word, and pairs of gauge and key.
type Gauges = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const GAUGES: [Gauges; 7] = [
    (
        "KELLY.APPLIED",
        "kelly",
        &[
            ("f_raw", "f_raw"),
            ("f_portfolio", "f_port"),
            ("multiplier", "M"),
            ("f_final", "f_final"),
            ("qty_final", "qty_final"),
        ],
    ),
    (
        "LAMBDA.UPDATE",
        "lambda",
        &[("cal", "cal"), ("reg", "reg"), ("liq", "liq"), ("dd", "dd"), ("lat", "lat"), ("multiplier", "M")],
    ),
    (
        "CVAR.GATE",
        "cvar",
        &[("current", "cvar_curr"), ("delta", "delta"), ("limit", "limit"), ("allow", "allow")],
    ),
    (
        "CVAR.EVT.FIT",
        "cvar",
        &[
            ("fit_u", "u"),
            ("fit_xi", "xi"),
            ("fit_beta", "beta"),
            ("fit_exceedances", "n_exc"),
            ("fit_n", "n"),
        ],
    ),
    (
        "CVAR.SHIFT",
        "cvar",
        &[
            ("shift_gamma", "gamma"),
            ("shift_qty_before", "q_before"),
            ("shift_qty_after", "q_after"),
            ("shift_current", "cvar_curr_usd"),
            ("shift_limit", "cvar_limit_usd"),
            ("shift_delta", "delta_cvar_usd"),
        ],
    ),
    (
        "SIZING.DECISION",
        "sizing",
        &[
            ("p_cal", "p_cal"),
            ("rr", "rr"),
            ("f_raw", "f_raw"),
            ("f_clipped", "f_clipped"),
            ("notional_target", "notional_target"),
            ("qty", "qty"),
            ("px", "px"),
        ],
    ),
    (
        "RISK.UPDATE",
        "risk",
        &[("dd_day_pct", "dd_day_pct"), ("max_concurrent", "max_concurrent"), ("size_scale", "size_scale")],
    ),
];

fn risk(rows: &Rows) -> Value {
    let mut gauges = Map::new();
    for (code, word, keys) in GAUGES {
        for row in rows.coded(&[code]) {
            for (name, key) in keys {
                let value = row.get(key).or(row.below("risk", key));
                let value = value.and_then(|value| number(value).or(value.as_bool().map(f64::from)));
                if let Some(value) = value {
                    gauges.insert(format!("{word}.{name}"), json!({"value": value, "ts_ns": row.at}));
                }
            }
        }
    }
    Value::Object(gauges)
}

fn operations(rows: &Rows) -> Value {
    let acts: Vec<&Row> = rows
        .of("aurora_events")
        .filter(|row| row.text_code().starts_with("OPS.") || row.is(&["CONFIG.SWITCHED"]))
        .collect();
    let mut named = acts
        .iter()
        .filter_map(|row| Some((row.text("name").filter(|_| row.is(&["CONFIG.SWITCHED"]))?, row.at)));
    json!({
        "counts": tally(acts.iter().map(|row| row.text_code())),
        "last": acts.last().map(|row| json!({"name": row.text_code(), "ts_ns": row.at})),
        "config": named.next_back().map(|(name, at)| json!({"name": name, "ts_ns": at})),
    })
}
