//! Funnel, explanation, provenance, service.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::{
    orders::{OUTCOMES, WRITERS, Writer, reported, route, spoken},
    rows::{Row, Rows, tally},
};

pub(crate) fn count(rows: &Rows) -> Map<String, Value> {
    let report = json!({
        "funnel": funnel(rows), "xai": xai(rows), "provenance": provenance(rows), "service": service(rows),
    });
    report.as_object().unwrap().clone()
}

fn ratio(part: usize, whole: usize) -> Value {
    if whole == 0 { Value::Null } else { json!(part as f64 / whole as f64) }
}

fn refuses(row: &Row) -> bool {
    let words = ["skip", "no_op", "noop", "deny", "denied", "block", "reject", "refuse"];
    let decision = row.text("decision").unwrap_or_default().to_ascii_lowercase();
    row.is(&["POLICY.DECISION"]) && words.iter().any(|word| decision.starts_with(word))
}

fn passes(row: &Row) -> bool {
    row.is(&["POLICY.DECISION"]) && !refuses(row) && (row.text("decision").is_some() || route(row).is_some())
}

fn sized(row: &Row) -> bool {
    if row.is(&["KELLY.APPLIED"]) {
        return row.number("qty_final").is_none_or(|size| size > 0.0);
    }
    row.is(&["SIZING.DECISION"]) && row.reason().is_none_or(|reason| reason.starts_with("OK"))
}

fn to_market(row: &Row) -> bool {
    !refuses(row) && route(row).is_some_and(|route| route == "maker" || route == "taker")
}

/// Whether it says anything about the way to the market.
fn tells_of_routing(row: &Row) -> bool {
    let decided = route(row).is_some_and(|of| ["maker", "taker", "deny", "cancel"].contains(&of.as_str()));
    row.is(&["ROUTER.DECISION", "ROUTE_DECISION"]) || (row.log == "aurora_events" && decided)
}

/// The step before which policy, sizing or router refuse.
fn refusal(row: &Row) -> Option<&'static str> {
    if refuses(row) {
        Some("past_gate")
    } else if row.is(&["SIZING.DECISION"]) && !sized(row) {
        Some("sized")
    } else if row.log == "aurora_events" && route(row).is_some() && !to_market(row) {
        Some("routed")
    } else {
        None
    }
}

/// The step that a denial names by itself.
fn stage(row: &Row) -> Option<&'static str> {
    if row.is(&["SLA.DENY"]) {
        return Some("submitted");
    }
    let stage = row.text("stage").filter(|_| row.is(&["ORDER.DENY"]))?.to_ascii_lowercase();
    let words = [
        ("sized", &["siz"][..]),
        ("routed", &["rout", "decide", "edge", "spread"]),
        ("submitted", &["submit", "sla"]),
        ("past_gate", &["gate", "policy", "risk"]),
    ];
    words.iter().find(|(_, words)| words.iter().any(|word| stage.contains(word))).map(|(step, _)| *step)
}

fn by(rows: &Rows, writer: Writer, tells: impl Fn(&Row) -> bool) -> Vec<&Row> {
    rows.all.iter().filter(|row| row.writer() == Some(writer) && tells(row)).collect()
}

/// Of an intent only the first; its order stands for it where the row names no intent.
fn once(mut told: Vec<&Row>) -> Vec<&Row> {
    let mut ids = HashSet::new();
    told.retain(|row| row.intent().or(row.order()).is_none_or(|id| ids.insert(id)));
    told
}

fn most(counts: impl IntoIterator<Item = usize>) -> Option<usize> {
    counts.into_iter().max().filter(|most| *most > 0)
}

fn funnel(rows: &Rows) -> Value {
    let told =
        |tells: &dyn Fn(&Row) -> bool| most(WRITERS.iter().map(|writer| by(rows, *writer, tells).len()));
    let intents =
        WRITERS.iter().map(|writer| once(by(rows, *writer, |row| row.is(&["ORDER.INTENT.RECEIVED"]))).len());
    let code = |code: &'static str| move |row: &Row| row.is(&[code]);
    let of = |code: &'static str| told(&move |row: &Row| row.is(&[code]) && sized(row));
    let anything = told(&|row| row.is(&["KELLY.APPLIED", "SIZING.DECISION"]));
    let past = told(&code("KELLY.APPLIED")).max(told(&code("SIZING.DECISION"))).max(told(&passes));
    let verdicts = told(&code("POLICY.DECISION"));
    let routed = told(&|row| row.is(&["POLICY.DECISION"]) && to_market(row))
        .max(told(&|row| row.text_code().contains("ROUTE.") && to_market(row)))
        .max(told(&|row| row.is(&["ROUTER.DECISION"]) && to_market(row)));
    let orders = OUTCOMES.iter().any(|outcome| spoken(rows, outcome) > 0);
    let of_orders = |outcome| orders.then(|| spoken(rows, outcome));
    json!({
        "reached": {
            "intents": verdicts.max(most(intents)),
            "past_gate": past.or(verdicts.map(|_| 0)),
            "sized": of("KELLY.APPLIED").max(of("SIZING.DECISION")).or(anything.map(|_| 0)),
            "routed": routed.or(told(&tells_of_routing).map(|_| 0)),
            "submitted": of_orders("submitted"), "acked": of_orders("acked"), "filled": of_orders("filled"),
        },
        "drop_outs": drop_outs(rows),
    })
}

fn drop_outs(rows: &Rows) -> Vec<Value> {
    let denies = |row: &Row| {
        row.log == "orders_denied"
            || row.is(&["ORDER.DENY", "SLA.DENY"])
            || row.text_code().starts_with("RISK.DENY")
    };
    let from_refusals =
        WRITERS.iter().map(|writer| (*writer, by(rows, *writer, |row| refusal(row).is_some())));
    let from_denials = WRITERS.iter().map(|writer| (*writer, once(by(rows, *writer, denies))));
    let candidates: Vec<_> = from_refusals.chain(from_denials).collect();
    let reason = |row: &Row| {
        let silent = if row.log == "aurora_events" { row.text_code() } else { "no reason given" };
        row.reason().unwrap_or_else(|| silent.to_owned())
    };
    let mut learned: HashMap<String, &str> = HashMap::new();
    for row in &rows.all {
        if let (Some(step), Some(reason)) = (refusal(row).or(stage(row)), row.reason()) {
            learned.entry(reason).or_insert(step);
        }
    }
    let named = |row: &Row| refusal(row).or(stage(row));
    let routes = |writer: &Writer| !by(rows, (false, writer.1), to_market).is_empty();
    let by_routing = candidates.iter().filter(|(writer, _)| routes(writer)).flat_map(|(_, told)| told);
    let after_routing: HashSet<String> =
        by_routing.filter(|row| named(row).is_none()).map(|row| reason(row)).collect();
    let named = |row: &Row| named(row).or_else(|| learned.get(&reason(row)).copied());
    let teller = (WRITERS.len()..candidates.len()).max_by_key(|at| {
        let told = &candidates[*at].1;
        (told.len(), std::cmp::Reverse(told.iter().filter(|row| named(row).is_none()).count()))
    });
    let place = |at: usize, row: &Row| {
        let unplaced = if after_routing.contains(&reason(row)) { "submitted" } else { "past_gate" };
        named(row).or((teller == Some(at)).then_some(unplaced))
    };
    let mut all = Vec::new();
    for step in ["past_gate", "sized", "routed", "submitted"] {
        let at_step = candidates.iter().enumerate().map(|(at, (_, told))| {
            told.iter().filter(|row| place(at, row) == Some(step)).collect::<Vec<_>>()
        });
        let counts = tally(at_step.max_by_key(Vec::len).unwrap().into_iter().map(|row| reason(row)));
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let text = |(reason, count)| json!({"step": step, "reason": reason, "count": count});
        all.extend(counts.into_iter().map(text));
    }
    all
}

fn xai(rows: &Rows) -> Value {
    let mut by_id: HashMap<String, Vec<&Row>> = HashMap::new();
    for row in rows.of("aurora_events") {
        if let Some(id) = row.intent() {
            by_id.entry(id).or_default().push(row);
        }
    }
    // Whether each intent is explained, by the shape that received it.
    let mut shapes: BTreeMap<usize, Vec<(i64, bool)>> = BTreeMap::new();
    for named in by_id.values() {
        let Some(received) = named.iter().find(|row| row.is(&["ORDER.INTENT.RECEIVED"])) else { continue };
        let any = |codes: &[&str]| named.iter().any(|row| row.is(codes));
        let routed =
            named.iter().any(|row| route(row).is_some_and(|route| route == "maker" || route == "taker"));
        let explained = any(&["ORDER.DENY", "SLA.DENY", "ORDER.PLAN.BUILD"])
            || (any(&["SIZING.DECISION", "KELLY.APPLIED"]) && routed);
        let shape = "CFWL".find(received.shape).unwrap();
        shapes.entry(shape).or_default().push((received.at, explained));
    }
    let mut intents = shapes.into_values().max_by_key(Vec::len).unwrap_or_default();
    intents.retain(|(at, _)| rows.end() - at > 10_000_000_000);
    let explained = intents.iter().filter(|(_, explained)| *explained).count();
    let reasons: Vec<String> = rows.all.iter().filter_map(Row::reason).collect();
    let without = rows.coded(&["ORDER.INTENT.RECEIVED"]).iter().filter(|row| row.intent().is_none()).count();
    json!({
        "coverage": ratio(explained, intents.len()), "intents": intents.len(), "explained": explained,
        "without_id": without, "forgotten_intents": 0, "reason_records": reasons.len(), "reasons": tally(reasons),
    })
}

fn provenance(rows: &Rows) -> Value {
    let (mut records, mut complete, mut left_out) = (0, 0, 0);
    for writer in WRITERS {
        let told = by(rows, writer, |row| reported(row).iter().any(|outcome| *outcome != "denied"));
        let whole = told.iter().filter(|row| row.order().is_some() && row.names_its_run()).count();
        if writer.1 == 'F' && whole == 0 {
            left_out += told.len();
        } else {
            records += told.len();
            complete += whole;
        }
    }
    let missing = match (records, left_out) {
        (0, 0) => Some("no orders"),
        (0, _) => Some("only shape F reports orders, and it has no run id"),
        _ => None,
    };
    json!({"coverage": ratio(complete, records), "records": records, "missing": missing})
}

/// None of the recorded sessions has queries: that is what is counted.
fn service(rows: &Rows) -> Value {
    let of = |prefix: &str| rows.all.iter().filter(|row| row.text_code().starts_with(prefix)).count();
    assert_eq!(of("QUERY."), 0, "a session with queries needs a count of how they ended");
    json!({
        "query_count": 0, "success_rate": null, "error_rate": null, "avg_ms": null, "p95_ms": null,
        "p99_ms": null, "cache_hit_rate": null, "http_requests": of("HTTP."),
    })
}
