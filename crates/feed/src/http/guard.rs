//! Who may ask: limits per client, forwarded requests, the token, and the name that the feed was called by.
//!
//! Invariants: a refusal is an answer that says why and what to do, and is logged at a sane rate, never with
//! a token; a right token is never slowed. Without a token only this machine's own clients, or a proxy that
//! the operator named, are let in, and only under a name that a page on the internet cannot take for itself.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{Extension, Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    middleware::Next,
    response::Response,
};
use tokio::time::{Instant, sleep};
use tracing::warn;

use super::host;
use crate::{
    auth::{Access, Denied, LAST_DELAY, Throttle, Verdict},
    config::Trust,
    lograte::LogRate,
    net::{Gate, Link, Refusal, address::Caller, holding},
};

/// When a client that was turned away because of a limit may try again, in seconds.
const TRY_AGAIN: u64 = 10;

/// Answered above the limits too, for operators need them most then.
const FOR_OPERATORS: [&str; 3] = ["/healthz", "/health", "/metrics"];

/// What is asked of every request.
pub(crate) struct Guard {
    access: Arc<Access>,
    gate: Arc<Gate>,
    trust: Trust,
    throttle: Mutex<Throttle>,
    log: Mutex<LogRate>,
    began: Instant,
}

impl Guard {
    pub(crate) fn new(access: Arc<Access>, gate: Arc<Gate>, trust: Trust) -> Self {
        Self { access, gate, trust, throttle: Mutex::default(), log: Mutex::default(), began: Instant::now() }
    }

    fn wrong(&self, client: IpAddr) -> Verdict {
        let mut throttle = self.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        throttle.wrong(client, self.began.elapsed())
    }

    fn say(&self, client: IpAddr, path: &str, reason: &str) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held_back) = log.pass(self.began.elapsed()) {
            warn!(%client, path, held_back, "unauthorized: {reason}");
        }
    }

    /// Without a token: a forwarded request and a foreign name are refused.
    fn refuse_open(&self, caller: Caller, request: &Request) -> Option<Response> {
        let (word, message) = if matches!(caller, Caller::Unvouched(_)) {
            let message = format!(
                "this request was forwarded by {}, which the feed does not know as a proxy, and the feed has no \
                 token: start it with --auth-token-file, or name the proxy with --trusted-proxy",
                caller.client()
            );
            ("forwarded", message)
        } else {
            let name = host::foreign(request.uri(), request.headers(), &self.trust.allowed_hosts)?;
            let message = format!(
                "the feed has no token and answers to this machine's own names only, not to {name}: start it \
                 with --auth-token-file, or allow the name with --allow-host"
            );
            ("foreign_host", message)
        };
        self.say(caller.client(), request.uri().path(), &message);
        Some(super::error(StatusCode::FORBIDDEN, word, &message))
    }

    async fn refuse_token(&self, caller: Caller, path: &str, denied: Denied) -> Response {
        let client = caller.client();
        self.say(client, path, &denied.to_string());
        let verdict = match denied {
            Denied::Missing => Verdict::After(Duration::ZERO),
            Denied::Wrong => self.wrong(client),
        };
        match verdict {
            Verdict::After(delay) => {
                if !delay.is_zero() {
                    sleep(delay).await;
                }
                let mut response =
                    super::error(StatusCode::UNAUTHORIZED, "unauthorized", &denied.to_string());
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                response
            }
            Verdict::TooMany(wait) => {
                sleep(LAST_DELAY).await;
                let seconds = wait.as_secs();
                let message = format!(
                    "too many wrong tokens from this address: wait {seconds} s without sending one. Last: {denied}"
                );
                retry_after(
                    super::error(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", &message),
                    seconds,
                )
            }
        }
    }
}

/// Refuses above the limits, and finds out whose request it is: [`Caller`] is among the extensions then.
pub(super) async fn admit(
    State(guard): State<Arc<Guard>>,
    Extension(link): Extension<Link>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(refusal) = link.refusal
        && !FOR_OPERATORS.contains(&request.uri().path())
    {
        let mut response = overloaded(&refusal);
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    let caller = match Caller::of(link.peer, request.headers(), &guard.trust.trusted_proxies) {
        Ok(caller) => caller,
        Err(error) => return super::error(StatusCode::BAD_REQUEST, "bad_real_ip", &error.to_string()),
    };
    request.extensions_mut().insert(caller);
    let Caller::Proxied(client) = caller else { return next.run(request).await };
    match guard.gate.request(client) {
        Ok(permit) => next.run(request).await.map(|body| holding(body, permit)),
        Err(refusal) => overloaded(&refusal),
    }
}

/// Lets a request pass that may see the session. Its [`Pass`](crate::auth::Pass) is among the extensions then.
pub(super) async fn require_token(
    State(guard): State<Arc<Guard>>,
    Extension(caller): Extension<Caller>,
    mut request: Request,
    next: Next,
) -> Response {
    if guard.access.is_open()
        && let Some(refusal) = guard.refuse_open(caller, &request)
    {
        return refusal;
    }
    match guard.access.check(request.headers()) {
        Ok(pass) => {
            request.extensions_mut().insert(pass);
            next.run(request).await
        }
        Err(denied) => {
            let path = request.uri().path().to_owned();
            guard.refuse_token(caller, &path, denied).await
        }
    }
}

fn overloaded(refusal: &Refusal) -> Response {
    let word = match refusal {
        Refusal::Full { .. } => "too_many_connections",
        Refusal::Address { .. } => "too_many_connections_of_address",
    };
    retry_after(super::error(StatusCode::SERVICE_UNAVAILABLE, word, &refusal.to_string()), TRY_AGAIN)
}

fn retry_after(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

#[cfg(test)]
mod tests;
