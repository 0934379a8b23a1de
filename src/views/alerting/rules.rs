//! The rules in force: how each stands, its value and limit, and another limit with what would have fired.

use std::rc::Rc;

use aurora_domain::{format, rules::Stretch};
use aurora_wire::rules::File;
use leptos::{html, prelude::*};

use crate::{
    alerts::{Alerting, Change, Listed, Standing},
    browser::{self, ObjectUrl},
    components::tone::Tone,
    page::Page,
};

/// How many stretches are named; the rest is counted.
const NAMED: usize = 4;

/// All rules, and the file of them.
#[component]
pub(super) fn RulesPanel(alerting: Alerting, page: Page, stale: Memo<bool>) -> impl IntoView {
    let listed = Memo::new(move |_| alerting.listed());
    let places = Memo::new(move |_| {
        listed.with(|listed| listed.iter().map(|rule| (rule.place, rule.name.clone())).collect::<Vec<_>>())
    });
    let file = StoredValue::new_local(None::<Rc<ObjectUrl>>);
    let said = RwSignal::new("");
    let export = move |_| {
        let yaml = File::of(&alerting.in_force()).to_yaml();
        let saved = browser::save("aurora-rules.yaml", "application/yaml", &yaml);
        said.set(if saved.is_ok() {
            "Saved as aurora-rules.yaml."
        } else {
            "The browser did not save the file."
        });
        file.set_value(saved.ok().map(Rc::new));
    };
    let which = move || {
        alerting.rules.with(|rules| match (rules.is_own, rules.chosen.as_slice()) {
            (true, _) => "of config.json".to_owned(),
            (false, []) => "none is chosen in the settings".to_owned(),
            (false, chosen) => chosen.join(", "),
        })
    };
    view! {
        <section class="panel" data-panel="rules" data-stale=move || stale.get().then_some("")>
            <header class="panel-head">
                <h2>"Rules"</h2>
                <span class="tag">"stale"</span>
                <span class="aside">{which}</span>
                <button class="btn" data-action="export-rules" on:click=export>"Save as Prometheus YAML"</button>
            </header>
            <p class="sub" role="status">{move || said.get()}</p>
            <ul class="rule-list">
                <For each=move || places.get() key=Clone::clone children=move |(place, _)| {
                    let rule = Memo::new(move |_| listed.with(|listed| listed.iter().find(|rule| rule.place == place).cloned()));
                    view! { <RuleRow alerting page rule /> }
                } />
            </ul>
        </section>
    }
}

#[component]
fn RuleRow(alerting: Alerting, page: Page, rule: Memo<Option<Listed>>) -> impl IntoView {
    let text = move |read: fn(&Listed) -> String| {
        move || rule.with(|rule| rule.as_ref().map(read).unwrap_or_default())
    };
    let tone = move || match rule.with(|rule| rule.as_ref().map(|rule| rule.standing)) {
        Some(Standing::Firing) => Tone::Bad,
        Some(Standing::Pending) => Tone::Warn,
        _ => Tone::Plain,
    };
    let is_changed = move || {
        alerting.rules.with(|rules| {
            rule.with(|rule| rule.as_ref().is_some_and(|rule| rules.change(&rule.name).is_some()))
        })
    };
    let is_adjusting = RwSignal::new(false);
    let can_adjust = move || rule.with(|rule| rule.as_ref().is_some_and(|rule| rule.threshold.is_some()));
    let reference = Memo::new(move |_| text(|rule| rule.runbook.clone())());
    view! {
        <li data-rule=text(|rule| rule.name.clone()) data-tone=move || tone().key()>
            <span class="rule-name"><b>{text(|rule| rule.name.clone())}</b> " " <span class="sub">{text(|rule| rule.group.clone())}</span></span>
            <span class="rule-state">{text(|rule| rule.standing.word().to_owned())}</span>
            <span class="num" data-rule-now="">{move || {
                let now = text(|rule| rule.now.clone())();
                if now.is_empty() { format::NO_DATA.to_owned() } else { now }
            }}</span>
            <span class="num">{text(|rule| if rule.hold_for.is_empty() {
                rule.limit.clone()
            } else {
                format!("{} for {}", rule.limit, rule.hold_for)
            })} {move || is_changed().then_some(" (yours)")}</span>
            <span class="row rule-actions">
                <button class="btn" data-action="adjust" hidden=move || !can_adjust() aria-expanded=move || is_adjusting.get().to_string()
                    on:click=move |_| is_adjusting.update(|open| *open = !*open)>"Adjust…"</button>
                {move || super::runbook::opener(page, &reference.get())}
            </span>
            <span class="sub rule-more">{text(|rule| rule.summary.clone())} " " <code>{text(|rule| rule.expr.clone())}</code></span>
            <span class="sub rule-more" data-tone="bad" hidden=move || text(|rule| rule.failure.clone())().is_empty()>
                "Could not be judged: " {text(|rule| rule.failure.clone())}
            </span>
            {move || is_adjusting.get().then(|| rule.get_untracked().map(|rule| view! { <Adjust alerting page rule is_adjusting /> }))}
        </li>
    }
}

/// Another threshold and time, with what would have fired.
#[component]
fn Adjust(alerting: Alerting, page: Page, rule: Listed, is_adjusting: RwSignal<bool>) -> impl IntoView {
    let Listed { name, place, .. } = rule;
    let (name, threshold) = (StoredValue::new(name), rule.threshold.unwrap_or_default());
    let wanted = RwSignal::new(Some(Change { threshold, hold_for: rule.hold_for.clone() }));
    let (number, time) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let read = move || {
        let threshold = number.get()?.value().trim().parse::<f64>().ok().filter(|value| value.is_finite())?;
        let change = Change { threshold, hold_for: time.get()?.value().trim().to_owned() };
        let fits = |rules: &crate::alerts::Rules| rules.takes(&name.get_value(), &change);
        alerting.rules.with_untracked(fits).then_some(change)
    };
    let changed = move || wanted.set(read());
    let preview = move || match wanted.get() {
        None => "This is no number, or no time such as 90s, 5m or 1h.".to_owned(),
        Some(change) => {
            let (stretches, seconds) = alerting.rehearse(place, change.threshold, &change.hold_for);
            rehearsed(&stretches, seconds, page)
        }
    };
    let apply = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(change) = read() {
            alerting.rules.update(|rules| rules.set(&name.get_value(), Some(change)));
            is_adjusting.set(false);
        }
    };
    let reset = move |_| {
        alerting.rules.update(|rules| rules.set(&name.get_value(), None));
        is_adjusting.set(false);
    };
    view! {
        <form class="adjust-form" on:submit=apply on:keydown=move |event| if event.key() == "Escape" { is_adjusting.set(false); }>
            <label class="pick"><span>"Threshold"</span>
                <input node_ref=number type="text" inputmode="decimal" value=threshold.to_string() data-adjust="threshold" on:input=move |_| changed() />
            </label>
            <label class="pick"><span>"Held for"</span>
                <input node_ref=time type="text" value=rule.hold_for data-adjust="for" placeholder="at once" on:input=move |_| changed() />
            </label>
            <p class="sub" role="status" data-preview="">{preview}</p>
            <div class="row">
                <button class="btn primary" type="submit" disabled=move || wanted.with(Option::is_none)>"Use it"</button>
                <button class="btn" type="button" data-action="reset-rule" on:click=reset>"As written"</button>
            </div>
        </form>
    }
}

/// What would have fired, in words.
fn rehearsed(stretches: &[Stretch], seconds: i64, page: Page) -> String {
    if seconds == 0 {
        return "No value is known yet: this page has judged nothing.".to_owned();
    }
    let over = format!("over the last {} that this page has judged", format::age(seconds.unsigned_abs()));
    if stretches.is_empty() {
        return format!("It would not have fired {over}.");
    }
    let offset = page.zone.get().offset_minutes();
    let mut times: Vec<String> = stretches
        .iter()
        .rev()
        .take(NAMED)
        .map(|stretch| {
            let end = stretch.end.map_or_else(|| "now".to_owned(), |end| format::clock(end, offset));
            format!("{} to {end}", format::clock(stretch.begin, offset))
        })
        .collect();
    if stretches.len() > NAMED {
        times.push("…".to_owned());
    }
    let count = if stretches.len() == 1 { "once".to_owned() } else { format!("{} times", stretches.len()) };
    format!("It would have fired {count} {over}: {}.", times.join(", "))
}
