//! What the newest matches have in common: values that a filter can be made of by clicking.
//!
//! Invariant: they are counted anew every two seconds and when something else is asked for, so that they can be clicked
//! while lines come.

use aurora_domain::format;
use leptos::prelude::*;

use super::{model::Model, row};
use crate::{
    browser::Interval,
    lines::{Field, Line},
};

/// So many of the newest matches are looked at.
const LOOKED_AT: usize = 500;
/// So many values of each kind are shown.
const SHOWN: usize = 4;
const EVERY_MS: i32 = 2_000;

/// What can be clicked: the filter's key, its title, and how it is read from a line.
type Kind = (&'static str, &'static str, for<'a> fn(&Line<'a>) -> &'a str);

const KINDS: [Kind; 4] = [
    ("file", "File", |line| row::file(line.source)),
    ("code", "Code", |line| line.text(Field::Code)),
    ("symbol", "Symbol", |line| line.text(Field::Symbol)),
    ("reason", "Reason", |line| line.text(Field::Reason)),
];

/// Values of each kind with how many of the lines have them, most first.
type Counts = [Vec<(String, usize)>; KINDS.len()];

#[derive(Clone, Debug, Default, PartialEq)]
struct Counted {
    lines: usize,
    counts: Counts,
}

fn count(model: Model) -> Counted {
    // What is found is brought up to date before it is looked at.
    model.summary.with_untracked(|_| ());
    model.read(|found, lines| {
        let newest: Vec<Line<'_>> =
            found.iter().rev().take(LOOKED_AT).filter_map(|seq| lines.get(seq)).collect();
        let counts = KINDS.map(|(_, _, read)| {
            let mut counts: Vec<(&str, usize)> = Vec::new();
            for text in newest.iter().map(read).filter(|text| !text.is_empty()) {
                match counts.iter_mut().find(|(known, _)| *known == text) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((text, 1)),
                }
            }
            counts.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
            counts.into_iter().take(SHOWN).map(|(text, count)| (text.to_owned(), count)).collect()
        });
        Counted { lines: newest.len(), counts }
    })
}

#[component]
pub(super) fn Facets(model: Model) -> impl IntoView {
    let tick = Trigger::new();
    StoredValue::new_local(Interval::new(EVERY_MS, move || tick.notify()));
    let begun = Memo::new(move |_| model.summary.with(|summary| (summary.done, summary.matches == 0)));
    let counted = Memo::new(move |_| {
        tick.track();
        begun.track();
        model.asked.track();
        count(model)
    });
    let group = move |(kind, (key, title, _)): (usize, Kind)| {
        let values = move || {
            let values = counted.with(|counted| counted.counts.get(kind).cloned()).unwrap_or_default();
            values.into_iter().map(|(text, count)| chip(model, key, text, count)).collect_view()
        };
        let none = move || counted.with(|counted| counted.counts.get(kind).is_none_or(Vec::is_empty));
        view! {
            <div class="facet" role="group" aria-label=title data-facet=key hidden=none>
                <span class="sub">{title}</span>
                {values}
            </div>
        }
    };
    view! {
        <div class="facets" hidden=move || counted.with(|counted| counted.lines == 0)>
            {KINDS.into_iter().enumerate().map(group).collect_view()}
            <span class="sub">
                {move || format!("of the newest {}", format::count(counted.with(|counted| counted.lines) as u64))}
            </span>
        </div>
    }
}

fn chip(model: Model, key: &'static str, text: String, count: usize) -> impl IntoView {
    let (title, shown) = (format!("Show only {key}: {text}"), text.clone());
    view! {
        <button class="facet-value" title=title on:click=move |_| model.add_filter(key, &text)>
            <span>{shown}</span>" "<span class="num">{format::count(count as u64)}</span>
        </button>
    }
}
