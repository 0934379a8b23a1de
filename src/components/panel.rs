//! Owns the titled card.

use leptos::prelude::*;

/// A card. `class` places it in the grid: `w3` to `w7` of twelve columns, all twelve without one.
#[component]
pub(crate) fn Panel(
    title: &'static str,
    #[prop(optional)] class: &'static str,
    /// Beside the title, for example what the figures reach over.
    #[prop(optional, into)]
    aside: Signal<String>,
    #[prop(optional, into)] stale: Signal<bool>,
    children: Children,
) -> impl IntoView {
    view! {
        <section class=format!("panel {class}") data-stale=move || stale.get().then_some("")>
            <header class="panel-head">
                <h2>{title}</h2>
                <span class="tag">"stale"</span>
                <span class="aside">{move || aside.get()}</span>
            </header>
            {children()}
        </section>
    }
}
