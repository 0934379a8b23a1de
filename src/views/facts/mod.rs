//! The cards of small figures: what each selects from the store, as rows.
//!
//! Invariant: a card is a function of the store and of what the reader chose; [`FactsPanel`] is the only component.

mod conduct;
mod money;
mod system;

use leptos::prelude::*;

use crate::{
    components::rows::{Row, RowsPanel},
    page::{Chosen, Page},
    store::{Handle, Slice, Store, derive},
};

/// One card.
#[derive(Clone, Copy)]
pub(crate) struct Card {
    title: &'static str,
    name: &'static str,
    class: &'static str,
    read: fn(&Store, Chosen) -> Vec<Row>,
    /// Whether its figures reach over the chosen stretch, and not only over windows and the session.
    reaches: bool,
    empty: &'static str,
}

/// Every card, in the order in which they stand.
pub(crate) const CARDS: [Card; 10] = [
    Card {
        title: "Protection",
        name: "protection",
        class: "w5",
        read: conduct::protection,
        reaches: false,
        empty: "The log says nothing of circuit breaker, arming or halts.",
    },
    Card {
        title: "Governance",
        name: "governance",
        class: "w4",
        read: conduct::governance,
        reaches: false,
        empty: "The log says nothing of alpha, SPRT or modes.",
    },
    Card {
        title: "Routes",
        name: "routes",
        class: "w4",
        read: conduct::routes,
        reaches: true,
        empty: "No route was decided.",
    },
    Card {
        title: "Money",
        name: "money",
        class: "w4",
        read: money::money,
        reaches: false,
        empty: "The log has no positions, fills with prices, or fees.",
    },
    Card {
        title: "Cost of trading",
        name: "costs",
        class: "w4",
        read: money::costs,
        reaches: false,
        empty: "The log breaks no costs down.",
    },
    Card {
        title: "Market",
        name: "market",
        class: "w4",
        read: money::market,
        reaches: false,
        empty: "The log has no books or prices.",
    },
    Card {
        title: "Risk",
        name: "risk",
        class: "w4",
        read: money::risk,
        reaches: false,
        empty: "The log reports no risk gauges.",
    },
    Card {
        title: "Explanations",
        name: "explanations",
        class: "w4",
        read: conduct::explanations,
        reaches: false,
        empty: "No intent was logged.",
    },
    Card {
        title: "Service",
        name: "service",
        class: "w4",
        read: system::service,
        reaches: false,
        empty: "No query or request was logged.",
    },
    Card {
        title: "Operations",
        name: "operations",
        class: "w4",
        read: system::operations,
        reaches: false,
        empty: "No configuration was switched and no operator acted.",
    },
];

/// One card in the page.
#[component]
pub(crate) fn FactsPanel(store: Handle, page: Page, stale: Memo<bool>, card: Card) -> impl IntoView {
    let Card { title, name, class, read, reaches, empty } = card;
    let rows = store.select(&[Slice::Details], move |store| read(store, page.chosen(store.state())));
    let aside = derive(move || {
        let reach = page.reach.get();
        let kept = reaches || reach.span().is_some();
        if kept { reach.words(page.zone.get().offset_minutes()) } else { "session".to_owned() }
    });
    let on_events = Callback::new(move |query: &'static str| page.show_events(query));
    view! { <RowsPanel title name class rows aside stale empty on_events /> }
}
