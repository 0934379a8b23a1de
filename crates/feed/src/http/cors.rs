//! Pages of other origins: who may read answers, and with which headers.
//!
//! Invariants: without `--allow-origin` no answer carries a CORS header, so only pages that the feed (or its
//! proxy) serves can read it. Credentials of the browser are never allowed, for the token is a header that a page
//! sets itself.

use std::{fmt, str::FromStr, time::Duration};

use axum::http::{
    HeaderName, HeaderValue, Method, Uri,
    header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE},
};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember what it is allowed.
const REMEMBERED: Duration = Duration::from_mins(10);

/// An origin whose pages may read the feed, as browsers write it: `https://host` or `https://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrigin(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Any,
    Exactly(HeaderValue),
}

/// What was passed is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an origin is a scheme, a host and perhaps a port, such as https://host.example.org or http://localhost:8080"
)]
pub struct NotAnOrigin;

impl AllowedOrigin {
    /// Whether it stands for every origin.
    pub fn is_any(&self) -> bool {
        self.0 == Kind::Any
    }
}

impl FromStr for AllowedOrigin {
    type Err = NotAnOrigin;

    /// `*`, or an origin; a slash behind it and the scheme's own port are left out, as browsers do.
    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        if text == "*" {
            return Ok(Self(Kind::Any));
        }
        let uri = text.parse::<Uri>().map_err(|_| NotAnOrigin)?;
        let (scheme, authority) = uri.scheme_str().zip(uri.authority()).ok_or(NotAnOrigin)?;
        let own_port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(NotAnOrigin),
        };
        let is_bare = uri.path() == "/" && uri.query().is_none() && !text.contains(['@', '*', '#']);
        if !is_bare || authority.host().is_empty() {
            return Err(NotAnOrigin);
        }
        let host = authority.host().to_ascii_lowercase();
        let port = match authority.port_u16() {
            Some(port) if port != own_port => format!(":{port}"),
            None if authority.as_str().len() != authority.host().len() => return Err(NotAnOrigin),
            _ => String::new(),
        };
        let value = format!("{scheme}://{host}{port}").parse().map_err(|_| NotAnOrigin)?;
        Ok(Self(Kind::Exactly(value)))
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Any => formatter.write_str("*"),
            Kind::Exactly(value) => formatter.write_str(&String::from_utf8_lossy(value.as_bytes())),
        }
    }
}

/// What answers preflights and marks answers; `None` where only the feed's own origin may read.
pub(super) fn layer(origins: &[AllowedOrigin]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let exact = origins.iter().filter_map(|origin| match &origin.0 {
        Kind::Any => None,
        Kind::Exactly(value) => Some(value.clone()),
    });
    let allowed =
        if origins.iter().any(AllowedOrigin::is_any) { AllowOrigin::any() } else { AllowOrigin::list(exact) };
    let sent = ["last-event-id", "x-auth-token"].map(HeaderName::from_static);
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::GET, Method::HEAD])
            .allow_headers(sent.into_iter().chain([AUTHORIZATION]).collect::<Vec<_>>())
            .expose_headers([RETRY_AFTER, WWW_AUTHENTICATE, super::snapshot::AS_OF])
            .allow_private_network(true)
            .max_age(REMEMBERED),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let origin = text.parse::<AllowedOrigin>().ok().map(|origin| origin.to_string());
        assert_eq!(origin.as_deref(), expected, "{text}");
    }

    #[test]
    fn origins_are_read_as_browsers_write_them() {
        check("https://Host.example.org", Some("https://host.example.org"));
        check("https://host.example.org/", Some("https://host.example.org"));
        check("https://host.example.org:443", Some("https://host.example.org"));
        check("http://localhost:8080", Some("http://localhost:8080"));
        check("http://[::1]:8080", Some("http://[::1]:8080"));
        check("*", Some("*"));
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for text in [
            "",
            "null",
            "host.example.org",
            "ftp://host",
            "https://",
            "https://*.example.org",
            "https://host/page",
            "https://host?x",
            "https://user@host",
            "https://host:port",
            "https://host:",
        ] {
            check(text, None);
        }
    }
}
