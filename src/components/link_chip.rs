//! Owns the smallest sign of the link's state: a shape and a word.

use super::tone::Tone;
use aurora_domain::format::link;
use aurora_domain::link::Status;
use leptos::prelude::*;

/// The state of the link, always in view. The only element with `data-link-state`.
#[component]
pub(crate) fn LinkChip(
    #[prop(into)] status: Signal<Status>,
    /// Stands instead of the link's own word where nothing is live however well the link is: `Recorded`.
    #[prop(into)]
    instead: Signal<Option<&'static str>>,
) -> impl IntoView {
    let tone = move || if instead.get().is_some() { Tone::Unknown } else { status.with(tone) };
    let word = move || instead.get().map_or_else(|| status.with(link::label), str::to_owned);
    view! {
        <span class="chip" data-link-state=move || status.with(link::key) data-tone=move || tone().key()>
            <span class="dot"></span>
            <span class="chip-word">{word}</span>
        </span>
    }
}

const fn tone(status: &Status) -> Tone {
    match status {
        Status::Connecting | Status::CatchingUp { .. } => Tone::Unknown,
        Status::Live => Tone::Good,
        Status::Silent { .. } => Tone::Warn,
        Status::Stale { .. }
        | Status::Reconnecting { .. }
        | Status::Unauthorized { .. }
        | Status::Offline { .. } => Tone::Bad,
    }
}
