//! Fills: partial and final ones, what they cost, the post-trade log, and the position they lead to.

use super::super::bot::Bot;
use super::super::canonical::{Canonical, LogRow};
use super::super::files::SessionFile;
use super::super::json::{self, Object};
use super::super::market::Fill;
use super::super::queue::Task;
use super::super::stamp;
use super::super::totals::Mark;
use super::order::Order;

impl Bot {
    /// Plans the fills of an order that fills completely.
    pub(super) fn fill(&mut self, order: &Order<'_>, immediate: bool) {
        let first_ms = match (immediate, order.intent.maker) {
            (true, _) => self.random.range(1.5, 6.0),
            (false, true) => self.random.lognormal(360.0, 0.45).clamp(100.0, 900.0),
            (false, false) => self.random.lognormal(150.0, 0.35).clamp(100.0, 900.0),
        };
        let mut at_ns = order.ack_ns + stamp::ms(first_ms);
        let began_ns = at_ns;
        let parts = if immediate || order.intent.qty < 10.0 * order.intent.quote.instrument.lot() {
            0
        } else {
            self.random.weighted(&[(0_u8, 6.0), (1, 2.5), (2, 1.0), (3, 0.5)]).unwrap_or(0)
        };
        let mut filled = 0.0;
        for part in 0..parts {
            let share = self.random.range(0.1, 0.24);
            let qty = json::round(order.intent.qty * share, order.intent.quote.instrument.qty_decimals);
            filled += qty;
            self.partial(order, at_ns, qty, filled, part == 0);
            at_ns += stamp::ms(self.random.range(40.0, 600.0));
        }
        self.complete(order, at_ns, order.intent.qty - filled);
        if !order.intent.maker || self.random.chance(0.6) {
            self.simulated_status(order, began_ns, at_ns);
        }
    }

    /// A partial fill of `qty`; `filled` is the sum so far.
    pub(super) fn partial(&mut self, order: &Order<'_>, at_ns: u64, qty: f64, filled: f64, first: bool) {
        let details = Object::new().float("fill_qty", qty);
        self.api(at_ns, order.event("ORDER.PARTIAL", details), first.then_some(Mark::PartiallyFilled));
        let row =
            LogRow { oid: Some(&order.oid), lifecycle_state: Some("PARTIALLY_FILLED"), ..LogRow::default() };
        self.log_row(SessionFile::Success, at_ns + 300_000, row, None);
        let status =
            Object::new().float("filled", json::round(filled, 4)).float("average", order.intent.price);
        self.post_trade(order, at_ns + 500_000, "partially_filled", &status);
        self.plan_settlement(order, at_ns, qty);
    }

    fn complete(&mut self, order: &Order<'_>, at_ns: u64, last_qty: f64) {
        let intent = order.intent;
        let details = Object::new().float("fill_qty", intent.qty);
        self.api(at_ns, order.event("ORDER.FILL", details), Some(Mark::Filled));
        let state = if intent.closes { "CLOSED" } else { "FILLED" };
        let row = LogRow { oid: Some(&order.oid), lifecycle_state: Some(state), ..LogRow::default() };
        self.log_row(SessionFile::Success, at_ns + 300_000, row, None);
        if intent.closes {
            let info = Object::new()
                .raw("executedQty", &json::quoted(intent.qty, intent.quote.instrument.qty_decimals))
                .text("status", "FILLED");
            let response = Object::new()
                .text("id", &order.oid)
                .text("status", "closed")
                .float("filled", intent.qty)
                .float("average", intent.price)
                .object("info", info);
            let status = Object::new()
                .flag("reduceOnly", true)
                .float("filled", intent.qty)
                .object("response", response);
            self.post_trade(order, at_ns + 500_000, "closed", &status);
        } else {
            let status = Object::new()
                .float("filled", intent.qty)
                .float("average", intent.price)
                .float("fee", fee(order, intent.qty));
            self.post_trade(order, at_ns + 500_000, "filled", &status);
        }
        self.plan_settlement(order, at_ns, last_qty);
    }

    /// The runner's own view of a fill, with what it cost in basis points.
    fn simulated_status(&mut self, order: &Order<'_>, began_ns: u64, at_ns: u64) {
        let fees = if order.intent.maker { 2.0 } else { 4.0 };
        let slip =
            if order.intent.maker { self.random.range(-0.4, 0.6) } else { self.random.range(0.1, 2.6) };
        let latency_bps = 0.01 * order.round_trip_ms();
        let breakdown = Object::new()
            .float("raw_edge_bps", order.intent.expected_bps)
            .float("fees_bps", -fees)
            .float("slippage_bps", -slip)
            .float("adverse_bps", -self.random.range(0.0, 0.9))
            .float("latency_bps", -latency_bps);
        let first_ms = began_ns.saturating_sub(order.sent_ns) as f64 / 1e6;
        let details = Object::new()
            .text("client_oid", &order.cid)
            .text("status", "filled")
            .float("latency_ms_fill", json::round(first_ms, 3))
            .float("slip_bps", slip)
            .object("tca_breakdown", breakdown);
        self.runner(at_ns + 1_200_000, "ORDER.STATUS(SIM)", details, None);
    }

    /// The post-trade event and, with the same figures, the row of `orders.jsonl`.
    pub(super) fn post_trade(&mut self, order: &Order<'_>, at_ns: u64, status: &str, rest: &Object) {
        let intent = order.intent;
        let name = intent.quote.instrument.name;
        let action = if intent.closes { "close" } else { "open" };
        let logged_ms = stamp::whole_ms(at_ns);
        let latency_ms = json::round(order.round_trip_ms(), 2);
        let tail = |object: Object| {
            object.text("action", action).float("latency_ms", latency_ms).text("status", status).splice(rest)
        };
        let details = tail(Object::new().int("ts", logged_ms).text("order_id", &order.oid));
        let event = Canonical {
            oid: None,
            cid: Some(&order.cid),
            src: None,
            ..order.event("POSTTRADE.LOG", details)
        };
        self.api(at_ns, event, None);
        let row = Object::new()
            .int("ts", logged_ms)
            .text("symbol", name)
            .text("side", intent.side(false))
            .float("qty", intent.qty)
            .float("price", intent.price)
            .text("order_id", &order.oid)
            .text("cid", &order.cid);
        let row = tail(row).int("ts_server", logged_ms + 1 + self.random.below(12));
        self.line(SessionFile::Orders, at_ns + 100_000, row, None);
    }

    fn plan_settlement(&mut self, order: &Order<'_>, at_ns: u64, qty: f64) {
        let fill = Fill {
            instrument: order.intent.quote.instrument,
            oid: order.oid.clone(),
            buys: order.intent.buys,
            qty,
            price: order.intent.price,
            fee: fee(order, qty),
        };
        self.queue.push(at_ns + 2_000_000, Task::Settle(Box::new(fill)));
    }

    /// Books a fill that is due and reports the position after it.
    pub(crate) fn settle(&mut self, at_ns: u64, fill: &Fill) {
        let Some((position, gained, unrealized)) = self.market.settle(fill) else { return };
        let name = fill.instrument.name;
        let position_id = format!("pos-{name}");
        let details = Object::new()
            .text("order_id", &fill.oid)
            .float("position_qty", json::round(position.qty, 6))
            .float("avg_price", json::round(position.average, 6))
            .float("realized_pnl", json::round(position.realized, 6))
            .float("unrealized_pnl", json::round(unrealized, 6))
            .float("fees", json::round(position.fees, 6));
        let event = Canonical {
            code: "POSITION.UPDATE",
            symbol: Some(name),
            position_id: Some(&position_id),
            details,
            ..Canonical::default()
        };
        self.api(at_ns, event, None);
        if gained.abs() > fill.fee * 1.5 {
            let code = if gained > 0.0 { "REWARD.TP" } else { "REWARD.SL" };
            let details = Object::new().text("symbol", name).float("pnl", json::round(gained, 6));
            self.runner(at_ns + 400_000, code, details, None);
        }
    }
}

/// The fee of filling `qty`, in quote currency.
fn fee(order: &Order<'_>, qty: f64) -> f64 {
    let share = if order.intent.maker { 2e-4 } else { 4e-4 };
    json::round(qty * order.intent.price * share, 6)
}
