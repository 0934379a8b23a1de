//! Counts by reason: in the session, in windows and in the buckets of charts, by scope.
//!
//! Invariants: at most [`Reasons::LIMIT`] reasons are told apart, the first ones seen, and the rest counts as
//! [`OTHER`]; a reason may be counted for several kinds (steps of the funnel), each for itself; what was never
//! counted takes no memory.

use hashbrown::HashMap;

use crate::{
    counts::Counts,
    maps::ByName,
    parts::{Broken, Loading, Sink, Source, Within},
    scope::{ScopeId, ScopeSet},
    series::Buckets,
    span::Span,
    tally::OTHER,
};

/// How often one reason was given, for one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted<'r> {
    /// The reason; [`OTHER`] for all that did not fit.
    pub(crate) reason: &'r str,
    /// Its number, in the order of appearance; [`Reasons::LIMIT`] for all that did not fit.
    pub(crate) number: u16,
    /// Its kind, below the number of kinds.
    pub(crate) kind: u16,
    /// How often.
    pub(crate) count: u64,
}

/// Counts by reason and kind.
#[derive(Clone, Debug)]
pub(crate) struct Reasons {
    kinds: u16,
    numbers: ByName<u16>,
    names: Vec<Box<str>>,
    counts: Option<Box<Counts>>,
}

/// For exactly so many kinds as the limit says.
impl Within for Reasons {
    fn save(&self, to: &mut impl Sink) {
        let Self { kinds: _, numbers: _, names, counts } = self;
        Within::save(names, to);
        to.unsigned(u64::from(counts.is_some()));
        if let Some(counts) = counts {
            Within::save(&**counts, to);
        }
    }

    fn load<S: Source>(from: &mut Loading<'_, S>, limit: usize) -> Result<Self, Broken> {
        let mut reasons = Self::new(u16::try_from(limit).unwrap_or(u16::MAX));
        reasons.names = Within::load(from, usize::from(Self::LIMIT))?;
        for (name, number) in reasons.names.iter().zip(0..) {
            if reasons.numbers.insert(name.clone(), number).is_some() {
                return Err(Broken::new("a reason comes twice"));
            }
        }
        if from.below(2)? == 1 {
            let figures = usize::from((Self::LIMIT + 1) * reasons.kinds);
            reasons.counts = Some(Box::new(Within::load(from, figures)?));
        }
        Ok(reasons)
    }
}

impl Reasons {
    /// How many different reasons are told apart.
    pub(crate) const LIMIT: u16 = 512;

    /// Nothing counted yet, for kinds below `kinds`.
    pub(crate) fn new(kinds: u16) -> Self {
        Self { kinds: kinds.max(1), numbers: ByName::default(), names: Vec::new(), counts: None }
    }

    /// Moves the windows' end.
    pub(crate) fn advance(&mut self, end: i64) {
        if let Some(counts) = &mut self.counts {
            counts.advance(end);
        }
    }

    /// Counts `reason` at the second `at`, with windows that end at `end`. Returns its number.
    pub(crate) fn count(&mut self, reason: &str, kind: u16, scope: ScopeId, end: i64, at: i64) -> u16 {
        let number = self.number(reason);
        let figures = (Self::LIMIT + 1) * self.kinds;
        let counts = self.counts.get_or_insert_with(|| Box::new(Counts::new(figures, end)));
        counts.record(number * self.kinds + kind.min(self.kinds - 1), scope, at);
        number
    }

    fn number(&mut self, reason: &str) -> u16 {
        if let Some(number) = self.numbers.get(reason) {
            return *number;
        }
        let number = u16::try_from(self.names.len()).unwrap_or(Self::LIMIT).min(Self::LIMIT);
        if number < Self::LIMIT {
            self.numbers.insert(reason.into(), number);
            self.names.push(reason.into());
        }
        number
    }

    /// All that was counted over `span` within `scopes`, most frequent first, equal ones by name; what did not fit
    /// is last. What was not counted in that span is left out.
    pub(crate) fn ranked(&self, span: Span, scopes: &ScopeSet) -> Vec<Counted<'_>> {
        let Some(counts) = &self.counts else { return Vec::new() };
        self.rank(&counts.every(span, scopes))
    }

    /// What [`Reasons::ranked`] says of the session, and each one's count in each of `buckets`.
    pub(crate) fn series(&self, buckets: Buckets, scopes: &ScopeSet) -> Vec<(Counted<'_>, Vec<u64>)> {
        let Some(counts) = &self.counts else { return Vec::new() };
        let ranked = self.ranked(Span::Session, scopes);
        let rows =
            ranked.iter().zip(0..).map(|(counted, row)| (counted.number * self.kinds + counted.kind, row));
        let rows: HashMap<u16, usize> = rows.collect();
        let mut points: Vec<Vec<u64>> = vec![Vec::new(); ranked.len()];
        for start in buckets.starts() {
            for row in &mut points {
                row.push(0);
            }
            counts.visit(start, buckets.step_seconds(), scopes, |figure, count| {
                let row = rows.get(&figure).and_then(|row| points.get_mut(*row));
                if let Some(last) = row.and_then(|row| row.last_mut()) {
                    *last += count;
                }
            });
        }
        ranked.into_iter().zip(points).collect()
    }

    /// How many buckets went before their time, for want of room.
    pub(crate) fn dropped_buckets(&self) -> u64 {
        self.counts.as_ref().map_or(0, |counts| counts.dropped_buckets())
    }

    /// How many buckets no longer tell symbols and sides apart, for want of room.
    pub(crate) fn folded_buckets(&self) -> u64 {
        self.counts.as_ref().map_or(0, |counts| counts.folded_buckets())
    }

    fn rank(&self, counts: &[u64]) -> Vec<Counted<'_>> {
        let places = counts.chunks(usize::from(self.kinds)).zip(0..);
        let each = places.flat_map(|(kinds, number)| {
            let reason = self.names.get(usize::from(number)).map_or(OTHER, |name| &**name);
            kinds.iter().zip(0..).map(move |(count, kind)| Counted { reason, number, kind, count: *count })
        });
        let mut ranked: Vec<Counted<'_>> = each.filter(|counted| counted.count > 0).collect();
        crate::sorting::by(&mut ranked, |a, b| {
            let fits = |counted: &Counted<'_>| counted.number == Self::LIMIT;
            (fits(a), b.count, a.reason, a.kind).cmp(&(fits(b), a.count, b.reason, b.kind))
        });
        ranked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Resolution;

    fn ranked(reasons: &Reasons, span: Span) -> Vec<(String, u16, u64)> {
        let ranked = reasons.ranked(span, &ScopeSet::ALL);
        ranked.into_iter().map(|at| (at.reason.to_owned(), at.kind, at.count)).collect()
    }

    fn of(texts: &[(&str, u16, u64)]) -> Vec<(String, u16, u64)> {
        texts.iter().map(|(reason, kind, count)| ((*reason).to_owned(), *kind, *count)).collect()
    }

    #[test]
    fn the_most_frequent_come_first_over_every_span() {
        let mut reasons = Reasons::new(2);
        for (reason, kind, at) in [("b", 0, 100), ("a", 1, 100), ("b", 0, 40), ("a", 0, 30)] {
            reasons.count(reason, kind, ScopeId::FIRST, 100, at);
        }
        assert_eq!(ranked(&reasons, Span::Session), of(&[("b", 0, 2), ("a", 0, 1), ("a", 1, 1)]));
        assert_eq!(ranked(&reasons, Span::MINUTE), of(&[("a", 1, 1), ("b", 0, 1)]));
        reasons.advance(160);
        assert_eq!(ranked(&reasons, Span::MINUTE), of(&[]));
    }

    #[test]
    fn beyond_the_limit_new_reasons_count_as_other() {
        let mut reasons = Reasons::new(1);
        for number in 0..Reasons::LIMIT + 3 {
            reasons.count(&format!("reason {number:04}"), 0, ScopeId::FIRST, 100, 100);
        }
        reasons.count("reason 0000", 0, ScopeId::FIRST, 100, 100);
        let ranked = ranked(&reasons, Span::Session);
        assert_eq!(
            (&ranked[0], ranked.last().unwrap()),
            (&("reason 0000".into(), 0, 2), &(OTHER.into(), 0, 3))
        );
    }

    #[test]
    fn a_series_adds_up_to_the_window() {
        let mut reasons = Reasons::new(1);
        for at in [95, 97, 97, 100] {
            reasons.count("a", 0, ScopeId::FIRST, 100, at);
        }
        let series = reasons.series(Buckets::new(Resolution::Second, 95, 100), &ScopeSet::ALL);
        assert_eq!(series[0].1, [1, 0, 2, 0, 0, 1]);
        assert!(reasons.series(Buckets::new(Resolution::Second, 95, 100), &ScopeSet::NONE).is_empty());
    }
}
