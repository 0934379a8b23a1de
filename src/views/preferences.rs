//! The settings that stay on this device: time zone, density, reach, thresholds, shortcuts, notifications, alerts.

use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Notification, NotificationPermission};

use super::telling::{RuleGroups, Telling};
use crate::{
    alerts::Alerting,
    components::segmented::{Choice, Segmented},
    page::Page,
    preferences::{self, Density, Zone},
    reach::Reach,
};

/// The form; every change is kept at once.
#[component]
pub(crate) fn Preferences(page: Page, alerting: Alerting) -> impl IntoView {
    let plain = |(value, label)| Choice { value, label, glyph: None };
    let reach = RwSignal::new(preferences::reach());
    let reaches =
        Reach::CHOICES.into_iter().map(|(value, label)| Choice { value, label, glyph: None }).collect();
    let keep_reach = move |chosen: Reach| {
        preferences::set("reach", Some(&chosen.key()));
        reach.set(chosen);
        page.reach.set(chosen);
    };
    let zones = [(Zone::Utc, "UTC"), (Zone::Local, "Local time")].map(plain_zone).to_vec();
    let densities = [(Density::Normal, "Normal"), (Density::Compact, "Compact")].map(plain).to_vec();
    view! {
        <dl data-preferences="">
            <dt>"At first show"</dt>
            <dd><Segmented legend="At first show" name="first-reach" choices=reaches selected=reach on_select=keep_reach /></dd>
            <dt>"Times in"</dt>
            <dd>
                <Segmented legend="Times in" name="zone" choices=zones selected=page.zone
                    on_select=move |zone: Zone| { zone.keep(); page.zone.set(zone); } />
            </dd>
            <dt>"Density"</dt>
            <dd>
                <Segmented legend="Density" name="density" choices=densities selected=page.density
                    on_select=move |density: Density| { density.apply(); page.density.set(density); } />
            </dd>
            <dt>"Warn above"</dt>
            <dd class="row"><Limits page /></dd>
            <dt>"Shortcuts"</dt>
            <dd><Check label="One key alone is a shortcut" name="shortcuts" on=preferences::has_shortcuts() set=preferences::set_shortcuts /></dd>
            <dt>"Notifications"</dt>
            <dd><Notifications /></dd>
            <dt>"Alerts"</dt>
            <dd data-telling=""><Telling alerting /></dd>
            <dt>"Rules"</dt>
            <dd data-rule-groups=""><RuleGroups alerting /></dd>
        </dl>
    }
}

fn plain_zone((value, label): (Zone, &'static str)) -> Choice<Zone> {
    Choice { value, label, glyph: None }
}

/// The limits that figures are judged against.
#[component]
fn Limits(page: Page) -> impl IntoView {
    let keep = move |change: &dyn Fn(&mut aurora_domain::verdict::Thresholds)| {
        page.thresholds.update(|thresholds| change(thresholds));
        preferences::set_thresholds(page.thresholds.get_untracked());
    };
    let number = |text: String| text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    view! {
        <label class="pick">
            <span>"Decision p90, ms"</span>
            <input type="number" min="1" step="1" data-limit="decision" prop:value=move || page.thresholds.get().decision_p90_ms
                on:change:target=move |event| if let Some(limit) = number(event.target().value()) {
                    keep(&|thresholds| thresholds.decision_p90_ms = limit);
                } />
        </label>
        <label class="pick">
            <span>"Deny rate, %"</span>
            <input type="number" min="1" max="100" step="1" data-limit="deny" prop:value=move || page.thresholds.get().deny_rate * 100.0
                on:change:target=move |event| if let Some(limit) = number(event.target().value()) {
                    keep(&|thresholds| thresholds.deny_rate = (limit / 100.0).min(1.0));
                } />
        </label>
    }
}

#[component]
fn Check(label: &'static str, name: &'static str, on: bool, set: fn(bool)) -> impl IntoView {
    view! {
        <label class="check">
            <input type="checkbox" data-setting=name checked=on on:change:target=move |event| set(event.target().checked()) />
            {label}
        </label>
    }
}

/// Asks the browser before it says yes.
#[component]
fn Notifications() -> impl IntoView {
    let on = RwSignal::new(preferences::has_notifications());
    let refused = RwSignal::new(false);
    let switch = move |wanted: bool| {
        on.set(wanted);
        preferences::set_notifications(wanted);
        if !wanted || Notification::permission() == NotificationPermission::Granted {
            return;
        }
        spawn_local(async move {
            let granted = match Notification::request_permission() {
                Ok(asked) => JsFuture::from(asked)
                    .await
                    .is_ok_and(|answer| answer.as_string().as_deref() == Some("granted")),
                Err(_) => false,
            };
            if !granted {
                on.set(false);
                refused.set(true);
                preferences::set_notifications(false);
            }
        });
    };
    view! {
        <label class="check">
            <input type="checkbox" data-setting="notifications" prop:checked=move || on.get()
                on:change:target=move |event| switch(event.target().checked()) />
            "Tell the desktop when the verdict turns bad"
        </label>
        <p class="sub" hidden=move || !refused.get()>
            "The browser does not allow it: allow notifications for this address in its settings."
        </p>
    }
}
