//! The two readers agree: on generated JSON, on mutated lines of the logs' own shapes, on any bytes, and on every
//! recorded line where this machine has them.

use std::io::Read as _;

use aurora_domain::Source;
use proptest::prelude::*;

use super::*;
use crate::decode::{Reason, decode, decode_with_serde};

/// What a reader made of a line; in words, which tell minus zero from zero.
fn described(record: &Record<'_>) -> String {
    format!("{record:?}")
}

/// `Some(true)` where the fast reader read it, `Some(false)` where it declined; panics where the two differ.
fn check(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let general: Result<Record<'_>, _> = serde_json::from_slice(line);
    let mut record = Record::default();
    let is_fast = read(line, &mut record, None).is_some();
    if is_fast {
        let general = general.as_ref().unwrap_or_else(|error| panic!("accepted, but {error}: {text}"));
        assert_eq!(described(&record), described(general), "{text}");
    }
    for source in [Source::Events, Source::Denied] {
        let by_both = decode(source, 1, line).map_err(|rejected| rejected.reason);
        assert_eq!(by_both, decode_with_serde(source, line), "{text}");
    }
    is_fast
}

fn check_read(line: &str) {
    assert!(check(line.as_bytes()), "declined: {line}");
}

fn check_declined(line: &str) {
    assert!(!check(line.as_bytes()), "read: {line}");
}

pub(crate) const SHAPES: [&str; 8] = [
    r#"{"ts_ns": 1795197813250060032, "run_id": "20261120-175748", "event_code": "POSTTRADE.LOG", "symbol": "BTCUSDT", "cid": "aurora_1795197813234_1832", "oid": null, "side": "sell", "order_type": null, "price": 64181.704, "qty": 0.01, "position_id": null, "details": {"ts": 1795197813240, "order_id": "881001832", "latency_ms": 12.82, "filled": 0.01}, "src": null}"#,
    r#"{"event_code": "POLICY.DECISION", "ts_ns": 1756757303116235520, "details": {"route": "maker", "scores": {"p_fill": 0.64, "lot_step": 1e-05}, "reasons": ["a", {"b": []}], "observability": {"latency_ms": 12.323460546412813, "x": true}}}"#,
    r#"{"ts": 1795197493642, "type": "MARKET.BOOK", "payload": {"ts_ns": 1795197493642044160, "run_id": "ws", "event_code": "MARKET.BOOK", "symbol": "DOGEUSDT", "details": {"bid": "0.23347", "spread": "0.00019999999999997797"}}}"#,
    r#"{"deny_reason":"WHY_NEGATIVE_EDGE","ts_ns":1756757303123235840}"#,
    r#"{"timestamp":"2025-09-07T10:00:00.123456+00:00","event":"order_fill","details":{"qty_final":"0.5"}}"#,
    r#"{"event_code":"AURORA.ESCALATION","details":{"state":{"armed":true,"cooloff_until":17.5},"code":"X"}}"#,
    r#"{"event_code":"ORDER.REJECT","details":{"error_msg":"he said \"no\"\u0021","why":"später — 不"}}"#,
    r#"{"ts_ms":1756757303116,"code":"QUERY.DONE","ctx":{"latency_ms":"12.5","success":false,"llr":-1.640381449911712}}"#,
];

#[test]
fn the_logs_own_shapes_are_read_fast() {
    SHAPES.into_iter().for_each(check_read);
    check_read("{}");
    check_read(" \t{ \"a\" : [ ] , \"b\" : { } , \"ts_ns\" : 5 }\r\n ");
    check_read(
        r#"{"ts_ns":1,"ts_ns":null,"oid":"a","oid":"b","details":{"oid":1},"ctx":{"cid":2,"oid":null}}"#,
    );
    check_read(
        r#"{"latency_ms":-0.0,"ts":0.00000000000000000000001,"bid":1.7976931348623157,"ask":1E+5,"llr":-7e-7}"#,
    );
    check_read(
        r#"{"oid":12345678901234567499,"cid":9223372036854775808,"details":{"ts":18446744073709551615}}"#,
    );
    check_read(r#"{"a key of more than sixteen bytes":"\ud800","x":1e999,"payload":7,"details":"text"}"#);
}

#[test]
fn what_is_unfamiliar_is_left_to_the_general_parser() {
    for line in [
        r#"{"ev\u0065nt_code":"ORDER.ACK"}"#,
        r#"{"oid":"a\nb"}"#,
        r#"{"ts_ns":-0}"#,
        r#"{"ts_ns":18446744073709551616}"#,
        r#"{"oid":-9223372036854775809}"#,
        r#"{"latency_ms":1e300}"#,
        r#"{"latency_ms":1e400}"#,
        r#"{"latency_ms":123456789012345678901234567890.5}"#,
    ] {
        check_declined(line);
    }
    check_declined(&format!("{{\"x\":{}{}}}", "[".repeat(60), "]".repeat(60)));
    check_declined(&format!("{{\"x\":{}", "[".repeat(100_000)));
}

#[test]
fn what_is_no_object_is_accepted_by_neither() {
    for line in [
        "",
        "{",
        "[]",
        "7",
        "null",
        "{}x",
        "{}{}",
        r#"{"a":1,}"#,
        r#"{"a"}"#,
        r#"{"a":}"#,
        r"{,}",
        r#"{"a":01}"#,
        r#"{"a":-}"#,
        r#"{"a":1.}"#,
        r#"{"a":.5}"#,
        r#"{"a":1e}"#,
        r#"{"a":+1}"#,
        r#"{"ts_ns":01}"#,
        r#"{"ts_ns":1.}"#,
        r#"{"ts_ns":1e}"#,
        r#"{"a":nul}"#,
        r#"{"a":"\x"}"#,
        r#"{"a":"\u00g0"}"#,
        r"{a:1}",
        r#"{"a" 1}"#,
        r#"{"a":[1 2]}"#,
        r#"{"a":[1}}"#,
        r#"{"a":{"b":1]}"#,
        "{\"a\":\"\t\"}",
        "\u{feff}{}",
        r#"{"a":"#,
        r#"{"a":"b"#,
        r#"{"a":[,]}"#,
        r#"{"details":{"state":{"armed":tru}}}"#,
        r#"{"observability":1e999}"#,
        r#"{"details":{"risk":1e999}}"#,
    ] {
        check_declined(line);
        assert!(matches!(
            decode(Source::Events, 1, line.as_bytes()).unwrap_err().reason,
            Reason::Malformed { .. }
        ));
    }
}

fn whitespace() -> impl Strategy<Value = &'static str> {
    prop_oneof![6 => Just(""), 3 => Just(" "), 1 => Just("\t\r\n  ")]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(Key::NAMES).prop_map(str::to_owned),
        3 => prop::sample::select(vec!["details", "ctx", "payload", "observability", "state"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["", "x", "ts_\\u006es", "\\ud800", "ключ", "a key beyond sixteen bytes"])
            .prop_map(str::to_owned),
        1 => "[a-z_]{1,20}",
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|int| int.to_string()),
        any::<u64>().prop_map(|int| int.to_string()),
        (u64::MAX - 20..=u64::MAX).prop_map(|int| (u128::from(int) + 10).to_string()),
        any::<f64>().prop_map(|float| float.to_string()),
        (-1e6..1e6_f64).prop_map(|float| float.to_string()),
        "-?(0|[1-9][0-9]{0,22})(\\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?",
        "-?[0-9]{0,3}\\.?[0-9]{0,3}e?[0-9]{0,2}",
    ]
}

fn string() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        6 => "[ -!#-\\[\\]-~]{0,12}",
        2 => "[а-я不€😀]{1,3}",
        1 => prop::sample::select(vec![
            "\\n", "\\\"", "\\u0041", "\\ud83d\\ude00", "\\ud800", "\\uDC00x", "\\u12", "\\q", "\u{1}", "\u{7f}",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..3).prop_map(|parts| format!("\"{}\"", parts.concat()))
}

pub(crate) fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        2 => Just("null".to_owned()), 1 => Just("true".to_owned()), 1 => Just("false".to_owned()),
        4 => number(), 4 => string(),
    ];
    scalar.prop_recursive(5, 40, 6, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..4);
        let array = (items, whitespace()).prop_map(|(items, ws)| format!("[{ws}{}{ws}]", items.join(",")));
        prop_oneof![1 => array, 3 => object(inner)]
    })
}

pub(crate) fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let pair = (key(), value, whitespace())
        .prop_map(|(key, value, ws)| format!("{ws}\"{key}\"{ws}:{ws}{value}{ws}"));
    (prop::collection::vec(pair, 0..8), whitespace())
        .prop_map(|(pairs, ws)| format!("{{{ws}{}}}{ws}", pairs.join(",")))
}

/// A place, how many bytes go there, and which ones come.
type Change = (prop::sample::Index, usize, Vec<u8>);

pub(crate) fn changes() -> impl Strategy<Value = Vec<Change>> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(&b"\"\\{}[]:,.-+eE0189 nulltruefas\t\n"[..]),];
    prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, prop::collection::vec(byte, 0..4)), 1..4)
}

pub(crate) fn changed(shape: &str, changes: &[Change]) -> Vec<u8> {
    let mut line = shape.as_bytes().to_vec();
    for (place, removed, inserted) in changes {
        let at = place.index(line.len() + 1);
        let end = line.len().min(at + removed);
        line.splice(at..end, inserted.iter().copied());
    }
    line
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_readers_agree_on_generated_json(line in object(value())) {
        check(line.as_bytes());
    }

    #[test]
    fn the_readers_agree_on_mutated_lines(
        shape in prop::sample::select(&SHAPES[..]),
        changes in changes(),
    ) {
        check(&changed(shape, &changes));
    }

    #[test]
    fn the_readers_agree_on_any_bytes(line in prop::collection::vec(
        prop_oneof![any::<u8>(), prop::sample::select(&b"{}[]\":,\\0123456789.eE-+ ntf"[..])], 0..60)) {
        check(&line);
    }

    #[test]
    fn the_readers_agree_on_every_number(number in number()) {
        check(format!("{{\"latency_ms\":{number},\"x\":{number},\"details\":{{\"ts_ns\":{number}}}}}").as_bytes());
    }
}

/// Every file below the recorded sessions, parts unpacked.
pub(crate) fn recorded_files() -> Vec<Vec<u8>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/sessions");
    let Ok(sessions) = std::fs::read_dir(root) else { return Vec::new() };
    let folders = sessions.filter_map(|entry| std::fs::read_dir(entry.unwrap().path()).ok());
    let mut files = Vec::new();
    for path in folders.flatten().map(|entry| entry.unwrap().path()) {
        let bytes = std::fs::read(&path).unwrap();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("jsonl") => files.push(bytes),
            Some("gz") => {
                let mut plain = Vec::new();
                flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
                files.push(plain);
            }
            _ => {}
        }
    }
    files
}

#[test]
fn recorded_lines_read_the_same_and_nearly_all_of_them_fast() {
    let (mut lines, mut declined) = (0_u32, 0_u32);
    for file in recorded_files() {
        for line in file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            lines += 1;
            declined += u32::from(!check(line));
        }
    }
    println!("{declined} of {lines} recorded lines were left to the general parser");
    assert!(declined * 100 <= lines, "{declined} of {lines}");
}
