//! Owns a calm message about the page as a whole: a title, a sentence, perhaps something to do.

use super::icon::Icon;
use super::tone::Tone;
use leptos::prelude::*;

/// One notice. `name` marks it in the page as `data-notice`.
#[component]
pub(crate) fn Notice(
    name: &'static str,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] sentence: Signal<String>,
    #[prop(optional)] tone: Tone,
    /// The button's words and what it does.
    #[prop(optional, into)]
    action: Option<(&'static str, Callback<()>)>,
) -> impl IntoView {
    let button = action.map(
        |(label, on_press)| view! { <button class="btn" on:click=move |_| on_press.run(())>{label}</button> },
    );
    view! {
        <div class="note" data-tone=tone.key() data-notice=name role="status">
            <Icon glyph=tone.glyph() />
            <p>
                <strong>{move || title.get()}</strong>
                " "
                {move || sentence.get()}
            </p>
            {button}
        </div>
    }
}
