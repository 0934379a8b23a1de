//! Owns the two chromedriver commands that the webdriver standard does not have: the console log and `DevTools`.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};

/// A POST to a path below the session.
#[derive(Debug)]
pub struct Post {
    path: &'static str,
    body: Value,
}

impl Post {
    /// Takes what the console has said since it was last asked.
    #[must_use]
    pub fn console_log() -> Self {
        Self { path: "se/log", body: json!({ "type": "browser" }) }
    }

    /// Runs a command of the `DevTools` protocol.
    #[must_use]
    pub fn devtools(command: &str, params: &Value) -> Self {
        Self { path: "goog/cdp/execute", body: json!({ "cmd": command, "params": params }) }
    }
}

impl WebDriverCompatibleCommand for Post {
    fn endpoint(&self, base_url: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base_url.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _url: &url::Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
