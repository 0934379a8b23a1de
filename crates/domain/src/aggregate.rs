//! What was counted and measured in some stretch of time, ready to be stored, loaded and joined.
//!
//! An [`Aggregate`] holds every candidate's counts, so that who speaks can still be chosen when those of a session
//! are joined. Then [`Aggregate::spoken`] gives the figures, and those of several sessions are joined as [`Spoken`].
//! Invariant: `merge` is associative and commutative to the bit, and an empty aggregate changes nothing.

use std::{collections::BTreeMap, fmt};

use crate::{
    durations::wider,
    figure::Figure,
    histogram::{self, QUANTILES},
    latency::{LatencyKind, LatencySummary, Way},
    orders::Speaker,
    outcome::{Outcome, Outcomes},
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

/// A [`DurationSum`] as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct DurationParts {
    /// Bin and count, ascending by bin, no count zero.
    pub bins: Vec<(u16, u64)>,
    /// Sum in nanoseconds, at most `u64::MAX`.
    pub sum_ns: u64,
    /// The least, in milliseconds.
    pub min_ms: f64,
    /// The greatest, in milliseconds.
    pub max_ms: f64,
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

    /// Average in milliseconds; `None` where nothing was measured.
    pub fn average_ms(&self) -> Option<f64> {
        (self.total > 0).then(|| self.sum_ns as f64 / 1e6 / self.total as f64)
    }

    /// As plain data.
    pub fn parts(&self) -> DurationParts {
        let (min_ms, max_ms) = self.extremes.unwrap_or((0.0, 0.0));
        let bins = self.bins.iter().map(|(bin, count)| (*bin, *count)).collect();
        DurationParts { bins, sum_ns: self.sum_ns, min_ms, max_ms }
    }

    /// The inverse of [`DurationSum::parts`].
    ///
    /// # Errors
    /// Where bins are not ascending or not known, a count is zero, or there is no least and greatest duration.
    pub fn from_parts(parts: DurationParts) -> Result<Self, PartsError> {
        let DurationParts { bins, sum_ns, min_ms, max_ms } = parts;
        check_ascending(&bins)?;
        if let Some((bin, _)) = bins.iter().find(|(bin, _)| *bin >= histogram::BINS) {
            return Err(PartsError::UnknownKey { key: *bin });
        }
        if !(min_ms >= 0.0 && min_ms <= max_ms && max_ms.is_finite()) {
            return Err(PartsError::Extremes { min_ms, max_ms });
        }
        let total = bins.iter().fold(0_u64, |total, (_, count)| total.saturating_add(*count));
        let extremes = (total > 0).then_some((min_ms, max_ms));
        Ok(Self { bins: bins.into_iter().collect(), total, sum_ns, extremes })
    }
}

/// What was counted and measured, by candidate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aggregate {
    counts: BTreeMap<Figure, u64>,
    durations: BTreeMap<Way, DurationSum>,
}

/// An [`Aggregate`] as plain data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AggregateParts {
    /// [`Figure::index`] and count, ascending, no count zero.
    pub counts: Vec<(u16, u64)>,
    /// [`Way::index`] and durations, ascending.
    pub durations: Vec<(u8, DurationParts)>,
}

/// Why plain data is no aggregate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PartsError {
    /// A key comes twice or before a smaller one, or its count is zero.
    Order {
        /// The key.
        key: u16,
    },
    /// A key that this version does not know.
    UnknownKey {
        /// The key.
        key: u16,
    },
    /// No least and greatest duration.
    Extremes {
        /// The least, in milliseconds.
        min_ms: f64,
        /// The greatest, in milliseconds.
        max_ms: f64,
    },
}

impl fmt::Display for PartsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PartsError::Order { key } => {
                write!(f, "key {key} is repeated, out of order or without a count: the aggregate is damaged")
            }
            PartsError::UnknownKey { key } => {
                write!(f, "key {key} is unknown: the aggregate is damaged or was written by a newer version")
            }
            PartsError::Extremes { min_ms, max_ms } => {
                write!(f, "durations from {min_ms} to {max_ms} ms cannot be: the aggregate is damaged")
            }
        }
    }
}

impl std::error::Error for PartsError {}

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
        }
    }

    /// As plain data.
    pub fn parts(&self) -> AggregateParts {
        AggregateParts {
            counts: self.counts.iter().map(|(figure, count)| (figure.index(), *count)).collect(),
            durations: self.durations.iter().map(|(way, sum)| (way.index(), sum.parts())).collect(),
        }
    }

    /// The inverse of [`Aggregate::parts`].
    ///
    /// # Errors
    /// Where keys are not ascending or not known, a count is zero, or durations are not what they should be.
    pub fn from_parts(parts: AggregateParts) -> Result<Self, PartsError> {
        check_ascending(&parts.counts)?;
        let mut aggregate = Aggregate::default();
        for (key, count) in parts.counts {
            let figure = Figure::from_index(key).ok_or(PartsError::UnknownKey { key })?;
            aggregate.counts.insert(figure, count);
        }
        for (index, durations) in parts.durations {
            let key = u16::from(index);
            let way = Way::from_index(index).ok_or(PartsError::UnknownKey { key })?;
            if aggregate.durations.last_key_value().is_some_and(|(last, _)| *last >= way) {
                return Err(PartsError::Order { key });
            }
            aggregate.durations.insert(way, DurationSum::from_parts(durations)?);
        }
        Ok(aggregate)
    }
}

fn check_ascending(pairs: &[(u16, u64)]) -> Result<(), PartsError> {
    let descends = pairs.iter().zip(pairs.iter().skip(1)).find(|(one, next)| one.0 >= next.0);
    let zero = pairs.iter().find(|(_, count)| *count == 0);
    match descends.map(|(_, next)| next).or(zero) {
        Some((key, _)) => Err(PartsError::Order { key: *key }),
        None => Ok(()),
    }
}

/// Who speaks in a session: for each outcome, for routes, and the way of measuring each kind of latency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Speakers {
    outcomes: [Option<Speaker>; Outcome::COUNT],
    routes: Option<RouteSpeaker>,
    ways: [Option<Way>; LatencyKind::ALL.len()],
}

impl Speakers {
    /// The speakers of a session, from everything that it has, merged: the candidates with the largest counts.
    pub fn of(session: &Aggregate) -> Self {
        let count = |figure| session.get(figure);
        Self::chosen(
            |outcome| Speaker::among(outcome, count),
            RouteSpeaker::among(count),
            |kind| Way::of(kind).find(|way| session.durations.contains_key(way)),
        )
    }

    pub(crate) fn chosen(
        outcome: impl Fn(Outcome) -> Option<Speaker>,
        routes: Option<RouteSpeaker>,
        way: impl Fn(LatencyKind) -> Option<Way>,
    ) -> Self {
        Self { outcomes: Outcome::ALL.map(outcome), routes, ways: LatencyKind::ALL.map(way) }
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
}

impl Spoken {
    /// Takes the figures of another stretch or another session in.
    pub fn merge(&mut self, other: &Spoken) {
        self.outcomes = self.outcomes.plus(other.outcomes);
        for (sum, count) in self.denied.iter_mut().zip(other.denied) {
            *sum = sum.saturating_add(count);
        }
        self.routes = self.routes.plus(other.routes);
        for (sum, durations) in self.durations.iter_mut().zip(&other.durations) {
            sum.merge(durations);
        }
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
