//! Recorded sessions: opening them from files or from the feed, playing one, comparing several.

mod bar;
mod compare;
mod drop_target;
mod feed;
mod list;
mod one;
mod pick;
mod report;

use leptos::prelude::*;

use crate::{
    page::Page,
    recording::library::{Library, Shown},
};

pub(crate) use drop_target::DropTarget;

/// The whole screen.
#[component]
pub(crate) fn SessionsView(
    library: Library,
    page: Page,
    /// Where the live stream is; the feed's list stands beside it.
    stream_url: StoredValue<String>,
) -> impl IntoView {
    let screen = move || match library.shown.get() {
        Shown::List => ().into_any(),
        Shown::One(id) => match library.find(id) {
            Some(opened) => view! { <one::OneSession library opened page /> }.into_any(),
            None => ().into_any(),
        },
        Shown::Compared(ids) => view! { <compare::Comparison library page ids /> }.into_any(),
    };
    view! {
        <h1 class="sr">"Sessions"</h1>
        <pick::Pick library />
        <list::Problems library />
        <list::OpenedList library page />
        {screen}
        <feed::FeedSessions library page stream_url />
    }
}
