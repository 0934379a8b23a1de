//! The name that a request calls the feed by, where no token protects it.
//!
//! A page on the internet can have its own name resolve to 127.0.0.1 (DNS rebinding); for the browser the
//! feed is then of the page's origin. Such a name has a dot, so it is told from an address, from `localhost`
//! and from names that only the local network resolves.

use std::net::IpAddr;

use axum::http::{HeaderMap, Uri, header::HOST, uri::Authority};

/// The name, if it is one that a page on the internet could have; `None` where it is none, or `allowed`.
pub(super) fn foreign(uri: &Uri, headers: &HeaderMap, allowed: &[String]) -> Option<String> {
    let mut named =
        headers.get_all(HOST).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let in_uri = uri.authority().map(Authority::to_string);
    named.by_ref().chain(in_uri).find(|name| !is_own(name, allowed))
}

fn is_own(name: &str, allowed: &[String]) -> bool {
    let Ok(authority) = name.trim().parse::<Authority>() else { return name.trim().is_empty() };
    let host = authority.host().to_ascii_lowercase();
    let bare = host.trim_matches(['[', ']']);
    let name = bare.trim_end_matches('.');
    bare.parse::<IpAddr>().is_ok()
        || !name.contains('.')
        || name.ends_with(".localhost")
        || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str, hosts: &[&str], expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, host.parse().unwrap());
        }
        let allowed = ["aurora.example.org".to_owned()];
        assert_eq!(
            foreign(&uri.parse().unwrap(), &headers, &allowed).as_deref(),
            expected,
            "{uri} {hosts:?}"
        );
    }

    #[test]
    fn addresses_and_local_names_are_own() {
        for host in ["127.0.0.1:8001", "[::1]:8001", "localhost", "LOCALHOST:8001", "a.localhost", "feed", ""]
        {
            check("/sse", &[host], None);
        }
        check("/sse", &[], None);
        check("/sse", &["Aurora.Example.org:443"], None);
        check("/sse", &["aurora.example.org."], None);
    }

    #[test]
    fn names_that_a_page_could_have_are_foreign() {
        for host in
            ["evil.example.com:8001", "127.0.0.1.evil.com", "localhost.evil.com", "x.aurora.example.org"]
        {
            check("/sse", &[host], Some(host));
        }
        check("/sse", &["localhost", "evil.com"], Some("evil.com"));
        check("http://evil.com/sse", &["localhost"], Some("evil.com"));
        check("/sse", &["evil.com/"], Some("evil.com/"));
    }
}
