//! Owns the settings: the stream's address, the token, the colours, and what version this is.
//!
//! Invariant: the token lives in the input alone until it is saved; it is in no signal, attribute or text.

use super::icon::{Glyph, Icon};
use super::segmented::{Choice, Segmented};
use super::theme::{Theme, ThemeChoice};
use crate::config::{Held, Keep};
use crate::store::derive;
use leptos::{ev, html, prelude::*};

/// A native modal dialog: focus stays inside, Esc closes it, and focus goes back to where it was.
#[component]
pub(crate) fn SettingsDialog(
    #[prop(into)] open: Signal<bool>,
    on_close: Callback<()>,
    #[prop(into)] stream_url: Signal<String>,
    /// Where the token is, and for how long it is kept.
    #[prop(into)]
    token: Signal<(Held, Keep)>,
    /// Why the server wants a token; empty where it does not.
    #[prop(optional, into)]
    server_message: Signal<String>,
    /// A token was entered; never empty.
    on_save: Callback<String>,
    /// The token is to be forgotten.
    on_clear: Callback<()>,
    on_keep: Callback<Keep>,
    #[prop(into)] theme: Signal<Theme>,
    on_theme: Callback<Theme>,
    version: &'static str,
    /// Further settings.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if !open.get() {
            dialog.close();
        } else if !dialog.open() {
            // Fails only where the dialog is not in the document, and then there is nothing to show.
            let _shown = dialog.show_modal();
        }
    });
    view! {
        <dialog node_ref=dialog aria-labelledby="settings-title" on:close=move |_| on_close.run(())>
            <header class="panel-head">
                <h2 id="settings-title">"Settings"</h2>
                <button class="btn" title="Close" on:click=move |_| on_close.run(())>
                    <Icon glyph=Glyph::Close />
                    <span class="sr">"Close"</span>
                </button>
            </header>
            <p class="note" data-tone="bad" role="alert" hidden=move || server_message.with(String::is_empty)>
                {move || server_message.get()}
            </p>
            <TokenForm token on_save on_clear on_keep />
            {children.map(|children| children())}
            <dl>
                <dt>"Stream"</dt>
                <dd><code data-stream-url="">{move || stream_url.get()}</code></dd>
                <dt>"Colours"</dt>
                <dd><ThemeChoice name="theme-words" theme on_theme words=true /></dd>
                <dt>"Version"</dt>
                <dd>"Aurora Live " {version}</dd>
            </dl>
        </dialog>
    }
}

const fn state(held: Held) -> &'static str {
    match held {
        Held::Nowhere => "No token is set.",
        Held::Page => "A token is set until this page is loaded again: the browser stores nothing.",
        Held::Tab => "A token is set for this tab.",
        Held::Device => "A token is set on this device.",
    }
}

const fn meaning(keep: Keep) -> &'static str {
    match keep {
        Keep::Tab => " This tab: it stays here until the tab is closed, and other tabs ask for one.",
        Keep::Device => {
            " This device: it stays in this browser until it is cleared, for all tabs; whoever uses this browser can use it."
        }
    }
}

#[component]
fn TokenForm(
    token: Signal<(Held, Keep)>,
    on_save: Callback<String>,
    on_clear: Callback<()>,
    on_keep: Callback<Keep>,
) -> impl IntoView {
    let has_token = move || token.get().0 != Held::Nowhere;
    let choice = |value, label| Choice { value, label, glyph: None };
    let choices = vec![choice(Keep::Tab, "This tab"), choice(Keep::Device, "This device")];
    let input = NodeRef::<html::Input>::new();
    let shown = RwSignal::new(false);
    let save = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = input.get() else { return };
        let token = input.value().trim().to_owned();
        if !token.is_empty() {
            input.set_value("");
            shown.set(false);
            on_save.run(token);
        }
    };
    view! {
        <form on:submit=save>
            <label for="token">"Token"</label>
            <div class="row">
                <input node_ref=input id="token" type=move || if shown.get() { "text" } else { "password" }
                    autocomplete="off" autocapitalize="off" spellcheck="false" autofocus="" required=""
                    aria-describedby="token-state" />
                <button class="btn" type="button" aria-pressed=move || shown.get().to_string()
                    on:click=move |_| shown.update(|shown| *shown = !*shown)>
                    {move || if shown.get() { "Hide" } else { "Show" }}
                </button>
            </div>
            <div class="row choose">
                <span class="sub">"Keep it for"</span>
                <Segmented legend="Keep the token for" name="token-keep" choices selected=derive(move || token.get().1) on_select=on_keep />
            </div>
            <p class="sub" id="token-state" data-token-state=move || if has_token() { "set" } else { "none" }>
                {move || state(token.get().0)}
                {move || meaning(token.get().1)}
                " It goes to the stream's own origin only."
            </p>
            <div class="row">
                <button class="btn primary" type="submit">"Save token"</button>
                <button class="btn" type="button" disabled=move || !has_token() on:click=move |_| on_clear.run(())>
                    "Clear token"
                </button>
            </div>
        </form>
    }
}
