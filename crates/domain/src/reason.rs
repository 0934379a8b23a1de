//! Why an order was denied: one spelling per reason, its class, and bounded counts.

use std::borrow::Cow;

use hashbrown::HashMap;

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

/// Counts per reason, bounded: beyond [`ReasonCounts::LIMIT`] different ones, new ones count as `other`.
#[derive(Clone, Debug, Default)]
pub struct ReasonCounts {
    counts: HashMap<Box<str>, (u64, DenyClass)>,
    other: u64,
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

impl ReasonCounts {
    /// How many different reasons are told apart.
    pub const LIMIT: usize = 512;

    pub(crate) fn add(&mut self, reason: &str, class: DenyClass) {
        if let Some((count, _)) = self.counts.get_mut(reason) {
            *count += 1;
        } else if self.counts.len() < Self::LIMIT {
            self.counts.insert(reason.into(), (1, class));
        } else {
            self.other += 1;
        }
    }

    /// All reasons, most frequent first, equal ones by name; what did not fit is last, as `other`.
    pub fn ranked(&self) -> Vec<ReasonCount> {
        let mut ranked: Vec<ReasonCount> = self
            .counts
            .iter()
            .map(|(reason, (count, class))| ReasonCount {
                reason: reason.to_string(),
                count: *count,
                class: *class,
            })
            .collect();
        ranked.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
        if self.other > 0 {
            ranked.push(ReasonCount { reason: "other".into(), count: self.other, class: DenyClass::Guard });
        }
        ranked
    }
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

    #[test]
    fn beyond_the_limit_new_reasons_count_as_other() {
        let mut counts = ReasonCounts::default();
        for i in 0..ReasonCounts::LIMIT + 3 {
            counts.add(&format!("reason {i:04}"), DenyClass::Guard);
        }
        counts.add("reason 0000", DenyClass::Guard);
        let ranked = counts.ranked();
        assert_eq!((ranked[0].reason.as_str(), ranked[0].count), ("reason 0000", 2));
        let last = ranked.last().unwrap();
        assert_eq!((last.reason.as_str(), last.count), ("other", 3));
    }
}
