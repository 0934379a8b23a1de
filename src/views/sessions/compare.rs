//! Several recordings beside each other: the same figures in columns, at the same time.

use aurora_domain::{LatencyKind, Outcome, Span, State, Ts, format};
use leptos::{ev, prelude::*};

use crate::{
    components::{
        panel::Panel,
        segmented::{Choice, Segmented},
    },
    page::Page,
    recording::{
        library::{Library, Opened, Shown},
        player::{Extent, Player},
    },
    store::{Slice, derive},
};

/// How a figure is shown.
#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Count,
    Ratio,
    Millis,
}

type Read = fn(&State) -> Option<f64>;

/// Label, metric, unit, and where it comes from.
const ROWS: [(&str, &str, Unit, Read); 19] = [
    ("Events", "session.events", Unit::Count, |state| Some(state.session().events() as f64)),
    ("Submitted", "orders.submitted", Unit::Count, |state| Some(outcome(state, Outcome::Submitted))),
    ("Acked", "orders.acked", Unit::Count, |state| Some(outcome(state, Outcome::Acked))),
    ("Filled", "orders.filled", Unit::Count, |state| Some(outcome(state, Outcome::Filled))),
    ("Canceled", "orders.canceled", Unit::Count, |state| Some(outcome(state, Outcome::Canceled))),
    ("Rejected", "orders.rejected", Unit::Count, |state| Some(outcome(state, Outcome::Rejected))),
    ("Expired", "orders.expired", Unit::Count, |state| Some(outcome(state, Outcome::Expired))),
    ("Denied", "orders.denied", Unit::Count, |state| Some(outcome(state, Outcome::Denied))),
    ("Failed", "orders.failed", Unit::Count, |state| Some(outcome(state, Outcome::Failed))),
    ("Fill rate", "fill_rate", Unit::Ratio, |state| state.orders().fill_rate(Span::Session)),
    ("Deny rate", "deny_rate", Unit::Ratio, |state| state.orders().deny_rate(Span::Session)),
    ("Taker share", "taker_share", Unit::Ratio, |state| state.routes().taker_share()),
    ("Decision p50", "latency.decision.p50", Unit::Millis, |state| latency(state, LatencyKind::Decision, 50)),
    ("Decision p90", "latency.decision.p90", Unit::Millis, |state| latency(state, LatencyKind::Decision, 90)),
    ("Decision p99", "latency.decision.p99", Unit::Millis, |state| latency(state, LatencyKind::Decision, 99)),
    ("Ack p50", "latency.ack.p50", Unit::Millis, |state| latency(state, LatencyKind::Ack, 50)),
    ("Ack p90", "latency.ack.p90", Unit::Millis, |state| latency(state, LatencyKind::Ack, 90)),
    ("First fill p50", "latency.first_fill.p50", Unit::Millis, |state| {
        latency(state, LatencyKind::FirstFill, 50)
    }),
    ("First fill p90", "latency.first_fill.p90", Unit::Millis, |state| {
        latency(state, LatencyKind::FirstFill, 90)
    }),
];

fn outcome(state: &State, outcome: Outcome) -> f64 {
    state.orders().outcomes(Span::Session).get(outcome) as f64
}

fn latency(state: &State, kind: LatencyKind, quantile: u8) -> Option<f64> {
    let summary = state.latency().summary(kind, Span::Session)?;
    Some(match quantile {
        50 => summary.p50_ms,
        90 => summary.p90_ms,
        _ => summary.p99_ms,
    })
}

/// What makes two moments the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Start,
    Clock,
}

/// The recordings `ids` as columns; the first one is what the others are compared with.
#[component]
pub(super) fn Comparison(library: Library, page: Page, ids: Vec<u32>) -> impl IntoView {
    let chosen: Vec<Opened> = ids.into_iter().filter_map(|id| library.find(id)).collect();
    let players: Vec<Player> = chosen.iter().map(|one| one.player).collect();
    let by = RwSignal::new(By::Start);
    let heads = chosen
        .iter()
        .map(|one| {
            let (id, player) = (one.id, one.player);
            let at = derive(move || page.zone.get().date_time(player.playhead.get()));
            view! {
                <th scope="col">
                    {one.name.clone()}
                    <span class="compare-at num">{move || at.get()}</span>
                    <button class="btn" data-action="close" on:click=move |_| library.close(id)>"Close"</button>
                </th>
            }
        })
        .collect_view();
    let figures: Vec<Memo<Vec<Option<f64>>>> = players
        .iter()
        .map(|player| {
            const SLICES: &[Slice] = &[Slice::Orders, Slice::Latency, Slice::Session];
            player.store.select(SLICES, |store| ROWS.iter().map(|(.., read)| read(store.state())).collect())
        })
        .collect();
    let rows = ROWS
        .iter()
        .enumerate()
        .map(|(row, (label, metric, unit, _))| {
            let cells = figures
                .iter()
                .enumerate()
                .map(|(column, own)| {
                    let (own, base, unit) = (*own, figures.first().copied(), *unit);
                    let value = derive(move || own.with(|all| all.get(row).copied().flatten()));
                    let first = derive(move || {
                        base.and_then(|base| base.with(|all| all.get(row).copied().flatten()))
                    });
                    let raw = derive(move || value.get().map(|value| value.to_string()).unwrap_or_default());
                    let text = derive(move || {
                        value.get().map_or_else(|| format::NO_DATA.to_owned(), |value| shown(value, unit))
                    });
                    let differs = derive(move || {
                        if column == 0 { String::new() } else { difference(first.get(), value.get(), unit) }
                    });
                    view! {
                        <td data-metric=*metric data-column=column.to_string() data-value=move || raw.get()>
                            <span class="num">{move || text.get()}</span>
                            <span class="compare-diff">{move || differs.get()}</span>
                        </td>
                    }
                })
                .collect_view();
            view! { <tr><th scope="row">{*label}</th>{cells}</tr> }
        })
        .collect_view();
    let sync = [By::Start, By::Clock].map(|value| Choice {
        value,
        label: if value == By::Start { "Time since start" } else { "Clock time" },
        glyph: None,
    });
    view! {
        <Panel title="Side by side" aside=derive(|| "since each session's start, up to the time that is shown".to_owned())>
            <div class="playback-row" data-compare>
                <Segmented legend="Same moment by" name="sync" choices=sync.to_vec() selected=by on_select=Callback::new(move |chosen| by.set(chosen)) />
                <button class="btn" data-action="end-compare" on:click=move |_| library.shown.set(Shown::default())>"Back to the list"</button>
            </div>
            {move || view! { <SharedTrack players=players.clone() page by=by.get() /> }}
            <div class="scroll">
                <table class="compare">
                    <thead><tr><th scope="col">"Figure"</th>{heads}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </Panel>
    }
}

/// One slider for all of them.
#[component]
fn SharedTrack(players: Vec<Player>, page: Page, by: By) -> impl IntoView {
    let extents: Vec<(Player, Extent)> = players
        .into_iter()
        .filter_map(|player| Some((player, player.progress.with(|progress| progress.ready)?)))
        .collect();
    let Some(first) = extents.iter().map(|(_, extent)| extent.first).min() else { return ().into_any() };
    let length = extents
        .iter()
        .map(|(_, extent)| extent.last.seconds_since(if by == By::Start { extent.first } else { first }))
        .fold(1.0, f64::max)
        .ceil();
    let at = RwSignal::new(length);
    let text = derive(move || match by {
        By::Start => format!("{} after the start", seconds(at.get())),
        By::Clock => page.zone.get().date_time(plus(first, at.get())),
    });
    let set = move |event: ev::Event| {
        let Ok(value) = event_target_value(&event).parse::<f64>() else { return };
        at.set(value);
        for (player, extent) in &extents {
            player.seek(plus(if by == By::Start { extent.first } else { first }, value));
        }
    };
    view! {
        <div class="track">
            <input
                type="range"
                data-slider="shared"
                aria-label="Time in all recordings"
                min="0"
                max=length.to_string()
                step="1"
                prop:value=move || at.get().to_string()
                aria-valuetext=move || text.get()
                on:input=set
            />
        </div>
        <p class="num" role="status">{move || text.get()}</p>
    }
    .into_any()
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of a session, far below 2^63 nanoseconds")]
fn plus(at: Ts, seconds: f64) -> Ts {
    Ts(at.0.saturating_add((seconds * 1e9) as i64))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole seconds of a session")]
fn seconds(value: f64) -> String {
    format::age(value.max(0.0) as u64)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count that was one before")]
fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Count => format::count(value.max(0.0) as u64),
        Unit::Ratio => format::percent(value),
        Unit::Millis => format::millis(value),
    }
}

/// How `value` differs from `base`, with sign and in words.
fn difference(base: Option<f64>, value: Option<f64>, unit: Unit) -> String {
    let (Some(base), Some(value)) = (base, value) else {
        return if base.is_some() == value.is_some() { String::new() } else { "no comparison".to_owned() };
    };
    let by = value - base;
    if by.abs() < 1e-9 {
        return "same".to_owned();
    }
    let (sign, words) = match (by > 0.0, unit) {
        (true, Unit::Count) => ("+", "more"),
        (false, Unit::Count) => ("−", "fewer"),
        (true, Unit::Ratio) => ("+", "higher"),
        (false, Unit::Ratio) => ("−", "lower"),
        (true, Unit::Millis) => ("+", "slower"),
        (false, Unit::Millis) => ("−", "faster"),
    };
    format!("{sign}{} {words}", shown(by.abs(), unit))
}
