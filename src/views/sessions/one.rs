//! One recording in full: the figures of the live screen as of the playhead, the lines before it, or the report of all
//! of it, and the bar that moves the playhead.

use aurora_domain::format;
use leptos::{html, prelude::*};

use super::{bar::PlaybackBar, report::RecordedReport};
use crate::{
    app,
    components::{
        panel::Panel,
        segmented::{Choice, Segmented},
    },
    page::{Page, Recorded},
    recording::{
        library::{Library, Opened},
        player::Player,
    },
    store::derive,
    views::{EventsView, LiveView, judgement},
};

/// The recording `opened`.
#[component]
pub(super) fn OneSession(library: Library, opened: Opened, page: Page) -> impl IntoView {
    let Opened { id, name, player, .. } = opened.clone();
    let opened = StoredValue::new(opened);
    let section = NodeRef::<html::Section>::new();
    // Whoever opens a recording, with keys too, goes on in it.
    Effect::new(move |_| {
        if let Some(section) = section.get() {
            // Where it cannot have the focus, it is below.
            let _ = section.focus();
        }
    });
    let is_ready = Memo::new(move |_| player.progress.with(|progress| progress.ready.is_some()));
    let (judged, look) = (judgement(player.store, page), app::look(player.store, page));
    let stale = Memo::new(move |_| player.seeking.get());
    let said = derive(move || match player.progress.with(|progress| progress.failed.clone()) {
        Some(failed) => format!("It cannot be shown: {failed}."),
        None => "Reading… figures are here once the session is read to its end.".to_owned(),
    });
    view! {
        <section class="recording" node_ref=section tabindex="-1" aria-labelledby="recording-name" data-shown=id.to_string()>
            <h2 id="recording-name">{name}</h2>
            <Show
                when=move || is_ready.get()
                fallback=move || view! { <p role="status">{move || said.get()}</p> }
            >
                <PlaybackBar player page />
                <RejectedLines player />
                <Segmented legend="Show" name="recorded" choices=SHOWN.to_vec() selected=page.recorded
                    on_select=Callback::new(move |chosen| page.recorded.set(chosen)) />
                {move || match page.recorded.get() {
                    Recorded::Figures => view! { <LiveView store=player.store page stale judged look /> }.into_any(),
                    Recorded::Events => view! { <Lines player page /> }.into_any(),
                    Recorded::Report => view! { <RecordedReport library opened=opened.get_value() page /> }.into_any(),
                }}
            </Show>
            <button class="btn" data-action="close-shown" on:click=move |_| library.close(id)>"Close this recording"</button>
        </section>
    }
}

const SHOWN: [Choice<Recorded>; 3] = [
    Choice { value: Recorded::Figures, label: "Figures", glyph: None },
    Choice { value: Recorded::Events, label: "Events", glyph: None },
    Choice { value: Recorded::Report, label: "Report", glyph: None },
];

/// The lines before the playhead, which are held only while they are looked at.
#[component]
fn Lines(player: Player, page: Page) -> impl IntoView {
    player.hold_lines(true);
    on_cleanup(move || player.hold_lines(false));
    view! { <EventsView store=player.store page /> }
}

/// Lines that could not be read, and files that broke off.
#[component]
fn RejectedLines(player: Player) -> impl IntoView {
    let account = player.account();
    let total = account.rejected_total();
    let problems = player.problems();
    let aside = derive(move || format!("{} lines", format::count(total)));
    let broken = problems
        .into_iter()
        .map(|problem| view! { <li><code>{problem.path}</code>": "{problem.reason}</li> })
        .collect_view();
    let mut rejected = account.rejected;
    rejected.sort_by_key(|line| (line.part, line.line));
    let more = total.saturating_sub(rejected.len() as u64);
    let rows = rejected
        .into_iter()
        .map(|line| {
            let place = format!("{} line {}", player.path(line.part), format::count(line.line));
            view! { <li><code>{place}</code>": "{line.reason}</li> }
        })
        .collect_view();
    let is_clean = total == 0 && player.problems().is_empty();
    (!is_clean).then(|| {
        view! {
            <Panel title="Not read" aside>
                <details data-rejected-lines>
                    <summary>"Lines that could not be read; they are counted and nothing else"</summary>
                    <ul class="rejected">{broken}{rows}</ul>
                    <p>{(more > 0).then(|| format!("and {} more", format::count(more)))}</p>
                </details>
            </Panel>
        }
    })
}
