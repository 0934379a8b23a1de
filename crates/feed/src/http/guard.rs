//! Refuses requests without the right token.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE},
    middleware::Next,
    response::Response,
};
use tracing::warn;

use crate::auth::Token;

/// Lets a request pass that carries the token, or any request where none is set.
pub(super) async fn require_token(
    State(token): State<Option<Token>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(token) = token else { return next.run(request).await };
    match token.check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(denied) => {
            warn!(path = request.uri().path(), "unauthorized: {denied}");
            let mut response = super::error(StatusCode::UNAUTHORIZED, "unauthorized", &denied.to_string());
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            response
        }
    }
}
