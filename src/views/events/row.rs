//! What a line says in the columns of the table.

use aurora_domain::{SideKey, Source, Ts, format};
use aurora_wire::outline;

use crate::lines::{Field, Line};

/// A column: its key, which names it in the document and in exports, and its title.
pub(super) const COLUMNS: [(&str, &str); 8] = [
    ("time", "Time (UTC)"),
    ("file", "File"),
    ("code", "Code"),
    ("symbol", "Symbol"),
    ("side", "Side"),
    ("order", "Order"),
    ("reason", "Reason"),
    ("rest", "What else it says"),
];

/// How much of the rest is shown, in bytes.
const REST_BYTES: usize = 240;

/// Names of values that have a column of their own, or that say nothing to people.
const SHOWN: [&str; 30] = [
    "ts_ns",
    "ts_ms",
    "ts",
    "timestamp",
    "event_code",
    "event",
    "type",
    "code",
    "event_type",
    "symbol",
    "side",
    "oid",
    "order_id",
    "client_oid",
    "cid",
    "client_order_id",
    "orderId",
    "intent_id",
    "run_id",
    "why_code",
    "why",
    "reason_code",
    "deny_reason",
    "reason",
    "src",
    "level",
    "category",
    "trace_id",
    "reason_class",
    "severity",
];

/// A line in the columns of the table, in their order.
pub(super) fn cells(line: &Line<'_>) -> [String; COLUMNS.len()] {
    let text = |field| line.text(field).to_owned();
    let order = [Field::Order, Field::Client, Field::Intent]
        .into_iter()
        .map(|field| line.text(field))
        .find(|id| !id.is_empty());
    let code = if line.is_read { text(Field::Code) } else { "unreadable".to_owned() };
    [
        line.ts.map_or_else(|| format::NO_DATA.to_owned(), time_of_day),
        file(line.source).to_owned(),
        code,
        text(Field::Symbol),
        side(line.side).to_owned(),
        order.unwrap_or_default().to_owned(),
        text(Field::Reason),
        rest(line),
    ]
}

/// The file kind in one word.
pub(super) fn file(source: Source) -> &'static str {
    match source {
        Source::Events => "events",
        Source::Success => "success",
        Source::Denied => "denied",
        Source::Failed => "failed",
        Source::Trades => "trades",
    }
}

/// The side, empty where it is not known.
pub(super) fn side(side: SideKey) -> &'static str {
    match side {
        SideKey::Buy => "buy",
        SideKey::Sell => "sell",
        SideKey::Unknown => "",
    }
}

/// `18:03:27.123`
pub(super) fn time_of_day(ts: Ts) -> String {
    format!("{}.{:03}", format::clock(ts, 0), ts.millis().rem_euclid(1_000))
}

/// The values that no column shows, as far as there is room for them.
fn rest(line: &Line<'_>) -> String {
    let original = line.original();
    let mut text = String::new();
    for value in outline::values(&original) {
        let (path, name) = (&value.path, value.path.rsplit('.').next().unwrap_or_default());
        if SHOWN.contains(&name) {
            continue;
        }
        if text.len() + name.len() + value.text.len() > REST_BYTES {
            if text.is_empty() {
                text.push_str(name);
                text.push(' ');
                text.push_str(beginning(&value.text));
            }
            text.push_str(" …");
            break;
        }
        if !text.is_empty() {
            text.push_str(" · ");
        }
        let short = path.strip_prefix("payload.").unwrap_or(path);
        text.push_str(short.strip_prefix("details.").unwrap_or(short));
        text.push(' ');
        text.push_str(&value.text);
    }
    if text.is_empty() && !line.is_read { beginning(&original).to_owned() } else { text }
}

fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(REST_BYTES)).unwrap_or(text)
}
