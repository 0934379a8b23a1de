//! `fetch` as the page uses it, against what the browser itself can serve: blobs, the test's own server, and,
//! for statuses that neither gives, a `fetch` that answers from the test.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::expect_used, reason = "an expectation that fails is a test that fails")]

#[path = "support/kept.rs"]
mod kept;
mod support;

use std::rc::Rc;

use aurora_dashboard::transport::{Connection, Fetch, Request, Signal, Sink, Transport};
use aurora_domain::link::Cause;
use kept::{Kept, answer_once, seen};
use support::{number, run, until};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const STREAM: &str = "text/event-stream";

impl Kept {
    fn bytes(&self) -> Vec<u8> {
        let signals = self.signals.borrow();
        let pieces = signals.iter().map(|signal| match signal {
            Signal::Bytes(bytes) => bytes.as_slice(),
            _ => &[],
        });
        pieces.collect::<Vec<_>>().concat()
    }

    fn pieces(&self) -> usize {
        self.signals.borrow().iter().filter(|signal| matches!(signal, Signal::Bytes(_))).count()
    }

    /// The signals without the bytes.
    fn events(&self) -> Vec<Signal> {
        self.signals.borrow().iter().filter(|signal| !matches!(signal, Signal::Bytes(_))).cloned().collect()
    }
}

fn request(url: &str) -> Request {
    Request { url: url.to_owned(), token: None, last_event_id: None, hot: false }
}

fn open(request: &Request) -> (Rc<Kept>, Box<dyn Connection>) {
    let sink = Rc::new(Kept::default());
    let connection = Fetch.open(request, Rc::clone(&sink) as Rc<dyn Sink>);
    (sink, connection)
}

/// The transport lets go of its sink when it has nothing more to say.
async fn finished(sink: &Rc<Kept>) {
    until("the connection finishes", || Rc::strong_count(sink) == 1).await;
}

/// The URL of a blob of `length` bytes.
fn blob(kind: &str, length: u32) -> String {
    let body = "return URL.createObjectURL(new Blob([new Uint8Array(b).fill(97)], {type: a}))";
    run(body, &[&kind.into(), &length.into()]).as_string().expect("a text")
}

async fn check_ends_with(request: &Request, expected: Signal) {
    let (sink, _connection) = open(request);
    finished(&sink).await;
    assert_eq!(sink.signals.take(), [expected]);
}

#[wasm_bindgen_test]
async fn a_stream_opens_hands_over_every_byte_and_ends() {
    let (sink, _connection) = open(&request(&blob("text/event-stream; charset=utf-8", 300_000)));
    finished(&sink).await;
    assert_eq!(sink.events(), [Signal::Opened, Signal::Lost(Cause::Ended)]);
    assert_eq!(sink.signals.borrow().first(), Some(&Signal::Opened));
    assert_eq!(sink.signals.borrow().last(), Some(&Signal::Lost(Cause::Ended)));
    assert_eq!(sink.bytes(), vec![b'a'; 300_000]);
}

#[wasm_bindgen_test]
async fn a_web_page_is_no_stream() {
    let cause = Cause::NotAnEventStream { content_type: "text/html".to_owned() };
    check_ends_with(&request(&blob("text/html", 20)), Signal::Lost(cause)).await;
    let cause = Cause::NotAnEventStream { content_type: String::new() };
    check_ends_with(&request(&blob("", 20)), Signal::Lost(cause)).await;
}

#[wasm_bindgen_test]
async fn a_server_that_is_not_there_is_unreachable() {
    check_ends_with(&request("http://127.0.0.1:1/sse"), Signal::Lost(Cause::Unreachable)).await;
}

#[wasm_bindgen_test]
async fn any_other_status_is_told_with_its_code() {
    check_ends_with(&request("nothing-is-served-here"), Signal::Lost(Cause::HttpStatus { code: 404 })).await;
    for code in [204, 429, 500, 502, 503] {
        answer_once(&format!(
            "new Response(null, {{status: {code}, headers: {{'content-type': '{STREAM}'}}}})"
        ));
        check_ends_with(&request("sse"), Signal::Lost(Cause::HttpStatus { code })).await;
    }
}

#[wasm_bindgen_test]
async fn a_refusal_carries_the_servers_reason() {
    for (status, body, expected) in [
        (401, r#"{"message":"The token is wrong."}"#, "The token is wrong."),
        (401, "<html>Unauthorized</html>", ""),
        (403, r#"{"error":"forbidden","message":"Not with this token."}"#, "Not with this token."),
        (
            429,
            r#"{"error":"too_many_failures","message":"Too many wrong tokens."}"#,
            "Too many wrong tokens.",
        ),
    ] {
        answer_once(&format!("new Response('{body}', {{status: {status}}})"));
        check_ends_with(&request("sse"), Signal::Refused(expected.to_owned())).await;
    }
}

#[wasm_bindgen_test]
async fn a_feed_that_does_not_answer_here_asks_for_no_token() {
    let bodies = ["foreign_host", "forwarded"].map(|error| format!(r#"{{"error":"{error}","message":"m"}}"#));
    for body in bodies.iter().map(String::as_str).chain(["<html>Forbidden</html>", "{}", ""]) {
        answer_once(&format!("new Response('{body}', {{status: 403}})"));
        check_ends_with(&request("sse"), Signal::Lost(Cause::HttpStatus { code: 403 })).await;
    }
}

#[wasm_bindgen_test]
async fn token_and_id_travel_in_headers_and_nowhere_else() {
    answer_once(&format!("new Response('', {{headers: {{'content-type': '{STREAM}'}}}})"));
    let asked =
        Request { token: Some("s3cret".to_owned()), last_event_id: Some("41".to_owned()), ..request("sse") };
    let (sink, _connection) = open(&asked);
    finished(&sink).await;
    assert_eq!(sink.events(), [Signal::Opened, Signal::Lost(Cause::Ended)]);
    for (expression, expected) in [
        ("request.headers.get('x-auth-token')", "s3cret"),
        ("request.headers.get('last-event-id')", "41"),
        ("request.headers.get('accept')", STREAM),
        ("request.cache", "no-store"),
        ("request.redirect", "manual"),
        ("String(request.url.includes('s3cret'))", "false"),
    ] {
        assert_eq!(seen(expression).as_deref(), Some(expected), "{expression}");
    }
}

/// A redirect that `fetch` does not follow can be told by its status alone, which no `Response` may be made with.
#[wasm_bindgen_test]
async fn a_redirect_is_told_and_the_token_does_not_follow_it() {
    answer_once("Object.defineProperty(new Response(null, {status: 302}), 'status', {value: 0})");
    let asked = Request { token: Some("s3cret".to_owned()), ..request("sse") };
    check_ends_with(&asked, Signal::Lost(Cause::Redirected)).await;
}

#[wasm_bindgen_test]
async fn a_token_that_no_header_can_carry_is_refused_without_asking() {
    for token in ["ключ", "a\nb"] {
        let (sink, _connection) = open(&Request { token: Some(token.to_owned()), ..request("sse") });
        finished(&sink).await;
        let signals = sink.signals.take();
        assert!(
            matches!(signals.as_slice(), [Signal::Refused(message)] if message.contains("token")),
            "{signals:?}"
        );
    }
}

#[wasm_bindgen_test]
async fn an_id_that_no_header_can_carry_is_left_out() {
    answer_once(&format!("new Response('', {{headers: {{'content-type': '{STREAM}'}}}})"));
    let (sink, _connection) = open(&Request { last_event_id: Some("№1".to_owned()), ..request("sse") });
    finished(&sink).await;
    assert_eq!(sink.events(), [Signal::Opened, Signal::Lost(Cause::Ended)]);
    assert_eq!(seen("request.headers.get('last-event-id')"), None);
}

#[wasm_bindgen_test]
async fn a_full_page_is_not_read_for_until_it_has_room() {
    const LENGTH: u32 = 4 << 20;
    let (sink, _connection) = open(&request(&blob(STREAM, LENGTH)));
    sink.full.set(true);
    until("the page is asked for room again and again", || sink.asked.get() > 5).await;
    assert_eq!(sink.pieces(), 1);
    let read = sink.bytes().len();
    assert!(read < LENGTH as usize);
    sink.full.set(false);
    finished(&sink).await;
    assert_eq!(sink.bytes().len(), LENGTH as usize);
}

#[wasm_bindgen_test]
async fn dropping_a_connection_ends_it_without_another_signal() {
    let (sink, connection) = open(&request(&blob(STREAM, 100)));
    drop(connection);
    finished(&sink).await;
    assert_eq!(sink.signals.take(), [], "dropped before the answer");

    let (sink, connection) = open(&request(&blob(STREAM, 4 << 20)));
    sink.full.set(true);
    until("the first piece", || sink.pieces() == 1).await;
    drop(connection);
    sink.full.set(false);
    finished(&sink).await;
    assert_eq!((sink.events(), sink.pieces()), (vec![Signal::Opened], 1), "dropped in the middle");
}

#[wasm_bindgen_test]
async fn dropping_a_connection_closes_it_for_the_server_too() {
    let never_ends = "new Response(new ReadableStream({
        pull(stream) { if (!window.pulled) { window.pulled = 1; stream.enqueue(new Uint8Array(3)) } },
    }), {headers: {'content-type': 'text/event-stream'}})";
    answer_once(never_ends);
    let (sink, connection) = open(&request("sse"));
    until("the first piece", || sink.pieces() == 1).await;
    let aborted = || number("return Number(window.seen.signal.aborted)", &[]);
    assert!(aborted() < 0.5);
    drop(connection);
    assert!(aborted() > 0.5);
    assert_eq!(run("delete window.pulled", &[]), JsValue::UNDEFINED);
}
