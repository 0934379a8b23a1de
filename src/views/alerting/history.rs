//! What fired before, the newest first.

use aurora_domain::{Ts, format};
use leptos::prelude::*;

use crate::{
    alerts::{Alerting, Episode},
    components::tone::Tone,
    page::Page,
};

/// How many are shown at first, and how many more at each asking.
const STEP: usize = 50;

/// The timeline.
#[component]
pub(super) fn HistoryPanel(alerting: Alerting, page: Page) -> impl IntoView {
    let room = RwSignal::new(STEP);
    let count = Memo::new(move |_| alerting.history.with(Vec::len));
    let kept = move || match alerting.is_kept.get() {
        Some(false) => "This browser keeps nothing for the page: the history ends with it.",
        _ => "Kept in this browser: the last 1,000 of 30 days.",
    };
    let rows = move || {
        let room = room.get();
        alerting
            .history
            .with(|all| all.iter().rev().take(room).map(|episode| row(episode, page)).collect_view())
    };
    view! {
        <section class="panel" data-panel="alert-history">
            <header class="panel-head">
                <h2>"What fired"</h2>
                <span class="aside">{kept}</span>
                <button class="btn" data-action="clear-history" disabled=move || count.get() == 0
                    on:click=move |_| alerting.clear_history()>"Clear"</button>
            </header>
            <p class="empty" hidden=move || count.get() != 0>"Nothing has fired yet."</p>
            <ol class="episodes">{rows}</ol>
            <button class="btn" hidden=move || count.get() <= room.get() on:click=move |_| room.update(|room| *room += STEP)>"Show more"</button>
        </section>
    }
}

fn row(episode: &Episode, page: Page) -> impl IntoView + use<> {
    let zone = page.zone.get();
    let tone = match (episode.ended_ms, episode.severity.as_str()) {
        (Some(_), _) => Tone::Plain,
        (None, "critical") => Tone::Bad,
        (None, _) => Tone::Warn,
    };
    let fired = Ts::from_millis(episode.fired_ms);
    let clock = |at_ms: i64| format::clock(Ts::from_millis(at_ms), zone.offset_minutes());
    let lasted = |end: i64| format::age(u64::try_from((end - episode.fired_ms) / 1_000).unwrap_or(0));
    let end = match episode.ended_ms {
        None => "still firing".to_owned(),
        Some(end) if episode.ended_unseen => format!("ended unseen, before {}", clock(end)),
        Some(end) => format!("ended at {} after {}", clock(end), lasted(end)),
    };
    let taken =
        episode.acknowledged_ms.map(|at| format!(", acknowledged at {}", clock(at))).unwrap_or_default();
    view! {
        <li data-episode=episode.name.clone() data-tone=tone.key() data-ended=episode.ended_ms.is_some().to_string()>
            <span class="num">{zone.date_time(fired)}</span>
            <span><b>{episode.summary.clone()}</b> " " <span class="sub">{episode.name.clone()} ", " {episode.severity.clone()}</span></span>
            <span class="sub num">{end}{taken}</span>
        </li>
    }
}
