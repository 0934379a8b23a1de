//! A state that was saved and loaded is the one that was saved, whenever that happens in a stream.

use aurora_domain::State;
use aurora_wire::{minutes, snapshot};
use proptest::{prelude::*, test_runner::TestCaseError};

use crate::{
    figures::{charts, figures, unjudged},
    runner::{compare, for_all},
    stream::{Op, START, Stream, streams},
};

const LONGEST: usize = 90;

fn take(state: &mut State, op: &Op) {
    match op {
        Op::Advance(to) => state.advance(*to),
        Op::Apply(event) => state.apply(event),
        Op::Reject => state.reject(),
    };
}

/// All that can be seen of both is the same.
fn same(expected: &State, got: &State, turn: usize) -> Result<(), TestCaseError> {
    let [expected, got] = [expected, got].map(|state| {
        let mut all = figures(state);
        charts::charts(state, turn, &mut all);
        all.extend(unjudged(state));
        all
    });
    compare(&expected, &got, false)
}

/// Through bytes and back; the state that comes back has the same bytes.
fn stored(state: &State, as_of: u64) -> Result<State, TestCaseError> {
    let bytes = snapshot::save(state, as_of);
    let loaded = snapshot::load(&bytes).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(loaded.as_of, as_of);
    prop_assert!(snapshot::save(&loaded.state, as_of) == bytes, "saved again, the bytes differ");
    Ok(loaded.state)
}

/// Runs a stream with minutes kept, drained at every seventh step, and a stop at each step that `stops` has a bit for.
fn run(ops: &[Op], stops: u128) -> Result<State, TestCaseError> {
    let mut state = State::new(START);
    state.keep_minutes();
    for (place, op) in ops.iter().enumerate() {
        if stops >> (place % 128) & 1 == 1 {
            state = stored(&state, place as u64)?;
        }
        take(&mut state, op);
        if place % 7 == 6 {
            state.drain_minutes(Some(state.now()));
        }
    }
    Ok(state)
}

fn check(ops: &[Op], stops: u128) -> Result<(), TestCaseError> {
    let (mut whole, mut stopped) = (run(ops, 0)?, run(ops, stops)?);
    same(&whole, &stopped, ops.len())?;
    prop_assert!(snapshot::save(&whole, 0) == snapshot::save(&stopped, 0), "the bytes differ");
    prop_assert_eq!(whole.drain_minutes(None), stopped.drain_minutes(None));
    Ok(())
}

#[test]
fn a_stream_goes_on_after_any_stop_as_if_there_had_been_none() {
    for_all("one stop", &(streams(LONGEST), 0..LONGEST), |(Stream(ops), stop)| {
        check(&ops, 1 << (stop % ops.len().max(1)))
    });
}

#[test]
fn a_stream_that_stops_now_and_then_is_the_same_stream() {
    // One place in eight.
    let stops = any::<[u128; 3]>().prop_map(|[one, two, three]| one & two & three);
    for_all("stops", &(streams(LONGEST), stops), |(Stream(ops), stops)| check(&ops, stops));
}

#[test]
fn minutes_are_loaded_as_they_were_saved() {
    for_all("minutes", &(streams(LONGEST), any::<u64>()), |(Stream(ops), as_of)| {
        let mut state = State::new(START);
        state.keep_minutes();
        for op in &ops {
            take(&mut state, op);
        }
        let minutes = state.drain_minutes(None);
        let bytes = minutes::save(&minutes, &state.speakers(), as_of);
        let loaded = minutes::load(&bytes).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!((loaded.as_of, loaded.speakers), (as_of, state.speakers()));
        prop_assert_eq!(loaded.minutes, minutes);
        Ok(())
    });
}
