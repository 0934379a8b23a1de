//! Why a stream is not open: the browser's own `EventSource` never says, so the same URL is asked once more.
//!
//! Invariant: only the answer's head is looked at, and a refusal's message; the answer is then given up.

use std::rc::Rc;

use aurora_domain::link::Cause;
use web_sys::AbortSignal;

use super::{
    Signal, Sink,
    exchange::{self, Exchange, Outlet},
};

/// Asks `url` for a stream, without a token, and delivers why there was none: a refusal with the server's words,
/// its status, that it is no stream, or that it cannot be reached. A stream that can be had now has ended before.
pub(super) fn start(url: String, sink: Rc<dyn Sink>) -> Exchange {
    Exchange::start(sink, async move |abort: Option<AbortSignal>, _: &Outlet| {
        let request = exchange::request(&url, exchange::STREAM, abort.as_ref());
        let Ok(response) = request.send().await else { return Signal::Lost(Cause::Unreachable) };
        exchange::judge(&response).await.unwrap_or(Signal::Lost(Cause::Ended))
    })
}
