//! Where the stream is, and the token that it wants.
//!
//! The token lives in `sessionStorage`: this tab, until it is closed. It is sent to the stream's origin and
//! nowhere else, and never stands in a URL.

use crate::browser;

/// The stream's URL, fixed when the page was built: `AURORA_SSE_URL`, else `VITE_SSE_URL`, else
/// `REACT_APP_SSE_URL`, else `sse` beside the page.
pub const STREAM_URL: &str =
    first_set([option_env!("AURORA_SSE_URL"), option_env!("VITE_SSE_URL"), option_env!("REACT_APP_SSE_URL")]);

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

const TOKEN_KEY: &str = "aurora.token";

/// The token of this tab.
pub fn token() -> Option<String> {
    browser::session_storage()?.get_item(TOKEN_KEY).ok()?.filter(|token| !token.is_empty())
}

/// Keeps `token` for this tab, or forgets it where it is `None` or empty. Returns false where the browser
/// refuses to store anything: the token then works until the page is reloaded.
pub fn set_token(token: Option<&str>) -> bool {
    let Some(storage) = browser::session_storage() else { return false };
    match token.filter(|token| !token.is_empty()) {
        Some(token) => storage.set_item(TOKEN_KEY, token).is_ok(),
        None => storage.remove_item(TOKEN_KEY).is_ok(),
    }
}
