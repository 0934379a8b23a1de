//! An order from submission to its end, as the API process and the runner each report it.

use super::super::bot::Bot;
use super::super::canonical::{Canonical, LogRow};
use super::super::files::SessionFile;
use super::super::flat;
use super::super::json::{self, Object};
use super::super::outcome::{Fate, Rejection};
use super::super::stamp;
use super::super::totals::Mark;
use super::Intent;

/// An order at the exchange.
#[derive(Debug)]
pub(super) struct Order<'a> {
    pub(super) intent: &'a Intent,
    pub(super) oid: String,
    pub(super) cid: String,
    pub(super) sent_ns: u64,
    pub(super) ack_ns: u64,
}

impl Order<'_> {
    /// The round trip to the exchange, ms.
    pub(super) fn round_trip_ms(&self) -> f64 {
        self.ack_ns.saturating_sub(self.sent_ns) as f64 / 1e6
    }

    /// An API event of this order.
    pub(super) fn event<'e>(&'e self, code: &'e str, details: Object) -> Canonical<'e> {
        Canonical {
            code,
            symbol: Some(self.intent.quote.instrument.name),
            oid: Some(&self.oid),
            side: Some(self.intent.side(false)),
            price: Some(json::number(self.intent.price)),
            qty: Some(json::number(self.intent.qty)),
            details,
            src: Some("api"),
            ..Canonical::default()
        }
    }
}

impl Bot {
    /// Submits an order at `sent_ns` and plans the rest of its life.
    pub(super) fn order(&mut self, intent: &Intent, sent_ns: u64) {
        self.orders += 1;
        let trip_ms = self.random.lognormal(48.0, 0.3).clamp(22.0, 160.0) * self.now.latency_factor;
        let sent_ns = stamp::clock(sent_ns);
        let order = Order {
            intent,
            oid: (881_000_000 + self.orders).to_string(),
            cid: format!("aurora_{}_{}", stamp::whole_ms(sent_ns), self.orders),
            sent_ns,
            ack_ns: stamp::clock(sent_ns + stamp::ms(trip_ms)),
        };
        self.submit(&order);
        match Fate::draw(intent.maker, &self.now, &mut self.random) {
            Fate::Rejected(rejection) => self.reject(&order, rejection),
            Fate::Filled { immediate } => {
                self.acknowledge(&order, immediate);
                self.fill(&order, immediate);
            }
            Fate::Canceled => {
                self.acknowledge(&order, false);
                self.cancel(&order);
            }
            Fate::Expired => {
                self.acknowledge(&order, false);
                self.expire(&order);
            }
            Fate::Lost => {}
        }
    }

    /// The runner logs a submission without an id, the API process with both.
    fn submit(&mut self, order: &Order<'_>) {
        let runner_ns = stamp::clock(order.sent_ns.saturating_sub(400_000));
        let object = if order.intent.closes {
            let details = Object::new().flag("close", true).flag("tp", true).text("why_code", "OK_EX_PLACE");
            flat::event("ORDER.SUBMIT", runner_ns, details)
        } else {
            flat::head("ORDER.SUBMIT", runner_ns)
                .text("order_type", "open")
                .object("details", Object::new().flag("close", false))
        };
        self.line(SessionFile::Events, runner_ns, object, None);
        if self.random.chance(0.3) {
            let event = Canonical { code: "IDEM.STORE", cid: Some(&order.cid), ..Canonical::default() };
            self.api(order.sent_ns.saturating_sub(200_000), event, None);
        }
        let event = Canonical {
            cid: Some(&order.cid),
            order_type: Some(if order.intent.maker { "limit" } else { "market" }),
            ..order.event("ORDER.SUBMIT", Object::new().text("intent_id", &order.intent.id))
        };
        self.api(order.sent_ns, event, Some(Mark::Submitted));
    }

    fn acknowledge(&mut self, order: &Order<'_>, immediate: bool) {
        let details = Object::new()
            .text("order_id", &order.oid)
            .int("t_send", order.sent_ns)
            .int("t_ack", order.ack_ns)
            .float("latency_ms", json::round(order.round_trip_ms(), 2));
        let event = Canonical {
            symbol: Some(order.intent.quote.instrument.slashed),
            ..order.event("ORDER.ACK", details)
        };
        self.api(order.ack_ns, event, Some(Mark::Acked));
        let later = |us: u64| order.ack_ns + us * 1_000;
        let (details, row) = if order.intent.closes {
            let details = Object::new().flag("close", true).text("why_code", "OK_EX_PLACE");
            (details, flat::success_row(None, stamp::clock(later(900))))
        } else {
            let details = Object::new()
                .text("client_oid", &order.cid)
                .text("why_code", "OK_EX_PLACE")
                .text("fill_type", if immediate { "immediate" } else { "pending" });
            let state = if immediate { "ACK" } else { "PENDING" };
            (details, flat::success_row(Some((state, &order.oid)), stamp::clock(later(900))))
        };
        self.runner(later(700), "ORDER.ACK", details, None);
        self.line(SessionFile::Success, later(900), row, None);
    }

    fn reject(&mut self, order: &Order<'_>, rejection: Rejection) {
        let (message, at_ns) = (rejection.message, order.ack_ns);
        let details = Object::new().maybe("reason_code", rejection.number).text("reason_detail", message);
        self.api(at_ns, order.event("ORDER.REJECT", details), Some(Mark::Rejected));
        let row = LogRow {
            oid: Some(&order.oid),
            lifecycle_state: Some("REJECTED"),
            reason_code: Some(rejection.reason_code),
            reason_detail: Some(message),
            reason_class: Some("EXCHANGE"),
            severity: Some(rejection.severity),
            action: Some(rejection.action),
        };
        self.log_row(SessionFile::Failed, at_ns + 300_000, row, Some(Mark::Failed));
        let status =
            rejection.number.map_or(Object::new(), |number| Object::new().text("error_code", number));
        self.post_trade(order, at_ns + 500_000, "rejected", &status.text("error_msg", message));
        if self.random.chance(0.5) {
            let error = match rejection.number {
                Some(number) => format!("binanceusdm {{\"code\":{number},\"msg\":\"{message}\"}}"),
                None => message.to_owned(),
            };
            let details = Object::new()
                .flag("close", order.intent.closes)
                .text("why_code", "WHY_EX_REJECT")
                .text("error", &error);
            self.runner(at_ns + 800_000, "ORDER.REJECT", details, None);
            let row = flat::failed_row("WHY_EX_REJECT", &error, "REJECTED", stamp::clock(at_ns + 900_000));
            self.line(SessionFile::Failed, at_ns + 900_000, row, None);
        }
    }

    fn cancel(&mut self, order: &Order<'_>) {
        let rest_ms = self.random.range(3_000.0, 18_000.0);
        let asked_ns = order.ack_ns + stamp::ms(rest_ms);
        if self.random.chance(0.3) {
            let filled_ns = order.ack_ns + stamp::ms(rest_ms * 0.5);
            let part = order.intent.quote.instrument.qty(order.intent.qty * 0.3);
            self.partial(order, filled_ns, part, part, true);
        }
        let details = Object::new().text("reason", "ttl").float("age_ms", json::round(rest_ms, 1));
        self.api(asked_ns, order.event("ORDER.CANCEL", details), Some(Mark::Canceled));
        let trip_ms = self.random.lognormal(48.0, 0.3) * self.now.latency_factor;
        let done_ns = asked_ns + stamp::ms(trip_ms);
        let details = Object::new().text("order_id", &order.oid).text("status", "CANCELED");
        self.api(done_ns, order.event("ORDER.CANCEL.ACK", details), None);
        let row = LogRow { oid: Some(&order.oid), lifecycle_state: Some("CANCELLED"), ..LogRow::default() };
        self.log_row(SessionFile::Success, done_ns + 300_000, row, None);
        self.post_trade(order, done_ns + 500_000, "canceled", &Object::new());
    }

    fn expire(&mut self, order: &Order<'_>) {
        let rest_ms = self.random.range(8_000.0, 30_000.0);
        let at_ns = order.ack_ns + stamp::ms(rest_ms);
        let details = Object::new().text("time_in_force", "GTX").text("reason", "expired_in_match");
        self.api(at_ns, order.event("ORDER.EXPIRE", details), Some(Mark::Expired));
        let row = LogRow {
            oid: Some(&order.oid),
            lifecycle_state: Some("EXPIRED"),
            reason_code: Some("EXCHANGE_EXPIRED"),
            reason_detail: Some("Order expired in match"),
            reason_class: Some("EXCHANGE"),
            severity: Some("WARN"),
            action: Some("ABORT"),
        };
        self.log_row(SessionFile::Failed, at_ns + 300_000, row, Some(Mark::Failed));
        self.post_trade(order, at_ns + 500_000, "expired", &Object::new());
    }
}
