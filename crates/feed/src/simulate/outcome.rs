//! How an order ends, and the exchange's reasons for refusing one.

use super::conditions::Conditions;
use super::random::Random;

/// Why the exchange refused an order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rejection {
    /// The exchange's number, absent for errors that are not its own.
    pub(super) number: Option<&'static str>,
    pub(super) message: &'static str,
    pub(super) reason_code: &'static str,
    pub(super) severity: &'static str,
    pub(super) action: &'static str,
}

const fn rejection(
    number: Option<&'static str>,
    message: &'static str,
    reason_code: &'static str,
    severity: &'static str,
    action: &'static str,
) -> Rejection {
    Rejection { number, message, reason_code, severity, action }
}

const REJECTIONS: [(Rejection, f64); 6] = [
    (rejection(Some("-1013"), "Filter failure: LOT_SIZE", "EXCHANGE_FILTER_PRICE", "WARN", "ABORT"), 3.0),
    (rejection(None, "connection timeout after 1200ms", "EXCHANGE_UNKNOWN", "WARN", "ABORT"), 3.0),
    (rejection(Some("-1003"), "Too many requests; rate limit", "EXCHANGE_UNKNOWN", "WARN", "ABORT"), 2.5),
    (
        rejection(Some("-2019"), "Margin is insufficient.", "EXCHANGE_MARGIN_INSUFFICIENT", "ERROR", "ABORT"),
        2.0,
    ),
    (
        rejection(
            Some("-1021"),
            "Timestamp for this request is outside of the recvWindow.",
            "EXCHANGE_TIMESTAMP",
            "WARN",
            "RETRY_SOFT",
        ),
        2.0,
    ),
    (
        rejection(
            Some("-2010"),
            "Account has insufficient balance",
            "EXCHANGE_INSUFFICIENT_BALANCE",
            "ERROR",
            "ABORT",
        ),
        1.5,
    ),
];

/// How an order ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    /// Filled; `immediate` ones with the acknowledgement.
    Filled {
        immediate: bool,
    },
    /// Canceled after resting for a while.
    Canceled,
    /// Expired after resting for longer.
    Expired,
    Rejected(Rejection),
    /// Never heard of again: the outcome stays unknown.
    Lost,
}

impl Fate {
    /// What becomes of an order of the given route under `conditions`.
    pub(super) fn draw(maker: bool, conditions: &Conditions, random: &mut Random) -> Self {
        if random.chance(conditions.reject_share)
            && let Some(rejection) = random.weighted(&REJECTIONS)
        {
            return Self::Rejected(rejection);
        }
        let immediate = !maker && random.chance(0.25);
        let filled = Self::Filled { immediate };
        let choices = if maker {
            [(filled, 0.85), (Self::Canceled, 0.125), (Self::Expired, 0.024), (Self::Lost, 0.001)]
        } else {
            [(filled, 0.985), (Self::Canceled, 0.004), (Self::Expired, 0.01), (Self::Lost, 0.001)]
        };
        random.weighted(&choices).unwrap_or(filled)
    }
}
