//! Owns the table of latencies: a row per kind, a column per quantile.

use super::figure::{Figure, FigureText};
use super::tone::Tone;
use leptos::prelude::*;

/// A latency distribution, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quantiles {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
    /// Number of samples.
    pub(crate) count: u64,
}

/// The table; its children are [`LatencyRow`]s.
#[component]
pub(crate) fn LatencyTable(children: Children) -> impl IntoView {
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Latency by kind">
            <table class="figures">
                <thead>
                    <tr>
                        <th scope="col">"Kind"</th>
                        <th scope="col">"p50"</th>
                        <th scope="col">"p90"</th>
                        <th scope="col">"p95"</th>
                        <th scope="col">"p99"</th>
                        <th scope="col">"max"</th>
                        <th scope="col">"count"</th>
                    </tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}

/// One kind; its cells carry the metrics `latency.<kind>.p50` and so on.
#[component]
pub(crate) fn LatencyRow(
    /// As in `decision`.
    kind: &'static str,
    label: &'static str,
    #[prop(default = "window")] scope: &'static str,
    #[prop(into)] quantiles: Signal<Option<Quantiles>>,
    #[prop(optional, into)] tone: Signal<Tone>,
    /// What is measured from when to when; the tooltip.
    #[prop(optional)]
    hint: &'static str,
) -> impl IntoView {
    let cell = move |name: &str, read: fn(&Quantiles) -> f64| {
        let metric = format!("latency.{kind}.{name}");
        let figure = Signal::derive(move || Figure::millis(quantiles.with(|all| all.as_ref().map(read))));
        view! { <td><FigureText metric scope figure /></td> }
    };
    let count =
        Signal::derive(move || quantiles.with(|all| Figure::count(all.as_ref().map_or(0, |all| all.count))));
    view! {
        <tr data-tone=move || tone.get().key() data-latency=kind>
            <th scope="row" title=(!hint.is_empty()).then_some(hint)>{label}</th>
            {cell("p50", |all| all.p50)}
            {cell("p90", |all| all.p90)}
            {cell("p95", |all| all.p95)}
            {cell("p99", |all| all.p99)}
            {cell("max", |all| all.max)}
            <td><FigureText metric=format!("latency.{kind}.count") scope figure=count /></td>
        </tr>
    }
}
