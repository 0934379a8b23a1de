//! What a chart shows, before it has a size or colours.

use std::borrow::Cow;

use aurora_charts::{Gap, Point, Unit};
use aurora_domain::{Buckets, Filter, State, Ts, format};

use super::look::Range;
use crate::{browser, store::Missing};

/// Stretches without events that a chart's words name.
const GAPS_IN_WORDS: usize = 3;

/// What a chart is asked to show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    /// The stretch of time.
    pub(crate) range: Range,
    /// What is counted.
    pub(crate) filter: Filter,
}

/// The stretch of time that a chart shows, in whole buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// First second of the first bucket.
    pub(crate) start: i64,
    /// Buckets.
    pub(crate) buckets: u32,
    /// Seconds in a bucket.
    pub(crate) step: u32,
}

/// Seconds that a bucket can have.
const STEPS: [u32; 11] = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900];
/// The most buckets of a chart: as many as bars can be told apart.
const MOST: i64 = 120;
/// For how long the state keeps seconds, and tens of seconds.
const KEPT: [(i64, u32); 2] = [(900, 1), (10_800, 10)];

impl Window {
    /// The buckets of a stretch from `from` to `to` where the state's time is `now`: as fine as the state still has them.
    pub(crate) fn of(range: Range, now: i64) -> Self {
        let (from, to) = range.ends(now);
        let kept =
            KEPT.into_iter().find(|(seconds, _)| now + 1 - from <= *seconds).map_or(60, |(_, step)| step);
        let fits = |step: &u32| step.is_multiple_of(kept) && (to - from) / i64::from(*step) <= MOST;
        let step = STEPS.into_iter().find(fits).unwrap_or(900);
        let wide = i64::from(step);
        let (start, end) = match range {
            // Whole buckets, the current one included, so that none is cut in two while time moves.
            Range::Last(seconds) => {
                let end = (now.div_euclid(wide) + 1) * wide;
                (end - (i64::from(seconds) / wide).max(1) * wide, end)
            }
            Range::Fixed { .. } => (from.div_euclid(wide) * wide, (to + wide - 1).div_euclid(wide) * wide),
        };
        Self { start, buckets: u32::try_from((end - start) / wide).unwrap_or(1), step }
    }

    /// The end of the last bucket, in seconds.
    pub(crate) fn end(self) -> i64 {
        self.start + i64::from(self.buckets) * i64::from(self.step)
    }

    /// The same stretch as the core knows it.
    pub(crate) fn buckets(self) -> Buckets {
        Buckets::with_step(self.step, self.start, self.end() - 1)
    }

    /// First seconds of the buckets.
    pub(crate) fn starts(self) -> impl Iterator<Item = i64> {
        (0..self.buckets).map(move |bucket| self.start + i64::from(bucket) * i64::from(self.step))
    }

    /// Unix seconds in the middle of a bucket.
    pub(crate) fn middle(self, bucket: usize) -> f64 {
        self.start as f64 + (bucket as f64 + 0.5) * f64::from(self.step)
    }

    /// The bucket that holds a time; none outside.
    pub(crate) fn bucket_at(self, time: f64) -> Option<usize> {
        let bucket = (time - self.start as f64) / f64::from(self.step);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the window")]
        (bucket >= 0.0 && bucket < f64::from(self.buckets)).then_some(bucket as usize)
    }
}

/// One named series in a palette slot from 1 to 6.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: Cow<'static, str>,
    pub(crate) slot: u8,
    /// One value for each bucket; NaN where there is no data.
    pub(crate) values: Vec<f64>,
}

/// How series are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Each as a line.
    Lines,
    /// On top of each other, as bars.
    Stack,
}

/// How often each band of values occurred in each bucket; drawn under the series.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cells {
    /// Edges of the bands, ascending: one more than there are bands.
    pub(crate) edges: Vec<f64>,
    /// Bucket after bucket, the counts of its bands from the lowest up.
    pub(crate) counts: Vec<u32>,
}

/// A value that matters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limit {
    /// In the chart's unit.
    pub(crate) value: f64,
    /// What it is.
    pub(crate) label: &'static str,
    /// Whether the axis reaches to it whatever the data are.
    pub(crate) always: bool,
}

/// All that a chart shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plot {
    pub(crate) window: Window,
    /// First second shown and the one after the last; the window's buckets cover them.
    pub(crate) shown: (i64, i64),
    /// The state's time.
    pub(crate) now: i64,
    pub(crate) unit: Unit,
    pub(crate) shape: Shape,
    pub(crate) series: Vec<Series>,
    pub(crate) cells: Option<Cells>,
    /// Times whose events are missing.
    pub(crate) gaps: Vec<Gap>,
    pub(crate) limits: Vec<Limit>,
    /// The same of an earlier session, bucket by bucket: drawn as the band between its least and greatest series.
    pub(crate) ghost: Vec<Vec<f64>>,
    /// What kind of picture of what, as a sentence begins: `Line chart of decision latency over time`.
    pub(crate) words: Cow<'static, str>,
    /// What to say where there is nothing to draw.
    pub(crate) empty: Cow<'static, str>,
}

impl Plot {
    /// Nothing yet of what `ask` is about: a chart of lines over the buckets where the state's time is as it is.
    pub(crate) fn new(state: &State, ask: Ask, unit: Unit, shape: Shape) -> Self {
        Self::at(second(state.now()), ask.range, unit, shape)
    }

    /// The same at a time, in Unix seconds.
    pub(crate) fn at(now: i64, range: Range, unit: Unit, shape: Shape) -> Self {
        let window = Window::of(range, now);
        let shown = match range {
            Range::Last(_) => (window.start, window.end()),
            Range::Fixed { .. } => range.ends(now),
        };
        Self {
            window,
            shown,
            now,
            unit,
            shape,
            series: Vec::new(),
            cells: None,
            gaps: Vec::new(),
            limits: Vec::new(),
            ghost: Vec::new(),
            words: Cow::Borrowed("Chart"),
            empty: Cow::Borrowed("No data in this span"),
        }
    }

    /// The same with the times whose events are missing; what has no end yet reaches to the chart's.
    pub(crate) fn with_gaps(self, missing: &[Missing]) -> Self {
        let seconds = |ts: Ts| ts.0 as f64 / 1e9;
        let (start, end) = (self.shown.0 as f64, self.shown.1 as f64);
        let gaps =
            missing.iter().map(|gap| Gap { start: seconds(gap.start), end: gap.end.map_or(end, seconds) });
        let gaps = gaps.filter(|gap| gap.end > start && gap.start < end).collect();
        Self { gaps, ..self }
    }

    /// When events are missing, as a sentence that follows another one; empty where none are. The newest times first.
    pub(crate) fn gaps_in_words(&self, offset_min: i32) -> String {
        #[expect(clippy::cast_possible_truncation, reason = "seconds of this century")]
        let clock = |seconds: f64| format::clock(Ts::from_millis(seconds as i64 * 1_000), offset_min);
        let end = self.shown.1 as f64;
        let told = self.gaps.iter().rev().take(GAPS_IN_WORDS).map(|gap| match clock(gap.start) {
            since if gap.end >= end => format!("since {since}"),
            since => format!("from {since} to {}", clock(gap.end)),
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() {
            return String::new();
        }
        let before = match self.gaps.len() - told.len() {
            0 => String::new(),
            times => format!(", and {times} times before"),
        };
        format!(" Events are missing {}{before}.", told.join(", "))
    }

    /// Values of buckets as points in their middles.
    pub(crate) fn points(&self, values: &[f64]) -> Vec<Point> {
        let points = values.iter().enumerate().take(self.window.buckets as usize);
        points.map(|(bucket, y)| Point::new(self.window.middle(bucket), *y)).collect()
    }

    /// Whether there is anything to draw.
    pub(crate) fn has_data(&self) -> bool {
        let drawn = |value: &f64| if self.shape == Shape::Stack { *value > 0.0 } else { value.is_finite() };
        self.series.iter().any(|series| series.values.iter().any(drawn))
            || self.cells.as_ref().is_some_and(|cells| cells.counts.iter().any(|count| *count > 0))
    }

    /// The latest value of a series; `None` where it has none. Of rates that of the last whole bucket: the current one
    /// is still filling.
    pub(crate) fn latest(&self, series: &Series) -> Option<f64> {
        let mut values = series.values.iter().rev().copied();
        match self.unit {
            Unit::PerSecond => values.nth(1),
            _ => values.find(|value| value.is_finite()),
        }
    }

    /// The value of a series in a bucket, or the latest one, in words: none where the plot has nothing to draw, whatever a sum of
    /// nothing is.
    pub(crate) fn said(&self, series: &Series, bucket: Option<usize>) -> String {
        let value = match bucket {
            _ if !self.has_data() => None,
            Some(bucket) => series.values.get(bucket).copied(),
            None => self.latest(series),
        };
        self.text(value)
    }

    /// A value in words.
    pub(crate) fn text(&self, value: Option<f64>) -> String {
        format::or_no_data(value.filter(|value| value.is_finite()), |value| match self.unit {
            Unit::Milliseconds => format::millis(value),
            Unit::PerSecond => format::per_second(value),
            Unit::Ratio => format::percent(value),
            Unit::Count => format!("{value:.0}"),
            Unit::Number => format!("{value:.2}"),
        })
    }
}

/// The state's second, or this machine's for a page that has seen no time yet.
fn second(now: Ts) -> i64 {
    if now == Ts(0) {
        Ts::from_millis(i64::try_from(browser::now_ms()).unwrap_or(0)).second()
    } else {
        now.second()
    }
}
