//! Where the stream is, and the token that it wants.

mod token;

use aurora_wire::{
    page_config::{PageConfig, snapshot_beside},
    rules::Rules,
};
use gloo_net::http::{Request, Response};
use web_sys::RequestCache;

use crate::browser;

pub use token::{
    Held, Keep, choose_keep, held, keep, set_token, take_token_from_address, token, token_is_another,
};

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
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The stream, absolute or relative to the page.
    pub stream_url: String,
    /// Where its state can be had as of an id; `None` where it cannot.
    pub snapshot_url: Option<String>,
    /// Alert rules instead of the shipped ones.
    pub rules: Option<Rules>,
    /// Why config.json is not in force; empty where it is, or where there is none.
    pub problem: String,
}

impl Settings {
    fn of(config: PageConfig, problem: String) -> Self {
        let stream_url = config.sse_url.unwrap_or_else(|| STREAM_URL.to_owned());
        let snapshot_url = config.snapshot_url.or_else(|| snapshot_beside(&stream_url));
        let snapshot_url = snapshot_url.filter(|url| !url.is_empty());
        Self { stream_url, snapshot_url, rules: config.rules, problem }
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
