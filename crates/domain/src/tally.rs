//! Counts over every span: since the session began, and over sliding windows.
//!
//! Invariant: what was never counted takes no memory; a [`CodeTallies`] tells at most [`CodeTallies::LIMIT`]
//! codes apart and counts the rest together.

use crate::{maps::ByName, parts::parts, rolling::Rolling, span::Span};

/// A count since the session began and over every window; takes no memory until something is counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Option<Box<Counts>>);

parts!(newtype Tally);

#[derive(Clone, Debug)]
struct Counts {
    session: u64,
    rolling: Rolling<u32>,
}

parts!(Counts { session, rolling });

impl Tally {
    /// Counts one at the second `at`, with windows that end at `end`.
    pub(crate) fn count(&mut self, end: i64, at: i64) {
        let counts =
            self.0.get_or_insert_with(|| Box::new(Counts { session: 0, rolling: Rolling::new(end) }));
        counts.session += 1;
        counts.rolling.record(at, ());
    }

    pub(crate) fn advance(&mut self, end: i64) {
        if let Some(counts) = &mut self.0 {
            counts.rolling.advance(end);
        }
    }

    pub(crate) fn over(&self, span: Span) -> u64 {
        self.0.as_ref().map_or(0, |counts| match span.seconds() {
            Some(seconds) => counts.rolling.sum(seconds, |sum| *sum),
            None => counts.session,
        })
    }

    /// Since the session began.
    pub(crate) fn session(&self) -> u64 {
        self.over(Span::Session)
    }
}

/// The tally with the largest count in the session, the last one of equals; `None` where none counted anything.
pub(crate) fn speaker<'t>(candidates: impl Iterator<Item = &'t Tally>) -> Option<&'t Tally> {
    candidates.filter(|tally| tally.session() > 0).max_by_key(|tally| tally.session())
}

/// Counts per code, bounded.
#[derive(Clone, Debug, Default)]
pub(crate) struct CodeTallies {
    by_code: ByName<Tally>,
    other: Tally,
}

parts!(CodeTallies { by_code: within(CodeTallies::LIMIT), other });

/// The name of what did not fit.
pub(crate) const OTHER: &str = "other";

impl CodeTallies {
    /// How many different codes are told apart.
    pub(crate) const LIMIT: usize = 64;

    pub(crate) fn count(&mut self, code: &str, end: i64, at: i64) {
        if let Some(tally) = self.by_code.get_mut(code) {
            tally.count(end, at);
        } else if self.by_code.len() < Self::LIMIT {
            self.by_code.entry(code.into()).or_default().count(end, at);
        } else {
            self.other.count(end, at);
        }
    }

    pub(crate) fn advance(&mut self, end: i64) {
        self.by_code.values_mut().chain([&mut self.other]).for_each(|tally| tally.advance(end));
    }

    /// Codes that occurred in the session with their counts over `span`, by name; what did not fit is last.
    pub(crate) fn over(&self, span: Span) -> Vec<(String, u64)> {
        let mut counts: Vec<(String, u64)> =
            self.by_code.iter().map(|(code, tally)| (code.to_string(), tally.over(span))).collect();
        crate::sorting::by(&mut counts, Ord::cmp);
        if self.other.session() > 0 {
            counts.push((OTHER.to_owned(), self.other.over(span)));
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_beyond_the_limit_count_together() {
        let mut tallies = CodeTallies::default();
        for code in 0..CodeTallies::LIMIT + 2 {
            tallies.count(&format!("IDEM.{code:03}"), 100, 100);
        }
        tallies.count("IDEM.000", 100, 30);
        tallies.advance(120);
        let session = tallies.over(Span::Session);
        assert_eq!((session[0].1, session.last().unwrap()), (2, &(OTHER.to_owned(), 2)));
        assert_eq!(tallies.over(Span::MINUTE)[0].1, 1);
    }

    #[test]
    fn the_largest_count_speaks_and_the_last_of_equals() {
        let mut tallies = [Tally::default(), Tally::default(), Tally::default()];
        assert!(speaker(tallies.iter()).is_none());
        for (index, at) in [(0, 1), (1, 1), (0, 1), (1, 100)] {
            tallies[index].count(100, at);
        }
        assert_eq!(speaker(tallies.iter()).map(|tally| tally.over(Span::MINUTE)), Some(1));
    }
}
