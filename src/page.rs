//! What the reader has chosen: which view, over what time, of what, and how it looks. One value of signals, copied
//! wherever it is needed.
//!
//! Invariant: only choices live here, never figures. What a link brings along is in the address ([`crate::address`]),
//! what belongs to this device is in its storage ([`crate::preferences`]).

use aurora_domain::{Filter, SideKey, Span, State, Ts, format, golive::List, verdict::Thresholds};
use leptos::prelude::*;

use crate::{
    components::theme::Theme,
    preferences::{self, Density, Zone},
    reach::Reach,
};

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
    /// What is wrong, what was, and what to do.
    Alerts,
    /// Error budgets, and the targets of the service.
    Objectives,
    /// Whether to go live.
    GoLive,
}

impl View {
    /// Every view, in the order of the navigation, with its label and its name in the address.
    pub(crate) const ALL: [(View, &str, &str); 7] = [
        (View::Live, "Live", "live"),
        (View::Charts, "Charts", "charts"),
        (View::Events, "Events", "events"),
        (View::Sessions, "Sessions", "sessions"),
        (View::Alerts, "Alerts", "alerts"),
        (View::Objectives, "Objectives", "objectives"),
        (View::GoLive, "Go-live", "golive"),
    ];

    /// Its name in the address.
    pub(crate) fn key(self) -> &'static str {
        Self::ALL.into_iter().find(|(view, ..)| *view == self).map_or("live", |(.., key)| key)
    }

    /// The view of a name in the address.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(.., known)| *known == key).map(|(view, ..)| view)
    }
}

/// What is shown of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// Its figures and charts as of the playhead.
    #[default]
    Figures,
    /// Its lines before the playhead.
    Events,
    /// Whether it was good enough: all of it, wherever the playhead is.
    Report,
}

/// What lies over the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlay {
    /// The settings.
    Settings,
    /// The keyboard shortcuts.
    Help,
    /// The commands by name.
    Palette,
}

/// The reader's choices. Cheap to copy; lives as long as the reactive owner that it is made in.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    /// The screen.
    pub(crate) view: RwSignal<View>,
    /// What figures and charts reach over.
    pub(crate) reach: RwSignal<Reach>,
    /// What they reached over before a stretch of the past was chosen.
    pub(crate) home: StoredValue<Reach>,
    /// Only this symbol, by name; empty for all.
    pub(crate) symbol: RwSignal<String>,
    /// Only this side.
    pub(crate) side: RwSignal<Option<SideKey>>,
    /// What is shown of a recording.
    pub(crate) recorded: RwSignal<Recorded>,
    /// The checklist that is shown.
    pub(crate) checklist: RwSignal<List>,
    /// What the table of events is searched for.
    pub(crate) query: RwSignal<String>,
    /// The runbook that is open, as `FillRate.md#fillratelow`; empty for none.
    pub(crate) runbook: RwSignal<String>,
    /// Figures alone, large, without controls.
    pub(crate) wall: RwSignal<bool>,
    /// What lies over the view.
    pub(crate) overlay: RwSignal<Option<Overlay>>,
    /// The colours.
    pub(crate) theme: RwSignal<Theme>,
    /// How close things stand.
    pub(crate) density: RwSignal<Density>,
    /// Which clock times are told by.
    pub(crate) zone: RwSignal<Zone>,
    /// What figures are judged against.
    pub(crate) thresholds: RwSignal<Thresholds>,
}

/// What figures are selected by: the choices as plain values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen {
    /// What they reach over.
    pub(crate) reach: Reach,
    /// Of which symbol and side.
    pub(crate) filter: Filter,
    /// Minutes east of UTC of the clock that times are told by.
    pub(crate) offset_minutes: i32,
}

impl Chosen {
    /// The window for what is kept over windows and the session only, and what it is called.
    pub(crate) fn span(self) -> Span {
        self.reach.span().unwrap_or(Span::Session)
    }

    /// A time of day.
    pub(crate) fn clock(self, at: Ts) -> String {
        format::clock(at, self.offset_minutes)
    }
}

impl Page {
    /// The choices of an earlier visit, or none.
    pub(crate) fn new() -> Self {
        Self {
            view: RwSignal::new(View::default()),
            reach: RwSignal::new(preferences::reach()),
            home: StoredValue::new(preferences::reach()),
            symbol: RwSignal::new(String::new()),
            side: RwSignal::new(None),
            recorded: RwSignal::new(Recorded::default()),
            checklist: RwSignal::new(List::default()),
            query: RwSignal::new(String::new()),
            runbook: RwSignal::new(String::new()),
            wall: RwSignal::new(false),
            overlay: RwSignal::new(None),
            theme: RwSignal::new(Theme::stored()),
            density: RwSignal::new(Density::stored()),
            zone: RwSignal::new(Zone::stored()),
            thresholds: RwSignal::new(preferences::thresholds()),
        }
    }

    /// The filter by symbol and side, as `state` numbers its symbols. Reactive.
    pub(crate) fn filter(self, state: &State) -> Filter {
        let symbol = self.symbol.with(|name| (!name.is_empty()).then(|| state.scopes().symbol(name)));
        Filter { symbol, side: self.side.get() }
    }

    /// What to select from `state` by. Reactive.
    pub(crate) fn chosen(self, state: &State) -> Chosen {
        Chosen {
            reach: self.reach.get(),
            filter: self.filter(state),
            offset_minutes: self.zone.get().offset_minutes(),
        }
    }

    /// Shows the events that `query` finds: of the recording, where the reader looks at one, else of the live session.
    pub(crate) fn show_events(self, query: &str) {
        self.query.set(query.to_owned());
        if self.view.get_untracked() == View::Sessions {
            self.recorded.set(Recorded::Events);
        } else {
            self.view.set(View::Events);
        }
    }

    /// Opens or closes what lies over the view.
    pub(crate) fn toggle(self, overlay: Overlay) {
        self.overlay.update(|shown| *shown = if *shown == Some(overlay) { None } else { Some(overlay) });
    }
}
