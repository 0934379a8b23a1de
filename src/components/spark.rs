//! Owns the small course beside a figure: a line without axes, as an SVG path.
//!
//! Invariant: decoration; what it shows is said by the chart of the same figures.

use leptos::prelude::*;

/// A line through `values`, oldest first; it is interrupted where one is not finite.
#[component]
pub(crate) fn Spark(#[prop(into)] values: Signal<Vec<f64>>) -> impl IntoView {
    let path = Memo::new(move |_| values.with(|values| path(values)));
    view! {
        <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
            <path d=move || path.get() vector-effect="non-scaling-stroke" />
        </svg>
    }
}

/// In a box of 100 by 24, from 0 to the largest value; empty where no two values are next to each other.
fn path(values: &[f64]) -> String {
    let top = values.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    let last = values.len().saturating_sub(1);
    if last == 0 {
        return String::new();
    }
    let mut path = String::with_capacity(values.len() * 12);
    let mut pen = 'M';
    for (index, value) in values.iter().enumerate() {
        if !value.is_finite() {
            pen = 'M';
            continue;
        }
        let (x, y) =
            (index as f64 / last as f64 * 100.0, 23.0 - if top > 0.0 { value / top * 22.0 } else { 0.0 });
        path.push(pen);
        for number in [tenths(x), tenths(y)] {
            path.push_str(&format_tenths(number));
            path.push(' ');
        }
        pen = 'L';
    }
    path
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1,000")]
fn tenths(value: f64) -> u32 {
    (value.clamp(0.0, 100.0) * 10.0).round() as u32
}

fn format_tenths(tenths: u32) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_spark_reaches_from_zero_to_its_largest_value_and_breaks_where_there_is_none() {
        assert_eq!(path(&[0.0, 2.0, 1.0]), "M0.0 23.0 L50.0 1.0 L100.0 12.0 ");
        assert_eq!(path(&[1.0, f64::NAN, 1.0]), "M0.0 1.0 M100.0 1.0 ");
        assert_eq!((path(&[]), path(&[5.0])), (String::new(), String::new()));
        assert_eq!(path(&[0.0, 0.0]), "M0.0 23.0 L100.0 23.0 ");
    }
}
