//! Flags about who may ask, and how much.

use std::{net::IpAddr, time::Duration};

use clap::Args;
use ipnet::IpNet;

use crate::{
    config::Trust,
    http::{AllowedOrigin, NotAnOrigin},
    net::ConnectionLimits,
};

/// The longest age that a stream may be given: a year.
const LONGEST_STREAM_SECONDS: u64 = 366 * 24 * 3600;

/// Whose word is taken, who may read, and how many connections there may be.
#[derive(Clone, Debug, Args)]
pub struct AccessArgs {
    /// A proxy, as IP address or network (10.0.0.0/8), whose X-Real-IP is the client's address. May be repeated.
    #[arg(long, env = "AURORA_TRUSTED_PROXY", value_name = "ADDRESS", value_delimiter = ',')]
    pub trusted_proxy: Vec<String>,
    /// An origin, such as `https://host.example.org`, whose pages may read the feed. May be repeated; `*` needs a token.
    #[arg(long, env = "AURORA_ALLOW_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    pub allow_origin: Vec<String>,
    /// A name that the feed may be called by without a token, besides this machine's own. May be repeated.
    #[arg(long, env = "AURORA_ALLOW_HOST", value_name = "NAME", value_delimiter = ',')]
    pub allow_host: Vec<String>,
    /// Connections at one time, in all.
    #[arg(long, env = "AURORA_MAX_CONNECTIONS", default_value_t = ConnectionLimits::default().total, value_name = "N",
          value_parser = at_least_one)]
    pub max_connections: usize,
    /// Connections of one client address at one time.
    #[arg(long, env = "AURORA_MAX_CONNECTIONS_PER_ADDRESS",
          default_value_t = ConnectionLimits::default().per_address, value_name = "N", value_parser = at_least_one)]
    pub max_connections_per_address: usize,
    /// How long a stream may last before its client has to open it again, in seconds.
    #[arg(long, env = "AURORA_MAX_STREAM_SECONDS", default_value_t = ConnectionLimits::default().stream_age.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=LONGEST_STREAM_SECONDS), value_name = "SECONDS")]
    pub max_stream_seconds: u64,
}

/// Why the feed does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// A proxy is named by something else than an address.
    #[error(
        "--trusted-proxy {text} is no IP address or network: pass one such as 127.0.0.1, ::1 or 10.0.0.0/8"
    )]
    BadProxy {
        /// What was passed.
        text: String,
    },
    /// Every address would be believed.
    #[error(
        "--trusted-proxy {text} trusts every address, so that anyone could claim any: name the proxies themselves"
    )]
    EveryProxy {
        /// What was passed.
        text: String,
    },
    /// An origin is none.
    #[error("--allow-origin {text} is no origin: {source}")]
    BadOrigin {
        /// What was passed.
        text: String,
        /// What an origin is.
        #[source]
        source: NotAnOrigin,
    },
    /// Every page could read the session through the browser of whoever opens it here.
    #[error(
        "--allow-origin * lets every web page read the session: name the origins, or set --auth-token-file"
    )]
    EveryOrigin,
    /// A name is none.
    #[error(
        "--allow-host {text} is no host name: pass one such as feed.example.org, without scheme and port"
    )]
    BadName {
        /// What was passed.
        text: String,
    },
}

impl AccessArgs {
    /// The limits on connections.
    pub(super) fn connections(&self) -> ConnectionLimits {
        ConnectionLimits {
            total: self.max_connections,
            per_address: self.max_connections_per_address,
            stream_age: Duration::from_secs(self.max_stream_seconds),
            ..ConnectionLimits::default()
        }
    }

    /// Whose word is taken.
    pub(super) fn trust(&self, has_token: bool) -> Result<Trust, AccessError> {
        let trust = Trust {
            trusted_proxies: self.trusted_proxy.iter().map(|text| proxy(text)).collect::<Result<_, _>>()?,
            allowed_hosts: self.allow_host.iter().map(|text| name(text)).collect::<Result<_, _>>()?,
            allowed_origins: self.allow_origin.iter().map(|text| origin(text)).collect::<Result<_, _>>()?,
        };
        if !has_token && trust.allowed_origins.iter().any(AllowedOrigin::is_any) {
            return Err(AccessError::EveryOrigin);
        }
        Ok(trust)
    }
}

fn proxy(text: &str) -> Result<IpNet, AccessError> {
    let address = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    let network = address.or_else(|_| text.parse::<IpNet>());
    match network {
        Ok(network) if network.prefix_len() == 0 => Err(AccessError::EveryProxy { text: text.to_owned() }),
        Ok(network) => Ok(network),
        Err(_) => Err(AccessError::BadProxy { text: text.to_owned() }),
    }
}

fn origin(text: &str) -> Result<AllowedOrigin, AccessError> {
    text.parse().map_err(|source| AccessError::BadOrigin { text: text.to_owned(), source })
}

fn name(text: &str) -> Result<String, AccessError> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let name = text.trim_end_matches('.');
    if name.is_empty() || !name.bytes().all(is_name) {
        return Err(AccessError::BadName { text: text.to_owned() });
    }
    Ok(name.to_ascii_lowercase())
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("it takes a number, 1 or more".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn access(flags: &[&str]) -> AccessArgs {
        Cli::try_parse_from(["aurora-feed"].iter().chain(flags)).unwrap().serve.feed.access
    }

    fn check_refused(flags: &[&str], words: &[&str]) {
        let message = access(flags).trust(false).unwrap_err().to_string();
        for word in words {
            assert!(message.contains(word), "{word:?} is not in {message:?}");
        }
    }

    #[test]
    fn proxies_names_and_origins_are_read() {
        let flags = [
            "--trusted-proxy",
            "127.0.0.1",
            "--trusted-proxy",
            "10.0.0.0/8,::1",
            "--allow-host",
            "A.example.",
        ];
        let trust = access(&flags).trust(false).unwrap();
        let proxies = ["127.0.0.1/32", "10.0.0.0/8", "::1/128"];
        assert_eq!(trust.trusted_proxies, proxies.map(|text| text.parse::<IpNet>().unwrap()));
        assert_eq!(trust.allowed_hosts, ["a.example"]);
        check_refused(&["--trusted-proxy", "nginx"], &["--trusted-proxy nginx", "10.0.0.0/8"]);
        check_refused(&["--trusted-proxy", "0.0.0.0/0"], &["every address"]);
        check_refused(&["--allow-host", "http://a"], &["--allow-host http://a", "without scheme"]);
        check_refused(&["--allow-origin", "a.example"], &["--allow-origin a.example", "https://"]);
    }

    #[test]
    fn every_origin_needs_a_token() {
        check_refused(&["--allow-origin", "*"], &["--auth-token-file"]);
        let any = access(&["--allow-origin", "*"]).trust(true).unwrap();
        assert!(any.allowed_origins.iter().all(AllowedOrigin::is_any));
        let one = access(&["--allow-origin", "http://a:8080"]).trust(false).unwrap();
        assert_eq!(one.allowed_origins.len(), 1);
    }

    #[test]
    fn limits_are_read_and_none_is_zero() {
        let flags =
            ["--max-connections", "7", "--max-connections-per-address", "3", "--max-stream-seconds", "60"];
        let limits = access(&flags).connections();
        assert_eq!((limits.total, limits.per_address, limits.stream_age), (7, 3, Duration::from_mins(1)));
        for flag in ["--max-connections", "--max-connections-per-address", "--max-stream-seconds"] {
            assert!(Cli::try_parse_from(["aurora-feed", flag, "0"]).is_err(), "{flag}");
        }
    }
}
