//! Shape F: the lines of the bot's runner (`event_code`, `ts_ns`, loose keys, `details`), its flat order-log rows, and
//! shape L, which its health module still writes.

use super::json::Object;
use super::stamp;

/// An event of the runner with details only.
pub(super) fn event(code: &str, at_ns: u64, details: Object) -> Object {
    head(code, at_ns).object("details", details)
}

/// The first two keys of every runner event.
pub(super) fn head(code: &str, at_ns: u64) -> Object {
    Object::new().text("event_code", code).int("ts_ns", at_ns)
}

/// A row of `orders_denied.jsonl`.
pub(super) fn denied_row(reason: &str, at_ns: u64) -> Object {
    Object::new().text("deny_reason", reason).int("ts_ns", at_ns)
}

/// A row of `orders_success.jsonl`: opening orders carry a state and an id, closing ones a status only.
pub(super) fn success_row(open: Option<(&str, &str)>, at_ns: u64) -> Object {
    match open {
        Some((state, order_id)) => {
            Object::new().text("action", "open").text("lifecycle_state", state).text("order_id", order_id)
        }
        None => Object::new().text("action", "close").text("status", "ACK"),
    }
    .int("ts_ns", at_ns)
}

/// A row of `orders_failed.jsonl`.
pub(super) fn failed_row(reason: &str, message: &str, final_status: &str, at_ns: u64) -> Object {
    Object::new()
        .text("reason_code", reason)
        .text("error_msg", message)
        .text("final_status", final_status)
        .int("ts_ns", at_ns)
}

/// The legacy shape: ISO time, level, category, code, context.
pub(super) fn legacy(level: &str, category: &str, code: &str, at_ns: u64, context: Object) -> Object {
    Object::new()
        .text("ts", &stamp::iso(at_ns))
        .text("level", level)
        .text("category", category)
        .text("code", code)
        .object("ctx", context)
}
