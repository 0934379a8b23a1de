//! What happened while nobody looked: shown on return to a page that was hidden for a minute or more, until it is closed.

use aurora_domain::{Outcome, Outcomes, Span, State, Ts, format};
use leptos::prelude::*;

use crate::{
    browser::{self, Listener},
    components::icon::{Glyph, Icon},
    page::Page,
    store::{Handle, Slice, derive},
};

/// Shorter looks away are not worth a word.
const WORTH_TELLING_MS: u64 = 60_000;

/// The session when somebody last looked.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Left {
    at: Ts,
    at_ms: u64,
    events: u64,
    outcomes: Outcomes,
    breaker_changes: u64,
    transitions: u64,
}

impl Left {
    fn now(state: &State) -> Self {
        Self {
            at: state.now(),
            at_ms: browser::now_ms(),
            events: state.session().events(),
            outcomes: state.orders().outcomes(Span::Session),
            breaker_changes: state.protection().breaker_changes(),
            transitions: state.governance().transition_total(),
        }
    }
}

/// The notice.
#[component]
pub(crate) fn Away(store: Handle, page: Page) -> impl IntoView {
    let (left, told) = (StoredValue::new(None::<Left>), RwSignal::new(None::<Left>));
    let seen = Listener::on_document("visibilitychange", move || {
        if browser::is_hidden() {
            // Whoever never closed the last notice has not seen that yet either.
            let since =
                told.get_untracked().or_else(|| Some(store.read(|store| Left::now(store.live_state()))));
            left.set_value(since);
        } else if let Some(then) = left.get_value()
            && browser::now_ms().saturating_sub(then.at_ms) >= WORTH_TELLING_MS
        {
            told.set(Some(then));
        }
    });
    StoredValue::new_local(seen);
    let sentence = store.select(&[Slice::Details], move |store| {
        told.get().map(|then| words(store.live_state(), &then, page.zone.get().offset_minutes()))
    });
    let close = move |_| told.set(None);
    let shown = derive(move || sentence.with(Option::is_some));
    view! {
        <section class="note" data-tone="plain" data-notice="away" role="status" hidden=move || !shown.get()>
            <Icon glyph=Glyph::Info />
            <p>
                <strong>"Since you last looked. "</strong>
                {move || sentence.get().unwrap_or_default()}
            </p>
            <button class="btn" on:click=close>"Close"</button>
        </section>
    }
}

fn words(state: &State, then: &Left, offset_minutes: i32) -> String {
    let outcomes = state.orders().outcomes(Span::Session);
    let more = |outcome: Outcome| outcomes.get(outcome).saturating_sub(then.outcomes.get(outcome));
    let mut parts =
        vec![format!("{} events", format::count(state.session().events().saturating_sub(then.events)))];
    for outcome in Outcome::ALL {
        let count = more(outcome);
        if count > 0 {
            parts.push(format!("{} {}", format::count(count), outcome.name().replace('_', " ")));
        }
    }
    let changes = state.protection().breaker_changes().saturating_sub(then.breaker_changes);
    if changes > 0 {
        let last = state.protection().breaker_history().last();
        let last = last
            .map(|(_, at)| format!(", last at {}", format::clock(at, offset_minutes)))
            .unwrap_or_default();
        parts.push(format!("the circuit breaker changed {} times{last}", format::count(changes)));
    }
    let transitions = state.governance().transition_total().saturating_sub(then.transitions);
    if transitions > 0 {
        parts.push(format!("{} changes of the governor's mode", format::count(transitions)));
    }
    format!("From {}: {}.", format::clock(then.at, offset_minutes), parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aurora_domain::{Code, Event, Shape, Source};
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn only_what_came_since_is_told() {
        let mut state = State::new(Ts(0));
        let submit = Event::bare(Source::Events, Shape::Canonical, Code::Submit, "ORDER.SUBMIT");
        state.apply(&submit);
        let then = Left::now(&state);
        state.apply(&submit);
        state.apply(&Event::bare(Source::Events, Shape::Canonical, Code::OrderDeny, "ORDER.DENY"));
        assert_eq!(words(&state, &then, 0), "From 00:00:00: 2 events, 1 submitted, 1 denied.");
    }
}
