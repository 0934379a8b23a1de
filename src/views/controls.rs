//! Owns the row of controls under the bar: how far back, of which symbol and side, and whether the page moves.

use crate::{
    components::segmented::{Choice, Segmented},
    page::Page,
    reach::Reach,
    store::{Handle, Slice, Store},
};
use aurora_domain::{SideKey, format};
use leptos::prelude::*;

const SIDES: [(Option<SideKey>, &str); 4] = [
    (None, "Both"),
    (Some(SideKey::Buy), "Buy"),
    (Some(SideKey::Sell), "Sell"),
    (Some(SideKey::Unknown), "Unknown"),
];

/// The row.
#[component]
pub(crate) fn Controls(store: Handle, page: Page, paused: RwSignal<bool>) -> impl IntoView {
    let choices =
        Reach::CHOICES.into_iter().map(|(value, label)| Choice { value, label, glyph: None }).collect();
    let sides = SIDES.into_iter().map(|(value, label)| Choice { value, label, glyph: None }).collect();
    let stretch = move || match page.reach.get() {
        reach @ Reach::Between { .. } => reach.words(page.zone.get().offset_minutes()),
        Reach::Span(_) | Reach::Last(_) => String::new(),
    };
    let waiting = store.select(&[Slice::Session], Store::waiting);
    let pause_words = move || match waiting.get() {
        Some(0) => "Resume".to_owned(),
        Some(events) => format!("Resume ({} wait)", format::count(events)),
        None => "Pause".to_owned(),
    };
    view! {
        <section class="controls" aria-label="What figures show">
            <Segmented legend="Figures reach back" name="span" choices selected=page.reach on_select=move |reach| page.reach.set(reach) />
            <button class="btn" data-action="live" hidden=move || stretch().is_empty()
                on:click=move |_| page.reach.set(page.home.get_value())>
                {stretch}
                " · back to now"
            </button>
            <SymbolChoice store page />
            <Segmented legend="Side" name="side" choices=sides selected=page.side on_select=move |side| page.side.set(side) />
            <button class="btn" data-action="pause" aria-pressed=move || paused.get().to_string()
                on:click=move |_| paused.update(|paused| *paused = !*paused)>
                {pause_words}
            </button>
        </section>
    }
}

/// The symbols that the session has named.
#[component]
fn SymbolChoice(store: Handle, page: Page) -> impl IntoView {
    let symbols = store.select(&[Slice::Details], |store| {
        let scopes = store.state().scopes();
        let mut names: Vec<String> =
            scopes.symbols().into_iter().map(|symbol| scopes.name(symbol).to_owned()).collect();
        names.sort_unstable();
        names
    });
    // A link may name a symbol that this session has not seen yet.
    let options = move || {
        let (mut names, chosen) = (symbols.get(), page.symbol.get());
        if !chosen.is_empty() && !names.contains(&chosen) {
            names.push(chosen);
        }
        let option = |name: String| {
            let (value, own) = (name.clone(), name.clone());
            view! { <option value=value selected=move || page.symbol.with(|symbol| *symbol == own)>{name}</option> }
        };
        names.into_iter().map(option).collect_view()
    };
    view! {
        <label class="pick">
            <span class="sub">"Symbol"</span>
            <select data-filter="symbol" on:change:target=move |event| page.symbol.set(event.target().value())>
                <option value="" selected=move || page.symbol.with(String::is_empty)>"All"</option>
                {options}
            </select>
        </label>
    }
}
