//! Tokens, static files and errors over a real socket.

use std::fs;

use crate::support::{Feed, Session};
use aurora_feed::auth::Token;
use serde_json::Value;

fn check_token(headers: &[(&str, &str)], status: u16, word: &str) {
    let session = Session::new();
    let mut config = crate::support::config(session.root());
    config.token = Some(Token::new("s3cret"));
    let feed = Feed::with(config);
    let answer = feed.get_with("/health", headers);
    assert_eq!(answer.status(), status, "{}", answer.body);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert!(body["message"].as_str().unwrap_or_default().contains(word), "{body}");
    assert_eq!(feed.get("/healthz").body, "{\"status\":\"ok\"}");
    assert_eq!(feed.get("/").status(), 200);
}

#[test]
fn the_right_token_opens() {
    check_token(&[("X-Auth-Token", "s3cret")], 200, "");
    check_token(&[("Authorization", "Bearer s3cret")], 200, "");
}

#[test]
fn a_missing_and_a_wrong_token_are_told_apart() {
    check_token(&[], 401, "missing");
    check_token(&[("X-Auth-Token", "other")], 401, "wrong");
}

#[test]
fn the_stream_needs_the_token_too() {
    let session = Session::new();
    let mut config = crate::support::config(session.root());
    config.token = Some(Token::new("s3cret"));
    let feed = Feed::with(config);
    assert_eq!(feed.get("/sse?token=s3cret").status(), 401);
    feed.stream("/sse", &[("X-Auth-Token", "s3cret")]);
}

#[test]
fn static_files_come_with_policy_and_caching() {
    let session = Session::new();
    let dir = session.path("dist");
    fs::create_dir(&dir).unwrap();
    fs::write(session.path("secret.txt"), "no").unwrap();
    fs::write(dir.join("index.html"), "<!doctype html>").unwrap();
    fs::write(dir.join("app-0123456789abcdef_bg.wasm"), "wasm").unwrap();
    let mut config = crate::support::config(&session.path("none"));
    config.static_dir = Some(dir);
    let feed = Feed::with(config);
    let check = |path: &str, status: u16, headers: &[&str]| {
        let answer = feed.get(path);
        assert_eq!(answer.status(), status, "{path}");
        for header in headers {
            assert!(answer.head.contains(header), "{path}: {header} not in {}", answer.head);
        }
    };
    let secure = [
        "content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval';",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
    ];
    check("/", 200, &secure);
    check("/", 200, &["content-type: text/html", "cache-control: no-cache"]);
    let wasm = ["content-type: application/wasm", "cache-control: public, max-age=31536000, immutable"];
    check("/app-0123456789abcdef_bg.wasm", 200, &wasm);
    check("/app-00000000.js", 404, &["cache-control: no-cache"]);
    check("/../secret.txt", 404, &secure);
    check("/%2e%2e/secret.txt", 404, &secure);
}

#[test]
fn without_static_files_the_root_says_what_to_do() {
    let session = Session::new();
    let feed = Feed::start(&session);
    assert!(feed.get("/").body.contains("--static-dir"));
    assert_eq!(feed.get("/nothing").status(), 404);
}

#[test]
fn a_bad_window_is_refused_with_a_reason() {
    let session = Session::new();
    let feed = Feed::start(&session);
    let answer = feed.get("/sse?window=soon");
    assert_eq!(answer.status(), 400);
    assert!(answer.body.contains("whole seconds"), "{}", answer.body);
}
