//! What a feed has of its sessions: their list, and one session's lines up to the present.
//!
//! Invariants: the token stands in a header, and no redirect takes it elsewhere; a request ends when its answer has been
//! read or is not wanted any more.

use aurora_domain::link::Cause;
use gloo_net::http::{RequestBuilder, Response};
use js_sys::{Array, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, RequestRedirect};

use super::{
    Signal,
    exchange::{self, Body},
};
use crate::browser;

/// The largest list that is read, in bytes.
const LIST_BYTES: usize = 4 << 20;
/// A stream that has said everything is silent for so long.
const SILENCE_MS: i32 = 700;

/// Ends a request when it is dropped.
struct Aborts(Option<AbortController>);

impl Drop for Aborts {
    fn drop(&mut self) {
        if let Some(aborter) = &self.0 {
            aborter.abort();
        }
    }
}

/// The list at `url` as JSON, or why there is none, in a sentence.
pub(crate) async fn list(url: &str, token: Option<&str>) -> Result<serde_json::Value, String> {
    let aborts = Aborts(AbortController::new().ok());
    let signal = aborts.0.as_ref().map(AbortController::signal);
    let builder = exchange::request(url, "application/json", signal.as_ref());
    let response = send(builder, token).await?;
    if response.status() != 200 {
        return Err(told(match response.status() {
            401 => exchange::refused(&response).await,
            403 => exchange::forbidden(&response).await,
            429 => exchange::limited(&response).await,
            code => Signal::Lost(Cause::HttpStatus { code }),
        }));
    }
    let Body::Whole(body) = exchange::read_whole(&response, LIST_BYTES, || ()).await else {
        return Err("its list of sessions broke off: try again".to_owned());
    };
    serde_json::from_slice(&body)
        .map_err(|_| "what answers is no feed: its list of sessions is not JSON".to_owned())
}

/// Reads the stream at `url` and hands over its bytes, until `take` says that it has enough, or the stream falls silent after
/// `take` said that it may end.
pub(crate) async fn read(
    url: &str,
    token: Option<&str>,
    mut take: impl FnMut(&[u8]) -> Enough,
) -> Result<(), String> {
    let aborts = Aborts(AbortController::new().ok());
    let signal = aborts.0.as_ref().map(AbortController::signal);
    let builder = exchange::request(url, exchange::STREAM, signal.as_ref());
    let response = send(builder, token).await?;
    if let Some(problem) = exchange::judge(&response).await {
        return Err(told(problem));
    }
    let Some(reader) = exchange::reader_of(&response) else { return Err("its answer is empty".to_owned()) };
    let mut enough = Enough::No;
    loop {
        let next = match enough {
            Enough::Yes => return Ok(()),
            Enough::No => JsFuture::from(reader.read()),
            Enough::AfterSilence => {
                JsFuture::from(Promise::race(&Array::of2(&reader.read().into(), &silence().into())))
            }
        };
        match next.await {
            Ok(chunk) if chunk.is_undefined() => return Ok(()),
            Ok(chunk) => match exchange::array_of(&chunk) {
                Some(array) => enough = take(&array.to_vec()),
                None => return Err("the stream ended before the session's last event: try again".to_owned()),
            },
            Err(_broken) => return Err("the connection broke: try again".to_owned()),
        }
    }
}

/// Whether a stream has been read far enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enough {
    No,
    /// Unless more comes soon.
    AfterSilence,
    Yes,
}

async fn send(builder: RequestBuilder, token: Option<&str>) -> Result<Response, String> {
    let builder = match token {
        Some(token) => exchange::with_token(builder.redirect(RequestRedirect::Error), token).map_err(told)?,
        None => builder,
    };
    builder.send().await.map_err(|_| told(Signal::Lost(Cause::Unreachable)))
}

fn told(signal: Signal) -> String {
    match signal {
        Signal::Refused(message) => format!("it refused: {message}"),
        Signal::Lost(Cause::HttpStatus { code }) => format!("it answers with HTTP {code}"),
        Signal::Lost(Cause::NotAnEventStream { .. }) => "what answers is no event stream".to_owned(),
        _ => "it cannot be reached".to_owned(),
    }
}

/// A promise that gives `undefined` after a while.
fn silence() -> Promise {
    Promise::new(&mut |resolve, _| {
        let waits = browser::window()
            .map(|window| window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, SILENCE_MS));
        if !matches!(waits, Some(Ok(_))) {
            // Without timers there is nothing to wait by.
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    })
}
