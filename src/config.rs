//! Where the stream is, and the token that it wants.

mod token;

use aurora_wire::{
    page_config::{PageConfig, snapshot_beside},
    rules::Rules,
};
use gloo_net::http::{Request, Response};
use web_sys::RequestCache;

use crate::{browser, preferences};

pub use token::{
    Held, Keep, choose_keep, held, keep, set_token, take_token_from_address, token, token_is_another,
};

/// The stream's URL, fixed when the page was built: `AURORA_SSE_URL`, else `VITE_SSE_URL`, else
/// `REACT_APP_SSE_URL`, else `sse` beside the page.
pub const STREAM_URL: &str =
    first_set([option_env!("AURORA_SSE_URL"), option_env!("VITE_SSE_URL"), option_env!("REACT_APP_SSE_URL")]);

/// Beside the page; overrides what was built in.
const CONFIG_URL: &str = "config.json";

/// The rules of config.json that were last found to be in order, among the preferences.
const LAST_RULES: &str = "last-rules";

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
    read(&response).await
}

async fn read(response: &Response) -> Settings {
    match response.status() {
        200 => parse(&response.text().await.unwrap_or_default()),
        404 | 410 => Settings::of(PageConfig::default(), String::new()),
        status => {
            let problem =
                format!("{CONFIG_URL} answers with HTTP {status}: what was built in is used instead.");
            Settings::of(PageConfig::default(), problem)
        }
    }
}

/// What a text of config.json sets. Rules that are broken leave those in force that this browser last found to be in order.
fn parse(text: &str) -> Settings {
    let error = match PageConfig::parse(text) {
        Ok(config) => {
            let rules = config.rules.as_ref().map(|rules| rules.file().to_json());
            preferences::set(LAST_RULES, rules.as_deref());
            return Settings::of(config, String::new());
        }
        Err(error) => error,
    };
    let Ok(config) = PageConfig::parse_without_rules(text) else {
        let problem = format!("{CONFIG_URL} cannot be used: {error}. What was built in is used instead.");
        return Settings::of(PageConfig::default(), problem);
    };
    let rules = preferences::get(LAST_RULES).and_then(|kept| Rules::from_json(&kept).ok());
    let instead =
        if rules.is_some() { "Those from before stay in force." } else { "The shipped ones are in force." };
    let problem = format!("The rules of {CONFIG_URL} cannot be used: {error}. {instead}");
    Settings::of(PageConfig { rules, ..config }, problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn config(expr: &str) -> String {
        format!(
            r#"{{"sse_url": "x/sse", "rules": {{"groups": [{{"name": "own", "rules": [{{"alert": "Late", "expr": "{expr}"}}]}}]}}}}"#
        )
    }

    #[wasm_bindgen_test]
    fn rules_that_break_leave_the_last_good_ones_in_force_and_are_named() {
        preferences::set(LAST_RULES, None);
        let broken = parse(&config("aurora_deny_rate >> 0.5"));
        assert_eq!((broken.stream_url.as_str(), broken.rules), ("x/sse", None));
        let good = parse(&config("aurora_deny_rate > 0.5"));
        assert!(good.problem.is_empty() && good.rules.is_some());
        let broken = parse(&config("aurora_deny_rate >> 0.7"));
        assert_eq!(broken.rules, good.rules);
        for words in
            ["rule `Late`", "expr `aurora_deny_rate >> 0.7`", "at 1:19", "Those from before stay in force."]
        {
            assert!(broken.problem.contains(words), "{}", broken.problem);
        }
        assert!(parse("{}").rules.is_none());
        assert!(
            parse(&config("x >")).rules.is_none(),
            "rules that were taken away are not the last good ones"
        );
    }
}
