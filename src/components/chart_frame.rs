//! Owns what is around a chart: title, legend, the words for it, and what covers it when there is nothing to draw.
//!
//! Invariant: the pixels are somebody else's. Children are canvases of class `chart-canvas`, stacked in the
//! plot, and the DOM parts `chart-cursor` and `chart-tip`.

use leptos::prelude::*;

/// One series: its name, its place in the palette, and its latest value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LegendEntry {
    pub(crate) name: &'static str,
    /// 1 to 6: the custom property `--chart-N` and the mark's shape (circle, square, triangle, diamond, bar, ring).
    pub(crate) slot: u8,
    /// Already formatted.
    pub(crate) value: String,
}

/// The frame of one chart.
#[component]
pub(crate) fn ChartFrame(
    #[prop(into)] title: Signal<String>,
    /// Names it in the page as `data-chart`.
    name: &'static str,
    #[prop(optional)] class: &'static str,
    #[prop(into)] legend: Signal<Vec<LegendEntry>>,
    /// What the picture says, in a sentence.
    #[prop(into)]
    summary: Signal<String>,
    /// Covers the plot where there is nothing to draw, and says why; empty otherwise.
    #[prop(optional, into)]
    note: Signal<String>,
    #[prop(optional, into)] stale: Signal<bool>,
    children: Children,
) -> impl IntoView {
    let covered = Memo::new(move |_| note.with(|note| !note.is_empty()));
    view! {
        <section class=format!("panel {class}") data-chart=name data-stale=move || stale.get().then_some("")>
            <header class="panel-head">
                <h2>{move || title.get()}</h2>
                <span class="tag">"stale"</span>
                <ul class="legend">{move || legend.get().into_iter().map(entry).collect_view()}</ul>
            </header>
            <div class="chart-plot" role="img" aria-label=move || summary.get()>
                {children()}
                <p class="chart-note" hidden=move || !covered.get()>{move || note.get()}</p>
            </div>
        </section>
    }
}

fn entry(LegendEntry { name, slot, value }: LegendEntry) -> impl IntoView {
    view! {
        <li data-slot=slot.to_string()><i class="mark"></i>{name}<b class="num">{value}</b></li>
    }
}
