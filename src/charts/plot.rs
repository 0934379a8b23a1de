//! What a chart shows, before it has a size or colours.

use aurora_charts::{Gap, Point, Unit};
use aurora_domain::{Buckets, Span, Ts};

use crate::{browser, store::Missing};

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

impl Window {
    /// The buckets that end at `now` for a span; the whole session shows its last fifteen minutes.
    pub(crate) fn of(span: Span, now: Ts) -> Self {
        // A page that has seen no time yet shows the empty minutes before now.
        let now =
            if now == Ts(0) { Ts::from_millis(i64::try_from(browser::now_ms()).unwrap_or(0)) } else { now };
        let seconds = span.seconds().unwrap_or(Span::LONGEST_SECONDS);
        let step = match seconds {
            0..=60 => 1,
            61..=300 => 5,
            _ => 15,
        };
        let buckets = seconds / step;
        let current = now.second().div_euclid(i64::from(step)) * i64::from(step);
        Self { start: current - i64::from(step * (buckets - 1)), buckets, step }
    }

    /// The end of the last bucket, in seconds.
    pub(crate) fn end(self) -> i64 {
        self.start + i64::from(self.buckets * self.step)
    }

    /// The same stretch as the core knows it.
    pub(crate) fn buckets(self) -> Buckets {
        Buckets::with_step(self.step, self.start, self.end() - 1)
    }

    /// First seconds of the buckets.
    pub(crate) fn starts(self) -> impl Iterator<Item = i64> {
        (0..self.buckets).map(move |bucket| self.start + i64::from(bucket * self.step))
    }
}

/// One named series in a palette slot from 1 to 6.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
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

/// All that a chart shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plot {
    pub(crate) window: Window,
    pub(crate) unit: Unit,
    pub(crate) shape: Shape,
    pub(crate) series: Vec<Series>,
    /// Times whose events are missing.
    pub(crate) gaps: Vec<Gap>,
}

impl Plot {
    /// The same with the times whose events are missing; what has no end yet reaches to the chart's.
    pub(crate) fn with_gaps(self, missing: &[Missing]) -> Self {
        let seconds = |ts: Ts| ts.0 as f64 / 1e9;
        let (start, end) = (self.window.start as f64, self.window.end() as f64);
        let gaps =
            missing.iter().map(|gap| Gap { start: seconds(gap.start), end: gap.end.map_or(end, seconds) });
        let gaps = gaps.filter(|gap| gap.end > start && gap.start < end).collect();
        Self { gaps, ..self }
    }

    /// The series' values as points in the middle of their buckets.
    pub(crate) fn points(&self, series: &Series) -> Vec<Point> {
        let half = f64::from(self.window.step) / 2.0;
        let at = self.window.starts().map(|start| start as f64 + half);
        at.zip(&series.values).map(|(x, y)| Point::new(x, *y)).collect()
    }

    /// Bucket after bucket, each with a value for every series: as stacks are painted.
    pub(crate) fn bucket_major(&self) -> Vec<f64> {
        let buckets = 0..self.window.buckets as usize;
        buckets
            .flat_map(|bucket| {
                self.series.iter().map(move |series| series.values.get(bucket).copied().unwrap_or(f64::NAN))
            })
            .collect()
    }

    /// The largest value that the vertical axis has to hold, bucket by bucket.
    pub(crate) fn heights(&self) -> Vec<f64> {
        match self.shape {
            Shape::Lines => self.series.iter().flat_map(|series| series.values.iter().copied()).collect(),
            Shape::Stack => {
                let values = self.bucket_major();
                values
                    .chunks(self.series.len().max(1))
                    .map(|bucket| bucket.iter().filter(|v| v.is_finite()).sum())
                    .collect()
            }
        }
    }

    /// Whether any bucket has a value above zero.
    pub(crate) fn has_data(&self) -> bool {
        self.series.iter().any(|series| series.values.iter().any(|value| *value > 0.0))
    }

    /// The latest value of a series; `None` where it has none.
    pub(crate) fn latest(series: &Series) -> Option<f64> {
        series.values.iter().rev().copied().find(|value| value.is_finite())
    }
}
