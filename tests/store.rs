//! The store, fed with what a transport delivers.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::expect_used, reason = "an expectation that fails is a test that fails")]

mod support;

use std::fmt::Write as _;

use aurora_dashboard::{
    store::{Clock, Flushed, Missing, Start, Store},
    transport::{Event, Signal},
};
use aurora_domain::{
    Changes, LatencyKind, Outcome, Span, Ts,
    link::{Action, Cause, Input, Status},
};
use aurora_wire::snapshot;
use support::{next_task, number, until};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The feed's time in most tests, in seconds.
const NOW_S: i64 = 1_795_196_700;
const SECOND_NS: i64 = 1_000_000_000;

fn event(id: u64, kind: &str, data: &str) -> String {
    format!("id: {id}\nevent: {kind}\ndata: {data}\n\n")
}

fn denied(id: u64, second: i64) -> String {
    event(
        id,
        "orders_denied",
        &format!(r#"{{"deny_reason":"LOW_PFILL.DENY","ts_ns":{}}}"#, second * SECOND_NS),
    )
}

/// The heartbeat of a feed at `second` whose events are `first..=head`.
fn heartbeat(second: i64, first: u64, head: u64) -> String {
    let time = second * SECOND_NS;
    let data = format!(r#"{{"feed_time_ns":{time},"first":{first},"head":{head},"session_first":1}}"#);
    format!("event: heartbeat\ndata: {data}\n\n")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds of this century")]
fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// A store whose server has no snapshot.
fn store() -> Store {
    let mut store = Store::new(now_ms());
    go_without(&mut store);
    store
}

/// The server has no snapshot; the stream comes next.
#[track_caller]
fn go_without(store: &mut Store) {
    assert_eq!(store.start_connection(), Start::Snapshot);
    store.deliver(Signal::NoSnapshot);
    assert_eq!(store.flush(f64::INFINITY).action, Action::Connect);
}

/// Where the next stream begins.
#[track_caller]
fn stream_after(store: &mut Store) -> Option<String> {
    let start = store.start_connection();
    assert_ne!(start, Start::Snapshot);
    if let Start::Stream { after } = start { after } else { None }
}

/// Delivers `text` and flushes all of it.
fn feed(store: &mut Store, text: &str) -> Flushed {
    store.deliver(Signal::Bytes(text.as_bytes().to_vec()));
    store.flush(f64::INFINITY)
}

/// A connected store that has read `text`.
fn opened(text: &str) -> Store {
    let mut store = store();
    store.deliver(Signal::Opened);
    feed(&mut store, text);
    store
}

fn reset(first: u64, head: u64) -> String {
    format!("event: reset\ndata: {{\"requested\":\"2\",\"first\":{first},\"head\":{head}}}\n\n")
}

fn lose(store: &mut Store) -> Flushed {
    store.deliver(Signal::Lost(Cause::Ended));
    store.flush(f64::INFINITY)
}

/// The next connection, up to where the server answers; returns the id that it resumes after.
fn reopen(store: &mut Store) -> Option<String> {
    assert_eq!(store.handle_link(Input::RetryAsked), Action::Connect);
    let resumes = stream_after(store);
    store.deliver(Signal::Opened);
    resumes
}

#[track_caller]
fn check_denied(store: &Store, window: u64, session: u64) {
    let count = |span| store.state().orders().outcomes(span).get(Outcome::Denied);
    assert_eq!(
        (count(Span::FIVE_MINUTES), count(Span::Session)),
        (window, session),
        "denied in window, in session"
    );
}

#[track_caller]
fn check_outcome(store: &Store, outcome: Outcome, expected: u64) {
    assert_eq!(store.state().orders().outcomes(Span::Session).get(outcome), expected, "{}", outcome.name());
}

/// A stream with every kind of thing in it: all file kinds, both line endings, data over two lines, a comment,
/// letters of two and three bytes, a line that is no JSON, `retry:`, and an event that comes twice.
fn varied() -> String {
    let at = |ago: i64| (NOW_S - ago) * SECOND_NS;
    let submit =
        format!(r#"{{"event_code":"ORDER.SUBMIT","ts_ns":{},"details":{{"order_id":"a1"}}}}"#, at(9));
    let ack = format!(
        r#"{{"event_code":"ORDER.ACK","ts_ns":{},"details":{{"order_id":"a1","latency_ms":40.0}}}}"#,
        at(8)
    );
    let filled = format!(r#"{{"order_id":"b1","lifecycle_state":"FILLED","ts_ns":{}}}"#, at(7));
    let failed =
        format!(r#"{{"reason_code":"EX_DOWN","order_id":"c1","final_status":"error","ts_ns":{}}}"#, at(6));
    let mut text = "\u{feff}retry: 2500\n\n".to_owned();
    text += &heartbeat(NOW_S, 1, 8);
    text += &event(1, "aurora_events", &submit);
    text += &event(2, "aurora_events", &ack).replace('\n', "\r\n");
    text += &event(3, "orders_success", &filled).replace('\n', "\r");
    text += ":ping\n\n";
    text += &denied(4, NOW_S - 5);
    text += &event(5, "orders_failed", &failed);
    text += &event(6, "aurora_events", r#"{"event_code":"CÖDE.€","ts_ns":1795196696000000000}"#);
    text += &event(7, "aurora_events", "{\"event_code\":")
        .replace("code\":", "code\":\ndata: \"POLICY.DECISION\"}");
    text += &event(7, "aurora_events", r#"{"event_code":"ORDER.SUBMIT"}"#);
    text += &event(8, "aurora_events", "this is no JSON");
    text
}

/// What can be seen of a store, apart from the time that passes.
fn seen(store: &Store) -> String {
    let state = store.state();
    let mut text = format!("{:?} {:?} {:?}\n", store.status(), store.clock(), store.heartbeat());
    for span in [Span::FIVE_MINUTES, Span::Session] {
        let outcomes = state.orders().outcomes(span);
        let ack = state.latency().summary(LatencyKind::Ack, span);
        writeln!(text, "{span:?} {} {outcomes:?} {ack:?}", state.events(span)).expect("a line");
    }
    let session = state.session();
    let read =
        (session.events(), session.rejected(), session.first(), session.last(), session.unknown_codes());
    writeln!(text, "{read:?} {:?}", state.orders().deny_reasons(Span::Session)).expect("a line");
    writeln!(text, "{} {} {}", store.repeated(), store.oversized(), store.resets()).expect("a line");
    text
}

#[wasm_bindgen_test]
fn a_stream_of_every_file_kind_gives_its_totals() {
    let store = opened(&varied());
    for (outcome, expected) in [
        (Outcome::Submitted, 2),
        (Outcome::Acked, 1),
        (Outcome::Filled, 1),
        (Outcome::Denied, 1),
        (Outcome::Failed, 1),
        (Outcome::Canceled, 0),
    ] {
        check_outcome(&store, outcome, expected);
    }
    let session = store.state().session();
    assert_eq!((session.events(), session.rejected(), store.repeated()), (7, 1, 1));
    assert_eq!(session.unknown_codes(), [("CÖDE.€".to_owned(), 1)]);
    let ack = store.state().latency().summary(LatencyKind::Ack, Span::FIVE_MINUTES).expect("one round trip");
    assert_eq!(ack.count, 1);
    assert_eq!((store.status(), store.clock()), (&Status::Live, Clock::Live));
}

#[wasm_bindgen_test]
fn chunks_may_be_cut_anywhere() {
    let text = varied();
    let whole = seen(&opened(&text));
    let bytes = text.as_bytes();
    for cut in 1..bytes.len() {
        let mut store = store();
        store.deliver(Signal::Opened);
        let (head, tail) = bytes.split_at(cut);
        store.deliver(Signal::Bytes(head.to_vec()));
        // Cut chunks may arrive in one frame or in two.
        if cut % 2 == 0 {
            store.flush(f64::INFINITY);
        }
        store.deliver(Signal::Bytes(tail.to_vec()));
        store.flush(f64::INFINITY);
        assert_eq!(seen(&store), whole, "cut at {cut} of {}", bytes.len());
    }
    let mut store = store();
    store.deliver(Signal::Opened);
    for byte in bytes {
        store.deliver(Signal::Bytes(vec![*byte]));
    }
    store.flush(f64::INFINITY);
    assert_eq!(seen(&store), whole, "byte by byte");
}

#[wasm_bindgen_test]
fn nothing_changes_before_the_flush_and_the_flush_says_what_did() {
    let mut store = store();
    store.deliver(Signal::Opened);
    store.deliver(Signal::Bytes((heartbeat(NOW_S, 1, 1) + &denied(1, NOW_S)).into_bytes()));
    assert_eq!((store.state().session().events(), store.status()), (0, &Status::Connecting));
    let flushed = store.flush(f64::INFINITY);
    assert!(flushed.changes.touches(Changes::ORDERS) && flushed.link && flushed.feed && !flushed.unfinished);
    check_denied(&store, 1, 1);
    let flushed = store.flush(f64::INFINITY);
    assert!(!flushed.changes.touches(Changes::ORDERS) && !flushed.link && !flushed.feed);
}

#[wasm_bindgen_test]
async fn charts_and_tables_are_told_at_most_ten_times_a_second_and_of_everything() {
    let mut store = opened(&heartbeat(NOW_S, 1, 4));
    until("details are due", || feed(&mut store, &denied(1, NOW_S)).details || store.flush(0.0).details)
        .await;
    assert!(!feed(&mut store, &denied(2, NOW_S)).details, "told just now");
    let mut told = 0;
    until("they are told", || {
        told += u32::from(store.flush(f64::INFINITY).details);
        told > 0
    })
    .await;
    assert_eq!(told, 1);
}

#[wasm_bindgen_test]
fn an_event_that_comes_again_counts_once() {
    let first = heartbeat(NOW_S, 1, 3) + &denied(1, NOW_S) + &denied(2, NOW_S) + &denied(3, NOW_S);
    let mut store = opened(&first);
    lose(&mut store);
    assert_eq!(reopen(&mut store).as_deref(), Some("3"));
    feed(
        &mut store,
        &(heartbeat(NOW_S + 1, 1, 4) + &denied(2, NOW_S) + &denied(3, NOW_S) + &denied(4, NOW_S)),
    );
    check_denied(&store, 4, 4);
    assert_eq!(store.repeated(), 2);
}

#[wasm_bindgen_test]
fn a_history_that_is_sent_twice_is_told_while_nothing_new_comes() {
    let history: String =
        (1..=6).map(|id| denied(id, NOW_S - 10 + i64::try_from(id).expect("small"))).collect();
    let mut store = opened(&(heartbeat(NOW_S, 1, 6) + &history));
    assert_eq!(store.repeated_in_a_row(), 0);
    lose(&mut store);
    reopen(&mut store);
    assert!(feed(&mut store, &(heartbeat(NOW_S, 1, 6) + &history)).feed, "views are told");
    assert_eq!((store.repeated(), store.repeated_in_a_row()), (6, 6));
    feed(&mut store, &denied(7, NOW_S));
    assert_eq!((store.repeated(), store.repeated_in_a_row()), (6, 0), "something new came");
    check_denied(&store, 7, 7);
    assert_eq!(store.renumbered(), (0, 0));
}

/// A third-party server that was restarted: no heartbeat, no reset, and ids from 1 on.
#[wasm_bindgen_test]
fn a_server_that_numbers_its_events_anew_is_noticed_by_their_times_and_begun_again_with() {
    let now_s = i64::try_from(now_ms() / 1_000).expect("this century");
    let old: String = (501..=504).map(|id| denied(id, now_s - 60)).collect();
    let mut store = opened(&old);
    check_denied(&store, 4, 4);
    lose(&mut store);
    assert_eq!(reopen(&mut store).as_deref(), Some("504"));
    feed(&mut store, &(denied(1, now_s - 5) + &denied(2, now_s - 4)));
    assert_eq!((store.renumbered().0, store.repeated()), (0, 2), "two may be out of order");
    let flushed = feed(&mut store, &denied(3, now_s - 3));
    assert_eq!((flushed.action, store.renumbered().0), (Action::Connect, 1));
    assert!(store.renumbered().1 > 0);
    go_without(&mut store);
    assert_eq!(stream_after(&mut store), None, "from its beginning");
    store.deliver(Signal::Opened);
    feed(&mut store, &(1..=5).map(|id| denied(id, now_s - 5)).collect::<String>());
    check_denied(&store, 5, 5);
    assert_eq!(store.repeated_in_a_row(), 0);
}

#[wasm_bindgen_test]
fn repeats_that_do_not_grow_or_are_of_no_known_time_are_no_new_history() {
    let now_s = i64::try_from(now_ms() / 1_000).expect("this century");
    let timeless = |id| event(id, "orders_denied", "{}");
    let sent: [String; 4] = [
        [3, 2, 1, 2, 1].map(|id| denied(id, now_s)).concat(),
        [1, 2, 3, 4].map(timeless).concat(),
        [1, 2, 3, 4].map(|id| denied(id, now_s + 3_600)).concat(),
        [1, 2, 3, 4].map(|id| denied(id, now_s - 60)).concat(),
    ];
    for text in sent {
        let mut store = opened(&denied(9, now_s - 60));
        assert_eq!(feed(&mut store, &text).action, Action::None, "{text}");
        assert_eq!(store.renumbered(), (0, 0), "{text}");
        assert!(store.repeated_in_a_row() >= 4);
        check_denied(&store, 1, 1);
    }
}

#[wasm_bindgen_test]
fn what_a_lost_connection_left_unread_is_asked_for_again() {
    let mut store = opened(&(heartbeat(NOW_S, 1, 2) + &denied(1, NOW_S)));
    // Half of the second event has been read; the rest has arrived with a third, and no frame has looked at it.
    let text = denied(2, NOW_S) + &denied(3, NOW_S);
    let (half, rest) = text.split_at(40);
    feed(&mut store, half);
    store.deliver(Signal::Bytes(rest.as_bytes().to_vec()));
    assert_eq!(reopen(&mut store).as_deref(), Some("1"));
    feed(&mut store, &(heartbeat(NOW_S + 1, 1, 3) + &denied(2, NOW_S) + &denied(3, NOW_S)));
    check_denied(&store, 3, 3);
    assert_eq!((store.repeated(), store.state().session().rejected()), (0, 0));
}

#[wasm_bindgen_test]
fn a_reset_starts_over_and_counts_nothing_twice() {
    let mut store = opened(&(heartbeat(NOW_S, 1, 2) + &denied(1, NOW_S) + &denied(2, NOW_S)));
    lose(&mut store);
    reopen(&mut store);
    let again = denied(1, NOW_S) + &denied(2, NOW_S) + &denied(3, NOW_S);
    let flushed = feed(&mut store, &(reset(1, 3) + &again));
    assert_eq!(flushed.action, Action::Connect);
    check_denied(&store, 2, 2);
    go_without(&mut store);
    assert_eq!(stream_after(&mut store), None, "it begins again");
    store.deliver(Signal::Opened);
    let flushed = feed(&mut store, &(heartbeat(NOW_S, 1, 3) + &again));
    check_denied(&store, 3, 3);
    assert_eq!((store.repeated(), store.resets(), store.state().session().events()), (0, 1, 3));
    assert!(flushed.changes.touches(Changes::ORDERS) && store.missing().is_empty());
    assert_eq!(store.status(), &Status::Live);
}

/// A store with two events whose stream was reset, and whose snapshot cannot be reached.
fn reset_without_a_snapshot() -> Store {
    let mut store = opened(&(heartbeat(NOW_S, 1, 2) + &denied(1, NOW_S) + &denied(2, NOW_S)));
    assert_eq!(feed(&mut store, &reset(1, 3)).action, Action::Connect);
    assert_eq!(store.start_connection(), Start::Snapshot);
    store.deliver(Signal::Lost(Cause::Unreachable));
    assert_eq!(store.flush(f64::INFINITY).action, Action::Connect, "the stream is asked at once");
    store
}

#[wasm_bindgen_test]
fn after_a_reset_a_snapshot_that_cannot_be_reached_leaves_the_whole_stream() {
    let mut store = reset_without_a_snapshot();
    stream_after(&mut store);
    check_denied(&store, 2, 2);
    store.deliver(Signal::Opened);
    assert_eq!(store.flush(f64::INFINITY).action, Action::Connect, "it can be had");
    assert_eq!(stream_after(&mut store), None, "from its beginning");
    store.deliver(Signal::Opened);
    let again: String = (1..=3).map(|id| denied(id, NOW_S)).collect();
    feed(&mut store, &(heartbeat(NOW_S, 1, 3) + &again));
    check_denied(&store, 3, 3);
    assert_eq!((store.repeated(), store.status()), (0, &Status::Live));
}

#[wasm_bindgen_test]
fn after_a_reset_a_server_that_is_gone_leaves_the_figures() {
    let mut store = reset_without_a_snapshot();
    stream_after(&mut store);
    store.deliver(Signal::Lost(Cause::Unreachable));
    assert_eq!(store.flush(f64::INFINITY).action, Action::Disconnect);
    assert!(matches!(store.status(), Status::Reconnecting { cause: Cause::Unreachable, .. }));
    check_denied(&store, 2, 2);
    assert_eq!(store.handle_link(Input::RetryAsked), Action::Connect);
    assert_eq!(store.start_connection(), Start::Snapshot, "it is asked for again");
}

#[wasm_bindgen_test]
fn a_newer_session_takes_the_place_of_the_one_before() {
    let mut store = opened(&(heartbeat(NOW_S, 1, 2) + &denied(1, NOW_S) + &denied(2, NOW_S)));
    let announced = "event: session\ndata: {\"session\":\"new\",\"previous\":\"old\"}\n\n";
    feed(&mut store, announced);
    check_denied(&store, 2, 2);
    assert_eq!(store.state().session().events(), 2, "the announcement is no event of the log");
    let began = heartbeat(NOW_S, 8, 8).replace("\"session_first\":1", "\"session_first\":8");
    feed(&mut store, &(began.clone() + &reset(8, 8) + &denied(8, NOW_S)));
    go_without(&mut store);
    assert_eq!(stream_after(&mut store), None, "it begins with the other session");
    store.deliver(Signal::Opened);
    feed(&mut store, &(began + &denied(8, NOW_S)));
    check_denied(&store, 1, 1);
    assert_eq!((store.repeated(), store.resets(), store.state().session().events()), (0, 1, 1));
    assert_eq!(store.status(), &Status::Live);
}

#[wasm_bindgen_test]
fn what_comes_again_from_a_server_without_ids_counts_once() {
    let text = "data: {\"event_code\":\"ORDER.SUBMIT\"}\n\n".repeat(3);
    let mut store = opened(&text);
    for _ in 0..2 {
        lose(&mut store);
        assert_eq!(store.handle_link(Input::RetryAsked), Action::Connect);
        go_without(&mut store);
        assert_eq!(stream_after(&mut store), None);
        store.deliver(Signal::Opened);
        feed(&mut store, &text);
        check_outcome(&store, Outcome::Submitted, 3);
    }
    // A change of transport is no loss, and asks for everything too.
    assert_eq!(stream_after(&mut store), None);
    assert!(store.flush(f64::INFINITY).changes.touches(Changes::ORDERS));
    feed(&mut store, &text);
    check_outcome(&store, Outcome::Submitted, 3);
}

#[wasm_bindgen_test]
fn a_snapshot_that_cannot_be_reached_leaves_it_to_the_stream_to_say_why() {
    let mut store = Store::new(now_ms());
    assert_eq!(store.start_connection(), Start::Snapshot);
    store.deliver(Signal::Lost(Cause::Unreachable));
    assert_eq!(store.flush(f64::INFINITY).action, Action::Connect);
    assert_eq!(stream_after(&mut store), None);
    store.deliver(Signal::Lost(Cause::Unreachable));
    assert_eq!(store.flush(f64::INFINITY).action, Action::Disconnect);
    assert_eq!(store.start_connection(), Start::Snapshot, "which may be there the next time");
}

#[wasm_bindgen_test]
fn a_gateway_that_answers_twice_that_it_has_no_snapshot_is_asked_for_the_stream() {
    let mut store = Store::new(now_ms());
    let unavailable = || Signal::Lost(Cause::HttpStatus { code: 503 });
    assert_eq!(store.start_connection(), Start::Snapshot);
    store.deliver(unavailable());
    assert_eq!(store.flush(f64::INFINITY).action, Action::Disconnect, "it may be starting");
    assert_eq!(store.handle_link(Input::RetryAsked), Action::Connect);
    assert_eq!(store.start_connection(), Start::Snapshot);
    store.deliver(unavailable());
    assert_eq!(store.flush(f64::INFINITY).action, Action::Connect);
    assert_eq!(stream_after(&mut store), None, "from its beginning");
    store.deliver(Signal::Opened);
    feed(&mut store, &(heartbeat(NOW_S, 1, 1) + &denied(1, NOW_S)));
    check_denied(&store, 1, 1);
    assert_eq!(store.status(), &Status::Live);
}

#[wasm_bindgen_test]
fn a_stream_that_ended_is_not_live_while_its_reason_is_asked_for() {
    let mut store = opened(&(heartbeat(NOW_S, 1, 1) + &denied(1, NOW_S)));
    assert_eq!(store.status(), &Status::Live);
    store.deliver(Signal::Ended);
    let flushed = store.flush(f64::INFINITY);
    assert_eq!((flushed.action, flushed.link), (Action::None, true));
    assert!(matches!(store.status(), Status::Reconnecting { cause: Cause::Ended, .. }));
    store.deliver(Signal::Lost(Cause::HttpStatus { code: 502 }));
    assert_eq!(store.flush(f64::INFINITY).action, Action::Disconnect);
    assert!(matches!(store.status(), Status::Reconnecting { cause: Cause::HttpStatus { code: 502 }, .. }));
}

/// The bytes of a state with so many denials, as of an id.
fn snapshot_of(denials: i64, as_of: u64) -> Vec<u8> {
    let text: String = (1..=denials).map(|id| denied(id.unsigned_abs(), NOW_S - 10)).collect();
    snapshot::save(opened(&text).state(), as_of)
}

#[wasm_bindgen_test]
fn a_page_begins_with_the_snapshot_and_streams_after_it() {
    let mut store = Store::new(now_ms());
    assert_eq!(store.start_connection(), Start::Snapshot);
    store.deliver(Signal::Progress);
    store.deliver(Signal::Snapshot(snapshot_of(5, 7)));
    let flushed = store.flush(f64::INFINITY);
    assert!(flushed.action == Action::Connect && flushed.changes.touches(Changes::ORDERS));
    assert_eq!(stream_after(&mut store).as_deref(), Some("7"));
    store.deliver(Signal::Opened);
    feed(&mut store, &(heartbeat(NOW_S, 4, 8) + &denied(7, NOW_S) + &denied(8, NOW_S)));
    check_denied(&store, 6, 6);
    assert_eq!((store.status(), store.repeated()), (&Status::Live, 1));
    assert!(!store.beginning_is_gone(), "the state has what is no longer retained");
}

#[wasm_bindgen_test]
fn a_reset_takes_the_snapshot_again_and_what_follows_it_on_the_old_stream_does_not_count() {
    let mut store = opened(&(heartbeat(NOW_S, 1, 2) + &denied(1, NOW_S) + &denied(2, NOW_S)));
    assert_eq!(feed(&mut store, &(reset(50, 60) + &denied(50, NOW_S))).action, Action::Connect);
    check_denied(&store, 2, 2);
    assert_eq!(store.start_connection(), Start::Snapshot);
    store.deliver(Signal::Snapshot(snapshot_of(40, 60)));
    assert_eq!(store.flush(f64::INFINITY).action, Action::Connect);
    assert_eq!(stream_after(&mut store).as_deref(), Some("60"));
    store.deliver(Signal::Opened);
    feed(&mut store, &heartbeat(NOW_S, 50, 60));
    check_denied(&store, 40, 40);
    assert!(store.missing().is_empty() && store.status().is_live());
}

#[wasm_bindgen_test]
fn snapshots_that_are_each_followed_by_a_reset_are_not_asked_for_for_ever() {
    let mut store = Store::new(now_ms());
    let mut snapshots = 0;
    while store.start_connection() == Start::Snapshot {
        snapshots += 1;
        assert!(snapshots < 10, "it goes round in circles");
        store.deliver(Signal::Snapshot(snapshot_of(1, 5)));
        store.flush(f64::INFINITY);
        stream_after(&mut store);
        store.deliver(Signal::Opened);
        feed(&mut store, &reset(1, 3));
    }
    feed(&mut store, &(heartbeat(NOW_S, 1, 3) + &denied(1, NOW_S) + &denied(2, NOW_S) + &denied(3, NOW_S)));
    check_denied(&store, 3, 3);
}

#[wasm_bindgen_test]
fn a_snapshot_that_cannot_be_read_is_none() {
    let mut store = Store::new(now_ms());
    store.start_connection();
    store.deliver(Signal::Snapshot(b"of another program".to_vec()));
    assert_eq!(store.flush(f64::INFINITY).action, Action::Connect);
    assert_eq!(stream_after(&mut store), None);
}

/// The page is older or newer than the feed, which was exchanged while it was open.
#[wasm_bindgen_test]
fn after_a_reset_a_snapshot_of_another_version_leaves_the_whole_stream() {
    let mut store = opened(&(heartbeat(NOW_S, 1, 2) + &denied(1, NOW_S) + &denied(2, NOW_S)));
    feed(&mut store, &reset(1, 3));
    assert_eq!(store.start_connection(), Start::Snapshot);
    let mut other = snapshot_of(40, 60);
    let version = other.get_mut(8..12).expect("the version, after the name");
    assert_eq!(version, snapshot::VERSION.to_le_bytes());
    version.copy_from_slice(&(snapshot::VERSION + 1).to_le_bytes());
    assert!(snapshot::load(&other).expect_err("it is another").to_string().contains("version"));
    store.deliver(Signal::Snapshot(other));
    assert_eq!(store.flush(f64::INFINITY).action, Action::Connect);
    assert_eq!(stream_after(&mut store), None);
    store.deliver(Signal::Opened);
    let again: String = (1..=3).map(|id| denied(id, NOW_S)).collect();
    feed(&mut store, &(heartbeat(NOW_S, 1, 3) + &again));
    check_denied(&store, 3, 3);
}

#[wasm_bindgen_test]
fn events_that_nobody_has_any_more_are_a_gap_and_the_rest_goes_on() {
    let mut store = opened(&(heartbeat(NOW_S, 1, 2) + &denied(1, NOW_S - 60) + &denied(2, NOW_S - 50)));
    feed(&mut store, &(heartbeat(NOW_S, 9, 9) + &reset(9, 9)));
    go_without(&mut store);
    assert_eq!(stream_after(&mut store).as_deref(), Some("8"));
    let at = |second: i64| Ts(second * SECOND_NS);
    let mut missing = Missing { from: 3, to: 8, start: at(NOW_S - 50), end: None };
    assert_eq!(store.missing(), [missing]);
    store.deliver(Signal::Opened);
    feed(&mut store, &(heartbeat(NOW_S, 9, 9) + &denied(9, NOW_S - 20)));
    missing.end = Some(at(NOW_S - 20));
    assert_eq!((store.missing(), store.gaps().1), ([missing].as_slice(), 1));
    check_denied(&store, 3, 3);
}

#[wasm_bindgen_test]
fn a_gap_takes_nothing_from_what_a_snapshot_brought() {
    let mut store = Store::new(now_ms());
    store.start_connection();
    store.deliver(Signal::Snapshot(snapshot_of(5, 7)));
    store.flush(f64::INFINITY);
    stream_after(&mut store);
    store.deliver(Signal::Opened);
    feed(&mut store, &(heartbeat(NOW_S, 9, 9) + &reset(9, 9)));
    go_without(&mut store);
    assert_eq!(stream_after(&mut store).as_deref(), Some("8"));
    assert!(!store.beginning_is_gone());
    check_denied(&store, 5, 5);
}

#[wasm_bindgen_test]
fn a_gap_that_is_told_again_and_again_is_one_gap_and_ends_with_the_next_event() {
    let mut store = opened(&(heartbeat(NOW_S, 1, 2) + &denied(1, NOW_S - 60) + &denied(2, NOW_S - 50)));
    for first in [9, 20, 30, 40] {
        if feed(&mut store, &(heartbeat(NOW_S, first, first) + &reset(first, first))).action
            == Action::Connect
        {
            go_without(&mut store);
            assert_eq!(stream_after(&mut store), Some((first - 1).to_string()));
            store.deliver(Signal::Opened);
        }
        check_denied(&store, 2, 2);
    }
    feed(&mut store, &denied(40, NOW_S - 20));
    let at = |second: i64| Ts(second * SECOND_NS);
    let missing = Missing { from: 3, to: 39, start: at(NOW_S - 50), end: Some(at(NOW_S - 20)) };
    assert_eq!((store.missing(), store.gaps().1), ([missing].as_slice(), 1));
    check_denied(&store, 3, 3);
}

#[wasm_bindgen_test]
fn the_link_catches_up_until_the_head_is_here() {
    let mut store = opened(&heartbeat(NOW_S, 1, 3));
    for (id, expected) in [
        (1, Status::CatchingUp { remaining: 2 }),
        (2, Status::CatchingUp { remaining: 1 }),
        (3, Status::Live),
    ] {
        feed(&mut store, &denied(id, NOW_S));
        assert_eq!(store.status(), &expected);
        assert_eq!(store.clock() == Clock::Live, id == 3);
    }
}

/// Waits until the page's steady clock has gone on.
async fn time_passes() {
    let now = || number("return performance.now()", &[]);
    let before = now();
    until("the clock goes on", || now() > before + 2.0).await;
}

#[wasm_bindgen_test]
async fn figures_stand_still_while_the_link_is_lost_and_move_on_after() {
    let mut store = opened(&(heartbeat(NOW_S, 1, 1) + &denied(1, NOW_S - 10)));
    time_passes().await;
    store.flush(f64::INFINITY);
    assert!(store.state().now() > Ts(NOW_S * SECOND_NS), "a live page goes with the feed's time");

    let flushed = lose(&mut store);
    assert_eq!((flushed.action, flushed.link, store.clock()), (Action::Disconnect, true, Clock::Following));
    let lost_at = store.state().now();
    time_passes().await;
    assert!(store.flush(f64::INFINITY).changes.is_none());
    assert_eq!(store.state().now(), lost_at);
    check_denied(&store, 1, 1);

    reopen(&mut store);
    store.flush(f64::INFINITY);
    assert_eq!(store.state().now(), lost_at, "connected is not yet current");
    let flushed = feed(&mut store, &heartbeat(NOW_S + 600, 1, 1));
    assert!(flushed.changes.touches(Changes::TIME));
    assert!(store.state().now() >= Ts((NOW_S + 600) * SECOND_NS));
    check_denied(&store, 0, 1);
}

#[wasm_bindgen_test]
fn what_happens_to_the_link_between_flushes_is_told_by_the_next_one() {
    for (input, action) in [(Input::WentOffline, Action::None), (Input::RetryAsked, Action::Connect)] {
        let mut store = opened(&heartbeat(NOW_S, 1, 0));
        assert_eq!(store.handle_link(input.clone()), action);
        assert!(store.flush(f64::INFINITY).link, "{input:?} changed the status, and nobody was told");
        assert!(!store.flush(f64::INFINITY).link, "told once");
    }
}

#[wasm_bindgen_test]
async fn a_log_that_ended_long_ago_is_a_recording_until_it_goes_on() {
    let ended = NOW_S - 86_400;
    let mut store = opened(&(heartbeat(NOW_S, 1, 2) + &denied(1, ended - 30) + &denied(2, ended)));
    assert_eq!((store.clock(), store.status().is_live()), (Clock::Recorded, true));
    time_passes().await;
    store.flush(f64::INFINITY);
    assert_eq!(store.state().now(), Ts(ended * SECOND_NS), "windows end at the last event");
    check_denied(&store, 2, 2);

    feed(&mut store, &(heartbeat(NOW_S + 1, 1, 3) + &denied(3, NOW_S + 1)));
    assert_eq!(store.clock(), Clock::Live);
    assert!(store.state().now() >= Ts((NOW_S + 1) * SECOND_NS));
    check_denied(&store, 1, 3);
}

#[wasm_bindgen_test]
fn an_event_of_a_far_year_says_nothing_of_when_the_log_ended_or_what_is_newer() {
    const YEAR_2100_S: i64 = 4_102_444_800;
    let ended = NOW_S - 86_400;
    let far = denied(2, YEAR_2100_S);
    let mut store = opened(&(heartbeat(NOW_S, 1, 3) + &denied(1, ended - 30) + &far + &denied(3, ended)));
    assert_eq!(store.clock(), Clock::Recorded);
    assert_eq!(store.state().session().last(), Some(Ts(ended * SECOND_NS)));
    assert_eq!(store.state().now(), Ts(ended * SECOND_NS), "windows end at the last event");
    for (id, action) in [(1, Action::None), (2, Action::None), (3, Action::Connect)] {
        assert_eq!(feed(&mut store, &denied(id, NOW_S - 10)).action, action, "ids have begun anew");
    }
    assert_eq!(store.renumbered().0, 1);
}

#[wasm_bindgen_test]
fn both_transports_leave_out_events_of_kinds_that_no_log_has() {
    let known = ["aurora_events", "message", "orders_denied"];
    let foreign = ["ping", "open", "error", "trade"];
    let mut bytes = opened(&heartbeat(NOW_S, 1, 0));
    let mut messages = opened(&heartbeat(NOW_S, 1, 0));
    for (id, kind) in (1..).zip(known.into_iter().chain(foreign)) {
        let data = r#"{"event_code":"ORDER.SUBMIT"}"#.to_owned();
        let told = feed(&mut bytes, &event(id, kind, &data)).feed;
        assert_eq!(told, foreign.contains(&kind), "{kind}: the strip is told");
        messages.deliver(Signal::Message(Event { kind: kind.to_owned(), id: Some(id.to_string()), data }));
        messages.flush(f64::INFINITY);
    }
    for store in [&bytes, &messages] {
        assert_eq!((store.state().session().events(), store.foreign()), (3, 4));
        assert_eq!(store.state().session().rejected(), 0);
    }
}

#[wasm_bindgen_test]
fn a_pause_ends_where_the_page_begins_again() {
    let begun = heartbeat(NOW_S, 1, 2) + &denied(1, NOW_S) + &denied(2, NOW_S);
    let paused = || {
        let mut store = opened(&begun);
        store.pause();
        feed(&mut store, &denied(3, NOW_S));
        assert_eq!((store.is_paused(), store.waiting()), (true, Some(1)));
        check_denied(&store, 2, 2);
        feed(&mut store, &reset(1, 3));
        assert!(store.is_paused(), "what was held is still the session's");
        store
    };
    let mut anew = paused();
    go_without(&mut anew);
    let mut adopted = paused();
    adopted.start_connection();
    adopted.deliver(Signal::Snapshot(snapshot_of(5, 7)));
    assert!(adopted.flush(f64::INFINITY).changes.touches(Changes::ORDERS));
    for (store, denials) in [(&anew, 0), (&adopted, 5)] {
        assert_eq!((store.is_paused(), store.waiting()), (false, None));
        check_denied(store, denials, denials);
    }
}

#[wasm_bindgen_test]
fn a_lost_stream_without_ids_promises_no_resuming() {
    for (text, expected) in [
        ("data: {}\n\n", false),
        ("id: 1\ndata: {}\n\n", true),
        ("id: a-b\ndata: {}\n\n", true),
        ("id: a-b\ndata: {}\n\nid\ndata: {}\n\n", false),
    ] {
        let mut store = opened(text);
        lose(&mut store);
        assert!(
            matches!(store.status(), Status::Reconnecting { resumes, .. } if *resumes == expected),
            "{text:?}: {:?}",
            store.status()
        );
    }
}

#[wasm_bindgen_test]
fn a_session_that_falls_silent_while_it_is_watched_stays_live() {
    let mut store = opened(&(heartbeat(NOW_S, 1, 1) + &denied(1, NOW_S)));
    feed(&mut store, &heartbeat(NOW_S + 86_400, 1, 1));
    assert_eq!(store.clock(), Clock::Live);
    check_denied(&store, 0, 1);
}

#[wasm_bindgen_test]
fn events_from_the_future_do_not_pull_windows_ahead() {
    let store = opened(&(heartbeat(NOW_S, 1, 2) + &denied(1, NOW_S) + &denied(2, NOW_S + 3_600)));
    assert!(store.state().now() < Ts((NOW_S + 60) * SECOND_NS));
    check_denied(&store, 2, 2);
    assert_eq!(store.state().session().skewed(), 1);
}

#[wasm_bindgen_test]
fn a_feed_that_let_go_of_the_beginning_says_so() {
    let beginning_is_gone = |first| {
        let store = opened(&heartbeat(NOW_S, first, 9));
        store.beginning_is_gone()
    };
    assert_eq!([1, 2].map(beginning_is_gone), [false, true]);
    assert!(!store().beginning_is_gone(), "nothing is known yet");
}

#[wasm_bindgen_test]
fn the_inbox_is_bounded_until_it_is_read() {
    let mut store = opened(&heartbeat(NOW_S, 1, 0));
    let comment = format!(":{}\n", "x".repeat((1 << 20) - 2));
    let mut delivered = 0;
    while store.has_room() {
        store.deliver(Signal::Bytes(comment.clone().into_bytes()));
        delivered += 1;
        assert!(delivered <= 64, "the inbox has no bound");
    }
    assert_eq!(delivered, 16);
    store.flush(f64::INFINITY);
    assert!(store.has_room());
}

#[wasm_bindgen_test]
async fn a_huge_inbox_is_finished_over_several_flushes() {
    const CHUNKS: u64 = 40;
    const EACH: u64 = 100;
    let mut store = opened(&heartbeat(NOW_S, 1, CHUNKS * EACH));
    for chunk in 0..CHUNKS {
        let text: String = (1..=EACH).map(|event| denied(chunk * EACH + event, NOW_S)).collect();
        store.deliver(Signal::Bytes(text.into_bytes()));
    }
    let mut flushes = 1;
    while store.flush(0.0).unfinished {
        flushes += 1;
        assert!(flushes <= 2 * CHUNKS, "the inbox does not get shorter");
        next_task().await;
    }
    assert!(flushes > 1, "a budget of nothing was enough for everything");
    check_denied(&store, CHUNKS * EACH, CHUNKS * EACH);
    assert_eq!((store.repeated(), store.status()), (0, &Status::Live));
}

#[wasm_bindgen_test]
fn a_heartbeat_of_another_server_does_no_harm() {
    let store = opened("event: heartbeat\ndata: [1,2]\n\nevent: heartbeat\ndata: {\"head\":null}\n\n");
    assert_eq!((store.status(), store.clock()), (&Status::Live, Clock::Live));
}
