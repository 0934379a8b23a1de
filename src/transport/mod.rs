//! How bytes of the stream get into the page. What they mean is not known here.

mod fetch;

use std::rc::Rc;

use aurora_domain::link::Cause;

pub use fetch::Fetch;

/// Which stream to open, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The stream's URL, absolute or relative to the page.
    pub url: String,
    /// Sent as `X-Auth-Token`.
    pub token: Option<String>,
    /// Sent as `Last-Event-ID`.
    pub last_event_id: Option<String>,
}

/// What a connection has to say.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// The server answered with an event stream.
    Opened,
    /// A piece of the stream.
    Bytes(Vec<u8>),
    /// The connection failed or ended. Nothing follows.
    Lost(Cause),
    /// 401 or 403, with the server's reason. Nothing follows.
    Refused(String),
}

/// Takes signals; called from the browser's own tasks.
pub trait Sink {
    /// Takes one in.
    fn deliver(&self, signal: Signal);
    /// Whether the transport should go on reading; where not, it waits, and so does the server.
    fn has_room(&self) -> bool;
}

/// Opens streams.
pub trait Transport {
    /// Starts to connect. Dropping the connection ends it, and no signal comes after that.
    fn open(&self, request: &Request, sink: Rc<dyn Sink>) -> Box<dyn Connection>;
}

/// An open or opening stream, ended by dropping it.
pub trait Connection {}
