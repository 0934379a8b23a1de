//! Owns the lines of the browser's console, and telling the browser's own from the page's.

use std::fmt;

use serde_json::Value;

/// A line of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `SEVERE`, `WARNING`
    pub level: String,
    /// `network` where the browser itself reports a request, `javascript` or `console-api` where it is the page's.
    pub source: String,
    /// What it says.
    pub text: String,
}

impl Entry {
    pub(crate) fn new(entry: &Value) -> Self {
        let part = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { level: part("level"), source: part("source"), text: part("message") }
    }

    /// Whether it is the browser's own line about a request to one of `paths` that failed.
    #[must_use]
    pub fn is_failed_request(&self, paths: &[&str]) -> bool {
        let url = self.text.split(' ').next().unwrap_or_default();
        let path = url::Url::parse(url).map(|url| url.path().to_owned()).unwrap_or_default();
        self.source == "network" && paths.contains(&path.as_str())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.level, self.source, self.text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(source: &str, text: &str, expected: bool) {
        let entry = Entry::new(&json!({ "level": "SEVERE", "source": source, "message": text }));
        assert_eq!(entry.is_failed_request(&["/sse"]), expected, "{entry}");
    }

    #[test]
    fn only_the_browsers_own_lines_about_the_stream_are_told_apart() {
        check(
            "network",
            "http://127.0.0.1:1/sse - Failed to load resource: net::ERR_CONNECTION_REFUSED",
            true,
        );
        check(
            "network",
            "http://127.0.0.1:1/sse?window=60 - Failed to load resource: 502 (Bad Gateway)",
            true,
        );
        check("network", "http://127.0.0.1:1/app.js - Failed to load resource: 404 (Not Found)", false);
        check("javascript", "http://127.0.0.1:1/sse - Uncaught TypeError", false);
        check("console-api", "panicked at /sse", false);
    }
}
