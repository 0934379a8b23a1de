//! Reduces a series to what its pixel columns can show, and projects that.
//!
//! Each pixel column of an unbroken stretch keeps its first, least, largest and last value ("M4"), which draws the
//! same pixels as all samples would. The reduction works on values and projects only what is left, so its cost per
//! sample is a few comparisons. It needs no threshold: a column of one sample keeps that sample.
//!
//! Invariants: at most four points per column and stretch, all inside the plot; a break (`None`) ends the stretch
//! unless samples on both sides of it fall into one column, where no eye could see it.

use crate::layout::Layout;
use plotters_backend::BackendCoord;

use crate::clip::clip;
use crate::model::Point;

/// Unbroken stretches of a line in device pixels.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Trace {
    coords: Vec<BackendCoord>,
    /// Number of coordinates up to the end of each stretch.
    ends: Vec<usize>,
}

impl Trace {
    /// What of `points` is to be drawn on `layout`.
    pub(crate) fn of(points: &[Point], layout: &Layout) -> Self {
        let mut tracer = Tracer { layout, trace: Self::default(), column: None, broken: false };
        let spec = layout.spec();
        clip(points, &spec.x, &spec.y, |point| match point {
            Some(point) => tracer.push(point),
            None => tracer.broken = true,
        });
        tracer.finish()
    }

    /// The stretches, none of them empty.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &[BackendCoord]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).filter_map(|(start, end)| self.coords.get(start..*end))
    }

    fn add(&mut self, coord: BackendCoord) {
        let run_start = self.ends.last().copied().unwrap_or(0);
        let repeated = self.coords.len() > run_start && self.coords.last() == Some(&coord);
        if !repeated {
            self.coords.push(coord);
        }
    }

    fn end_run(&mut self) {
        if self.coords.len() > self.ends.last().copied().unwrap_or(0) {
            self.ends.push(self.coords.len());
        }
    }
}

/// Values of one pixel column so far.
struct Column {
    x: i32,
    first: f64,
    min: f64,
    max: f64,
    last: f64,
}

struct Tracer<'a> {
    layout: &'a Layout,
    trace: Trace,
    column: Option<Column>,
    broken: bool,
}

impl Tracer<'_> {
    fn push(&mut self, point: Point) {
        let x = self.layout.column(point.x);
        let broken = std::mem::take(&mut self.broken);
        if let Some(column) = self.column.as_mut().filter(|column| column.x == x) {
            column.min = column.min.min(point.y);
            column.max = column.max.max(point.y);
            column.last = point.y;
            return;
        }
        self.flush();
        if broken {
            self.trace.end_run();
        }
        self.column = Some(Column { x, first: point.y, min: point.y, max: point.y, last: point.y });
    }

    fn flush(&mut self) {
        if let Some(Column { x, first, min, max, last }) = self.column.take() {
            let (low, high) = (self.layout.row(min), self.layout.row(max));
            // Most columns have one sample or two.
            let row = |value: f64| match value {
                value if value <= min => low,
                value if value >= max => high,
                value => self.layout.row(value),
            };
            // In this order two samples are two points, whether they fall or rise.
            let extremes = if first > last { [high, low] } else { [low, high] };
            for row in std::iter::once(row(first)).chain(extremes).chain([row(last)]) {
                self.trace.add((x, row));
            }
        }
    }

    fn finish(mut self) -> Trace {
        self.flush();
        self.trace.end_run();
        self.trace
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Spec, test_layout};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// First, least, largest and last row of a column, taken from every coordinate drawn there.
    type Columns = BTreeMap<i32, (i32, i32, i32, i32)>;

    fn columns<'a>(coords: impl IntoIterator<Item = &'a BackendCoord>) -> Columns {
        let mut columns = Columns::new();
        for (x, y) in coords {
            let column = columns.entry(*x).or_insert((*y, *y, *y, *y));
            *column = (column.0, column.1.min(*y), column.2.max(*y), *y);
        }
        columns
    }

    /// Every sample projected, one stretch per run of finite samples.
    fn naive(points: &[Point], layout: &Layout) -> Vec<Vec<BackendCoord>> {
        let stretches = points.split(|point| !point.is_finite()).filter(|stretch| !stretch.is_empty());
        let project = |point: &Point| (layout.column(point.x), layout.row(point.y));
        stretches.map(|stretch| stretch.iter().map(project).collect()).collect()
    }

    /// Joins stretches that meet in one column, as a break narrower than a pixel is not drawn.
    fn joined(stretches: Vec<Vec<BackendCoord>>) -> Vec<Vec<BackendCoord>> {
        let mut out: Vec<Vec<BackendCoord>> = Vec::new();
        for stretch in stretches {
            match out.last_mut() {
                Some(last) if last.last().unwrap().0 == stretch[0].0 => last.extend(stretch),
                _ => out.push(stretch),
            }
        }
        out
    }

    fn points(spec: &Spec, samples: &[(f64, f64)]) -> Vec<Point> {
        let mut points: Vec<Point> =
            samples.iter().map(|(part, y)| Point::new(spec.x.at(*part), *y)).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        points
    }

    fn sample() -> impl Strategy<Value = (f64, f64)> {
        let value = prop_oneof![
            8 => -20.0..150.0f64,
            1 => Just(f64::NAN),
            1 => prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY), any::<f64>()],
        ];
        (0.0..=1.0f64, value)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_column_keeps_first_least_largest_and_last(
            samples in prop::collection::vec(sample(), 0..3000),
            log in any::<bool>(),
        ) {
            let layout = test_layout(log);
            let points = points(layout.spec(), &samples);
            let trace = Trace::of(&points, &layout);
            let expected = joined(naive(&points, &layout));
            prop_assert_eq!(trace.runs().count(), expected.len());
            for (run, expected) in trace.runs().zip(&expected) {
                prop_assert_eq!(columns(run), columns(expected));
            }
        }

        #[test]
        fn what_is_drawn_is_bounded_by_the_columns(samples in prop::collection::vec(sample(), 0..3000)) {
            let layout = test_layout(false);
            let points = points(layout.spec(), &samples);
            let trace = Trace::of(&points, &layout);
            let plot = layout.plot();
            let columns = usize::try_from(plot.right - plot.left + 1).unwrap();
            prop_assert!(trace.coords.len() <= 4 * columns);
            prop_assert!(trace.ends.len() <= columns);
            prop_assert!(trace.coords.iter().all(|coord| plot.contains(*coord)));
        }
    }

    #[test]
    fn few_samples_are_drawn_as_they_are() {
        let layout = test_layout(false);
        let points = points(layout.spec(), &[(0.1, 1.0), (0.5, 90.0), (0.9, 20.0)]);
        let trace = Trace::of(&points, &layout);
        assert_eq!(trace.runs().collect::<Vec<_>>(), naive(&points, &layout));
    }

    #[test]
    fn a_gap_within_one_column_is_not_drawn() {
        let layout = test_layout(false);
        let samples = [(0.3, 1.0), (0.300_001, f64::NAN), (0.300_002, 2.0), (0.6, f64::NAN), (0.9, 3.0)];
        let trace = Trace::of(&points(layout.spec(), &samples), &layout);
        assert_eq!(trace.runs().count(), 2);
    }
}
