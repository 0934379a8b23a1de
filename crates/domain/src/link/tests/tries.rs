//! When the link tries again, and when it leaves a dead server alone.

use super::*;

const MINUTE: u64 = 60_000;

/// Loses the connection at `now` and returns for how long the link waits, until it connects by itself.
fn lose(link: &mut Link, now: u64, cause: Cause) -> u64 {
    assert_eq!(link.handle(now, 1.0, Input::Lost { cause }), Action::Disconnect);
    let Status::Reconnecting { next_at_ms, .. } = *link.status() else { panic!("{:?}", link.status()) };
    assert_eq!(link.handle(next_at_ms - 1, 1.0, Input::Tick), Action::None);
    assert_eq!(link.handle(next_at_ms, 1.0, Input::Tick), Action::Connect);
    assert_eq!(link.handle(next_at_ms + 1, 1.0, Input::Tick), Action::None, "one try at a time");
    next_at_ms - now
}

/// Fails `times` in a row from `now`; each try ends at once. Returns the time of the last try.
fn fail(link: &mut Link, mut now: u64, times: u32) -> u64 {
    for _ in 0..times {
        now += lose(link, now, Cause::Unreachable);
    }
    now
}

/// Opens at `now` and keeps bytes coming for a minute. Returns the time after it.
fn last(link: &mut Link, now: u64) -> u64 {
    link.handle(now, 1.0, Input::Opened);
    for after in (0..=MINUTE).step_by(15_000) {
        link.handle(now + after, 1.0, heartbeat(0));
        link.handle(now + after, 1.0, Input::Tick);
    }
    now + MINUTE
}

fn attempt(link: &Link) -> Option<u32> {
    match link.status() {
        Status::Reconnecting { attempt, .. } => Some(*attempt),
        _ => None,
    }
}

/// A link whose breaker is open and which waits for its next probe, and the time of the probe before.
fn tripped() -> (Link, u64) {
    let mut link = link();
    let probe = fail(&mut link, START, FAILURES_THAT_OPEN);
    link.handle(probe, 1.0, ended());
    assert_eq!(link.breaker(), Breaker::Open);
    (link, probe)
}

#[test]
fn delays_double_to_thirty_seconds_and_start_over_after_a_stable_minute() {
    let mut link = open();
    let mut now = START;
    let mut delays = Vec::new();
    for _ in 0..6 {
        delays.push(lose(&mut link, now, Cause::Ended));
        now += delays.last().copied().unwrap_or_default() + 10;
    }
    assert_eq!(delays, [3_000, 6_000, 12_000, 24_000, 30_000, 30_000]);
    now = last(&mut link, now);
    link.handle(now, 1.0, ended());
    assert_eq!(attempt(&link), Some(1));
}

#[test]
fn each_delay_is_a_random_half_to_one_of_the_backoff() {
    for (random, delay) in [(0.0, 1_500), (0.5, 2_250), (1.0, 3_000), (7.0, 3_000), (f64::NAN, 3_000)] {
        let mut link = open();
        assert_eq!(link.handle(START, random, ended()), Action::Disconnect);
        let Status::Reconnecting { next_at_ms, .. } = *link.status() else { panic!("{:?}", link.status()) };
        assert_eq!(next_at_ms - START, delay);
    }
}

#[test]
fn the_server_sets_the_first_delay_within_bounds() {
    for (asked, taken) in [(1_000, 1_000), (0, 100), (u64::MAX, 30_000)] {
        let mut link = open();
        link.handle(START, 1.0, Input::Retry { delay_ms: asked });
        assert_eq!(lose(&mut link, START, Cause::Ended), taken);
    }
}

#[test]
fn a_connection_that_breaks_soon_keeps_backing_off() {
    let mut link = open();
    let now = START + lose(&mut link, START, Cause::Ended);
    link.handle(now, 1.0, Input::Opened);
    check(&mut link, now + 900 - START, ended(), Action::Disconnect);
    assert!(
        matches!(link.status(), Status::Reconnecting { attempt: 2, since_ms, .. } if *since_ms == now + 900)
    );
}

#[test]
fn five_failures_open_the_breaker_and_probes_run_at_the_longest_delay() {
    let mut link = link();
    link.handle(START, 1.0, Input::Retry { delay_ms: 100 });
    let now = fail(&mut link, START, FAILURES_THAT_OPEN - 1);
    assert_eq!(link.breaker(), Breaker::Closed);
    link.handle(now, 1.0, ended());
    assert!(matches!(
        link.status(),
        Status::Reconnecting { breaker: Breaker::Open, next_at_ms, .. } if *next_at_ms == now + 30_000
    ));
    link.handle(now + 30_000, 1.0, Input::Tick);
    assert!(matches!(link.status(), Status::Reconnecting { breaker: Breaker::HalfOpen, .. }));
    link.handle(now + 30_000, 0.0, ended());
    assert!(matches!(
        link.status(),
        Status::Reconnecting { breaker: Breaker::Open, next_at_ms, .. } if *next_at_ms == now + 45_000
    ));
}

#[test]
fn only_a_stable_minute_closes_the_breaker() {
    let (mut link, probe) = tripped();
    let now = probe + 30_000;
    link.handle(now, 1.0, Input::Tick);
    link.handle(now, 1.0, Input::Opened);
    link.handle(now, 1.0, heartbeat(0));
    assert_eq!((link.status(), link.breaker()), (&Status::Live, Breaker::HalfOpen));
    link.handle(now + 20_000, 1.0, ended());
    assert_eq!(link.breaker(), Breaker::Open);
    link.handle(now + 50_000, 1.0, Input::Tick);
    let now = last(&mut link, now + 50_000);
    assert_eq!(link.breaker(), Breaker::Closed);
    link.handle(now, 1.0, ended());
    assert_eq!((link.breaker(), attempt(&link)), (Breaker::Closed, Some(1)));
}

#[test]
fn connections_that_break_soon_open_the_breaker_too() {
    let mut link = link();
    let mut now = START;
    for _ in 0..FAILURES_THAT_OPEN {
        assert_eq!(link.breaker(), Breaker::Closed);
        link.handle(now, 1.0, Input::Opened);
        link.handle(now, 1.0, heartbeat(0));
        now += 10_000 + lose(&mut link, now + 10_000, Cause::Ended);
    }
    assert_eq!(link.breaker(), Breaker::HalfOpen);
}

#[test]
fn the_loss_of_a_connection_that_lasted_is_no_failure() {
    let mut link = link();
    let now = last(&mut link, START);
    let now = now + lose(&mut link, now, Cause::Ended);
    let now = fail(&mut link, now, FAILURES_THAT_OPEN - 1);
    assert_eq!(link.breaker(), Breaker::Closed);
    fail(&mut link, now, 1);
    assert_eq!(link.breaker(), Breaker::HalfOpen);
}

#[test]
fn a_minute_in_which_nothing_arrives_is_not_stable() {
    let mut link = open();
    for after in (0..MINUTE).step_by(250) {
        check(&mut link, after, Input::Tick, Action::None);
    }
    check(&mut link, MINUTE, Input::Tick, Action::Disconnect);
    check(&mut link, MINUTE + 3_000, Input::Tick, Action::Connect);
    check(&mut link, MINUTE + 3_000, ended(), Action::Disconnect);
    assert_eq!(attempt(&link), Some(2));
}

#[test]
fn a_try_that_never_answers_is_given_up() {
    let mut link = link();
    check(&mut link, 37_499, Input::Tick, Action::None);
    check(&mut link, 37_500, Input::Tick, Action::Disconnect);
}

#[test]
fn a_network_that_comes_back_is_used_at_once() {
    let mut link = link();
    check(&mut link, 0, Input::WentOffline, Action::Disconnect);
    check(&mut link, 60_000, Input::Tick, Action::None);
    check(&mut link, 90_000, Input::WentOnline, Action::Connect);
    check(&mut link, 95_000, Input::WentOnline, Action::None);
    check_tries(&link, 0, 90_000, &Cause::Offline);
}

#[test]
fn a_network_that_flaps_is_tried_once_per_first_delay() {
    let mut link = link();
    for after in (0..3_000).step_by(500) {
        check(&mut link, after, Input::WentOffline, Action::Disconnect);
        check(&mut link, after + 1, Input::WentOnline, Action::None);
    }
    check(&mut link, 2_999, Input::Tick, Action::None);
    check(&mut link, 3_000, Input::Tick, Action::Connect);
}

#[test]
fn while_the_breaker_is_open_a_network_or_a_reader_brings_the_probe_forward_but_not_below_the_first_delay() {
    for input in [Input::WentOnline, Input::Shown] {
        let (mut early, probe) = tripped();
        assert_eq!(early.handle(probe + 1_000, 1.0, input.clone()), Action::None);
        assert_eq!(early.handle(probe + 2_999, 1.0, Input::Tick), Action::None);
        assert_eq!(early.handle(probe + 3_000, 1.0, Input::Tick), Action::Connect);
        let (mut late, probe) = tripped();
        assert_eq!(late.handle(probe + 3_000, 1.0, input), Action::Connect);
        assert_eq!(late.breaker(), Breaker::HalfOpen);
    }
}

#[test]
fn a_person_who_asks_is_never_made_to_wait() {
    let (mut waiting, probe) = tripped();
    for after in 0..3 {
        assert_eq!(waiting.handle(probe + after, 1.0, Input::RetryAsked), Action::Connect);
        assert!(matches!(waiting.status(), Status::Reconnecting { breaker: Breaker::HalfOpen, .. }));
    }
    let mut offline = live();
    check(&mut offline, 0, Input::WentOffline, Action::None);
    check(&mut offline, 0, Input::RetryAsked, Action::Connect);
    check_tries(&offline, 0, 0, &Cause::Offline);
    check(&mut live(), 0, Input::RetryAsked, Action::Connect);
}

/// A try is under way, and what it is to mend is still told.
#[track_caller]
fn check_tries(link: &Link, since: u64, at: u64, expected: &Cause) {
    let Status::Reconnecting { since_ms, next_at_ms, cause, .. } = link.status() else {
        panic!("{:?}", link.status())
    };
    assert_eq!((*since_ms, *next_at_ms, cause), (START + since, START + at, expected));
}

#[test]
fn a_try_hides_nothing_before_it_has_mended_what_was_wrong() {
    let mut stale = live();
    check(&mut stale, 30_000, Input::Tick, Action::None);
    assert!(matches!(stale.status(), Status::Stale { .. }));
    check(&mut stale, 31_000, Input::RetryAsked, Action::Connect);
    check_tries(&stale, 0, 31_000, &Cause::Silence { seconds: 31 });
    check(&mut stale, 31_500, Input::Opened, Action::None);
    assert!(matches!(stale.status(), Status::CatchingUp { .. }), "it is open");

    let mut unauthorized = link();
    check(&mut unauthorized, 1_000, refused(), Action::Disconnect);
    check(&mut unauthorized, 9_000, Input::TokenChanged, Action::Connect);
    check_tries(&unauthorized, 1_000, 9_000, &Cause::HttpStatus { code: 401 });
    check(&mut unauthorized, 9_500, refused(), Action::Disconnect);
    assert!(
        matches!(unauthorized.status(), Status::Unauthorized { since_ms, .. } if *since_ms == START + 1_000)
    );

    let mut offline = live();
    check(&mut offline, 5_000, Input::WentOffline, Action::None);
    check(&mut offline, 8_000, Input::RetryAsked, Action::Connect);
    check_tries(&offline, 5_000, 8_000, &Cause::Offline);
}

#[test]
fn a_quiet_server_that_sends_no_heartbeats_is_asked_again_soon_and_counts_as_working() {
    let mut link = link();
    let mut now = START;
    for _ in 0..3 * FAILURES_THAT_OPEN {
        link.handle(now, 1.0, Input::Opened);
        assert_eq!(link.handle(now + MINUTE, 1.0, Input::Tick), Action::Disconnect);
        assert_eq!((link.breaker(), attempt(&link)), (Breaker::Closed, Some(1)));
        now += MINUTE + 3_000;
        assert_eq!(link.handle(now, 1.0, Input::Tick), Action::Connect, "after the first delay");
    }
    let mut beats = super::link();
    now = START;
    for _ in 0..FAILURES_THAT_OPEN {
        beats.handle(now, 1.0, Input::Opened);
        beats.handle(now, 1.0, heartbeat(0));
        assert_eq!(beats.handle(now + 37_500, 1.0, Input::Tick), Action::Disconnect);
        now += 37_500 + 30_000;
        assert_eq!(beats.handle(now, 1.0, Input::Tick), Action::Connect);
    }
    assert_eq!(beats.breaker(), Breaker::HalfOpen, "one that falls silent does not work");
}

#[test]
fn a_link_says_whether_the_stream_goes_on_where_it_was() {
    let resumes = |link: &mut Link| {
        link.handle(START, 1.0, ended());
        matches!(link.status(), Status::Reconnecting { resumes: true, .. })
    };
    assert!(!resumes(&mut open()), "it has nothing yet");
    for (input, expected) in [
        (Input::Event { id: None }, false),
        (Input::Event { id: Some(1) }, true),
        (Input::Joined { as_of: Some(1) }, true),
        (Input::Joined { as_of: None }, false),
    ] {
        let mut link = open();
        link.handle(START, 1.0, input.clone());
        assert_eq!(resumes(&mut link), expected, "{input:?}");
    }
    let mut by_words = open();
    by_words.stand(true);
    assert!(resumes(&mut by_words), "an id need be no number");
}

#[test]
fn another_token_starts_the_counting_over() {
    let (mut link, probe) = tripped();
    assert_eq!(link.handle(probe, 1.0, Input::TokenChanged), Action::Connect);
    assert!(matches!(link.status(), Status::Reconnecting { attempt: 1, breaker: Breaker::Closed, .. }));
    assert_eq!(lose(&mut link, probe, Cause::Ended), 3_000);
    assert_eq!(attempt(&link), Some(1));
}

#[test]
fn a_computer_that_slept_reconnects_when_it_is_looked_at() {
    const NIGHT: u64 = 8 * 3_600_000;
    let mut link = live();
    check(&mut link, NIGHT, Input::Shown, Action::Connect);
    assert!(matches!(link.status(), Status::Reconnecting { cause: Cause::Silence { .. }, .. }));
    let mut ticked_first = live();
    check(&mut ticked_first, NIGHT, Input::Tick, Action::Disconnect);
    check(&mut ticked_first, NIGHT + 1, Input::Shown, Action::Connect);
    let mut hanging = super::link();
    check(&mut hanging, NIGHT, Input::Shown, Action::Connect);
}

#[test]
fn looking_at_a_link_that_works_or_just_broke_changes_nothing() {
    check(&mut live(), 37_499, Input::Shown, Action::None);
    check(&mut link(), 37_499, Input::Shown, Action::None);
    let mut broken = live();
    check(&mut broken, 10_000, ended(), Action::Disconnect);
    check(&mut broken, 10_001, Input::Shown, Action::None);
    let mut offline = live();
    check(&mut offline, 0, Input::WentOffline, Action::None);
    check(&mut offline, 3_600_000, Input::Shown, Action::None);
    assert_eq!(offline.status(), &Status::Offline { since_ms: START });
}

#[test]
fn a_page_that_cannot_keep_up_resumes_at_once_the_first_time() {
    let mut link = live();
    check(&mut link, 1_000, overflow(), Action::Connect);
    assert!(matches!(link.status(), Status::Reconnecting { cause: Cause::Overflow, attempt: 1, .. }));
    link.handle(START + 1_000, 1.0, Input::Opened);
    assert_eq!(lose(&mut link, START + 1_500, Cause::Overflow), 6_000);
    let now = last(&mut link, START + 10_000);
    assert_eq!(
        link.handle(now, 1.0, overflow()),
        Action::Connect,
        "after a stable minute it is a first time again"
    );
}

#[test]
fn overflow_does_not_get_past_the_breaker() {
    let (mut link, probe) = tripped();
    link.handle(probe + 30_000, 1.0, Input::Tick);
    link.handle(probe + 30_000, 1.0, Input::Opened);
    assert_eq!(lose(&mut link, probe + 31_000, Cause::Overflow), 30_000);
}
