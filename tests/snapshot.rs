//! Loading a snapshot, against blobs, the test's own server, and a `fetch` that answers from the test.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::expect_used, reason = "an expectation that fails is a test that fails")]

#[path = "support/kept.rs"]
mod kept;
mod support;

use std::rc::Rc;

use aurora_dashboard::transport::{Connection, Signal, Sink, snapshot};
use aurora_domain::link::Cause;
use kept::{Kept, answer_once, seen};
use support::{next_task, number, run, until};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const OCTETS: &str = "application/octet-stream";

fn open(url: &str, token: Option<&str>) -> (Rc<Kept>, Box<dyn Connection>) {
    let sink = Rc::new(Kept::default());
    let connection = snapshot::open(url, token, Rc::clone(&sink) as Rc<dyn Sink>);
    (sink, connection)
}

/// The loader lets go of its sink when it has nothing more to say.
async fn finished(sink: &Rc<Kept>) {
    until("the snapshot is there, or is not", || Rc::strong_count(sink) == 1).await;
}

async fn check(url: &str, expected: Signal) {
    let (sink, _connection) = open(url, None);
    finished(&sink).await;
    let mut signals = sink.signals.take();
    signals.retain(|signal| *signal != Signal::Progress);
    assert!(signals == [expected], "{url}: {:?}", signals.first().map(Signal::waiting_bytes));
}

async fn check_status(code: u16, body: &str, expected: Signal) {
    answer_once(&format!("new Response({body}, {{status: {code}}})"));
    check(&format!("status-{code}"), expected).await;
}

fn blob(kind: &str, length: u32) -> String {
    let body = "return URL.createObjectURL(new Blob([new Uint8Array(b).fill(97)], {type: a}))";
    run(body, &[&kind.into(), &length.into()]).as_string().expect("a text")
}

#[wasm_bindgen_test]
async fn a_snapshot_is_handed_over_whole() {
    for (kind, length) in [(OCTETS, 3 << 20), (OCTETS, 1), ("", 5)] {
        check(&blob(kind, length), Signal::Snapshot(vec![b'a'; length as usize])).await;
    }
}

#[wasm_bindgen_test]
async fn a_web_page_a_text_or_nothing_is_no_snapshot() {
    for (kind, length) in [("text/html", 20), ("Text/Plain; charset=utf-8", 20), (OCTETS, 0)] {
        check(&blob(kind, length), Signal::NoSnapshot).await;
    }
}

#[wasm_bindgen_test]
async fn a_server_that_knows_no_such_path_has_no_snapshot() {
    check("nothing-is-served-here", Signal::NoSnapshot).await;
    for code in [204, 400, 404, 405, 406, 410, 500, 501] {
        check_status(code, "null", Signal::NoSnapshot).await;
    }
}

#[wasm_bindgen_test]
async fn a_server_in_trouble_is_told_with_its_status() {
    for code in [408, 429, 502, 503] {
        check_status(code, "null", Signal::Lost(Cause::HttpStatus { code })).await;
    }
}

#[wasm_bindgen_test]
async fn a_server_that_is_not_there_is_unreachable() {
    check("http://127.0.0.1:1/snapshot", Signal::Lost(Cause::Unreachable)).await;
}

#[wasm_bindgen_test]
async fn a_refusal_carries_the_servers_reason() {
    for (code, body, expected) in [
        (401, r#"'{"message":"The token is wrong."}'"#, "The token is wrong."),
        (401, "'<html>Unauthorized</html>'", ""),
        (403, r#"'{"error":"forbidden","message":"Not with this token."}'"#, "Not with this token."),
    ] {
        check_status(code, body, Signal::Refused(expected.to_owned())).await;
    }
    check_status(403, "'<html>Forbidden</html>'", Signal::Lost(Cause::HttpStatus { code: 403 })).await;
}

#[wasm_bindgen_test]
async fn a_snapshot_that_breaks_off_is_not_handed_over() {
    let breaks = "new ReadableStream({
        start(stream) { stream.enqueue(new Uint8Array(3)) },
        pull(stream) { stream.error(new TypeError('network error')) },
    })";
    check_status(200, breaks, Signal::Lost(Cause::Ended)).await;
}

/// A redirect that `fetch` does not follow can be told by its status alone, which no `Response` may be made with.
#[wasm_bindgen_test]
async fn a_redirect_is_not_followed_and_is_no_snapshot() {
    answer_once("Object.defineProperty(new Response(null, {status: 302}), 'status', {value: 0})");
    check("moved", Signal::NoSnapshot).await;
    assert_eq!(seen("request.redirect").as_deref(), Some("manual"));
}

#[wasm_bindgen_test]
async fn the_token_travels_in_a_header_and_nowhere_else() {
    answer_once("new Response('abc')");
    let (sink, _connection) = open("snapshot?session=a", Some("s3cret"));
    finished(&sink).await;
    for (expression, expected) in [
        ("request.headers.get('x-auth-token')", "s3cret"),
        ("request.headers.get('accept')", OCTETS),
        ("request.cache", "no-store"),
        ("request.method", "GET"),
        ("String(request.url.includes('s3cret'))", "false"),
        ("String(request.url.endsWith('/snapshot?session=a'))", "true"),
    ] {
        assert_eq!(seen(expression).as_deref(), Some(expected), "{expression}");
    }
}

#[wasm_bindgen_test]
async fn a_token_that_no_header_can_carry_is_refused_without_asking() {
    let (sink, _connection) = open("snapshot", Some("ключ"));
    finished(&sink).await;
    let signals = sink.signals.take();
    assert!(matches!(signals.as_slice(), [Signal::Refused(said)] if said.contains("token")), "{signals:?}");
}

#[wasm_bindgen_test]
async fn dropping_the_connection_ends_it_without_a_signal() {
    let (sink, connection) = open(&blob(OCTETS, 100), None);
    drop(connection);
    finished(&sink).await;
    assert_eq!(sink.signals.take(), [], "dropped before the answer");

    answer_once(
        "new Response(new ReadableStream({ pull() { window.pulled = 1; return new Promise(() => {}) } }))",
    );
    let (sink, connection) = open("snapshot", None);
    until("the body is read", || number("return window.pulled ?? 0", &[]) > 0.5).await;
    next_task().await;
    drop(connection);
    assert_eq!(seen("String(request.signal.aborted)").as_deref(), Some("true"));
    assert_eq!(sink.signals.take(), [], "dropped in the middle");
}
