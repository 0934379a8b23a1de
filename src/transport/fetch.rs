//! The stream through `fetch` and its body's reader: sends headers, sees the status, and sees every byte.

use std::rc::Rc;

use aurora_domain::link::Cause;
use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestRedirect};

use super::{
    Connection, Request, Signal, Sink, Transport,
    exchange::{self, Exchange, Outlet},
};
use crate::browser;

/// How much is handed over at a time, in bytes: about a millisecond of reducing.
const PIECE_BYTES: u32 = 64 << 10;

/// Opens streams with `fetch`. A page that has no room is not read for until it has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fetch;

impl Transport for Fetch {
    fn open(&self, request: &Request, sink: Rc<dyn Sink>) -> Box<dyn Connection> {
        let request = request.clone();
        let read = async move |abort: Option<AbortSignal>, outlet: &Outlet| {
            read_stream(&request, abort.as_ref(), outlet).await
        };
        Box::new(Exchange::start(sink, read))
    }
}

/// Waits until the page has room, or the connection is dropped.
async fn room(outlet: &Outlet) {
    while !outlet.has_room() {
        pause().await;
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
async fn read_stream(request: &Request, abort: Option<&AbortSignal>, outlet: &Outlet) -> Signal {
    let mut builder = exchange::request(&request.url, exchange::STREAM, abort);
    if let Some(token) = &request.token {
        // A redirect would carry the token to wherever it points; not followed it can be told from no answer.
        builder = match exchange::with_token(builder.redirect(RequestRedirect::Manual), token) {
            Ok(builder) => builder,
            Err(refused) => return refused,
        };
    }
    if let Some(id) = request.last_event_id.as_ref().filter(|id| exchange::is_sendable(id)) {
        builder = builder.header("Last-Event-ID", id);
    }
    let Ok(response) = builder.send().await else { return Signal::Lost(Cause::Unreachable) };
    if let Some(problem) = exchange::judge(&response).await {
        return problem;
    }
    let Some(reader) = exchange::reader_of(&response) else { return Signal::Lost(Cause::Ended) };
    outlet.deliver(Signal::Opened);
    while let Ok(chunk) = JsFuture::from(reader.read()).await {
        let Some(array) = exchange::array_of(&chunk) else { break };
        for bytes in pieces(&array) {
            outlet.deliver(Signal::Bytes(bytes));
            room(outlet).await;
        }
    }
    Signal::Lost(Cause::Ended)
}

/// The bytes in pieces that a frame's time budget can be kept with, however much the browser hands over at once.
fn pieces(array: &Uint8Array) -> impl Iterator<Item = Vec<u8>> {
    let length = array.length();
    (0..length)
        .step_by(PIECE_BYTES as usize)
        .map(move |start| array.subarray(start, (start + PIECE_BYTES).min(length)).to_vec())
}
