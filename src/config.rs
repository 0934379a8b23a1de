//! Where the stream is, and the token that it wants.
//!
//! Invariants: the token lives in `sessionStorage`: this tab, until it is closed; where the browser stores nothing, until
//! the page is reloaded. It is sent to the stream's origin and nowhere else, and never stays in a URL.

use std::cell::RefCell;

use aurora_wire::page_config::{PageConfig, snapshot_beside};
use gloo_net::http::{Request, Response};
use web_sys::RequestCache;

use crate::browser;

/// The stream's URL, fixed when the page was built: `AURORA_SSE_URL`, else `VITE_SSE_URL`, else
/// `REACT_APP_SSE_URL`, else `sse` beside the page.
pub const STREAM_URL: &str =
    first_set([option_env!("AURORA_SSE_URL"), option_env!("VITE_SSE_URL"), option_env!("REACT_APP_SSE_URL")]);

/// Beside the page; overrides what was built in.
const CONFIG_URL: &str = "config.json";

const fn first_set(urls: [Option<&'static str>; 3]) -> &'static str {
    let mut rest: &[Option<&'static str>] = &urls;
    while let [url, others @ ..] = rest {
        if let Some(url) = url
            && !url.is_empty()
        {
            return url;
        }
        rest = others;
    }
    "sse"
}

/// What was set when the page was built or deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The stream, absolute or relative to the page.
    pub stream_url: String,
    /// Where its state can be had as of an id; `None` where it cannot.
    pub snapshot_url: Option<String>,
    /// Why config.json is not in force; empty where it is, or where there is none.
    pub problem: String,
}

impl Settings {
    fn of(config: PageConfig, problem: String) -> Self {
        let stream_url = config.sse_url.unwrap_or_else(|| STREAM_URL.to_owned());
        let snapshot_url = config.snapshot_url.or_else(|| snapshot_beside(&stream_url));
        Self { stream_url, snapshot_url: snapshot_url.filter(|url| !url.is_empty()), problem }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::of(PageConfig::default(), String::new())
    }
}

/// Reads config.json beside the page. A static host without one is fine.
pub async fn load() -> Settings {
    let Ok(response) = Request::get(CONFIG_URL).cache(RequestCache::NoCache).send().await else {
        // A page from a file cannot ask for it.
        let problem =
            format!("{CONFIG_URL} could not be loaded: what was built in is used. Reload the page.");
        return Settings::of(
            PageConfig::default(),
            if browser::is_served() { problem } else { String::new() },
        );
    };
    match parse(&response).await {
        Ok(config) => Settings::of(config, String::new()),
        Err(problem) => Settings::of(PageConfig::default(), problem),
    }
}

async fn parse(response: &Response) -> Result<PageConfig, String> {
    match response.status() {
        200 => {}
        404 | 410 => return Ok(PageConfig::default()),
        status => {
            return Err(format!(
                "{CONFIG_URL} answers with HTTP {status}: what was built in is used instead."
            ));
        }
    }
    let text = response.text().await.unwrap_or_default();
    PageConfig::parse(&text)
        .map_err(|error| format!("{CONFIG_URL} cannot be used: {error}. What was built in is used instead."))
}

const TOKEN_KEY: &str = "aurora.token";

thread_local! {
    /// Of a browser that stores nothing.
    static TOKEN: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The token of this tab.
pub fn token() -> Option<String> {
    let stored = browser::session_storage().and_then(|storage| storage.get_item(TOKEN_KEY).ok().flatten());
    stored.or_else(|| TOKEN.with_borrow(Clone::clone)).filter(|token| !token.is_empty())
}

/// Keeps `token` for this tab, or forgets it where it is `None` or empty. Returns false where the browser
/// refuses to store anything: the token then works until the page is reloaded.
pub fn set_token(token: Option<&str>) -> bool {
    let token = token.filter(|token| !token.is_empty());
    let stored = browser::session_storage().is_some_and(|storage| match token {
        Some(token) => storage.set_item(TOKEN_KEY, token).is_ok(),
        None => storage.remove_item(TOKEN_KEY).is_ok(),
    });
    TOKEN.set(token.filter(|_| !stored).map(str::to_owned));
    stored
}

/// Takes a token out of the address (`#token=…`), so that a link can bring one: it is kept for this tab, and the address
/// bar and the history lose it.
/// True where there was one.
pub fn take_token_from_address() -> bool {
    let Some(location) = browser::window().map(|window| window.location()) else { return false };
    let hash = location.hash().unwrap_or_default();
    let parts: Vec<&str> = hash.trim_start_matches('#').split('&').filter(|part| !part.is_empty()).collect();
    let Some(token) = parts.iter().find_map(|part| part.strip_prefix("token=")) else { return false };
    let rest: Vec<&str> = parts.iter().copied().filter(|part| !part.starts_with("token=")).collect();
    let path = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    let address = if rest.is_empty() { path } else { format!("{path}#{}", rest.join("&")) };
    browser::replace_address(&address);
    let token = js_sys::decode_uri_component(token).map_or_else(|_| token.to_owned(), String::from);
    set_token(Some(token.trim()));
    true
}
