//! Owns the bar at the top: where the reader is, whose figures these are, as of when, and whether they are live.

use super::icon::{Glyph, Icon};
use super::link_chip::LinkChip;
use crate::page::{Overlay, Page, View};
use aurora_domain::link::Status;
use leptos::prelude::*;

/// The bar.
#[component]
pub(crate) fn Header(
    page: Page,
    /// The session's name; empty where it is not known yet.
    #[prop(into)]
    session: Signal<String>,
    #[prop(into)] status: Signal<Status>,
    /// As in [`LinkChip`].
    #[prop(into)]
    instead: Signal<Option<&'static str>>,
    /// The time that figures are as of: `18:03:27 UTC`; empty where there is none.
    #[prop(into)]
    as_of: Signal<String>,
) -> impl IntoView {
    let links = View::ALL
        .into_iter()
        .map(|(view, label, key)| {
            view! {
                <li>
                    <a
                        href=format!("#view={key}")
                        data-view=key
                        aria-current=move || (page.view.get() == view).then_some("page")
                        on:click=move |event| {
                            event.prevent_default();
                            page.view.set(view);
                        }
                    >
                        {label}
                    </a>
                </li>
            }
        })
        .collect_view();
    let button = move |overlay: Overlay, glyph: Glyph, action: &'static str, label: &'static str| {
        view! {
            <button class="btn" data-action=action title=label on:click=move |_| page.toggle(overlay)>
                <Icon glyph />
                <span class="sr">{label}</span>
            </button>
        }
    };
    view! {
        <header class="top">
            <span class="brand">
                <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
                    <path d="M2 13.5C3.5 6 6 2.5 8 2.5s4.5 3.5 6 11M5 13.5c.8-4 1.8-6 3-6s2.2 2 3 6" />
                </svg>
                "Aurora Live"
            </span>
            <nav aria-label="Views"><ul class="nav">{links}</ul></nav>
            <LinkChip status instead />
            <span class="as-of num">
                {move || as_of.with(|at| if at.is_empty() { String::new() } else { format!("as of {at}") })}
            </span>
            <span class="session" title=move || session.get() data-session=move || session.get()>
                {move || session.get()}
            </span>
            <span class="tools">
                {button(Overlay::Palette, Glyph::Search, "palette", "Find a command (k)")}
                {button(Overlay::Help, Glyph::Question, "help", "Keyboard shortcuts (?)")}
                {button(Overlay::Settings, Glyph::Sliders, "settings", "Settings (,)")}
            </span>
        </header>
    }
}
