//! Takes files that are dropped anywhere on the page.

use leptos::{ev, prelude::*};
use web_sys::DragEvent;

use crate::{
    page::{Page, View},
    recording::{given, library::Library},
};

/// Covers the page while files are held over it, and opens what is dropped.
#[component]
pub(crate) fn DropTarget(library: Library, page: Page) -> impl IntoView {
    let over = RwSignal::new(false);
    let enter = window_event_listener(ev::dragenter, move |event| over.set(has_files(&event)));
    let hold = window_event_listener(ev::dragover, move |event| {
        if has_files(&event) {
            // What says that a drop is wanted.
            event.prevent_default();
        }
    });
    let leave = window_event_listener(ev::dragleave, move |event| {
        if event.related_target().is_none() {
            over.set(false);
        }
    });
    let dropped = window_event_listener(ev::drop, move |event| {
        over.set(false);
        if let Some(transfer) = event.data_transfer().filter(|_| has_files(&event)) {
            event.prevent_default();
            page.view.set(View::Sessions);
            library.take(given::dropped(&transfer));
        }
    });
    on_cleanup(move || {
        enter.remove();
        hold.remove();
        leave.remove();
        dropped.remove();
    });
    view! {
        <div class="drop-over" data-drop-over hidden=move || !over.get()>
            <p>"Drop session files, folders or archives to open them"</p>
        </div>
    }
}

fn has_files(event: &DragEvent) -> bool {
    let types = event.data_transfer().map(|transfer| transfer.types());
    types.is_some_and(|types| types.includes(&"Files".into(), 0))
}
