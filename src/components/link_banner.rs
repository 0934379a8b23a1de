//! Owns what is said about a link that is not as it should be.
//!
//! Invariant: what an assistive technology reads aloud changes with the status, never with the countdown.

use super::icon::Icon;
use super::tone::Tone;
use aurora_domain::format::link::{self, Action, Words};
use aurora_domain::link::Status;
use leptos::prelude::*;

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
