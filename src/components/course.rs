//! Owns the recent course of a value beside what it is held against: a line, and a dashed one across.
//!
//! Invariant: what it shows is said in words beside it.

use std::fmt::Write as _;

use leptos::prelude::*;

/// The height of the picture's box; its width is 100.
const HEIGHT: f64 = 32.0;

/// A line through `values`, oldest first, interrupted where one is not finite; `threshold` is dashed.
#[component]
pub(crate) fn CourseLine(
    #[prop(into)] values: Signal<Vec<f64>>,
    #[prop(into)] threshold: Signal<Option<f64>>,
) -> impl IntoView {
    let drawn = Memo::new(move |_| values.with(|values| draw(values, threshold.get())));
    view! {
        <svg class="course" viewBox="0 0 100 32" preserveAspectRatio="none" aria-hidden="true">
            <path class="course-limit" d=move || drawn.with(|(_, limit)| limit.clone()) vector-effect="non-scaling-stroke" />
            <path d=move || drawn.with(|(line, _)| line.clone()) vector-effect="non-scaling-stroke" />
        </svg>
    }
}

/// The paths of the values and of the threshold. Zero, the threshold and all values are inside; empty without a value.
fn draw(values: &[f64], threshold: Option<f64>) -> (String, String) {
    let shown = || values.iter().copied().filter(|value| value.is_finite()).chain(threshold);
    let (low, high) =
        shown().fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let y = |value: f64| {
        let part = if high > low { (value - low) / (high - low) } else { 0.0 };
        HEIGHT - 1.0 - part * (HEIGHT - 2.0)
    };
    let limit = threshold.map(|value| format!("M0 {0:.1} L100 {0:.1}", y(value))).unwrap_or_default();
    let last = values.len().saturating_sub(1).max(1) as f64;
    let mut line = String::with_capacity(values.len() * 12);
    let mut pen = 'M';
    for (at, value) in values.iter().enumerate() {
        if !value.is_finite() {
            pen = 'M';
            continue;
        }
        let (x, y) = (at as f64 / last * 100.0, y(*value));
        // A text takes everything that is written to it.
        let _ = write!(line, "{pen}{x:.1} {y:.1} ");
        if pen == 'M' && values.get(at + 1).is_none_or(|next| !next.is_finite()) {
            // A value alone is a dot.
            let _ = write!(line, "L{x:.1} {y:.1} ");
        }
        pen = 'L';
    }
    (line, limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn values_zero_and_threshold_are_all_inside_and_gaps_stay_gaps() {
        let (line, limit) = draw(&[0.0, f64::NAN, 2.0], Some(4.0));
        assert_eq!(line, "M0.0 31.0 L0.0 31.0 M100.0 16.0 L100.0 16.0 ");
        assert_eq!(limit, "M0 1.0 L100 1.0");
        assert_eq!(draw(&[1.0, 1.0], None), ("M0.0 1.0 L100.0 1.0 ".to_owned(), String::new()));
        assert_eq!(draw(&[-1.0], Some(0.0)).1, "M0 1.0 L100 1.0");
        assert_eq!(draw(&[], None), (String::new(), String::new()));
    }
}
