//! Owns the one line that is read from across the room.

use super::icon::Icon;
use super::tone::Tone;
use leptos::prelude::*;

/// A sign, a few large words, and a sentence that says why.
#[component]
pub(crate) fn Verdict(
    #[prop(into)] tone: Signal<Tone>,
    /// At most five words.
    #[prop(into)]
    headline: Signal<String>,
    /// Why, and what to look at first.
    #[prop(into)]
    sentence: Signal<String>,
) -> impl IntoView {
    let glyph = Signal::derive(move || tone.get().glyph());
    view! {
        <section class="verdict" aria-label="Verdict" data-verdict=move || tone.get().key()
            data-tone=move || tone.get().key()>
            <Icon glyph />
            <h1 aria-live="polite">{move || headline.get()}</h1>
            <p>{move || sentence.get()}</p>
        </section>
    }
}
