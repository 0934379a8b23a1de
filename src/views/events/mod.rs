//! The screen of events: a table of the newest lines, what is searched for in it, and one line or order on asking.
//!
//! Invariants: only the rows that can be seen are in the document; lines are looked through for a few milliseconds a
//! frame; texts of lines go into the document as text alone.

mod bar;
mod detail;
mod export;
mod facets;
mod model;
mod row;
mod table;
mod timeline;

use leptos::{ev, prelude::*};

use crate::{page::Page, store::Handle};

use bar::{Bar, StatusLine};
use detail::DetailPanel;
use facets::Facets;
use model::Model;
use table::Table;
use timeline::TimelinePanel;

/// What stands beside the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Beside {
    /// Nothing.
    #[default]
    Nothing,
    /// A line, by its number.
    Detail(u64),
    /// The order that a line is about.
    Timeline(u64),
}

/// The whole screen.
#[component]
pub(crate) fn EventsView(
    store: Handle,
    page: Page,
    #[prop(optional, into)] stale: Signal<bool>,
) -> impl IntoView {
    let model = Model::new(store, page);
    let slash = window_event_listener(ev::keydown, move |event| {
        if event.key() == "/" && !bar::is_typing(&event) {
            event.prevent_default();
            bar::focus_search();
        }
    });
    on_cleanup(move || slash.remove());
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && model.beside.get_untracked() != Beside::Nothing {
            event.prevent_default();
            model.close();
        }
    };
    view! {
        <section
            class="events"
            data-view="events"
            aria-label="Events"
            data-stale=move || stale.get().then_some("")
            on:keydown=on_key
        >
            <h1 class="sr">"Events"</h1>
            <Bar model />
            <Facets model />
            <div class="events-body" data-beside=move || (model.beside.get() != Beside::Nothing).then_some("")>
                <Table model />
                {move || match model.beside.get() {
                    Beside::Nothing => ().into_any(),
                    Beside::Detail(seq) => view! { <DetailPanel model seq /> }.into_any(),
                    Beside::Timeline(seq) => view! { <TimelinePanel model seq /> }.into_any(),
                }}
            </div>
            <StatusLine model />
        </section>
    }
}

#[cfg(test)]
mod tests;
