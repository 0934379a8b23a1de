//! What the reader should know about the figures as a whole.

use aurora_domain::{Ts, format};
use leptos::prelude::*;

use crate::{
    components::{notice::Notice, tone::Tone},
    store::{Clock, Handle, Slice, Store},
};

/// Each notice while it holds.
#[component]
pub(crate) fn Notices(
    store: Handle,
    /// Why config.json is not in force; empty where it is.
    #[prop(optional)]
    config_problem: String,
    /// Whether the verdict is in view, which says why there is no session.
    #[prop(optional, into)]
    judged: Signal<bool>,
) -> impl IntoView {
    let waiting = store.select(&[Slice::Feed, Slice::Link], |store| feed_says(store, "waiting"));
    let waiting = Memo::new(move |_| if judged.get() { String::new() } else { waiting.get() });
    let degraded = store.select(&[Slice::Feed, Slice::Link], |store| feed_says(store, "degraded"));
    let recorded = store.select(&[Slice::Session, Slice::Link], recorded);
    let cut = store.select(&[Slice::Feed, Slice::Session], cut);
    let missing = store.select(&[Slice::Link, Slice::Session], missing);
    let repeated = store.select(&[Slice::Feed, Slice::Session, Slice::Link], repeated);
    let renumbered = store.select(&[Slice::Feed, Slice::Session, Slice::Link], renumbered);
    let problem = Memo::new(move |_| config_problem.clone());
    let line = move |name, title: &'static str, tone, sentence: Memo<String>| {
        move || {
            let shown = !sentence.with(String::is_empty);
            shown.then(|| view! { <Notice name title=title.to_owned() sentence tone /> })
        }
    };
    view! {
        {line("config", "A setting is not in force.", Tone::Warn, problem)}
        {line("gap", "Events are missing.", Tone::Warn, missing)}
        {line("repeated", "Nothing new arrives.", Tone::Warn, repeated)}
        {line("renumbered", "The server numbers its events anew.", Tone::Warn, renumbered)}
        {line("waiting", "No session yet.", Tone::Unknown, waiting)}
        {line("degraded", "Something cannot be read.", Tone::Warn, degraded)}
        {line("recorded", "Recorded session.", Tone::Unknown, recorded)}
        {line("cut", "The beginning is missing.", Tone::Warn, cut)}
    }
}

/// The feed's message, while it is in `condition` and this page is current.
fn feed_says(store: &Store, condition: &str) -> String {
    let message = store.feed_says(condition).filter(|_| store.status().is_live());
    message.unwrap_or_default().to_owned()
}

fn recorded(store: &Store) -> String {
    if store.clock() != Clock::Recorded {
        return String::new();
    }
    let ended = format::or_no_data(store.state().session().last(), format::date_time_utc);
    format!("It ended at {ended}. Figures are as of then and do not move; windows end at its last event.")
}

fn missing(store: &Store) -> String {
    if store.missing().is_empty() {
        return String::new();
    }
    let (gaps, count) = store.gaps();
    format::link::missing(gaps, count).map(|words| words.sentence).unwrap_or_default()
}

/// While all that arrives came before.
fn repeated(store: &Store) -> String {
    let events = store.repeated_in_a_row();
    if events == 0 || !store.status().is_live() {
        return String::new();
    }
    format!(
        "The last {} events came under ids that this page has counted already, so they do not count again. A server \
         that sends its history twice soon goes on; if the bot works and figures stand still, reload the page.",
        format::count(events)
    )
}

fn renumbered(store: &Store) -> String {
    let (times, last_ms) = store.renumbered();
    let again = match times {
        0 => return String::new(),
        1 => String::new(),
        times => format!(" It has done so {} times.", format::count(times)),
    };
    let time = format::clock(Ts::from_millis(i64::try_from(last_ms).unwrap_or(i64::MAX)), 0);
    format!(
        "At {time} UTC new events came under ids that this page had counted already: the server has restarted, or lost its \
         ids. The page began again with what the server has, so session figures may lack what was before.{again}"
    )
}

fn cut(store: &Store) -> String {
    if !store.beginning_is_gone() {
        return String::new();
    }
    let first = format::or_no_data(store.state().session().first(), format::date_time_utc);
    format!("The feed no longer holds the start of this session: session figures count from {first}.")
}
