//! The token that clients must send, and the comparison with what they sent.
//!
//! Invariants: only a digest is kept, both sides are hashed before a constant-time comparison (so lengths
//! do not show), and no token ever reaches a log line, an error or `Debug`.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Header that carries the token; `Authorization: Bearer` is the other way.
const TOKEN_HEADER: &str = "x-auth-token";

/// A token to compare with.
#[derive(Clone)]
pub struct Token {
    digest: [u8; 32],
}

/// Why a token file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It cannot be read.
    #[error(
        "cannot read the token file {}: {source}; check --auth-token-file and the file's permissions",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It holds no token.
    #[error("the token file {} is empty: write the token into it, on one line", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It holds something that no header can carry.
    #[error(
        "the token file {} must hold one line of printable ASCII without spaces",
        path.display()
    )]
    NotOneWord {
        /// The file.
        path: PathBuf,
    },
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
    /// When the file cannot be read, is empty or holds more than one word.
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TokenError::Unreadable { path: path.to_path_buf(), source })?;
        let token = text.trim();
        if token.is_empty() {
            return Err(TokenError::Empty { path: path.to_path_buf() });
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::NotOneWord { path: path.to_path_buf() });
        }
        Ok(Self::new(token))
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
    fn a_token_file_holds_one_word() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        assert!(matches!(Token::read(&path), Err(TokenError::Unreadable { .. })));
        std::fs::write(&path, " \n").unwrap();
        assert!(matches!(Token::read(&path), Err(TokenError::Empty { .. })));
        std::fs::write(&path, "two words\n").unwrap();
        assert!(matches!(Token::read(&path), Err(TokenError::NotOneWord { .. })));
        std::fs::write(&path, "s3cret\n").unwrap();
        assert!(Token::read(&path).is_ok());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Token::new("s3cret")), "Token(..)");
    }
}
