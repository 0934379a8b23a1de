//! Owns what is said about a link that is not as it should be.
//!
//! Invariants: what an assistive technology reads aloud changes with the status, never with the countdown; the focus is
//! never lost with a button that goes.

use super::icon::Icon;
use super::tone::Tone;
use aurora_domain::format::link::{self, Action, Words};
use aurora_domain::link::Status;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::commands;

const BUTTON: &str = "[data-banner='link'] button, [data-notice='link'] button";

/// Says what happened, since when, what is being done and when; nothing where the link is well.
#[component]
pub(crate) fn LinkBanner(
    #[prop(into)] status: Signal<Status>,
    /// Milliseconds since the Unix epoch by the page's clock; once a second is enough.
    #[prop(into)]
    now_ms: Signal<u64>,
    /// The reader does not want to wait for the next attempt.
    on_retry: Callback<()>,
    /// The reader wants to enter a token.
    on_settings: Callback<()>,
) -> impl IntoView {
    let words = Memo::new(move |_| status.with(link::words));
    let timing = Memo::new(move |_| status.with(|status| link::timing(status, now_ms.get())));
    move || {
        keep_focus();
        let Words { urgent, title, sentence, action } = words.get()?;
        let (tone, role) = if urgent { (Tone::Bad, "alert") } else { (Tone::Warn, "status") };
        let button = action.map(|action| match action {
            Action::Retry => {
                view! { <button class="btn" on:click=move |_| on_retry.run(())>"Retry now"</button> }
                    .into_any()
            }
            Action::EnterToken => {
                view! { <button class="btn" on:click=move |_| on_settings.run(())>"Enter token"</button> }
                    .into_any()
            }
        });
        Some(view! {
            <div class="note" data-tone=tone.key() data-banner=urgent.then_some("link")
                data-notice=(!urgent).then_some("link") role=role>
                <Icon glyph=tone.glyph() />
                <p>
                    <strong>{title}</strong>
                    " "
                    {sentence}
                    <span class="note-time" role="timer" aria-live="off">{timing}</span>
                </p>
                {button}
            </div>
        })
    }
}

/// Where the banner's button has the focus, the one that takes its place gets it, or else what the page is about.
fn keep_focus() {
    let is_ours = |element: web_sys::Element| element.matches(BUTTON).unwrap_or(false);
    if document().active_element().is_some_and(is_ours) {
        // What is shown now is replaced first.
        spawn_local(async {
            let next = document().query_selector(BUTTON).ok().flatten();
            commands::focus(if next.is_some() { BUTTON } else { "main" });
        });
    }
}
