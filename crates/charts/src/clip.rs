//! Cuts a series to the time range of its plot.
//!
//! Invariants: every point handed on is finite and inside the range; where the line crosses an edge of the range a
//! point on the line stands in for it, so the slope at the edge is the true one; a sample that is not finite is
//! handed on as a break (`None`).

use crate::model::Point;
use crate::scale::{TimeRange, YRange};

/// Hands the part of `points` inside `x` to `sink`, break by break.
pub(crate) fn clip(points: &[Point], x: &TimeRange, y: &YRange, mut sink: impl FnMut(Option<Point>)) {
    let mut previous: Option<Point> = None;
    for point in visible(points, x) {
        if !point.is_finite() {
            sink(None);
            previous = None;
            continue;
        }
        if let Some(edge) = previous.and_then(|previous| enter(previous, *point, x, y)) {
            sink(Some(edge));
        }
        if (x.start()..=x.end()).contains(&point.x) {
            sink(Some(*point));
        } else if let Some(edge) = previous.and_then(|previous| leave(previous, *point, x, y)) {
            sink(Some(edge));
        }
        previous = Some(*point);
    }
}

/// The samples inside the range and one neighbour on either side.
fn visible<'a>(points: &'a [Point], x: &TimeRange) -> &'a [Point] {
    let first = points.partition_point(|point| point.x < x.start()).saturating_sub(1);
    let last = points.partition_point(|point| point.x <= x.end()).saturating_add(1).min(points.len());
    points.get(first..last).unwrap_or_default()
}

/// Where the line from `a` to `b` comes in at the left edge.
fn enter(a: Point, b: Point, x: &TimeRange, y: &YRange) -> Option<Point> {
    (a.x < x.start() && b.x > x.start()).then(|| on_line(a, b, x.start(), y))
}

/// Where the line from `a` to `b` goes out at the right edge.
fn leave(a: Point, b: Point, x: &TimeRange, y: &YRange) -> Option<Point> {
    (a.x < x.end() && b.x > x.end()).then(|| on_line(a, b, x.end(), y))
}

fn on_line(a: Point, b: Point, time: f64, y: &YRange) -> Point {
    Point::new(time, y.between(a.y, b.y, (time - a.x) / (b.x - a.x)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clipped(points: &[Point], y: YRange) -> Vec<Option<(f64, f64)>> {
        let mut out = Vec::new();
        let x = TimeRange::new(10.0, 20.0).unwrap();
        clip(points, &x, &y, |point| out.push(point.map(|point| (point.x, point.y))));
        out
    }

    fn check(points: &[(f64, f64)], expected: &[Option<(f64, f64)>]) {
        let points: Vec<Point> = points.iter().map(|(x, y)| Point::new(*x, *y)).collect();
        assert_eq!(clipped(&points, YRange::linear(0.0, 10.0).unwrap()), expected);
    }

    #[test]
    fn edges_are_crossed_on_the_line() {
        check(&[(0.0, 0.0), (5.0, 0.0), (15.0, 4.0)], &[Some((10.0, 2.0)), Some((15.0, 4.0))]);
        check(&[(15.0, 4.0), (25.0, 0.0), (30.0, 9.0)], &[Some((15.0, 4.0)), Some((20.0, 2.0))]);
        check(&[(0.0, 0.0), (30.0, 3.0)], &[Some((10.0, 1.0)), Some((20.0, 2.0))]);
    }

    #[test]
    fn samples_on_the_edges_stay_themselves() {
        check(&[(10.0, 1.0), (20.0, 2.0)], &[Some((10.0, 1.0)), Some((20.0, 2.0))]);
        check(&[(5.0, 7.0), (10.0, 1.0), (25.0, 4.0)], &[Some((10.0, 1.0)), Some((20.0, 3.0))]);
    }

    #[test]
    fn nothing_comes_from_outside() {
        check(&[(1.0, 1.0), (2.0, 1.0)], &[]);
        check(&[(21.0, 1.0), (22.0, 1.0)], &[]);
        check(&[], &[]);
    }

    #[test]
    fn a_gap_is_never_bridged() {
        check(&[(5.0, 1.0), (9.0, f64::NAN), (15.0, 2.0)], &[None, Some((15.0, 2.0))]);
        check(&[(12.0, 1.0), (13.0, f64::INFINITY), (25.0, 2.0)], &[Some((12.0, 1.0)), None]);
    }

    #[test]
    fn edges_are_crossed_on_the_drawn_line_of_a_log_scale() {
        let points = [Point::new(0.0, 1.0), Point::new(20.0, 100.0)];
        let out = clipped(&points, YRange::log10(1.0, 1000.0).unwrap());
        assert!((out[0].unwrap().1 - 10.0).abs() < 1e-9, "{out:?}");
    }

    proptest! {
        #[test]
        fn everything_handed_on_is_finite_and_inside(
            mut points in prop::collection::vec((0.0..30.0f64, any::<f64>()), 0..60),
        ) {
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            let points: Vec<Point> = points.into_iter().map(|(x, y)| Point::new(x, y / 1e10)).collect();
            for (x, y) in clipped(&points, YRange::linear(-5.0, 5.0).unwrap()).into_iter().flatten() {
                prop_assert!((10.0..=20.0).contains(&x) && y.is_finite());
            }
        }
    }
}
