//! The alerts that fire, and those that are about to, at the top of the page.

use aurora_domain::format;
use leptos::prelude::*;

use crate::{alerts::Shown, components::tone::Tone, page::Page, store::derive};

/// A list while there is anything to list.
#[component]
pub(crate) fn Alerts(alerts: Signal<Vec<Shown>>, page: Page, stale: Memo<bool>) -> impl IntoView {
    let offset = derive(move || page.zone.get().offset_minutes());
    view! {
        <section
            class="panel alerts"
            aria-label="Alerts"
            data-panel="alerts"
            data-stale=move || stale.get().then_some("")
            hidden=move || alerts.with(Vec::is_empty)
        >
            <h2>"Alerts"<span class="tag">"stale"</span></h2>
            <ul aria-live="polite">
                {move || alerts.get().into_iter().map(|alert| row(alert, offset.get())).collect_view()}
            </ul>
        </section>
    }
}

fn row(alert: Shown, offset_minutes: i32) -> impl IntoView {
    let tone = match (alert.is_firing, alert.severity.as_str()) {
        (true, "critical") => Tone::Bad,
        (true, _) => Tone::Warn,
        (false, _) => Tone::Unknown,
    };
    let state = if alert.is_firing { "firing" } else { "pending" };
    // It says what holds once the alert fires.
    let description = if alert.is_firing { alert.description } else { String::new() };
    let since = format::clock(alert.since, offset_minutes);
    view! {
        <li data-alert=alert.name data-state=state data-tone=tone.key()>
            <b class="value">{alert.summary}</b>
            <span class="sub">{format!("{}, {state} since {since}", alert.severity)}</span>
            <p class="sub">{description}</p>
        </li>
    }
}
