//! What the browser's word that there is no network counts for.
//!
//! Invariants: where the server is on this computer it counts for nothing; elsewhere until the network is back or bytes
//! arrive that were not on their way already.

/// What arrives so soon after the network went was on its way, in milliseconds.
const ON_ITS_WAY_MS: u64 = 1_000;

/// Whether there is no network.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Offline {
    /// Since when; `None` where there is one.
    since_ms: Option<u64>,
    needs_no_network: bool,
}

impl Offline {
    /// The server can be reached without a network.
    pub(super) const fn never(&mut self) {
        *self = Self { since_ms: None, needs_no_network: true };
    }

    /// Since when there is no network; `None` where there is one, or none is needed.
    pub(super) const fn since_ms(&self) -> Option<u64> {
        self.since_ms
    }

    /// The browser says that there is no network. False where that means nothing for the server.
    pub(super) fn went(&mut self, now_ms: u64) -> bool {
        if !self.needs_no_network {
            self.since_ms.get_or_insert(now_ms);
        }
        !self.needs_no_network
    }

    /// The browser says that the network is back, or a person knows better. True where there was none until now.
    pub(super) const fn ended(&mut self) -> bool {
        self.since_ms.take().is_some()
    }

    /// The last byte came at `heard_ms`: where that cannot be without a network, there is one.
    pub(super) fn heard(&mut self, heard_ms: u64) {
        self.since_ms = self.since_ms.filter(|since_ms| heard_ms <= since_ms.saturating_add(ON_ITS_WAY_MS));
    }

    /// The page's clock was set back to `now_ms`.
    pub(super) fn set_back(&mut self, now_ms: u64) {
        self.since_ms = self.since_ms.map(|since_ms| since_ms.min(now_ms));
    }
}

/// Whether `host`, as it stands in a URL, names this computer itself: `localhost`, a name below it, 127.0.0.0/8 or `[::1]`.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<core::net::IpAddr>() {
        return address.to_canonical().is_loopback();
    }
    let name = bare.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or_default();
    last.eq_ignore_ascii_case("localhost")
}
