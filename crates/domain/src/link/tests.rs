//! How the link behaves: one test for each rule, and one property for all input orders.

use proptest::prelude::*;

use super::*;

const START: u64 = 1_800_000_000_000;

fn link() -> Link {
    Link::new(Timing::default(), START)
}

fn open(at: u64) -> Link {
    let mut link = link();
    link.handle(at, 1.0, Input::Opened);
    link
}

fn heartbeat(head: u64) -> Input {
    Input::Heartbeat { head: Some(head), first: Some(1), last_event_age_ms: Some(0) }
}

fn ended() -> Input {
    Input::Lost { cause: Cause::Ended }
}

#[test]
fn a_link_is_live_once_it_has_what_the_feed_had() {
    let mut link = open(START);
    link.handle(START, 1.0, Input::Event { id: Some(10) });
    link.handle(START, 1.0, heartbeat(12));
    assert_eq!(link.status(), &Status::CatchingUp { remaining: 2 });
    link.handle(START, 1.0, Input::Event { id: Some(12) });
    assert_eq!(link.status(), &Status::Live);
}

#[test]
fn a_page_without_any_event_waits_for_the_history_there_is() {
    let mut link = open(START);
    link.handle(START, 1.0, Input::Heartbeat { head: Some(12), first: Some(3), last_event_age_ms: Some(0) });
    assert_eq!(link.status(), &Status::CatchingUp { remaining: 10 });
}

#[test]
fn after_a_reset_only_what_is_left_is_waited_for() {
    let mut link = open(START);
    link.handle(START, 1.0, Input::Event { id: Some(9000) });
    link.handle(START, 1.0, heartbeat(1003));
    link.handle(START, 1.0, Input::Reset { first: 1001 });
    assert_eq!(link.status(), &Status::CatchingUp { remaining: 3 });
}

#[test]
fn a_server_without_heartbeats_is_taken_as_current_after_a_while() {
    let mut link = open(START);
    link.handle(START + 1_000, 1.0, Input::Event { id: Some(5) });
    assert_eq!(link.status(), &Status::CatchingUp { remaining: 0 });
    link.handle(START + 5_000, 1.0, Input::Tick);
    assert_eq!(link.status(), &Status::Live);
}

#[test]
fn new_events_during_live_do_not_look_like_catching_up() {
    let mut link = open(START);
    link.handle(START, 1.0, Input::Event { id: Some(1) });
    link.handle(START, 1.0, heartbeat(1));
    link.handle(START + 15_000, 1.0, heartbeat(3));
    assert_eq!(link.status(), &Status::Live);
}

#[test]
fn a_feed_that_published_nothing_is_live_at_once() {
    let mut link = open(START);
    link.handle(START, 1.0, Input::Heartbeat { head: None, first: None, last_event_age_ms: None });
    assert_eq!(link.status(), &Status::Live);
}

#[test]
fn heartbeats_without_events_are_silence_of_the_log_not_of_the_link() {
    let mut link = open(START);
    link.handle(START, 1.0, Input::Heartbeat { head: Some(5), first: None, last_event_age_ms: Some(1000) });
    for second in (15..=60).step_by(15) {
        link.handle(START + second * 1000, 1.0, Input::Bytes);
        link.handle(START + second * 1000, 1.0, Input::Tick);
    }
    assert_eq!(link.status(), &Status::Silent { since_ms: START - 1000 });
    link.handle(START + 61_000, 1.0, Input::Event { id: Some(6) });
    assert_eq!(link.status(), &Status::Live);
}

#[test]
fn history_of_a_log_that_fell_silent_does_not_look_like_news() {
    let mut link = open(START);
    link.handle(
        START,
        1.0,
        Input::Heartbeat { head: Some(2), first: Some(1), last_event_age_ms: Some(3_600_000) },
    );
    for id in [1, 2] {
        link.handle(START + id, 1.0, Input::Event { id: Some(id) });
    }
    assert_eq!(link.status(), &Status::Silent { since_ms: START - 3_600_000 });
}

#[test]
fn silence_of_two_and_a_half_heartbeats_breaks_the_link() {
    let mut link = open(START);
    assert_eq!(link.handle(START + 37_000, 1.0, Input::Tick), Action::None);
    assert_eq!(link.handle(START + 37_500, 1.0, Input::Tick), Action::Disconnect);
    assert!(matches!(link.status(), Status::Reconnecting { cause: Cause::Silence { seconds: 37 }, .. }));
}

#[test]
fn delays_double_to_thirty_seconds_and_start_over_after_a_stable_minute() {
    let mut link = open(START);
    let mut now = START;
    let mut delays = Vec::new();
    for _ in 0..6 {
        link.handle(now, 1.0, ended());
        let Status::Reconnecting { next_at_ms, .. } = *link.status() else { panic!("{:?}", link.status()) };
        delays.push(next_at_ms - now);
        assert_eq!(link.handle(next_at_ms - 1, 1.0, Input::Tick), Action::None);
        assert_eq!(link.handle(next_at_ms, 1.0, Input::Tick), Action::Connect);
        assert_eq!(link.handle(next_at_ms + 1, 1.0, Input::Tick), Action::None, "one try at a time");
        now = next_at_ms + 10;
    }
    assert_eq!(delays, [3_000, 6_000, 12_000, 24_000, 30_000, 30_000]);
    link.handle(now, 1.0, Input::Opened);
    link.handle(now + 60_000, 1.0, ended());
    assert!(matches!(link.status(), Status::Reconnecting { attempt: 1, .. }));
}

#[test]
fn a_connection_that_breaks_soon_keeps_backing_off() {
    let mut link = open(START);
    link.handle(START, 1.0, ended());
    link.handle(START + 3_000, 1.0, Input::Tick);
    link.handle(START + 3_100, 1.0, Input::Opened);
    link.handle(START + 4_000, 1.0, ended());
    assert!(
        matches!(link.status(), Status::Reconnecting { attempt: 2, since_ms, .. } if *since_ms == START + 4_000)
    );
}

#[test]
fn a_refused_token_waits_for_a_person() {
    let mut link = link();
    let refused = Input::Refused { message: "X-Auth-Token is missing".into() };
    assert_eq!(link.handle(START, 1.0, refused), Action::Disconnect);
    for input in [Input::Tick, Input::WentOnline, ended()] {
        assert_eq!(link.handle(START + 3_600_000, 1.0, input), Action::None);
    }
    assert_eq!(link.handle(START + 3_600_000, 1.0, Input::RetryAsked), Action::Connect);
}

#[test]
fn a_network_that_comes_back_is_used_at_once() {
    let mut link = open(START);
    assert_eq!(link.handle(START, 1.0, Input::WentOffline), Action::Disconnect);
    assert_eq!(link.handle(START + 60_000, 1.0, Input::Tick), Action::None);
    assert_eq!(link.handle(START + 90_000, 1.0, Input::WentOnline), Action::Connect);
}

#[test]
fn a_try_that_never_answers_is_given_up() {
    let mut link = link();
    assert_eq!(link.handle(START + 37_500, 1.0, Input::Tick), Action::Disconnect);
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        Just(Input::Opened),
        Just(Input::Bytes),
        (0_u64..100).prop_map(|id| Input::Event { id: Some(id) }),
        (0_u64..100).prop_map(heartbeat),
        (0_u64..100_000).prop_map(|delay_ms| Input::Retry { delay_ms }),
        Just(ended()),
        Just(Input::Lost { cause: Cause::HttpStatus { code: 502 } }),
        Just(Input::Tick),
        Just(Input::WentOffline),
        Just(Input::WentOnline),
        Just(Input::RetryAsked),
    ]
}

proptest! {
    #[test]
    fn it_never_gives_up_by_itself(
        inputs in prop::collection::vec((any_input(), 0_u64..50_000, 0.0..=1.0_f64), 0..60)
    ) {
        let mut link = link();
        let mut now = START;
        for (input, wait, random) in inputs {
            now += wait;
            link.handle(now, random, input);
            if let Status::Reconnecting { next_at_ms, attempt, .. } = link.status() {
                prop_assert!(*next_at_ms <= now + 30_000);
                prop_assert!(*attempt >= 1);
            }
        }
        // With the network there and only time passing, it tries again within the longest delay and silence.
        link.handle(now, 0.5, Input::WentOnline);
        link.handle(now, 0.5, ended());
        let mut connected = false;
        for _ in 0..100 {
            now += 1_000;
            connected |= link.handle(now, 0.5, Input::Tick) == Action::Connect;
        }
        prop_assert!(connected, "{:?}", link.status());
    }
}
