//! Orders: outcomes, rates, their course, and the reasons of denials.

use aurora_domain::{DenyClass, Outcome, Outcomes as OutcomeCounts, Span, State, format, orders::Pending};
use leptos::prelude::*;

use crate::{
    charts::{Ask, Chart, Look, Plot, Source, event_plot, outcome_plot, reason_plot, sprt_plot},
    components::{
        figure::Figure,
        outcome_tile::{OutcomeStrip, OutcomeTile, PendingTile},
        panel::Panel,
        rate_bar::{RateBar, RatePart},
        reason_list::{ReasonCount, ReasonList},
        tone::Tone,
    },
    page::{Chosen, Page},
    reach::{self, Reach, fill_rate},
    store::{Handle, Slice, Value, derive},
};

/// Label, metric, events and definition of each outcome.
const TILES: [(Outcome, &str, &str, &str, &str); 9] = [
    (
        Outcome::Submitted,
        "Submitted",
        "orders.submitted",
        "outcome:submitted",
        "Orders sent to the exchange.",
    ),
    (Outcome::Acked, "Acked", "orders.acked", "outcome:acked", "Orders that the exchange took."),
    (
        Outcome::PartiallyFilled,
        "Partial",
        "orders.partially_filled",
        "outcome:partially_filled",
        "Orders that were filled in part at some time.",
    ),
    (Outcome::Filled, "Filled", "orders.filled", "outcome:filled", "Orders filled in whole."),
    (
        Outcome::Canceled,
        "Canceled",
        "orders.canceled",
        "outcome:canceled",
        "Orders canceled after the exchange took them.",
    ),
    (
        Outcome::Rejected,
        "Rejected",
        "orders.rejected",
        "outcome:rejected",
        "Orders that the exchange refused.",
    ),
    (Outcome::Expired, "Expired", "orders.expired", "outcome:expired", "Orders whose time ran out."),
    (
        Outcome::Denied,
        "Denied",
        "orders.denied",
        "outcome:denied",
        "Orders that the bot itself did not send: no edge, or a guard.",
    ),
    (Outcome::Failed, "Failed", "orders.failed", "outcome:failed", "Orders that ended in an error."),
];

const REASONS_SHOWN: usize = 8;

/// The nine outcomes, and orders on their way.
#[component]
pub(crate) fn OutcomeTiles(store: Handle, page: Page, stale: Memo<bool>) -> impl IntoView {
    const SLICES: &[Slice] = &[Slice::Orders, Slice::Session];
    let window = over_reach(store, page, outcomes);
    let session = store.select(SLICES, move |store| {
        let chosen = page.chosen(store.state());
        outcomes(store.state(), Chosen { reach: Reach::Span(Span::Session), ..chosen })
    });
    let on_events = Callback::new(move |query: &'static str| page.show_events(query));
    let tiles = TILES
        .into_iter()
        .map(|(outcome, label, metric, query, hint)| {
            let error = matches!(outcome, Outcome::Rejected | Outcome::Failed);
            let tone = derive(move || {
                if error && window.with(|all| all.is_some_and(|all| all.get(outcome) > 0)) {
                    Tone::Warn
                } else {
                    Tone::Plain
                }
            });
            let figures =
                [window, session].map(|all| derive(move || all.with(|all| figure(all.as_ref(), outcome))));
            let [window, session] = figures;
            view! { <OutcomeTile label metric hint tone query on_events window session /> }
        })
        .collect_view();
    let pending = store.select(&[Slice::Details], move |store| {
        let chosen = page.chosen(store.state());
        let known = store.state().session().events() > 0;
        known.then(|| pending(store.state(), chosen))
    });
    let note = derive(move || pending.get().map(pending_words).unwrap_or_default());
    let count = derive(move || pending.get().map_or_else(Figure::default, |all| Figure::count(all.count)));
    view! {
        <OutcomeStrip stale>
            {tiles}
            <PendingTile count note />
        </OutcomeStrip>
    }
}

/// Counts are no data, rather than zero, until anything was read.
fn outcomes(state: &State, chosen: Chosen) -> Option<OutcomeCounts> {
    (state.session().events() > 0).then(|| reach::outcomes(state, chosen.reach, chosen.filter))
}

fn figure(all: Option<&OutcomeCounts>, outcome: Outcome) -> Figure {
    all.map_or_else(Figure::default, |all| Figure::count(all.get(outcome)))
}

/// Orders on their way, in whole seconds, so that it changes no more often.
fn pending(state: &State, chosen: Chosen) -> Pending {
    let pending = state.orders_in(chosen.filter).pending(state.now());
    Pending { oldest_age_seconds: pending.oldest_age_seconds.floor(), ..pending }
}

fn pending_words(pending: Pending) -> String {
    let unknown = match pending.unknown {
        0 => String::new(),
        unknown => format!("{} outcome unknown", format::count(unknown)),
    };
    match pending.count {
        0 => unknown,
        _ if unknown.is_empty() => format!("oldest {}", format::millis(pending.oldest_age_seconds * 1e3)),
        _ => format!("oldest {}, {unknown}", format::millis(pending.oldest_age_seconds * 1e3)),
    }
}

/// Fill rate and deny rate.
#[component]
pub(crate) fn Rates(store: Handle, page: Page, stale: Memo<bool>) -> impl IntoView {
    let fill = rate(store, page, fill_rate);
    let deny = rate(store, page, |_, all| reach::deny_rate(all));
    let classes = over_reach(store, page, |state, chosen| {
        let all = reach::outcomes(state, chosen.reach, chosen.filter);
        let whole = all.get(Outcome::Denied) + all.get(Outcome::Submitted);
        let denied = reach::denied_by_class(state, chosen.reach, chosen.filter);
        denied.map(|denied| if whole == 0 { 0.0 } else { denied as f64 / whole as f64 })
    });
    let filled = derive(move || match fill.get().0 {
        Some(rate) => vec![RatePart { label: "filled", share: rate }],
        None => Vec::new(),
    });
    let denied = derive(move || {
        let shares = classes.get().into_iter().zip(DenyClass::ALL);
        if deny.get().0.is_none() {
            return Vec::new();
        }
        shares.map(|(share, class)| RatePart { label: class.name(), share }).collect()
    });
    let deny_tone = derive(move || match deny.get().0 {
        None => Tone::Unknown,
        Some(rate) if rate > page.thresholds.get().deny_rate => Tone::Warn,
        Some(_) => Tone::Plain,
    });
    let window = |rates: Memo<(Option<f64>, Option<f64>)>| derive(move || rates.get().0);
    let session = |rates: Memo<(Option<f64>, Option<f64>)>| derive(move || rates.get().1);
    view! {
        <RateBar
            label="Fill rate" metric="rate.fill" window=window(fill) session=session(fill) parts=filled stale
            hint="Filled orders divided by submitted ones; no data where no log reports fills."
        />
        <RateBar
            label="Deny rate" metric="rate.deny" window=window(deny) session=session(deny) parts=denied tone=deny_tone stale
            hint="Denied divided by denied and submitted together: skip is the strategy's choice, guard a limit, exchange a refusal."
        />
    }
}

/// A rate over what was chosen, and over the session.
fn rate(
    store: Handle,
    page: Page,
    of: fn(&State, &OutcomeCounts) -> Option<f64>,
) -> Memo<(Option<f64>, Option<f64>)> {
    over_reach(store, page, move |state, chosen| {
        let session = Reach::Span(Span::Session);
        let over = |reach| of(state, &reach::outcomes(state, reach, chosen.filter));
        (over(chosen.reach), over(session))
    })
}

/// A value over what the reader chose, made anew as often as that is worth its cost.
fn over_reach<T: Value>(
    store: Handle,
    page: Page,
    read: impl Fn(&State, Chosen) -> T + Send + Sync + 'static,
) -> Memo<T> {
    let turn = store.turn();
    store.select(&[], move |known| {
        store.track(page.reach.get().slices(), turn);
        read(known.state(), page.chosen(known.state()))
    })
}

/// A chart of what is not chosen from kinds.
fn chart(
    store: Handle,
    look: Look,
    stale: Memo<bool>,
    (name, title): (&'static str, &'static str),
    read: fn(&State, Ask) -> Plot,
) -> impl IntoView {
    let source = Source::of(store, || {}, move |store, ask| read(store.state(), ask));
    view! { <Chart look name title=title.to_owned() class="w6" source stale /> }
}

/// What became of orders over time.
#[component]
pub(crate) fn OrderChart(store: Handle, look: Look, stale: Memo<bool>) -> impl IntoView {
    chart(store, look, stale, ("orders", "Orders per second"), outcome_plot)
}

/// Why orders were denied, over time.
#[component]
pub(crate) fn ReasonChart(store: Handle, look: Look, stale: Memo<bool>) -> impl IntoView {
    chart(store, look, stale, ("reasons", "Denials per second by reason"), reason_plot)
}

/// The sequential test between its bounds.
#[component]
pub(crate) fn SprtChart(store: Handle, look: Look, stale: Memo<bool>) -> impl IntoView {
    chart(store, look, stale, ("sprt", "Sequential test"), sprt_plot)
}

/// How much the logs gain.
#[component]
pub(crate) fn EventChart(store: Handle, look: Look, stale: Memo<bool>) -> impl IntoView {
    chart(store, look, stale, ("events", "Events per second"), event_plot)
}

/// Why orders were denied.
#[component]
pub(crate) fn Reasons(store: Handle, page: Page, stale: Memo<bool>) -> impl IntoView {
    let all = store.select(&[Slice::Details], move |store| {
        let (session, chosen) = (store.state(), page.chosen(store.state()));
        let reasons = reach::deny_reasons(session, chosen.reach, chosen.filter);
        let more = reasons.len().saturating_sub(REASONS_SHOWN);
        let shown: Vec<ReasonCount> = reasons
            .into_iter()
            .take(REASONS_SHOWN)
            .map(|reason| ReasonCount {
                code: reason.reason,
                class: reason.class.name(),
                count: reason.count,
            })
            .collect();
        (shown, more)
    });
    let aside = derive(move || {
        let reach = page.reach.get().words(page.zone.get().offset_minutes());
        match all.with(|(_, more)| *more) {
            0 => reach,
            more => format!("{reach} · {more} more"),
        }
    });
    view! {
        <Panel title="Reasons of denials" class="w5" aside stale>
            <ReasonList
                reasons=derive(move || all.with(|(shown, _)| shown.clone()))
                on_reason=Callback::new(move |reason: String| page.show_events(&format!("reason:\"{reason}\"")))
                empty="No order was denied in this span."
            />
        </Panel>
    }
}
