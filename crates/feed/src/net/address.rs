//! Whose request it is: the address at the other end of the connection, or what a trusted proxy says.
//!
//! Invariant: a header names the client only where the connection comes from a proxy that the operator named.

use std::net::{IpAddr, Ipv6Addr};

use hyper::HeaderMap;
use ipnet::IpNet;

/// In which a trusted proxy names its client.
const REAL_IP: &str = "x-real-ip";

/// Any of which says that a proxy passed the request on.
const FORWARDING: [&str; 3] = [REAL_IP, "x-forwarded-for", "forwarded"];

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// From the other end of the connection.
    Direct(IpAddr),
    /// From this client, through a trusted proxy.
    Proxied(IpAddr),
    /// Through someone at this address whom nobody named as a proxy.
    Unvouched(IpAddr),
}

/// A trusted proxy names its client wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "X-Real-IP must be one IP address: check what the proxy sets (nginx: proxy_set_header X-Real-IP $remote_addr)"
)]
pub(crate) struct NotAnAddress;

impl Caller {
    /// By the connection's peer and the request's headers.
    ///
    /// # Errors
    /// When a trusted proxy sends an `X-Real-IP` that is not one address.
    pub(crate) fn of(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> Result<Self, NotAnAddress> {
        let peer = peer.to_canonical();
        if !is_trusted(peer, proxies) {
            let forwarded = FORWARDING.iter().any(|name| headers.contains_key(*name));
            return Ok(if forwarded { Self::Unvouched(peer) } else { Self::Direct(peer) });
        }
        let mut values = headers.get_all(REAL_IP).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(Self::Direct(peer)),
            (Some(value), None) => {
                let client = value.to_str().ok().and_then(|text| text.trim().parse::<IpAddr>().ok());
                client.map(|client| Self::Proxied(client.to_canonical())).ok_or(NotAnAddress)
            }
            (Some(_), Some(_)) => Err(NotAnAddress),
        }
    }

    /// The address that limits and logs go by.
    pub(crate) fn client(self) -> IpAddr {
        match self {
            Self::Direct(address) | Self::Proxied(address) | Self::Unvouched(address) => address,
        }
    }
}

/// Whether an address is that of a proxy whose word is taken.
pub(crate) fn is_trusted(peer: IpAddr, proxies: &[IpNet]) -> bool {
    let peer = peer.to_canonical();
    proxies.iter().any(|network| network.contains(&peer))
}

/// What an address is counted under: itself, or its /64 network, of which one customer has all addresses.
pub(crate) fn bucket(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX))),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: &str, headers: &[(&'static str, &str)], expected: Result<Caller, NotAnAddress>) {
        let proxies = ["127.0.0.1/32".parse().unwrap(), "10.1.0.0/16".parse().unwrap()];
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        assert_eq!(Caller::of(peer.parse().unwrap(), &map, &proxies), expected, "{peer} {headers:?}");
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_trusted_proxy_names_its_client() {
        check("127.0.0.1", &[("x-real-ip", "192.0.2.7")], Ok(Caller::Proxied(ip("192.0.2.7"))));
        check("::ffff:127.0.0.1", &[("x-real-ip", "2001:db8::1")], Ok(Caller::Proxied(ip("2001:db8::1"))));
        check("10.1.9.9", &[("x-real-ip", "::ffff:192.0.2.7")], Ok(Caller::Proxied(ip("192.0.2.7"))));
        check("127.0.0.1", &[], Ok(Caller::Direct(ip("127.0.0.1"))));
    }

    #[test]
    fn others_are_not_believed() {
        for header in FORWARDING {
            check("10.2.0.1", &[(header, "192.0.2.7")], Ok(Caller::Unvouched(ip("10.2.0.1"))));
        }
        check("::1", &[], Ok(Caller::Direct(ip("::1"))));
    }

    #[test]
    fn a_proxy_that_names_no_address_is_refused() {
        check("127.0.0.1", &[("x-real-ip", "unknown")], Err(NotAnAddress));
        check("127.0.0.1", &[("x-real-ip", "192.0.2.7, 192.0.2.8")], Err(NotAnAddress));
        check("127.0.0.1", &[("x-real-ip", "192.0.2.7"), ("x-real-ip", "192.0.2.8")], Err(NotAnAddress));
    }
}
