//! The report of a recording, or of several that make one canary: which, over which hours, and what came of it.

use std::sync::Arc;

use aurora_domain::{
    format,
    report::{Course, GA, Report, Window},
};
use leptos::{ev, prelude::*};

use crate::{
    components::panel::Panel,
    page::Page,
    recording::{
        judging::Judging,
        library::{Library, Opened},
        player::Player,
    },
    store::derive,
    views::report,
};

/// The longest window, in hours: 30 days.
const MOST_HOURS: i64 = 720;

/// What there is of the report.
#[derive(Clone, Debug, PartialEq)]
enum Stands {
    /// This share of all lines is read, 0 to 1.
    Reading(f64),
    Made(Arc<Report>),
    /// There is none, and why.
    Failed(String),
}

/// The report of the recording `opened`, with others that belong to it.
#[component]
pub(super) fn RecordedReport(library: Library, opened: Opened, page: Page) -> impl IntoView {
    let own = opened.id;
    let others = RwSignal::new(Vec::<u32>::new());
    let hours = RwSignal::new(None::<i64>);
    let chosen = Memo::new(move |_| {
        let all = library.opened.get();
        let chosen =
            all.into_iter().filter(|one| one.id == own || others.with(|others| others.contains(&one.id)));
        chosen.collect::<Vec<_>>()
    });
    Effect::new(move |_| {
        for one in chosen.get() {
            if one.player.progress.with(|progress| progress.ready.is_some()) {
                one.player.judge();
            }
        }
    });
    let course = Memo::new(move |_| Joined(joined(&chosen.get())));
    let stands = Memo::new(move |_| match course.get().0 {
        Ok(course) => judged(&course, hours.get()),
        Err(stands) => stands,
    });
    let said = derive(move || match stands.get() {
        Stands::Reading(share) => format!("Reading and judging: {}", format::percent(share)),
        Stands::Made(_) => String::new(),
        Stands::Failed(why) => format!("There is no report: {why}."),
    });
    let name = opened.name;
    view! {
        <div class="report" data-report-of=own.to_string()>
            <Panel title="Report" aside=Signal::stored("the same as aurora-feed report makes of these files".to_owned())>
                <div class="pick">
                    <Hours hours />
                    <Others library own others />
                </div>
                <p role="status" data-report="status" hidden=move || said.with(String::is_empty)>{move || said.get()}</p>
                {move || made(&stands.get()).map(|report| report::save(&report, &name))}
            </Panel>
            {move || made(&stands.get()).map(|report| report::show(&report, page))}
        </div>
    }
}

fn made(stands: &Stands) -> Option<Arc<Report>> {
    if let Stands::Made(report) = stands { Some(Arc::clone(report)) } else { None }
}

/// What happened in the chosen recordings; the same where it is the same value.
#[derive(Clone)]
struct Joined(Result<Arc<Course>, Stands>);

impl PartialEq for Joined {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Ok(one), Ok(other)) => Arc::ptr_eq(one, other),
            (Err(one), Err(other)) => one == other,
            _ => false,
        }
    }
}

fn joined(chosen: &[Opened]) -> Result<Arc<Course>, Stands> {
    let mut courses: Vec<Arc<Course>> = Vec::new();
    let mut shares = Vec::new();
    for (place, one) in chosen.iter().enumerate() {
        if chosen.iter().take(place).any(|before| before.name == one.name) {
            let why = "two of the recordings have one name, and are told apart by it: leave one of them out";
            return Err(Stands::Failed(why.to_owned()));
        }
        match of(one.player) {
            Ok(course) => courses.push(course),
            Err(Stands::Reading(share)) => shares.push(share),
            Err(other) => return Err(other),
        }
    }
    if !shares.is_empty() {
        let read = shares.iter().sum::<f64>() + courses.len() as f64;
        return Err(Stands::Reading(read / chosen.len().max(1) as f64));
    }
    if let [only] = courses.as_slice() {
        return Ok(Arc::clone(only));
    }
    let mut all = Course::default();
    for course in courses {
        all.join(&course);
    }
    Ok(Arc::new(all))
}

fn of(player: Player) -> Result<Arc<Course>, Stands> {
    if let Some(why) = player.progress.with(|progress| progress.failed.clone()) {
        return Err(Stands::Failed(why));
    }
    match player.judging.get() {
        Judging::Done(course) => Ok(course),
        Judging::Failed(why) => Err(Stands::Failed(why)),
        Judging::Reading(share) => Err(Stands::Reading(share)),
        Judging::Unasked => Err(Stands::Reading(0.0)),
    }
}

fn judged(course: &Course, hours: Option<i64>) -> Stands {
    let Some(whole) = course.whole() else {
        return Stands::Failed("no event has a time".to_owned());
    };
    let end = hours.map_or(whole.end, |hours| whole.start + hours * 60);
    Stands::Made(Arc::new(Report::of(course, Window { end, ..whole }, &GA)))
}

/// How long the window is.
#[component]
fn Hours(hours: RwSignal<Option<i64>>) -> impl IntoView {
    let text = derive(move || hours.get().map(|hours| hours.to_string()).unwrap_or_default());
    let set = move |event: ev::Event| {
        let chosen = event_target_value(&event).parse::<i64>().ok();
        hours.set(chosen.map(|hours| hours.clamp(1, MOST_HOURS)));
    };
    view! {
        <label class="field-row">
            "Hours from the first event"
            <input type="number" min="1" max=MOST_HOURS.to_string() step="1" placeholder="all" data-report-hours
                prop:value=move || text.get() on:change=set />
        </label>
        <button class="btn" data-report-hours-of="72" on:click=move |_| hours.set(Some(72))>"72 h canary"</button>
        <button class="btn" data-report-hours-of="all" on:click=move |_| hours.set(None)>"All of it"</button>
    }
}

/// The other open recordings, to be taken in.
#[component]
fn Others(library: Library, own: u32, others: RwSignal<Vec<u32>>) -> impl IntoView {
    let rest = move || {
        let all = library.opened.get();
        all.into_iter().filter(|one| one.id != own).collect::<Vec<_>>()
    };
    let tick = move |id: u32| {
        others.update(|others| {
            let before = others.len();
            others.retain(|other| *other != id);
            if others.len() == before {
                others.push(id);
            }
        });
    };
    view! {
        <fieldset class="report-others" hidden=move || rest().is_empty()>
            <legend>"Sessions of the same canary"</legend>
            <For each=rest key=|one| one.id let:one>
                <label class="tick">
                    <input type="checkbox" data-also=one.name.clone()
                        prop:checked=move || others.with(|others| others.contains(&one.id)) on:change=move |_| tick(one.id) />
                    {one.name.clone()}
                </label>
            </For>
        </fieldset>
    }
}
