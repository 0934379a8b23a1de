//! The feed's own health, as far as it and this page can tell.

use aurora_wire::Heartbeat;
use leptos::prelude::*;

use crate::{
    components::{
        feed_health::{FeedHealth, HealthCell},
        figure::Figure,
        tone::Tone,
    },
    store::{Handle, Slice, Store, derive},
};

/// The strip at the bottom.
#[component]
pub(crate) fn FeedStrip(store: Handle) -> impl IntoView {
    let cells = CELLS
        .into_iter()
        .map(|Cell { label, metric, read, alarming, hint }| {
            let value = store.select(&[Slice::Feed, Slice::Session, Slice::Link], read);
            let figure = derive(move || value.get().map_or_else(Figure::default, Figure::count));
            let tone = derive(move || {
                if alarming && value.get().is_some_and(|count| count > 0) { Tone::Warn } else { Tone::Plain }
            });
            view! { <HealthCell label metric hint figure tone /> }
        })
        .collect_view();
    let stale = store.select(&[Slice::Link], |store| !store.status().is_live());
    view! { <FeedHealth stale>{cells}</FeedHealth> }
}

struct Cell {
    label: &'static str,
    metric: &'static str,
    read: fn(&Store) -> Option<u64>,
    /// Whether more than zero is worth a look.
    alarming: bool,
    hint: &'static str,
}

fn feed(store: &Store, read: fn(&Heartbeat) -> Option<u64>) -> Option<u64> {
    store.heartbeat().and_then(read)
}

const CELLS: [Cell; 9] = [
    Cell {
        label: "Events here",
        metric: "session.events",
        read: |store| Some(store.state().session().events()),
        alarming: false,
        hint: "Events that this page has counted in this session.",
    },
    Cell {
        label: "Lines read",
        metric: "feed.lines",
        read: |store| feed(store, |feed| feed.lines),
        alarming: false,
        hint: "Lines that the feed has read and published since it started, as of its last heartbeat.",
    },
    Cell {
        label: "Malformed",
        metric: "feed.malformed",
        read: |store| feed(store, |feed| feed.malformed),
        alarming: true,
        hint: "Lines that are no JSON object. The feed's log names file and position; a steady rise means corruption.",
    },
    Cell {
        label: "Oversized",
        metric: "feed.oversized",
        read: |store| feed(store, |feed| feed.oversized).map(|lines| lines + store.oversized()),
        alarming: true,
        hint: "Lines over 1 MiB, which are skipped. The feed's log names file and position.",
    },
    Cell {
        label: "Rejected here",
        metric: "session.rejected",
        read: |store| Some(store.state().session().rejected() + store.foreign()),
        alarming: true,
        hint: "Events that this page could not read, and those of kinds that no log has: feed and page may be of different \
               versions.",
    },
    Cell {
        label: "Repeated",
        metric: "session.repeated",
        read: |store| Some(store.repeated()),
        alarming: false,
        hint: "Events that came again under ids that this page has counted; they do not count again. It takes a server that \
               does not resume where it is asked to.",
    },
    Cell {
        label: "Unknown codes",
        metric: "session.unknown",
        read: |store| Some(store.state().session().unknown_total() + store.state().session().uncoded()),
        alarming: false,
        hint: "Events with a code that no metric reads, or with none. They are kept and counted.",
    },
    Cell {
        label: "Clock skew",
        metric: "session.skewed",
        read: |store| Some(store.state().session().skewed()),
        alarming: true,
        hint: "Events dated more than five seconds after the feed's time; they count at the feed's time. Check clocks.",
    },
    Cell {
        label: "Clients",
        metric: "feed.clients",
        read: |store| feed(store, |feed| feed.clients),
        alarming: false,
        hint: "Pages and programs that read this feed now.",
    },
];
