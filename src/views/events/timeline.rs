//! An order's life beside the table: its steps in the order of time, with the time between them.
//!
//! Invariant: it is a list that can be read without its drawing; the drawing repeats the times.

use std::cell::RefCell;
use std::rc::Rc;

use aurora_domain::{Event, Outcome, Ts, format, outcome};
use aurora_wire::decode;
use leptos::prelude::*;

use super::{
    detail::Side,
    model::{Model, in_slices, slice},
    row,
};
use crate::{
    lines::{Line, Lines, order::Trail},
    store::derive,
};

/// One line of an order.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    seq: u64,
    time: String,
    /// Since the step before.
    since: String,
    /// Where it stands on the axis, in percent.
    at: f64,
    code: String,
    file: &'static str,
    /// What became of the order by it.
    outcome: String,
    /// Latency and reason.
    more: String,
}

/// An order's life.
#[derive(Clone, Debug, Default, PartialEq)]
struct Life {
    /// What became of it in the end.
    end: String,
    lasted: String,
    ids: String,
    steps: Vec<Step>,
    beyond: u64,
    done: bool,
}

impl Life {
    fn of(trail: &Trail, lines: &Lines, done: bool) -> Self {
        let all: Vec<Line<'_>> = trail.lines(lines).into_iter().filter_map(|seq| lines.get(seq)).collect();
        let times = || all.iter().filter_map(|line| line.ts);
        let (first, last) = (times().min(), times().max());
        let lasted_ms = first.zip(last).map_or(0.0, |(first, last)| last.millis_since(first));
        let at = |ts: Option<Ts>| match (ts, first) {
            (Some(ts), Some(first)) if lasted_ms > 0.0 => ts.millis_since(first) / lasted_ms * 100.0,
            _ => 0.0,
        };
        let mut steps = Vec::with_capacity(all.len());
        let (mut before, mut end): (Option<Ts>, Option<(Outcome, Option<Ts>)>) = (None, None);
        for line in &all {
            let event = decode(line.source, 0, line.raw).ok();
            let outcomes = event.as_ref().map(outcome::reported_by).unwrap_or_default();
            for outcome in outcomes.iter() {
                // What ended stays ended, whatever is told later of its way there.
                if !end.is_some_and(|(known, _)| is_end(known) && !is_end(outcome)) {
                    end = Some((outcome, line.ts));
                }
            }
            let since = line
                .ts
                .zip(before)
                .map(|(ts, before)| format!("+{}", format::millis(ts.millis_since(before))));
            let [time, _, code, ..] = row::cells(line);
            steps.push(Step {
                seq: line.seq,
                time,
                since: since.unwrap_or_default(),
                at: at(line.ts),
                code,
                file: row::file(line.source),
                outcome: outcomes.iter().map(word).collect::<Vec<_>>().join(", "),
                more: event.map(|event| more(&event)).unwrap_or_default(),
            });
            before = line.ts.or(before);
        }
        Self {
            end: said(end, first),
            lasted: format::millis(lasted_ms),
            ids: trail.ids().collect::<Vec<_>>().join(" · "),
            steps,
            beyond: trail.beyond(),
            done,
        }
    }
}

fn is_end(outcome: Outcome) -> bool {
    outcome == Outcome::Denied || outcome::TERMINAL.contains(outcome)
}

fn word(outcome: Outcome) -> String {
    outcome.name().replace('_', " ")
}

/// The outcome in a sentence.
fn said(end: Option<(Outcome, Option<Ts>)>, first: Option<Ts>) -> String {
    let Some((outcome, ts)) = end else { return "No line tells what became of it.".to_owned() };
    let after = ts.zip(first).map(|(ts, first)| format!(" after {}", format::millis(ts.millis_since(first))));
    let after = after.unwrap_or_default();
    if is_end(outcome) {
        format!("It was {}{after}.", word(outcome))
    } else {
        format!("It has not ended: {}{after}.", word(outcome))
    }
}

/// What the line says of latency and reason.
fn more(event: &Event<'_>) -> String {
    let numbers = &event.numbers;
    let round_trip =
        numbers.t_send_ns.zip(numbers.t_ack_ns).map(|(sent, acked)| acked.saturating_sub(sent) as f64 / 1e6);
    let latencies = [
        ("decision", numbers.decision_ms),
        ("round trip", round_trip),
        ("latency", numbers.latency_ms),
        ("first fill", numbers.fill_latency_ms),
    ];
    let mut parts: Vec<String> = latencies
        .into_iter()
        .filter_map(|(name, ms)| Some(format!("{name} {}", format::millis(ms?))))
        .collect();
    parts.extend(event.reason.as_deref().map(str::to_owned));
    parts.join(" · ")
}

#[component]
pub(super) fn TimelinePanel(model: Model, seq: u64) -> impl IntoView {
    let trail = model.read(|_, lines| lines.get(seq).and_then(|line| Trail::of(&line, lines)));
    let trail = StoredValue::new_local(Rc::new(RefCell::new(trail)));
    let life = in_slices(
        model.store,
        move |store| match trail.get_value().borrow_mut().as_mut() {
            Some(trail) => {
                let done = trail.step(store.lines(), slice());
                Life::of(trail, store.lines(), done)
            }
            None => Life {
                end: "The line has fallen out of the table.".to_owned(),
                done: true,
                ..Life::default()
            },
        },
        |life: &Life| life.done,
    );
    let summary = derive(move || {
        life.with(|life| {
            let looking = if life.done { "" } else { " Looking for more…" };
            let beyond = match life.beyond {
                0 => String::new(),
                beyond => format!(" {} more lines are not shown.", format::count(beyond)),
            };
            format!("{} {} lines over {}.{beyond}{looking}", life.end, life.steps.len(), life.lasted)
        })
    });
    let steps = move || {
        life.with(|life| life.steps.iter().cloned().map(|step| step_view(model, step)).collect_view())
    };
    view! {
        <Side model title="Order timeline".to_owned()>
            <p class="sub"><code data-timeline="ids">{move || life.with(|life| life.ids.clone())}</code></p>
            <p data-timeline="summary">{move || summary.get()}</p>
            <ol class="timeline">{steps}</ol>
            <p class="sub">
                "Lines that name one of these ids in the same run, as far as the table holds them; a line with two ids links them."
            </p>
        </Side>
    }
}

fn step_view(model: Model, step: Step) -> impl IntoView {
    let Step { seq, time, since, at, code, file, outcome, more } = step;
    let at = format!("{at:.2}%");
    view! {
        <li data-step=seq.to_string()>
            <span class="num sub">{time}" "<b>{since}</b></span>
            <span class="step-axis" aria-hidden="true" style=("--at", at)></span>
            <span class="step-what">
                <button class="link" title="Show this line" on:click=move |_| model.open(seq)>{code}</button>
                " "<span class="tag-word" hidden=outcome.is_empty()>{outcome.clone()}</span>
                " "<span class="sub">{file}</span>
            </span>
            <span class="sub" hidden=more.is_empty()>{more.clone()}</span>
        </li>
    }
}
