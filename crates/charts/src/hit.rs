//! Which sample or bucket the pointer is at.
//!
//! Invariants: an index returned is valid for the slice asked about; outside the plot there is no hit.

use crate::layout::Layout;
use crate::model::{Point, Stacked};

/// Index of the sample nearest in time to `x_css`, CSS pixels from the left edge of the canvas; a gap counts as a
/// sample, so that a tooltip can say so. None outside the plot or without samples.
pub fn nearest_sample(layout: &Layout, points: &[Point], x_css: f64) -> Option<usize> {
    let time = layout.time_at(x_css)?;
    let after = points.partition_point(|point| point.x < time);
    let distance = |index: &usize| points.get(*index).map_or(f64::INFINITY, |point| (point.x - time).abs());
    let candidates = [after.checked_sub(1), Some(after)].into_iter().flatten();
    candidates.filter(|index| *index < points.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Index of the bucket that `x_css`, CSS pixels from the left edge of the canvas, falls into. None outside the plot
/// or where there is no bucket.
pub fn bucket_at(layout: &Layout, stacked: &Stacked<'_>, x_css: f64) -> Option<usize> {
    let time = layout.time_at(x_css)?;
    stacked.buckets().position(|(start, _)| (start..start + stacked.bucket_seconds).contains(&time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::test_layout;
    use crate::model::Color;

    const START: f64 = 1_795_219_200.0;

    /// Position in CSS pixels of a time so many seconds into the test layout, which has pixel ratio 2.
    fn css(layout: &Layout, seconds: f64) -> f64 {
        f64::from(layout.column(START + seconds)) / 2.0
    }

    #[test]
    fn the_nearest_sample_is_hit() {
        let layout = test_layout(false);
        let points = [0.0, 100.0, 200.0].map(|x| Point::new(START + x, x));
        for (seconds, expected) in [(0.0, 0), (45.0, 0), (55.0, 1), (120.0, 1), (290.0, 2)] {
            assert_eq!(
                nearest_sample(&layout, &points, css(&layout, seconds)),
                Some(expected),
                "{seconds} s"
            );
        }
    }

    #[test]
    fn nothing_is_hit_outside_the_plot_or_without_samples() {
        let layout = test_layout(false);
        assert_eq!(nearest_sample(&layout, &[Point::new(START, 1.0)], 0.0), None);
        assert_eq!(nearest_sample(&layout, &[], 300.0), None);
        assert_eq!(nearest_sample(&layout, &[Point::new(START, 1.0)], f64::NAN), None);
    }

    #[test]
    fn the_bucket_under_the_pointer_is_hit() {
        let layout = test_layout(false);
        let (start, colors) = (START, [Color::rgb(0, 0, 0); 2]);
        let stacked = Stacked { start, bucket_seconds: 60.0, colors: &colors, values: &[1.0; 6] };
        for (seconds, expected) in [(1.0, Some(0)), (59.0, Some(0)), (61.0, Some(1)), (200.0, None)] {
            assert_eq!(bucket_at(&layout, &stacked, css(&layout, seconds)), expected, "{seconds} s");
        }
    }
}
