//! The sessions of the feed behind this page, and opening one as a recording.

use aurora_domain::format;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{
    components::panel::Panel,
    page::Page,
    recording::{
        feed::{self, Listed},
        given::Problem,
        library::{Library, Shown},
    },
};

/// Sessions that are listed; more are counted.
const LISTED: usize = 50;

/// What is known of the feed's list.
#[derive(Clone, PartialEq)]
enum List {
    Asked,
    Here(Vec<Listed>, u64),
    Missing(String),
}

/// The list, asked for once and again on demand.
#[component]
pub(super) fn FeedSessions(library: Library, page: Page, stream_url: StoredValue<String>) -> impl IntoView {
    let list = RwSignal::new(List::Asked);
    let ask = move || {
        list.set(List::Asked);
        spawn_local(async move {
            let Some(url) = stream_url.try_get_value() else { return };
            let answer = match feed::list(&url).await {
                Ok((sessions, more)) => List::Here(sessions, more),
                Err(reason) => List::Missing(reason),
            };
            list.try_set(answer);
        });
    };
    ask();
    let rows = move || {
        list.with(|list| match list {
            List::Here(sessions, _) => sessions
                .iter()
                .take(LISTED)
                .map(|session| row(library, page, stream_url, session))
                .collect_view()
                .into_any(),
            _ => ().into_any(),
        })
    };
    let said = move || {
        list.with(|list| match list {
            List::Asked => "Asking the feed for its sessions…".to_owned(),
            List::Missing(reason) => format!("The feed's sessions are not known: {reason}."),
            List::Here(sessions, 0) if sessions.is_empty() => "The feed has no session yet.".to_owned(),
            List::Here(sessions, more) => match sessions.len().saturating_sub(LISTED) as u64 + more {
                0 => String::new(),
                more => format!("{} older sessions are not listed: open their files.", format::count(more)),
            },
        })
    };
    view! {
        <Panel title="Sessions of the feed">
            <div class="scroll" hidden=move || !list.with(|list| matches!(list, List::Here(sessions, _) if !sessions.is_empty()))>
                <table class="recordings" data-feed-sessions>
                    <thead><tr>
                        <th scope="col">"Session"</th><th scope="col">"Last write"</th><th scope="col">"Size"</th>
                        <th scope="col">"State"</th><th scope="col">"Verdict"</th><th scope="col">"Actions"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <div class="pick">
                <button class="btn" data-action="ask-sessions" on:click=move |_| ask()>"Ask again"</button>
                <p role="status">{said}</p>
            </div>
        </Panel>
    }
}

fn row(
    library: Library,
    page: Page,
    stream_url: StoredValue<String>,
    session: &Listed,
) -> impl IntoView + use<> {
    let Listed { name, state, written, bytes, verdict } = session.clone();
    let state = match state.as_str() {
        "growing" => "growing",
        "ended" => "ended",
        _ => "on disk",
    };
    let label = format!("Open {name}");
    let (opens, key) = (name.clone(), name.clone());
    view! {
        <tr data-session=key>
            <th scope="row">{name}</th>
            <td>{move || format::or_no_data(written, |at| page.zone.get().date_time(at))}</td>
            <td>{format::or_no_data(bytes, format::bytes)}</td>
            <td>{state}</td>
            <td>{verdict.unwrap_or_else(|| format::NO_DATA.to_owned())}</td>
            <td>
                <button class="btn" aria-label=label data-action="open-session" on:click=move |_| open(library, stream_url, opens.clone())>
                    "Open"
                </button>
            </td>
        </tr>
    }
}

fn open(library: Library, stream_url: StoredValue<String>, name: String) {
    let stopped = library.begin();
    spawn_local(async move {
        let Some(url) = stream_url.try_get_value() else { return };
        let came = library.counter(&stopped);
        let read = feed::read(&url, &name, &came).await;
        if !library.ends(&stopped) {
            return;
        }
        match read {
            Ok((files, problems)) => {
                library.problems.update(|all| all.extend(problems));
                if let Some(id) = library.open(files) {
                    library.shown.set(Shown::One(id));
                }
            }
            Err(reason) => {
                let reason = format!("the feed's copy cannot be read: {reason}");
                library.problems.update(|all| all.push(Problem::new(&name, reason)));
            }
        }
    });
}
