//! Everything that can be done by key or by name: one table for shortcuts, the help sheet and the palette.
//!
//! Invariant: no key acts while the reader types into a field, or while a dialog is open, but for those that close it.

use leptos::{ev::KeyboardEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::{
    browser::KeyListener,
    components::theme::Theme,
    page::{Overlay, Page, Recorded, View},
    preferences::{self, Density, Zone},
    reach::Reach,
};

/// What a command acts on.
#[derive(Clone, Copy)]
pub(crate) struct Context {
    /// The reader's choices.
    pub(crate) page: Page,
    /// Whether the page is paused.
    pub(crate) paused: RwSignal<bool>,
    /// Tries to connect now.
    pub(crate) retry: Callback<()>,
}

/// One thing that can be done.
pub(crate) struct Command {
    /// The key that does it, as [`KeyboardEvent::key`] names it; empty where only its name does.
    pub(crate) key: &'static str,
    /// What it does, as an order.
    pub(crate) name: &'static str,
    /// Does it.
    pub(crate) run: fn(Context),
}

/// All of them, in the order of the help sheet.
pub(crate) const COMMANDS: &[Command] = &[
    Command { key: "1", name: "Go to Live", run: |on| on.page.view.set(View::Live) },
    Command { key: "2", name: "Go to Charts", run: |on| on.page.view.set(View::Charts) },
    Command { key: "3", name: "Go to Events", run: |on| on.page.view.set(View::Events) },
    Command { key: "4", name: "Go to Sessions", run: |on| on.page.view.set(View::Sessions) },
    Command { key: "5", name: "Go to Alerts", run: |on| on.page.view.set(View::Alerts) },
    Command { key: "6", name: "Go to Objectives", run: |on| on.page.view.set(View::Objectives) },
    Command { key: "7", name: "Go to Go-live", run: |on| on.page.view.set(View::GoLive) },
    Command { key: "p", name: "Pause or resume", run: |on| on.paused.update(|paused| *paused = !*paused) },
    Command { key: "[", name: "Reach less far back", run: |on| step_reach(on.page, -1) },
    Command { key: "]", name: "Reach further back", run: |on| step_reach(on.page, 1) },
    Command { key: "f", name: "Filter by symbol", run: |_| focus("[data-filter='symbol']") },
    Command { key: "x", name: "Clear the filter", run: |on| clear_filter(on.page) },
    Command { key: "/", name: "Search events", run: search },
    Command { key: "r", name: "Reconnect now", run: |on| on.retry.run(()) },
    Command { key: "t", name: "Switch colours", run: |on| switch_theme(on.page) },
    Command { key: "d", name: "Switch density", run: |on| switch_density(on.page) },
    Command { key: "z", name: "Switch between UTC and local time", run: |on| switch_zone(on.page) },
    Command {
        key: "w",
        name: "Wall: figures without controls",
        run: |on| on.page.wall.update(|wall| *wall = !*wall),
    },
    Command { key: ",", name: "Open settings", run: |on| on.page.toggle(Overlay::Settings) },
    Command { key: "k", name: "Find a command", run: |on| on.page.toggle(Overlay::Palette) },
    Command { key: "?", name: "Show keyboard shortcuts", run: |on| on.page.toggle(Overlay::Help) },
    Command { key: "", name: "Show the report of a recording", run: show_report },
    Command { key: "", name: "Print", run: |_| print() },
];

/// Acts on keys until the reactive owner ends.
pub(crate) fn listen(context: Context) {
    let listener = KeyListener::new(move |event| act(context, event));
    StoredValue::new_local(listener);
}

fn act(context: Context, event: &KeyboardEvent) {
    let key = event.key();
    if (event.ctrl_key() || event.meta_key()) && key == "k" {
        event.prevent_default();
        context.page.toggle(Overlay::Palette);
        return;
    }
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
        return;
    }
    if context.page.overlay.get_untracked().is_some() || is_typing(event) || !preferences::has_shortcuts() {
        return;
    }
    if key == "Escape" && context.page.wall.get_untracked() {
        context.page.wall.set(false);
        return;
    }
    if let Some(command) = COMMANDS.iter().find(|command| !command.key.is_empty() && command.key == key) {
        event.prevent_default();
        (command.run)(context);
    }
}

/// Whether a field takes the key.
fn is_typing(event: &KeyboardEvent) -> bool {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return false;
    };
    let kind = element.get_attribute("type").unwrap_or_default();
    match element.tag_name().as_str() {
        "INPUT" => !matches!(kind.as_str(), "radio" | "checkbox" | "range" | "file" | "button"),
        "TEXTAREA" | "SELECT" => true,
        _ => element.get_attribute("contenteditable").is_some(),
    }
}

fn step_reach(page: Page, by: isize) {
    let all = Reach::CHOICES;
    let at = all.iter().position(|(reach, _)| *reach == page.reach.get_untracked());
    let to = at.and_then(|at| at.checked_add_signed(by)).unwrap_or(1);
    if let Some((reach, _)) = all.get(to) {
        page.reach.set(*reach);
    }
}

fn clear_filter(page: Page) {
    page.symbol.set(String::new());
    page.side.set(None);
}

fn show_report(on: Context) {
    on.page.view.set(View::Sessions);
    on.page.recorded.set(Recorded::Report);
}

fn search(on: Context) {
    on.page.view.set(View::Events);
    request_animation_frame(|| focus("#events-search"));
}

/// Gives the focus to the first element that `selector` finds.
pub(crate) fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // Where it cannot take the focus, the focus stays.
        let _ = element.focus();
    }
}

fn switch_theme(page: Page) {
    let next = match page.theme.get_untracked() {
        Theme::System => Theme::Light,
        Theme::Light => Theme::Dark,
        Theme::Dark => Theme::System,
    };
    next.apply();
    page.theme.set(next);
}

fn switch_density(page: Page) {
    let next = match page.density.get_untracked() {
        Density::Normal => Density::Compact,
        Density::Compact => Density::Normal,
    };
    next.apply();
    page.density.set(next);
}

fn switch_zone(page: Page) {
    let next = match page.zone.get_untracked() {
        Zone::Utc => Zone::Local,
        Zone::Local => Zone::Utc,
    };
    next.keep();
    page.zone.set(next);
}

fn print() {
    // A browser that does not print says so itself.
    let _ = window().print();
}
