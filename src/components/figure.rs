//! Owns one figure as it is shown and as a machine reads it.
//!
//! Invariant: a figure without data has an empty `raw`, shows a dash, and says "no data" to a screen reader.

use aurora_domain::format;
use leptos::prelude::*;

/// A value ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    /// What is read: `12,345`.
    pub(crate) text: String,
    /// Its unit, apart from it so that it can be set smaller.
    pub(crate) unit: &'static str,
    /// What a machine reads: the plain number in the metric's own unit; empty where there is none.
    pub(crate) raw: String,
}

impl Default for Figure {
    fn default() -> Self {
        Self { text: format::NO_DATA.to_owned(), unit: "", raw: String::new() }
    }
}

impl Figure {
    /// A number of things.
    pub(crate) fn count(value: u64) -> Self {
        Self { text: format::count(value), unit: "", raw: value.to_string() }
    }

    /// A ratio in `0.0..=1.0`, shown as percent; raw as ratio.
    pub(crate) fn ratio(value: Option<f64>) -> Self {
        Self::finite(value, |ratio| (format::percent_number(ratio), "%"))
    }

    /// A duration in milliseconds.
    pub(crate) fn millis(value: Option<f64>) -> Self {
        Self::finite(value, format::millis_parts)
    }

    /// Happenings per second.
    pub(crate) fn per_second(value: Option<f64>) -> Self {
        Self::finite(value, |rate| (format::rate_number(rate), "/s"))
    }

    /// A number in a unit of its own; both are shown as they are.
    pub(crate) fn number(value: Option<f64>, unit: &'static str) -> Self {
        Self::finite(value, |value| (format::number(value), unit))
    }

    /// A word; no data where there is none.
    pub(crate) fn word(word: Option<&str>) -> Self {
        let word = word.filter(|word| !word.is_empty());
        word.map_or_else(Self::default, |word| Self { text: word.to_owned(), unit: "", raw: word.to_owned() })
    }

    fn finite(value: Option<f64>, parts: impl FnOnce(f64) -> (String, &'static str)) -> Self {
        value.filter(|value| value.is_finite()).map_or_else(Self::default, |value| {
            let (text, unit) = parts(value);
            Self { text, unit, raw: value.to_string() }
        })
    }
}

/// The figure in the page, with its name, scope and raw value as attributes.
#[component]
pub(crate) fn FigureText(
    /// The metric's name, as in `orders.filled`.
    #[prop(into)]
    metric: Signal<String>,
    /// What the figure reaches over: `window` or `session`.
    scope: &'static str,
    #[prop(into)] figure: Signal<Figure>,
) -> impl IntoView {
    let missing = Memo::new(move |_| figure.with(|figure| figure.raw.is_empty()));
    view! {
        <span
            class="fig"
            data-metric=move || metric.get()
            data-scope=scope
            data-value=move || figure.with(|figure| figure.raw.clone())
        >
            <span class="num" aria-hidden=move || missing.get().then_some("true")>
                {move || figure.with(|figure| figure.text.clone())}
            </span>
            <span class="unit">{move || figure.with(|figure| figure.unit)}</span>
            <span class="sr">{move || if missing.get() { "no data" } else { "" }}</span>
        </span>
    }
}
