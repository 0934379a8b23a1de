//! The search and what goes with it, and the line that says what the table holds.

use aurora_domain::format;
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{export::Export, model::Model};
use crate::store::{Past, derive};

const SEARCH_ID: &str = "events-search";

/// Moves the focus to the search.
pub(super) fn focus_search() {
    let search = document().get_element_by_id(SEARCH_ID).and_then(|it| it.dyn_into::<HtmlElement>().ok());
    if let Some(search) = search {
        // Where it cannot have the focus, the reader clicks.
        let _ = search.focus();
    }
}

/// Whether a key goes into a field, or belongs to a shortcut.
pub(super) fn is_typing(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let in_field = target
        .is_some_and(|target| target.matches("input, textarea, select, [contenteditable]").unwrap_or(false));
    in_field || event.ctrl_key() || event.alt_key() || event.meta_key()
}

#[component]
pub(super) fn Bar(model: Model) -> impl IntoView {
    let problem = derive(move || {
        model.query.with(|query| query.as_ref().err().map(ToString::to_string)).unwrap_or_default()
    });
    let count = derive(move || {
        let summary = model.summary.get();
        let matches = format::count(summary.matches as u64);
        let held = format::count(summary.held as u64);
        if model.asked.with(crate::lines::found::Asked::is_all) {
            format!("{matches} lines")
        } else if summary.done {
            format!("{matches} of {held} lines")
        } else {
            format!("{matches} so far · {} % of {held} lines", percent(summary.looked_at, summary.held))
        }
    });
    let on_key = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "ArrowDown" | "Enter" => {
            event.prevent_default();
            super::table::focus();
        }
        "Escape" if !model.text.with_untracked(String::is_empty) => {
            event.stop_propagation();
            model.text.set(String::new());
        }
        _ => {}
    };
    view! {
        <div class="events-bar" role="search">
            <label class="sr" for=SEARCH_ID>"Search events"</label>
            <input
                id=SEARCH_ID
                type="search"
                placeholder="Search: text, file: code: symbol: side: reason: order: is: and - to exclude"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-keyshortcuts="/"
                aria-describedby="events-problem"
                aria-invalid=move || (!problem.with(String::is_empty)).to_string()
                prop:value=move || model.text.get()
                on:input=move |event| model.text.set(event_target_value(&event))
                on:keydown=on_key
            />
            <span class="num sub events-count" data-count="matches">{move || count.get()}</span>
            <button
                class="btn"
                data-action="follow"
                aria-pressed=move || model.follow.get().to_string()
                on:click=move |_| model.toggle_follow()
            >"Follow"</button>
            <p class="note" id="events-problem" data-tone="bad" role="alert" hidden=move || problem.with(String::is_empty)>
                {move || problem.get()}
            </p>
        </div>
    }
}

fn percent(part: u64, whole: usize) -> u64 {
    part.saturating_mul(100) / (whole as u64).max(1)
}

/// Since when there are lines, and what fell out.
#[component]
pub(super) fn StatusLine(model: Model) -> impl IntoView {
    let held = derive(move || {
        let summary = model.summary.get();
        let since = summary.since.map(|since| format!(" since {}", format::date_time_utc(since)));
        let fallen = match summary.dropped {
            0 => String::new(),
            dropped => format!(" · {} older lines fell out of the table", format::count(dropped)),
        };
        format!("{} lines{}{fallen}", format::count(summary.held as u64), since.unwrap_or_default())
    });
    view! {
        <div class="events-status">
            <span data-count="held">{move || held.get()}</span>
            <EarlierButton model />
            <Export model />
        </div>
    }
}

/// Loads lines from before the first one, where the feed may have some.
#[component]
fn EarlierButton(model: Model) -> impl IntoView {
    let reading = derive(move || model.past.with(|past| matches!(past, Past::Reading { .. })));
    let offered = derive(move || !reading.get() && model.summary.get().has_earlier);
    let words = derive(move || model.past.with(past_words));
    view! {
        <span class="row">
            <button
                class="btn"
                data-action="earlier"
                hidden=move || !offered.get()
                on:click=move |_| model.load_earlier()
            >"Load earlier"</button>
            <button
                class="btn"
                data-action="cancel-earlier"
                hidden=move || !reading.get()
                on:click=move |_| model.cancel_earlier()
            >"Cancel"</button>
            <span role="status" data-past="">{move || words.get()}</span>
        </span>
    }
}

fn past_words(past: &Past) -> String {
    match past {
        Past::Idle => String::new(),
        Past::Reading { lines, of } => {
            format!(
                "Reading earlier lines: {} of at most {}",
                format::count(*lines as u64),
                format::count(*of)
            )
        }
        Past::Added(0) => "The feed has no earlier lines.".to_owned(),
        Past::Added(lines) => format!("{} earlier lines were added.", format::count(*lines as u64)),
        Past::Failed(why) => why.clone(),
    }
}
