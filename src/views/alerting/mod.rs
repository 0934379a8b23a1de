//! The view of alerts: what fires and is about to, its runbook, the rules with their thresholds, and what fired before.

mod alert;
mod history;
mod rules;
mod runbook;

use leptos::prelude::*;

use crate::{
    alerts::{Alerting, Standing},
    page::Page,
};
use alert::AlertRow;
use history::HistoryPanel;
use rules::RulesPanel;
use runbook::RunbookPanel;

/// The whole view.
#[component]
pub(crate) fn AlertsView(alerting: Alerting, page: Page, stale: Memo<bool>) -> impl IntoView {
    let has_runbook = Memo::new(move |_| !page.runbook.with(String::is_empty));
    view! {
        <Now alerting page stale beside=has_runbook />
        {move || has_runbook.get().then(|| view! { <RunbookPanel page /> })}
        <RulesPanel alerting page stale />
        <HistoryPanel alerting page />
    }
}

/// What fires and is about to.
#[component]
fn Now(alerting: Alerting, page: Page, stale: Memo<bool>, beside: Memo<bool>) -> impl IntoView {
    let keys = Memo::new(move |_| {
        alerting.shown.with(|all| all.iter().map(|alert| alert.key.clone()).collect::<Vec<_>>())
    });
    let summary = Memo::new(move |_| {
        alerting.shown.with(|all| {
            let count = |standing| all.iter().filter(|alert| alert.standing == standing).count();
            let silenced = all.iter().filter(|alert| alert.silence.is_some()).count();
            let silenced = if silenced > 0 { format!(", {silenced} silenced") } else { String::new() };
            format!("{} firing, {} pending{silenced}", count(Standing::Firing), count(Standing::Pending))
        })
    });
    view! {
        <section
            class=move || if beside.get() { "panel w7 alert-list" } else { "panel alert-list" }
            data-panel="alerts-now"
            data-stale=move || stale.get().then_some("")
        >
            <header class="panel-head">
                <h1>"Alerts"</h1>
                <span class="tag">"stale"</span>
                <span class="aside num" role="status">{move || summary.get()}</span>
            </header>
            <p class="empty" hidden=move || !keys.with(Vec::is_empty)>
                {move || if alerting.judged.with(Option::is_none) {
                    "Rules are judged once the page is live."
                } else {
                    "Nothing is firing, and nothing is about to."
                }}
            </p>
            <ul class="alert-cards">
                <For each=move || keys.get() key=String::clone children=move |key| view! { <AlertRow alerting page key /> } />
            </ul>
        </section>
    }
}
