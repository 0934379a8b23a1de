//! Saving in steps: the same bytes as at once, and no step that is much of the work.

use std::borrow::Cow;

use aurora_domain::{State, Ts};
use aurora_wire::snapshot::{self, Saving};

use crate::example::{START, event, state};

/// What saving in as many runs as there are steps gives, with the bytes of each run.
fn in_steps(state: &State) -> (Vec<u8>, Vec<usize>) {
    let mut saving = Saving::new(7, 0);
    let mut lengths = vec![saving.length()];
    while !saving.run(state, &mut || false) {
        lengths.push(saving.length());
    }
    lengths.push(saving.length());
    let runs = lengths.windows(2).map(|pair| pair[1] - pair[0]).collect();
    (saving.finish(), runs)
}

/// A state that remembers `orders` orders, each of one event, 500 a second.
fn with_orders(orders: u32) -> State {
    let mut state = State::new(START);
    for number in 0..orders {
        let mut event = event(number);
        event.order_id = Some(Cow::Owned(format!("order-{number}")));
        event.intent_id = Some(Cow::Owned(format!("intent-{number}")));
        let at = Ts(START.0 + i64::from(number) * 2_000_000);
        event.ts = Some(at);
        state.advance(at);
        state.apply(&event);
    }
    state
}

#[test]
fn the_steps_give_the_bytes_of_saving_at_once() {
    let made: [fn() -> State; 4] = [|| State::new(START), || state(1), || state(600), || with_orders(20_000)];
    for make in made {
        let state = make();
        let (bytes, runs) = in_steps(&state);
        assert!(bytes == snapshot::save(&state, 7));
        assert_eq!(runs.len(), state.steps(), "a run of one step each");
    }
}

#[test]
fn a_saving_goes_on_as_long_as_it_may() {
    let state = state(600);
    let mut saving = Saving::new(7, 0);
    let mut steps = 0;
    let mut three = || {
        steps += 1;
        steps < 3
    };
    assert!(!saving.run(&state, &mut three));
    assert_eq!(steps, 3);
    assert!(saving.run(&state, &mut || true));
    assert!(saving.finish() == snapshot::save(&state, 7));
}

#[test]
fn no_step_is_much_of_the_work() {
    let most = |orders: u32| {
        let (bytes, runs) = in_steps(&with_orders(orders));
        (runs.into_iter().max().unwrap(), bytes.len())
    };
    let ((most_of_few, few), (most_of_many, many)) = (most(20_000), most(100_000));
    assert!(many > 3 * few, "{many} bytes beside {few}");
    assert!(most_of_many < many / 6, "a step of {most_of_many} bytes of {many}");
    assert!(most_of_many < 2 * most_of_few, "steps grow with the state: {most_of_many} after {most_of_few}");
}
