//! How the link behaves: one test for each rule. What holds for all input orders is in `properties`; tries and the
//! breaker are in `tries`.

mod offline;
mod properties;
mod tries;

use super::*;

const START: u64 = 1_800_000_000_000;

fn link() -> Link {
    Link::new(Timing::default(), START)
}

fn open() -> Link {
    let mut link = link();
    link.handle(START, 1.0, Input::Opened);
    link
}

/// Open, current, and with a heartbeat.
fn live() -> Link {
    let mut link = open();
    link.handle(START, 1.0, heartbeat(0));
    assert_eq!(link.status(), &Status::Live);
    link
}

fn heartbeat(head: u64) -> Input {
    Input::Heartbeat { head: Some(head), first: Some(1), last_event_age_ms: Some(0) }
}

fn ended() -> Input {
    Input::Lost { cause: Cause::Ended }
}

fn overflow() -> Input {
    Input::Lost { cause: Cause::Overflow }
}

fn refused() -> Input {
    Input::Refused { message: "X-Auth-Token is missing".into() }
}

#[track_caller]
fn check(link: &mut Link, after_ms: u64, input: Input, action: Action) {
    assert_eq!(link.handle(START + after_ms, 1.0, input), action, "{:?}", link.status());
}

#[test]
fn a_link_is_live_once_it_has_what_the_feed_had() {
    let mut link = open();
    check(&mut link, 0, Input::Event { id: Some(10) }, Action::None);
    check(&mut link, 0, heartbeat(12), Action::None);
    assert_eq!(link.status(), &Status::CatchingUp { remaining: 2 });
    check(&mut link, 0, Input::Event { id: Some(12) }, Action::None);
    assert_eq!(link.status(), &Status::Live);
}

#[test]
fn a_page_without_any_event_waits_for_the_history_there_is() {
    let mut link = open();
    let input = Input::Heartbeat { head: Some(12), first: Some(3), last_event_age_ms: Some(0) };
    check(&mut link, 0, input, Action::None);
    assert_eq!(link.status(), &Status::CatchingUp { remaining: 10 });
}

#[test]
fn after_a_reset_only_what_is_left_is_waited_for() {
    let mut link = open();
    for input in [Input::Event { id: Some(9000) }, heartbeat(1003), Input::Reset { first: 1001 }] {
        check(&mut link, 0, input, Action::None);
    }
    assert_eq!(link.status(), &Status::CatchingUp { remaining: 3 });
}

#[test]
fn a_server_without_heartbeats_is_taken_as_current_after_a_while() {
    let mut link = open();
    check(&mut link, 1_000, Input::Event { id: Some(5) }, Action::None);
    assert_eq!(link.status(), &Status::CatchingUp { remaining: 0 });
    check(&mut link, 5_000, Input::Tick, Action::None);
    assert_eq!(link.status(), &Status::Live);
}

#[test]
fn new_events_during_live_do_not_look_like_catching_up() {
    let mut link = open();
    check(&mut link, 0, Input::Event { id: Some(1) }, Action::None);
    check(&mut link, 0, heartbeat(1), Action::None);
    check(&mut link, 15_000, heartbeat(3), Action::None);
    assert_eq!(link.status(), &Status::Live);
}

#[test]
fn a_page_that_is_served_slower_than_events_come_is_not_live() {
    let mut link = open();
    check(&mut link, 0, Input::Event { id: Some(1) }, Action::None);
    check(&mut link, 0, heartbeat(1), Action::None);
    check(&mut link, 15_000, heartbeat(1_000), Action::None);
    check(&mut link, 24_000, Input::Event { id: Some(500) }, Action::None);
    assert_eq!(link.status(), &Status::Live, "it may be under way");
    check(&mut link, 26_000, Input::Event { id: Some(600) }, Action::None);
    assert_eq!(link.status(), &Status::CatchingUp { remaining: 400 });
    check(&mut link, 30_000, heartbeat(2_000), Action::None);
    check(&mut link, 31_000, Input::Event { id: Some(1_500) }, Action::None);
    assert_eq!(link.status(), &Status::CatchingUp { remaining: 500 }, "it is not there yet");
    check(&mut link, 32_000, Input::Event { id: Some(2_000) }, Action::None);
    assert_eq!(link.status(), &Status::Live);
    check(&mut link, 45_000, heartbeat(2_001), Action::None);
    check(&mut link, 45_001, Input::Reset { first: 1 }, Action::None);
    check(&mut link, 45_002, heartbeat(3), Action::None);
    check(&mut link, 60_000, Input::Event { id: Some(3) }, Action::None);
    assert_eq!(link.status(), &Status::Live, "what an earlier journal announced is not waited for");
}

#[test]
fn a_stream_that_ended_is_not_live_while_nobody_knows_why() {
    let mut link = open();
    check(&mut link, 0, Input::Event { id: Some(1) }, Action::None);
    check(&mut link, 0, heartbeat(1), Action::None);
    check(&mut link, 70_000, heartbeat(1), Action::None);
    check(&mut link, 71_000, Input::Ended, Action::None);
    let Status::Reconnecting { since_ms, next_at_ms, cause: Cause::Ended, .. } = *link.status() else {
        panic!("{:?}", link.status());
    };
    assert_eq!((since_ms, next_at_ms), (START + 71_000, START + 71_000), "that is being tried");
    check(&mut link, 75_000, Input::Lost { cause: Cause::HttpStatus { code: 502 } }, Action::Disconnect);
    let Status::Reconnecting { since_ms, attempt, cause, .. } = link.status() else {
        panic!("{:?}", link.status());
    };
    assert_eq!((*since_ms, *attempt), (START + 71_000, 1), "the first try after a stream that had lasted");
    assert_eq!(cause, &Cause::HttpStatus { code: 502 });
}

#[test]
fn a_feed_that_published_nothing_is_live_at_once() {
    let mut link = open();
    check(&mut link, 0, Input::Heartbeat { head: None, first: None, last_event_age_ms: None }, Action::None);
    assert_eq!(link.status(), &Status::Live);
}

#[test]
fn heartbeats_without_events_are_silence_of_the_log_not_of_the_link() {
    let mut link = open();
    let age = Some(1000);
    check(
        &mut link,
        0,
        Input::Heartbeat { head: Some(5), first: None, last_event_age_ms: age },
        Action::None,
    );
    for second in (15..=60).step_by(15) {
        check(&mut link, second * 1000, Input::Bytes, Action::None);
        check(&mut link, second * 1000, Input::Tick, Action::None);
    }
    assert_eq!(link.status(), &Status::Silent { since_ms: START - 1000 });
    check(&mut link, 61_000, Input::Event { id: Some(6) }, Action::None);
    assert_eq!(link.status(), &Status::Live);
}

#[test]
fn history_of_a_log_that_fell_silent_does_not_look_like_news() {
    let mut link = open();
    let age = Some(3_600_000);
    check(
        &mut link,
        0,
        Input::Heartbeat { head: Some(2), first: Some(1), last_event_age_ms: age },
        Action::None,
    );
    for id in [1, 2] {
        check(&mut link, id, Input::Event { id: Some(id) }, Action::None);
    }
    assert_eq!(link.status(), &Status::Silent { since_ms: START - 3_600_000 });
}

/// Ticks until the link says that it is stale, and until it closes; both in milliseconds after the last byte.
fn patience(link: &mut Link) -> (u64, u64) {
    let mut stale = None;
    for after_ms in (0..=120_000).step_by(250) {
        let action = link.handle(START + after_ms, 1.0, Input::Tick);
        if action == Action::Disconnect {
            assert!(matches!(link.status(), Status::Reconnecting { cause: Cause::Silence { .. }, .. }));
            return (stale.expect("it is stale before it closes"), after_ms);
        }
        if *link.status() == (Status::Stale { since_ms: START }) {
            assert!(!link.status().is_live());
            stale.get_or_insert(after_ms);
        }
    }
    panic!("it never closes: {:?}", link.status());
}

#[test]
fn a_connection_without_bytes_is_stale_after_one_and_a_half_heartbeats_and_broken_after_two_and_a_half() {
    assert_eq!(patience(&mut live()), (22_500, 37_500));
}

#[test]
fn a_server_that_never_sent_a_heartbeat_on_the_connection_is_given_a_minute() {
    assert_eq!(patience(&mut open()), (36_000, 60_000));
    let mut again = live();
    check(&mut again, 0, Input::RetryAsked, Action::Connect);
    check(&mut again, 0, Input::Opened, Action::None);
    assert_eq!(patience(&mut again), (36_000, 60_000), "heartbeats of the connection before do not count");
}

#[test]
fn the_next_byte_brings_a_stale_link_back_to_where_it_was() {
    for byte in [Input::Bytes, Input::Event { id: Some(1) }, heartbeat(0), Input::Retry { delay_ms: 3_000 }] {
        let mut link = live();
        check(&mut link, 30_000, Input::Tick, Action::None);
        assert_eq!(link.status(), &Status::Stale { since_ms: START });
        check(&mut link, 30_001, byte, Action::None);
        assert_eq!(link.status(), &Status::Live);
        check(&mut link, 52_500, Input::Tick, Action::None);
        assert_eq!(link.status(), &Status::Live, "patience counts from that byte");
    }
    let mut behind = open();
    check(&mut behind, 0, heartbeat(7), Action::None);
    check(&mut behind, 30_000, Input::Tick, Action::None);
    check(&mut behind, 30_001, Input::Bytes, Action::None);
    assert_eq!(behind.status(), &Status::CatchingUp { remaining: 7 });
}

#[test]
fn events_alone_keep_a_link_live() {
    let mut link = live();
    for id in 1..=20 {
        check(&mut link, id * 20_000, Input::Event { id: Some(id) }, Action::None);
        check(&mut link, id * 20_000, Input::Tick, Action::None);
        assert_eq!(link.status(), &Status::Live);
    }
}

#[test]
fn a_refused_token_waits_for_a_person() {
    let mut link = link();
    check(&mut link, 0, refused(), Action::Disconnect);
    let wanted = link.status().clone();
    for input in [Input::Tick, Input::WentOffline, Input::WentOnline, Input::Shown, Input::Opened, ended()] {
        check(&mut link, 3_600_000, input, Action::None);
        assert_eq!(link.status(), &wanted);
    }
    check(&mut link, 3_600_000, Input::RetryAsked, Action::Connect);
    check(&mut link, 3_600_000, refused(), Action::Disconnect);
    check(&mut link, 3_600_000, Input::TokenChanged, Action::Connect);
}

#[test]
fn what_a_closed_connection_still_says_changes_nothing() {
    let mut link = live();
    check(&mut link, 0, ended(), Action::Disconnect);
    check(&mut link, 0, Input::WentOffline, Action::Disconnect);
    let offline = link.status().clone();
    for input in [Input::Opened, Input::Bytes, heartbeat(4), Input::Event { id: Some(4) }, ended(), refused()]
    {
        check(&mut link, 1, input, Action::None);
        assert_eq!(link.status(), &offline);
    }
    assert_eq!(link.last_event_id(), Some(4), "though an event that was counted need not come again");
}

#[test]
fn going_out_of_sight_changes_nothing() {
    let mut link = live();
    check(&mut link, 1, Input::Hidden, Action::None);
    assert_eq!(link.status(), &Status::Live);
}

#[test]
fn a_clock_that_is_set_back_makes_nothing_wait_for_it() {
    const HOUR: u64 = 3_600_000;
    let mut link = live();
    check(&mut link, HOUR, Input::Bytes, Action::None);
    check(&mut link, 0, Input::Tick, Action::None);
    check(&mut link, 37_500, Input::Tick, Action::Disconnect);
    let mut waiting = live();
    check(&mut waiting, HOUR, ended(), Action::Disconnect);
    check(&mut waiting, 0, Input::Tick, Action::None);
    check(&mut waiting, 30_000, Input::Tick, Action::Connect);
}

fn gap(from: u64, to: u64) -> Input {
    Input::Gap { from, to }
}

#[test]
fn a_gap_lies_between_what_the_page_had_whole_and_when_it_was_learned_of() {
    let mut link = live();
    check(&mut link, 5_000, Input::Event { id: Some(1) }, Action::None);
    check(&mut link, 15_000, heartbeat(1), Action::None);
    check(&mut link, 20_000, heartbeat(9), Action::None);
    check(&mut link, 21_000, ended(), Action::Disconnect);
    check(&mut link, 60_000, gap(2, 9), Action::None);
    let told = Gap { from: 2, to: 9, since_ms: START + 15_000, until_ms: START + 60_000 };
    assert_eq!((link.gaps(), link.gap_count()), (&[told][..], 1));
}

#[test]
fn the_heartbeat_of_another_journal_says_nothing_of_what_was_missed() {
    let mut link = live();
    check(&mut link, 5_000, Input::Event { id: Some(9_000) }, Action::None);
    check(&mut link, 60_000, heartbeat(8), Action::None);
    check(&mut link, 60_000, gap(1, 7), Action::None);
    assert_eq!(link.gaps().first().map(|gap| gap.since_ms), Some(START + 5_000));
}

#[test]
fn a_gap_told_again_is_the_same_gap() {
    let mut link = live();
    check(&mut link, 1, gap(5, 9), Action::None);
    check(&mut link, 2, gap(5, 12), Action::None);
    check(&mut link, 3, gap(7, 6), Action::None);
    let grown = Gap { from: 5, to: 12, since_ms: START, until_ms: START + 2 };
    assert_eq!((link.gaps(), link.gap_count()), (&[grown][..], 1));
    check(&mut link, 4, gap(13, 13), Action::None);
    assert_eq!(link.gap_count(), 2);
}

#[test]
fn the_newest_gaps_are_kept_and_all_are_counted() {
    let mut link = live();
    for n in 0..100 {
        check(&mut link, n, gap(n * 10, n * 10 + 5), Action::None);
    }
    let first_ids: Vec<_> = link.gaps().iter().map(|gap| gap.from / 10).collect();
    assert_eq!(first_ids, (100 - GAPS_KEPT as u64..100).collect::<Vec<_>>());
    assert_eq!(link.gap_count(), 100);
}

#[test]
fn a_try_that_begins_with_a_state_goes_on_with_the_stream_after_it() {
    let mut link = link();
    assert_eq!(link.handle(START + 30_000, 1.0, Input::Bytes), Action::None, "the state arrives slowly");
    assert_eq!(link.handle(START + 60_000, 1.0, Input::Tick), Action::None, "and is waited for");
    assert_eq!(link.handle(START + 61_000, 1.0, Input::Joined { as_of: Some(12) }), Action::Connect);
    assert_eq!((link.status(), link.last_event_id()), (&Status::Connecting, Some(12)));
    link.handle(START + 61_100, 1.0, Input::Opened);
    link.handle(START + 61_100, 1.0, heartbeat(12));
    assert_eq!(link.status(), &Status::Live);
    assert_eq!(link.handle(START + 62_000, 1.0, Input::Rejoin), Action::Connect);
    assert_eq!(link.status(), &Status::Connecting);
    assert_eq!(
        link.handle(START + 99_500, 1.0, Input::Tick),
        Action::Disconnect,
        "a state that does not come"
    );
    assert_eq!(
        link.handle(START + 99_600, 1.0, Input::Joined { as_of: Some(3) }),
        Action::None,
        "it was given up"
    );
}

#[test]
fn a_page_that_was_stopped_opens_its_connection_anew() {
    let mut link = open();
    assert_eq!(link.handle(START + 1_000, 1.0, Input::Thawed), Action::Connect);
    link.handle(START + 1_000, 1.0, Input::Refused { message: String::new() });
    assert_eq!(link.handle(START + 2_000, 1.0, Input::Thawed), Action::None);
}
