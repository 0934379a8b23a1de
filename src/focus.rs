//! Owns where the focus goes when the element that had it goes away: to what the page is about, so that keys and screen
//! readers go on from there.
//!
//! Invariants: the focus is moved only where it would be lost by what the reader has just done; nothing scrolls.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement};

use crate::browser::Listener;

/// Where it goes.
const VIEW: &str = "main";

/// Keeps the focus until the reactive owner ends.
pub(crate) fn keep() {
    let last = StoredValue::new_local(None::<Element>);
    let comes = Listener::on_document("focusin", move || last.set_value(document().active_element()));
    // What a key or a click changes is in the document by the next frame; the browser lets go of the focus after it.
    let look = move || request_animation_frame(move || set_timeout(move || save(last), Duration::ZERO));
    let acts = ["keydown", "click"].map(|kind| Listener::on_document(kind, look));
    StoredValue::new_local((comes, acts));
}

fn save(last: StoredValue<Option<Element>, LocalStorage>) {
    let is_nowhere = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
    let is_gone = |element: Element| !element.is_connected() || element.get_client_rects().length() == 0;
    if !is_nowhere || !last.try_get_value().flatten().is_some_and(is_gone) {
        return;
    }
    let view = document().query_selector(VIEW).ok().flatten();
    if let Some(view) = view.and_then(|view| view.dyn_into::<HtmlElement>().ok()) {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        // Where it cannot take the focus, the browser goes on from where the element was.
        let _ = view.focus_with_options(&options);
    }
}
