//! What was counted and measured in some stretch of time, ready to be stored, loaded and joined.
//!
//! An [`Aggregate`] holds every candidate's counts, so that who speaks can still be chosen when those of a session
//! are joined. Then [`Aggregate::spoken`] gives the figures, and those of several sessions are joined as [`Spoken`].
//! Invariant: `merge` is associative and commutative to the bit, and an empty aggregate changes nothing.

mod stored;

use std::collections::BTreeMap;

use crate::{
    coverage::Explained,
    durations::wider,
    event::{Shape, Source, Writer},
    figure::{Figure, IntentCount, QueryCount, SHAPES},
    histogram::{self, QUANTILES},
    latency::{LatencyKind, LatencySummary, Way},
    orders::Speaker,
    outcome::{Outcome, Outcomes},
    provenance::{self, ProvenanceCoverage},
    reason::DenyClass,
    routes::{RouteSpeaker, Routes},
};

/// A histogram of durations with their exact sum, least and greatest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DurationSum {
    bins: BTreeMap<u16, u64>,
    total: u64,
    sum_ns: u64,
    extremes: Option<(f64, f64)>,
}

impl DurationSum {
    /// Counts a duration in milliseconds; what is not one is left out.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; saturates")]
    pub(crate) fn record(&mut self, ms: f64) {
        let Some(bin) = histogram::bin(ms) else { return };
        let one = DurationSum {
            bins: BTreeMap::new(),
            total: 1,
            sum_ns: (ms * 1e6).round() as u64,
            extremes: Some((ms.abs(), ms.abs())),
        };
        *self.bins.entry(bin).or_default() += 1;
        self.merge(&one);
    }

    /// Takes another in.
    pub fn merge(&mut self, other: &DurationSum) {
        for (bin, count) in &other.bins {
            let sum = self.bins.entry(*bin).or_default();
            *sum = sum.saturating_add(*count);
        }
        self.total = self.total.saturating_add(other.total);
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
        self.extremes = match (self.extremes, other.extremes) {
            (Some(one), Some(other)) => Some(wider(one, other)),
            (one, other) => one.or(other),
        };
    }

    /// Quantiles within 0.79 %; `None` where nothing was measured.
    pub fn summary(&self) -> Option<LatencySummary> {
        let bins = self.bins.iter().map(|(bin, count)| (usize::from(*bin), *count));
        let quantiles = histogram::walk(self.total, bins, QUANTILES)?;
        Some(LatencySummary::new(self.total, quantiles, self.extremes?))
    }

    /// How many durations there are.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// How many are longer than `ms` milliseconds, within 0.79 % of that.
    pub fn above(&self, ms: f64) -> u64 {
        let bins = self.bins.iter().filter(|(bin, _)| histogram::value(usize::from(**bin)) > ms);
        bins.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Average in milliseconds; `None` where nothing was measured.
    pub fn average_ms(&self) -> Option<f64> {
        (self.total > 0).then(|| self.sum_ns as f64 / 1e6 / self.total as f64)
    }
}

/// What was counted and measured, by candidate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aggregate {
    counts: BTreeMap<Figure, u64>,
    durations: BTreeMap<Way, DurationSum>,
}

impl Aggregate {
    pub(crate) fn count(&mut self, figure: Figure) {
        *self.counts.entry(figure).or_default() += 1;
    }

    pub(crate) fn measure(&mut self, way: Way, ms: f64) {
        self.durations.entry(way).or_default().record(ms);
    }

    /// Takes another of the same session in.
    pub fn merge(&mut self, other: &Aggregate) {
        for (figure, count) in &other.counts {
            let sum = self.counts.entry(*figure).or_default();
            *sum = sum.saturating_add(*count);
        }
        for (way, durations) in &other.durations {
            self.durations.entry(*way).or_default().merge(durations);
        }
    }

    /// One candidate's count.
    pub fn get(&self, figure: Figure) -> u64 {
        self.counts.get(&figure).copied().unwrap_or(0)
    }

    /// Whether nothing was counted or measured.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.durations.is_empty()
    }

    /// The figures, each by its speaker. Speakers are those of the whole session, not of a part of it: see
    /// [`Speakers::of`].
    pub fn spoken(&self, speakers: &Speakers) -> Spoken {
        let figures = |speaker: RouteSpeaker| Routes::new(speaker.figures().map(|figure| self.get(figure)));
        let denier = speakers.outcome(Outcome::Denied);
        Spoken {
            outcomes: Outcomes::collect(|outcome| {
                speakers.outcome(outcome).map_or(0, |speaker| self.get(speaker.figure(outcome)))
            }),
            denied: DenyClass::ALL
                .map(|class| denier.map_or(0, |speaker| self.get(Figure::denied(speaker.writer, class)))),
            routes: speakers.routes.map_or(Routes::default(), figures),
            durations: LatencyKind::ALL.map(|kind| {
                let way = speakers.way(kind);
                way.and_then(|way| self.durations.get(&way)).cloned().unwrap_or_default()
            }),
            queries: QueryCount::ALL.map(|count| self.get(Figure::query(count))),
            explained: speakers.intents.map_or(Explained::default(), |shape| Explained {
                intents: self.get(Figure::intent(shape, IntentCount::Grown)),
                explained: self.get(Figure::intent(shape, IntentCount::Explained)),
            }),
            records: self.records(speakers),
            events: Source::ALL.map(|source| self.get(Figure::events(source))),
            rejected: self.get(Figure::rejected()),
        }
    }

    /// Records of submitted orders that count, those of them that are complete, and those that do not count.
    fn records(&self, speakers: &Speakers) -> [u64; 3] {
        let mut records = [0; 3];
        let [all, complete, left_out] = &mut records;
        for (writer, counts) in Writer::all().zip(speakers.records) {
            let written = self.get(Figure::provenance(writer, false));
            if counts {
                *all += written;
                *complete += self.get(Figure::provenance(writer, true));
            } else {
                *left_out += written;
            }
        }
        records
    }
}

/// Who speaks in a session: for each outcome, for routes, for intents, the way of measuring each kind of latency, and
/// whose records of orders count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Speakers {
    outcomes: [Option<Speaker>; Outcome::COUNT],
    routes: Option<RouteSpeaker>,
    ways: [Option<Way>; LatencyKind::ALL.len()],
    intents: Option<Shape>,
    records: [bool; Writer::COUNT],
}

crate::parts::parts!(Speakers { outcomes, routes, ways, intents, records });

impl Speakers {
    /// The speakers of a session, from everything that it has, merged: the candidates with the largest counts.
    pub fn of(session: &Aggregate) -> Self {
        let count = |figure| session.get(figure);
        let received = |shape| session.get(Figure::intent(shape, IntentCount::Received));
        Self::chosen(
            |outcome| Speaker::among(outcome, count),
            RouteSpeaker::among(count),
            |kind| Way::of(kind).find(|way| session.durations.contains_key(way)),
        )
        .with_records(
            SHAPES.into_iter().filter(|shape| received(*shape) > 0).max_by_key(|shape| received(*shape)),
            |writer| provenance::counts(writer, session.get(Figure::provenance(writer, true))),
        )
    }

    pub(crate) fn chosen(
        outcome: impl Fn(Outcome) -> Option<Speaker>,
        routes: Option<RouteSpeaker>,
        way: impl Fn(LatencyKind) -> Option<Way>,
    ) -> Self {
        let (outcomes, ways) = (Outcome::ALL.map(outcome), LatencyKind::ALL.map(way));
        Self { outcomes, routes, ways, ..Self::default() }
    }

    /// The same with who speaks for intents and whose records of orders count.
    pub(crate) fn with_records(self, intents: Option<Shape>, counts: impl Fn(Writer) -> bool) -> Self {
        let mut records = [false; Writer::COUNT];
        for (slot, writer) in records.iter_mut().zip(Writer::all()) {
            *slot = counts(writer);
        }
        Self { intents, records, ..self }
    }

    /// Whether anybody in the session ever told of `outcome`.
    pub fn tells(&self, outcome: Outcome) -> bool {
        self.outcome(outcome).is_some()
    }

    fn outcome(&self, outcome: Outcome) -> Option<Speaker> {
        self.outcomes.get(outcome.index()).copied().flatten()
    }

    fn way(&self, kind: LatencyKind) -> Option<Way> {
        self.ways.get(kind as usize).copied().flatten()
    }
}

/// The figures of some stretch of time; those of several sessions add up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spoken {
    /// Every outcome's count.
    pub outcomes: Outcomes,
    denied: [u64; DenyClass::ALL.len()],
    /// Routes.
    pub routes: Routes,
    durations: [DurationSum; LatencyKind::ALL.len()],
    queries: [u64; QueryCount::ALL.len()],
    /// Intents that are older than ten seconds, and how many of them are explained.
    pub explained: Explained,
    records: [u64; 3],
    events: [u64; Source::ALL.len()],
    /// Lines that could not be read.
    pub rejected: u64,
}

impl Spoken {
    /// Takes the figures of another stretch or another session in.
    pub fn merge(&mut self, other: &Spoken) {
        self.outcomes = self.outcomes.plus(other.outcomes);
        add(&mut self.denied, other.denied);
        self.routes = self.routes.plus(other.routes);
        for (sum, durations) in self.durations.iter_mut().zip(&other.durations) {
            sum.merge(durations);
        }
        add(&mut self.queries, other.queries);
        self.explained = self.explained.plus(other.explained);
        add(&mut self.records, other.records);
        add(&mut self.events, other.events);
        self.rejected = self.rejected.saturating_add(other.rejected);
    }

    /// Queries to the service; their durations are those of [`LatencyKind::Query`].
    pub fn queries(&self, count: QueryCount) -> u64 {
        self.queries.get(count as usize).copied().unwrap_or(0)
    }

    /// Whether records of orders say where they come from.
    pub fn provenance(&self) -> ProvenanceCoverage {
        let [records, complete, left_out] = self.records;
        ProvenanceCoverage::of(records, complete, left_out)
    }

    /// Records of submitted orders that count, and those of them that say where they come from.
    pub fn records(&self) -> (u64, u64) {
        let [records, complete, _] = self.records;
        (records, complete)
    }

    /// Events of a file kind.
    pub fn events(&self, source: Source) -> u64 {
        self.events.get(source as usize).copied().unwrap_or(0)
    }

    /// Denials of one class.
    pub fn denied_of(&self, class: DenyClass) -> u64 {
        self.denied.get(class as usize).copied().unwrap_or(0)
    }

    /// Durations of one kind.
    pub fn durations(&self, kind: LatencyKind) -> Option<&DurationSum> {
        self.durations.get(kind as usize).filter(|durations| durations.total > 0)
    }
}

fn add<const N: usize>(sums: &mut [u64; N], counts: [u64; N]) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum = sum.saturating_add(count);
    }
}
