//! Which token is in force, and for how long a request that it let in may go on.
//!
//! Invariant: a stream that a token let in ends when another one takes its place, even while it waits.

use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::http::HeaderMap;
use tokio::{
    sync::watch,
    time::{Sleep, sleep},
};

use super::{Denied, Token};

/// The token that is in force, and what is wrong with the file that it came from.
pub(crate) struct Access {
    token: watch::Sender<Option<Token>>,
    stream_age: Duration,
    trouble: Mutex<Option<String>>,
}

impl Access {
    /// No token lets everyone in. What is let in may stream for `stream_age`.
    pub(crate) fn new(token: Option<Token>, stream_age: Duration) -> Self {
        Self { token: watch::Sender::new(token), stream_age, trouble: Mutex::default() }
    }

    /// Whether no token is asked for.
    pub(crate) fn is_open(&self) -> bool {
        self.token.borrow().is_none()
    }

    /// Checks a request's headers against the token in force.
    ///
    /// # Errors
    /// When the token is missing or wrong.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<Pass, Denied> {
        let mut token = self.token.subscribe();
        if let Some(token) = token.borrow_and_update().as_ref() {
            token.check(headers)?;
        }
        Ok(Pass { token, stream_age: self.stream_age })
    }

    /// Puts a token in force. True where it is another than before; then every [`Pass`] ends.
    pub(crate) fn replace(&self, token: Token) -> bool {
        self.token.send_if_modified(|current| {
            let differs = !current.as_ref().is_some_and(|current| current.is(&token));
            if differs {
                *current = Some(token);
            }
            differs
        })
    }

    /// What is wrong with the token file, for people; `None` where nothing is.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets or clears what is wrong with the token file. True where that is news.
    pub(super) fn set_trouble(&self, trouble: Option<String>) -> bool {
        let mut current = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let news = *current != trouble;
        *current = trouble;
        news
    }

    #[cfg(test)]
    pub(super) fn is_token(&self, text: &str) -> bool {
        self.token.borrow().as_ref().is_some_and(|token| token.is(&Token::new(text)))
    }
}

/// Proof that a request was let in: among its extensions, for handlers that stream.
#[derive(Clone)]
pub(crate) struct Pass {
    token: watch::Receiver<Option<Token>>,
    stream_age: Duration,
}

impl Pass {
    /// The time of a stream that begins now.
    pub(crate) fn lease(self) -> Lease {
        Lease { age: Box::pin(sleep(self.stream_age)), token: self.token }
    }
}

/// Why a response that could go on has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Ended {
    /// Another token is in force.
    #[error("the auth token changed")]
    Revoked,
    /// It lasted as long as a stream may.
    #[error("the stream reached its longest age; open it again")]
    Age,
}

/// How long a stream may go on.
pub(crate) struct Lease {
    token: watch::Receiver<Option<Token>>,
    age: Pin<Box<Sleep>>,
}

impl Lease {
    /// Completes when the stream has to end, and says why. Cancel-safe.
    pub(crate) async fn ended(&mut self) -> Ended {
        tokio::select! {
            Ok(()) = self.token.changed() => Ended::Revoked,
            () = self.age.as_mut() => Ended::Age,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn headers(token: &str) -> HeaderMap {
        [("x-auth-token".parse().unwrap(), token.parse().unwrap())].into_iter().collect()
    }

    const DAY: Duration = Duration::from_hours(24);

    #[tokio::test]
    async fn a_changed_token_ends_what_the_old_one_let_in_at_once() {
        let access = Access::new(Some(Token::new("one")), DAY);
        let mut old = access.check(&headers("one")).unwrap().lease();
        assert!(old.ended().now_or_never().is_none());
        assert!(!access.replace(Token::new("one")), "the same token again changes nothing");
        assert!(old.ended().now_or_never().is_none());
        assert!(access.replace(Token::new("two")));
        assert_eq!(old.ended().await, Ended::Revoked);
        assert_eq!(access.check(&headers("one")).err(), Some(Denied::Wrong));
        let mut new = access.check(&headers("two")).unwrap().lease();
        assert!(new.ended().now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_ends_with_its_age() {
        let access = Access::new(None, DAY);
        let mut lease = access.check(&HeaderMap::new()).unwrap().lease();
        let began = tokio::time::Instant::now();
        assert_eq!(lease.ended().await, Ended::Age);
        assert_eq!(began.elapsed(), DAY);
    }
}
