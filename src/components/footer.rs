//! Owns the last line of the page.

use leptos::prelude::*;

/// Version, and what else the page wants to say quietly.
#[component]
pub(crate) fn Footer(version: &'static str, #[prop(optional, into)] text: Signal<String>) -> impl IntoView {
    view! {
        <footer class="foot">
            <span>"Aurora Live " {version}</span>
            <span>{move || text.get()}</span>
        </footer>
    }
}
