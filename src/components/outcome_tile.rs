//! Owns the strip of order outcomes: each as counted in the chosen window, large, and in the session, small.

use super::figure::{Figure, FigureText};
use super::tone::Tone;
use leptos::prelude::*;

/// The strip; its children are [`OutcomeTile`]s.
#[component]
pub(crate) fn OutcomeStrip(#[prop(optional, into)] stale: Signal<bool>, children: Children) -> impl IntoView {
    view! {
        <section class="strip strip-10" aria-label="Order outcomes" data-stale=move || stale.get().then_some("")>
            <h2 class="sr">"Orders"</h2>
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
    hint: &'static str,
    /// What finds the events behind it.
    query: &'static str,
    on_events: Callback<&'static str>,
) -> impl IntoView {
    view! {
        <div class="cell" data-tone=move || tone.get().key() title=hint>
            <h3>
                <button class="link" data-events=query on:click=move |_| on_events.run(query)>{label}</button>
                <span class="tag">"stale"</span>
            </h3>
            <p class="value"><FigureText metric scope="window" figure=window /></p>
            <p class="sub">"session "<FigureText metric scope="session" figure=session /></p>
        </div>
    }
}

/// Orders on their way.
#[component]
pub(crate) fn PendingTile(count: Signal<Figure>, note: Signal<String>) -> impl IntoView {
    view! {
        <div class="cell" title="Submitted orders that have not ended; after 15 minutes their outcome counts as unknown.">
            <h3>"Pending"<span class="tag">"stale"</span></h3>
            <p class="value"><FigureText metric="orders.pending" scope="window" figure=count /></p>
            <p class="sub">{move || note.get()}</p>
        </div>
    }
}
