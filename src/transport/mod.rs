//! How what a server sends gets into the page. What it means is not known here.
//!
//! Invariants: after [`Signal::Lost`], [`Signal::Refused`], [`Signal::Snapshot`] and [`Signal::NoSnapshot`] nothing
//! follows; after a connection is dropped nothing comes at all, and the browser has let go of it; a token travels in
//! a header and never in a URL.

mod eventsource;
mod exchange;
mod fetch;
pub(crate) mod history;
mod probe;
pub mod snapshot;

use std::rc::Rc;

use aurora_domain::link::Cause;

pub use eventsource::Native;
pub(crate) use exchange::array_of;
pub use fetch::Fetch;

/// Which stream to open, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The stream's URL, absolute or relative to the page.
    pub url: String,
    /// Sent as `X-Auth-Token`, by [`Fetch`] alone.
    pub token: Option<String>,
    /// The stream goes on after it: `Last-Event-ID`, or `last_event_id` in the query.
    pub last_event_id: Option<String>,
    /// Whether so much comes that it is to be read in bytes.
    pub hot: bool,
}

/// An event as the browser's own `EventSource` hands it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The `event:` field, `message` where there was none.
    pub kind: String,
    /// The last id that the stream set on this connection, by this event or an earlier one; `None` where that is none,
    /// or empty.
    pub id: Option<String>,
    /// The `data:` lines, joined by newlines.
    pub data: String,
}

/// What a connection has to say.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// The server answered with an event stream.
    Opened,
    /// A piece of the stream.
    Bytes(Vec<u8>),
    /// An event of the stream, which the browser has decoded.
    Message(Event),
    /// A piece of a snapshot came.
    Progress,
    /// The state of a session's figures, whole. Nothing follows.
    Snapshot(Vec<u8>),
    /// The server has no snapshot to give. Nothing follows.
    NoSnapshot,
    /// The stream has ended; why is being found out, and follows.
    Ended,
    /// The connection failed or ended. Nothing follows.
    Lost(Cause),
    /// The server wants a token, or another one, with its reason; empty where it gave none. Nothing follows.
    Refused(String),
}

impl Signal {
    /// What it takes up while it waits, in bytes.
    pub fn waiting_bytes(&self) -> usize {
        match self {
            Self::Bytes(bytes) | Self::Snapshot(bytes) => bytes.len(),
            // Events are small and many: what each takes beside its data counts too.
            Self::Message(event) => size_of::<Self>() + event.kind.len() + event.data.len(),
            Self::Opened
            | Self::Progress
            | Self::NoSnapshot
            | Self::Ended
            | Self::Lost(_)
            | Self::Refused(_) => 0,
        }
    }
}

/// Takes signals; called from the browser's own tasks.
pub trait Sink {
    /// Takes one in.
    fn deliver(&self, signal: Signal);
    /// Whether the transport should go on. Where not, one that can wait waits, and so does the server; one that
    /// cannot ends the connection with [`Cause::Overflow`].
    fn has_room(&self) -> bool;
}

/// Opens streams.
pub trait Transport {
    /// Starts to connect. Dropping the connection ends it, and no signal comes after that.
    fn open(&self, request: &Request, sink: Rc<dyn Sink>) -> Box<dyn Connection>;
    /// Asks for a state to begin with, in the same way; of the request, the URL and the token count.
    fn snapshot(&self, request: &Request, sink: Rc<dyn Sink>) -> Box<dyn Connection> {
        snapshot::open(&request.url, request.token.as_deref(), sink)
    }
}

/// The browser's own `EventSource` where no token is wanted and the stream is calm, else `fetch`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Streams;

impl Transport for Streams {
    fn open(&self, request: &Request, sink: Rc<dyn Sink>) -> Box<dyn Connection> {
        if request.token.is_some() || request.hot {
            Fetch.open(request, sink)
        } else {
            Native.open(request, sink)
        }
    }
}

/// An open or opening stream, ended by dropping it.
pub trait Connection {}
