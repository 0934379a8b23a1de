//! Who reported what: the counts of every writer beside the one that speaks.

use aurora_domain::{Outcome, Writer, format};
use leptos::prelude::*;

use crate::{
    components::panel::Panel,
    store::{Handle, Slice, Store, derive},
};

/// Counts of one outcome by each writer.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    outcome: &'static str,
    counts: Vec<Option<u64>>,
    differs: bool,
}

/// All writers that counted anything, and their counts in the session.
#[derive(Clone, Debug, Default, PartialEq)]
struct Table {
    writers: Vec<Writer>,
    rows: Vec<Row>,
}

/// Several writers report the same orders; the largest count of each outcome is the one that is shown elsewhere.
#[component]
pub(crate) fn Sources(store: Handle, stale: Memo<bool>) -> impl IntoView {
    let table = store.select(&[Slice::Details], read);
    let aside =
        derive(move || match table.with(|table| table.rows.iter().filter(|row| row.differs).count()) {
            0 => "session".to_owned(),
            differing => format!("session · {differing} differ by more than a tenth"),
        });
    view! {
        <Panel title="Counts by log" aside stale>
            <Show
                when=move || table.with(|table| !table.rows.is_empty())
                fallback=|| view! { <p class="empty">"No order was reported in this session."</p> }
            >
                <div class="scroll" tabindex="0" role="region" aria-label="Counts by log">
                    {move || table.get().view()}
                </div>
            </Show>
        </Panel>
    }
}

fn read(store: &Store) -> Table {
    let orders = store.state().orders();
    let by_outcome: Vec<_> =
        Outcome::ALL.into_iter().map(|outcome| (outcome, orders.by_writer(outcome))).collect();
    let writers: Vec<Writer> = Writer::all()
        .filter(|writer| by_outcome.iter().any(|(_, counts)| counts.iter().any(|by| by.writer == *writer)))
        .collect();
    let rows = by_outcome
        .into_iter()
        .filter(|(_, counts)| !counts.is_empty())
        .map(|(outcome, counts)| Row {
            outcome: outcome.name(),
            counts: writers
                .iter()
                .map(|writer| counts.iter().find(|by| by.writer == *writer).map(|by| by.count))
                .collect(),
            differs: orders.writers_differ(outcome),
        })
        .collect();
    Table { writers, rows }
}

impl Table {
    fn view(self) -> impl IntoView {
        let head =
            self.writers.iter().map(|writer| view! { <th scope="col">{writer.label()}</th> }).collect_view();
        view! {
            <table class="figures" data-table="sources">
                <thead><tr><th scope="col">"Outcome"</th>{head}<th scope="col">"Agreement"</th></tr></thead>
                <tbody>{self.rows.into_iter().map(Row::view).collect_view()}</tbody>
            </table>
        }
    }
}

impl Row {
    fn view(self) -> impl IntoView {
        let single = self.counts.iter().flatten().count() == 1;
        let cells = self
            .counts
            .into_iter()
            .map(|count| view! { <td><span class="num">{format::or_no_data(count, format::count)}</span></td> })
            .collect_view();
        let (tone, word) = match (self.differs, single) {
            (true, _) => ("warn", "differs"),
            (false, true) => ("plain", "one log only"),
            (false, false) => ("plain", "agrees"),
        };
        view! {
            <tr data-tone=tone data-outcome=self.outcome>
                <th scope="row">{self.outcome.replace('_', " ")}</th>
                {cells}
                <td>{word}</td>
            </tr>
        }
    }
}
