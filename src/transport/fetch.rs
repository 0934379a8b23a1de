//! The stream through `fetch` and its body's reader: sends headers, sees the status, and sees every byte.

use std::{cell::Cell, rc::Rc};

use aurora_domain::link::Cause;
use gloo_net::http::{RequestBuilder, Response};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, ReadableStreamDefaultReader, RequestCache, RequestRedirect};

use super::{Connection, Request, Signal, Sink, Transport};
use crate::browser;

const UNSENDABLE_TOKEN: &str = "the token was not sent, because no request can carry some of its letters";

/// How much is handed over at a time, in bytes: about a millisecond of reducing.
const PIECE_BYTES: u32 = 64 << 10;

/// Opens streams with `fetch`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fetch;

struct Open {
    aborter: Option<AbortController>,
    dropped: Rc<Cell<bool>>,
}

impl Connection for Open {}

impl Drop for Open {
    fn drop(&mut self) {
        self.dropped.set(true);
        if let Some(aborter) = &self.aborter {
            aborter.abort();
        }
    }
}

impl Transport for Fetch {
    fn open(&self, request: &Request, sink: Rc<dyn Sink>) -> Box<dyn Connection> {
        let aborter = AbortController::new().ok();
        let dropped = Rc::new(Cell::new(false));
        let outlet = Outlet { sink, dropped: Rc::clone(&dropped) };
        let (request, signal) = (request.clone(), aborter.as_ref().map(AbortController::signal));
        spawn_local(async move {
            let last = read_stream(&request, signal.as_ref(), &outlet).await;
            outlet.deliver(last);
        });
        Box::new(Open { aborter, dropped })
    }
}

/// The way to the sink, closed once the connection is dropped.
struct Outlet {
    sink: Rc<dyn Sink>,
    dropped: Rc<Cell<bool>>,
}

impl Outlet {
    fn deliver(&self, signal: Signal) {
        if !self.dropped.get() {
            self.sink.deliver(signal);
        }
    }

    async fn room(&self) {
        while !self.dropped.get() && !self.sink.has_room() {
            pause().await;
        }
    }
}

/// Waits for about a frame.
async fn pause() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        if let Some(window) = browser::window() {
            // Where no timer can be had the promise stays open, and with it a page that is going away.
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, 16);
        }
    });
    // A promise that is only ever resolved.
    let _ = JsFuture::from(promise).await;
}

/// Reads to the end of the stream and returns the signal that ends it.
async fn read_stream(request: &Request, abort: Option<&web_sys::AbortSignal>, outlet: &Outlet) -> Signal {
    let mut builder = RequestBuilder::new(&request.url)
        .header("Accept", "text/event-stream")
        .cache(RequestCache::NoStore)
        .abort_signal(abort);
    if let Some(token) = &request.token {
        if !is_sendable(token) {
            return Signal::Refused(UNSENDABLE_TOKEN.to_owned());
        }
        // A redirect would carry the token to wherever it points.
        builder = builder.header("X-Auth-Token", token).redirect(RequestRedirect::Error);
    }
    if let Some(id) = request.last_event_id.as_ref().filter(|id| is_sendable(id)) {
        builder = builder.header("Last-Event-ID", id);
    }
    let Ok(response) = builder.send().await else { return Signal::Lost(Cause::Unreachable) };
    if let Some(problem) = judge(&response).await {
        return problem;
    }
    let Some(reader) = reader_of(&response) else { return Signal::Lost(Cause::Ended) };
    outlet.deliver(Signal::Opened);
    while let Ok(chunk) = JsFuture::from(reader.read()).await {
        let Some(array) = array_of(&chunk) else { break };
        for bytes in pieces(&array) {
            outlet.deliver(Signal::Bytes(bytes));
            outlet.room().await;
        }
    }
    Signal::Lost(Cause::Ended)
}

/// Whether `value` can stand in a header; `fetch` throws on others.
fn is_sendable(value: &str) -> bool {
    value.chars().all(|letter| letter <= '\u{ff}' && !matches!(letter, '\0' | '\r' | '\n'))
}

/// What is wrong with an answer; `None` where it is an event stream.
async fn judge(response: &Response) -> Option<Signal> {
    match response.status() {
        200 => {
            let content_type = response.headers().get("content-type").unwrap_or_default();
            let is_stream = content_type.trim_start().to_ascii_lowercase().starts_with("text/event-stream");
            (!is_stream).then_some(Signal::Lost(Cause::NotAnEventStream { content_type }))
        }
        401 | 403 => {
            let body = response.text().await.unwrap_or_default();
            Some(Signal::Refused(message_of(&body)))
        }
        code => Some(Signal::Lost(Cause::HttpStatus { code })),
    }
}

/// The `message` of a JSON error body, or a sentence that stands for it.
fn message_of(body: &str) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let message = parsed.as_ref().and_then(|value| value.get("message")).and_then(serde_json::Value::as_str);
    message.unwrap_or("The server wants a token, or another one.").chars().take(300).collect()
}

fn reader_of(response: &Response) -> Option<ReadableStreamDefaultReader> {
    response.body()?.get_reader().dyn_into().ok()
}

/// What one read gave; `None` at the end.
fn array_of(chunk: &JsValue) -> Option<Uint8Array> {
    let done = Reflect::get(chunk, &"done".into()).ok()?.is_truthy();
    let value = Reflect::get(chunk, &"value".into()).ok().filter(|_| !done)?;
    value.dyn_into().ok()
}

/// The bytes in pieces that a frame's time budget can be kept with, however much the browser hands over at once.
fn pieces(array: &Uint8Array) -> impl Iterator<Item = Vec<u8>> {
    let length = array.length();
    (0..length)
        .step_by(PIECE_BYTES as usize)
        .map(move |start| array.subarray(start, (start + PIECE_BYTES).min(length)).to_vec())
}
