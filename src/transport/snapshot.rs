//! Loading a snapshot: the state of a session's figures, from which the stream then goes on.
//!
//! Invariants: a server that has none is no failure; the token stands in a header, and no redirect takes it elsewhere.

use std::rc::Rc;

use aurora_domain::link::Cause;
use web_sys::{AbortSignal, RequestRedirect};

use super::{
    Connection, Signal, Sink,
    exchange::{self, Body, Exchange, Outlet},
};

/// The largest snapshot that is loaded, in bytes; a larger one counts as none.
pub const MAX_BYTES: usize = 256 << 20;

/// Asks `url` for a snapshot and delivers, after a [`Signal::Progress`] for each piece, one signal, the last: [`Signal::Snapshot`], or [`Signal::NoSnapshot`]
/// where the server does not know of any, answers with a text or a redirect, or has one that is empty or too large;
/// [`Signal::Refused`] for 401 and 403; else [`Signal::Lost`]: with the status, as unreachable, or as ended where
/// the answer broke off. Dropping the connection ends it, and no signal comes after that.
pub fn open(url: &str, token: Option<&str>, sink: Rc<dyn Sink>) -> Box<dyn Connection> {
    let (url, token) = (url.to_owned(), token.map(str::to_owned));
    let load = async move |abort: Option<AbortSignal>, outlet: &Outlet| {
        // Not followed, but seen: a server that sends unknown paths elsewhere has no snapshot.
        let mut builder = exchange::request(&url, "application/octet-stream", abort.as_ref())
            .redirect(RequestRedirect::Manual);
        if let Some(token) = &token {
            builder = match exchange::with_token(builder, token) {
                Ok(builder) => builder,
                Err(refused) => return refused,
            };
        }
        let Ok(response) = builder.send().await else { return Signal::Lost(Cause::Unreachable) };
        match response.status() {
            200 if is_text(&exchange::content_type(&response)) => Signal::NoSnapshot,
            200 => {
                loaded(exchange::read_whole(&response, MAX_BYTES, || outlet.deliver(Signal::Progress)).await)
            }
            401 => exchange::refused(&response).await,
            403 => exchange::forbidden(&response).await,
            429 => exchange::limited(&response).await,
            code if has_none(code) => Signal::NoSnapshot,
            code => Signal::Lost(Cause::HttpStatus { code }),
        }
    };
    Box::new(Exchange::start(sink, load))
}

fn loaded(body: Body) -> Signal {
    match body {
        Body::Whole(bytes) if !bytes.is_empty() => Signal::Snapshot(bytes),
        Body::Whole(_) | Body::TooLarge => Signal::NoSnapshot,
        Body::Broken => Signal::Lost(Cause::Ended),
    }
}

/// A page, usually: a server that answers every path with its own.
fn is_text(content_type: &str) -> bool {
    content_type.trim_start().to_ascii_lowercase().starts_with("text/")
}

/// Whether a status says that asking again will not help: there is nothing, or the server knows no such path, method or form. A redirect
/// that is not followed has the status 0. Timeouts (408), 425 and limits (429) pass.
const fn has_none(code: u16) -> bool {
    matches!(code, 0 | 204 | 500 | 501 | 400..=499) && !matches!(code, 408 | 425 | 429)
}
