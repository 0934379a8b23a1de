//! An intent's way: received, decided, and for approved ones planned, routed, submitted, acknowledged, filled or not.
//!
//! Invariant: the lines of one order are planned at increasing times, and at most one terminal outcome is planned.

mod order;
mod settle;

use super::bot::Bot;
use super::canonical::Canonical;
use super::denial::Denial;
use super::json::{self, Object};
use super::market::Quote;
use super::stamp;
use super::totals::Mark;

/// Above this the service-level gate denies, ms.
const SLA_LIMIT_MS: f64 = 150.0;

/// What the strategy wants.
#[derive(Debug)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) at_ns: u64,
    pub(super) quote: Quote,
    pub(super) buys: bool,
    /// Whether it closes a position.
    pub(super) closes: bool,
    /// Whether it rests in the book rather than crossing the spread.
    pub(super) maker: bool,
    pub(super) qty: f64,
    pub(super) price: f64,
    pub(super) expected_bps: f64,
    /// How long deciding takes.
    pub(super) decision_ms: f64,
}

impl Intent {
    /// The moment at which `part` (0 to 1) of the decision is done.
    pub(super) fn at(&self, part: f64) -> u64 {
        self.at_ns + stamp::ms(self.decision_ms * part)
    }

    pub(super) fn side(&self, upper: bool) -> &'static str {
        match (self.buys, upper) {
            (true, true) => "BUY",
            (true, false) => "buy",
            (false, true) => "SELL",
            (false, false) => "sell",
        }
    }

    pub(super) fn route(&self) -> &'static str {
        if self.maker { "maker" } else { "taker" }
    }
}

impl Bot {
    /// The strategy has an intent at `at_ns`: plans everything that follows from it.
    pub(super) fn intent(&mut self, at_ns: u64) {
        let Some(quote) = self.market.quote(at_ns, &mut self.random) else { return };
        let intent = self.conceive(at_ns, quote);
        self.api(
            at_ns,
            Canonical {
                code: "ORDER.INTENT.RECEIVED",
                symbol: Some(quote.instrument.name),
                side: Some(intent.side(true)),
                details: Object::new()
                    .text("intent_id", &intent.id)
                    .float("expected_return_bps", intent.expected_bps),
                ..Canonical::default()
            },
            Some(Mark::Intent),
        );
        if self.random.chance(self.now.deny_share) {
            let denial = Denial::draw(&self.now, &mut self.random);
            self.deny(&intent, &denial);
        } else {
            self.decide(&intent);
        }
    }

    fn conceive(&mut self, at_ns: u64, quote: Quote) -> Intent {
        self.intents += 1;
        let held = self.market.held(quote.instrument);
        let random = &mut self.random;
        let closes = random.chance(0.35) && held.abs() > quote.instrument.lot();
        let (buys, maker) = (if closes { held < 0.0 } else { random.chance(0.5) }, random.chance(0.6));
        let price = if buys == maker { quote.bid } else { quote.ask };
        let notional = random.lognormal(600.0, 0.6).clamp(20.0, 5_000.0);
        Intent {
            id: format!("int-{}-{}", stamp::whole_ms(at_ns), self.intents),
            at_ns,
            quote,
            buys,
            closes,
            maker,
            qty: quote.instrument.qty(notional / price),
            price: quote.instrument.price(price),
            expected_bps: json::round(random.range(2.0, 22.0), 2),
            decision_ms: random.lognormal(12.0, 0.33).clamp(4.0, 60.0) * self.now.latency_factor,
        }
    }

    /// Sizing, routing and the last gate; then the order.
    fn decide(&mut self, intent: &Intent) {
        self.size(intent);
        self.allocate(intent);
        let sla_ms = intent.decision_ms * self.random.range(0.5, 0.95);
        if sla_ms > SLA_LIMIT_MS && self.random.chance(0.6) {
            self.deny_late(intent, sla_ms);
            return;
        }
        self.route(intent);
        let sla = sla_details(intent, sla_ms);
        self.api_details(intent.at(0.86), "SLA.CHECK", sla);
        self.plan_build(intent);
        self.execute(intent);
        self.order(intent, intent.at(1.02));
    }

    /// The runner's sizing.
    pub(super) fn size(&mut self, intent: &Intent) {
        let p_cal = self.random.range(0.52, 0.9);
        let fraction = (0.4 * (2.0 * p_cal - 1.0)).min(0.2);
        let details = Object::new()
            .text("why_code", "OK_SIZING")
            .float("p_cal", p_cal)
            .float("rr", 1.0)
            .float("f_raw", fraction)
            .float("f_clipped", fraction)
            .float("notional_target", fraction * 10_000.0)
            .float("qty", intent.qty)
            .float("px", intent.price)
            .float("lot_step", 1e-5)
            .float("min_notional", 10.0)
            .float("max_notional", 5_000.0);
        self.runner(intent.at(0.05), "SIZING.DECISION", details, None);
    }

    /// The API's risk sizing: lambda, expected shortfall and Kelly.
    pub(super) fn allocate(&mut self, intent: &Intent) {
        let regime = if self.random.chance(0.7) { 1.0 } else { 0.8 };
        let lambda = ["liq", "dd", "lat"]
            .into_iter()
            .fold(Object::new().float("cal", 1.0).float("reg", regime), |all, factor| all.float(factor, 1.0));
        self.api_details(intent.at(0.15), "LAMBDA.UPDATE", lambda.float("M", regime));
        let gate = Object::new()
            .float("cvar_curr", json::round(self.random.lognormal(160.0, 0.5), 2))
            .float("delta", self.random.range(4.0, 24.0))
            .float("limit", 500.0)
            .flag("allow", true);
        self.api_details(intent.at(0.3), "CVAR.GATE", gate);
        let kelly = Object::new()
            .float("f_raw", 0.0025)
            .float("f_port", 0.0025)
            .float("M", regime)
            .float("f_final", json::round(0.0025 * regime, 6))
            .raw("qty_final", &json::quoted(intent.qty, intent.quote.instrument.qty_decimals));
        self.api_details(intent.at(0.45), "KELLY.APPLIED", kelly);
    }

    fn route(&mut self, intent: &Intent) {
        let (code, mark, api_why, runner_why) = if intent.maker {
            ("maker", Mark::RoutedMaker, "MAKER_SELECTED", "OK_ROUTE_MAKER")
        } else {
            ("taker", Mark::RoutedTaker, "TAKER_SELECTED", "OK_ROUTE_TAKER")
        };
        let p_fill = self.random.range(0.56, 0.97);
        let details = Object::new()
            .text("why_code", api_why)
            .float("p_fill", p_fill)
            .float("spread_bps", json::round(intent.quote.spread_bps, 3))
            .float("latency_ms", intent.decision_ms)
            .float("e_maker_expected", json::round(intent.expected_bps * p_fill, 2))
            .float("e_taker_expected", json::round(intent.expected_bps - 6.0, 2))
            .text("route", code)
            .float("capture_eta", 0.35)
            .flag("rebate_mode", true)
            .float("p_fill_min", 0.55);
        let event = Canonical {
            code: "ROUTER.DECISION",
            symbol: Some(intent.quote.instrument.name),
            side: Some(intent.side(true)),
            details,
            ..Canonical::default()
        };
        self.api(intent.at(0.75), event, Some(mark));
        let scores = Object::new()
            .float("p_fill", p_fill)
            .float("p_min_fill", 0.25)
            .float("spread_bps", intent.quote.spread_bps)
            .float("edge_after_latency_bps", intent.expected_bps - 0.01 * intent.decision_ms);
        let policy = Object::new().text("route", code).text("why_code", runner_why).object("scores", scores);
        self.runner(intent.at(0.78), "POLICY.DECISION", policy, None);
    }

    fn plan_build(&mut self, intent: &Intent) {
        let instrument = intent.quote.instrument;
        let event = Canonical {
            code: "ORDER.PLAN.BUILD",
            price: intent.maker.then(|| json::quoted(intent.price, instrument.price_decimals)),
            qty: Some(json::quoted(intent.qty, instrument.qty_decimals)),
            details: Object::new().text("intent_id", &intent.id).text("mode", intent.route()),
            ..Canonical::default()
        };
        self.api(intent.at(0.94), event, None);
    }

    fn execute(&mut self, intent: &Intent) {
        let observability = self.observability(intent, "PASS", &[]);
        let details = Object::new()
            .text("decision", "EXECUTE")
            .list("reasons", &[])
            .text("mode", "testnet")
            .object("observability", observability);
        self.api_details(intent.at(1.0), "POLICY.DECISION", details);
    }

    /// What the API's policy saw when it decided.
    pub(super) fn observability(&mut self, intent: &Intent, gate: &str, reasons: &[&str]) -> Object {
        let random = &mut self.random;
        let scale = json::round(random.range(0.1, 0.4), 2);
        let limits =
            Object::new().float("dd_day_pct", 10.0).int("max_concurrent", 5).float("size_scale", scale);
        let size = Object::new()
            .float("size_scale", scale)
            .float("base_notional", 100.0)
            .float("scaled_notional", json::round(100.0 * scale, 2));
        let trap = Object::new()
            .float("trap_z", 0.8 * random.normal())
            .float("cancel_rate", random.lognormal(1.1, 0.4))
            .float("repl_rate", random.lognormal(1.2, 0.4))
            .int("n_trades", random.below(9))
            .float("trap_score", random.range(0.2, 0.7));
        Object::new()
            .text("gate_state", gate)
            .float("spread_bps", intent.quote.spread_bps)
            .text("mode", "testnet")
            .float("latency_ms", intent.decision_ms * random.range(0.55, 0.9))
            .float("slip_bps_est", random.range(0.2, 2.4))
            .float("a_bps", random.range(3.0, 7.0))
            .float("b_bps", random.range(8.0, 16.0))
            .float("score", random.range(0.35, 0.9))
            .object("risk", Object::new().object("cfg", limits).object("ctx", size))
            .object("trap", trap)
            .object("sprt", Object::new().null("decision").null("llr").null("n_obs"))
            .list("reasons", reasons)
    }
}

/// Details of `SLA.CHECK` and `SLA.DENY`.
pub(super) fn sla_details(intent: &Intent, latency_ms: f64) -> Object {
    Object::new()
        .text("phase", "actual")
        .float("latency_ms", latency_ms)
        .float("edge_after_bps", intent.expected_bps - 0.01 * latency_ms)
        .text("intent_id", &intent.id)
}
