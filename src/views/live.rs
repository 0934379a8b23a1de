//! The live screen: verdict, outcomes, rates, charts, latencies, reasons, protection, feed.

use aurora_domain::{
    LatencyKind, Span, State, format,
    verdict::{self, Facts, Tone as Judged, Verdict as Judgement},
};
use leptos::prelude::*;

use super::{
    feed::FeedStrip,
    latency::{LatencyChart, LatencyPanel, first_kind},
    orders::{OrderChart, Outcomes, Rates, Reasons},
    sources::Sources,
};
use crate::{
    charts::Look,
    components::{figure::Figure, metric_tile::MetricTile, tone::Tone, verdict::Verdict},
    store::{Clock, Handle, Slice, derive},
};

/// The whole screen.
#[component]
pub(crate) fn LiveView(store: Handle, span: RwSignal<Span>, stale: Memo<bool>, look: Look) -> impl IntoView {
    let judged = judgement(store, span);
    let kind = RwSignal::new(None);
    let shown_kind = Memo::new(move |_| kind.get().unwrap_or_else(|| first_kind(store)));
    view! {
        <main>
            <Verdict
                tone=derive(move || tone_of(judged.with(|judged| judged.tone)))
                headline=derive(move || judged.with(|judged| judged.headline.clone()))
                sentence=derive(move || judged.with(|judged| judged.sentence.clone()))
            />
            <Outcomes store span stale />
            <Rates store span stale />
            <DecisionTile store span stale />
            <ThroughputTile store span stale />
            <LatencyChart store look stale kind=shown_kind />
            <OrderChart store look stale />
            <LatencyPanel store span stale kind=shown_kind on_kind=move |chosen| kind.set(Some(chosen)) />
            <Reasons store stale />
            <Sources store stale />
            <FeedStrip store />
        </main>
    }
}

fn judgement(store: Handle, span: RwSignal<Span>) -> Memo<Judgement> {
    const ALL: &[Slice] = &[Slice::Orders, Slice::Latency, Slice::Session, Slice::Link, Slice::Feed];
    store.select_over(ALL, span, |store, span| {
        verdict::judge(&Facts {
            link: store.status(),
            recorded: store.clock() == Clock::Recorded,
            waiting: store.feed_says("waiting"),
            state: store.state(),
            span,
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
fn DecisionTile(store: Handle, span: RwSignal<Span>, stale: Memo<bool>) -> impl IntoView {
    let summary = super::latency::summary(store, LatencyKind::Decision, span);
    let tone = derive(move || match summary.get() {
        None => Tone::Unknown,
        Some(slow) if slow.p90_ms > verdict::SLOW_DECISION_MS => Tone::Warn,
        Some(_) => Tone::Good,
    });
    let secondary = derive(move || match summary.get() {
        Some(all) => format!(
            "p50 {} · p99 {} · n {}",
            format::millis(all.p50_ms),
            format::millis(all.p99_ms),
            format::count(all.count)
        ),
        None => "no decisions timed in this span".to_owned(),
    });
    view! {
        <MetricTile
            label="Decision p90"
            metric="latency.decision.p90.tile"
            figure=derive(move || Figure::millis(summary.get().map(|all| all.p90_ms)))
            secondary tone stale
            hint="Time from wanting to trade to knowing whether and how; warns above 50 ms."
        />
    }
}

/// How much the log says, and orders on their way.
#[component]
fn ThroughputTile(store: Handle, span: RwSignal<Span>, stale: Memo<bool>) -> impl IntoView {
    let rate = store.select_over(&[Slice::Session], span, |store, span| per_second(store.state(), span));
    let pending = store.select(&[Slice::Orders], |store| {
        let pending = store.state().orders().pending(store.state().now());
        let oldest = match pending.count {
            0 => String::new(),
            _ => format!(", oldest {}", format::age(whole(pending.oldest_age_seconds))),
        };
        let unknown = match pending.unknown {
            0 => String::new(),
            unknown => format!(", {} of unknown outcome", format::count(unknown)),
        };
        format!("{} pending{oldest}{unknown}", format::count(pending.count))
    });
    view! {
        <MetricTile
            label="Events"
            metric="events.rate"
            figure=derive(move || Figure::per_second(rate.get()))
            secondary=pending stale
            hint="Lines of the session's logs per second, and orders that were submitted and have not ended."
        />
    }
}

/// Events per second over a span, or since the first event where that is later.
fn per_second(state: &State, span: Span) -> Option<f64> {
    let events = state.events(span);
    let first = state.session().first()?;
    let since_first = state.now().seconds_since(first).max(1.0);
    let seconds = span.seconds().map_or(since_first, |seconds| f64::from(seconds).min(since_first));
    (events > 0).then(|| events as f64 / seconds)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an age of at most fifteen minutes"
)]
fn whole(seconds: f64) -> u64 {
    seconds.max(0.0) as u64
}
