//! The built dashboard as static files.
//!
//! Invariants: every answer carries the content security policy; files whose name holds a hash may be kept
//! for ever, all others are asked for again; nothing outside the directory is served.

use std::path::Path;

use axum::{
    Router,
    extract::Request,
    http::{
        HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use tower_http::services::ServeDir;

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

const GREETING: &str = "This is the Aurora feed. It serves the event stream at /sse, sessions at /sessions, figures at\n\
    /status and /metrics, and its health at /health.\n\
    To see the dashboard here, build it and start the feed with --static-dir dist\n";

/// Headers of every static answer but the caching one.
const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
];

/// Serves a directory, or a text that says how to, where there is none.
pub(super) fn router(dir: Option<&Path>) -> Router {
    let router = match dir {
        Some(dir) => {
            let files = ServeDir::new(dir).precompressed_br().precompressed_gzip().fallback(get(not_found));
            Router::new().fallback_service(files)
        }
        None => Router::new().route("/", get(async || GREETING)).fallback(not_found),
    };
    router.layer(middleware::from_fn(add_headers))
}

async fn not_found(request: Request) -> Response {
    let path = request.uri().path();
    let message = format!(
        "nothing at {path}: the feed serves /sse, /sessions, /status, /metrics, /health, /healthz and the dashboard at /"
    );
    super::error(StatusCode::NOT_FOUND, "not_found", &message)
}

async fn add_headers(request: Request, next: Next) -> Response {
    let hashed = is_hashed(request.uri().path());
    let mut response = next.run(request).await;
    let keep = hashed && (response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED);
    let caching = if keep { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response.into_response()
}

/// Whether a file's name holds a content hash: `-` and at least eight hexadecimal digits up to the next
/// separator.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split('-').skip(1).any(|field| {
        let hash = field.split(['.', '_']).next().unwrap_or_default();
        hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: bool) {
        assert_eq!(is_hashed(path), expected, "{path}");
    }

    #[test]
    fn hashed_names_are_told_from_plain_ones() {
        check("/aurora-dashboard-1f0c9a7be2d34c55_bg.wasm", true);
        check("/assets/main-1f0c9a7b.css", true);
        check("/index.html", false);
        check("/aurora-dashboard.js", false);
        check("/deadbeef-1f0c9a7b/readme.txt", false);
        check("/x-1f0c9a7.css", false);
    }
}
