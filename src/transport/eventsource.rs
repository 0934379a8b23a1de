//! The stream through the browser's own `EventSource`, which decodes it.
//!
//! It can send no header, so it takes no token and resumes through `last_event_id` in the query. It does not say why
//! a stream ended, so a [`probe`] finds out. It cannot be made to wait, so where the page has no room the connection
//! ends with [`Cause::Overflow`] and resumes after what the page took in. Events of kinds that are not
//! in [`KINDS`] cannot be heard through it, nor can comments and `retry`.
//!
//! Invariants: the browser never reconnects by itself; what it hands over is delivered, in order, or the
//! connection ends.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use aurora_domain::{Source, link::Cause};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

use super::{Connection, Event, Request, Signal, Sink, Transport, exchange::Exchange, probe};

/// What is listened for, beside the file kinds: the browser's own two, events without a kind, and what the feed says
/// of itself.
const KINDS: [&str; 6] = ["open", "error", "message", "heartbeat", "session", "reset"];

/// Opens streams with the browser's `EventSource`, without a token.
#[derive(Clone, Copy, Debug, Default)]
pub struct Native;

impl Transport for Native {
    fn open(&self, request: &Request, sink: Rc<dyn Sink>) -> Box<dyn Connection> {
        let url = url_after(&request.url, request.last_event_id.as_deref());
        match EventSource::new(&url) {
            Ok(source) => Box::new(Open::start(Stream {
                source,
                url,
                sink,
                ended: Cell::new(false),
                probe: RefCell::new(None),
            })),
            Err(_not_a_url) => Box::new(probe::start(url, sink)),
        }
    }
}

/// The URL of the stream after `id`. What follows a `#` never reaches a server.
fn url_after(url: &str, id: Option<&str>) -> String {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let Some(id) = id.filter(|id| !id.is_empty()) else { return url.to_owned() };
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}last_event_id={}", js_sys::encode_uri_component(id))
}

fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.into_iter().chain(Source::ALL.map(Source::name))
}

/// A stream and its listeners.
struct Open {
    stream: Rc<Stream>,
    callback: Closure<dyn Fn(web_sys::Event)>,
}

impl Connection for Open {}

impl Open {
    fn start(stream: Stream) -> Self {
        let stream = Rc::new(stream);
        let callback = {
            let stream = Rc::clone(&stream);
            Closure::<dyn Fn(web_sys::Event)>::new(move |event| stream.hear(event))
        };
        for kind in kinds() {
            // It fails for callbacks that are no functions.
            let _ = stream.source.add_event_listener_with_callback(kind, callback.as_ref().unchecked_ref());
        }
        Self { stream, callback }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.stream.end();
        for kind in kinds() {
            // Nothing depends on the result: the stream is closed.
            let _ = self
                .stream
                .source
                .remove_event_listener_with_callback(kind, self.callback.as_ref().unchecked_ref());
        }
    }
}

struct Stream {
    source: EventSource,
    url: String,
    sink: Rc<dyn Sink>,
    /// Nothing that it says counts any more.
    ended: Cell<bool>,
    probe: RefCell<Option<Exchange>>,
}

impl Stream {
    fn hear(&self, event: web_sys::Event) {
        if self.ended.get() {
            return;
        }
        // A server may call its own events `open` or `error`; those carry a message.
        match event.dyn_into::<MessageEvent>() {
            Ok(message) => self.take(&message),
            Err(event) if event.type_() == "error" => self.find_out_why(),
            Err(_open) => self.sink.deliver(Signal::Opened),
        }
    }

    fn take(&self, message: &MessageEvent) {
        self.sink.deliver(Signal::Message(Event {
            kind: message.type_(),
            id: Some(message.last_event_id()).filter(|id| !id.is_empty()),
            data: message.data().as_string().unwrap_or_default(),
        }));
        // The sink may have ended the connection.
        if !self.ended.get() && !self.sink.has_room() {
            self.end();
            self.sink.deliver(Signal::Lost(Cause::Overflow));
        }
    }

    fn find_out_why(&self) {
        self.end();
        self.sink.deliver(Signal::Ended);
        let probe = probe::start(self.url.clone(), Rc::clone(&self.sink));
        self.probe.replace(Some(probe));
    }

    fn end(&self) {
        self.ended.set(true);
        self.source.close();
    }
}
