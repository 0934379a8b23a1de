//! What the browser's word about the network changes, and what it does not.

use super::*;

fn here() -> Link {
    let mut link = live();
    link.needs_no_network();
    link
}

fn offline(since_ms: u64) -> Status {
    Status::Offline { since_ms: START + since_ms }
}

#[test]
fn a_server_on_this_computer_needs_no_network() {
    let mut open = here();
    check(&mut open, 1_000, Input::WentOffline, Action::None);
    assert_eq!(open.status(), &Status::Live);
    check(&mut open, 2_000, ended(), Action::Disconnect);
    assert!(matches!(open.status(), Status::Reconnecting { .. }));
    check(&mut open, 2_500, Input::WentOffline, Action::None);
    check(&mut open, 5_000, Input::Tick, Action::Connect);
    check(&mut open, 5_001, Input::WentOffline, Action::None);
    check(&mut open, 5_002, Input::WentOnline, Action::None);
}

#[test]
fn an_open_stream_is_not_called_live_without_a_network_but_stays_open() {
    let mut link = live();
    check(&mut link, 1_000, Input::WentOffline, Action::None);
    assert_eq!(link.status(), &offline(1_000));
    check(&mut link, 2_000, Input::Bytes, Action::None);
    assert_eq!(link.status(), &offline(1_000), "what was on its way proves nothing");
    check(&mut link, 3_000, Input::WentOffline, Action::None);
    assert_eq!(link.status(), &offline(1_000), "the browser says it again");
}

#[test]
fn bytes_that_keep_arriving_prove_the_browser_wrong() {
    for byte in [Input::Bytes, Input::Event { id: Some(1) }, heartbeat(0)] {
        let mut link = live();
        check(&mut link, 1_000, Input::WentOffline, Action::None);
        check(&mut link, 2_001, byte, Action::None);
        assert_eq!(link.status(), &Status::Live);
        check(&mut link, 3_000, Input::WentOnline, Action::None);
        check(&mut link, 4_000, ended(), Action::Disconnect);
        assert!(matches!(link.status(), Status::Reconnecting { .. }), "it does not wait for the network");
    }
}

#[test]
fn without_a_network_and_without_bytes_the_stream_is_given_up_and_the_network_is_waited_for() {
    let mut link = live();
    check(&mut link, 1_000, Input::WentOffline, Action::None);
    check(&mut link, 30_000, Input::Tick, Action::None);
    assert_eq!(link.status(), &offline(1_000), "and it is not called stale");
    check(&mut link, 37_500, Input::Tick, Action::Disconnect);
    assert!(matches!(link.status(), Status::Offline { .. }));
    check(&mut link, 3_600_000, Input::Tick, Action::None);
    check(&mut link, 3_600_001, Input::WentOnline, Action::Connect);
    let mut ends = live();
    check(&mut ends, 1_000, Input::WentOffline, Action::None);
    check(&mut ends, 1_001, ended(), Action::Disconnect);
    assert!(matches!(ends.status(), Status::Offline { .. }));
}

#[test]
fn a_stream_that_was_open_when_the_network_went_is_opened_anew_when_it_is_back() {
    let mut link = live();
    check(&mut link, 10_000, Input::WentOffline, Action::None);
    check(&mut link, 11_000, Input::WentOnline, Action::Connect);
    let mut soon = live();
    check(&mut soon, 1_000, Input::WentOffline, Action::None);
    check(&mut soon, 1_001, Input::WentOnline, Action::Disconnect);
    check(&mut soon, 3_000, Input::Tick, Action::Connect);
}

#[test]
fn a_page_that_was_stopped_and_has_no_network_waits_for_it() {
    let mut link = live();
    check(&mut link, 1_000, Input::WentOffline, Action::None);
    check(&mut link, 9_000, Input::Thawed, Action::Disconnect);
    assert!(matches!(link.status(), Status::Offline { .. }));
    check(&mut link, 10_000, Input::WentOnline, Action::Connect);
}

#[test]
fn loopback_is_told_from_names_that_only_look_like_it() {
    for host in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "aurora.localhost",
        "127.0.0.1",
        "127.8.9.10",
        "[::1]",
        "::1",
    ] {
        assert!(is_loopback(host), "{host}");
    }
    for host in [
        "",
        "localhost.example.org",
        "127.0.0.1.example.org",
        "notlocalhost",
        "128.0.0.1",
        "10.0.0.1",
        "[::2]",
        "[::]",
    ] {
        assert!(!is_loopback(host), "{host}");
    }
}
