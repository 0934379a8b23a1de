//! Event codes: the names that the bot gives to what happened, one spelling each.

/// Declares the known codes with their canonical spelling, which is upper-case and dotted.
macro_rules! codes {
    ($( $(#[$doc:meta])* $variant:ident = $text:literal $(| $alias:literal)*, )+) => {
        /// A code that a metric feeds on, or [`Code::Other`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $( $(#[$doc])* $variant, )+
            /// Feeds no metric of its own; kept, counted and named as unknown.
            Other,
        }

        impl Code {
            /// Reads a normalised code (see [`normalise`]).
            pub fn parse(text: &str) -> Code {
                match text {
                    $( $text $(| $alias)* => Code::$variant, )+
                    _ => Code::Other,
                }
            }
        }
    };
}

codes! {
    /// The strategy wants to trade.
    IntentReceived = "ORDER.INTENT.RECEIVED",
    /// An intent became a plan.
    PlanBuild = "ORDER.PLAN.BUILD",
    /// An order left for the exchange.
    Submit = "ORDER.SUBMIT" | "ORDER.SUBMITTED",
    /// The exchange took the order.
    Ack = "ORDER.ACK" | "ORDER.ACKNOWLEDGED",
    /// A part of the order was filled.
    Partial = "ORDER.PARTIAL" | "ORDER.PARTIALLY_FILLED",
    /// The order was filled.
    Fill = "ORDER.FILL" | "ORDER.FILLED",
    /// The order was canceled.
    Cancel = "ORDER.CANCEL" | "ORDER.CANCEL.ACK" | "ORDER.CXL",
    /// The exchange refused the order.
    Reject = "ORDER.REJECT" | "ORDER.REJECTED",
    /// The order's time ran out.
    Expire = "ORDER.EXPIRE" | "ORDER.EXPIRED",
    /// The bot itself refused to send the order.
    OrderDeny = "ORDER.DENY",
    /// The risk gate refused; sub-codes of `RISK.DENY` count as the same.
    RiskDeny = "RISK.DENY",
    /// The latency gate refused.
    SlaDeny = "SLA.DENY",
    /// An order's state, in `details.status`.
    OrderStatus = "ORDER.STATUS" | "ORDER.STATUS(SIM)",
    /// What the policy decided about an intent.
    PolicyDecision = "POLICY.DECISION",
    /// Maker, taker or none.
    RouterDecision = "ROUTER.DECISION" | "ROUTE_DECISION" | "ROUTE.DECISION",
    /// A route taken, named by the code's last part.
    RouteMaker = "ROUTE.MAKER" | "ORDER.ROUTE.MAKER",
    /// A route taken, named by the code's last part.
    RouteTaker = "ROUTE.TAKER" | "ORDER.ROUTE.TAKER",
    /// The router found no way.
    RouteDeny = "ROUTE.DENY" | "ORDER.ROUTE.DENY",
    /// The router gave a way up.
    RouteCancel = "ROUTE.CANCEL" | "ORDER.ROUTE.CANCEL",
    /// Any other code of the families `ROUTE.` and `ORDER.ROUTE.`: its route stands in `route`, else in its last part.
    Route = "ROUTE",
    /// Latency against its budget.
    SlaCheck = "SLA.CHECK",
    /// After a trade: fee, average, filled, latency.
    PosttradeLog = "POSTTRADE.LOG",
    /// How much was sized.
    SizingDecision = "SIZING.DECISION",
    /// The Kelly fraction that was applied.
    KellyApplied = "KELLY.APPLIED",
    /// The state of the governor.
    GovernanceEval = "GOVERNANCE.EVAL",
    /// The governor changed its state.
    GovernanceTransition = "GOVERNANCE.TRANSITION",
    /// Error probability spent of the budget.
    AlphaLedger = "ALPHA.LEDGER.UPDATE",
    /// The sequential test kept the null hypothesis.
    SprtH0 = "SPRT.DECISION_H0" | "GOVERNANCE.SPRT.DECISION_H0",
    /// The sequential test took the alternative.
    SprtH1 = "SPRT.DECISION_H1" | "GOVERNANCE.SPRT.DECISION_H1",
    /// The sequential test goes on.
    SprtContinue = "SPRT.CONTINUE" | "GOVERNANCE.SPRT.CONTINUE",
    /// Any other code of the family `GOVERNANCE.SPRT.`: where the sequential test stands.
    SprtUpdate = "GOVERNANCE.SPRT",
    /// The score of the strategy's edge, in `score`.
    AlphaScore = "GOVERNANCE.ALPHA",
    /// The circuit breaker's state, in `state`, else in the code's last part; every `CIRCUIT_BREAKER.` and
    /// `EXCHANGE.CB.` code.
    Breaker = "CIRCUIT_BREAKER" | "EXCHANGE.CB",
    /// Somebody or something stopped the bot.
    Halt = "AURORA.HALT" | "AURORA.HALTED",
    /// The bot may trade again.
    Resume = "AURORA.RESUME" | "AURORA.RESUMED",
    /// Armed, cooling off or halted, in `details.state`.
    ArmState = "AURORA.ARM_STATE" | "AURORA.ESCALATION" | "OPS.RESET",
    /// Trading was armed.
    Arm = "AURORA.ARM" | "AURORA.ARMED",
    /// Trading was disarmed.
    Disarm = "AURORA.DISARM" | "AURORA.DISARMED",
    /// No trading until `details.until`.
    CoolOff = "AURORA.COOL_OFF",
    /// Any other code of the family `AURORA.`, which may tell the same as [`Code::ArmState`].
    Aurora = "AURORA",
    /// The session's own summary: the bot is done.
    SummaryGenerated = "OBS.SUMMARY.GENERATED",
    /// Another configuration took effect, `details.name`.
    ConfigSwitched = "CONFIG.SWITCHED",
    /// An operator's act; every `OPS.` code but `OPS.RESET`, which reports arming.
    Ops = "OPS",
    /// Something of the bot is not well.
    HealthError = "HEALTH.ERROR",
    /// A latency against its threshold; every `HEALTH.LATENCY_` code.
    HealthLatency = "HEALTH.LATENCY",
    /// The spread guard refused.
    SpreadGuard = "SPREAD_GUARD_TRIP",
    /// The trap guard's acts; every `POLICY.TRAP_` code.
    Trap = "POLICY.TRAP",
    /// Requests recognised or stored for idempotency; every `IDEM.` code.
    Idem = "IDEM",
    /// The factors that scale a size down.
    LambdaUpdate = "LAMBDA.UPDATE",
    /// Expected shortfall against its limit.
    CvarGate = "CVAR.GATE",
    /// Any other code of the family `CVAR.`, which may tell the same as [`Code::CvarGate`].
    Cvar = "CVAR",
    /// The fitted tail of losses.
    CvarFit = "CVAR.EVT.FIT",
    /// A size that expected shortfall reduced.
    CvarShift = "CVAR.SHIFT",
    /// The limits of risk, in `details.risk`.
    RiskUpdate = "RISK.UPDATE",
    /// Best bid and ask.
    MarketBook = "MARKET.BOOK",
    /// Last price.
    MarketTicker = "MARKET.TICKER",
    /// A market stream connected.
    WsConnect = "WS.CONNECT",
    /// A query to the service; every `QUERY.` code.
    Query = "QUERY",
    /// A request to the service; every `HTTP.` code.
    Http = "HTTP",
    /// The account's position after a fill; every `POSITION.` code.
    Position = "POSITION",
    /// What a closed position earned; every `REWARD.` code.
    Reward = "REWARD",
    /// Components of what a trade cost; every `TCA.` code.
    Tca = "TCA",
}

/// Families: every code with the prefix means the same to the metrics.
const FAMILIES: &[(&str, Code)] = &[
    ("RISK.DENY.", Code::RiskDeny),
    ("ROUTE.", Code::Route),
    ("ORDER.ROUTE.", Code::Route),
    ("GOVERNANCE.SPRT.", Code::SprtUpdate),
    ("CVAR.", Code::Cvar),
    ("CIRCUIT_BREAKER.", Code::Breaker),
    ("EXCHANGE.CB.", Code::Breaker),
    ("AURORA.", Code::Aurora),
    ("QUERY.", Code::Query),
    ("IDEM.", Code::Idem),
    ("OPS.", Code::Ops),
    ("HEALTH.LATENCY_", Code::HealthLatency),
    ("POLICY.TRAP_", Code::Trap),
    ("POSITION.", Code::Position),
    ("REWARD.", Code::Reward),
    ("TCA.", Code::Tca),
    ("HTTP.", Code::Http),
];

impl Code {
    /// Like [`Code::parse`], with the families whose sub-codes mean the same.
    pub fn read(text: &str) -> Code {
        match Code::parse(text) {
            Code::Other => FAMILIES
                .iter()
                .find(|(prefix, _)| text.starts_with(prefix))
                .map_or(Code::Other, |(_, code)| *code),
            code => code,
        }
    }
}

/// The one spelling of a code: upper-case, `ORDER_X` as `ORDER.X`, surrounding space removed.
pub fn normalise(text: &str) -> String {
    let upper = text.trim().to_ascii_uppercase();
    match upper.strip_prefix("ORDER_") {
        Some(rest) => format!("ORDER.{rest}"),
        None => upper,
    }
}

/// Whether [`normalise`] would change nothing, which is the usual case.
pub fn is_normal(text: &str) -> bool {
    !text.starts_with("ORDER_")
        && text.trim().len() == text.len()
        && !text.bytes().any(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, code: Code) {
        assert_eq!(Code::read(&normalise(text)), code, "{text}");
    }

    #[test]
    fn spellings_of_one_code_are_one_code() {
        check("ORDER_FILL", Code::Fill);
        check("order.filled", Code::Fill);
        check("ORDER_PARTIALLY_FILLED", Code::Partial);
        check("RISK.DENY.MAX_DD", Code::RiskDeny);
        check("ORDER.STATUS(SIM)", Code::OrderStatus);
        check("DIAG.CANCEL.GUARD", Code::Other);
    }

    #[test]
    fn a_family_is_one_code() {
        check("QUERY.COMPLETED", Code::Query);
        check("policy.trap_block", Code::Trap);
        check("HEALTH.LATENCY_P90_HIGH", Code::HealthLatency);
        check("OPS.TOKEN_ROTATE", Code::Ops);
        check("OPS.RESET", Code::ArmState);
        check("POLICY.TRAPPED", Code::Other);
    }

    #[test]
    fn only_what_needs_it_is_called_abnormal() {
        for text in ["ORDER.ACK", "SPRT.DECISION_H0", "ORDER.STATUS(SIM)"] {
            assert!(is_normal(text) && normalise(text) == text, "{text}");
        }
        for text in ["order.ack", "ORDER_ACK", " ORDER.ACK"] {
            assert!(!is_normal(text), "{text}");
        }
    }

    #[test]
    fn every_code_of_a_family_that_the_contract_names_is_read() {
        for text in ["CIRCUIT_BREAKER.STATE", "CIRCUIT_BREAKER.TRIP", "EXCHANGE.CB.OPEN"] {
            check(text, Code::Breaker);
        }
        for text in ["ROUTE.SELECTED", "ORDER.ROUTE.DECISION", "ROUTE.DENIED"] {
            check(text, Code::Route);
        }
        check("ROUTE.DECISION", Code::RouterDecision);
        check("GOVERNANCE.SPRT.UPDATE", Code::SprtUpdate);
        check("GOVERNANCE.SPRT.DECISION_H1", Code::SprtH1);
        check("GOVERNANCE.ALPHA", Code::AlphaScore);
        check("AURORA.DISARM", Code::Disarm);
        check("AURORA.PANIC", Code::Aurora);
        check("CVAR.BREACH", Code::Cvar);
        check("CVAR.SHIFT", Code::CvarShift);
        check("CIRCUIT_BREAKERS", Code::Other);
    }
}
