//! One HTTP request to a receiver.
//!
//! Invariants: redirects are not followed, for that would hand secrets to whatever they lead to; what is said of a failure
//! has neither address nor body; a receiver on this machine is never reached through a proxy.

use std::{sync::Arc, time::Duration};

use rustls::CertificateError;
use ureq::{
    Agent, Error,
    tls::{Certificate, RootCerts, TlsConfig, TlsProvider},
};

use super::secret::Secret;

/// How long a request may take in all.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How a request went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It was taken.
    Taken,
    /// It was not, and may be another time.
    Failed(String),
    /// It never will be.
    Refused(String),
}

/// Where to send, and as whom.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) url: Secret,
    /// Sent as `Authorization: Bearer`.
    pub(super) token: Option<Secret>,
    /// Whether it is this machine.
    pub(super) is_loopback: bool,
}

/// Sends to one receiver.
pub(super) struct Post {
    agent: Agent,
    address: Address,
}

impl Post {
    /// Certificates are trusted that lead to one of `roots`.
    pub(super) fn new(address: Address, roots: Arc<Vec<Certificate<'static>>>) -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::Specific(roots))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("aurora-feed/", env!("CARGO_PKG_VERSION")));
        let config = if address.is_loopback { config.proxy(None) } else { config };
        Self { agent: config.build().new_agent(), address }
    }

    /// Sends `body`, which is JSON.
    pub(super) fn send(&self, body: &str) -> Answer {
        let mut request =
            self.agent.post(self.address.url.expose()).header("Content-Type", "application/json");
        if let Some(token) = &self.address.token {
            request = request.header("Authorization", format!("Bearer {}", token.expose()));
        }
        match request.send(body) {
            Ok(answer) => judge(answer.status().as_u16()),
            Err(error) => Answer::Failed(word(&error)),
        }
    }
}

fn judge(status: u16) -> Answer {
    match status {
        200..=299 => Answer::Taken,
        408 | 425 | 429 | 500..=599 => Answer::Failed(format!("it answers with status {status}")),
        300..=399 => {
            Answer::Refused(format!("it answers with a redirect, status {status}: name the final address"))
        }
        401 | 403 => Answer::Refused(format!("it answers with status {status}: check the secret")),
        404 | 410 => Answer::Refused(format!("it answers with status {status}: check the address")),
        _ => Answer::Refused(format!("it answers with status {status}")),
    }
}

/// What went wrong, without the address: errors may quote it.
fn word(error: &Error) -> String {
    match error {
        Error::Timeout(_) => format!("it did not answer within {} s", TIMEOUT.as_secs()),
        Error::HostNotFound => "its host name is not known".to_owned(),
        Error::ConnectionFailed => "it cannot be connected to".to_owned(),
        Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(inner) => tls_word(inner),
            None => format!("the connection failed: {}", error.kind()),
        },
        Error::Rustls(error) => tls_word(error),
        Error::Tls(why) => format!("TLS failed: {why}"),
        _ => "the request failed".to_owned(),
    }
}

fn tls_word(error: &rustls::Error) -> String {
    let why = match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::UnknownIssuer => {
                "nobody who is trusted has signed its certificate: see ca_file"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name"
            }
            _ => "its certificate is not valid",
        },
        _ => "no common way to speak was found",
    };
    format!("TLS failed: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_whether_another_try_makes_sense() {
        let kind = |status| match judge(status) {
            Answer::Taken => "taken",
            Answer::Failed(_) => "failed",
            Answer::Refused(_) => "refused",
        };
        for (status, expected) in [
            (200, "taken"),
            (202, "taken"),
            (302, "refused"),
            (400, "refused"),
            (403, "refused"),
            (404, "refused"),
            (408, "failed"),
            (429, "failed"),
            (500, "failed"),
            (503, "failed"),
        ] {
            assert_eq!(kind(status), expected, "{status}");
        }
    }

    #[test]
    fn what_is_said_of_a_failure_has_no_address() {
        let secret = "http://127.0.0.1:1/services/hunter2";
        let address = Address { url: Secret::new(secret), token: None, is_loopback: true };
        let Answer::Failed(said) = Post::new(address, Arc::default()).send("{}") else {
            panic!("nobody listens")
        };
        assert!(!said.contains("hunter2") && said.contains("connect"), "{said}");
    }
}
