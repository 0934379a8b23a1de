//! Once a second: the circuit breaker, the escalation ladder, and the health of latency.

use super::bot::Bot;
use super::canonical::Canonical;
use super::conditions::{Breaker, Conditions};
use super::files::SessionFile;
use super::flat;
use super::json::Object;
use super::stamp::{self, SECOND};

/// How often the breaker reports its state unasked, seconds.
const REPORT_EVERY_S: u64 = 30;

/// How long the cool-off lasts, seconds.
const COOL_OFF_S: f64 = 40.0;

impl Bot {
    /// Looks at protection and health; `before` is what held a second ago.
    pub(super) fn protect(&mut self, at_ns: u64, before: &Conditions) {
        let second = at_ns.saturating_sub(self.start_ns) / SECOND;
        let now = self.now;
        if before.breaker != now.breaker {
            self.report_breaker(at_ns);
            self.escalate(at_ns, before.breaker);
        } else if second.is_multiple_of(REPORT_EVERY_S) {
            self.report_breaker(at_ns);
        }
        if before.halted != now.halted {
            let code = if now.halted { "AURORA.HALT" } else { "AURORA.RESUME" };
            self.ladder(at_ns + 4_000_000, code, 0.0);
        }
        if now.latency_factor > 4.0 && second.is_multiple_of(5) {
            self.report_latency(at_ns + 6_000_000);
        }
        if now.error_share > 0.1 && second.is_multiple_of(4) {
            let details =
                Object::new().text("component", "exchange").text("error", "connection timeout after 1200ms");
            self.api_details(at_ns + 8_000_000, "HEALTH.ERROR", details);
        }
    }

    /// The runner says it as a word, the exchange adapter as a number.
    fn report_breaker(&mut self, at_ns: u64) {
        let state = self.now.breaker;
        let details = Object::new().text("state", state.name());
        let details = match state {
            Breaker::Closed => details.null("reason").int("failures", 0),
            Breaker::Open | Breaker::HalfOpen => details.text("reason", "reject_rate").int("failures", 12),
        };
        self.runner(at_ns, "CIRCUIT_BREAKER.STATE", details, None);
        let details = Object::new().int("state", state.number()).text("exchange", "binanceusdm");
        self.api_details(at_ns + 1_000_000, "EXCHANGE.CB.STATE", details);
    }

    fn escalate(&mut self, at_ns: u64, before: Breaker) {
        let now_s = at_ns as f64 / SECOND as f64;
        match (before, self.now.breaker) {
            (_, Breaker::Open) => {
                let until = now_s + COOL_OFF_S;
                self.ladder(at_ns + 2_000_000, "AURORA.ESCALATION", until);
                self.api_details(at_ns + 3_000_000, "AURORA.COOL_OFF", Object::new().float("until", until));
            }
            (_, Breaker::HalfOpen | Breaker::Closed) => {
                self.ladder(at_ns + 2_000_000, "AURORA.ARM_STATE", 0.0);
            }
        }
    }

    /// A step of the escalation ladder with the guard's whole state.
    fn ladder(&mut self, at_ns: u64, code: &str, cool_off_until_s: f64) {
        let state = Object::new()
            .flag("armed", !self.now.halted)
            .float("cooloff_until", cool_off_until_s)
            .flag("halted", self.now.halted)
            .int("samples", 100 + self.random.below(400))
            .int("warns_5m", if self.now.breaker == Breaker::Closed { 0 } else { 1 + self.random.below(4) })
            .float("threshold_ms", 40.0)
            .int("window_sec", 60)
            .int("base_cooloff_sec", 120)
            .int("halt_threshold_repeats", 2);
        self.api_details(at_ns, code, Object::new().object("state", state));
    }

    /// Latency above its threshold: the API process in shape C, the health module in the legacy shape.
    fn report_latency(&mut self, at_ns: u64) {
        let latency_ms = 18.0 * self.now.latency_factor * self.random.range(0.9, 1.2);
        let details =
            Object::new().float("latency_ms", latency_ms).float("threshold_ms", 40.0).int("window_sec", 60);
        let event = Canonical { code: "HEALTH.LATENCY_P90_HIGH", details, ..Canonical::default() };
        self.api(at_ns, event, None);
        let context = Object::new().float("latency_ms", latency_ms).float("lmax_ms", 30.0);
        let object = flat::legacy("WARN", "HEALTH", "HEALTH.LATENCY_HIGH", stamp::clock(at_ns), context);
        self.line(SessionFile::Events, at_ns + 1_000_000, object, None);
    }
}
