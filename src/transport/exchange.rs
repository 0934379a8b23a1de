//! One request through `fetch` and its answer: what every transport asks, and what statuses mean.
//!
//! Invariants: a request ends when it has told its last signal or is dropped, whichever comes first, and its
//! connection with it; what is kept of an answer is bounded.

use std::{cell::Cell, rc::Rc};

use aurora_domain::link::{Cause, UNSENDABLE_TOKEN};
use gloo_net::http::{RequestBuilder, Response};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, AbortSignal, ReadableStreamDefaultReader, RequestCache};

use super::{Connection, Signal, Sink};

/// The media type of an event stream.
pub(super) const STREAM: &str = "text/event-stream";

/// What the feed calls it.
const TOO_MANY_TOKENS: &str = "too_many_failures";
const NOT_HERE: [&str; 2] = ["forwarded", "foreign_host"];
/// A refusal's body is read for its message this far.
const REFUSAL_BYTES: usize = 64 << 10;

/// A request that runs until it is dropped.
pub(super) struct Exchange {
    aborter: Option<AbortController>,
    dropped: Rc<Cell<bool>>,
}

impl Connection for Exchange {}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.dropped.set(true);
        if let Some(aborter) = &self.aborter {
            aborter.abort();
        }
    }
}

impl Exchange {
    /// Runs `ask`, and delivers the signal that it ends with.
    pub(super) fn start(
        sink: Rc<dyn Sink>,
        ask: impl AsyncFnOnce(Option<AbortSignal>, &Outlet) -> Signal + 'static,
    ) -> Self {
        let aborter = AbortController::new().ok();
        let dropped = Rc::new(Cell::new(false));
        let outlet = Outlet { sink, dropped: Rc::clone(&dropped) };
        let running = aborter.clone();
        spawn_local(async move {
            let signal = running.as_ref().map(AbortController::signal);
            let last = ask(signal, &outlet).await;
            // What has not been read of the answer is not wanted.
            if let Some(aborter) = running {
                aborter.abort();
            }
            outlet.deliver(last);
        });
        Self { aborter, dropped }
    }
}

/// The way to the sink, closed once the request is dropped.
pub(super) struct Outlet {
    sink: Rc<dyn Sink>,
    dropped: Rc<Cell<bool>>,
}

impl Outlet {
    pub(super) fn deliver(&self, signal: Signal) {
        if !self.dropped.get() {
            self.sink.deliver(signal);
        }
    }

    /// Whether the page wants more; a request that is dropped never waits for it.
    pub(super) fn has_room(&self) -> bool {
        self.dropped.get() || self.sink.has_room()
    }
}

/// A request that no cache answers.
pub(super) fn request(url: &str, accept: &str, abort: Option<&AbortSignal>) -> RequestBuilder {
    RequestBuilder::new(url).header("Accept", accept).cache(RequestCache::NoStore).abort_signal(abort)
}

/// Adds `token`.
///
/// # Errors
/// The refusal that stands for an answer, where no header can carry the token.
pub(super) fn with_token(builder: RequestBuilder, token: &str) -> Result<RequestBuilder, Signal> {
    if is_sendable(token) {
        Ok(builder.header("X-Auth-Token", token))
    } else {
        Err(Signal::Refused(UNSENDABLE_TOKEN.to_owned()))
    }
}

/// Whether `value` can stand in a header; `fetch` throws on others.
pub(super) fn is_sendable(value: &str) -> bool {
    value.chars().all(|letter| letter <= '\u{ff}' && !matches!(letter, '\0' | '\r' | '\n'))
}

/// What is wrong with an answer to a request for a stream; `None` where it is one.
pub(super) async fn judge(response: &Response) -> Option<Signal> {
    match response.status() {
        200 => {
            let content_type = content_type(response);
            let is_stream = content_type.trim_start().to_ascii_lowercase().starts_with(STREAM);
            (!is_stream).then_some(Signal::Lost(Cause::NotAnEventStream { content_type }))
        }
        // A redirect that was not followed has no other status.
        0 => Some(Signal::Lost(Cause::Redirected)),
        401 => Some(refused(response).await),
        403 => Some(forbidden(response).await),
        429 => Some(limited(response).await),
        code => Some(Signal::Lost(Cause::HttpStatus { code })),
    }
}

/// Too many of something: of wrong tokens, which only a person can mend, or of what passes.
pub(super) async fn limited(response: &Response) -> Signal {
    match error_of(response).await {
        (Some(error), Some(message)) if error == TOO_MANY_TOKENS => Signal::Refused(message),
        _ => Signal::Lost(Cause::HttpStatus { code: response.status() }),
    }
}

/// The media type that an answer has by its own word, empty where it gives none.
pub(super) fn content_type(response: &Response) -> String {
    response.headers().get("content-type").unwrap_or_default()
}

/// A refusal, in the words of the `message` of its JSON body; empty where it has none.
pub(super) async fn refused(response: &Response) -> Signal {
    let (_, message) = error_of(response).await;
    Signal::Refused(message.unwrap_or_default())
}

/// Not allowed: for want of a token, where the server says so in JSON; else because it does not answer under this name, to
/// this address or through this proxy, which no token mends.
pub(super) async fn forbidden(response: &Response) -> Signal {
    match error_of(response).await {
        (Some(error), message) if !NOT_HERE.contains(&error.as_str()) => {
            Signal::Refused(message.unwrap_or_default())
        }
        _ => Signal::Lost(Cause::HttpStatus { code: response.status() }),
    }
}

/// The `error` and the `message` of an answer's JSON body.
async fn error_of(response: &Response) -> (Option<String>, Option<String>) {
    let body = match read_whole(response, REFUSAL_BYTES, || ()).await {
        Body::Whole(body) => body,
        Body::TooLarge | Body::Broken => Vec::new(),
    };
    let parsed: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |key| Some(parsed.get(key)?.as_str()?.chars().take(300).collect());
    (text("error"), text("message"))
}

/// What became of reading a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    Whole(Vec<u8>),
    /// It is larger than the limit, or than the memory that can be had.
    TooLarge,
    /// The connection failed before its end.
    Broken,
}

/// Reads a body of at most `limit` bytes, and says of each piece that it came.
pub(super) async fn read_whole(response: &Response, limit: usize, came: impl Fn()) -> Body {
    let mut bytes = Vec::new();
    let Some(reader) = reader_of(response) else { return Body::Whole(bytes) };
    loop {
        let Ok(chunk) = JsFuture::from(reader.read()).await else { return Body::Broken };
        let Some(array) = array_of(&chunk) else { return Body::Whole(bytes) };
        came();
        let (start, length) = (bytes.len(), array.length() as usize);
        if start + length > limit || bytes.try_reserve(length).is_err() {
            return Body::TooLarge;
        }
        bytes.resize(start + length, 0);
        if let Some(rest) = bytes.get_mut(start..) {
            array.copy_to(rest);
        }
    }
}

/// A reader of the body; `None` where there is no body.
pub(super) fn reader_of(response: &Response) -> Option<ReadableStreamDefaultReader> {
    response.body()?.get_reader().dyn_into().ok()
}

/// What one read gave; `None` at the end.
pub(crate) fn array_of(chunk: &JsValue) -> Option<Uint8Array> {
    let done = Reflect::get(chunk, &"done".into()).ok()?.is_truthy();
    let value = Reflect::get(chunk, &"value".into()).ok().filter(|_| !done)?;
    value.dyn_into().ok()
}

#[cfg(test)]
mod tests;
