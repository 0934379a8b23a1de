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

/// Says aloud that the link broke, or is well again. On every view, and silent while neither changes.
#[component]
pub(crate) fn LinkSaid(
    #[prop(into)] status: Signal<Status>,
    /// As in [`LinkChip`].
    #[prop(into)]
    instead: Signal<Option<&'static str>>,
) -> impl IntoView {
    let well = Memo::new(move |before: Option<&bool>| match status.with(tone) {
        Tone::Good | Tone::Warn => true,
        Tone::Bad => false,
        _ => before.is_none_or(|well| *well),
    });
    let said = RwSignal::new(String::new());
    Effect::new(move |before: Option<bool>| {
        let well = well.get();
        if before.is_some_and(|before| before != well) {
            let instead = instead.get_untracked().filter(|_| well);
            said.set(instead.map_or_else(|| status.with_untracked(link::label), str::to_owned));
        }
        well
    });
    view! { <p class="sr" role="status" data-said="link">{said}</p> }
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
