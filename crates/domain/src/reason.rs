//! Why an order was denied: one spelling per reason, and its class.

use std::borrow::Cow;

use crate::parts::choices;

/// What kind of refusal a reason is (CONTRACT.md section 2, `deny_rate`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DenyClass {
    /// The strategy saw no edge: it did not want to trade.
    Skip,
    /// A guard stopped it: risk, limits, health, cool-down, spread, trap, SPRT; unknown reasons too.
    Guard,
    /// The exchange refused.
    Exchange,
}

choices!(DenyClass { Skip = 0, Guard = 1, Exchange = 2 });

impl DenyClass {
    /// Every class.
    pub const ALL: [DenyClass; 3] = [DenyClass::Skip, DenyClass::Guard, DenyClass::Exchange];

    /// The class's word.
    pub fn name(self) -> &'static str {
        match self {
            DenyClass::Skip => "skip",
            DenyClass::Guard => "guard",
            DenyClass::Exchange => "exchange",
        }
    }

    /// The class of a normalised `reason`; `exchange` is the record's own word on it.
    pub fn of(reason: Option<&str>, exchange: bool) -> DenyClass {
        if exchange {
            return DenyClass::Exchange;
        }
        let Some(reason) = reason else { return DenyClass::Guard };
        let has = |part: &str| contains_ignoring_case(reason, part);
        if SKIP.iter().any(|part| has(part)) {
            DenyClass::Skip
        } else if has("WHY_EX_") || has("EXCHANGE") {
            DenyClass::Exchange
        } else {
            DenyClass::Guard
        }
    }
}

const SKIP: [&str; 6] =
    ["NEGATIVE_EDGE", "UNATTRACTIVE", "SIZING_TOO_SMALL", "LOW_PFILL", "EXPECTED_RETURN", "EXPECTED RETURN"];

fn contains_ignoring_case(text: &str, upper_part: &str) -> bool {
    text.as_bytes().windows(upper_part.len()).any(|window| window.eq_ignore_ascii_case(upper_part.as_bytes()))
}

/// The reason without the number that some writers append: `spread_bps_too_wide:121.8` is cut at the first `:`.
pub fn normalise(reason: Cow<'_, str>) -> Cow<'_, str> {
    let cut = |text: &str| text.split(':').next().unwrap_or(text).trim().len();
    match reason {
        Cow::Borrowed(text) => Cow::Borrowed(text.split(':').next().unwrap_or(text).trim()),
        Cow::Owned(text) if cut(&text) == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.split(':').next().unwrap_or(&text).trim().to_owned()),
    }
}

/// One reason with its count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonCount {
    /// The reason as logged, without a trailing number.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// Its class.
    pub class: DenyClass,
}

/// One reason's course over the buckets of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonPoints {
    /// The reason, with its count in the session.
    pub reason: ReasonCount,
    /// How often in each bucket, oldest first.
    pub counts: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reason: &str, class: DenyClass) {
        assert_eq!(DenyClass::of(Some(reason), false), class, "{reason}");
    }

    #[test]
    fn reasons_fall_into_their_class() {
        check("WHY_NEGATIVE_EDGE", DenyClass::Skip);
        check("expected_return_below_threshold", DenyClass::Skip);
        check("LOW_PFILL.DENY", DenyClass::Skip);
        check("sprt_reject", DenyClass::Guard);
        check("something new", DenyClass::Guard);
        check("WHY_EX_REJECT", DenyClass::Exchange);
        assert_eq!(DenyClass::of(None, true), DenyClass::Exchange);
        assert_eq!(DenyClass::of(None, false), DenyClass::Guard);
    }

    #[test]
    fn a_number_at_the_end_is_cut() {
        assert_eq!(normalise(Cow::Borrowed("spread_bps_too_wide:121.8")), "spread_bps_too_wide");
        assert_eq!(normalise(Cow::Owned("trap_guard:z=4.00".into())), "trap_guard");
    }
}
