//! One alert: what is wrong, since when, against which limit, and what can be done with it.

use aurora_domain::{Ts, format};
use leptos::{html, prelude::*};

use crate::{
    alerts::{Alerting, Shown, Standing},
    components::{course::CourseLine, icon::Icon, tone::Tone},
    page::Page,
    store::derive,
};

/// For how long an alert can be silenced, in minutes.
const SILENCES: [(u32, &str); 5] =
    [(15, "15 minutes"), (60, "1 hour"), (240, "4 hours"), (1_440, "1 day"), (10_080, "7 days")];

/// How it is judged by how it stands and how severe it is.
fn tone(alert: &Shown) -> Tone {
    match (alert.standing, alert.severity.as_str()) {
        _ if alert.silence.is_some() => Tone::Unknown,
        (Standing::Firing, "critical") => Tone::Bad,
        (Standing::Firing, _) => Tone::Warn,
        _ => Tone::Unknown,
    }
}

/// The card of the alert `key`, as long as it is firing or pending.
#[component]
pub(super) fn AlertRow(alerting: Alerting, page: Page, key: String) -> impl IntoView {
    let own = key.clone();
    let alert = Memo::new(move |before: Option<&Option<Shown>>| {
        let now = alerting.shown.with(|all| all.iter().find(|alert| alert.key == own).cloned());
        // What is leaving stays as it was until its element is gone.
        now.or_else(|| before.cloned().flatten())
    });
    let text = move |read: fn(&Shown) -> String| {
        move || alert.with(|alert| alert.as_ref().map(read).unwrap_or_default())
    };
    let judged = move || alert.with(|alert| alert.as_ref().map_or(Tone::Unknown, tone));
    let is_silencing = RwSignal::new(false);
    let is_open = move || is_silencing.get();
    let name = text(|alert| alert.name.clone());
    view! {
        <li class="alert-card" data-alert=name data-tone=move || judged().key()
            data-state=text(|alert| alert.standing.word().to_owned())
            data-silenced=move || alert.with(|alert| alert.as_ref().is_some_and(|alert| alert.silence.is_some())).then_some("")>
            <header>
                <Icon glyph=derive(move || judged().glyph()) />
                <h2>{text(|alert| alert.summary.clone())}</h2>
                <span class="sub">{text(|alert| alert.name.clone())}</span>
            </header>
            <p class="num">{move || standing(alert, page)} <Due alerting alert /></p>
            <p class="sub" hidden=move || text(description)().is_empty()>{text(description)}</p>
            <Measured alerting alert />
            <Labels alert />
            <p class="sub"><code>{text(|alert| alert.expr.clone())}</code></p>
            <p class="sub" data-silence="" hidden=move || silence(alert, page).is_empty()>{move || silence(alert, page)}</p>
            <Actions alerting page alert is_silencing />
            {move || is_open().then(|| view! { <SilenceForm alerting key=key.clone() is_silencing /> })}
        </li>
    }
}

/// It says what holds once the alert fires.
fn description(alert: &Shown) -> String {
    if alert.standing == Standing::Firing { alert.description.clone() } else { String::new() }
}

fn standing(alert: Memo<Option<Shown>>, page: Page) -> String {
    let offset = page.zone.get().offset_minutes();
    alert.with(|alert| {
        let Some(alert) = alert else { return String::new() };
        let (word, since) = (alert.standing.word(), format::clock(alert.since, offset));
        let then = if alert.standing == Standing::Pending {
            format!(", fires at {} if it goes on", format::clock(alert.fires_at, offset))
        } else {
            String::new()
        };
        format!("{}, {word} since {since}{then}", alert.severity)
    })
}

fn silence(alert: Memo<Option<Shown>>, page: Page) -> String {
    let silence = alert.with(|alert| alert.as_ref().and_then(|alert| alert.silence.clone()));
    let Some(silence) = silence else { return String::new() };
    let until = page.zone.get().date_time(Ts::from_millis(silence.until_ms));
    let reason = if silence.reason.is_empty() { String::new() } else { format!(": {}", silence.reason) };
    format!("Silenced until {until}{reason}. Nobody is told of it by this page.")
}

/// Until when somebody has to take it on, or that somebody has.
#[component]
fn Due(alerting: Alerting, alert: Memo<Option<Shown>>) -> impl IntoView {
    let said = move || {
        let now = alerting.judged.get()?;
        alert.with(|alert| {
            let alert = alert.as_ref().filter(|alert| alert.standing == Standing::Firing)?;
            if alert.acknowledged.is_some() {
                return Some((Tone::Good, "acknowledged".to_owned()));
            }
            let left = alert.due_seconds? - (now.second() - alert.since.second());
            let span = format::age(left.unsigned_abs());
            Some(if left >= 0 {
                (Tone::Plain, format!("to be acknowledged within {span}"))
            } else {
                (Tone::Bad, format!("not acknowledged, {span} over its time"))
            })
        })
    };
    view! {
        {move || said().map(|(tone, words)| view! { <span class="due" data-tone=tone.key() data-due="">{words}</span> })}
    }
}

/// Its value, what that is held against, and how it went.
#[component]
fn Measured(alerting: Alerting, alert: Memo<Option<Shown>>) -> impl IntoView {
    let course = Memo::new(move |_| {
        let found = alert.with(|alert| alert.as_ref().map(|alert| (alert.place, alert.labels.clone())));
        found.map(|(place, labels)| alerting.course(place, &labels)).unwrap_or_default()
    });
    let value = move || {
        alert.with(|alert| alert.as_ref().map(|alert| alert.unit.say(alert.value)).unwrap_or_default())
    };
    let limit =
        move || alert.with(|alert| alert.as_ref().map(|alert| alert.limit.clone()).unwrap_or_default());
    view! {
        <div class="measured" hidden=move || limit().is_empty()>
            <p><b class="value num" data-value-now="">{value}</b>" "<span class="sub">"fires "{limit}</span></p>
            <CourseLine values=derive(move || course.with(|course| course.values.clone()))
                threshold=derive(move || course.with(|course| course.threshold)) />
            <span class="sub">{move || course.with(|course| course.words.clone())}</span>
        </div>
    }
}

#[component]
fn Labels(alert: Memo<Option<Shown>>) -> impl IntoView {
    let labels = Memo::new(move |_| {
        alert.with(|alert| alert.as_ref().map(|alert| alert.labels.clone()).unwrap_or_default())
    });
    view! {
        <p class="labels" hidden=move || labels.with(Vec::is_empty)>
            {move || labels.get().into_iter().map(|(name, value)| view! { <code>{name}"="{value}</code> }).collect_view()}
        </p>
    }
}

#[component]
fn Actions(
    alerting: Alerting,
    page: Page,
    alert: Memo<Option<Shown>>,
    is_silencing: RwSignal<bool>,
) -> impl IntoView {
    let read = move |read: fn(&Shown) -> bool| move || alert.with(|alert| alert.as_ref().is_some_and(read));
    let key = move || {
        alert.with_untracked(|alert| alert.as_ref().map(|alert| alert.key.clone()).unwrap_or_default())
    };
    let is_silenced = read(|alert| alert.silence.is_some());
    let can_acknowledge = read(|alert| alert.standing == Standing::Firing && alert.acknowledged.is_none());
    let reference = Memo::new(move |_| {
        alert.with(|alert| alert.as_ref().map(|alert| alert.runbook.clone()).unwrap_or_default())
    });
    view! {
        <div class="row alert-actions">
            {move || super::runbook::opener(page, &reference.get())}
            <button class="btn" data-action="acknowledge" hidden=move || !can_acknowledge()
                on:click=move |_| alerting.acknowledge(&key())>"Acknowledge"</button>
            <button class="btn" data-action="silence" hidden=is_silenced aria-expanded=move || is_silencing.get().to_string()
                on:click=move |_| is_silencing.update(|open| *open = !*open)>"Silence…"</button>
            <button class="btn" data-action="end-silence" hidden=move || !is_silenced()
                on:click=move |_| alerting.end_silence(&key())>"End the silence"</button>
        </div>
    }
}

/// For how long, and why.
#[component]
fn SilenceForm(alerting: Alerting, key: String, is_silencing: RwSignal<bool>) -> impl IntoView {
    let (minutes, reason) = (NodeRef::<html::Select>::new(), NodeRef::<html::Input>::new());
    Effect::new(move |_| {
        if let Some(minutes) = minutes.get() {
            // Where it cannot have the focus, the reader clicks.
            let _ = minutes.focus();
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Some(minutes), Some(reason)) = (minutes.get(), reason.get()) else { return };
        let minutes = minutes.value().parse().unwrap_or(15);
        is_silencing.set(false);
        alerting.silence(&key, minutes, &reason.value());
    };
    let choices = SILENCES
        .map(|(minutes, words)| view! { <option value=minutes.to_string()>{words}</option> })
        .collect_view();
    view! {
        <form class="silence-form" on:submit=submit on:keydown=move |event| if event.key() == "Escape" { is_silencing.set(false); }>
            <label class="pick"><span>"For"</span><select node_ref=minutes data-silence-for="">{choices}</select></label>
            <label class="pick"><span>"Because"</span><input node_ref=reason type="text" maxlength="200" required="" data-silence-reason="" /></label>
            <button class="btn primary" type="submit">"Silence"</button>
        </form>
    }
}
