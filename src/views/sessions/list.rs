//! The recordings that are open, how far each is read, and what could not be read.

use aurora_domain::format;
use leptos::prelude::*;

use crate::{
    components::panel::Panel,
    page::Page,
    recording::{
        library::{Library, Opened, Shown},
        player::{Extent, Player, Progress},
    },
    store::derive,
};

/// Problems that are shown; more are counted.
const SHOWN: usize = 12;

/// Files that were not read, with reasons.
#[component]
pub(super) fn Problems(library: Library) -> impl IntoView {
    let rows = move || {
        library.problems.with(|problems| {
            let named = problems.iter().take(SHOWN);
            named.map(|problem| view! { <li><code>{problem.path.clone()}</code>": "{problem.reason.clone()}</li> }).collect_view()
        })
    };
    let more = derive(move || match library.problems.with(Vec::len).saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("and {} more", format::count(more as u64)),
    });
    view! {
        <section class="note" data-tone="warn" data-notice="not-read" role="status"
            hidden=move || library.problems.with(Vec::is_empty)>
            <div>
                <strong>"Not everything was read"</strong>
                <ul>{rows}</ul>
                <p>{move || more.get()}</p>
            </div>
            <button class="btn" data-action="dismiss-problems" on:click=move |_| library.problems.set(Vec::new())>"Dismiss"</button>
        </section>
    }
}

/// All of them.
#[component]
pub(super) fn OpenedList(library: Library, page: Page) -> impl IntoView {
    let chosen = RwSignal::new(Vec::<u32>::new());
    let compare = move |_| {
        let open: Vec<u32> = library.opened.with(|opened| opened.iter().map(|one| one.id).collect());
        let ids = chosen.get().into_iter().filter(|id| open.contains(id)).take(Library::COMPARED).collect();
        library.shown.set(Shown::Compared(ids));
    };
    let count = move || {
        library
            .opened
            .with(|opened| chosen.with(|chosen| opened.iter().filter(|one| chosen.contains(&one.id)).count()))
    };
    view! {
        <Show when=move || !library.opened.with(Vec::is_empty)>
            <Panel title="Open recordings">
                <div class="scroll">
                    <table class="recordings">
                        <thead><tr>
                            <th scope="col">"Session"</th><th scope="col">"From"</th><th scope="col">"Length"</th>
                            <th scope="col">"Lines"</th><th scope="col">"Not read"</th><th scope="col">"State"</th><th scope="col">"Actions"</th>
                        </tr></thead>
                        <tbody>
                            <For each=move || library.opened.get() key=|one| one.id let:one>
                                <Row library page one chosen />
                            </For>
                        </tbody>
                    </table>
                </div>
                <div class="pick">
                    <button class="btn" data-action="compare" disabled=move || !(2..=Library::COMPARED).contains(&count()) on:click=compare>
                        "Compare"
                    </button>
                    <p>"Tick two to four of them to see them side by side."</p>
                </div>
            </Panel>
        </Show>
    }
}

#[component]
fn Row(library: Library, page: Page, one: Opened, chosen: RwSignal<Vec<u32>>) -> impl IntoView {
    let Opened { id, name, player, .. } = one;
    let extent = move || player.progress.with(|progress| progress.ready);
    let from =
        derive(move || extent().map_or_else(String::new, |extent| page.zone.get().date_time(extent.first)));
    let length = derive(move || extent().map_or_else(String::new, length_of));
    let lines = derive(move || player.progress.with(|progress| format::count(progress.lines)));
    let rejected = derive(move || {
        player.progress.track();
        format::count(player.account().rejected_total())
    });
    let state = derive(move || {
        // A seek that went far leaves a snapshot.
        player.seeking.track();
        player.progress.with(|progress| words(progress, player.kept_bytes()))
    });
    let tick = move |_| {
        chosen.update(|chosen| {
            let before = chosen.len();
            chosen.retain(|other| *other != id);
            if chosen.len() == before {
                chosen.push(id);
            }
        });
    };
    let label = format!("Compare {name}");
    view! {
        <tr data-recording=id.to_string() data-ready=move || extent().is_some().to_string()>
            <th scope="row">
                <label class="tick">
                    <input type="checkbox" aria-label=label prop:checked=move || chosen.with(|chosen| chosen.contains(&id)) on:change=tick />
                    {name}
                </label>
            </th>
            <td>{move || from.get()}</td>
            <td>{move || length.get()}</td>
            <td data-lines>{move || lines.get()}</td>
            <td data-rejected>{move || rejected.get()}</td>
            <td><Reading player />{move || state.get()}</td>
            <td>
                <button class="btn" data-action="show" on:click=move |_| library.shown.set(Shown::One(id))>"Show"</button>
                <button class="btn" data-action="close" on:click=move |_| library.close(id)>
                    {move || if extent().is_some() { "Close" } else { "Cancel" }}
                </button>
            </td>
        </tr>
    }
}

/// How far the reading is, as a bar.
#[component]
fn Reading(player: Player) -> impl IntoView {
    let share =
        derive(move || player.progress.with(|progress| progress.bytes as f64 / progress.total.max(1) as f64));
    let is_done = derive(move || {
        player.progress.with(|progress| progress.ready.is_some() || progress.failed.is_some())
    });
    view! { <progress max="1" prop:value=move || share.get() hidden=move || is_done.get() aria-label="Read so far"></progress> }
}

fn words(progress: &Progress, kept_bytes: usize) -> String {
    match (&progress.failed, progress.ready) {
        (Some(failed), _) => failed.clone(),
        (None, Some(extent)) => {
            let kept = format::bytes(kept_bytes as u64);
            format!("read in {}, {kept} of snapshots", format::millis(extent.read_ms))
        }
        (None, None) => format!("{} of {}", format::bytes(progress.bytes), format::bytes(progress.total)),
    }
}

/// How long the session is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole seconds of a session")]
pub(super) fn length_of(extent: Extent) -> String {
    format::age(extent.last.seconds_since(extent.first).max(0.0) as u64)
}
