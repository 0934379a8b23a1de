//! Owns the bar at the top: whose figures these are, as of when, over what, and whether they are live.

use super::icon::{Glyph, Icon};
use super::link_chip::LinkChip;
use super::span_selector::SpanSelector;
use super::theme::{Theme, ThemeChoice};
use aurora_domain::Span;
use aurora_domain::link::Status;
use leptos::prelude::*;

/// The bar.
#[component]
pub(crate) fn Header(
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
    #[prop(into)] span: Signal<Span>,
    on_span: Callback<Span>,
    #[prop(into)] theme: Signal<Theme>,
    on_theme: Callback<Theme>,
    on_settings: Callback<()>,
) -> impl IntoView {
    view! {
        <header class="top">
            <span class="brand">
                <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
                    <path d="M2 13.5C3.5 6 6 2.5 8 2.5s4.5 3.5 6 11M5 13.5c.8-4 1.8-6 3-6s2.2 2 3 6" />
                </svg>
                "Aurora Live"
            </span>
            <span class="session" title=move || session.get() data-session=move || session.get()>
                {move || session.get()}
            </span>
            <LinkChip status instead />
            <span class="as-of num">
                {move || as_of.with(|at| if at.is_empty() { String::new() } else { format!("as of {at}") })}
            </span>
            <SpanSelector span on_span />
            <ThemeChoice name="theme" theme on_theme />
            <button class="btn" data-action="settings" title="Settings" on:click=move |_| on_settings.run(())>
                <Icon glyph=Glyph::Sliders />
                <span class="sr">"Settings"</span>
            </button>
        </header>
    }
}
