//! Owns the card of many small figures: a row for each, with its name, value, and what there is to say of it.
//!
//! Invariant: a row stays the same element while its key is there, so what changes is text alone.

use super::figure::{Figure, FigureText};
use super::tone::Tone;
use leptos::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// The metric's name, which no other row of the card has.
    pub(crate) key: String,
    /// What it is called.
    pub(crate) label: String,
    /// Its value.
    pub(crate) figure: Figure,
    /// More on it, after the value; empty for nothing.
    pub(crate) note: String,
    /// How it is judged.
    pub(crate) tone: Tone,
    /// What finds the events behind it; empty where there are none to find.
    pub(crate) query: &'static str,
}

impl Row {
    /// A row that is not judged.
    pub(crate) fn new(key: impl Into<String>, label: impl Into<String>, figure: Figure) -> Self {
        let (key, label) = (key.into(), label.into());
        Self { key, label, figure, note: String::new(), tone: Tone::Plain, query: "" }
    }

    /// The same with more to say.
    pub(crate) fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// The same, judged.
    pub(crate) fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// The same with the events behind it.
    pub(crate) fn events(self, query: &'static str) -> Self {
        Self { query, ..self }
    }
}

/// A card of so many rows may be longer than a card gets.
const SCROLLS: usize = 6;

/// A card of rows.
#[component]
pub(crate) fn RowsPanel(
    title: &'static str,
    /// Names it in the page as `data-panel`.
    name: &'static str,
    /// Places it in the grid, as in `Panel`.
    class: &'static str,
    rows: Memo<Vec<Row>>,
    /// What figures reach over.
    #[prop(into)]
    aside: Signal<String>,
    #[prop(into)] stale: Signal<bool>,
    /// What stands where there is no row.
    empty: &'static str,
    on_events: Callback<&'static str>,
) -> impl IntoView {
    let keys =
        Memo::new(move |_| rows.with(|rows| rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>()));
    let row = move |key: String| {
        let found = move || rows.with(|rows| rows.iter().find(|row| row.key == key).cloned());
        let last = StoredValue::new(found());
        // A row that is going away is asked once more.
        let row = Memo::new(move |_| {
            let row = found().or_else(|| last.get_value());
            last.set_value(row.clone());
            row
        });
        view! { <RowView row on_events /> }
    };
    view! {
        <section class=format!("panel rows-panel {class}") data-panel=name data-stale=move || stale.get().then_some("")>
            <header class="panel-head">
                <h2>{title}</h2>
                <span class="tag">"stale"</span>
                <span class="aside">{move || aside.get()}</span>
            </header>
            // A long card scrolls, which keys can do where it has the focus.
            <div class="rows-scroll" role="group" aria-label=title
                tabindex=move || keys.with(|keys| keys.len() >= SCROLLS).then_some("0")>
                <dl class="rows">
                    <For each=move || keys.get() key=String::clone children=row />
                </dl>
            </div>
            <p class="empty" hidden=move || keys.with(|keys| !keys.is_empty())>{empty}</p>
        </section>
    }
}

#[component]
fn RowView(row: Memo<Option<Row>>, on_events: Callback<&'static str>) -> impl IntoView {
    let read = move |get: fn(&Row) -> String| row.with(|row| row.as_ref().map(get).unwrap_or_default());
    let metric = row.with_untracked(|row| row.as_ref().map(|row| row.key.clone())).unwrap_or_default();
    let query = row.with_untracked(|row| row.as_ref().map_or("", |row| row.query));
    let figure = Signal::derive(move || {
        row.with(|row| row.as_ref().map(|row| row.figure.clone())).unwrap_or_default()
    });
    let label = move || read(|row| row.label.clone());
    let name = if query.is_empty() {
        view! { <span>{label}</span> }.into_any()
    } else {
        view! {
            <button class="link" title="Show the events behind it" data-events=query on:click=move |_| on_events.run(query)>
                {label}
            </button>
        }
        .into_any()
    };
    view! {
        <div data-tone=move || row.with(|row| row.as_ref().map_or("plain", |row| row.tone.key()))>
            <dt>{name}</dt>
            <dd class="value"><FigureText metric scope="window" figure /></dd>
            <dd class="sub">{move || read(|row| row.note.clone())}</dd>
        </div>
    }
}
