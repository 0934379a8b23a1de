//! Outcomes by writer, rates, reasons, what is pending, routes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::rows::{Row, Rows};

pub(crate) type Writer = (bool, char);

/// Of equals the later one speaks.
pub(crate) const WRITERS: [Writer; 8] = [
    (false, 'C'),
    (false, 'F'),
    (false, 'W'),
    (false, 'L'),
    (true, 'C'),
    (true, 'F'),
    (true, 'W'),
    (true, 'L'),
];

pub(crate) const OUTCOMES: [&str; 9] = [
    "submitted",
    "acked",
    "partially_filled",
    "filled",
    "canceled",
    "rejected",
    "expired",
    "denied",
    "failed",
];

/// What the state that a row names reports.
fn of_state(row: &Row) -> Option<&'static str> {
    let named = if row.log == "aurora_events" { None } else { row.text("lifecycle_state") };
    match named.or(row.text("status"))?.to_ascii_uppercase().as_str() {
        "PARTIAL" | "PARTIALLY_FILLED" => Some("partially_filled"),
        "FILLED" | "CLOSED" => Some("filled"),
        "CANCELED" | "CANCELLED" => Some("canceled"),
        "REJECTED" => Some("rejected"),
        "EXPIRED" => Some("expired"),
        "NEW" | "OPEN" | "PENDING" | "ACK" | "REPLACED" => Some("acked"),
        _ => None,
    }
}

fn at_once(row: &Row) -> bool {
    row.text("fill_type").is_some_and(|kind| kind.eq_ignore_ascii_case("immediate"))
}

/// What a row says by itself.
pub(crate) fn reported(row: &Row) -> BTreeSet<&'static str> {
    let state = || of_state(row);
    match (row.log, row.text_code()) {
        ("orders_denied", _) => BTreeSet::from(["denied"]),
        ("orders_success", _) => ["submitted", "acked"].into_iter().chain(state()).collect(),
        ("orders_failed", _) => {
            ["submitted", "failed"].into_iter().chain(state().filter(|state| *state != "acked")).collect()
        }
        ("aurora_events", code) => match code {
            "ORDER.SUBMIT" | "ORDER.SUBMITTED" => BTreeSet::from(["submitted"]),
            "ORDER.ACK" | "ORDER.ACKNOWLEDGED" if at_once(row) => BTreeSet::from(["acked", "filled"]),
            "ORDER.ACK" | "ORDER.ACKNOWLEDGED" => BTreeSet::from(["acked"]),
            "ORDER.PARTIAL" | "ORDER.PARTIALLY_FILLED" => BTreeSet::from(["partially_filled"]),
            "ORDER.FILL" | "ORDER.FILLED" => BTreeSet::from(["filled"]),
            "ORDER.CANCEL" | "ORDER.CANCEL.ACK" | "ORDER.CXL" => BTreeSet::from(["canceled"]),
            "ORDER.REJECT" => BTreeSet::from(["rejected", "failed"]),
            "ORDER.EXPIRE" => BTreeSet::from(["expired"]),
            "ORDER.STATUS" | "ORDER.STATUS(SIM)" => state().into_iter().collect(),
            code if code == "ORDER.DENY" || code == "RISK.DENY" || code.starts_with("RISK.DENY.") => {
                BTreeSet::from(["denied"])
            }
            _ => BTreeSet::new(),
        },
        _ => BTreeSet::new(),
    }
}

fn with_implied(mut outcomes: BTreeSet<&'static str>) -> BTreeSet<&'static str> {
    if ["filled", "partially_filled", "canceled", "expired"].iter().any(|of| outcomes.contains(of)) {
        outcomes.insert("acked");
    }
    if outcomes.contains("acked") || outcomes.contains("rejected") {
        outcomes.insert("submitted");
    }
    outcomes
}

/// Per writer: of each order the first row that reports the outcome, and all such rows without an id; and of each order
/// the first row that reports or implies it.
struct Count<'a> {
    reporting: Vec<&'a Row>,
    implied: Vec<&'a Row>,
}

impl<'a> Count<'a> {
    fn count(&self) -> usize {
        self.reporting.len().max(self.implied.len())
    }

    /// The rows that count; of equals those that report.
    fn counting(self) -> Vec<&'a Row> {
        if self.implied.len() > self.reporting.len() { self.implied } else { self.reporting }
    }
}

fn of_writer<'a>(rows: &'a Rows, writer: Writer, outcome: &str) -> Count<'a> {
    let (mut seen, mut seen_implied) = (BTreeSet::new(), BTreeSet::new());
    let (mut reporting, mut implied) = (Vec::new(), Vec::new());
    for row in rows.all.iter().filter(|row| row.writer() == Some(writer)) {
        let said = reported(row);
        if said.contains(outcome) && row.order().is_none_or(|id| seen.insert(id)) {
            reporting.push(row);
        }
        if with_implied(said).contains(outcome) && row.order().is_some_and(|id| seen_implied.insert(id)) {
            implied.push(row);
        }
    }
    Count { reporting, implied }
}

fn name((order_logs, shape): Writer) -> String {
    format!("{} {shape}", if order_logs { "order logs" } else { "events" })
}

fn ratio(part: usize, whole: usize) -> Value {
    if whole == 0 { Value::Null } else { json!(part as f64 / whole as f64) }
}

fn class(row: &Row) -> &'static str {
    let reason = row.reason().unwrap_or_default().to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if row.text("reason_class").is_some_and(|class| class.eq_ignore_ascii_case("exchange")) {
        "exchange"
    } else if has(&["NEGATIVE_EDGE", "UNATTRACTIVE", "SIZING_TOO_SMALL", "LOW_PFILL", "EXPECTED_RETURN"]) {
        "skip"
    } else if has(&["WHY_EX_", "EXCHANGE"]) {
        "exchange"
    } else {
        "guard"
    }
}

/// The rows that count for an outcome in the session, by the writer with most of them.
fn speaking<'a>(rows: &'a Rows, outcome: &str) -> Vec<&'a Row> {
    let writers = WRITERS.iter().map(|writer| of_writer(rows, *writer, outcome));
    writers.max_by_key(Count::count).unwrap().counting()
}

/// How many count for an outcome.
pub(crate) fn spoken(rows: &Rows, outcome: &str) -> usize {
    speaking(rows, outcome).len()
}

/// Outcomes, rates, reasons and routes of the rows that are in a span; who speaks is decided by all rows.
pub(crate) fn over(rows: &Rows, is_in: impl Fn(&Row) -> bool) -> Map<String, Value> {
    let within = |outcome| speaking(rows, outcome).into_iter().filter(|row| is_in(row)).collect::<Vec<_>>();
    let orders: Map<String, Value> =
        OUTCOMES.iter().map(|outcome| ((*outcome).to_owned(), json!(within(outcome).len()))).collect();
    let (denials, submitted, filled) = (within("denied"), within("submitted").len(), within("filled").len());
    let asked = denials.len() + submitted;
    let of_class = |wanted| ratio(denials.iter().filter(|row| class(row) == wanted).count(), asked);
    let mut reasons: BTreeMap<String, (usize, &str)> = BTreeMap::new();
    for row in &denials {
        let reason = row.reason().unwrap_or("no reason given".to_owned());
        reasons.entry(reason).or_insert((0, class(row))).0 += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    let reasons: Vec<Value> = reasons
        .into_iter()
        .map(|(reason, (count, class))| json!({"reason": reason, "class": class, "count": count}))
        .collect();
    let has_fills = spoken(rows, "filled") > 0;
    let report = json!({
        "orders": orders, "fill_rate": if has_fills { ratio(filled, submitted) } else { Value::Null },
        "deny_rate": ratio(denials.len(), asked),
        "deny_rate_by_class":
            {"skip": of_class("skip"), "guard": of_class("guard"), "exchange": of_class("exchange")},
        "deny_reasons": reasons, "routes": routes(rows, is_in),
    });
    report.as_object().unwrap().clone()
}

pub(crate) fn count(rows: &Rows) -> Map<String, Value> {
    let (mut by_writer, mut differ) = (Map::new(), Vec::new());
    for outcome in OUTCOMES {
        let own: Vec<_> =
            WRITERS.iter().map(|writer| (*writer, of_writer(rows, *writer, outcome).count())).collect();
        let largest = own.iter().map(|(_, count)| *count).max().unwrap();
        // A log without any of an outcome leaves it out where a writer of it does not tell the end of enough orders.
        let tells = |log: bool| own.iter().any(|((order_logs, _), count)| *order_logs == log && *count > 0);
        let leaves_out = |writer: Writer| {
            outcome != "denied" && largest > 0 && !tells(writer.0) && without_end(rows, writer) * 10 > largest
        };
        let counts: BTreeMap<String, usize> = own
            .iter()
            .filter(|(writer, count)| *count > 0 || leaves_out(*writer))
            .map(|(writer, count)| (name(*writer), *count))
            .collect();
        let (most, least) = (counts.values().max().unwrap_or(&0), counts.values().min().unwrap_or(&0));
        if (most - least) * 10 > *most {
            differ.push(outcome);
        }
        by_writer.insert(outcome.to_owned(), json!(counts));
    }
    let mut report = over(rows, |_| true);
    let rest = json!({
        "orders_by_writer": by_writer, "writers_differ": differ, "approximate": false, "pending": pending(rows),
    });
    report.extend(rest.as_object().unwrap().clone());
    report
}

/// Orders that a writer counts as submitted beyond those that it counts as ended.
fn without_end(rows: &Rows, writer: Writer) -> usize {
    let of = |outcome| of_writer(rows, writer, outcome).count();
    let failed = of("failed").max(of("rejected") + of("expired"));
    of("submitted").saturating_sub(of("filled") + of("canceled") + failed)
}

fn ends(row: &Row) -> bool {
    let said = reported(row);
    ["filled", "canceled", "rejected", "expired", "failed"].iter().any(|end| said.contains(end))
}

/// By the writer that knows most submitted orders by id, of equals that with most ended ones, of equals the later. An order
/// has ended where any row of any log says so.
fn pending(rows: &Rows) -> Value {
    let ended: BTreeSet<String> = rows.all.iter().filter(|row| ends(row)).filter_map(Row::order).collect();
    let of_writer = |writer: &Writer| {
        let mut orders: BTreeMap<String, i64> = BTreeMap::new();
        for row in rows.all.iter().filter(|row| row.writer() == Some(*writer)) {
            let (Some(id), said) = (row.order(), with_implied(reported(row))) else { continue };
            if said.contains("submitted") {
                orders.entry(id).or_insert(row.at);
            }
        }
        orders.into_iter().map(|(id, since)| (since, ended.contains(&id))).collect::<Vec<_>>()
    };
    let speaking = WRITERS
        .iter()
        .map(of_writer)
        .max_by_key(|orders| (orders.len(), orders.iter().filter(|(_, ended)| *ended).count()))
        .unwrap();
    let ages = speaking.iter().filter(|(_, ended)| !ended).map(|(since, _)| rows.end() - since);
    let (unknown, young): (Vec<i64>, Vec<i64>) = ages.partition(|age| *age > 900_000_000_000);
    let oldest = young.iter().max().map(|age| *age as f64 / 1e9);
    json!({
        "count": young.len(), "unknown": unknown.len(), "oldest_age_seconds": oldest, "dropped": 0,
    })
}

/// The route that a row decides, where it decides one.
pub(crate) fn route(row: &Row) -> Option<String> {
    if row.is(&["POLICY.DECISION", "ROUTER.DECISION", "ROUTE_DECISION"]) {
        return row.text("route").map(str::to_ascii_lowercase);
    }
    let code = row.text_code();
    let own = code.strip_prefix("ORDER.ROUTE.").or(code.strip_prefix("ROUTE."));
    own.map(str::to_ascii_lowercase)
}

fn routes(rows: &Rows, is_in: impl Fn(&Row) -> bool) -> Value {
    let deciders: [fn(&str) -> bool; 3] = [
        |code| code == "POLICY.DECISION",
        |code| code.starts_with("ROUTE.") || code.starts_with("ORDER.ROUTE."),
        |code| code == "ROUTER.DECISION" || code == "ROUTE_DECISION",
    ];
    let mut best: Vec<(&Row, String)> = Vec::new();
    for writer in WRITERS {
        for decides in deciders {
            let of_writer = rows.all.iter().filter(|row| row.writer() == Some(writer));
            let decided = of_writer.filter(|row| decides(row.text_code()));
            let decided: Vec<_> = decided.filter_map(|row| Some((row, route(row)?))).collect();
            if decided.len() >= best.len() {
                best = decided;
            }
        }
    }
    let of = |route: &str| best.iter().filter(|(row, decided)| is_in(row) && decided == route).count();
    let (maker, taker) = (of("maker"), of("taker"));
    json!({
        "maker": maker, "taker": taker, "deny": of("deny"), "cancel": of("cancel"),
        "taker_share": ratio(taker, maker + taker),
    })
}
