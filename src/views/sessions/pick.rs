//! Opening files: pick them, or drop them.

use aurora_domain::format;
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::{
    components::panel::Panel,
    recording::{given, kept::Kept, library::Library},
};

/// What open recordings take.
fn memory() -> String {
    format!(
        "Up to {} may be open. Each keeps its figures and at most {} of snapshots of them in memory; lines stay in the files.",
        Library::LIMIT,
        format::bytes(Kept::MOST_BYTES as u64)
    )
}

/// Two ways to pick, what can be opened, and what is being looked for.
#[component]
pub(super) fn Pick(library: Library) -> impl IntoView {
    let folder = NodeRef::<html::Input>::new();
    // Not an attribute that every browser's elements know by a name of their own.
    Effect::new(move |_| {
        if let Some(input) = folder.get() {
            // Where it is refused, the button picks files.
            let _ = input.set_attribute("webkitdirectory", "");
        }
    });
    let take = move |event: ev::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
            return;
        };
        if let Some(files) = input.files().filter(|files| files.length() > 0) {
            library.take(std::future::ready(given::picked(&files)));
        }
        // So that the same files can be picked again.
        input.set_value("");
    };
    view! {
        <Panel title="Open a recorded session">
            <div class="pick">
                <label class="btn primary">
                    <input class="sr" type="file" multiple accept=".jsonl,.gz,.zip,.old" data-pick="files" on:change=take />
                    "Choose files…"
                </label>
                <label class="btn">
                    <input class="sr" type="file" multiple data-pick="folder" node_ref=folder on:change=take />
                    "Choose a folder…"
                </label>
                <p>
                    "Or drop them anywhere on this page: a session's folder, its files, "
                    <code>".gz"</code>" parts, or a "<code>".zip"</code>
                    ". They are read in this browser and go nowhere."
                </p>
            </div>
            <p class="sub">{memory()}</p>
            <p class="pick-finding" role="status" data-finding hidden=move || library.finding.get().is_none()>
                {move || library.finding.get().map(|bytes| format!("Looking for sessions… {} so far", format::bytes(bytes)))}
                <button class="btn" data-action="stop-finding" on:click=move |_| library.stop()>"Stop"</button>
            </p>
        </Panel>
    }
}
