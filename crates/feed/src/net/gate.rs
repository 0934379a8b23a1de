//! How many connections there are, in all and per client address.
//!
//! Invariants: what was counted on entry is given back when its [`Permit`] is dropped, whatever happens in
//! between; memory grows with what is open, never with what was. Beyond the limits a few connections more
//! are let in only to be told so; the rest is closed without a word. All of it is counted.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{ConnectionLimits, address::bucket};

/// How many connections above the limit are answered at one time.
const OVERFLOW: usize = 64;

/// Why a client is not served. Displayed, it says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The limit on connections in all is reached.
    #[error(
        "the feed serves as many connections as it may ({total}): try again later, or raise --max-connections"
    )]
    Full {
        /// The limit.
        total: usize,
    },
    /// The limit on connections of one address is reached.
    #[error(
        "{address} has as many connections open as one address may ({limit}): close some, or raise \
         --max-connections-per-address; if it is a proxy, name it with --trusted-proxy"
    )]
    Address {
        /// Whose.
        address: IpAddr,
        /// The limit.
        limit: usize,
    },
}

/// Counts connections, lets them in and turns them away.
pub(crate) struct Gate {
    limits: ConnectionLimits,
    open: Mutex<Open>,
    counts: Counters,
}

#[derive(Default)]
struct Open {
    total: usize,
    overflow: usize,
    by_address: HashMap<IpAddr, usize>,
}

#[derive(Default)]
struct Counters {
    accepted: AtomicU64,
    refused: AtomicU64,
    dropped: AtomicU64,
    stalled: AtomicU64,
    accept_errors: AtomicU64,
}

/// What the gate has seen since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Connections that are open now, refused ones too.
    pub(crate) open: usize,
    /// Connections that were served.
    pub(crate) accepted: u64,
    /// Connections and proxied requests that were answered with a refusal.
    pub(crate) refused: u64,
    /// Connections that were closed without an answer, because too many were being refused.
    pub(crate) dropped: u64,
    /// Connections that were cut because their client took no bytes.
    pub(crate) stalled: u64,
    /// Times that the system could not hand out a connection.
    pub(crate) accept_errors: u64,
}

/// A counted connection or request; dropping it gives its place back.
pub(crate) struct Permit {
    gate: Arc<Gate>,
    place: Place,
    address: Option<IpAddr>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Connection,
    Overflow,
    Request,
}

impl Gate {
    pub(crate) fn new(limits: ConnectionLimits) -> Self {
        Self { limits, open: Mutex::default(), counts: Counters::default() }
    }

    /// The limits that it holds to.
    pub(crate) fn limits(&self) -> ConnectionLimits {
        self.limits
    }

    /// Counts a new connection. `client` is its address, unless it is that of a trusted proxy, whose requests are
    /// counted one by one. `None` where not even a refusal may be said.
    pub(crate) fn enter(self: &Arc<Self>, client: Option<IpAddr>) -> Option<(Permit, Option<Refusal>)> {
        let mut open = self.open();
        let refusal = if open.total >= self.limits.total {
            Some(Refusal::Full { total: self.limits.total })
        } else {
            client.and_then(|address| self.count_address(&mut open, address).err())
        };
        if refusal.is_none() {
            open.total += 1;
            self.counts.accepted.fetch_add(1, Relaxed);
            return Some((self.permit(Place::Connection, client), None));
        }
        if open.overflow >= OVERFLOW {
            self.counts.dropped.fetch_add(1, Relaxed);
            return None;
        }
        open.overflow += 1;
        self.counts.refused.fetch_add(1, Relaxed);
        Some((self.permit(Place::Overflow, None), refusal))
    }

    /// Counts a request that a trusted proxy passes on for `client`, until the permit is dropped.
    ///
    /// # Errors
    /// When that address has as many as it may.
    pub(crate) fn request(self: &Arc<Self>, client: IpAddr) -> Result<Permit, Refusal> {
        self.count_address(&mut self.open(), client).inspect_err(|_| {
            self.counts.refused.fetch_add(1, Relaxed);
        })?;
        Ok(self.permit(Place::Request, Some(client)))
    }

    /// What it has seen.
    pub(crate) fn figures(&self) -> Figures {
        let open = self.open();
        Figures {
            open: open.total + open.overflow,
            accepted: self.counts.accepted.load(Relaxed),
            refused: self.counts.refused.load(Relaxed),
            dropped: self.counts.dropped.load(Relaxed),
            stalled: self.counts.stalled.load(Relaxed),
            accept_errors: self.counts.accept_errors.load(Relaxed),
        }
    }

    /// A client was cut because it took no bytes.
    pub(super) fn stalled(&self) {
        self.counts.stalled.fetch_add(1, Relaxed);
    }

    /// The system could not hand out a connection.
    pub(super) fn accept_failed(&self) {
        self.counts.accept_errors.fetch_add(1, Relaxed);
    }

    fn count_address(&self, open: &mut Open, address: IpAddr) -> Result<(), Refusal> {
        let count = open.by_address.entry(bucket(address)).or_default();
        if *count >= self.limits.per_address {
            return Err(Refusal::Address { address, limit: self.limits.per_address });
        }
        *count += 1;
        Ok(())
    }

    fn permit(self: &Arc<Self>, place: Place, address: Option<IpAddr>) -> Permit {
        Permit { gate: Arc::clone(self), place, address: address.map(bucket) }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.gate.open();
        match self.place {
            Place::Connection => open.total -= 1,
            Place::Overflow => open.overflow -= 1,
            Place::Request => {}
        }
        let Some(address) = self.address else { return };
        if let Some(count) = open.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(total: usize, per_address: usize) -> Arc<Gate> {
        Arc::new(Gate::new(ConnectionLimits { total, per_address, ..ConnectionLimits::default() }))
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn check_enter(gate: &Arc<Gate>, client: Option<u8>, refusal: Option<Refusal>) -> Permit {
        let (permit, found) = gate.enter(client.map(address)).expect("closed without a word");
        assert_eq!(found, refusal);
        permit
    }

    #[test]
    fn the_total_is_held_to_and_places_come_back() {
        let gate = gate(2, 9);
        let first = check_enter(&gate, Some(1), None);
        let _second = check_enter(&gate, None, None);
        drop(check_enter(&gate, Some(3), Some(Refusal::Full { total: 2 })));
        drop(first);
        check_enter(&gate, Some(3), None);
        assert_eq!(gate.figures(), Figures { open: 1, accepted: 3, refused: 1, ..Figures::default() });
    }

    #[test]
    fn one_address_cannot_take_the_places_of_others() {
        let gate = gate(9, 2);
        let mine = [check_enter(&gate, Some(1), None), check_enter(&gate, Some(1), None)];
        let refusal = Refusal::Address { address: address(1), limit: 2 };
        check_enter(&gate, Some(1), Some(refusal));
        check_enter(&gate, Some(2), None);
        drop(mine);
        check_enter(&gate, Some(1), None);
        assert!(gate.open().by_address.is_empty(), "an address without connections is forgotten");
    }

    #[test]
    fn requests_through_a_proxy_count_for_their_client_and_the_proxy_for_none() {
        let gate = gate(9, 1);
        let _proxy = [check_enter(&gate, None, None), check_enter(&gate, None, None)];
        let held = gate.request(address(1)).unwrap();
        assert_eq!(gate.request(address(1)).err(), Some(Refusal::Address { address: address(1), limit: 1 }));
        assert!(gate.request(address(2)).is_ok());
        drop(held);
        assert!(gate.request(address(1)).is_ok());
    }

    #[test]
    fn a_network_of_version_six_counts_as_one_address() {
        let gate = gate(9, 1);
        let of = |text: &str| gate.request(text.parse().unwrap());
        let _held = of("2001:db8::1").unwrap();
        assert!(of("2001:db8::ffff:1").is_err());
        assert!(of("2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn too_many_refusals_at_one_time_are_closed_and_counted() {
        let gate = gate(1, 1);
        let _inside = check_enter(&gate, Some(1), None);
        let refused: Vec<_> =
            (0..OVERFLOW).map(|_| check_enter(&gate, Some(2), Some(Refusal::Full { total: 1 }))).collect();
        assert!(gate.enter(Some(address(2))).is_none());
        assert_eq!(gate.figures().dropped, 1);
        drop(refused);
        assert!(gate.enter(Some(address(2))).is_some());
    }
}
