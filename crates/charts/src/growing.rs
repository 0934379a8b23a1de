//! A series that is reduced while it grows, so that a redraw does not look at every sample again.
//!
//! Time is cut into steps of equal length that stand still on the clock; each keeps its first, least, largest and last sample.
//! With two steps or more to a pixel column the picture is that of all samples, but for extremes at a column's edge, which may
//! stand one column off. Invariants: at most four samples a step, ascending in x; between samples with a gap between them
//! stands a gap, unless both are in one step.

use std::collections::VecDeque;

use crate::model::Point;

/// The samples of one step.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// Whole steps since 1970.
    number: f64,
    first: Point,
    least: Point,
    largest: Point,
    last: Point,
    /// Whether a gap stands before it.
    broken: bool,
}

/// A series reduced to steps of time.
#[derive(Clone, Debug)]
pub struct Growing {
    step_seconds: f64,
    steps: VecDeque<Step>,
    broken: bool,
}

impl Growing {
    /// An empty series in steps of `step_seconds`, at least a microsecond.
    pub fn new(step_seconds: f64) -> Self {
        Self { step_seconds: step_seconds.max(1e-6), steps: VecDeque::new(), broken: false }
    }

    /// Takes a sample in, not earlier than the one before it; one that is earlier counts in the newest step. A sample that is
    /// not finite is a gap.
    pub fn push(&mut self, point: Point) {
        if !point.is_finite() {
            self.broken = true;
            return;
        }
        let number = (point.x / self.step_seconds).floor();
        if let Some(step) = self.steps.back_mut().filter(|step| step.number >= number) {
            if point.y < step.least.y {
                step.least = point;
            }
            if point.y > step.largest.y {
                step.largest = point;
            }
            step.last = point;
            self.broken = false;
            return;
        }
        let broken = std::mem::take(&mut self.broken);
        self.steps.push_back(Step {
            number,
            first: point,
            least: point,
            largest: point,
            last: point,
            broken,
        });
    }

    /// Forgets steps that end at or before Unix time `time` in seconds.
    pub fn forget_before(&mut self, time: f64) {
        let before = (time / self.step_seconds).floor();
        while self.steps.front().is_some_and(|step| step.number < before) {
            self.steps.pop_front();
        }
    }

    /// Appends what is left of the samples to `points`, ascending in x.
    pub fn append_to(&self, points: &mut Vec<Point>) {
        for step in &self.steps {
            if step.broken {
                points.push(Point::gap(step.first.x));
            }
            let (early, late) = if step.least.x <= step.largest.x {
                (step.least, step.largest)
            } else {
                (step.largest, step.least)
            };
            let start = points.len();
            for point in [step.first, early, late, step.last] {
                if points.len() == start || points.last() != Some(&point) {
                    points.push(point);
                }
            }
        }
    }

    /// Least and largest value; none without samples.
    pub fn extent(&self) -> Option<(f64, f64)> {
        let extents = self.steps.iter().map(|step| (step.least.y, step.largest.y));
        extents.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reduced(points: &[Point], step_seconds: f64) -> Vec<Point> {
        let mut growing = Growing::new(step_seconds);
        for point in points {
            growing.push(*point);
        }
        let mut out = Vec::new();
        growing.append_to(&mut out);
        out
    }

    /// The step of five seconds that a sample is in.
    fn step_of(point: &Point) -> f64 {
        (point.x / 5.0).floor()
    }

    fn is_in(point: &Point, step: u8) -> bool {
        point.is_finite() && step_of(point).total_cmp(&f64::from(step)).is_eq()
    }

    fn samples() -> impl Strategy<Value = Vec<Point>> {
        let sample = (0.0..100.0f64, prop_oneof![9 => -50.0..50.0f64, 1 => Just(f64::NAN)]);
        prop::collection::vec(sample, 0..400).prop_map(|mut samples| {
            samples.sort_by(|a, b| a.0.total_cmp(&b.0));
            samples.into_iter().map(|(x, y)| Point::new(x, y)).collect()
        })
    }

    proptest! {
        #[test]
        fn every_step_keeps_first_least_largest_and_last(points in samples()) {
            let out = reduced(&points, 5.0);
            prop_assert!(out.windows(2).all(|pair| pair[0].x <= pair[1].x), "{:?}", out);
            for step in 0..20_u8 {
                let of = |points: &[Point]| {
                    let ys: Vec<f64> = points
                        .iter()
                        .filter(|point| is_in(point, step))
                        .map(|point| point.y)
                        .collect();
                    let least = ys.iter().copied().fold(f64::INFINITY, f64::min);
                    let largest = ys.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    (ys.first().copied(), least, largest, ys.last().copied())
                };
                prop_assert_eq!(of(&out), of(&points));
                prop_assert!(out.iter().filter(|point| is_in(point, step)).count() <= 4);
            }
        }

        #[test]
        fn a_gap_stays_unless_both_sides_are_in_one_step(points in samples()) {
            let breaks = |points: &[Point]| {
                let mut breaks = Vec::new();
                let (mut before, mut gap) = (None, false);
                for point in points {
                    if !point.is_finite() {
                        gap = true;
                        continue;
                    }
                    let step = step_of(point);
                    if gap && before.is_some_and(|before: f64| before < step) {
                        breaks.push(step);
                    }
                    (before, gap) = (Some(step), false);
                }
                breaks
            };
            prop_assert_eq!(breaks(&reduced(&points, 5.0)), breaks(&points));
        }
    }

    #[test]
    fn what_is_forgotten_is_gone_and_the_rest_stays() {
        let mut growing = Growing::new(5.0);
        for second in 0..100 {
            growing.push(Point::new(f64::from(second), f64::from(second)));
        }
        growing.forget_before(52.0);
        assert_eq!(growing.extent(), Some((50.0, 99.0)));
        growing.forget_before(1000.0);
        assert_eq!(growing.extent(), None);
    }
}
