//! The token that clients must send, and the comparison with what they sent.
//!
//! Invariants: only a digest is kept, both sides are hashed before a constant-time comparison (so lengths
//! do not show), and no token ever reaches a log line, an error or `Debug`. What a token file may
//! be is `file`'s business, noticing its changes `follow`'s, which token is in force `access`'s, and what
//! repeated failures cost `throttle`'s.

mod access;
mod file;
mod follow;
mod throttle;

use std::{fmt, path::Path};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub(crate) use access::{Access, Ended, Lease, Pass};
pub use file::TokenError;
pub(crate) use follow::{TokenFile, keep_current};
pub(crate) use throttle::{LAST_DELAY, Throttle, Verdict};

/// Header that carries the token; `Authorization: Bearer` is the other way.
const TOKEN_HEADER: &str = "x-auth-token";

/// A token to compare with.
#[derive(Clone)]
pub struct Token {
    digest: [u8; 32],
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    /// It carries no token.
    #[error("the auth token is missing: send it as X-Auth-Token or as Authorization: Bearer")]
    Missing,
    /// It carries another token.
    #[error("the auth token is wrong: compare it with the feed's --auth-token-file")]
    Wrong,
}

impl Token {
    /// A token from its text.
    pub fn new(token: &str) -> Self {
        Self { digest: digest(token.as_bytes()) }
    }

    /// Reads a token from a file; white space around it is ignored.
    ///
    /// # Errors
    /// When the file cannot be read, is open to others, is empty or holds more than one word.
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        file::read(path).map(|(token, _)| token)
    }

    /// Checks a request's headers.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Denied> {
        let bearer = headers.get(AUTHORIZATION).and_then(|value| {
            let (scheme, token) = value.as_bytes().split_at_checked(7)?;
            scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
        });
        let own = headers.get(TOKEN_HEADER).map(|value| value.as_bytes().trim_ascii());
        let sent = own.or(bearer).ok_or(Denied::Missing)?;
        if bool::from(self.digest.ct_eq(&digest(sent))) { Ok(()) } else { Err(Denied::Wrong) }
    }

    /// Whether both are the same token.
    fn is(&self, other: &Self) -> bool {
        self.digest.ct_eq(&other.digest).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(..)")
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&'static str, &'static str)], expected: Result<(), Denied>) {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        assert_eq!(Token::new("s3cret").check(&headers), expected, "{headers:?}");
    }

    #[test]
    fn both_headers_carry_the_token() {
        check(&[("x-auth-token", "s3cret")], Ok(()));
        check(&[("authorization", "Bearer s3cret")], Ok(()));
        check(&[("authorization", "bearer s3cret")], Ok(()));
    }

    #[test]
    fn missing_and_wrong_are_told_apart() {
        check(&[], Err(Denied::Missing));
        check(&[("authorization", "Basic s3cret")], Err(Denied::Missing));
        check(&[("x-auth-token", "")], Err(Denied::Wrong));
        check(&[("x-auth-token", "s3cre")], Err(Denied::Wrong));
        check(&[("authorization", "Bearer s3cret2")], Err(Denied::Wrong));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Token::new("s3cret")), "Token(..)");
    }
}
