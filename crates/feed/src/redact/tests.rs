//! What is redacted and what stays: one table for each kind of place, and properties for all others.

use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use serde_json::{Value, json};

use super::*;

fn redacted(line: &str) -> String {
    serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    let redactor = Redactor::new().unwrap();
    let once = redactor.redact(line).into_owned();
    serde_json::from_str::<Value>(&once).unwrap_or_else(|error| panic!("{line}\n{once}: {error}"));
    assert_eq!(redactor.redact(&once), once, "not the same again: {line}");
    once
}

fn check(line: &str, expected: &str) {
    assert_eq!(redacted(line), expected);
}

fn check_unchanged(line: &str) {
    check(line, line);
}

/// A text inside a string, before and after.
fn check_text(text: &str, expected: &str) {
    let line = redacted(&json!({ "e": text }).to_string());
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["e"], expected);
}

#[test]
fn values_of_credential_keys_go() {
    check(r#"{"token": "abc"}"#, r#"{"token": "[redacted]"}"#);
    check(r#"{"a":{"apiKey":"k","n":1}}"#, r#"{"a":{"apiKey":"[redacted]","n":1}}"#);
    check(r#"{"X-MBX-APIKEY" : "k\"x"}"#, r#"{"X-MBX-APIKEY" : "[redacted]"}"#);
    check(r#"{"API_TOKEN":12345,"pin":0,"b":2}"#, r#"{"API_TOKEN":"[redacted]","pin":"[redacted]","b":2}"#);
    check(r#"{"secret":{"a":["}"]},"b":[1]}"#, r#"{"secret":"[redacted]","b":[1]}"#);
    check(r#"{"Authorization":["Bearer x"]}"#, r#"{"Authorization":"[redacted]"}"#);
    check(
        r#"[{"password":"p"},{"signature":"s"}]"#,
        r#"[{"password":"[redacted]"},{"signature":"[redacted]"}]"#,
    );
    check(r#"{"to\u006ben":"x","\u0061uth":"y"}"#, r#"{"to\u006ben":"[redacted]","\u0061uth":"[redacted]"}"#);
    check(r#"{"Bearer _mask":"{}"}"#, r#"{"Bearer [redacted]":"[redacted]"}"#);
    check(r#"{"secrets":{"live":"x"}}"#, r#"{"secrets":"[redacted]"}"#);
    check(r#"{"token_mask":"abcdef"}"#, r#"{"token_mask":"[redacted]"}"#);
    check(r#"{"tokens_per_minute":"abc"}"#, r#"{"tokens_per_minute":"[redacted]"}"#);
    check(r#"{"x?signature=ab&n=1":1}"#, r#"{"x?signature=[redacted]&n=1":"[redacted]"}"#);
}

#[test]
fn masks_codes_and_ordinary_keys_stay() {
    check_unchanged(r#"{"event_code": "OPS.TOKEN_ROTATE", "details": {"token_mask": "****1853"}}"#);
    check_unchanged(r#"{"event_code": "OPS.TOKEN.ALIAS_USED", "details": {"alias": "AURORA_OPS_TOKEN"}}"#);
    check_unchanged(r#"{"idempotency_key":"abc","keys":["a"],"author":"x","authority":"y"}"#);
    check_unchanged(r#"{"sign": -1, "signal": "buy", "e": "sign=-1, signal: long"}"#);
    check_unchanged(r#"{"token": null, "secret": "", "password": false, "auth": true, "tokens": []}"#);
    check_unchanged(r#"{"why":"token expired","authorized":"yes","tokens_per_minute":60}"#);
    check_unchanged(r#"{"url":"wss://localhost:9443/ws/dogeusdt@bookTicker","b":"ü\u00fc"}"#);
    check_unchanged(
        r#"{"e":"author: x, keyboard: y, ping: 4, key: z, 50%41, a\\u0041b, token_mask=****1853"}"#,
    );
    check_unchanged(r#"{"e":"no bearer","half":"\ud800 surrogate \u0041"}"#.replace("\\ud800", "").as_str());
}

#[test]
fn values_that_a_neighbour_names_go() {
    check(
        r#"{"h":[["X-MBX-APIKEY","k"],["Accept","*"]]}"#,
        r#"{"h":[["X-MBX-APIKEY","[redacted]"],["Accept","*"]]}"#,
    );
    check(
        r#"{"headers":[{"name":"X-MBX-APIKEY","value":"k"},{"value":"*","name":"Accept"}]}"#,
        r#"{"headers":[{"name":"X-MBX-APIKEY","value":"[redacted]"},{"value":"*","name":"Accept"}]}"#,
    );
    check(
        r#"[{"value":"k","key":"api key","n":"x"}]"#,
        r#"[{"value":"[redacted]","key":"api key","n":"x"}]"#,
    );
    check(r#"{"api":{"key":"k","url":"u"}}"#, r#"{"api":{"key":"[redacted]","url":"u"}}"#);
    check(
        r#"{"argv":["bot","--api-key","k","-v","x"]}"#,
        r#"{"argv":["bot","--api-key","[redacted]","-v","x"]}"#,
    );
    check_text("bot --api-key k1 --qty 5", "bot --api-key [redacted] --qty 5");
    check_text("curl -H 'X-MBX-APIKEY: k1' u", "curl -H 'X-MBX-APIKEY: [redacted]' u");
    check_text("-----BEGIN EC PRIVATE KEY-----\nMHcC\n", "[redacted]");
    check(
        r#"{"sig":"0123456789abcdef0123456789abcdef","privkey":"k","private_pem":"p"}"#,
        r#"{"sig":"[redacted]","privkey":"[redacted]","private_pem":"[redacted]"}"#,
    );
}

#[test]
fn neighbours_that_name_no_credential_leave_values_as_they_are() {
    check_unchanged(r#"{"codes":[["OPS.TOKEN_ROTATE","3"],["token expired","4"],["token",5]]}"#);
    check_unchanged(r#"{"missing":["api_key","api_secret"],"tags":["auth","login","x"]}"#);
    check_unchanged(r#"{"l":[{"name":"OPS.TOKEN_ROTATE","value":"3"},{"name":"token","value":4}]}"#);
    check(
        r#"{"sig":{"token":"k"},"a":{"sig":["token=k"]},"b":{"sig":"pwd=k"}}"#,
        r#"{"sig":{"token":"[redacted]"},"a":{"sig":["token=[redacted]"]},"b":{"sig":"pwd=[redacted]"}}"#,
    );
    check_unchanged(r#"{"sig":"buy","idempotency":{"key":"k"},"argv":["--token-mask","****1853","--pin"]}"#);
}

#[test]
fn what_is_deeper_than_any_json_that_is_read_goes_as_a_whole() {
    let deep = |inner: &str| format!("{{\"token\":1,\"a\":{}{inner}{}}}", "[".repeat(200), "]".repeat(200));
    let clean = Redactor::new().unwrap().redact(&deep("\"x\"")).into_owned();
    assert_eq!(clean, Redactor::new().unwrap().redact(&deep("[1]")));
    assert!(serde_json::from_str::<Value>(&clean).is_err(), "deeper than 127 is no line");
}

#[test]
fn credentials_inside_strings_go() {
    check_text(
        "400 for url: https://x.io/order?symbol=SOL&signature=ab12&timestamp=5",
        "400 for url: https://x.io/order?symbol=SOL&signature=[redacted]&timestamp=5",
    );
    check_text("token=abc", "token=[redacted]");
    check_text(
        "headers {'X-MBX-APIKEY': 'k1', 'Accept': '*'}",
        "headers {'X-MBX-APIKEY': '[redacted]', 'Accept': '*'}",
    );
    check_text(
        "[('x-mbx-apikey', 'k1'), ('accept', '*')]",
        "[('x-mbx-apikey', '[redacted]'), ('accept', '*')]",
    );
    check_text("https://x.io/v5/order?sign=0a1b&qty=1", "https://x.io/v5/order?sign=[redacted]&qty=1");
    check_text("Cookie: sid=X1; theme=dark", "Cookie: [redacted]");
    check_text("-H 'Cookie: lang=en; session=X1' -X GET", "-H 'Cookie: [redacted]' -X GET");
    check_text(
        "Authorization: Digest username=\"u\", response=\"X1\"\nAccept: *",
        "Authorization: [redacted]\nAccept: *",
    );
    check_text("[(b'token', b'X1'), (b'a', b'b')]", "[(b'token', b'[redacted]'), (b'a', b'b')]");
    check_text("['--api-key', 'X1', '-v']", "['--api-key', '[redacted]', '-v']");
    check_text(
        "{'name': 'X-MBX-APIKEY', 'value': 'X1', 'n': 1}",
        "{'name': 'X-MBX-APIKEY', 'value': '[redacted]', 'n': 1}",
    );
    check_text("reasons: 'token', 'value', 'x'", "reasons: 'token', 'value', 'x'");
    check_text("signature=é&x=1", "signature=[redacted]&x=1");
    check_text("api key: X1", "api key: [redacted]");
    check_text("api key = X1, n=2", "api key = [redacted], n=2");
    check_text("the secret value: 'a b' and", "the secret value: '[redacted]' and");
    check_text("secret: password: X1 rest", "secret: [redacted] rest");
    check_text("secret = password = X1 rest", "secret = [redacted] rest");
    check_text("password=a,b;c&d)e'f%26g rest", "password=[redacted] rest");
    check_text("token=SecretStr('X1') n", "token=[redacted]') n");
    check_text("token=b'X1', n", "token=b'[redacted]', n");
    check_text("('u?signature=bu', 418)", "('u?signature=[redacted]");
    check_text("tokens: [a, b], n", "tokens: [redacted], n");
    check_text("a%26token%3DX1%26n%3D1", "a%26token%3D[redacted]%26n%3D1");
    check_text("a%2526api%255Fkey%253DX1%2526n%253D1", "a%2526api%255Fkey%253D[redacted]%2526n%253D1");
    check_text("%7B%22secret%22%3A%22X1%22%7D", "%7B%22secret%22%3A%22[redacted]%22%7D");
}

#[test]
fn bearers_and_users_of_urls_go() {
    check_text("Authorization: Bearer abc.def-1 rest", "Authorization: [redacted] rest");
    check_text("sent Bearer abc.def-1 rest", "sent Bearer [redacted] rest");
    check_text("sent bearer token abc rest", "sent bearer [redacted] rest");
    check_text("Bearer%20abc&n=1", "Bearer%20[redacted]&n=1");
    check_text("https://user:X1@host/a?b=1", "https://[redacted]@host/a?b=1");
    check_text("see redis://:p@ss@host:1/0 now", "see redis://[redacted]@host:1/0 now");
    check_text("https%3A%2F%2Fu%3AX1%40host%2F", "https%3A%2F%2F[redacted]%40host%2F");
    check(r#"{"u":"https:\/\/u:X1@host\/"}"#, r#"{"u":"https://[redacted]@host/"}"#);
}

#[test]
fn credentials_in_json_inside_strings_go() {
    check(
        r#"{"body":"{\"secret\": \"s\\\"x\", \"n\": 1}"}"#,
        r#"{"body":"{\"secret\": \"[redacted]\", \"n\": 1}"}"#,
    );
    check(
        r#"{"body":"got {\\\"secret\\\": \\\"s\\\\\\\"x\\\", \\\"pin\\\": 12, \\\"n\\\": 1}"}"#,
        r#"{"body":"got {\\\"secret\\\": \\\"[redacted]\\\", \\\"pin\\\": \\\"[redacted]\\\", \\\"n\\\": 1}"}"#,
    );
    check(r#"{"e":"x {\"to\\u006ben\":\"X1\"}"}"#, r#"{"e":"x {\"to\\u006ben\":\"[redacted]\"}"}"#);
    check(r#"{"e":"x\\\\nauth:\\\\n  X1 rest"}"#, r#"{"e":"x\\\\nauth:\\\\n  [redacted] rest"}"#);
}

#[test]
fn a_line_without_the_words_is_not_copied() {
    let redactor = Redactor::new().unwrap();
    for line in [r#"{"price":1}"#, r#"{"token_mask":"*"}"#, r#"{"e":"an@b"}"#, r#"{"token":"[redacted]"}"#] {
        assert!(matches!(redactor.redact(line), Cow::Borrowed(_)), "{line}");
    }
}

#[test]
fn long_lines_of_half_begun_credentials_are_survived() {
    for part in [
        "token = ",
        "Bearer ",
        "token:(",
        "\\\"pin\\\":",
        "://",
        "%25",
        "[{\"a\":",
        "api key ",
        "key ",
        "\\n",
        "&auth",
    ] {
        redacted(&json!({ "e": part.repeat(100_000 / part.len()) }).to_string());
    }
}

/// Keys that name a credential, in many writings.
fn credential_key() -> impl Strategy<Value = String> {
    let stem =
        "(token|secret|password|passwd|passphrase|pwd|api[_-]?key|access_key|listenKey|auth|signature)s?";
    let stem = stem.replace("|auth|", "|oauth_token|");
    prop_oneof![
        (
            prop::sample::select(vec!["", "my_", "X-", "binance.", "the"]),
            proptest::string::string_regex(&stem).unwrap(),
            prop::sample::select(vec!["", "_live", "-1", "2", "_hex", "Value"]),
            any::<bool>(),
        )
            .prop_map(|(before, stem, after, upper)| {
                let key = format!("{before}{stem}{after}");
                if upper { key.to_uppercase() } else { key }
            }),
        prop::sample::select(vec!["auth", "x_auth", "clientAuth", "API Key", "private key", "bearer"])
            .prop_map(String::from),
    ]
}

fn escaped(text: &str, depth: usize) -> String {
    (0..depth).fold(text.to_owned(), |text, _| text.replace('\\', "\\\\").replace('"', "\\\""))
}

proptest! {
    #[test]
    fn any_text_is_survived_and_json_stays_json(
        text in "[ {}\\[\\]()\":,;'\\\\=&%@/éukn2506\u{0}a]{0,16}",
        word in "(api_)?(token|secret|x|Bearer |https://)(_mask)?",
    ) {
        Redactor::new().unwrap().redact(&format!("{{\"{word}\": {text}"));
        let value = json!({ word.clone(): text.clone(), "e": format!("{word}={text}{word}:{text}"), "l": [text] });
        let back: Value = serde_json::from_str(&redacted(&value.to_string())).unwrap();
        assert_eq!(back.as_object().unwrap().len(), 3);
    }

    #[test]
    fn no_value_of_a_credential_key_survives(
        key in credential_key(),
        secret in "Q[!-~é]{0,6}Z9",
        escape in any::<bool>(),
    ) {
        let value = json!({ "a": [{ key.clone(): secret.clone() }, { key.clone(): [1, { "n": secret.clone() }] }] });
        let mut line = value.to_string();
        if escape {
            let escaped: String = key.bytes().fold(String::new(), |escaped, byte| format!("{escaped}\\u{byte:04x}"));
            line = line.replace(&key, &escaped);
        }
        assert!(!redacted(&line).contains("Z9"), "{line}");
    }

    #[test]
    fn no_credential_in_a_text_survives(
        key in credential_key(),
        secret in "Q[a-zA-Z0-9+/_.@:!~-]{0,8}Z9",
        before in prop::sample::select(vec!["", "failed: ", "https://x.io/a?n=1&", "{", "(x, ", "a\n"]),
        separator in prop::sample::select(vec!["=", ":", ": ", " = ", " : ", "%3D", "%253A", ":=", " => "]),
        after in prop::sample::select(vec!["", " rest", "&n=1", ", n", "}", ")", "\"", "' b"]),
    ) {
        let line = json!({ "e": format!("{before}{key}{separator}{secret}{after}") }).to_string();
        assert!(!redacted(&line).contains("Z9"), "{line}");
        let user = secret.replace('/', "");
        let line = json!({ "e": format!("{before}Bearer {secret}{after} https://{user}@host") }).to_string();
        assert!(!redacted(&line).contains("Z9"), "{line}");
    }

    #[test]
    fn no_quoted_credential_survives_at_any_depth(
        key in credential_key(),
        secret in "Q[ -~]{0,8}Z9",
        depth in 0_usize..4,
        cut in any::<bool>(),
    ) {
        let body = escaped(&json!({ "n": 1, key: secret, "m": [2] }).to_string(), depth);
        let line = json!({ "e": if cut { format!("body: {body}") } else { body } }).to_string();
        let clean = redacted(&line);
        assert!(!clean.contains("Z9"), "{line}\n{clean}");
        assert!(clean.contains('m'));
    }

    #[test]
    fn other_lines_stay(key in "(author|alias|price|idempotency_key|status)", text in "[ -~]{0,20}") {
        let free = !SUSPICIOUS.iter().any(|word| text.to_lowercase().contains(word));
        let line = json!({ key: text }).to_string();
        if free {
            assert_eq!(redacted(&line), line);
        }
    }
}
