//! Orders: outcomes, rates, their course, and the reasons of denials.

use aurora_domain::{DenyClass, Outcome, Outcomes as OutcomeCounts, Span, State, verdict::HIGH_DENY_RATE};
use leptos::prelude::*;

use crate::{
    charts::{Chart, Look, Source, outcome_plot},
    components::{
        figure::Figure,
        outcome_tile::{OutcomeStrip, OutcomeTile},
        panel::Panel,
        rate_bar::{RateBar, RatePart},
        reason_list::{ReasonCount, ReasonList},
        tone::Tone,
    },
    store::{Handle, Slice, derive},
};

/// Label, metric and definition of each outcome.
const TILES: [(Outcome, &str, &str, &str); 9] = [
    (Outcome::Submitted, "Submitted", "orders.submitted", "Orders sent to the exchange."),
    (Outcome::Acked, "Acked", "orders.acked", "Orders that the exchange took."),
    (
        Outcome::PartiallyFilled,
        "Partial",
        "orders.partially_filled",
        "Orders that were filled in part at some time.",
    ),
    (Outcome::Filled, "Filled", "orders.filled", "Orders filled in whole."),
    (Outcome::Canceled, "Canceled", "orders.canceled", "Orders canceled after the exchange took them."),
    (Outcome::Rejected, "Rejected", "orders.rejected", "Orders that the exchange refused."),
    (Outcome::Expired, "Expired", "orders.expired", "Orders whose time ran out."),
    (
        Outcome::Denied,
        "Denied",
        "orders.denied",
        "Orders that the bot itself did not send: no edge, or a guard.",
    ),
    (Outcome::Failed, "Failed", "orders.failed", "Orders that ended in an error."),
];

const REASONS_SHOWN: usize = 8;

/// The nine outcomes.
#[component]
pub(crate) fn Outcomes(store: Handle, span: RwSignal<Span>, stale: Memo<bool>) -> impl IntoView {
    const SLICES: &[Slice] = &[Slice::Orders, Slice::Session];
    let window = store.select_over(SLICES, span, |store, span| outcomes(store.state(), span));
    let session = store.select(SLICES, |store| outcomes(store.state(), Span::Session));
    let tiles = TILES
        .into_iter()
        .map(|(outcome, label, metric, hint)| {
            let error = matches!(outcome, Outcome::Rejected | Outcome::Failed);
            let tone = derive(move || {
                if error && window.with(|all| all.is_some_and(|all| all.get(outcome) > 0)) {
                    Tone::Warn
                } else {
                    Tone::Plain
                }
            });
            view! {
                <OutcomeTile
                    label metric hint tone
                    window=derive(move || window.with(|all| figure(all.as_ref(), outcome)))
                    session=derive(move || session.with(|all| figure(all.as_ref(), outcome)))
                />
            }
        })
        .collect_view();
    view! { <OutcomeStrip stale>{tiles}</OutcomeStrip> }
}

/// Counts are no data, rather than zero, until anything was read.
fn outcomes(state: &State, span: Span) -> Option<OutcomeCounts> {
    (state.session().events() > 0).then(|| state.orders().outcomes(span))
}

fn figure(all: Option<&OutcomeCounts>, outcome: Outcome) -> Figure {
    all.map_or_else(Figure::default, |all| Figure::count(all.get(outcome)))
}

/// Fill rate and deny rate.
#[component]
pub(crate) fn Rates(store: Handle, span: RwSignal<Span>, stale: Memo<bool>) -> impl IntoView {
    let fill =
        store.select_over(&[Slice::Orders], span, |store, span| store.state().orders().fill_rate(span));
    let fill_session =
        store.select(&[Slice::Orders], |store| store.state().orders().fill_rate(Span::Session));
    let deny =
        store.select_over(&[Slice::Orders], span, |store, span| store.state().orders().deny_rate(span));
    let deny_session =
        store.select(&[Slice::Orders], |store| store.state().orders().deny_rate(Span::Session));
    let classes = store.select_over(&[Slice::Orders], span, |store, span| {
        DenyClass::ALL.map(|class| store.state().orders().deny_rate_of(class, span).unwrap_or(0.0))
    });
    let filled = derive(move || match fill.get() {
        Some(rate) => vec![RatePart { label: "filled", share: rate }],
        None => Vec::new(),
    });
    let denied = derive(move || {
        let shares = classes.get().into_iter().zip(DenyClass::ALL);
        if deny.get().is_none() {
            return Vec::new();
        }
        shares.map(|(share, class)| RatePart { label: class.name(), share }).collect()
    });
    let deny_tone = derive(move || match deny.get() {
        None => Tone::Unknown,
        Some(rate) if rate > HIGH_DENY_RATE => Tone::Warn,
        Some(_) => Tone::Plain,
    });
    view! {
        <RateBar
            label="Fill rate" metric="rate.fill" window=fill session=fill_session parts=filled stale
            hint="Filled orders divided by submitted ones; no data where no log reports fills."
        />
        <RateBar
            label="Deny rate" metric="rate.deny" window=deny session=deny_session parts=denied tone=deny_tone stale
            hint="Denied divided by denied and submitted together: skip is the strategy's choice, guard a limit, exchange a refusal."
        />
    }
}

/// What became of orders over time.
#[component]
pub(crate) fn OrderChart(store: Handle, look: Look, stale: Memo<bool>) -> impl IntoView {
    let source = Source::of(store, || {}, |store, ask| outcome_plot(store.state(), ask));
    view! { <Chart look name="orders" title="Orders per second".to_owned() class="w6" source stale /> }
}

/// Why orders were denied, in the session.
#[component]
pub(crate) fn Reasons(store: Handle, stale: Memo<bool>) -> impl IntoView {
    let all = store.select(&[Slice::Details], |store| {
        let reasons = store.state().orders().deny_reasons(Span::Session);
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
    let aside = derive(move || match all.with(|(_, more)| *more) {
        0 => "session".to_owned(),
        more => format!("session · {more} more"),
    });
    view! {
        <Panel title="Reasons of denials" class="w5" aside stale>
            <ReasonList
                reasons=derive(move || all.with(|(shown, _)| shown.clone()))
                empty="No order was denied in this session."
            />
        </Panel>
    }
}
