//! Owns the tile of one leading figure.

use super::figure::{Figure, FigureText};
use super::tone::Tone;
use leptos::prelude::*;

/// A label, a large figure, a second line, and room for a sparkline.
#[component]
pub(crate) fn MetricTile(
    label: &'static str,
    /// Places it in the grid, as in `Panel`.
    #[prop(default = "w3")]
    class: &'static str,
    metric: &'static str,
    #[prop(default = "window")] scope: &'static str,
    #[prop(into)] figure: Signal<Figure>,
    /// The second line, for example the same figure over the session.
    #[prop(optional, into)]
    secondary: Signal<String>,
    #[prop(optional, into)] tone: Signal<Tone>,
    #[prop(optional, into)] stale: Signal<bool>,
    /// How the figure comes about; the tooltip.
    #[prop(optional)]
    hint: &'static str,
    /// A sparkline.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <section class=format!("panel tile {class}") data-tone=move || tone.get().key() data-stale=move || stale.get().then_some("")
            title=(!hint.is_empty()).then_some(hint)>
            <h2>{label}<span class="tag">"stale"</span></h2>
            <p class="lead"><FigureText metric scope figure /></p>
            <p class="sub">{move || secondary.get()}</p>
            {children.map(|children| children())}
        </section>
    }
}
