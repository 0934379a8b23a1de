//! Go or no-go: a checklist, judged as far as this page can, confirmed by persons where it cannot, and what follows.

use aurora_domain::{
    Ts,
    golive::{Decision, Finding, Item, List, Standing, decide, judge},
};
use aurora_wire::golive::{Checklist, Confirmations, Confirmed, words};
use leptos::{ev, prelude::*};

use crate::{
    browser::{self, ObjectUrl},
    components::{
        icon::Icon,
        panel::Panel,
        segmented::{Choice, Segmented},
        tone::Tone,
    },
    golive,
    page::Page,
    store::{Handle, Slice, derive},
};

/// The longest name and note, in characters.
const MOST: usize = 200;

/// How the chosen list stands.
#[derive(Clone, PartialEq)]
struct Stands {
    list: List,
    session: String,
    judged: Vec<(&'static str, Finding)>,
    decision: Decision,
}

/// Everything that the parts of the screen share.
#[derive(Clone, Copy)]
struct Model {
    page: Page,
    confirmations: RwSignal<Confirmations>,
    stands: Memo<Stands>,
    /// Whoever confirms.
    name: RwSignal<String>,
    stale: Memo<bool>,
}

impl Model {
    fn finding(self, key: &str) -> Option<Finding> {
        self.stands.with(|stands| {
            stands.judged.iter().find(|(known, _)| *known == key).map(|(_, found)| found.clone())
        })
    }

    fn change(self, change: impl FnOnce(&mut Confirmations)) {
        self.confirmations.update(change);
        self.confirmations.with_untracked(golive::keep);
    }
}

/// The whole screen.
#[component]
pub(crate) fn GoLiveView(
    store: Handle,
    page: Page,
    /// Alert rules in force.
    rules: u64,
    stale: Memo<bool>,
) -> impl IntoView {
    let list = page.checklist;
    let confirmations = RwSignal::new(golive::kept());
    let judged = store.select(&[Slice::Session, Slice::Link, Slice::Feed], move |store| {
        let facts = golive::facts(store, rules);
        let judged = judge(list.get(), store.live_state(), &facts);
        let judged: Vec<_> = judged.into_iter().map(|(item, finding)| (item.key, finding)).collect();
        (list.get(), facts.session.unwrap_or_default(), judged)
    });
    let stands = Memo::new(move |_| {
        let (list, session, judged) = judged.get();
        let full = full(list, &judged);
        let decision = confirmations.with(|known| decide(&full, |key| known.contains_key(key)));
        Stands { list, session, judged, decision }
    });
    let model = Model { page, confirmations, stands, name: RwSignal::new(String::new()), stale };
    let choices = List::ALL.map(|(value, label, ..)| Choice { value, label, glyph: None });
    let sections = move || {
        let sections = list.get().sections().iter();
        sections
            .map(|section| view! { <SectionView model title=section.title items=section.items /> })
            .collect_view()
    };
    view! {
        <div class="golive">
            <Decided model />
            <div class="playback-row">
                <Segmented legend="Checklist" name="checklist" choices=choices.to_vec() selected=list
                    on_select=Callback::new(move |chosen| list.set(chosen)) />
                <label class="field-row">
                    "Your name"
                    <input type="text" data-golive-name autocomplete="name" maxlength=MOST.to_string()
                        prop:value=move || model.name.get() on:input=move |event| model.name.set(event_target_value(&event)) />
                </label>
            </div>
            {sections}
            <Files model />
        </div>
    }
}

/// The items again, with what was found.
fn full(list: List, judged: &[(&'static str, Finding)]) -> Vec<(&'static Item, Finding)> {
    let items = list.sections().iter().flat_map(|section| section.items);
    let found = |item: &'static Item| {
        judged.iter().find(|(key, _)| *key == item.key).map(|(_, found)| (item, found.clone()))
    };
    items.filter_map(found).collect()
}

/// The decision in words.
#[component]
fn Decided(model: Model) -> impl IntoView {
    let decision = Memo::new(move |_| model.stands.with(|stands| stands.decision));
    let tone = derive(move || match decision.get() {
        Decision::Go => Tone::Good,
        Decision::Open(_) => Tone::Unknown,
        Decision::NoGo(_) => Tone::Bad,
    });
    let glyph = Signal::derive(move || tone.get().glyph());
    let said = derive(move || match decision.get() {
        Decision::Go => ("Go", "Every item is met or confirmed.".to_owned()),
        Decision::Open(1) => ("Not yet", "1 item is open.".to_owned()),
        Decision::Open(open) => ("Not yet", format!("{open} items are open.")),
        Decision::NoGo(1) => ("No-go", "1 item is missed.".to_owned()),
        Decision::NoGo(missed) => ("No-go", format!("{missed} items are missed.")),
    });
    let stops = derive(move || {
        let stands = model.stands.get();
        let holds = full(stands.list, &stands.judged)
            .into_iter()
            .filter(|(item, finding)| item.is_stop && finding.standing == Standing::Missed)
            .map(|(item, _)| item.text);
        let holds: Vec<_> = holds.collect();
        if holds.is_empty() { String::new() } else { format!("Stop: {}.", holds.join("; ")) }
    });
    view! {
        <section class="verdict report-verdict" aria-label="Go or no-go" data-tone=move || tone.get().key()
            data-decision=move || decision.get().name()>
            <Icon glyph />
            <h1 aria-live="polite">{move || said.get().0}</h1>
            <p>{move || said.get().1}" "<strong>{move || stops.get()}</strong></p>
        </section>
    }
}

/// The items of one section.
#[component]
fn SectionView(model: Model, title: &'static str, items: &'static [Item]) -> impl IntoView {
    let rows = items.iter().map(|item| view! { <ItemView model item /> }).collect_view();
    view! { <Panel title stale=model.stale><ul class="checklist">{rows}</ul></Panel> }
}

/// One item: how it stands, what that is known by, and what a person says where nobody else can.
#[component]
fn ItemView(model: Model, item: &'static Item) -> impl IntoView {
    let key = item.key;
    let finding = Memo::new(move |_| model.finding(key));
    let confirmed = Memo::new(move |_| model.confirmations.with(|known| known.get(key).cloned()));
    let is_open = Memo::new(move |_| {
        finding.with(|found| found.as_ref().is_none_or(|found| found.standing == Standing::Unknown))
    });
    let standing =
        move || finding.with(|found| found.as_ref().map_or(Standing::Unknown, |found| found.standing));
    let tone = derive(move || match standing() {
        Standing::Met => Tone::Good,
        Standing::Missed => Tone::Bad,
        Standing::Unknown if confirmed.get().is_some() => Tone::Good,
        Standing::Unknown => Tone::Unknown,
    });
    let glyph = Signal::derive(move || tone.get().glyph());
    let word = derive(move || match confirmed.get() {
        Some(_) if is_open.get() => "confirmed",
        _ => words(item, standing()),
    });
    let evidence = derive(move || {
        finding.with(|found| found.as_ref().map(|found| found.evidence.clone()).unwrap_or_default())
    });
    view! {
        <li data-item=key data-tone=move || tone.get().key() data-standing=move || word.get()>
            <span class="report-met"><Icon glyph />{move || word.get()}</span>
            <span class="checklist-item">{item.text}<span class="sub">{move || evidence.get()}</span></span>
            <Show when=move || is_open.get()><Confirm model item confirmed /></Show>
        </li>
    }
}

/// A person's word for an item, to be given or taken back.
#[component]
fn Confirm(model: Model, item: &'static Item, confirmed: Memo<Option<Confirmed>>) -> impl IntoView {
    let key = item.key;
    let note = RwSignal::new(String::new());
    let is_confirmed = Memo::new(move |_| confirmed.with(Option::is_some));
    let said = derive(move || {
        let by = confirmed.get().unwrap_or_default();
        let at = model.page.zone.get().date_time(Ts::from_millis(by.at_ms));
        let note = if by.note.is_empty() { String::new() } else { format!(": {}", by.note) };
        format!("{}, {at}{note}", by.name)
    });
    let give = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let name = model.name.get_untracked().trim().to_owned();
        if name.is_empty() {
            crate::commands::focus("[data-golive-name]");
            return;
        }
        let at_ms = i64::try_from(browser::now_ms()).unwrap_or(0);
        let note = note.get_untracked().trim().to_owned();
        model.change(|known| drop(known.insert(key.to_owned(), Confirmed { name, at_ms, note })));
    };
    let take_back = move |_| model.change(|known| drop(known.remove(key)));
    let label = format!("Note on: {}", item.text);
    let (confirm, back) = (format!("Confirm: {}", item.text), format!("Take back: {}", item.text));
    view! {
        <form class="checklist-confirm" hidden=move || is_confirmed.get() on:submit=give>
            <input type="text" aria-label=label placeholder="note" maxlength=MOST.to_string()
                prop:value=move || note.get() on:input=move |event| note.set(event_target_value(&event)) />
            <button class="btn" type="submit" aria-label=confirm data-action="confirm">"Confirm"</button>
        </form>
        <div class="checklist-confirm" hidden=move || !is_confirmed.get()>
            <span class="sub" data-confirmed>{move || said.get()}</span>
            <button class="btn" aria-label=back data-action="take-back" on:click=take_back>"Take back"</button>
        </div>
    }
}

/// The list as files. Made when asked for, so that they say how it stood then.
#[component]
fn Files(model: Model) -> impl IntoView {
    let made = RwSignal::new(None::<Made>);
    let make = move |_| {
        let stands = model.stands.get_untracked();
        let now = Ts::from_millis(i64::try_from(browser::now_ms()).unwrap_or(0));
        made.set(Some(model.confirmations.with_untracked(|known| Made::of(&stands, known, now))));
    };
    let link = move |made: &Made, form: &'static str| {
        let (text, media_type, end) = match form {
            "JSON" => (&made.json, "application/json", "json"),
            _ => (&made.markdown, "text/markdown", "md"),
        };
        let url = ObjectUrl::of_text(text, media_type);
        let address = url.as_ref().map(|url| url.address().to_owned());
        StoredValue::new_local(url);
        let file = format!("{}.{end}", made.stem);
        view! { <a class="btn" data-save=form href=address download=file>"Save as "{form}</a> }
    };
    let links = move || made.get().map(|made| view! { {link(&made, "JSON")}{link(&made, "Markdown")} });
    let clear = move |_| model.change(Confirmations::clear);
    view! {
        <Panel title="As a document">
            <div class="pick">
                <button class="btn" data-action="make-checklist" on:click=make>"Write down how it stands"</button>
                {links}
                <button class="btn" data-action="clear-checklist" on:click=clear>"Take back all confirmations"</button>
            </div>
            <p>"Confirmations are kept in this browser. The document has items, evidence, names, times and notes, and a hash over them."</p>
        </Panel>
    }
}

/// What was written down.
#[derive(Clone)]
struct Made {
    stem: String,
    json: String,
    markdown: String,
}

impl Made {
    fn of(stands: &Stands, confirmations: &Confirmations, now: Ts) -> Self {
        let judged = full(stands.list, &stands.judged);
        let list = Checklist {
            list: stands.list,
            session: &stands.session,
            judged: &judged,
            confirmations,
            decision: stands.decision,
        };
        Self {
            stem: format!("checklist-{}-{}", stands.list.key(), now.second()),
            json: list.document(now),
            markdown: list.markdown(now),
        }
    }
}
