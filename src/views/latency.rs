//! Latencies: the table of kinds, and the course of one of them.

use aurora_domain::{LatencyKind, LatencySummary, Span, State};
use leptos::prelude::*;

use crate::{
    charts::{Ask, Chart, Limit, Look, Plot, Source, heat_plot, latency_plot},
    components::{
        latency_table::{LatencyRow, LatencyTable, Quantiles},
        panel::Panel,
        segmented::{Choice, Segmented},
        tone::Tone,
    },
    page::Page,
    reach,
    store::{Handle, Slice, derive},
};

/// Name and definition of each kind.
pub(super) const KINDS: [(LatencyKind, &str, &str); 6] = [
    (LatencyKind::Decision, "Decision", "From wanting to trade to knowing whether and how."),
    (LatencyKind::Ack, "Ack", "Round trip to the exchange: sent to acknowledged, once per order."),
    (LatencyKind::FirstFill, "First fill", "From submission to the first fill, once per order."),
    (LatencyKind::Policy, "Policy", "The policy's own time."),
    (LatencyKind::Sla, "SLA", "What the latency gate saw."),
    (LatencyKind::Query, "Query", "Queries to the service."),
];

fn label(kind: LatencyKind) -> &'static str {
    KINDS.into_iter().find(|(known, ..)| *known == kind).map_or("Latency", |(_, label, _)| label)
}

/// A kind's quantiles over what was chosen.
pub(super) fn summary(store: Handle, kind: LatencyKind, page: Page) -> Memo<Option<LatencySummary>> {
    store.select(&[Slice::Details], move |store| {
        let chosen = page.chosen(store.state());
        reach::latency(store.state(), kind, chosen.reach, chosen.filter)
    })
}

/// The first kind that the session has data of.
pub(super) fn first_kind(store: Handle) -> LatencyKind {
    store.track(&[Slice::Latency], 0);
    store.read(|store| {
        let has_data = |kind: &LatencyKind| store.state().latency().summary(*kind, Span::Session).is_some();
        LatencyKind::ALL.into_iter().find(has_data).unwrap_or(LatencyKind::Decision)
    })
}

/// All kinds, and which of them the chart shows.
#[component]
pub(crate) fn LatencyPanel(
    store: Handle,
    page: Page,
    stale: Memo<bool>,
    kind: Memo<LatencyKind>,
    #[prop(into)] on_kind: Callback<LatencyKind>,
) -> impl IntoView {
    let rows = KINDS
        .into_iter()
        .map(|(kind, label, hint)| {
            let all = summary(store, kind, page);
            let quantiles = derive(move || all.get().map(quantiles));
            let tone = derive(move || match all.get() {
                Some(all)
                    if kind == LatencyKind::Decision
                        && all.p90_ms > page.thresholds.get().decision_p90_ms =>
                {
                    Tone::Warn
                }
                _ => Tone::Plain,
            });
            view! { <LatencyRow kind=kind.name() label hint quantiles tone /> }
        })
        .collect_view();
    let choices = KINDS.into_iter().map(|(value, label, _)| Choice { value, label, glyph: None }).collect();
    view! {
        <Panel title="Latency by kind" class="w7" stale>
            <LatencyTable>{rows}</LatencyTable>
            <div class="row choose">
                <span class="sub">"Chart"</span>
                <Segmented legend="Latency that the chart shows" name="latency-kind" choices selected=kind on_select=on_kind />
            </div>
        </Panel>
    }
}

fn quantiles(all: LatencySummary) -> Quantiles {
    Quantiles {
        p50: all.p50_ms,
        p90: all.p90_ms,
        p95: all.p95_ms,
        p99: all.p99_ms,
        max: all.max_ms,
        count: all.count,
    }
}

/// What the reader chose to see of a kind.
type Read = fn(&State, LatencyKind, Ask) -> Plot;

/// The course of one kind.
#[component]
pub(crate) fn LatencyChart(
    store: Handle,
    page: Page,
    look: Look,
    stale: Memo<bool>,
    kind: Memo<LatencyKind>,
) -> impl IntoView {
    let source = source(store, page, kind, "Line chart", latency_plot);
    let title = derive(move || format!("{} latency", label(kind.get())));
    view! { <Chart look name="latency" title class="w6" source stale /> }
}

/// How the durations of one kind are spread.
#[component]
pub(crate) fn LatencyHeat(
    store: Handle,
    page: Page,
    look: Look,
    stale: Memo<bool>,
    kind: Memo<LatencyKind>,
) -> impl IntoView {
    let source = source(store, page, kind, "Heat map", heat_plot);
    let title = derive(move || format!("{} latency, spread", label(kind.get())));
    view! { <Chart look name="heat" title class="w6" source log=true stale /> }
}

fn source(store: Handle, page: Page, kind: Memo<LatencyKind>, picture: &'static str, read: Read) -> Source {
    Source::of(
        store,
        move || {
            kind.track();
            page.thresholds.track();
        },
        move |store, ask| {
            let kind = kind.get_untracked();
            let slow = (kind == LatencyKind::Decision).then_some(Limit {
                value: page.thresholds.get_untracked().decision_p90_ms,
                label: "p90 at most",
                always: false,
            });
            let name = label(kind);
            Plot {
                limits: slow.into_iter().collect(),
                words: format!("{picture} of {} latency over time", name.to_lowercase()).into(),
                empty: format!("{name}: no data in this span").into(),
                ..read(store.state(), kind, ask)
            }
        },
    )
}
