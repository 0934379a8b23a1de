//! The answer to "why isn't it trading?": how many intents reach each step, and what stops the others there.

use aurora_domain::{
    Span, State, format,
    funnel::{DropOut, Step},
};
use leptos::prelude::*;

use crate::{
    components::panel::Panel,
    page::Page,
    store::{Handle, Slice, derive},
};

/// Reasons that are named at each step.
const REASONS_SHOWN: usize = 3;

const LABELS: [(Step, &str); Step::ALL.len()] = [
    (Step::Intents, "Intents"),
    (Step::PastGate, "Past the gate"),
    (Step::Sized, "Sized"),
    (Step::Routed, "Routed"),
    (Step::Submitted, "Submitted"),
    (Step::Acked, "Acked"),
    (Step::Filled, "Filled"),
];

#[derive(Clone, Debug, PartialEq)]
struct Stage {
    key: &'static str,
    label: &'static str,
    count: Option<u64>,
    /// Of the largest step.
    share: f64,
    /// Of the step before that has a count.
    passed: Option<f64>,
    /// Why some did not get here.
    lost: String,
}

/// The steps with what drops out before each.
#[component]
pub(crate) fn FunnelPanel(store: Handle, page: Page, stale: Memo<bool>) -> impl IntoView {
    let stages = store
        .select(&[Slice::Details], move |store| stages(store.state(), page.chosen(store.state()).span()));
    let aside = derive(move || match page.reach.get().span() {
        Some(_) => page.reach.get().words(0),
        None => "session".to_owned(),
    });
    let answer = derive(move || stages.with(|stages| answer(stages)));
    view! {
        <Panel title="From intent to fill" class="w7" aside stale>
            <p class="answer" data-funnel-answer="">{move || answer.get()}</p>
            <ol class="funnel">{move || stages.get().into_iter().map(row).collect_view()}</ol>
        </Panel>
    }
}

fn stages(state: &State, span: Span) -> Vec<Stage> {
    let counts = state.funnel(span);
    let drops = state.drop_outs(span);
    let most = counts.iter().filter_map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let mut before = None;
    LABELS
        .into_iter()
        .map(|(step, label)| {
            let count = counts.iter().find(|(known, _)| *known == step).and_then(|(_, count)| *count);
            let passed = before.zip(count).filter(|(before, _)| *before > 0);
            let passed = passed.map(|(before, count)| count as f64 / before as f64);
            before = count.or(before);
            let share = count.unwrap_or(0) as f64 / most as f64;
            Stage { key: step.name(), label, count, share, passed, lost: lost(&drops, step) }
        })
        .collect()
}

fn lost(drops: &[DropOut], step: Step) -> String {
    let here: Vec<&DropOut> = drops.iter().filter(|drop| drop.step == step).collect();
    let named = here.iter().take(REASONS_SHOWN);
    let mut words: Vec<String> =
        named.map(|drop| format!("{} {}", drop.reason, format::count(drop.count))).collect();
    if here.len() > REASONS_SHOWN {
        words.push(format!("{} more", here.len() - REASONS_SHOWN));
    }
    words.join(", ")
}

/// One sentence: where most are lost, and why.
fn answer(stages: &[Stage]) -> String {
    let count = |key: &str| stages.iter().find(|stage| stage.key == key).and_then(|stage| stage.count);
    if stages.iter().all(|stage| stage.count.is_none_or(|count| count == 0)) {
        return "Nothing was intended in this span.".to_owned();
    }
    let narrowest = stages
        .iter()
        .filter(|stage| stage.passed.is_some_and(|passed| passed < 1.0))
        .min_by(|a, b| a.passed.partial_cmp(&b.passed).unwrap_or(std::cmp::Ordering::Equal));
    let submitted = match count("submitted") {
        Some(0) => "No order was sent. ".to_owned(),
        Some(orders) => format!("{} orders were sent. ", format::count(orders)),
        None => String::new(),
    };
    let Some(stage) = narrowest else { return format!("{submitted}Every intent passes.") };
    let passed = stage.passed.map(format::percent).unwrap_or_default();
    let why = if stage.lost.is_empty() { String::new() } else { format!(": {}", stage.lost) };
    format!("{submitted}The narrowest step is \u{201c}{}\u{201d}: {passed} get there{why}.", stage.label)
}

fn row(stage: Stage) -> impl IntoView {
    let Stage { key, label, count, share, passed, lost } = stage;
    let raw = count.map(|count| count.to_string()).unwrap_or_default();
    view! {
        <li data-step=key data-value=raw>
            <span>{label}</span>
            <b class="num">{format::or_no_data(count, format::count)}</b>
            <span class="num sub">{passed.map(format::percent).unwrap_or_default()}</span>
            <div class="bar" aria-hidden="true"><i style:width=format!("{:.2}%", share * 100.0)></i></div>
            <span class="sub lost">{lost}</span>
        </li>
    }
}
