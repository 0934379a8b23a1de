//! Owns what is around a chart: title, legend, tools, the words for it, its data as a table, and what covers it when there
//! is nothing to draw.
//!
//! Invariants: the pixels and the data are somebody else's. Children are canvases of class `chart-canvas`, stacked in
//! the plot, and the DOM parts of the chart. An entry of the legend keeps its element whatever it shows, so that focus stays.

use std::borrow::Cow;

use leptos::prelude::*;

/// How many series a chart can have.
const ENTRIES: usize = 6;

/// One series: its name, its place in the palette, its value, and whether it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LegendEntry {
    pub(crate) name: Cow<'static, str>,
    /// 1 to 6: the custom property `--chart-N` and the mark's shape (circle, square, triangle, diamond, bar, ring).
    pub(crate) slot: u8,
    /// Already formatted.
    pub(crate) value: String,
    pub(crate) shown: bool,
}

/// What can be done with a chart beside looking at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Switch between a linear and a logarithmic axis.
    Scale,
    /// Save the picture.
    Png,
    /// Save the data.
    Csv,
    /// Show or hide the data as a table.
    Data,
    /// Back to the stretch of time that follows time.
    Live,
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
    #[prop(into)]
    note: Signal<String>,
    #[prop(optional, into)] stale: Signal<bool>,
    /// Whether the value axis is logarithmic; `None` where that is no choice.
    #[prop(into)]
    log: Signal<Option<bool>>,
    /// Whether a fixed stretch of time is shown.
    #[prop(into)]
    zoomed: Signal<bool>,
    /// Called with the name of the series.
    on_toggle: Callback<String>,
    on_tool: Callback<Tool>,
    /// Whether the table is shown.
    #[prop(into)]
    open: Signal<bool>,
    /// The data as a table, made when it is opened.
    table: ViewFn,
    children: Children,
) -> impl IntoView {
    let covered = Memo::new(move |_| note.with(|note| !note.is_empty()));
    let entries = (0..ENTRIES).map(|at| entry(legend, at, on_toggle)).collect_view();
    let tool = move |tool| move |_| on_tool.run(tool);
    view! {
        <section class=format!("panel {class}") data-chart=name data-stale=move || stale.get().then_some("")>
            <header class="panel-head">
                <h2>{move || title.get()}</h2>
                <span class="tag">"stale"</span>
                <ul class="legend">{entries}</ul>
            </header>
            <div class="chart-plot">
                {children()}
                <p class="chart-note" hidden=move || !covered.get()>{move || note.get()}</p>
            </div>
            <p class="sr" id=format!("chart-{name}")>
                {move || summary.get()}
                " Left and right move the cursor, with Shift they move time. Plus and minus zoom, Home and End go to the \
                 first and last value, Escape or 0 goes back."
            </p>
            <div class="chart-tools">
                <button type="button" data-tool="data" aria-expanded=move || open.get().to_string() on:click=tool(Tool::Data)>
                    {move || if open.get() { "Hide data" } else { "Show data" }}
                </button>
                <button type="button" data-tool="live" hidden=move || !zoomed.get() on:click=tool(Tool::Live)>
                    "Back to live"
                </button>
                <button
                    type="button"
                    data-tool="scale"
                    hidden=move || log.get().is_none()
                    aria-pressed=move || (log.get() == Some(true)).to_string()
                    on:click=tool(Tool::Scale)
                >
                    "Log scale"
                </button>
                <button type="button" data-tool="png" aria-label="Save as PNG" on:click=tool(Tool::Png)>"PNG"</button>
                <button type="button" data-tool="csv" aria-label="Save as CSV" on:click=tool(Tool::Csv)>"CSV"</button>
            </div>
            {move || open.get().then(|| table.run())}
        </section>
    }
}

/// The entry at a place of the legend, hidden while there is none.
fn entry(legend: Signal<Vec<LegendEntry>>, at: usize, on_toggle: Callback<String>) -> impl IntoView {
    let entry = Memo::new(move |_| legend.with(|legend| legend.get(at).cloned()));
    let name = move || entry.get().map(|entry| entry.name.into_owned()).unwrap_or_default();
    view! {
        <li hidden=move || entry.with(Option::is_none) data-slot=move || entry.get().map(|entry| entry.slot.to_string())>
            <button
                type="button"
                title=name
                aria-pressed=move || entry.get().is_some_and(|entry| entry.shown).to_string()
                on:click=move |_| on_toggle.run(name())
            >
                <i class="mark"></i>
                <span class="legend-name">{name}</span>
            </button>
            <b class="num">{move || entry.get().map(|entry| entry.value)}</b>
        </li>
    }
}
