//! What the reader has chosen: which view, over what time, of what. One value of signals, copied wherever it is needed.
//!
//! Invariant: only choices live here, never figures.

use aurora_domain::{Filter, SideKey, Span, State};
use leptos::prelude::*;

/// One screen of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum View {
    /// Everything at a glance.
    #[default]
    Live,
    /// The course of things, large.
    Charts,
    /// The lines themselves.
    Events,
    /// Recorded sessions, from files or from the feed.
    Sessions,
}

impl View {
    /// Every view, in the order of the navigation.
    pub(crate) const ALL: [View; 4] = [View::Live, View::Charts, View::Events, View::Sessions];

    /// Its name in the navigation.
    pub(crate) fn label(self) -> &'static str {
        match self {
            View::Live => "Live",
            View::Charts => "Charts",
            View::Events => "Events",
            View::Sessions => "Sessions",
        }
    }

    /// Its name in the address.
    pub(crate) fn key(self) -> &'static str {
        match self {
            View::Live => "live",
            View::Charts => "charts",
            View::Events => "events",
            View::Sessions => "sessions",
        }
    }
}

/// The reader's choices. Cheap to copy; lives as long as the reactive owner that it is made in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// The screen.
    pub(crate) view: RwSignal<View>,
    /// What figures reach over.
    pub(crate) span: RwSignal<Span>,
    /// Only this symbol, by name; empty for all.
    pub(crate) symbol: RwSignal<String>,
    /// Only this side.
    pub(crate) side: RwSignal<Option<SideKey>>,
    /// What the table of events is searched for.
    pub(crate) query: RwSignal<String>,
}

impl Page {
    /// Nothing chosen.
    pub(crate) fn new() -> Self {
        Self {
            view: RwSignal::new(View::default()),
            span: RwSignal::new(Span::FIVE_MINUTES),
            symbol: RwSignal::new(String::new()),
            side: RwSignal::new(None),
            query: RwSignal::new(String::new()),
        }
    }

    /// The filter by symbol and side, as `state` numbers its symbols. Reactive.
    pub(crate) fn filter(self, state: &State) -> Filter {
        let symbol = self.symbol.with(|name| (!name.is_empty()).then(|| state.scopes().symbol(name)));
        Filter { symbol, side: self.side.get() }
    }

    /// Shows the events that `query` finds.
    pub(crate) fn show_events(self, query: &str) {
        self.query.set(query.to_owned());
        self.view.set(View::Events);
    }
}
