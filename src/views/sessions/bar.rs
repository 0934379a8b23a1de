//! The playback bar: where in the recording the reader is, and how fast it goes on.
//!
//! Invariants: what moves the playhead is [`Player::seek`] alone; while a seek is under way playing waits for it, so a
//! machine that is too slow for a speed plays slower and skips nothing.

use std::fmt::Write as _;

use aurora_domain::{Ts, format};
use leptos::{ev, prelude::*};

use crate::{
    browser::{self, Interval},
    components::segmented::{Choice, Segmented},
    page::Page,
    recording::player::{Extent, Player},
    store::derive,
};

/// Seconds of the recording for each second.
const SPEEDS: [(u32, &str); 5] = [(1, "1×"), (10, "10×"), (60, "60×"), (300, "300×"), (1000, "1000×")];
const TICK_MS: i32 = 100;
const PAGE_SECONDS: f64 = 60.0;

/// The bar of `player`, which is read to its end.
#[component]
pub(super) fn PlaybackBar(player: Player, page: Page) -> impl IntoView {
    let Some(extent) = player.progress.with_untracked(|progress| progress.ready) else {
        return ().into_any();
    };
    let (playing, speed) = (RwSignal::new(false), RwSignal::new(60_u32));
    plays(player, extent, playing, speed);
    let to = move |at: Ts| {
        playing.set(false);
        player.seek(at);
    };
    let step = move |seconds: f64| to(after(player.playhead.get_untracked(), seconds));
    let button = move |action: &'static str, label: &'static str, words: &'static str, run: Box<dyn Fn()>| {
        view! { <button class="btn" data-action=action title=label on:click=move |_| run()>{words}</button> }
    };
    let choices = SPEEDS.map(|(value, label)| Choice { value, label, glyph: None }).to_vec();
    let at = derive(move || page.zone.get().date_time(player.playhead.get()));
    let since = derive(move || elapsed(extent, player.playhead.get()));
    view! {
        <div class="playback" role="group" aria-label="Playback" data-playback data-seeking=move || player.seeking.get().to_string()>
            <div class="playback-row">
                {button("start", "To the start", "Start", Box::new(move || to(extent.first)))}
                {button("back", "One second back", "−1 s", Box::new(move || step(-1.0)))}
                <button class="btn primary" data-action="play" on:click=move |_| toggle(player, extent, playing)>
                    {move || if playing.get() { "Pause" } else { "Play" }}
                </button>
                {button("forward", "One second on", "+1 s", Box::new(move || step(1.0)))}
                {button("end", "To the end", "End", Box::new(move || to(extent.last)))}
                <Segmented legend="Speed" name="speed" choices selected=speed on_select=Callback::new(move |chosen| speed.set(chosen)) />
                <span class="playback-time num"><b data-playhead>{move || at.get()}</b>" · "{move || since.get()}</span>
            </div>
            <Track player page extent on_seek=Callback::new(to) />
            <Markers player page on_seek=Callback::new(to) />
        </div>
    }
    .into_any()
}

/// The slider, with the density of events behind it.
#[component]
fn Track(player: Player, page: Page, extent: Extent, on_seek: Callback<Ts>) -> impl IntoView {
    let course = player.course();
    let shape = density(&course.density.bars(extent.first, extent.last));
    let length = extent.last.seconds_since(extent.first).max(1e-3);
    let ticks = course
        .markers
        .iter()
        .map(|marker| {
            let share = marker.at.seconds_since(extent.first) / length * 100.0;
            view! { <i class="track-marker" data-trouble=marker.is_trouble.then_some("") style:left=format!("{share:.2}%")></i> }
        })
        .collect_view();
    let seconds = derive(move || player.playhead.get().seconds_since(extent.first));
    let text = derive(move || page.zone.get().date_time(player.playhead.get()));
    let set = move |event: ev::Event| {
        if let Ok(value) = event_target_value(&event).parse::<f64>() {
            on_seek.run(if value >= length { extent.last } else { after(extent.first, value) });
        }
    };
    let page = move |event: ev::KeyboardEvent| {
        let seconds = match event.key().as_str() {
            "PageUp" => PAGE_SECONDS,
            "PageDown" => -PAGE_SECONDS,
            _ => return,
        };
        event.prevent_default();
        on_seek.run(after(player.playhead.get_untracked(), seconds));
    };
    view! {
        <div class="track">
            <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true"><path d=shape /></svg>
            {ticks}
            <input
                type="range"
                data-slider
                aria-label="Time in the recording"
                min="0"
                max=length.ceil().to_string()
                step="1"
                prop:value=move || seconds.get().to_string()
                aria-valuetext=move || text.get()
                on:input=set
                on:keydown=page
            />
        </div>
    }
}

/// What happened on the way, each with a way there.
#[component]
fn Markers(player: Player, page: Page, on_seek: Callback<Ts>) -> impl IntoView {
    let course = player.course();
    let summary = format!(
        "{} halts and breaker changes",
        format::count(course.markers.len() as u64 + course.more_markers)
    );
    let is_empty = course.markers.is_empty();
    let rows = course
        .markers
        .into_iter()
        .map(|marker| {
            let at = marker.at;
            view! {
                <li>
                    <button class="btn" on:click=move |_| on_seek.run(at)>{move || page.zone.get().date_time(at)}</button>
                    " "{marker.words}
                </li>
            }
        })
        .collect_view();
    view! {
        <details class="markers" hidden=is_empty>
            <summary>{summary}</summary>
            <ul>{rows}</ul>
        </details>
    }
}

fn toggle(player: Player, extent: Extent, playing: RwSignal<bool>) {
    // Played to its end, it begins again.
    if !playing.get_untracked() && player.playhead.get_untracked() >= extent.last {
        player.seek(extent.first);
    }
    playing.update(|playing| *playing = !*playing);
}

/// Moves the playhead on while it plays.
fn plays(player: Player, extent: Extent, playing: RwSignal<bool>, speed: RwSignal<u32>) {
    let interval = StoredValue::new_local(None::<Interval>);
    Effect::new(move |_| {
        if !playing.get() {
            interval.set_value(None);
            return;
        }
        let told = std::cell::Cell::new(browser::monotonic_ms());
        let tick = move || {
            let now = browser::monotonic_ms();
            let passed = now - told.replace(now);
            if player.seeking.try_get_untracked() != Some(false) {
                return;
            }
            let next =
                after(player.playhead.get_untracked(), passed / 1000.0 * f64::from(speed.get_untracked()));
            player.seek(next);
            if next >= extent.last {
                playing.set(false);
            }
        };
        interval.set_value(Interval::new(TICK_MS, tick));
    });
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of a session, far below 2^63 nanoseconds")]
fn after(at: Ts, seconds: f64) -> Ts {
    Ts(at.0.saturating_add((seconds * 1e9) as i64))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole seconds of a session")]
fn elapsed(extent: Extent, at: Ts) -> String {
    let seconds = |at: Ts| format::age(at.seconds_since(extent.first).max(0.0) as u64);
    format!("{} of {}", seconds(at), seconds(extent.last))
}

/// Bars as one path in a field of 1000 × 100.
fn density(bars: &[(f64, f64, f64)]) -> String {
    let mut path = String::new();
    for (from, to, height) in bars {
        let (x, width, top) = (from * 1000.0, ((to - from) * 1000.0).max(1.0), 100.0 - height.sqrt() * 96.0);
        // Text into a string is always taken.
        let _ = write!(path, "M{x:.1} 100V{top:.0}h{width:.1}V100z");
    }
    path
}
