//! Shape C: the lines of the bot's API process, with every top-level key present and null where unset; and shape W,
//! which its market connection wraps around the same.

use super::json::Object;
use super::stamp;

/// An event line of the API process.
#[derive(Debug, Clone, Default)]
pub(super) struct Canonical<'a> {
    pub(super) code: &'a str,
    pub(super) symbol: Option<&'a str>,
    pub(super) cid: Option<&'a str>,
    pub(super) oid: Option<&'a str>,
    pub(super) side: Option<&'a str>,
    pub(super) order_type: Option<&'a str>,
    /// JSON text: a number, or a quoted decimal.
    pub(super) price: Option<String>,
    /// JSON text: a number, or a quoted decimal.
    pub(super) qty: Option<String>,
    pub(super) position_id: Option<&'a str>,
    pub(super) details: Object,
    pub(super) src: Option<&'a str>,
}

impl Canonical<'_> {
    /// The object at `at_ns` of the run `run_id`.
    pub(super) fn object(self, at_ns: u64, run_id: &str) -> Object {
        Object::new()
            .int("ts_ns", at_ns)
            .text("run_id", run_id)
            .text("event_code", self.code)
            .maybe("symbol", self.symbol)
            .maybe("cid", self.cid)
            .maybe("oid", self.oid)
            .maybe("side", self.side)
            .maybe("order_type", self.order_type)
            .raw("price", self.price.as_deref().unwrap_or("null"))
            .raw("qty", self.qty.as_deref().unwrap_or("null"))
            .maybe("position_id", self.position_id)
            .object("details", self.details)
            .maybe("src", self.src)
    }

    /// Shape W: milliseconds and type outside, the canonical record as payload.
    pub(super) fn wrapped(self, at_ns: u64) -> Object {
        let code = self.code;
        Object::new().int("ts", stamp::whole_ms(at_ns)).text("type", code).object(
            "payload",
            Canonical { src: Some("aurora_core_ws"), ..self }.object(at_ns, "aurora-core-websocket"),
        )
    }
}

/// A row of an order log as the API process writes it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LogRow<'a> {
    pub(super) oid: Option<&'a str>,
    pub(super) lifecycle_state: Option<&'a str>,
    pub(super) reason_code: Option<&'a str>,
    pub(super) reason_detail: Option<&'a str>,
    /// `AURORA` or `EXCHANGE`.
    pub(super) reason_class: Option<&'a str>,
    pub(super) severity: Option<&'a str>,
    pub(super) action: Option<&'a str>,
}

impl LogRow<'_> {
    /// The object at `at_ns`, which this logger knows to the millisecond only.
    pub(super) fn object(self, at_ns: u64, run_id: &str) -> Object {
        let head = Object::new()
            .int("ts_ns", stamp::clock_ms(at_ns))
            .text("run_id", run_id)
            .null("cid")
            .maybe("oid", self.oid)
            .null("position_id")
            .maybe("lifecycle_state", self.lifecycle_state)
            .maybe("reason_code", self.reason_code)
            .maybe("reason_detail", self.reason_detail)
            .maybe("reason_class", self.reason_class)
            .maybe("severity", self.severity)
            .maybe("action", self.action);
        ["latency_ms", "spread_bps", "vol_std_bps", "governance_gate", "reward_tag"]
            .into_iter()
            .fold(head, Object::null)
    }
}
