//! Who is let in, slowed and turned away, through the layers as the router has them.

use axum::{Router, body::to_bytes, http::HeaderMap, middleware, routing::get};
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;
use crate::{auth::Token, http::cors, net::ConnectionLimits};

const LOCAL: [u8; 4] = [127, 0, 0, 1];
const FAR: [u8; 4] = [192, 0, 2, 7];

struct Fixture {
    router: Router,
    link: Link,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn fixture(token: Option<&str>, trust: Trust) -> Fixture {
    let limits = ConnectionLimits { per_address: 1, ..ConnectionLimits::default() };
    let access = Arc::new(Access::new(token.map(Token::new), limits.stream_age));
    let layers = cors::layer(&trust.allowed_origins);
    let guard = Arc::new(Guard::new(access, Arc::new(Gate::new(limits)), trust));
    let router = Router::new()
        .route("/sse", get(async || "{}"))
        .route("/health", get(async || "{}"))
        .layer(middleware::from_fn_with_state(Arc::clone(&guard), require_token))
        .route("/free", get(async || "{}"))
        .layer(middleware::from_fn_with_state(guard, admit));
    let router = match layers {
        Some(layer) => router.layer(layer),
        None => router,
    };
    Fixture { router, link: Link { peer: LOCAL.into(), refusal: None } }
}

fn behind_nginx() -> Trust {
    Trust { trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()], ..Trust::default() }
}

fn allowing(origins: &[&str]) -> Trust {
    Trust { allowed_origins: origins.iter().map(|text| text.parse().unwrap()).collect(), ..Trust::default() }
}

impl Fixture {
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().method(method).uri(path).extension(self.link);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.router.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap()
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let (head, body) = self.send(method, path, headers).await.into_parts();
        let body = to_bytes(body, 10_000).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }

    async fn check(&self, path: &str, headers: &[(&str, &str)], status: u16, words: &[&str]) -> Answer {
        let answer = self.ask("GET", path, headers).await;
        let message = answer.body["message"].as_str().unwrap_or_default();
        assert_eq!(answer.status, status, "{path} {headers:?}: {message}");
        for word in words {
            assert!(message.contains(word), "{word:?} is not in {message:?}");
        }
        answer
    }
}

#[tokio::test]
async fn without_a_token_forwarded_requests_need_a_known_proxy() {
    let open = fixture(None, Trust::default());
    open.check("/sse", &[], 200, &[]).await;
    for header in ["X-Real-IP", "X-Forwarded-For", "Forwarded"] {
        let words = ["127.0.0.1", "--trusted-proxy", "--auth-token-file"];
        open.check("/sse", &[(header, "192.0.2.7")], 403, &words).await;
        open.check("/free", &[(header, "192.0.2.7")], 200, &[]).await;
    }
    let proxied = fixture(None, behind_nginx());
    proxied.check("/sse", &[("X-Real-IP", "192.0.2.7")], 200, &[]).await;
    proxied.check("/sse", &[], 200, &[]).await;
    proxied.check("/sse", &[("X-Real-IP", "me")], 400, &["X-Real-IP", "nginx"]).await;
    let with_token = fixture(Some("s3cret"), Trust::default());
    with_token.check("/sse", &[("X-Real-IP", "192.0.2.7"), ("X-Auth-Token", "s3cret")], 200, &[]).await;
    with_token.check("/sse", &[("X-Real-IP", "192.0.2.7")], 401, &["missing"]).await;
}

#[tokio::test]
async fn without_a_token_only_own_and_allowed_names_are_answered_to() {
    let trust = Trust { allowed_hosts: vec!["aurora.example.org".to_owned()], ..behind_nginx() };
    let open = fixture(None, trust);
    open.check("/sse", &[("Host", "localhost:8001")], 200, &[]).await;
    open.check("/sse", &[("Host", "aurora.example.org")], 200, &[]).await;
    let words = ["evil.com:8001", "--allow-host"];
    open.check("/sse", &[("Host", "evil.com:8001")], 403, &words).await;
    open.check("/sse", &[("Host", "evil.com:8001"), ("X-Real-IP", "192.0.2.7")], 403, &words).await;
    let with_token = fixture(Some("s3cret"), Trust::default());
    with_token.check("/sse", &[("Host", "evil.com"), ("X-Auth-Token", "s3cret")], 200, &[]).await;
}

#[tokio::test]
async fn one_client_behind_a_proxy_is_limited_and_its_place_comes_back_with_the_body() {
    let proxied = fixture(None, behind_nginx());
    let client = [("X-Real-IP", "192.0.2.7")];
    let held = proxied.send("GET", "/sse", &client).await;
    let refused = proxied.check("/sse", &client, 503, &["192.0.2.7", "--max-connections-per-address"]).await;
    assert_eq!(refused.header("retry-after"), "10");
    proxied.check("/sse", &[("X-Real-IP", "192.0.2.8")], 200, &[]).await;
    proxied.check("/sse", &[], 200, &[]).await;
    drop(held);
    proxied.check("/sse", &client, 200, &[]).await;
}

#[tokio::test]
async fn a_connection_above_the_limits_gets_a_reason_and_operators_an_answer() {
    let mut full = fixture(None, Trust::default());
    full.link.refusal = Some(Refusal::Full { total: 3 });
    let refused = full.check("/sse", &[], 503, &["(3)", "--max-connections"]).await;
    assert_eq!((refused.header("retry-after"), refused.header("connection")), ("10", "close"));
    assert_eq!(refused.body["error"], "too_many_connections");
    full.check("/free", &[], 503, &[]).await;
    full.check("/health", &[], 200, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn wrong_tokens_are_slowed_then_turned_away_and_right_ones_never() {
    let mut guarded = fixture(Some("s3cret"), Trust::default());
    let (wrong, right) = ([("X-Auth-Token", "guess")], [("X-Auth-Token", "s3cret")]);
    for delay in [0, 0, 0, 250, 500, 1000, 2000, 4000] {
        let began = Instant::now();
        let answer = guarded.check("/sse", &wrong, 401, &["wrong"]).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert_eq!(began.elapsed().as_millis(), delay);
    }
    let began = Instant::now();
    let answer = guarded.check("/sse", &wrong, 429, &["too many wrong tokens"]).await;
    assert_eq!((answer.header("retry-after"), &answer.body["error"]), ("60", &"too_many_failures".into()));
    assert_eq!(began.elapsed(), LAST_DELAY);
    let began = Instant::now();
    guarded.check("/sse", &right, 200, &[]).await;
    guarded.check("/sse", &[], 401, &["missing"]).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    guarded.link.peer = FAR.into();
    guarded.check("/sse", &wrong, 401, &["wrong"]).await;
    guarded.link.peer = LOCAL.into();
    tokio::time::advance(Duration::from_mins(1)).await;
    guarded.check("/sse", &wrong, 401, &["wrong"]).await;
}

#[tokio::test(start_paused = true)]
async fn clients_behind_a_proxy_are_slowed_one_by_one() {
    let proxied = fixture(Some("s3cret"), behind_nginx());
    let from = |client| [("X-Auth-Token", "guess"), ("X-Real-IP", client)];
    for _ in 0..8 {
        proxied.check("/sse", &from("192.0.2.7"), 401, &[]).await;
    }
    proxied.check("/sse", &from("192.0.2.7"), 429, &[]).await;
    let began = Instant::now();
    proxied.check("/sse", &from("192.0.2.8"), 401, &[]).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn other_origins_read_nothing_unless_named() {
    let page = [("Origin", "https://page.example.org")];
    let closed = fixture(Some("s3cret"), Trust::default());
    for (method, path) in [("GET", "/sse"), ("OPTIONS", "/sse"), ("GET", "/free")] {
        let answer = closed.ask(method, path, &page).await;
        let named = answer.headers.keys().any(|name| name.as_str().starts_with("access-control"));
        assert!(!named, "{:?}", answer.headers);
    }
    let open = fixture(Some("s3cret"), allowing(&["https://page.example.org", "http://localhost:8080"]));
    let refused = open.ask("GET", "/sse", &page).await;
    assert_eq!(refused.header("access-control-allow-origin"), "https://page.example.org");
    assert_eq!(
        refused.header("access-control-expose-headers"),
        "retry-after,www-authenticate,x-aurora-as-of"
    );
    assert!(refused.header("vary").contains("origin"), "{:?}", refused.headers);
    assert_eq!((refused.status, refused.header("access-control-allow-credentials")), (401, ""));
    let other = open.ask("GET", "/free", &[("Origin", "https://page.example.org.evil.com")]).await;
    assert_eq!((other.status, other.header("access-control-allow-origin")), (200, ""));
    assert!(other.header("vary").contains("origin"));
}

#[tokio::test]
async fn a_preflight_needs_no_token_and_names_the_headers_of_a_resume() {
    let open = fixture(Some("s3cret"), allowing(&["https://page.example.org"]));
    let asked = [
        ("Origin", "https://page.example.org"),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "last-event-id,x-auth-token"),
    ];
    let answer = open.ask("OPTIONS", "/sse", &asked).await;
    assert_eq!(answer.status, 200);
    let allowed = answer.header("access-control-allow-headers");
    for name in ["last-event-id", "x-auth-token", "authorization"] {
        assert!(allowed.contains(name), "{allowed}");
    }
    assert_eq!(answer.header("access-control-allow-origin"), "https://page.example.org");
    let foreign = open.ask("OPTIONS", "/sse", &[("Origin", "https://evil.com"), asked[1], asked[2]]).await;
    assert_eq!(foreign.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn every_origin_is_allowed_without_the_browsers_credentials() {
    let open = fixture(Some("s3cret"), allowing(&["*"]));
    let answer = open.ask("GET", "/free", &[("Origin", "https://anything")]).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}
