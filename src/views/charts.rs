//! The screen of charts: the same stretch of time in six ways, one below the other, with one crosshair.

use aurora_domain::LatencyKind;
use leptos::prelude::*;

use super::{
    latency::{KINDS, LatencyChart, LatencyHeat, first_kind},
    orders::{EventChart, OrderChart, ReasonChart, SprtChart},
};
use crate::{
    charts::Look,
    components::segmented::{Choice, Segmented},
    page::Page,
    store::Handle,
};

/// The whole screen.
#[component]
pub(crate) fn ChartsView(store: Handle, page: Page, look: Look, stale: Memo<bool>) -> impl IntoView {
    let kind = RwSignal::new(None::<LatencyKind>);
    let shown = Memo::new(move |_| kind.get().unwrap_or_else(|| first_kind(store)));
    let choices = KINDS.into_iter().map(|(value, label, _)| Choice { value, label, glyph: None }).collect();
    view! {
        <h1 class="sr">"Charts"</h1>
        <div class="row choose">
            <span class="sub">"Latency"</span>
            <Segmented
                legend="Latency that the charts show" name="chart-kind" choices selected=shown
                on_select=move |chosen| kind.set(Some(chosen))
            />
        </div>
        <LatencyChart store page look stale kind=shown />
        <LatencyHeat store page look stale kind=shown />
        <OrderChart store look stale />
        <ReasonChart store look stale />
        <SprtChart store look stale />
        <EventChart store look stale />
    }
}
