//! The settings of alerts: which rules are judged, and how the reader is told.

use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Notification, NotificationPermission};

use crate::alerts::{Alerting, GROUPS, Ways};

const REFUSED: &str = "The browser does not allow it: allow notifications for this address in its settings.";

/// Which of the shipped groups are judged in this page.
#[component]
pub(crate) fn RuleGroups(alerting: Alerting) -> impl IntoView {
    let is_own = alerting.rules.with_untracked(|rules| rules.is_own);
    if is_own {
        return view! { <p class="sub">"Those of config.json, all of them."</p> }.into_any();
    }
    let boxes = GROUPS.map(|(name, label)| {
        let is_chosen = move || alerting.rules.with(|rules| rules.chosen.iter().any(|chosen| chosen == name));
        view! {
            <label class="check">
                <input type="checkbox" data-rule-group=name prop:checked=is_chosen
                    on:change:target=move |event| alerting.rules.update(|rules| rules.choose(name, event.target().checked())) />
                {label}
            </label>
        }
    });
    boxes.collect_view().into_any()
}

/// In which ways the reader is told; each is off until it is asked for.
#[component]
pub(crate) fn Telling(alerting: Alerting) -> impl IntoView {
    let refused = RwSignal::new(false);
    let set = move |change: &dyn Fn(&mut Ways)| {
        alerting.ways.update(change);
        alerting.ways.get_untracked().store();
    };
    let desktop = move |wanted: bool| {
        set(&|ways| ways.desktop = wanted);
        refused.set(false);
        if wanted {
            spawn_local(async move {
                if !is_allowed().await {
                    set(&|ways| ways.desktop = false);
                    refused.set(true);
                }
            });
        }
    };
    let sound = move |wanted: bool| {
        set(&|ways| ways.sound = wanted);
        if wanted {
            alerting.try_sound();
        }
    };
    let ways = alerting.ways;
    view! {
        <label class="check">
            <input type="checkbox" data-setting="alert-desktop" prop:checked=move || ways.get().desktop
                on:change:target=move |event| desktop(event.target().checked()) />
            "A notification of the desktop when alerts fire or end"
        </label>
        <p class="sub" role="status" data-refused="">{move || if refused.get() { REFUSED } else { "" }}</p>
        <label class="check">
            <input type="checkbox" data-setting="alert-sound" prop:checked=move || ways.get().sound
                on:change:target=move |event| sound(event.target().checked()) />
            "A sound when alerts fire"
        </label>
        <p class="sub" role="status" data-mute="">{move || alerting.mute.get()}</p>
        <label class="check">
            <input type="checkbox" data-setting="alert-tab" prop:checked=move || ways.get().tab
                on:change:target=move |event| { let wanted = event.target().checked(); set(&|ways| ways.tab = wanted); } />
            "The tab’s title and icon while alerts fire"
        </label>
    }
}

/// Asks the browser where it has not been asked yet.
async fn is_allowed() -> bool {
    if Notification::permission() == NotificationPermission::Granted {
        return true;
    }
    match Notification::request_permission() {
        Ok(asked) => {
            JsFuture::from(asked).await.is_ok_and(|answer| answer.as_string().as_deref() == Some("granted"))
        }
        Err(_) => false,
    }
}
