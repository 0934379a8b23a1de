//! Owns the figures about the feed itself: is what the page shows complete and fresh?

use super::figure::{Figure, FigureText};
use super::tone::Tone;
use leptos::prelude::*;

/// The strip; its children are [`HealthCell`]s.
#[component]
pub(crate) fn FeedHealth(#[prop(optional, into)] stale: Signal<bool>, children: Children) -> impl IntoView {
    view! {
        <section class="strip strip-9" aria-label="Feed health" data-stale=move || stale.get().then_some("")>
            {children()}
        </section>
    }
}

/// One figure about the feed.
#[component]
pub(crate) fn HealthCell(
    label: &'static str,
    /// As in `feed.malformed`.
    metric: &'static str,
    #[prop(into)] figure: Signal<Figure>,
    #[prop(optional, into)] tone: Signal<Tone>,
    /// What it means and what to do when it is not zero; the tooltip.
    hint: &'static str,
) -> impl IntoView {
    view! {
        <div class="cell small" data-tone=move || tone.get().key() title=hint>
            <h3>{label}</h3>
            <p class="value"><FigureText metric scope="session" figure /></p>
        </div>
    }
}
