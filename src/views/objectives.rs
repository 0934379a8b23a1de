//! Objectives of the session that goes on: the leading figures in their colours, error budgets of a day, and the targets of the service.

use aurora_domain::{
    format,
    report::Comparison,
    slo::{self, BURN, Budget, Colour, Measured, SLOS, Slo},
};
use leptos::prelude::*;

use crate::{
    components::{icon::Icon, panel::Panel, tone::Tone},
    store::{Handle, Slice, derive},
};

/// The whole screen.
#[component]
pub(crate) fn ObjectivesView(store: Handle, stale: Memo<bool>) -> impl IntoView {
    let slices = &[Slice::Orders, Slice::Latency, Slice::Session];
    let leading = store.select(slices, |store| slo::leading(store.live_state()).to_vec());
    let service = store.select(slices, |store| slo::service(store.live_state()).to_vec());
    // A day of minutes is looked through every ten seconds: one more may have ended, or what happened before has arrived.
    let ended = store.select(&[Slice::Session, Slice::Link], |store| {
        (store.live_state().now().second().div_euclid(10), store.live_state().session().first())
    });
    let budgets = Memo::new(move |_| {
        ended.track();
        store.read(|store| {
            let minutes = |slo: &Slo| slo::minutes(store.live_state(), slo.figure);
            SLOS.map(|slo| (slo, slo.budget(&minutes(&slo)))).to_vec()
        })
    });
    let rows = move || budgets.get().iter().map(|(slo, budget)| row(slo, budget)).collect_view();
    let burned =
        BURN.map(|(hours, limit)| view! { <th scope="col" class="num">{format!("Burn {hours} h (limit {limit})")}</th> });
    view! {
        <h1 class="sr">"Objectives"</h1>
        <Panel title="Leading figures" stale aside=Signal::stored("over five minutes".to_owned())>
            <Targets name="Leading figures" measured=leading />
        </Panel>
        <Panel title="Error budgets" stale aside=Signal::stored("of the minutes of the last 24 hours, as far as this session has them".to_owned())>
            <div class="scroll" tabindex="0" role="group" aria-label="Error budgets">
                <table class="report-table" data-objectives="budgets">
                    <thead><tr>
                        <th scope="col">"Objective"</th><th scope="col">"State"</th><th scope="col" class="num">"Budget left"</th>
                        <th scope="col" class="num">"Bad minutes"</th>{burned.collect_view()}<th scope="col" class="num">"Exhausted in"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="sub">"A burn rate of 1 spends the budget in exactly its own time. The rate over 72 hours (limit 1) is in the report of a recording."</p>
        </Panel>
        <Panel title="Service" stale aside=Signal::stored("since the session began".to_owned())>
            <Targets name="Service" measured=service />
        </Panel>
    }
}

fn row(slo: &Slo, budget: &Budget) -> impl IntoView + use<> {
    let tone = tone_of(budget);
    let state = match (budget.left(), budget.alarming()) {
        (None, _) => "no data".to_owned(),
        (Some(_), Some((hours, limit))) => format!("burns faster than {limit} over {hours} h"),
        (Some(left), None) if left < 0.0 => "spent".to_owned(),
        _ => "in budget".to_owned(),
    };
    let side = slo.comparison.words();
    let value = |value: f64| {
        if slo.figure == slo::Figure::FillRate { format::percent(value) } else { format::millis(value) }
    };
    let aim = format!("{side} {} in {} of the minutes", value(slo.target), format::percent(slo.share));
    let rates =
        budget.burn.map(|rate| view! { <td class="num">{format::or_no_data(rate, format::number)}</td> });
    let exhausted = match (budget.left(), budget.exhausted_in_hours()) {
        (None, _) => format::NO_DATA.to_owned(),
        (Some(_), None) => "not as it goes".to_owned(),
        (Some(_), Some(hours)) if hours <= 0.0 => "it is".to_owned(),
        (Some(_), Some(hours)) => format!("{} h", format::number(hours)),
    };
    let left = budget.left();
    view! {
        <tr data-budget=slo.name data-tone=tone.key()>
            <th scope="row">{slo.name}<span class="report-why">{aim}</span></th>
            <td><span class="report-met"><Icon glyph=tone.glyph() />{state}</span></td>
            <td class="num" data-value=left.map(|left| left.to_string()).unwrap_or_default()>{format::or_no_data(left, format::percent)}</td>
            <td class="num">{format!("{} of {}", format::count(budget.bad), format::count(budget.samples))}</td>
            {rates.collect_view()}
            <td class="num">{exhausted}</td>
        </tr>
    }
}

fn tone_of(budget: &Budget) -> Tone {
    match (budget.left(), budget.alarming()) {
        (None, _) => Tone::Unknown,
        (Some(left), _) if left < 0.0 => Tone::Bad,
        (_, Some((hours, _))) if hours <= 6 => Tone::Bad,
        (_, Some(_)) => Tone::Warn,
        (Some(_), None) => Tone::Good,
    }
}

/// Figures against target and alert threshold.
#[component]
fn Targets(name: &'static str, measured: Memo<Vec<Measured>>) -> impl IntoView {
    let count = measured.with_untracked(Vec::len);
    let rows = (0..count).map(|place| view! { <TargetRow measured place /> }).collect_view();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=name>
            <table class="report-table">
                <thead><tr>
                    <th scope="col">"Figure"</th><th scope="col">"State"</th><th scope="col" class="num">"Now"</th>
                    <th scope="col">"Target"</th><th scope="col">"Alert"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn TargetRow(measured: Memo<Vec<Measured>>, place: usize) -> impl IntoView {
    let own = Memo::new(move |_| measured.with(|all| all.get(place).copied()));
    let Some(Measured { target, .. }) = own.get_untracked() else { return ().into_any() };
    let colour = derive(move || own.get().and_then(|own| own.colour()));
    let tone = derive(move || match colour.get() {
        None => Tone::Unknown,
        Some(Colour::Green) => Tone::Good,
        Some(Colour::Yellow) => Tone::Warn,
        Some(Colour::Red) => Tone::Bad,
    });
    let glyph = Signal::derive(move || tone.get().glyph());
    let word = derive(move || match colour.get() {
        None => "no data",
        Some(Colour::Green) => "met",
        Some(Colour::Yellow) => "misses its target",
        Some(Colour::Red) => "beyond the alert threshold",
    });
    let text = move |value: f64| if target.is_ms { format::millis(value) } else { format::percent(value) };
    let now = derive(move || own.get().and_then(|own| own.now));
    let beyond = match target.comparison {
        Comparison::AtLeast => "below",
        Comparison::AtMost => "above",
    };
    view! {
        <tr data-target=target.metric data-tone=move || tone.get().key()>
            <th scope="row">{target.name}</th>
            <td><span class="report-met"><Icon glyph />{move || word.get()}</span></td>
            <td class="num" data-value=move || now.get().map(|now| now.to_string()).unwrap_or_default()>
                {move || format::or_no_data(now.get(), text)}
            </td>
            <td>{format!("{} {}", target.comparison.words(), text(target.target))}</td>
            <td>{format!("{beyond} {}", text(target.alert))}</td>
        </tr>
    }
    .into_any()
}
