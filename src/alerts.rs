//! The rules in the page: judged once a second while the page is live, over the names and values of `/metrics`.
//!
//! Invariants: the same engine and the same figures as in the feed; a page that is not live judges nothing, so its alerts
//! stay as they were, and look stale with everything else. Judging begins when the page is current: `for` counts from then.

use aurora_domain::{
    Span, Ts,
    metrics::Sink,
    rules::{Alert, AlertState, Engine, Group, Samples},
};
use aurora_wire::{
    Heartbeat,
    rules::{Rules, SHIPPED},
};
use leptos::prelude::*;

use crate::{
    config::Settings,
    store::{Clock, Handle, Slice, Store},
};

/// The group of the shipped rules that holds for any session: the others judge a canary, a testnet or a service.
const GROUP: &str = "p3d";

/// An alert as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The rule's name.
    pub(crate) name: String,
    /// Whether it fires, and not only waits for `for` to pass.
    pub(crate) is_firing: bool,
    /// `critical`, `warning`, `info`, or what else the rule says.
    pub(crate) severity: String,
    /// Since when.
    pub(crate) since: Ts,
    /// What is wrong.
    pub(crate) summary: String,
    /// More on it.
    pub(crate) description: String,
}

/// The rules in force: those of config.json, else the shipped ones.
fn rules(settings: &Settings) -> Vec<Group> {
    if let Some(rules) = &settings.rules {
        return rules.groups().to_vec();
    }
    // The shipped rules are tested to be readable.
    let shipped = Rules::from_json(SHIPPED).map(Rules::into_groups).unwrap_or_default();
    shipped.into_iter().filter(|group| group.name == GROUP).collect()
}

/// What fires and what is about to, firing ones first, as long as the reactive owner lives.
pub(crate) fn judge(store: Handle, settings: &Settings) -> Signal<Vec<Shown>> {
    let engine = StoredValue::new_local(Engine::new(rules(settings)));
    let shown = RwSignal::new(Vec::new());
    let second = store.select(&[Slice::Session, Slice::Link], |store| {
        let current = store.status().is_live() && store.live_clock() == Clock::Live;
        current.then(|| store.live_state().now().second())
    });
    Effect::new(move |_| {
        if second.get().is_none() {
            return;
        }
        let mut judged = Vec::new();
        engine.update_value(|engine| {
            store.read(|store| observe(engine, store));
            judged = engine.alerts().iter().filter_map(show).collect();
        });
        judged.sort_by_key(|alert| (!alert.is_firing, alert.severity != "critical"));
        if shown.with_untracked(|known| *known != judged) {
            shown.set(judged);
        }
    });
    shown.into()
}

fn observe(engine: &mut Engine, store: &Store) {
    let state = store.live_state();
    let mut samples = Samples::new(engine);
    samples.state(state, Span::FIVE_MINUTES);
    let feed = store.heartbeat();
    // A page that is live reads the stream itself, whatever the server tells of its clients.
    let clients = feed.and_then(|feed| feed.clients).unwrap_or(1);
    samples.gauge("aurora_sse_clients", "", clients as f64);
    let count = |read: fn(&Heartbeat) -> Option<u64>| feed.and_then(read).map(|lines| lines as f64);
    samples.gauge("aurora_tailer_malformed_lines_total", "", count(|feed| feed.malformed));
    samples.gauge("aurora_tailer_oversized_lines_total", "", count(|feed| feed.oversized));
    let silent = state.session().last().map(|last| state.now().seconds_since(last).max(0.0));
    samples.gauge("aurora_last_event_age_seconds", "", silent);
    let samples = samples.into_vec();
    engine.observe(state.now(), &samples);
}

/// The watchdog always fires, for receivers: nobody has to read that.
fn show(alert: &Alert) -> Option<Shown> {
    let severity = alert.severity().to_owned();
    (alert.state != AlertState::Resolved && severity != "none").then(|| Shown {
        name: alert.name.clone(),
        is_firing: alert.state == AlertState::Firing,
        severity,
        since: if alert.state == AlertState::Pending { alert.active_at } else { alert.since },
        summary: alert.annotation("summary").to_owned(),
        description: alert.annotation("description").to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aurora_domain::{BreakerState, Code, Event, Shape, Source};
    use wasm_bindgen_test::wasm_bindgen_test;

    /// What fires after two minutes of a session in which this event stood at the beginning, of a server that tells nothing
    /// of itself.
    fn firing(event: &Event<'_>) -> Vec<String> {
        let mut engine = Engine::new(rules(&Settings::default()));
        let mut store = Store::new(0);
        for second in 0..120 {
            store.state_mut().advance(Ts((1_795_196_697 + second) * 1_000_000_000));
            if second == 0 {
                store.state_mut().apply(event);
            }
            observe(&mut engine, &store);
        }
        let shown = engine.alerts().iter().filter_map(show);
        shown.filter(|alert| alert.is_firing).map(|alert| alert.name).collect()
    }

    #[wasm_bindgen_test]
    fn a_server_that_tells_nothing_of_itself_is_not_unavailable() {
        let bare = Event::bare(Source::Events, Shape::Canonical, Code::Breaker, "CIRCUIT_BREAKER.OPEN");
        assert_eq!(
            firing(&Event { breaker: Some(BreakerState::Open), ..bare.clone() }),
            ["CircuitBreakerOpen"]
        );
        assert_eq!(firing(&Event { breaker: Some(BreakerState::Closed), ..bare }), [""; 0]);
    }
}
