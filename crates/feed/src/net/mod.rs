//! Connections: accepting them, how many there may be, how long each may take, and who is at the other end.
//!
//! Invariants: a connection costs a bounded amount of memory, here and in the kernel; a client that sends no
//! request or takes no bytes is disconnected in bounded time; what is refused or cut is counted and said.
//! Nothing here knows a path, a token or an event.

mod accept;
pub(crate) mod address;
mod connection;
mod descriptors;
mod gate;
mod held;
mod socket;
mod stall;

use std::{net::IpAddr, time::Duration};

pub(crate) use accept::serve;
pub(crate) use descriptors::make_room;
pub(crate) use gate::{Figures, Gate, Refusal};
pub(crate) use held::holding;

/// How many connections there may be, and how long they may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections at one time, at least 1.
    pub total: usize,
    /// Connections, and requests through a trusted proxy, of one client address at one time, at least 1.
    pub per_address: usize,
    /// How long a request's head may take from its first byte, and how long a connection may idle between requests.
    pub head: Duration,
    /// How long a client may take none of the bytes that are sent to it.
    pub stall: Duration,
    /// How long a stream may last before its client has to open it again.
    pub stream_age: Duration,
}

impl Default for ConnectionLimits {
    /// 10,000 in all, 256 per address, 10 s for a head, 30 s without progress, streams of 24 hours.
    fn default() -> Self {
        Self {
            total: 10_000,
            per_address: 256,
            head: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            stream_age: Duration::from_hours(24),
        }
    }
}

/// What a request's connection is, among the request's extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// The address at the other end: the client's, or a proxy's.
    pub(crate) peer: IpAddr,
    /// Why only the paths for operators are answered, and only once.
    pub(crate) refusal: Option<Refusal>,
}
