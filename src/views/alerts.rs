//! The alerts that fire, and those that are about to, at the top of the page; silenced ones are in the view of alerts alone.

use aurora_domain::format;
use leptos::prelude::*;

use crate::{
    alerts::{Alerting, Shown, Standing},
    components::tone::Tone,
    page::{Page, View},
    store::derive,
};

/// A list while there is anything to list, in every view but that of alerts.
#[component]
pub(crate) fn Alerts(alerting: Alerting, page: Page, stale: Memo<bool>) -> impl IntoView {
    let offset = derive(move || page.zone.get().offset_minutes());
    let alerts = Memo::new(move |_| {
        let told = |alert: &&Shown| alert.silence.is_none() && page.view.get() != View::Alerts;
        alerting.shown.with(|all| all.iter().filter(told).cloned().collect::<Vec<_>>())
    });
    view! {
        <section
            class="panel alerts"
            aria-label="Alerts"
            data-panel="alerts"
            data-stale=move || stale.get().then_some("")
            hidden=move || alerts.with(Vec::is_empty)
        >
            <header class="panel-head">
                <h2>"Alerts"</h2>
                <span class="tag">"stale"</span>
                <button class="link aside" data-action="to-alerts" on:click=move |_| page.view.set(View::Alerts)>"What to do"</button>
            </header>
            <ul aria-live="polite">
                {move || alerts.get().into_iter().map(|alert| row(alert, offset.get())).collect_view()}
            </ul>
        </section>
    }
}

fn row(alert: Shown, offset_minutes: i32) -> impl IntoView {
    let is_firing = alert.standing == Standing::Firing;
    let tone = match (is_firing, alert.severity.as_str()) {
        (true, "critical") => Tone::Bad,
        (true, _) => Tone::Warn,
        (false, _) => Tone::Unknown,
    };
    let state = alert.standing.word();
    // It says what holds once the alert fires.
    let description = if is_firing { alert.description } else { String::new() };
    let since = format::clock(alert.since, offset_minutes);
    let taken = if alert.acknowledged.is_some() { ", acknowledged" } else { "" };
    view! {
        <li data-alert=alert.name data-state=state data-tone=tone.key()>
            <b class="value">{alert.summary}</b>
            <span class="sub">{format!("{}, {state} since {since}{taken}", alert.severity)}</span>
            <p class="sub">{description}</p>
        </li>
    }
}
