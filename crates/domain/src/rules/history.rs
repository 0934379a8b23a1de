//! The samples that expressions look back on.
//!
//! Invariants: only series of metrics that a rule asks for are kept, each as far back as the longest range over its
//! metric, at most [`MAX_POINTS`] points and [`MAX_SERIES`] series. Times of a series grow. A series that a complete
//! observation lacks is stale: it has no value now, until it comes again.

use std::{collections::VecDeque, sync::Arc};

use super::{ast::Selector, labels::Labels};

/// How old a value may be to count as the present one, in milliseconds.
pub const LOOKBACK_MS: i64 = 300_000;
/// How many series are kept at most, of all metrics.
pub const MAX_SERIES: usize = 10_000;
/// How many points one series keeps at most: a day and a few hours at one a second.
pub const MAX_POINTS: usize = 100_000;

/// A value and its time in Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) at_ms: i64,
    pub(super) value: f64,
}

/// The points of one series, the oldest first.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) labels: Labels,
    points: VecDeque<Point>,
    stale: bool,
}

/// The series of one metric, by labels.
#[derive(Clone, Debug)]
struct Family {
    metric: Arc<str>,
    /// The longest range that any rule asks for; 0 where all ask for now.
    range_ms: i64,
    series: Vec<Series>,
}

/// All series that rules ask for.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// By metric.
    families: Vec<Family>,
    series: usize,
    /// Samples of series beyond the bound.
    pub(super) dropped_samples: u64,
    /// Points beyond the bound.
    pub(super) dropped_points: u64,
}

impl History {
    /// Will keep the series of `selector` for `range_ms`.
    pub(super) fn keep(&mut self, selector: &Selector, range_ms: i64) {
        match self.find(&selector.metric) {
            Ok(at) => {
                if let Some(family) = self.families.get_mut(at) {
                    family.range_ms = family.range_ms.max(range_ms);
                }
            }
            Err(at) => {
                let family = Family { metric: selector.metric.clone(), range_ms, series: Vec::new() };
                self.families.insert(at, family);
            }
        }
    }

    /// Takes over what `before` has of the metrics that rules ask for here, and its counts.
    pub(super) fn inherit(&mut self, before: History) {
        (self.dropped_samples, self.dropped_points) = (before.dropped_samples, before.dropped_points);
        for family in before.families {
            if let Some(own) = self.find(&family.metric).ok().and_then(|at| self.families.get_mut(at)) {
                own.series = family.series;
                self.series += own.series.len();
            }
        }
    }

    fn find(&self, metric: &str) -> Result<usize, usize> {
        self.families.binary_search_by(|family| (*family.metric).cmp(metric))
    }

    /// Whether a rule asks for `metric`.
    pub(super) fn wants(&self, metric: &str) -> bool {
        self.find(metric).is_ok()
    }

    /// The metrics that rules ask for, by name.
    pub(super) fn metrics(&self) -> impl Iterator<Item = &str> {
        self.families.iter().map(|family| &*family.metric)
    }

    /// Takes in one sample. Of metrics that no rule asks for nothing is kept; of two samples of one series at one time,
    /// the first.
    pub(super) fn append(&mut self, metric: &str, labels: &Labels, point: Point) {
        let Some(family) = self.find(metric).ok().and_then(|at| self.families.get_mut(at)) else { return };
        let at = match family.series.binary_search_by(|series| series.labels.cmp(labels)) {
            Ok(at) => at,
            Err(_) if self.series >= MAX_SERIES => {
                self.dropped_samples += 1;
                return;
            }
            Err(at) => {
                self.series += 1;
                family
                    .series
                    .insert(at, Series { labels: labels.clone(), points: VecDeque::new(), stale: false });
                at
            }
        };
        let Some(series) = family.series.get_mut(at) else { return };
        if series.points.back().is_some_and(|last| last.at_ms >= point.at_ms) {
            return;
        }
        series.stale = false;
        series.points.push_back(point);
        let (range_ms, oldest) = (family.range_ms, point.at_ms - family.range_ms);
        while series.points.len() > 1
            && series.points.front().is_some_and(|first| first.at_ms < oldest || range_ms == 0)
        {
            series.points.pop_front();
        }
        if series.points.len() > MAX_POINTS {
            series.points.pop_front();
            self.dropped_points += 1;
        }
    }

    /// Series without a point at `now_ms` become stale; those with nothing left to look back on are forgotten.
    pub(super) fn end_observation(&mut self, now_ms: i64) {
        self.series = 0;
        for family in &mut self.families {
            let oldest = now_ms - family.range_ms;
            family.series.retain_mut(|series| {
                let Some(last) = series.points.back() else { return false };
                series.stale = last.at_ms < now_ms;
                !series.stale || last.at_ms >= oldest
            });
            self.series += family.series.len();
        }
    }

    /// Those that `selector` selects, by labels.
    pub(super) fn select<'h>(&'h self, selector: &'h Selector) -> impl Iterator<Item = &'h Series> {
        let family = self.find(&selector.metric).ok().and_then(|at| self.families.get(at));
        family.into_iter().flat_map(|family| &family.series).filter(|series| selector.selects(&series.labels))
    }
}

impl Series {
    /// The value at `now_ms`: the last one, where it is not stale and not older than [`LOOKBACK_MS`].
    pub(super) fn value(&self, now_ms: i64) -> Option<f64> {
        let last = self.points.back().filter(|last| !self.stale && last.at_ms >= now_ms - LOOKBACK_MS)?;
        Some(last.value)
    }

    /// The points of the last `range_ms` up to `now_ms`, both ends included.
    pub(super) fn range(&self, now_ms: i64, range_ms: i64) -> impl DoubleEndedIterator<Item = Point> + Clone {
        let begin = self.points.partition_point(|point| point.at_ms < now_ms - range_ms);
        self.points.range(begin..).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(range_ms: i64) -> (History, Selector) {
        let selector = Selector { metric: "m".into(), matchers: Vec::new() };
        let mut history = History::default();
        history.keep(&selector, range_ms);
        (history, selector)
    }

    fn observe(history: &mut History, at_ms: i64, labels: &[&str]) {
        for label in labels {
            history.append("m", &Labels::new([("l", *label)]), Point { at_ms, value: at_ms as f64 });
        }
        history.end_observation(at_ms);
    }

    fn now(history: &History, selector: &Selector, now_ms: i64) -> Vec<Option<f64>> {
        history.select(selector).map(|series| series.value(now_ms)).collect()
    }

    #[test]
    fn a_series_that_an_observation_lacks_is_stale_until_it_comes_again() {
        let (mut history, selector) = history(10_000);
        observe(&mut history, 1_000, &["a", "b"]);
        observe(&mut history, 2_000, &["b"]);
        assert_eq!(now(&history, &selector, 2_000), [None, Some(2_000.0)]);
        observe(&mut history, 3_000, &["a", "b"]);
        assert_eq!(now(&history, &selector, 3_000), [Some(3_000.0), Some(3_000.0)]);
        observe(&mut history, 20_000, &["b"]);
        assert_eq!(now(&history, &selector, 20_000), [Some(20_000.0)], "forgotten after the range");
    }

    #[test]
    fn a_value_counts_for_five_minutes_both_ends_included() {
        let (mut history, selector) = history(0);
        observe(&mut history, 0, &["a"]);
        assert_eq!(now(&history, &selector, LOOKBACK_MS), [Some(0.0)]);
        assert_eq!(now(&history, &selector, LOOKBACK_MS + 1), [None]);
    }

    #[test]
    fn points_are_kept_as_far_back_as_the_longest_range() {
        let (mut history, selector) = history(3_000);
        for second in 1..=9 {
            observe(&mut history, second * 1_000, &["a"]);
        }
        let series = history.select(&selector).next().unwrap();
        let times = |range_ms| series.range(9_000, range_ms).map(|point| point.at_ms).collect::<Vec<_>>();
        assert_eq!(times(3_000), [6_000, 7_000, 8_000, 9_000]);
        assert_eq!(times(1_500), [8_000, 9_000]);
        assert_eq!(series.points.len(), 4);
    }

    #[test]
    fn unwanted_metrics_and_repeated_times_are_not_kept() {
        let (mut history, selector) = history(3_000);
        history.append("other", &Labels::NONE, Point { at_ms: 1, value: 1.0 });
        history.append("m", &Labels::NONE, Point { at_ms: 5, value: 1.0 });
        history.append("m", &Labels::NONE, Point { at_ms: 5, value: 2.0 });
        history.append("m", &Labels::NONE, Point { at_ms: 4, value: 3.0 });
        assert_eq!(now(&history, &selector, 5), [Some(1.0)]);
        assert_eq!((history.series, history.wants("m"), history.wants("other")), (1, true, false));
    }

    #[test]
    fn series_beyond_the_bound_are_dropped_and_counted() {
        let (mut history, selector) = history(0);
        for index in 0..MAX_SERIES + 2 {
            history.append("m", &Labels::new([("l", &*index.to_string())]), Point { at_ms: 1, value: 1.0 });
        }
        assert_eq!((history.select(&selector).count(), history.dropped_samples), (MAX_SERIES, 2));
        history.end_observation(1_000);
        history.append("m", &Labels::NONE, Point { at_ms: 2_000, value: 1.0 });
        assert_eq!((history.select(&selector).count(), history.dropped_samples), (1, 2));
    }
}
