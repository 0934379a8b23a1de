//! Latencies within a filter: the same figures as without, in the same way of measuring.
//!
//! Invariant: the way that speaks is chosen over everything, so samples of different symbols and sides add up.

use super::{Latency, LatencyCells, LatencyKind, LatencyPoint, LatencySummary, Track};
use crate::{
    durations::{Merged, wider},
    histogram::{self, Histogram, QUANTILES},
    scope::ScopeSet,
    series::Buckets,
    span::Span,
};

/// Latencies within some scopes.
#[derive(Clone, Copy, Debug)]
pub struct LatencyView<'a> {
    latency: &'a Latency,
    scopes: ScopeSet,
}

impl<'a> LatencyView<'a> {
    pub(super) fn new(latency: &'a Latency, scopes: ScopeSet) -> Self {
        Self { latency, scopes }
    }

    /// Quantiles of a kind; `None` where nothing was measured in `span`.
    pub fn summary(&self, kind: LatencyKind, span: Span) -> Option<LatencySummary> {
        let track = self.latency.spoken(kind)?;
        if self.scopes.is_all()
            && let Some((counts, extremes)) = running(track, span)
        {
            return summarise(counts, extremes);
        }
        let mut merged = Merged::default();
        match span.seconds() {
            None => merged.add(&track.by_scope, &self.scopes),
            Some(seconds) => {
                track.tiers.seconds().window(seconds).for_each(|second| merged.add(second, &self.scopes));
            }
        }
        summarise(merged.histogram(), merged.extremes())
    }

    /// Quantiles of a kind in each of `buckets`.
    pub fn series(&self, kind: LatencyKind, buckets: Buckets) -> Vec<LatencyPoint> {
        self.by_bucket(kind, buckets, |second, merged| LatencyPoint {
            second,
            summary: summarise(merged.histogram(), merged.extremes()),
        })
    }

    /// How the durations of a kind are spread in each of `buckets`; the same durations as in [`LatencyView::series`].
    pub fn cells(&self, kind: LatencyKind, buckets: Buckets) -> Vec<LatencyCells> {
        self.by_bucket(kind, buckets, |second, merged| LatencyCells {
            second,
            counts: bands(merged.histogram()),
        })
    }

    /// What `read` makes of the durations of a kind in each of `buckets`, by their first second.
    fn by_bucket<T>(&self, kind: LatencyKind, buckets: Buckets, read: impl Fn(i64, &Merged) -> T) -> Vec<T> {
        let Some(track) = self.latency.spoken(kind) else { return Vec::new() };
        let mut merged = Merged::default();
        let at = |second| {
            merged.clear();
            let step = buckets.step_seconds();
            track.tiers.visit(second, step, |bucket| merged.add(bucket, &self.scopes));
            read(second, &merged)
        };
        buckets.starts().map(at).collect()
    }
}

/// How many of the counted durations lie in each band.
fn bands(counts: &Histogram) -> Vec<(u16, u64)> {
    let mut bands: Vec<(u16, u64)> = Vec::new();
    counts.for_each(|bin, count| {
        let band = histogram::band(bin);
        match bands.last_mut() {
            Some((known, sum)) if *known == band => *sum += count,
            _ => bands.push((band, count)),
        }
    });
    bands
}

/// The histogram that is kept for `span`, over all scopes, with the least and greatest duration.
fn running(track: &Track, span: Span) -> Option<(&Histogram, Option<(f64, f64)>)> {
    let Some(seconds) = span.seconds() else {
        return Some((&track.session, track.by_scope.extremes(&ScopeSet::ALL)));
    };
    let window = track.tiers.seconds().window(seconds);
    let extremes = window.filter_map(|second| second.extremes(&ScopeSet::ALL)).reduce(wider);
    Some((track.tiers.seconds().running(seconds)?, extremes))
}

fn summarise(counts: &Histogram, extremes: Option<(f64, f64)>) -> Option<LatencySummary> {
    Some(LatencySummary::new(counts.total(), counts.quantiles(QUANTILES)?, extremes?))
}
