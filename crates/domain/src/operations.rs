//! What operators did: switches of configuration and `OPS.*` acts.
//!
//! Invariants: 64 codes are counted apart and the rest together; the latest [`Operations::ACT_LIMIT`] acts are kept in order of
//! time, and what was dropped from them is counted; a record that arrives late is counted and does not replace a newer one as
//! the last.

use std::collections::VecDeque;

use crate::{
    code::Code,
    event::Event,
    governance::insert_in_time,
    latest::{Latest, update},
    parts::parts,
    span::Span,
    tally::CodeTallies,
    time::Ts,
};

/// One act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// When.
    pub at: Ts,
    /// The record's code.
    pub code: Box<str>,
    /// What it names, such as a configuration.
    pub label: Option<Box<str>>,
}

parts!(Act { at, code, label });

/// Operators' acts.
#[derive(Clone, Debug, Default)]
pub struct Operations {
    end: i64,
    counts: CodeTallies,
    last: Option<Latest<Box<str>>>,
    config: Option<Latest<Box<str>>>,
    acts: VecDeque<Act>,
    act_total: u64,
}

parts!(Operations { end: window, counts, last, config, acts: within(Operations::ACT_LIMIT), act_total });

impl Operations {
    /// How many acts are kept.
    pub const ACT_LIMIT: usize = 128;

    pub(crate) fn new(end: i64) -> Self {
        Self { end, ..Self::default() }
    }

    pub(crate) fn advance(&mut self, end: i64) {
        self.end = self.end.max(end);
        self.counts.advance(end);
    }

    #[inline]
    pub(crate) fn apply(&mut self, event: &Event<'_>, at: Ts) -> bool {
        matches!(event.code, Code::ArmState | Code::Ops | Code::ConfigSwitched) && self.take(event, at)
    }

    fn take(&mut self, event: &Event<'_>, at: Ts) -> bool {
        let reset = event.code == Code::ArmState && event.code_text.starts_with("OPS.");
        if !reset && !matches!(event.code, Code::Ops | Code::ConfigSwitched) {
            return false;
        }
        self.counts.count(&event.code_text, self.end, at.second());
        update(&mut self.last, event.code_text.as_ref().into(), at);
        let label = event.label.as_deref().map(Into::into);
        let act = Act { at, code: event.code_text.as_ref().into(), label };
        insert_in_time(&mut self.acts, act, |act| act.at, Self::ACT_LIMIT);
        self.act_total += 1;
        if event.code == Code::ConfigSwitched
            && let Some(name) = event.label.as_deref()
        {
            update(&mut self.config, name.into(), at);
        }
        true
    }

    /// `CONFIG.SWITCHED` and `OPS.*` records over `span` by code.
    pub fn counts(&self, span: Span) -> Vec<(String, u64)> {
        self.counts.over(span)
    }

    /// The latest acts, oldest first.
    pub fn acts(&self) -> impl ExactSizeIterator<Item = &Act> {
        self.acts.iter()
    }

    /// Acts in the session; more than [`Operations::acts`] holds where some were dropped.
    pub fn act_total(&self) -> u64 {
        self.act_total
    }

    /// The code of the last act, and when it was.
    pub fn last(&self) -> Option<&Latest<Box<str>>> {
        self.last.as_ref()
    }

    /// The configuration that was last switched to, as the log names it, and since when.
    pub fn config(&self) -> Option<&Latest<Box<str>>> {
        self.config.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shape, Source};

    fn act(code: Code, text: &'static str, label: Option<&'static str>) -> Event<'static> {
        Event { label: label.map(Into::into), ..Event::bare(Source::Events, Shape::Canonical, code, text) }
    }

    #[test]
    fn acts_are_counted_and_the_latest_is_the_last() {
        let mut operations = Operations::new(0);
        for (at, event) in [
            (1, act(Code::ConfigSwitched, "CONFIG.SWITCHED", Some("paper.yaml"))),
            (9, act(Code::ArmState, "OPS.RESET", None)),
            (5, act(Code::Ops, "OPS.TOKEN_ROTATE", None)),
        ] {
            assert!(operations.apply(&event, Ts(at)));
        }
        assert!(!operations.apply(&act(Code::ArmState, "AURORA.ARM_STATE", None), Ts(10)));
        assert_eq!(operations.last().map(|last| (&*last.value, last.at.0)), Some(("OPS.RESET", 9)));
        assert_eq!(operations.config().map(|config| &*config.value), Some("paper.yaml"));
        let counts = operations.counts(Span::Session);
        assert_eq!(
            counts.iter().map(|(code, count)| (code.as_str(), *count)).collect::<Vec<_>>(),
            [("CONFIG.SWITCHED", 1), ("OPS.RESET", 1), ("OPS.TOKEN_ROTATE", 1)]
        );
    }
    #[test]
    fn acts_are_kept_in_order_of_time_and_the_oldest_are_dropped_and_counted() {
        let mut operations = Operations::new(0);
        for at in [5, 3, 9] {
            operations.apply(&act(Code::ConfigSwitched, "CONFIG.SWITCHED", Some("a.yaml")), Ts(at));
        }
        let times: Vec<i64> = operations.acts().map(|act| act.at.0).collect();
        assert_eq!(times, [3, 5, 9]);
        assert_eq!(operations.acts().next().and_then(|act| act.label.as_deref()), Some("a.yaml"));
        for at in 10..1_000 {
            operations.apply(&act(Code::Ops, "OPS.TOKEN_ROTATE", None), Ts(at));
        }
        assert_eq!((operations.acts().len(), operations.act_total()), (Operations::ACT_LIMIT, 993));
        assert_eq!(operations.acts().next().map(|act| act.at.0), Some(872));
    }
}
