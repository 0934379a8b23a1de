//! The token: where it is kept, and for how long.
//!
//! Invariants: it is in one place at a time as far as this tab goes: the storage of the tab, that of the device, or, where
//! the browser stores nothing, the page's memory; a tab's own comes before the device's. It is sent to the stream's
//! origin and nowhere else, and never stays in a URL.

use std::cell::{Cell, RefCell};

use web_sys::Storage;

use crate::browser;

const KEY: &str = "aurora.token";

/// For how long the reader wants a token to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Until the tab is closed, for this tab.
    #[default]
    Tab,
    /// Until it is cleared, for all tabs.
    Device,
}

/// Where the token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// There is none.
    Nowhere,
    /// In the page's memory, because the browser stores nothing.
    Page,
    /// In the storage of this tab.
    Tab,
    /// In the storage that all tabs share.
    Device,
}

thread_local! {
    /// Of a browser that stores nothing.
    static MEMORY: RefCell<Option<String>> = const { RefCell::new(None) };
    /// What the reader chose on this page; where a token is kept says more.
    static CHOICE: Cell<Keep> = const { Cell::new(Keep::Tab) };
    /// What was asked for last.
    static USED: RefCell<Option<String>> = const { RefCell::new(None) };
}

fn read(storage: Option<Storage>) -> Option<String> {
    storage?.get_item(KEY).ok().flatten().filter(|token| !token.is_empty())
}

fn write(storage: Option<Storage>, token: &str) -> bool {
    storage.is_some_and(|storage| storage.set_item(KEY, token).is_ok())
}

fn remove(storage: Option<Storage>) {
    if let Some(storage) = storage {
        // Where it is refused there is nothing to remove.
        let _ = storage.remove_item(KEY);
    }
}

fn find() -> (Held, Option<String>) {
    let tab = || read(browser::session_storage()).map(|token| (Held::Tab, Some(token)));
    let device = || read(browser::local_storage()).map(|token| (Held::Device, Some(token)));
    let page = || MEMORY.with_borrow(Clone::clone).map(|token| (Held::Page, Some(token)));
    tab().or_else(device).or_else(page).unwrap_or((Held::Nowhere, None))
}

/// The token in force in this tab.
pub fn token() -> Option<String> {
    let (_, token) = find();
    USED.set(token.clone());
    token
}

/// Where it is.
pub fn held() -> Held {
    find().0
}

/// For how long it is kept, or the next one will be.
pub fn keep() -> Keep {
    match held() {
        Held::Tab => Keep::Tab,
        Held::Device => Keep::Device,
        Held::Nowhere | Held::Page => CHOICE.get(),
    }
}

/// Keeps the token, and later ones, as `keep` says; one that is set moves there.
pub fn choose_keep(keep: Keep) {
    CHOICE.set(keep);
    if let (_, Some(token)) = find() {
        store(&token, keep);
    }
}

/// Keeps `token` as the choice in force says, or forgets it everywhere where it is `None` or empty. Where the browser
/// refuses to store anything it works until the page is reloaded.
pub fn set_token(token: Option<&str>) {
    let keep = keep();
    CHOICE.set(keep);
    if let Some(token) = token.filter(|token| !token.is_empty()) {
        store(token, keep);
        return;
    }
    remove(browser::session_storage());
    remove(browser::local_storage());
    MEMORY.set(None);
}

/// What this tab has no claim to any more is removed after the token is safe in its new place.
fn store(token: &str, keep: Keep) {
    if keep == Keep::Device && write(browser::local_storage(), token) {
        remove(browser::session_storage());
        MEMORY.set(None);
        return;
    }
    let was_on_device = held() == Held::Device;
    let stored = write(browser::session_storage(), token);
    MEMORY.set((!stored).then(|| token.to_owned()));
    if was_on_device {
        remove(browser::local_storage());
    }
}

/// Whether the token in force is another than the one that was asked for last: another tab may have changed it.
pub fn token_is_another() -> bool {
    let (_, token) = find();
    USED.with_borrow(|used| *used != token)
}

/// Takes a token out of the address (`#token=…`), so that a link can bring one: it is kept as if it had been entered, and
/// the address bar and the history lose it.
/// True where there was one.
pub fn take_token_from_address() -> bool {
    let Some(location) = browser::window().map(|window| window.location()) else { return false };
    let hash = location.hash().unwrap_or_default();
    let parts: Vec<&str> = hash.trim_start_matches('#').split('&').filter(|part| !part.is_empty()).collect();
    let Some(token) = parts.iter().find_map(|part| part.strip_prefix("token=")) else { return false };
    let rest: Vec<&str> = parts.iter().copied().filter(|part| !part.starts_with("token=")).collect();
    let path = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    let address = if rest.is_empty() { path } else { format!("{path}#{}", rest.join("&")) };
    browser::replace_address(&address);
    let token = js_sys::decode_uri_component(token).map_or_else(|_| token.to_owned(), String::from);
    set_token(Some(token.trim()));
    true
}

#[cfg(test)]
mod tests;
