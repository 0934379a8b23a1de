//! What decides, and what no one can tick away.

use std::collections::HashSet;

use super::*;
use crate::{Code, Event, Shape, Source, Ts};

const NOW: Ts = Ts(1_795_196_697_000_000_000);

fn live() -> Facts {
    Facts {
        is_live: true,
        session: Some("20261120-100000".to_owned()),
        has_heartbeat: true,
        unreadable: Some((0, 0)),
        files: Some(4),
        is_encrypted: Some(true),
        rules: 12,
        silent_seconds: Some(1.0),
        ..Facts::default()
    }
}

/// A state after so many intents of which so many are explained, a minute later.
fn intents(all: usize, denied: usize) -> State {
    let mut state = State::new(NOW);
    for intent in 0..all {
        let id = format!("i{intent}");
        let told = |code, name| {
            let mut event = Event::bare(Source::Events, Shape::Canonical, code, name);
            event.ts = Some(NOW);
            event
        };
        let mut event = told(Code::IntentReceived, "ORDER.INTENT.RECEIVED");
        event.intent_id = Some(id.clone().into());
        state.apply(&event);
        if intent < denied {
            let mut event = told(Code::OrderDeny, "ORDER.DENY");
            event.intent_id = Some(id.into());
            state.apply(&event);
        }
    }
    state.advance(NOW.plus_seconds(60));
    state
}

fn finding(list: List, key: &str, state: &State, facts: &Facts) -> Finding {
    let judged = judge(list, state, facts);
    judged.into_iter().find(|(item, _)| item.key == key).map(|(_, finding)| finding).unwrap()
}

#[test]
fn keys_are_told_apart_and_every_list_has_items() {
    let mut keys = HashSet::new();
    for (list, ..) in List::ALL {
        let items: Vec<_> = list.sections().iter().flat_map(|section| section.items).collect();
        assert!(items.len() >= 6);
        for item in items {
            assert!(keys.insert(item.key), "{} comes twice", item.key);
        }
    }
}

#[test]
fn missing_data_is_neither_met_nor_missed() {
    let state = State::new(NOW);
    for key in ["stop-xai", "stop-latency", "stop-errors", "stop-memory", "testnet-latency", "testnet-traces"]
    {
        let found = finding(List::Testnet, key, &state, &live());
        assert_eq!(found.standing, Standing::Unknown, "{key}");
        assert!(!found.evidence.is_empty(), "{key}");
    }
}

#[test]
fn stop_conditions_hold_beyond_their_thresholds_only() {
    let standing = |denied| finding(List::Testnet, "stop-xai", &intents(100, denied), &live()).standing;
    assert_eq!((standing(94), standing(95)), (Standing::Missed, Standing::Met));
    let target = |denied| finding(List::Testnet, "testnet-xai", &intents(100, denied), &live()).standing;
    assert_eq!((target(99), target(100)), (Standing::Missed, Standing::Met));
}

#[test]
fn what_is_missed_cannot_be_ticked_away() {
    let judged = judge(List::Testnet, &intents(100, 50), &live());
    assert_eq!(decide(&judged, |_| true), Decision::NoGo(2), "a target and a stop condition");
    let judged = judge(List::GoLive, &State::new(NOW), &Facts { is_encrypted: Some(false), ..live() });
    assert_eq!(decide(&judged, |_| true), Decision::NoGo(1));
}

#[test]
fn open_items_are_a_persons_to_confirm() {
    let judged = judge(List::Canary, &State::new(NOW), &live());
    assert_eq!(decide(&judged, |_| false), Decision::Open(5));
    assert_eq!(decide(&judged, |key| key != "canary-soak"), Decision::Open(1));
    assert_eq!(decide(&judged, |_| true), Decision::Go);
}

#[test]
fn a_stream_with_gaps_a_silent_log_and_lines_that_cannot_be_read_are_missed() {
    let state = State::new(NOW);
    let standing = |key, facts: &Facts| finding(List::GoLive, key, &state, facts).standing;
    assert_eq!(standing("feed-ids", &live()), Standing::Met);
    assert_eq!(standing("feed-ids", &Facts { missing: 1, ..live() }), Standing::Missed);
    assert_eq!(standing("feed-ids", &Facts { repeated: 1, ..live() }), Standing::Missed);
    assert_eq!(standing("feed-counters", &Facts { unreadable: Some((0, 1)), ..live() }), Standing::Missed);
    assert_eq!(standing("page-live", &Facts { silent_seconds: Some(60.5), ..live() }), Standing::Missed);
    assert_eq!(standing("page-live", &Facts { is_live: false, ..live() }), Standing::Missed);
    assert_eq!(standing("page-live", &Facts { silent_seconds: None, ..live() }), Standing::Unknown);
}

#[test]
fn a_machine_that_is_used_up_stops_and_one_that_nobody_tells_of_is_unknown() {
    let standing = |key, facts: &Facts| finding(List::Testnet, key, &State::new(NOW), facts).standing;
    for (used, expected) in
        [(None, Standing::Unknown), (Some(0.9), Standing::Met), (Some(0.91), Standing::Missed)]
    {
        let facts = Facts { memory_used: used, cpu_used: used, ..live() };
        assert_eq!(
            [standing("stop-memory", &facts), standing("stop-cpu", &facts)],
            [expected; 2],
            "{used:?}"
        );
    }
}
