//! The live screen: verdict, outcomes, rates, charts, latencies, reasons, protection, feed.

use aurora_domain::{
    Buckets, LatencyKind, Span, State, Ts, format,
    verdict::{self, Facts, Tone as Judged, Verdict as Judgement},
};
use leptos::prelude::*;

use super::{
    facts::{CARDS, FactsPanel},
    feed::FeedStrip,
    funnel::FunnelPanel,
    in_parts::{InParts, part},
    latency::{LatencyChart, LatencyPanel, first_kind},
    orders::{OrderChart, OutcomeTiles, Rates, Reasons},
    sources::Sources,
};
use crate::{
    charts::Look,
    components::{figure::Figure, metric_tile::MetricTile, spark::Spark, tone::Tone, verdict::Verdict},
    page::Page,
    store::{Clock, Handle, Slice, derive},
};

/// The whole screen, made in parts.
#[component]
pub(crate) fn LiveView(
    store: Handle,
    page: Page,
    stale: Memo<bool>,
    judged: Memo<Judgement>,
    look: Look,
) -> impl IntoView {
    let kind = RwSignal::new(None);
    let shown_kind = Memo::new(move |_| kind.get().unwrap_or_else(|| first_kind(store)));
    let on_kind = Callback::new(move |chosen| kind.set(Some(chosen)));
    let mut parts = vec![
        part(move || {
            view! {
                <Verdict
                    tone=derive(move || tone_of(judged.with(|judged| judged.tone)))
                    headline=derive(move || judged.with(|judged| judged.headline.clone()))
                    sentence=derive(move || judged.with(|judged| judged.sentence.clone()))
                />
                <OutcomeTiles store page stale />
            }
        }),
        part(move || {
            view! {
                <Rates store page stale />
                <DecisionTile store page stale />
                <ThroughputTile store page stale />
            }
        }),
        part(move || view! { <LatencyChart store page look stale kind=shown_kind /> }),
        part(move || view! { <OrderChart store look stale /> }),
        part(move || view! { <FunnelPanel store page stale /> }),
        part(move || view! { <Reasons store page stale /> }),
        part(move || view! { <LatencyPanel store page stale kind=shown_kind on_kind /> }),
    ];
    parts.extend(CARDS.map(|card| part(move || view! { <FactsPanel store page stale card /> })));
    parts.push(part(move || view! { <Sources store stale /> }));
    parts.push(part(move || view! { <FeedStrip store /> }));
    view! { <InParts parts /> }
}

/// How the session is judged, also while the page is paused.
pub(crate) fn judgement(store: Handle, page: Page) -> Memo<Judgement> {
    store.select(&[Slice::Details, Slice::Link, Slice::Feed], move |store| {
        verdict::judge(&Facts {
            link: store.status(),
            recorded: store.live_clock() == Clock::Recorded,
            waiting: store.feed_says("waiting"),
            state: store.live_state(),
            span: page.reach.get().span().unwrap_or(Span::FIFTEEN_MINUTES),
            thresholds: page.thresholds.get(),
        })
    })
}

fn tone_of(judged: Judged) -> Tone {
    match judged {
        Judged::Good => Tone::Good,
        Judged::Warn => Tone::Warn,
        Judged::Bad => Tone::Bad,
        Judged::Unknown => Tone::Unknown,
    }
}

/// How long a decision takes, against its threshold.
#[component]
fn DecisionTile(store: Handle, page: Page, stale: Memo<bool>) -> impl IntoView {
    let summary = super::latency::summary(store, LatencyKind::Decision, page);
    let tone = derive(move || match summary.get() {
        None => Tone::Unknown,
        Some(slow) if slow.p90_ms > page.thresholds.get().decision_p90_ms => Tone::Warn,
        Some(_) => Tone::Good,
    });
    let secondary = derive(move || match summary.get() {
        Some(all) => format!(
            "p50 {} · p99 {} · n {} · warns above {}",
            format::millis(all.p50_ms),
            format::millis(all.p99_ms),
            format::count(all.count),
            format::millis(page.thresholds.get().decision_p90_ms)
        ),
        None => "no decisions timed in this span".to_owned(),
    });
    let trend = course(store, |state, buckets| {
        let points = state.latency().series(LatencyKind::Decision, buckets);
        points.into_iter().map(|point| point.summary.map_or(f64::NAN, |all| all.p90_ms)).collect()
    });
    view! {
        <MetricTile
            label="Decision p90"
            metric="latency.decision.p90.tile"
            figure=derive(move || Figure::millis(summary.get().map(|all| all.p90_ms)))
            secondary tone stale
            hint="Time from wanting to trade to knowing whether and how."
        >
            <Spark values=trend />
        </MetricTile>
    }
}

/// How much the log says.
#[component]
fn ThroughputTile(store: Handle, page: Page, stale: Memo<bool>) -> impl IntoView {
    let rate = store.select(&[Slice::Session], move |store| {
        let span = page.reach.get().span().unwrap_or(Span::Session);
        per_second(store.state(), span)
    });
    let secondary = store.select(&[Slice::Session], |store| {
        format!("{} in the session", format::count(store.state().session().events()))
    });
    view! {
        <MetricTile
            label="Events"
            metric="events.rate"
            figure=derive(move || Figure::per_second(rate.get()))
            secondary stale
            hint="Lines of the session's logs per second."
        />
    }
}

/// The last minutes of something, in fifteen-second buckets.
fn course(store: Handle, read: fn(&State, Buckets) -> Vec<f64>) -> Memo<Vec<f64>> {
    store.select(&[Slice::Details], move |store| {
        let state = store.state();
        let end = state.now().second().div_euclid(15) * 15;
        if state.now() == Ts(0) { Vec::new() } else { read(state, Buckets::with_step(15, end - 885, end)) }
    })
}

/// Events per second over a span, or since the first event where that is later.
fn per_second(state: &State, span: Span) -> Option<f64> {
    let events = state.events(span);
    let first = state.session().first()?;
    let since_first = state.now().seconds_since(first).max(1.0);
    let seconds = span.seconds().map_or(since_first, |seconds| f64::from(seconds).min(since_first));
    (events > 0).then(|| events as f64 / seconds)
}
