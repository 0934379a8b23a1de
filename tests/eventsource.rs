//! The browser's own `EventSource` as the page uses it, against blobs and the test's own server; where the page asks
//! why it failed, for statuses that neither gives, a `fetch` answers from the test.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::expect_used, reason = "an expectation that fails is a test that fails")]

#[path = "support/held.rs"]
mod held;
#[path = "support/kept.rs"]
mod kept;
mod support;

use std::{cell::RefCell, rc::Rc};

use aurora_dashboard::{
    store::{Start, Store},
    transport::{Connection, Event, Native, Request, Signal, Sink, Transport},
};
use aurora_domain::{Outcome, Source, Span, link::Cause};
use kept::{Kept, answer_once, seen};
use support::{next_task, number, run, until};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const STREAM: &str = "text/event-stream";
const CLOSED: &str = "2";
/// The test's own server answers it with 404.
const NOTHING: &str = "nothing-is-served-here";

impl Kept {
    /// Whether the last of all signals is there.
    fn is_over(&self) -> bool {
        let signals = self.signals.borrow();
        matches!(signals.last(), Some(Signal::Lost(_) | Signal::Refused(_)))
    }
}

fn request(url: &str) -> Request {
    Request { url: url.to_owned(), token: None, last_event_id: None, hot: false }
}

fn open(request: &Request) -> (Rc<Kept>, Box<dyn Connection>) {
    let sink = Rc::new(Kept::default());
    let connection = Native.open(request, Rc::clone(&sink) as Rc<dyn Sink>);
    (sink, connection)
}

async fn over(sink: &Kept) {
    until("the connection ends", || sink.is_over()).await;
}

/// The URL of a stream that says `text` and ends.
fn stream(text: &str) -> String {
    let body = "return URL.createObjectURL(new Blob([b], {type: a}))";
    run(body, &[&STREAM.into(), &text.into()]).as_string().expect("a text")
}

fn message(kind: &str, id: Option<&str>, data: &str) -> Signal {
    Signal::Message(Event { kind: kind.to_owned(), id: id.map(str::to_owned), data: data.to_owned() })
}

/// Keeps every `EventSource` that is made from now on.
fn record() {
    let body = "window.sources = [];
        window.Real ??= window.EventSource;
        window.EventSource = class extends window.Real {
            constructor(...all) { super(...all); window.sources.push(this) }
        }";
    assert_eq!(run(body, &[]), JsValue::UNDEFINED);
}

/// What an expression says of the last `source` that was made.
fn source(expression: &str) -> Option<String> {
    run(&format!("const source = window.sources.at(-1); return String({expression})"), &[]).as_string()
}

async fn check_hears(text: &str, expected: &[Signal]) {
    record();
    let (sink, _connection) = open(&request(&stream(text)));
    over(&sink).await;
    let signals = sink.signals.take();
    let whole = [&[Signal::Opened], expected, &[Signal::Ended, Signal::Lost(Cause::Ended)]].concat();
    assert_eq!(signals, whole);
    check_closed();
}

/// Closed by the page: the browser does not try again by itself.
#[track_caller]
fn check_closed() {
    assert_eq!(source("source.readyState").as_deref(), Some(CLOSED));
    assert_eq!(source("window.sources.length").as_deref(), Some("1"));
}

async fn check_ends_with(url: &str, expected: Signal) {
    let (sink, _connection) = open(&request(url));
    over(&sink).await;
    let mut signals = sink.signals.take();
    signals.retain(|signal| *signal != Signal::Ended);
    assert_eq!(signals, [expected], "{url}");
}

#[wasm_bindgen_test]
async fn a_stream_opens_hands_over_every_event_and_ends() {
    let text = "retry: 60000\n:a comment\n\ndata: a\n\nid: 7\nevent: orders_denied\ndata: b\ndata: …\n\n\
                event: heartbeat\ndata: {}\n\nid\ndata: c\n\nevent: nobody-listens\ndata: d\n\n";
    let expected = [
        message("message", None, "a"),
        message("orders_denied", Some("7"), "b\n…"),
        message("heartbeat", Some("7"), "{}"),
        message("message", None, "c"),
    ];
    check_hears(text, &expected).await;
}

#[wasm_bindgen_test]
async fn every_kind_that_the_feed_sends_is_heard() {
    let kinds: Vec<&str> = Source::ALL
        .map(Source::name)
        .into_iter()
        .chain(["message", "heartbeat", "session", "reset"])
        .collect();
    let text: Vec<String> = kinds.iter().map(|kind| format!("event: {kind}\ndata: x\n\n")).collect();
    let expected: Vec<Signal> = kinds.iter().map(|kind| message(kind, None, "x")).collect();
    check_hears(&text.concat(), &expected).await;
}

#[wasm_bindgen_test]
async fn a_servers_own_error_or_open_is_an_event_like_others() {
    let text = "event: error\ndata: x\n\nevent: open\ndata: y\n\ndata: z\n\n";
    let expected = [message("error", None, "x"), message("open", None, "y"), message("message", None, "z")];
    check_hears(text, &expected).await;
}

#[wasm_bindgen_test]
async fn many_events_come_in_order_and_none_is_missing() {
    const COUNT: u32 = 5_000;
    let text: Vec<String> = (1..=COUNT).map(|n| format!("id: {n}\ndata: {n}\n\n")).collect();
    let expected: Vec<Signal> =
        (1..=COUNT).map(|n| n.to_string()).map(|n| message("message", Some(&n), &n)).collect();
    check_hears(&text.concat(), &expected).await;
}

#[wasm_bindgen_test]
async fn what_is_not_there_is_told_as_what_it_is() {
    record();
    check_ends_with(NOTHING, Signal::Lost(Cause::HttpStatus { code: 404 })).await;
    check_closed();
    check_ends_with("http://127.0.0.1:1/sse", Signal::Lost(Cause::Unreachable)).await;
    check_ends_with("http://[", Signal::Lost(Cause::Unreachable)).await;
    let page = run("return URL.createObjectURL(new Blob(['<p>'], {type: 'text/html'}))", &[]);
    let cause = Cause::NotAnEventStream { content_type: "text/html".to_owned() };
    check_ends_with(&page.as_string().expect("a text"), Signal::Lost(cause)).await;
}

#[wasm_bindgen_test]
async fn any_other_status_is_told_with_its_code() {
    for code in [204, 429, 500, 502, 503] {
        answer_once(&format!("new Response(null, {{status: {code}}})"));
        check_ends_with(NOTHING, Signal::Lost(Cause::HttpStatus { code })).await;
    }
}

#[wasm_bindgen_test]
async fn a_refusal_carries_the_servers_reason() {
    for (status, body, expected) in [
        (401, r#"{"message":"The token is wrong."}"#, "The token is wrong."),
        (401, "<html>Unauthorized</html>", ""),
        (403, r#"{"error":"forbidden","message":"Not with this token."}"#, "Not with this token."),
    ] {
        answer_once(&format!("new Response('{body}', {{status: {status}}})"));
        check_ends_with(NOTHING, Signal::Refused(expected.to_owned())).await;
    }
    answer_once("new Response('<html>Forbidden</html>', {status: 403})");
    check_ends_with(NOTHING, Signal::Lost(Cause::HttpStatus { code: 403 })).await;
}

#[wasm_bindgen_test]
async fn why_it_ended_is_asked_once_of_the_same_url_and_no_stream_is_read_for_it() {
    record();
    answer_once(&format!(
        "new Response(new ReadableStream({{}}), {{headers: {{'content-type': '{STREAM}'}}}})"
    ));
    let asked = Request {
        token: Some("s3cret".to_owned()),
        last_event_id: Some("41".to_owned()),
        ..request(NOTHING)
    };
    let (sink, _connection) = open(&asked);
    over(&sink).await;
    assert_eq!(sink.signals.take(), [Signal::Ended, Signal::Lost(Cause::Ended)]);
    let url = source("source.url");
    assert!(url.as_deref().is_some_and(|url| url.ends_with("/nothing-is-served-here?last_event_id=41")));
    for (expression, expected) in [
        ("request.url", url.as_deref()),
        ("request.headers.get('accept')", Some(STREAM)),
        ("request.headers.get('x-auth-token')", None),
        ("request.cache", Some("no-store")),
        ("String(request.signal.aborted)", Some("true")),
    ] {
        assert_eq!(seen(expression).as_deref(), expected, "{expression}");
    }
}

#[wasm_bindgen_test]
fn it_resumes_through_the_query() {
    record();
    for (url, id, expected) in [
        ("sse", "41", "/sse?last_event_id=41"),
        ("sse?session=a", "41", "/sse?session=a&last_event_id=41"),
        ("sse#here", "41", "/sse?last_event_id=41"),
        ("sse", "№1&x=2 #", "/sse?last_event_id=%E2%84%961%26x%3D2%20%23"),
        ("sse", "", "/sse"),
    ] {
        drop(open(&Request { last_event_id: Some(id.to_owned()), ..request(url) }));
        let made = source("source.url");
        assert!(
            made.as_deref().is_some_and(|made| made.ends_with(expected)),
            "{made:?} for {url} after {id}"
        );
    }
}

/// What a store makes of `signals`: events, denials, what came twice, what it could not read, where it resumes.
fn figures(signals: Vec<Signal>) -> (u64, u64, u64, u64, Option<String>) {
    let mut store = Store::new(0);
    store.deliver(Signal::NoSnapshot);
    store.flush(f64::INFINITY);
    for signal in signals {
        store.deliver(signal);
    }
    store.flush(f64::INFINITY);
    let (state, span) = (store.state(), Span::Session);
    let denied = state.orders().outcomes(span).get(Outcome::Denied);
    let (events, rejected, repeated) = (state.events(span), state.session().rejected(), store.repeated());
    let start = store.start_connection();
    assert_ne!(start, Start::Snapshot);
    let after = if let Start::Stream { after } = start { after } else { None };
    (events, denied, repeated, rejected, after)
}

#[wasm_bindgen_test]
async fn the_store_makes_the_same_of_a_stream_whoever_decodes_it() {
    let deny = r#"{"deny_reason":"LOW_PFILL.DENY","ts_ns":1795196700000000000}"#;
    let text = format!(
        "event: heartbeat\ndata: {{\"head\":9}}\n\nid: 7\nevent: orders_denied\ndata: {deny}\n\n\
         event: orders_denied\ndata: {deny}\n\nid: 8\nevent: orders_denied\ndata: {deny}\n\n\
         event: heartbeat\ndata: {{\"head\":9}}\n\nid: 6\nevent: orders_denied\ndata: {deny}\n\n\
         id: 9\nevent: aurora_events\ndata: not json\n\n"
    );
    let (sink, _connection) = open(&request(&stream(&text)));
    over(&sink).await;
    let decoded_here = figures(vec![Signal::Opened, Signal::Bytes(text.into_bytes())]);
    assert_eq!(figures(sink.signals.take()), decoded_here);
    assert_eq!(decoded_here, (3, 3, 1, 1, Some("9".to_owned())));
}

#[wasm_bindgen_test]
async fn a_page_without_room_ends_the_connection_after_what_it_was_given() {
    record();
    let sink = Rc::new(Kept::default());
    sink.full.set(true);
    let text = "id: 1\ndata: a\n\nid: 2\ndata: b\n\n";
    let _connection = Native.open(&request(&stream(text)), Rc::clone(&sink) as Rc<dyn Sink>);
    over(&sink).await;
    check_closed();
    let expected = [Signal::Opened, message("message", Some("1"), "a"), Signal::Lost(Cause::Overflow)];
    assert_eq!(*sink.signals.borrow(), expected);
    settle().await;
    assert_eq!(*sink.signals.borrow(), expected, "nothing follows");
}

/// Lets another stream come and go, which an event that was on its way would not outlast.
async fn settle() {
    let (sink, _connection) = open(&request(&stream("data: x\n\n")));
    over(&sink).await;
}

/// Drops its connection as soon as an event comes.
#[derive(Default)]
struct Fickle {
    signals: RefCell<Vec<Signal>>,
    connection: RefCell<Option<Box<dyn Connection>>>,
}

impl Sink for Fickle {
    fn deliver(&self, signal: Signal) {
        if matches!(signal, Signal::Message(_)) {
            drop(self.connection.take());
        }
        self.signals.borrow_mut().push(signal);
    }

    fn has_room(&self) -> bool {
        false
    }
}

#[wasm_bindgen_test]
async fn no_signal_comes_after_a_drop() {
    record();
    let (sink, connection) = open(&request(&stream("data: x\n\n")));
    drop(connection);
    check_closed();
    settle().await;
    assert_eq!(sink.signals.take(), [], "dropped before the answer");

    record();
    let sink = Rc::new(Fickle::default());
    let connection =
        Native.open(&request(&stream("data: a\n\ndata: b\n\n")), Rc::clone(&sink) as Rc<dyn Sink>);
    sink.connection.replace(Some(connection));
    until("an event", || sink.signals.borrow().len() > 1).await;
    check_closed();
    settle().await;
    assert_eq!(sink.signals.take(), [Signal::Opened, message("message", None, "a")], "dropped by an event");
    assert_eq!(Rc::strong_count(&sink), 1, "the sink is let go of");
}

#[wasm_bindgen_test]
async fn a_drop_also_ends_the_question_why_it_failed() {
    answer_once("new Promise(() => window.asked = 1)");
    let (sink, connection) = open(&request(NOTHING));
    until("the question", || number("return window.asked ?? 0", &[]) > 0.5).await;
    assert_eq!(seen("String(request.signal.aborted)").as_deref(), Some("false"));
    drop(connection);
    assert_eq!(seen("String(request.signal.aborted)").as_deref(), Some("true"));
    next_task().await;
    assert_eq!(sink.signals.take(), [Signal::Ended], "and no answer");
}

#[wasm_bindgen_test]
async fn a_drop_leaves_no_listener_and_no_sink_behind() {
    let before = held::held();
    for url in [stream("data: x\n\n"), stream("")] {
        let (sink, connection) = open(&request(&url));
        assert_ne!(held::held(), before);
        over(&sink).await;
        drop(connection);
        until("the sink is let go of", || Rc::strong_count(&sink) == 1).await;
        assert_eq!(held::held(), before);
    }
}
