//! What must hold for every stream.

use aurora_domain::{
    Event, Outcome, Span, State, Ts,
    series::{Buckets, Resolution},
};
use proptest::{prelude::*, test_runner::TestCaseError};

use crate::{
    figures::{Figures, figures, unjudged},
    model::Oracle,
    runner::{compare, for_all},
    stream::{Op, START, Stream, streams},
};

const LONGEST: usize = 70;

fn take(state: &mut State, op: &Op) {
    match op {
        Op::Advance(to) => state.advance(*to),
        Op::Apply(event) => state.apply(event),
        Op::Reject => state.reject(),
    };
}

fn after(ops: &[Op]) -> State {
    let mut state = State::new(START);
    for op in ops {
        take(&mut state, op);
    }
    state
}

fn everything(state: &State) -> Figures {
    let mut all = figures(state);
    all.extend(unjudged(state));
    all
}

fn same(expected: &State, got: &State) -> Result<(), TestCaseError> {
    compare(&everything(expected), &everything(got), false)
}

#[test]
fn every_figure_is_what_brute_force_counts() {
    for_all("brute force", &streams(LONGEST), |Stream(ops)| {
        let (mut state, mut oracle) = (State::new(START), Oracle::new(START));
        for (place, op) in ops.iter().enumerate() {
            take(&mut state, op);
            oracle.take(op);
            if place % 32 == 31 || place + 1 == ops.len() {
                compare(&oracle.figures(), &figures(&state), true)?;
            }
        }
        Ok(())
    });
}

#[test]
fn a_stream_applied_twice_gives_the_same_figures() {
    for_all("twice", &streams(LONGEST), |Stream(ops)| same(&after(&ops), &after(&ops)));
}

/// The clock moves in smaller steps, and once more, and back; figures are read and the state is copied in between.
#[test]
fn what_happens_between_batches_changes_nothing() {
    for_all("batches", &(streams(LONGEST), any::<u64>()), |(Stream(ops), bits)| {
        let mut state = State::new(START);
        for (place, op) in ops.iter().enumerate() {
            let interrupted = bits >> (place % 64) & 1 == 1;
            if let (true, Op::Advance(to)) = (interrupted, op) {
                let half = (to.0 - state.now().0).max(0) / 2;
                state.advance(Ts(state.now().0 + half));
                state.advance(*to);
                state.advance(START);
            }
            take(&mut state, op);
            if interrupted && place % 8 == 0 {
                figures(&state);
                state = state.clone();
            }
        }
        same(&after(&ops), &state)
    });
}

/// The events of a stream that have a time of their own, and the latest of those.
fn timed(ops: Vec<Op>) -> (Vec<Event<'static>>, Ts) {
    let events: Vec<Event<'static>> = ops
        .into_iter()
        .filter_map(|op| match op {
            Op::Apply(event) if event.ts.is_some() => Some(*event),
            _ => None,
        })
        .collect();
    let latest = events.iter().filter_map(|event| event.ts).fold(START, Ts::max);
    (events, latest)
}

/// Holds where no event is ahead of the clock by more than five seconds and each has a time.
#[test]
fn any_split_into_batches_gives_the_same_state() {
    for_all("any split", &(streams(LONGEST), 0_i64..5_000_000_000), |(Stream(ops), lag)| {
        let (events, latest) = timed(ops);
        let mut at_once = State::new(START);
        at_once.advance(latest);
        let mut one_by_one = State::new(START);
        for event in &events {
            at_once.apply(event);
            one_by_one.advance(Ts(event.ts.unwrap_or(START).0 - lag));
            one_by_one.apply(event);
        }
        one_by_one.advance(latest);
        same(&at_once, &one_by_one)
    });
}

/// Figures that no order of the same events changes. Order matters, by the contract, for when an id is first seen
/// (every window and bucket, ages), for which reason and duration stands for an id, and for what is matched by id.
fn unordered(state: &State) -> Figures {
    let all = figures(state).into_iter().filter(|(name, _)| {
        let session = ["events.", "outcomes.", "fill_rate.", "deny_rate."]
            .iter()
            .any(|start| name.starts_with(start) && name.ends_with("Session"));
        let direct =
            ["latency.policy.", "latency.sla.", "latency.query."].iter().any(|start| name.starts_with(start));
        let whole =
            ["writers.", "differ.", "routes.", "session."].iter().any(|start| name.starts_with(start));
        session || direct || whole
    });
    let pending = state.orders().pending(state.now());
    let open = ("open".to_owned(), (pending.count + pending.unknown).to_string());
    all.chain([open]).collect()
}

#[test]
fn session_totals_do_not_depend_on_order() {
    let shuffled = streams(LONGEST).prop_flat_map(|Stream(ops)| {
        let (events, latest) = timed(ops);
        (
            Just(Stream(events.iter().cloned().map(Box::new).map(Op::Apply).collect())),
            Just(events).prop_shuffle(),
            Just(latest),
        )
    });
    for_all("order", &shuffled, |(Stream(ops), shuffled, latest)| {
        let (mut one, mut other) = (State::new(latest), State::new(latest));
        for op in &ops {
            take(&mut one, op);
        }
        for event in &shuffled {
            other.apply(event);
        }
        compare(&unordered(&one), &unordered(&other), false)
    });
}

#[test]
fn seconds_add_up_to_the_longest_window() {
    for_all("seconds", &streams(LONGEST), |Stream(ops)| {
        let state = after(&ops);
        let end = state.now().second();
        let seconds = state.orders().series(Buckets::new(Resolution::Second, end - 899, end));
        let sums: [u64; Outcome::COUNT] =
            Outcome::ALL.map(|outcome| seconds.iter().map(|point| point.outcomes.get(outcome)).sum());
        let window = state.orders().outcomes(Span::FIFTEEN_MINUTES);
        prop_assert_eq!(sums, Outcome::ALL.map(|outcome| window.get(outcome)));
        Ok(())
    });
}

/// Times as they come out of broken lines.
fn extremes() -> impl Strategy<Value = i64> {
    prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0), Just(START.0), any::<i64>()]
}

#[test]
fn no_time_is_too_far_away() {
    let moved = (streams(30), prop::collection::vec((extremes(), extremes(), extremes()), 30));
    for_all("extremes", &moved, |(Stream(ops), times)| {
        let mut state = State::new(START);
        for (op, (ts, sent, acked)) in ops.into_iter().zip(times) {
            let op = match op {
                Op::Apply(mut event) => {
                    event.ts = event.ts.map(|_| Ts(ts));
                    event.numbers.t_send_ns = event.numbers.t_send_ns.map(|_| sent);
                    event.numbers.t_ack_ns = event.numbers.t_ack_ns.map(|_| acked);
                    Op::Apply(event)
                }
                Op::Advance(_) if sent > 0 => Op::Advance(Ts(ts)),
                other => other,
            };
            take(&mut state, &op);
        }
        figures(&state);
        Ok(())
    });
}
