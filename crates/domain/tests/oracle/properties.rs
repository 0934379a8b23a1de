//! What must hold for every stream.

use std::collections::BTreeMap;

use aurora_domain::{
    Event, Outcome, Span, State, Ts,
    aggregate::Aggregate,
    minutes::Minute,
    series::{Buckets, Resolution},
};
use proptest::{prelude::*, test_runner::TestCaseError};

use crate::{
    figures::{Figures, charts, figures, unjudged},
    model::Oracle,
    runner::{compare, for_all},
    stream::{Op, START, Stream, streams},
};

const LONGEST: usize = 70;

/// A state with what someone who stores its minutes has.
struct Live {
    state: State,
    stored: BTreeMap<i64, Aggregate>,
}

impl Live {
    fn new(now: Ts) -> Self {
        let mut state = State::new(now);
        state.keep_minutes();
        Self { state, stored: BTreeMap::new() }
    }

    /// The one way in which a stream comes to a state.
    fn take(&mut self, op: &Op) {
        match op {
            Op::Advance(to) => self.state.advance(*to),
            Op::Apply(event) => self.state.apply(event),
            Op::Reject => self.state.reject(),
        };
    }

    /// Takes out the minutes that are over, or all of them, and adds them to those that are stored.
    fn drain(&mut self, until: Option<Ts>) {
        for Minute { minute, aggregate } in self.state.drain_minutes(until) {
            self.stored.entry(minute).or_default().merge(&aggregate);
        }
    }

    /// Every figure that the oracle knows; `turn` chooses the charts.
    fn figures(&self, turn: usize) -> Figures {
        let mut all = figures(&self.state);
        charts::charts(&self.state, turn, &mut all);
        all
    }

    /// Those and the ones of stored minutes, once all are drained.
    fn figures_and_minutes(&mut self, turn: usize) -> Figures {
        self.drain(None);
        let mut all = self.figures(turn);
        charts::minutes(&self.state, &self.stored, &mut all);
        all
    }
}

fn after(ops: &[Op]) -> Live {
    let mut live = Live::new(START);
    for op in ops {
        live.take(op);
    }
    live
}

fn same(mut expected: Live, mut got: Live, turn: usize) -> Result<(), TestCaseError> {
    let everything = |live: &mut Live| {
        let mut all = live.figures_and_minutes(turn);
        all.extend(unjudged(&live.state));
        all
    };
    compare(&everything(&mut expected), &everything(&mut got), false)
}

#[test]
fn every_figure_is_what_brute_force_counts() {
    for_all("brute force", &streams(LONGEST), |Stream(ops)| {
        let (mut live, mut oracle) = (Live::new(START), Oracle::new(START));
        for (place, op) in ops.iter().enumerate() {
            live.take(op);
            oracle.take(op);
            if place % 16 == 7 {
                live.drain(Some(live.state.now()));
            }
            if place % 32 == 31 {
                compare(&oracle.figures(), &figures(&live.state), true)?;
            }
        }
        let (mut expected, turn) = (oracle.figures(), ops.len());
        oracle.chart_figures(turn, &mut expected);
        oracle.minute_figures(&mut expected);
        compare(&expected, &live.figures_and_minutes(turn), true)
    });
}

#[test]
fn a_stream_applied_twice_gives_the_same_figures() {
    for_all("twice", &streams(LONGEST), |Stream(ops)| same(after(&ops), after(&ops), ops.len()));
}

/// The clock moves in smaller steps, and once more, and back; figures are read, minutes are taken out and the state is
/// copied in between.
#[test]
fn what_happens_between_batches_changes_nothing() {
    for_all("batches", &(streams(LONGEST), any::<u64>()), |(Stream(ops), bits)| {
        let mut live = Live::new(START);
        for (place, op) in ops.iter().enumerate() {
            let interrupted = bits >> (place % 64) & 1 == 1;
            if let (true, Op::Advance(to)) = (interrupted, op) {
                let half = (to.0 - live.state.now().0).max(0) / 2;
                live.take(&Op::Advance(Ts(live.state.now().0 + half)));
                live.take(op);
                live.take(&Op::Advance(START));
            }
            live.take(op);
            if interrupted && place % 8 == 0 {
                live.figures(place);
                live.drain((place % 16 == 0).then(|| live.state.now()));
                live.state = live.state.clone();
            }
        }
        same(after(&ops), live, ops.len())
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
        let mut at_once = Live::new(START);
        at_once.take(&Op::Advance(latest));
        let mut one_by_one = Live::new(START);
        for event in &events {
            let op = Op::Apply(Box::new(event.clone()));
            at_once.take(&op);
            one_by_one.take(&Op::Advance(Ts(event.ts.unwrap_or(START).0 - lag)));
            one_by_one.take(&op);
        }
        one_by_one.take(&Op::Advance(latest));
        same(at_once, one_by_one, events.len())
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
        let (mut one, mut other) = (Live::new(latest), Live::new(latest));
        for op in &ops {
            one.take(op);
        }
        for event in &shuffled {
            other.take(&Op::Apply(Box::new(event.clone())));
        }
        compare(&unordered(&one.state), &unordered(&other.state), false)
    });
}

#[test]
fn seconds_add_up_to_the_longest_window() {
    for_all("seconds", &streams(LONGEST), |Stream(ops)| {
        let Live { state, .. } = after(&ops);
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
        let (mut live, turn) = (Live::new(START), ops.len());
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
            live.take(&op);
        }
        live.figures_and_minutes(turn);
        Ok(())
    });
}
