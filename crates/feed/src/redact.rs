//! Takes credentials out of lines before anyone else sees them.
//!
//! Invariants: a line without a suspicious word passes unchanged, byte for byte, after one fast search; a
//! changed line is still the same JSON but for the values that became `[redacted]`. What counts is how a key
//! *ends*: `api_token` is a credential, `token_mask` is a mask. Besides values of JSON keys, `key=value` and
//! `key: value` inside strings are found, so an exchange's error URL or a dumped header gives nothing away.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, BuildError};

mod text;

/// Endings of a key, in lower case and without separators, that make its value a credential.
const ENDINGS: [&str; 12] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "secretkey",
    "privatekey",
    "accesskey",
    "listenkey",
    "authorization",
    "signature",
];

/// Words of which at least one stands in every line that needs work.
const WORDS: [&str; 7] = ["token", "secret", "passw", "passphrase", "key", "authorization", "signature"];

/// What stands in a credential's place.
const REDACTED: &str = "[redacted]";

/// Finds and replaces credentials.
pub(crate) struct Redactor {
    words: AhoCorasick,
}

impl Redactor {
    /// # Errors
    /// When the word search cannot be built.
    pub(crate) fn new() -> Result<Self, BuildError> {
        let words = AhoCorasick::builder().ascii_case_insensitive(true).build(WORDS)?;
        Ok(Self { words })
    }

    /// Redacts one line of valid JSON.
    pub(crate) fn redact<'a>(&self, line: &'a str) -> Cow<'a, str> {
        if self.words.is_match(line) { text::json(line) } else { Cow::Borrowed(line) }
    }
}

/// Whether a key's value is a credential.
fn is_credential(key: &str) -> bool {
    let normal: String =
        key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    ENDINGS.iter().any(|ending| normal.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &str) {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
        let redacted = Redactor::new().unwrap().redact(line).into_owned();
        assert_eq!(redacted, expected);
        serde_json::from_str::<serde_json::Value>(&redacted).unwrap();
    }

    fn check_unchanged(line: &str) {
        check(line, line);
    }

    #[test]
    fn values_of_credential_keys_go() {
        check(r#"{"token": "abc"}"#, r#"{"token": "[redacted]"}"#);
        check(r#"{"a":{"apiKey":"k","n":1}}"#, r#"{"a":{"apiKey":"[redacted]","n":1}}"#);
        check(r#"{"X-MBX-APIKEY" : "k\"x"}"#, r#"{"X-MBX-APIKEY" : "[redacted]"}"#);
        check(r#"{"API_TOKEN":12345,"b":2}"#, r#"{"API_TOKEN":"[redacted]","b":2}"#);
        check(r#"{"secret":{"a":["}"]},"b":[1]}"#, r#"{"secret":"[redacted]","b":[1]}"#);
        check(r#"{"Authorization":["Bearer x"]}"#, r#"{"Authorization":"[redacted]"}"#);
        check(
            r#"[{"password":"p"},{"signature":"s"}]"#,
            r#"[{"password":"[redacted]"},{"signature":"[redacted]"}]"#,
        );
    }

    #[test]
    fn masks_codes_and_ordinary_keys_stay() {
        check_unchanged(r#"{"event_code": "OPS.TOKEN_ROTATE", "details": {"token_mask": "****1853"}}"#);
        check_unchanged(
            r#"{"event_code": "OPS.TOKEN.ALIAS_USED", "details": {"alias": "AURORA_OPS_TOKEN"}}"#,
        );
        check_unchanged(r#"{"idempotency_key":"abc","keys":["a"],"author":"x"}"#);
        check_unchanged(r#"{"token": null, "secret": "", "password": false}"#);
        check_unchanged(r#"{"why":"token expired","authorized":"yes"}"#);
    }

    #[test]
    fn credentials_inside_strings_go() {
        check(
            r#"{"error":"400 for url: https://x.io/order?symbol=SOL&signature=ab12&timestamp=5"}"#,
            r#"{"error":"400 for url: https://x.io/order?symbol=SOL&signature=[redacted]&timestamp=5"}"#,
        );
        check(r#"{"e":"token=abc"}"#, r#"{"e":"token=[redacted]"}"#);
        check(
            r#"{"e":"headers {'X-MBX-APIKEY': 'k1', 'Accept': '*'}"}"#,
            r#"{"e":"headers {'X-MBX-APIKEY': '[redacted]', 'Accept': '*'}"}"#,
        );
        check(
            r#"{"body":"{\"secret\": \"s\\\"x\", \"n\": 1}"}"#,
            r#"{"body":"{\"secret\": \"[redacted]\", \"n\": 1}"}"#,
        );
        check(r#"{"e":"Authorization: Bearer abc.def-1 rest"}"#, r#"{"e":"Authorization: [redacted] rest"}"#);
        check(r#"["signature=é&x=1"]"#, r#"["signature=[redacted]&x=1"]"#);
    }

    #[test]
    fn a_line_without_the_words_is_not_copied() {
        let redactor = Redactor::new().unwrap();
        assert!(matches!(redactor.redact(r#"{"price":1}"#), Cow::Borrowed(_)));
        assert!(matches!(redactor.redact(r#"{"token_mask":"x"}"#), Cow::Borrowed(_)));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived_and_json_stays_json(
            text in "[ {}\\[\\]\":,'\\\\=&%é\u{0}a]{0,12}",
            key in "(api_)?(token|secret|x)(_mask)?",
        ) {
            let redactor = Redactor::new().unwrap();
            redactor.redact(&format!("{{\"{key}\": {text}"));
            let value = serde_json::json!({ key.clone(): text.clone(), "e": format!("{key}={text}"), "l": [text] });
            let redacted = redactor.redact(&value.to_string()).into_owned();
            let back: serde_json::Value = serde_json::from_str(&redacted).unwrap();
            assert_eq!(back.as_object().unwrap().len(), value.as_object().unwrap().len());
            if key.ends_with('x') || key.ends_with("mask") {
                assert_eq!(back["l"], value["l"]);
            }
        }
    }
}
