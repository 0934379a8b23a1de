//! Stored minutes: joined they are the session, whatever was drained when, and however they are grouped.

use std::collections::BTreeMap;

use aurora_domain::{
    LatencyKind, Outcome, Source, Span, State,
    aggregate::{Aggregate, DurationSum, Speakers, Spoken},
    minutes::Minute,
    reason::DenyClass,
};
use proptest::{collection::vec, prelude::*};

use crate::stream::{START, Step, streams, take};

/// What someone who stores minutes has in the end.
fn store(steps: &[Step], drain_every: usize) -> (State, BTreeMap<i64, Aggregate>, usize) {
    let mut state = State::new(START);
    state.keep_minutes();
    let mut stored: BTreeMap<i64, Aggregate> = BTreeMap::new();
    let mut amendments = 0;
    let mut put = |minutes: Vec<Minute>| {
        for Minute { minute, aggregate } in minutes {
            amendments += usize::from(stored.contains_key(&minute));
            stored.entry(minute).or_default().merge(&aggregate);
        }
    };
    for (turn, step) in steps.iter().enumerate() {
        take(&mut state, step);
        if turn % drain_every == 0 {
            put(state.drain_minutes(Some(state.now())));
        }
    }
    put(state.drain_minutes(None));
    assert_eq!((state.minutes().waiting(), state.minutes().lost()), (0, 0));
    (state, stored, amendments)
}

fn join<'a>(parts: impl IntoIterator<Item = &'a Aggregate>) -> Aggregate {
    let mut joined = Aggregate::default();
    parts.into_iter().for_each(|part| joined.merge(part));
    joined
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn joined_minutes_are_the_session(steps in streams(200, 3), drain_every in 1..40_usize) {
        let (state, stored, _) = store(&steps, drain_every);
        let session = join(stored.values());
        let speakers = Speakers::of(&session);
        prop_assert_eq!(speakers, state.speakers());
        let spoken = session.spoken(&speakers);
        prop_assert_eq!(spoken.outcomes, state.orders().outcomes(Span::Session));
        prop_assert_eq!(spoken.routes, state.routes());
        for class in DenyClass::ALL {
            prop_assert_eq!(spoken.denied_of(class), state.orders().denied_of(class, Span::Session));
        }
        for kind in LatencyKind::ALL {
            let summary = spoken.durations(kind).and_then(DurationSum::summary);
            prop_assert_eq!(summary, state.latency().summary(kind, Span::Session));
        }
        prop_assert_eq!(spoken.explained, state.explained(Span::Session));
        prop_assert_eq!(spoken.provenance(), state.provenance(Span::Session));
        let events: u64 = Source::ALL.into_iter().map(|source| spoken.events(source)).sum();
        prop_assert_eq!(events, state.session().events());
    }

    #[test]
    fn when_minutes_are_drained_does_not_matter(steps in streams(200, 3), one in 1..40_usize, other in 1..400_usize) {
        prop_assert_eq!(store(&steps, one).1, store(&steps, other).1);
    }

    #[test]
    fn minutes_of_one_speaker_add_up_to_the_session(steps in streams(200, 3)) {
        let (_, stored, _) = store(&steps, 7);
        let session = join(stored.values());
        let speakers = Speakers::of(&session);
        let mut sum = Spoken::default();
        for minute in stored.values() {
            sum.merge(&minute.spoken(&speakers));
        }
        prop_assert_eq!(sum, session.spoken(&speakers));
    }

    #[test]
    fn any_partition_of_minutes_joins_to_the_whole(steps in streams(200, 3), groups in vec(0..5_usize, 1..60)) {
        let (_, stored, _) = store(&steps, 7);
        let mut parts = vec![Aggregate::default(); 5];
        for (minute, group) in stored.values().zip(groups.iter().cycle()) {
            parts[*group].merge(minute);
        }
        prop_assert_eq!(join(parts.iter().rev()), join(stored.values()));
    }

    #[test]
    fn merging_is_associative_and_commutative(streams in vec(streams(60, 3), 3)) {
        let [a, b, c] = [0, 1, 2].map(|index| join(store(&streams[index], 5).1.values()));
        prop_assert_eq!(join([&a, &b]), join([&b, &a]));
        prop_assert_eq!(join([&join([&a, &b]), &c]), join([&a, &join([&b, &c])]));
        prop_assert_eq!(join([&a, &Aggregate::default()]), a.clone());
        // Several sessions: each by its own speakers, in any order.
        let [a, b] = [&a, &b].map(|session| session.spoken(&Speakers::of(session)));
        let (mut one, mut other) = (a.clone(), b.clone());
        one.merge(&b);
        other.merge(&a);
        prop_assert_eq!(&one, &other);
        let filled = |spoken: &Spoken| spoken.outcomes.get(Outcome::Filled);
        prop_assert_eq!(filled(&one), filled(&a) + filled(&b));
    }
}

#[test]
fn an_event_of_a_minute_that_was_drained_amends_it() {
    let mut denial = aurora_domain::Event::bare(
        Source::Denied,
        aurora_domain::Shape::Flat,
        aurora_domain::Code::Other,
        "uncoded",
    );
    denial.ts = Some(START);
    let steps = [
        Step::Apply(Box::new(denial.clone())),
        Step::Advance(3_600),
        Step::Apply(Box::new(denial.clone())),
        Step::Advance(900_000),
        Step::Apply(Box::new(denial)),
    ];
    let (state, stored, amendments) = store(&steps, 1);
    assert_eq!((stored.len(), amendments), (1, 2));
    let spoken = join(stored.values()).spoken(&state.speakers());
    assert_eq!(spoken.outcomes.get(Outcome::Denied), 3);
}
