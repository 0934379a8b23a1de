//! Owns the strip of order outcomes: each as counted in the chosen window, large, and in the session, small.

use super::figure::{Figure, FigureText};
use super::tone::Tone;
use leptos::prelude::*;

/// The strip; its children are [`OutcomeTile`]s.
#[component]
pub(crate) fn OutcomeStrip(#[prop(optional, into)] stale: Signal<bool>, children: Children) -> impl IntoView {
    view! {
        <section class="strip strip-9" aria-label="Order outcomes" data-stale=move || stale.get().then_some("")>
            {children()}
        </section>
    }
}

/// One outcome.
#[component]
pub(crate) fn OutcomeTile(
    label: &'static str,
    /// As in `orders.filled`.
    metric: &'static str,
    #[prop(into)] window: Signal<Figure>,
    #[prop(into)] session: Signal<Figure>,
    #[prop(optional, into)] tone: Signal<Tone>,
    /// What counts as this outcome; the tooltip.
    #[prop(optional)]
    hint: &'static str,
) -> impl IntoView {
    view! {
        <div class="cell" data-tone=move || tone.get().key() title=(!hint.is_empty()).then_some(hint)>
            <h3>{label}<span class="tag">"stale"</span></h3>
            <p class="value"><FigureText metric scope="window" figure=window /></p>
            <p class="sub">"session "<FigureText metric scope="session" figure=session /></p>
        </div>
    }
}
