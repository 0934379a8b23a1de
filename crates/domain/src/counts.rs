//! Counts of a fixed set of figures by scope: in the session, in windows and in the buckets of charts.
//!
//! Invariant: everything that is recorded counts once in the session and, while its time is kept, in exactly one
//! bucket; so sums over scopes, windows and buckets agree.

use crate::{
    parts::{Broken, Loading, Parts, Sink, Source, Within},
    rolling::Slot,
    scope::{ScopeId, ScopeSet},
    series::{Bucket, Tiers},
    span::Span,
    sparse::Sparse,
};

/// Counts by key in one bucket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys(Sparse);

impl Parts for Keys {
    fn save(&self, to: &mut impl Sink) {
        let Self(counts) = self;
        counts.save(to);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        Sparse::load(from, from.width).map(Self)
    }
}

impl Slot for Keys {
    type Sum = Vec<u64>;
    type Item = u32;

    fn record(&mut self, key: u32) {
        self.0.add(key);
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn record_sum(sum: &mut Vec<u64>, key: u32) {
        if let Some(count) = slot(sum, key) {
            *count += 1;
        }
    }

    fn add_to(&self, sum: &mut Vec<u64>) {
        self.0.for_each(|key, count| {
            if let Some(sum) = slot(sum, key) {
                *sum += count;
            }
        });
    }

    fn take_from(&self, sum: &mut Vec<u64>) {
        self.0.for_each(|key, count| {
            if let Some(sum) = slot(sum, key) {
                *sum -= count;
            }
        });
    }
}

impl Bucket for Keys {
    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    fn settle(&mut self) {
        self.0.settle();
    }

    fn fold(&mut self, width: u32) {
        self.0.fold(width, ScopeId::FOLDED.first_key(width));
    }

    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

fn slot(counts: &mut Vec<u64>, key: u32) -> Option<&mut u64> {
    let place = key as usize;
    if place >= counts.len() {
        counts.resize(place + 1, 0);
    }
    counts.get_mut(place)
}

/// The counts of `figures` different figures.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    figures: u16,
    totals: Vec<u64>,
    by_scope: Vec<u64>,
    tiers: Tiers<Keys>,
}

/// The counts of exactly so many figures as the limit says; totals are sums over scopes.
impl Within for Counts {
    fn save(&self, to: &mut impl Sink) {
        let Self { figures: _, totals: _, by_scope, tiers } = self;
        let used: Vec<(u64, u64)> =
            (0..).zip(by_scope.iter().copied()).filter(|(_, count)| *count > 0).collect();
        to.unsigned(used.len() as u64);
        let mut next = 0;
        for (key, count) in used {
            to.unsigned(key - next);
            to.unsigned(count);
            next = key + 1;
        }
        tiers.save(to);
    }

    fn load<S: Source>(from: &mut Loading<'_, S>, limit: usize) -> Result<Self, Broken> {
        let mut counts = Self::new(u16::try_from(limit).unwrap_or(u16::MAX), from.end);
        from.width = u32::from(counts.figures);
        let keys = from.keys(from.width).len();
        let mut key = 0;
        for _ in 0..from.length(keys)? {
            key += from.below(keys)?;
            let (figure, count) = (key.checked_rem(limit).unwrap_or(0), u64::load(from)?);
            let total = counts.totals.get_mut(figure).filter(|_| key < keys && count > 0);
            *total.ok_or(Broken::new("a count or what it is of cannot be"))? += count;
            counts.by_scope.resize(key, 0);
            counts.by_scope.push(count);
            key += 1;
        }
        counts.tiers = Parts::load(from)?;
        Ok(counts)
    }
}

impl Counts {
    pub(crate) fn new(figures: u16, end: i64) -> Self {
        Self {
            figures,
            totals: vec![0; usize::from(figures)],
            by_scope: Vec::new(),
            tiers: Tiers::new(end, u32::from(figures)),
        }
    }

    /// Moves the windows' end.
    pub(crate) fn advance(&mut self, end: i64) {
        self.tiers.advance(end);
    }

    /// The second that windows end with.
    pub(crate) fn end(&self) -> i64 {
        self.tiers.seconds().end()
    }

    /// Counts `figure`, which is below the number of figures, in the second `at`.
    pub(crate) fn record(&mut self, figure: u16, scope: ScopeId, at: i64) {
        let Some(total) = self.totals.get_mut(usize::from(figure)) else { return };
        *total += 1;
        let key = self.key(figure, scope);
        Keys::record_sum(&mut self.by_scope, key);
        self.tiers.record(at, key);
    }

    /// The count of `figure` in the session, over all scopes.
    pub(crate) fn total(&self, figure: u16) -> u64 {
        self.totals.get(usize::from(figure)).copied().unwrap_or(0)
    }

    /// The counts of some figures over `span`, within `scopes`.
    pub(crate) fn over<const N: usize>(
        &self,
        figures: [Option<u16>; N],
        span: Span,
        scopes: &ScopeSet,
    ) -> [u64; N] {
        match span.seconds() {
            None if scopes.is_all() => figures.map(|figure| figure.map_or(0, |figure| self.total(figure))),
            None => self.pick(figures, &self.by_scope, scopes),
            Some(seconds) => self.tiers.seconds().sum(seconds, |counts| self.pick(figures, counts, scopes)),
        }
    }

    /// The counts of some figures in the bucket of `step` seconds from the second `start`, within `scopes`.
    pub(crate) fn bucket<const N: usize>(
        &self,
        figures: [Option<u16>; N],
        start: i64,
        step: u32,
        scopes: &ScopeSet,
    ) -> [u64; N] {
        let mut counts = [0; N];
        self.visit(start, step, scopes, |figure, count| {
            for (wanted, sum) in figures.iter().zip(&mut counts) {
                if *wanted == Some(figure) {
                    *sum += count;
                }
            }
        });
        counts
    }

    /// The counts of all figures over `span`, within `scopes`.
    pub(crate) fn every(&self, span: Span, scopes: &ScopeSet) -> Vec<u64> {
        match span.seconds() {
            None if scopes.is_all() => self.totals.clone(),
            None => self.sums(&self.by_scope, scopes),
            Some(seconds) => self.tiers.seconds().sum(seconds, |counts| self.sums(counts, scopes)),
        }
    }

    /// Calls `visit` with figures and counts that add up to the bucket of `step` seconds from the second `start`, within
    /// `scopes`; a figure may come more than once.
    pub(crate) fn visit(&self, start: i64, step: u32, scopes: &ScopeSet, mut visit: impl FnMut(u16, u64)) {
        self.tiers.visit(start, step, |bucket| {
            bucket.0.for_each(|key, count| {
                let (figure, scope) = self.split(key);
                if scopes.contains(scope) {
                    visit(figure, count);
                }
            });
        });
    }

    /// How many buckets went before their time, for want of room.
    pub(crate) fn dropped_buckets(&self) -> u64 {
        self.tiers.dropped()
    }

    /// How many buckets no longer tell symbols and sides apart, for want of room.
    pub(crate) fn folded_buckets(&self) -> u64 {
        self.tiers.folded()
    }

    fn pick<const N: usize>(&self, figures: [Option<u16>; N], counts: &[u64], scopes: &ScopeSet) -> [u64; N] {
        let by_scope = counts.chunks(usize::from(self.figures)).zip(0_u8..);
        let chosen = by_scope.filter(|(_, scope)| scopes.contains(ScopeId::from_index(*scope)));
        chosen.fold([0; N], |mut sums, (counts, _)| {
            for (sum, figure) in sums.iter_mut().zip(figures) {
                *sum += figure.and_then(|figure| counts.get(usize::from(figure))).copied().unwrap_or(0);
            }
            sums
        })
    }

    fn sums(&self, counts: &[u64], scopes: &ScopeSet) -> Vec<u64> {
        let by_scope = counts.chunks(usize::from(self.figures)).zip(0_u8..);
        let chosen = by_scope.filter(|(_, scope)| scopes.contains(ScopeId::from_index(*scope)));
        chosen.fold(vec![0; usize::from(self.figures)], |mut sums, (counts, _)| {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            sums
        })
    }

    fn key(&self, figure: u16, scope: ScopeId) -> u32 {
        scope.first_key(u32::from(self.figures)) + u32::from(figure)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a key is made of a scope and a figure")]
    fn split(&self, key: u32) -> (u16, ScopeId) {
        let figures = u32::from(self.figures);
        ((key % figures) as u16, ScopeId::from_index((key / figures) as u8))
    }
}
