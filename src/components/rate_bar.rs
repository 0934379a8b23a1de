//! Owns a ratio with what it is made of: a leading figure over a divided bar.

use super::figure::{Figure, FigureText};
use super::tone::Tone;
use aurora_domain::format;
use leptos::prelude::*;

/// One stretch of the bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RatePart {
    /// Its name below the bar: `skip`, `guard`, `exchange`.
    pub(crate) label: &'static str,
    /// Its share of the whole bar, `0.0..=1.0`.
    pub(crate) share: f64,
}

/// A ratio over the window, the same over the session, and its parts. Parts are told apart by pattern
/// and word, in their order: solid, hatched, dotted.
#[component]
pub(crate) fn RateBar(
    label: &'static str,
    /// Places it in the grid, as in `Panel`.
    #[prop(default = "w3")]
    class: &'static str,
    /// As in `fill_rate`.
    metric: &'static str,
    #[prop(into)] window: Signal<Option<f64>>,
    #[prop(into)] session: Signal<Option<f64>>,
    #[prop(into)] parts: Signal<Vec<RatePart>>,
    #[prop(optional, into)] tone: Signal<Tone>,
    #[prop(optional, into)] stale: Signal<bool>,
    /// The ratio's definition; the tooltip.
    #[prop(optional)]
    hint: &'static str,
) -> impl IntoView {
    let window = Signal::derive(move || Figure::ratio(window.get()));
    let session = Signal::derive(move || Figure::ratio(session.get()));
    view! {
        <section class=format!("panel tile {class}") data-tone=move || tone.get().key() data-stale=move || stale.get().then_some("")
            title=(!hint.is_empty()).then_some(hint)>
            <h2>{label}<span class="tag">"stale"</span></h2>
            <p class="lead"><FigureText metric scope="window" figure=window /></p>
            <p class="sub">"session "<FigureText metric scope="session" figure=session /></p>
            <div class="bar" aria-hidden="true">
                {move || parts.get().into_iter().map(stretch).collect_view()}
            </div>
            <p class="sub keys">{move || parts.get().into_iter().map(legend).collect_view()}</p>
        </section>
    }
}

fn stretch(part: RatePart) -> impl IntoView {
    view! { <i style:width=format!("{:.2}%", part.share.clamp(0.0, 1.0) * 100.0)></i> }
}

fn legend(part: RatePart) -> impl IntoView {
    view! { <span><i></i>{part.label}" "<b>{format::percent(part.share)}</b></span> }
}
