//! config.json beside the page: what a deployment sets without building anew.

use serde::{Deserialize, de::IgnoredAny};

use crate::rules::Rules;

/// Its contents. Everything may be missing; what is not known is refused, so that a slip of the pen is not overlooked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PageConfig {
    /// The stream, absolute or relative to the page.
    pub sse_url: Option<String>,
    /// The state to start from; empty where there is none. By default `snapshot` beside a stream that is called `sse`.
    pub snapshot_url: Option<String>,
    /// Alert rules instead of the shipped ones: a rule file as JSON.
    pub rules: Option<Rules>,
}

impl PageConfig {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong, and in which line and column.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Reads it but for its rules, which may be broken.
    ///
    /// # Errors
    /// What else is wrong, and in which line and column.
    pub fn parse_without_rules(text: &str) -> Result<Self, serde_json::Error> {
        let ButRules { sse_url, snapshot_url, rules: _ } = serde_json::from_str(text)?;
        Ok(Self { sse_url, snapshot_url, rules: None })
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ButRules {
    sse_url: Option<String>,
    snapshot_url: Option<String>,
    rules: IgnoredAny,
}

/// The snapshot's URL beside a stream's: `…/sse?session=x` has `…/snapshot?session=x`; `None` where the stream has
/// another name.
pub fn snapshot_beside(stream_url: &str) -> Option<String> {
    let (path, query) =
        stream_url.split_once('?').map_or((stream_url, None), |(path, query)| (path, Some(query)));
    let base = path.strip_suffix("sse").filter(|base| base.is_empty() || base.ends_with('/'))?;
    let session =
        query.into_iter().flat_map(|query| query.split('&')).find(|part| part.starts_with("session="));
    let query = session.map(|session| format!("?{session}")).unwrap_or_default();
    Some(format!("{base}snapshot{query}"))
}

/// What stands beside a stream under `name`, such as `sessions`; `None` where the stream has another name than `sse`.
pub fn beside(stream_url: &str, name: &str) -> Option<String> {
    let path = stream_url.split_once('?').map_or(stream_url, |(path, _)| path);
    let base = path.strip_suffix("sse").filter(|base| base.is_empty() || base.ends_with('/'))?;
    Some(format!("{base}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_paths_of_the_feed_stand_beside_its_stream() {
        assert_eq!(beside("/a/sse?session=x", "sessions").as_deref(), Some("/a/sessions"));
        assert_eq!(beside("/events", "sessions"), None);
    }

    #[test]
    fn what_is_missing_is_left_as_built_and_what_is_unknown_is_refused() {
        assert_eq!(PageConfig::parse("{}").unwrap(), PageConfig::default());
        let config = PageConfig::parse(r#"{"sse_url": "https://feed.example.org/sse"}"#).unwrap();
        assert_eq!(config.sse_url.as_deref(), Some("https://feed.example.org/sse"));
        for (text, words) in [
            ("{\"sse_ulr\": \"sse\"}", ["unknown field `sse_ulr`", "line 1"]),
            ("{\n\"sse_url\": 5}", ["invalid type", "line 2"]),
            ("", ["EOF", "line 1"]),
        ] {
            let said = PageConfig::parse(text).unwrap_err().to_string();
            assert!(words.iter().all(|word| said.contains(word)), "{said}");
        }
    }

    #[test]
    fn rules_are_read_and_a_broken_one_is_named_with_its_place() {
        let config = |expr: &str| {
            PageConfig::parse(&format!(
                r#"{{"rules": {{"groups": [{{"name": "own", "rules": [{{"alert": "Late", "expr": "{expr}"}}]}}]}}}}"#
            ))
        };
        let rules = config("aurora_deny_rate > 0.5").unwrap().rules.unwrap();
        assert_eq!(rules.groups()[0].rules[0].alert(), "Late");
        let said = config("aurora_deny_rate >> 0.5").unwrap_err().to_string();
        for words in
            ["group `own`", "rule `Late`", "expr `aurora_deny_rate >> 0.5`", "at 1:19", "line 1 column"]
        {
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn what_stands_beside_broken_rules_is_in_force() {
        let text = r#"{"sse_url": "x/sse", "rules": {"groups": [{"name": "g", "rules": [{"alert": "A", "expr": ">"}]}]}}"#;
        assert!(PageConfig::parse(text).is_err());
        let config = PageConfig::parse_without_rules(text).unwrap();
        assert_eq!(config, PageConfig { sse_url: Some("x/sse".to_owned()), ..PageConfig::default() });
        assert!(PageConfig::parse_without_rules("{\"ruels\": {}}").is_err());
    }

    #[test]
    fn a_snapshot_stands_beside_a_stream_of_the_usual_name() {
        for (stream, snapshot) in [
            ("sse", Some("snapshot")),
            ("/a/sse?window=5&session=x", Some("/a/snapshot?session=x")),
            ("https://h:8001/sse", Some("https://h:8001/snapshot")),
            ("/events", None),
            ("/nosse", None),
        ] {
            assert_eq!(snapshot_beside(stream).as_deref(), snapshot, "{stream}");
        }
    }
}
