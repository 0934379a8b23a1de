//! Many rectangles of one colour as one polygon.
//!
//! A canvas parses the colour anew for each shape, so bars are filled together: the outline goes around each
//! rectangle in turn, and the ways between them are taken there and back, which encloses nothing.
//!
//! Invariants: all edges are horizontal or vertical between whole pixels, so nothing is blurred between
//! rectangles; by the non-zero winding rule exactly the rectangles are filled.

use plotters_backend::BackendCoord;

/// A rectangle in device pixels, from inside left top to outside right bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) left: i32,
    pub(super) right: i32,
    pub(super) top: i32,
    pub(super) bottom: i32,
}

/// The outline around `bars`, which do not overlap.
pub(super) fn outline(bars: &[Bar]) -> Vec<BackendCoord> {
    let mut path = Vec::with_capacity(bars.len() * 8);
    let mut back = Vec::with_capacity(bars.len() * 3);
    for (index, bar) in bars.iter().enumerate() {
        let Bar { left, right, top, bottom } = *bar;
        path.extend([(left, bottom), (left, top), (right, top), (right, bottom)]);
        back.extend([(left, bottom), (right, bottom)]);
        if let Some(next) = bars.get(index + 1) {
            path.push((right, next.bottom));
            back.push((right, next.bottom));
        }
    }
    path.extend(back.into_iter().rev());
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Winding number of the closed `path` around the centre of pixel (x, y).
    fn winding(path: &[BackendCoord], x: i32, y: i32) -> i32 {
        let closed = path.iter().zip(path.iter().cycle().skip(1));
        let crossings = closed.map(|(from, to)| match from.0 > x {
            true if from.1 <= y && to.1 > y => 1,
            true if to.1 <= y && from.1 > y => -1,
            _ => 0,
        });
        crossings.sum()
    }

    fn bars() -> impl Strategy<Value = Vec<Bar>> {
        let bar = (0..4i32, 1..6i32, 0..12i32, 1..12i32);
        prop::collection::vec(bar, 0..8).prop_map(|sizes| {
            let mut right = 0;
            let place = |(gap, width, top, height): (i32, i32, i32, i32)| {
                let left = right + gap;
                right = left + width;
                Bar { left, right, top, bottom: top + height }
            };
            sizes.into_iter().map(place).collect()
        })
    }

    proptest! {
        #[test]
        fn exactly_the_bars_are_filled(bars in bars()) {
            let path = outline(&bars);
            for (x, y) in (0..80).flat_map(|x| (0..26).map(move |y| (x, y))) {
                let inside = bars.iter().any(|bar| {
                    (bar.left..bar.right).contains(&x) && (bar.top..bar.bottom).contains(&y)
                });
                prop_assert_eq!(winding(&path, x, y) != 0, inside, "at {:?} of {:?}", (x, y), path);
            }
        }

        #[test]
        fn every_edge_is_horizontal_or_vertical(bars in bars()) {
            let path = outline(&bars);
            for (from, to) in path.iter().zip(path.iter().cycle().skip(1)) {
                prop_assert!(from.0 == to.0 || from.1 == to.1, "{:?} to {:?}", from, to);
            }
        }
    }
}
