//! What the bot reports without an order: the book, governance, sequential tests, risk, queries, diagnostics.

use super::bot::Bot;
use super::canonical::Canonical;
use super::files::SessionFile;
use super::json::{self, Object};
use super::stamp;

#[derive(Debug, Clone, Copy)]
enum Pulse {
    Book,
    Ticker,
    Governance,
    Ledger,
    SequentialTest,
    Query,
    Risk,
    Idempotency,
    Diagnosis,
}

const PULSES: [(Pulse, f64); 9] = [
    (Pulse::Book, 40.0),
    (Pulse::Ticker, 5.0),
    (Pulse::Governance, 12.0),
    (Pulse::Ledger, 1.0),
    (Pulse::SequentialTest, 9.0),
    (Pulse::Query, 18.0),
    (Pulse::Risk, 2.0),
    (Pulse::Idempotency, 3.0),
    (Pulse::Diagnosis, 3.0),
];

/// Bounds of the sequential test: log((1 − β) / α) and log(β / (1 − α)) for α = 0.05, β = 0.2.
const LOG_A: f64 = 2.772_588_722_239_781;
const LOG_B: f64 = -1.558_144_618_046_549_7;

/// What there is to spend on sequential tests.
const ALPHA_BUDGET: f64 = 0.4;

impl Bot {
    /// One report of a random kind.
    pub(super) fn pulse(&mut self, at_ns: u64) {
        match self.random.weighted(&PULSES) {
            Some(Pulse::Book) => self.book(at_ns),
            Some(Pulse::Ticker) => self.ticker(at_ns),
            Some(Pulse::Governance) => self.govern(at_ns),
            Some(Pulse::Ledger) => self.spend(at_ns),
            Some(Pulse::SequentialTest) => self.test_sequentially(at_ns),
            Some(Pulse::Query) => self.query(at_ns),
            Some(Pulse::Risk) => self.risk(at_ns),
            Some(Pulse::Idempotency) => self.idempotency(at_ns),
            Some(Pulse::Diagnosis) => {
                let details = Object::new().int("queue_depth", self.random.below(12)).flag("gc", false);
                self.runner(at_ns, "DIAG.LOOP.STATS", details, None);
            }
            None => {}
        }
    }

    fn wrapped(&mut self, at_ns: u64, event: Canonical<'_>) {
        let object = event.wrapped(stamp::clock(at_ns));
        self.line(SessionFile::Events, at_ns, object, None);
    }

    /// The best prices, as texts.
    fn book(&mut self, at_ns: u64) {
        let Some(quote) = self.market.quote(at_ns, &mut self.random) else { return };
        let decimals = quote.instrument.price_decimals.max(5);
        let details = Object::new()
            .raw("bid", &json::quoted(quote.bid, decimals))
            .raw("ask", &json::quoted(quote.ask, decimals))
            .text("spread", &json::number(quote.ask - quote.bid))
            .raw("bid_qty", &json::quoted(self.random.lognormal(640.0, 0.5), 2))
            .raw("ask_qty", &json::quoted(self.random.lognormal(640.0, 0.5), 2));
        let symbol = Some(quote.instrument.name);
        self.wrapped(at_ns, Canonical { code: "MARKET.BOOK", symbol, details, ..Canonical::default() });
    }

    fn ticker(&mut self, at_ns: u64) {
        let Some(quote) = self.market.quote(at_ns, &mut self.random) else { return };
        let (price, decimals) = (quote.mid(), quote.instrument.price_decimals);
        let details = Object::new()
            .raw("price", &json::quoted(price, decimals))
            .raw("change_24h", &json::quoted(quote.change_percent, 3))
            .raw("volume", &json::quoted(self.random.lognormal(3.5e6, 0.05), 1))
            .raw("high_24h", &json::quoted(price * 1.031, decimals))
            .raw("low_24h", &json::quoted(price * 0.968, decimals));
        let symbol = Some(quote.instrument.name);
        self.wrapped(at_ns, Canonical { code: "MARKET.TICKER", symbol, details, ..Canonical::default() });
    }

    fn govern(&mut self, at_ns: u64) {
        let state = if self.governance_live { "live" } else { "shadow" };
        let performance = Object::new()
            .int("trades", self.orders)
            .int("window_ms", at_ns.saturating_sub(self.start_ns) / 1_000_000)
            .float("sr", 1.4 + 0.4 * self.random.normal())
            .float("pvalue_glr", self.random.range(0.01, 0.2))
            .flag("sprt_pass", self.log_likelihood > 0.0)
            .float("edge_mean_bps", 1.3 + 0.5 * self.random.normal())
            .float("latency_p95_ms", json::round(21.0 * self.now.latency_factor, 1))
            .float("xai_missing_rate", 0.0)
            .flag("cvar_breach", false)
            .float("sla_breach_rate", self.random.range(0.0, 0.002));
        let details = Object::new().text("state", state).object("perf", performance);
        let red_flag = self.random.chance(0.04);
        let reason = if red_flag { "red_flag" } else { "no_transition" };
        self.api_details(at_ns, "GOVERNANCE.EVAL", details.text("proposal", state).text("reason", reason));
        if red_flag || (!self.governance_live && self.random.chance(0.3)) {
            self.governance_live = !self.governance_live;
            let to = if self.governance_live { "live" } else { "shadow" };
            let details = Object::new()
                .text("from", state)
                .text("to", to)
                .text("reason", if self.governance_live { "recovered" } else { "red_flag" })
                .float("alpha", json::round(self.alpha_spent, 4));
            self.api_details(at_ns + 1_000_000, "GOVERNANCE.TRANSITION", details);
        }
    }

    /// Spending of the test budget; a new period begins when it is used up.
    fn spend(&mut self, at_ns: u64) {
        let delta = if self.random.chance(0.5) { 0.01 } else { 0.02 };
        let exhausted = self.alpha_spent + delta > ALPHA_BUDGET;
        self.alpha_spent = if exhausted { delta } else { self.alpha_spent + delta };
        let details = Object::new()
            .float("delta", delta)
            .float("spent_total", json::round(self.alpha_spent, 4))
            .float("budget_total", ALPHA_BUDGET)
            .text("reason", if delta < 0.015 { "shadow_to_canary" } else { "canary_to_live" })
            .int("ts_ms", stamp::whole_ms(at_ns));
        self.api_details(at_ns, "ALPHA.LEDGER.UPDATE", details);
    }

    fn test_sequentially(&mut self, at_ns: u64) {
        self.samples += 1;
        self.log_likelihood += 0.12 + 0.7 * self.random.normal();
        let llr = self.log_likelihood;
        let (code, decision) = if llr > LOG_A {
            ("SPRT.DECISION_H1", "accept_h1")
        } else if llr < LOG_B {
            ("SPRT.DECISION_H0", "accept_h0")
        } else {
            ("SPRT.CONTINUE", "continue")
        };
        let details = Object::new()
            .text("test_id", "default")
            .text("policy_id", "default")
            .float("llr", llr)
            .int("n_samples", self.samples)
            .float("p_value", libm::exp(-llr.abs()).min(1.0))
            .float("confidence", 1.0 - libm::exp(-llr.abs() / 2.0))
            .object("boundaries", Object::new().float("log_A", LOG_A).float("log_B", LOG_B))
            .float("alpha_spent", json::round(self.alpha_spent, 4))
            .float("test_statistic", llr)
            .text("decision", decision)
            .text("alpha_policy", "pocock");
        let src = Some("composite_sprt");
        self.api(at_ns, Canonical { code, details, src, ..Canonical::default() }, None);
        if decision != "continue" {
            (self.log_likelihood, self.samples) = (0.0, 0);
        }
    }

    fn query(&mut self, at_ns: u64) {
        let failed = self.random.chance(self.now.error_share);
        let cached = !failed && self.random.chance(0.42);
        let median = if cached { 3.0 } else { 85.0 };
        let latency_ms =
            self.random.lognormal(median, 0.5) * if failed { 6.0 } else { self.now.latency_factor };
        let details = Object::new()
            .text("query_id", &format!("q-{:08x}", self.random.below(1 << 32)))
            .float("latency_ms", json::round(latency_ms, 3))
            .flag("success", !failed)
            .flag("cache_hit", cached)
            .maybe("error_type", failed.then_some("timeout"));
        let code = if failed { "QUERY.FAILED" } else { "QUERY.COMPLETED" };
        self.api_details(at_ns, code, details);
    }

    fn risk(&mut self, at_ns: u64) {
        let scale = json::round(self.random.range(0.1, 0.4), 2);
        let risk =
            Object::new().float("dd_day_pct", 10.0).int("max_concurrent", 5).float("size_scale", scale);
        self.api_details(at_ns, "RISK.UPDATE", Object::new().object("risk", risk));
    }

    /// A repeated request that was recognised.
    fn idempotency(&mut self, at_ns: u64) {
        let cid = format!("aurora_{}_{}", stamp::whole_ms(at_ns), self.orders);
        for (code, later_ns) in [("IDEM.HIT", 0), ("IDEM.DUP", 480_000)] {
            let event = Canonical { code, cid: Some(&cid), ..Canonical::default() };
            self.api(at_ns + later_ns, event, None);
        }
    }
}
