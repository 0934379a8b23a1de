//! What operators did: switches of configuration and `OPS.*` acts.
//!
//! Invariants: 64 codes are counted apart and the rest together; a record that arrives late is counted and does not
//! replace a newer one as the last.

use crate::{
    code::Code,
    event::Event,
    latest::{Latest, update},
    parts::parts,
    span::Span,
    tally::CodeTallies,
    time::Ts,
};

/// Operators' acts.
#[derive(Clone, Debug, Default)]
pub struct Operations {
    end: i64,
    counts: CodeTallies,
    last: Option<Latest<Box<str>>>,
    config: Option<Latest<Box<str>>>,
}

parts!(Operations { end: window, counts, last, config });

impl Operations {
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
}
