//! Owns Markdown tables of medians.

/// The middle of `values`, the mean of the two in the middle of an even number; NaN where there are none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    if values.len().is_multiple_of(2) { f64::midpoint(at(half.wrapping_sub(1)), at(half)) } else { at(half) }
}

/// The smallest and the largest of `values`; empty where there are none.
pub(crate) fn range(values: impl IntoIterator<Item = f64>, decimals: usize) -> String {
    let (low, high) = values
        .into_iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high { String::new() } else { format!("{low:.decimals$} to {high:.decimals$}") }
}

/// How many times `base` a value is; empty where there is no base.
pub(crate) fn ratio(value: f64, base: Option<f64>) -> String {
    base.filter(|base| *base > 0.0).map_or_else(String::new, |base| format!("{:.2}", value / base))
}

/// Prints the head of a table whose first column is text and whose others are numbers.
pub(crate) fn head(columns: &[&str]) {
    row(columns);
    let rest = columns.len().saturating_sub(1);
    println!("|---|{}", "---:|".repeat(rest));
}

/// Prints one row.
pub(crate) fn row<T: AsRef<str>>(cells: &[T]) {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    println!("| {} |", cells.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], expected: f64) {
        assert_eq!(median(values.iter().copied()).to_bits(), expected.to_bits(), "{values:?}");
    }

    #[test]
    fn the_median_is_the_middle_value_or_the_mean_of_two() {
        check(&[3.0], 3.0);
        check(&[9.0, 1.0, 2.0], 2.0);
        check(&[4.0, 1.0, 2.0, 100.0], 3.0);
        assert!(median([]).is_nan());
    }

    #[test]
    fn a_range_has_both_ends_and_nothing_has_none() {
        assert_eq!(range([2.0, 3.06, 1.0], 1), "1.0 to 3.1");
        assert_eq!(range([], 1), "");
    }

    #[test]
    fn a_ratio_needs_a_base() {
        assert_eq!(ratio(3.0, Some(2.0)), "1.50");
        assert_eq!(ratio(3.0, None), "");
        assert_eq!(ratio(3.0, Some(0.0)), "");
    }
}
