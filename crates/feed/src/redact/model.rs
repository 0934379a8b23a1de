//! Redaction against a model: what goes is what the model says, and everything else stays as it was.
//!
//! Values and texts are put together from parts whose meaning is known, so that the model needs no rules of
//! its own for keys, quotes and separators.

use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop, prop_oneof, proptest};
use serde_json::{Map, Value, json};

use super::{REDACTED, Redactor, SUSPICIOUS};

/// Keys whose values go, whatever they are.
const CREDENTIALS: [&str; 12] = [
    "token",
    "api_key",
    "X-MBX-APIKEY",
    "secret",
    "password",
    "authorization",
    "signature",
    "listenKey",
    "OK-ACCESS-SIGN",
    "private_key",
    "auth",
    "passphrase",
];

/// Keys whose values stay.
const PLAIN: [&str; 10] = [
    "event_code",
    "symbol",
    "idempotency_key",
    "author",
    "keys",
    "price",
    "details",
    "monkey",
    "ü",
    "a\"b\\c",
];

/// Texts in which nothing is a credential, though some words come near.
fn plain_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~é✓]{0,24}".prop_filter("suspicious", |text| {
            let text = text.to_lowercase();
            !SUSPICIOUS.iter().any(|word| text.contains(word))
        }),
        prop::sample::select(vec![
            "OPS.TOKEN_ROTATE",
            "token expired",
            "no key",
            "author of x",
            "wss://h:1/ws/dogeusdt@bookTicker",
            "100% sure",
            "line\nbreak\ttab \\ \" '",
        ])
        .prop_map(str::to_owned),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(|quarters| json!(f64::from(quarters) / 4.0)), // read back as the same number
    ]
}

/// A value, and what is left of it.
type Pair = (Value, Value);

fn same(value: Value) -> Pair {
    (value.clone(), value)
}

fn object(entries: Vec<(&'static str, Pair, bool)>) -> Pair {
    let (mut before, mut after) = (Map::new(), Map::new());
    for (key, (value, clean), goes) in entries {
        let says_nothing = match &value {
            Value::Null | Value::Bool(_) => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(entries) => entries.is_empty(),
            Value::Number(_) => false,
        };
        let left = if goes && !says_nothing { json!(REDACTED) } else { clean };
        before.insert(key.to_owned(), value);
        after.insert(key.to_owned(), left);
    }
    (Value::Object(before), Value::Object(after))
}

fn entry(value: BoxedStrategy<Pair>) -> impl Strategy<Value = (&'static str, Pair, bool)> {
    let key = prop_oneof![
        prop::sample::select(CREDENTIALS.to_vec()).prop_map(|key| (key, true)),
        prop::sample::select(PLAIN.to_vec()).prop_map(|key| (key, false)),
    ];
    (key, value).prop_map(|((key, goes), value)| (key, value, goes))
}

fn value() -> impl Strategy<Value = Pair> {
    let leaf = prop_oneof![
        Just(Value::Null).prop_map(same),
        any::<bool>().prop_map(|flag| same(flag.into())),
        number().prop_map(same),
        plain_text().prop_map(|text| same(text.into())),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..5).prop_map(|items| {
            let (before, after): (Vec<_>, Vec<_>) = items.into_iter().unzip();
            (Value::Array(before), Value::Array(after))
        });
        let entries = prop::collection::vec(entry(inner.boxed()), 0..6).prop_map(object);
        prop_oneof![list, entries]
    })
}

/// A query of plain and secret parameters, and what is left of it.
fn query() -> impl Strategy<Value = (String, String)> {
    let plain = ("(symbol|qty|timestamp|recvWindow|side)", "[A-Za-z0-9._-]{0,10}")
        .prop_map(|(key, value)| (format!("{key}={value}"), format!("{key}={value}")));
    let secret = ("(signature|api_key|token|sign|listenKey)", "[a-f][A-Za-z0-9._~-]{2,40}")
        .prop_map(|(key, value)| (format!("{key}={value}"), format!("{key}={REDACTED}")));
    prop::collection::vec(prop_oneof![plain, secret], 1..8).prop_map(|parts| {
        let (before, after): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        (before.join("&"), after.join("&"))
    })
}

fn redact(line: &str) -> String {
    Redactor::new().unwrap().redact(line).into_owned()
}

proptest! {
    #[test]
    fn credentials_go_and_everything_else_stays((before, after) in value(), pretty in any::<bool>()) {
        let line = if pretty { serde_json::to_string_pretty(&before) } else { serde_json::to_string(&before) };
        let line = line.unwrap();
        let clean = redact(&line);
        let left: Value = serde_json::from_str(&clean).unwrap_or_else(|error| panic!("{line}\n{clean}: {error}"));
        assert_eq!(left, after, "{line}\n{clean}");
        if before == after {
            assert_eq!(clean, line, "nothing went, so not a byte changes");
        }
    }

    #[test]
    fn json_in_a_string_is_redacted_as_json((before, after) in value()) {
        let clean = redact(&json!({ "body": before.to_string() }).to_string());
        let left: Value = serde_json::from_str(&clean).unwrap();
        let body: Value = serde_json::from_str(left["body"].as_str().unwrap()).unwrap();
        assert_eq!(body, after);
    }

    #[test]
    fn a_query_loses_its_secrets_and_nothing_else(
        (before, after) in query(),
        wrap in prop::sample::select(vec![
            ("400 for url: https://api.x.io/v3/order?", ""),
            ("GET /api/v3/order?", " HTTP/1.1 failed"),
            ("<https://h/p?", "> refused"),
            ("('https://h/p?", "', 418)"),
        ]),
    ) {
        let line = json!({ "error_msg": format!("{}{before}{}", wrap.0, wrap.1) }).to_string();
        let left: Value = serde_json::from_str(&redact(&line)).unwrap();
        assert_eq!(left["error_msg"], format!("{}{after}{}", wrap.0, wrap.1));
    }

    #[test]
    fn broken_lines_are_survived(mut bytes in prop::collection::vec(any::<u8>(), 0..60), at in any::<prop::sample::Index>()) {
        let line = r#"{"a":"token=x","secret":["\"",{"k":1}],"u":"https://u:p@h"}"#.as_bytes();
        let at = at.index(line.len());
        bytes.splice(0..0, line[..at].iter().copied());
        bytes.extend(&line[at..]);
        redact(&String::from_utf8_lossy(&bytes));
    }
}
