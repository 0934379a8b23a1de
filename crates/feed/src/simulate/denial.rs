//! Denials: which gate says no, and the places and spellings in which the bot's processes tell of one denial.

use super::bot::Bot;
use super::canonical::{Canonical, LogRow};
use super::conditions::{Breaker, Conditions};
use super::files::SessionFile;
use super::flat;
use super::json::Object;
use super::lifecycle::{Intent, sla_details};
use super::random::Random;
use super::stamp;
use super::totals::Mark;

/// Where in the bot the gate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The strategy sees no edge and skips.
    Strategy,
    /// The runner's router finds no route worth taking.
    Router,
    /// The API's policy refuses.
    Policy,
}

/// A denial in the spellings of those who report it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Denial {
    place: Place,
    /// The runner's reason; a number may be appended.
    reason: &'static str,
    /// Code and stage of the API's `ORDER.DENY`.
    code: &'static str,
    stage: &'static str,
    /// The reason in `orders_denied.jsonl` as the API process spells it.
    logged: &'static str,
}

const fn denial(
    place: Place,
    reason: &'static str,
    code: &'static str,
    stage: &'static str,
    logged: &'static str,
) -> Denial {
    Denial { place, reason, code, stage, logged }
}

const NEGATIVE_EDGE: Denial =
    denial(Place::Strategy, "WHY_NEGATIVE_EDGE", "EDGE_FLOOR", "sla_edge", "negative_edge");
const UNATTRACTIVE: Denial =
    denial(Place::Router, "WHY_UNATTRACTIVE", "LOW_PFILL.DENY", "decide", "unattractive");
const TOO_SMALL: Denial =
    denial(Place::Router, "WHY_SIZING_TOO_SMALL", "SIZING_TOO_SMALL", "size", "sizing_too_small");
const EXPECTED_RETURN: Denial =
    denial(Place::Policy, "expected_return_gate", "EXPECTED_RETURN", "policy", "expected_return_gate");
const RATE_LIMIT: Denial =
    denial(Place::Policy, "open_rate_limit", "RATE_LIMIT", "policy", "open_rate_limit");
const SPREAD: Denial = denial(Place::Policy, "spread_bps_too_wide", "SPREAD_GUARD", "policy", "spread_guard");
const TRAP: Denial = denial(Place::Policy, "trap_guard", "TRAP_GUARD", "policy", "trap_guard");
const SPRT: Denial = denial(Place::Policy, "SPRT", "SPRT_REJECT", "policy", "sprt_reject");
const SLIPPAGE: Denial =
    denial(Place::Policy, "slippage_guard", "SLIPPAGE_GUARD", "policy", "slippage_guard");
const COOL_OFF: Denial =
    denial(Place::Policy, "latency_cooloff", "LATENCY_COOLOFF", "policy", "latency_cooloff");
const BREAKER: Denial =
    denial(Place::Policy, "circuit_breaker_open", "CB_OPEN", "protect", "circuit_breaker_open");
const HALTED: Denial = denial(Place::Policy, "trading_halted", "HALTED", "protect", "latency_disarmed");

impl Denial {
    /// A reason that fits the conditions; a missing edge is by far the most common one in calm markets.
    pub(super) fn draw(conditions: &Conditions, random: &mut Random) -> Self {
        if conditions.breaker == Breaker::Open {
            return if conditions.halted && random.chance(0.4) { HALTED } else { BREAKER };
        }
        let guard = if conditions.storm { 6.0 } else { 1.0 };
        let late = if conditions.latency_factor > 4.0 { 8.0 } else { 0.2 };
        let choices = [
            (NEGATIVE_EDGE, 52.0),
            (UNATTRACTIVE, 16.0),
            (TOO_SMALL, 3.0),
            (EXPECTED_RETURN, 8.0),
            (RATE_LIMIT, 5.0 * guard),
            (SPREAD, 4.0 * guard),
            (TRAP, 3.0 * guard),
            (SPRT, 2.5 * guard),
            (SLIPPAGE, 2.0 * guard),
            (COOL_OFF, late),
        ];
        random.weighted(&choices).unwrap_or(NEGATIVE_EDGE)
    }
}

impl Bot {
    /// Plans the denial of `intent` and every place that tells of it.
    pub(super) fn deny(&mut self, intent: &Intent, denial: &Denial) {
        let told = match denial.reason {
            "spread_bps_too_wide" => format!("{}:{:.1}", denial.reason, self.random.lognormal(90.0, 0.3)),
            reason => reason.to_owned(),
        };
        match denial.place {
            Place::Strategy => self.skip(intent, denial),
            Place::Router => self.no_route(intent, denial),
            Place::Policy => self.refuse(intent, denial, &told),
        }
        if !self.random.chance(0.004) {
            let details = Object::new()
                .text("intent_id", &intent.id)
                .text("code", denial.code)
                .text("stage", denial.stage);
            self.api_details(intent.at(0.95), "ORDER.DENY", details);
        }
        self.tell(intent, denial.reason, &told);
    }

    /// The service-level gate: the decision came too late.
    pub(super) fn deny_late(&mut self, intent: &Intent, latency_ms: f64) {
        self.api_details(intent.at(0.9), "SLA.DENY", sla_details(intent, latency_ms));
        self.tell(intent, "sla_latency", "sla_latency");
    }

    /// The runner tells of every denial twice: as an event and in the order log.
    fn tell(&mut self, intent: &Intent, counted_as: &'static str, told: &str) {
        let event_ns = intent.at(1.0);
        let details = Object::new().text("reason", told);
        self.runner(event_ns, "RISK.DENY", details, Some(Mark::Denied(counted_as)));
        let row_ns = event_ns + 90_000;
        self.line(SessionFile::Denied, row_ns, flat::denied_row(told, stamp::clock(row_ns)), None);
    }

    fn skip(&mut self, intent: &Intent, denial: &Denial) {
        self.diagnose(intent, 0.3);
        let p_cal = self.random.range(0.28, 0.5);
        let details = Object::new()
            .text("decision", "skip_open")
            .text("why_code", denial.reason)
            .float("p_cal", p_cal)
            .float("edge_before_bps", (p_cal - 0.5) * 333.0);
        self.runner(intent.at(0.9), "POLICY.DECISION", details, None);
    }

    fn no_route(&mut self, intent: &Intent, denial: &Denial) {
        self.size(intent);
        let edge_bps = self.random.range(-0.4, 0.99);
        let scores = Object::new().float("edge_after_latency_bps", edge_bps).float("edge_floor_bps", 1.0);
        let details =
            Object::new().text("route", "deny").text("why_code", denial.reason).object("scores", scores);
        self.runner(intent.at(0.9), "POLICY.DECISION", details, None);
    }

    fn refuse(&mut self, intent: &Intent, denial: &Denial, told: &str) {
        self.size(intent);
        if self.random.chance(0.5) {
            self.allocate(intent);
        }
        self.guard_event(intent, denial);
        let reasons = [told];
        let observability = if denial.reason == RATE_LIMIT.reason {
            Object::new().list("reasons", &reasons).int("rate_limit_ms_left", self.random.below(1_000))
        } else {
            self.observability(intent, "BLOCK", &reasons)
        };
        let details = Object::new()
            .text("decision", "NO_OP")
            .list("reasons", &reasons)
            .text("mode", "testnet")
            .object("observability", observability);
        self.api_details(intent.at(0.85), "POLICY.DECISION", details);
        let row = LogRow {
            reason_code: Some(denial.logged),
            reason_class: Some("AURORA"),
            severity: Some("WARN"),
            action: Some("ABORT"),
            ..LogRow::default()
        };
        self.log_row(SessionFile::Denied, intent.at(0.88), row, None);
    }

    /// Guards that report themselves beside the denial.
    fn guard_event(&mut self, intent: &Intent, denial: &Denial) {
        let (code, details) = if denial.reason == TRAP.reason {
            let details = Object::new()
                .float("trap_z", self.random.range(2.1, 4.0))
                .float("cancel_rate", self.random.lognormal(14.0, 0.4))
                .float("repl_rate", self.random.lognormal(2.0, 0.6))
                .int("n_trades", self.random.below(4));
            ("POLICY.TRAP_BLOCK", details)
        } else if denial.reason == SPREAD.reason {
            let details =
                Object::new().float("spread_bps", self.random.lognormal(90.0, 0.3)).float("limit_bps", 80.0);
            ("SPREAD_GUARD_TRIP", details)
        } else {
            return;
        };
        let symbol = Some(intent.quote.instrument.name);
        self.api(intent.at(0.8), Canonical { code, symbol, details, ..Canonical::default() }, None);
    }

    /// The runner's debug lines about a possible cancel, with details or with loose keys.
    fn diagnose(&mut self, intent: &Intent, part: f64) {
        if !self.random.chance(0.12) {
            return;
        }
        let at_ns = intent.at(part);
        let keys = Object::new()
            .flag("has_pending", false)
            .null("pending_order_id")
            .null("pending_status")
            .flag("desire_exit", self.random.chance(0.5));
        let head = flat::head("DIAG.CANCEL.GUARD", stamp::clock(at_ns));
        let object = if self.random.chance(0.5) { head.object("details", keys) } else { head.splice(&keys) };
        self.line(SessionFile::Events, at_ns, object, None);
    }
}
