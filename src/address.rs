//! The address: what of the reader's choices a link brings along, as `#view=charts&reach=900&symbol=SOLUSDT`.
//!
//! Invariants: it stands in the fragment, which no server sees; a token is never put there, and one that stands there is
//! taken out before anything else is read or written. What is as it is without a
//! link is left out; what is not understood is ignored.

use aurora_domain::{SideKey, golive::List};
use leptos::prelude::*;

use crate::{
    browser::{self, Listener},
    components::theme::Theme,
    config,
    page::{Page, Recorded, View},
    preferences,
    reach::Reach,
};

const SIDES: [(SideKey, &str); 3] =
    [(SideKey::Buy, "buy"), (SideKey::Sell, "sell"), (SideKey::Unknown, "unknown")];

const RECORDED: [(Recorded, &str); 2] = [(Recorded::Events, "events"), (Recorded::Report, "report")];

const LISTS: [(List, &str); 2] = [(List::Testnet, "testnet"), (List::Canary, "canary")];

const THEMES: [(Theme, &str); 2] = [(Theme::Light, "light"), (Theme::Dark, "dark")];

/// Takes the choices from the address, and keeps the two the same from now on. A token that a link brings is taken out
/// first, before anything writes an address: `token_came` is told.
pub(crate) fn follow(page: Page, token_came: Callback<()>) {
    take_token(token_came);
    read(page);
    let known = StoredValue::new(browser::fragment());
    let changed = Listener::new("hashchange", move || {
        let came = take_token(token_came);
        known.set_value(browser::fragment());
        // A link that brings a token alone leaves the choices as they are.
        if !came || !browser::fragment().is_empty() {
            read(page);
        }
    });
    StoredValue::new_local(changed);
    let view = StoredValue::new(page.view.get_untracked());
    Effect::new(move |_| {
        let fragment = fragment(page);
        let left = view.get_value() != page.view.get();
        // An address that somebody else has just changed is read first: its event is on its way.
        if browser::fragment() == known.get_value() {
            view.set_value(page.view.get());
            browser::set_fragment(&fragment, left);
            known.set_value(browser::fragment());
        }
    });
}

fn take_token(token_came: Callback<()>) -> bool {
    let came = config::take_token_from_address();
    if came {
        token_came.run(());
    }
    came
}

fn fragment(page: Page) -> String {
    let mut parts: Vec<(&str, String)> = Vec::new();
    if page.view.get() != View::default() {
        parts.push(("view", page.view.get().key().to_owned()));
    }
    // Always, because what is meant without it is the reader's own choice.
    parts.push(("reach", page.reach.get().key()));
    parts.push(("symbol", page.symbol.get()));
    if let Some(side) = page.side.get() {
        parts.push(("side", name(&SIDES, side).to_owned()));
    }
    parts.push(("theme", name(&THEMES, page.theme.get()).to_owned()));
    parts.push(("query", page.query.get()));
    if page.view.get() == View::Alerts {
        parts.push(("runbook", page.runbook.get()));
    }
    parts.push(("recorded", name(&RECORDED, page.recorded.get()).to_owned()));
    parts.push(("checklist", name(&LISTS, page.checklist.get()).to_owned()));
    if page.wall.get() {
        parts.push(("wall", "1".to_owned()));
    }
    let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
    let parts: Vec<String> = parts.map(|(name, value)| format!("{name}={}", escape(&value))).collect();
    parts.join("&")
}

fn read(page: Page) {
    let fragment = browser::fragment();
    let value = |name: &str| {
        let parts = fragment.split('&').filter_map(|part| part.split_once('='));
        parts.filter(|(known, _)| *known == name).map(|(_, value)| unescape(value)).next()
    };
    let text = |name| value(name).unwrap_or_default();
    put(page.view, View::of_key(&text("view")).unwrap_or_default());
    put(page.reach, Reach::of_key(&text("reach")).unwrap_or_else(preferences::reach));
    put(page.symbol, text("symbol"));
    put(page.side, value_of(&SIDES, &text("side")));
    put(page.query, text("query"));
    put(page.runbook, text("runbook"));
    put(page.recorded, value_of(&RECORDED, &text("recorded")).unwrap_or_default());
    put(page.checklist, value_of(&LISTS, &text("checklist")).unwrap_or_default());
    put(page.wall, text("wall") == "1");
    let theme = value_of(&THEMES, &text("theme")).unwrap_or_else(Theme::stored);
    theme.paint();
    put(page.theme, theme);
}

/// Sets a signal where that changes it, so that nothing is told of what stays.
fn put<T: PartialEq + Clone + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|known| *known != value) {
        signal.set(value);
    }
}

fn name<T: PartialEq + Copy>(all: &[(T, &'static str)], value: T) -> &'static str {
    all.iter().find(|(known, _)| *known == value).map_or("", |(_, name)| name)
}

fn value_of<T: Copy>(all: &[(T, &'static str)], name: &str) -> Option<T> {
    all.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
}

fn escape(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

fn unescape(text: &str) -> String {
    js_sys::decode_uri_component(text).map_or_else(|_| text.to_owned(), Into::into)
}
