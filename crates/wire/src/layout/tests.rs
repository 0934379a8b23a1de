//! Layouts change how lines are read and never what is read: lines of known layouts, lines that nearly have one, and
//! more layouts than are kept.

use proptest::prelude::*;

use super::*;
use crate::{
    decode::{decode, decode_with_serde, knows_layout},
    fast::tests::{SHAPES, changed, changes, object, recorded_files, value},
};

/// Both readers agree on `line`; and once more, when it has been learned.
fn check(source: Source, line: &[u8]) {
    let general = decode_with_serde(source, line);
    for turn in ["first", "again"] {
        let decoded = decode(source, 1, line).map_err(|rejected| rejected.reason);
        assert_eq!(decoded, general, "{turn}: {}", String::from_utf8_lossy(line));
    }
}

/// One line teaches how to read another.
fn check_teaches(line: &str, other: &str, expected: bool) {
    forget();
    check(Source::Events, line.as_bytes());
    assert_eq!(knows_layout(Source::Events, other.as_bytes()), expected, "{line} then {other}");
    check(Source::Events, other.as_bytes());
}

fn forget() {
    LAYOUTS.with(|layouts| *layouts.borrow_mut() = Layouts::new());
}

#[test]
fn the_values_may_differ_and_nothing_else() {
    let line =
        r#"{"event_code":"ORDER.DENY","ts_ns":1,"details":{"reason":"a","x":[1,{}],"ok":true,"y":2.5}}"#;
    let other = r#"{"event_code":"ORDER.DENY","ts_ns":1795197813250060032,"details":{"reason":"later: 1","x":[],"ok":false,"y":-0}}"#;
    check_teaches(line, other, true);
    for other in [
        line.replace("DENY", "FILL"),
        line.replace("reason", "why"),
        line.replace("\"a\"", "null"),
        line.replace("\"a\"", "7"),
        line.replace("\"a\"", "\"a\\n\""),
        line.replace("\"ts_ns\":1,", ""),
        line.replace(":1,", ": 1,"),
        line.replace("2.5", "02.5"),
        line.replace("2.5", "2."),
        line.replace("true", "tru"),
        line.replace("[1,{}]", "[1,{]"),
        format!("{line} "),
        format!("{line}x"),
        line.trim_end_matches('}').to_owned(),
    ] {
        check_teaches(line, &other, false);
    }
}

#[test]
fn a_rule_that_would_ask_on_makes_it_read_anew() {
    let line =
        r#"{"event_code":"ORDER.ACK","oid":"1","cid":"2","details":{"fill_type":"immediate","qty":1}}"#;
    check_teaches(line, &line.replace("\"1\"", "\"17\""), true);
    check_teaches(line, &line.replace("\"1\"", "\"\""), false);
    check_teaches(line, &line.replace("immediate", "resting"), false);
    let line = r#"{"event_code":"ORDER.ACK","ts_ns":"1795197813250060032","ts":1795197813}"#;
    check_teaches(line, &line.replace("1795197813250060032", "unknown"), false);
}

#[test]
fn a_number_that_is_kept_must_have_a_value() {
    let line = r#"{"event_code":"ORDER.ACK","latency_ms":1,"bid":2,"x":3}"#;
    check_teaches(line, &line.replace(":3", ":1e999"), true);
    check_teaches(line, &line.replace(":3", ":1e5"), true);
    check_teaches(line, &line.replace(":2", ":-2.5e3"), true);
    // A fill does not ask for the bid's place in a detail, yet the general parser reads it.
    check_teaches(line, &line.replace(":2", ":1e999"), false);
    let long = format!(":{}.5", "9".repeat(400));
    check_teaches(line, &line.replace(":2", &long), false);
    check_teaches(line, &line.replace(":3", &long), true);
}

#[test]
fn other_kinds_of_files_have_layouts_of_their_own() {
    forget();
    let line = br#"{"ts_ns":1,"run_id":"r","reason_code":"x","lifecycle_state":"CANCELLED"}"#;
    check(Source::Denied, line);
    assert!(knows_layout(Source::Denied, line) && !knows_layout(Source::Success, line));
    for source in Source::ALL {
        check(source, line);
    }
}

#[test]
fn keys_that_stand_twice_are_read_as_the_general_parser_reads_them() {
    for line in [
        r#"{"oid":"a","oid":"b"}"#,
        r#"{"oid":"a","oid":null,"cid":"c"}"#,
        r#"{"oid":"a","oid":{"x":1},"cid":"c"}"#,
        r#"{"oid":[1],"oid":"b"}"#,
        r#"{"details":{"oid":"a"},"ctx":{"oid":"b"}}"#,
        r#"{"payload":{"event_code":"X","oid":"a"},"payload":{"event_code":"Y"}}"#,
        r#"{"payload":{"event_code":"X","payload":{"event_code":"Y","oid":"a"}}}"#,
    ] {
        forget();
        for text in ["a", "bb", "", "a"] {
            check(Source::Events, line.replace("\"a\"", &format!("\"{text}\"")).as_bytes());
        }
    }
}

#[test]
fn layouts_that_never_come_again_are_not_learned_for_ever() {
    forget();
    for number in 0..2 * MAX_CREDIT {
        check(Source::Events, format!(r#"{{"event_code":"ORDER.ACK","key {number}":{number}}}"#).as_bytes());
    }
    LAYOUTS.with(|layouts| {
        let layouts = layouts.borrow();
        assert!(layouts.credit < MAX_CREDIT && layouts.tree.len() <= tree::MAX_NODES);
    });
}

#[test]
fn when_the_tree_is_full_it_begins_again() {
    forget();
    let line = |number: usize| {
        let keys: Vec<String> = (0..60).map(|key| format!(r#""{number} {key}":{key}"#)).collect();
        format!("{{{}}}", keys.join(","))
    };
    for number in 0..400 {
        check(Source::Events, line(number).as_bytes());
        assert!(LAYOUTS.with(|layouts| layouts.borrow().tree.len()) <= tree::MAX_NODES + MAX_BYTES);
    }
    assert!(!knows_layout(Source::Events, line(0).as_bytes()));
    assert!(knows_layout(Source::Events, line(399).as_bytes()));
}

#[test]
fn nearly_all_recorded_lines_have_a_known_layout() {
    forget();
    let (mut lines, mut known) = (0_u32, 0_u32);
    for file in recorded_files() {
        for line in file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            lines += 1;
            known += u32::from(knows_layout(Source::Events, line));
            check(Source::Events, line);
        }
    }
    println!("{known} of {lines} recorded lines had a layout that was known before");
    assert!((lines - known) * 100 <= lines, "{known} of {lines}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_readers_agree_on_lines_that_nearly_have_a_known_layout(
        shape in prop::sample::select(&SHAPES[..]), changes in changes(), source in prop::sample::select(&Source::ALL[..]),
    ) {
        check(source, shape.as_bytes());
        check(source, &changed(shape, &changes));
    }

    #[test]
    fn the_readers_agree_on_generated_json_that_was_learned(line in object(value()), other in object(value())) {
        check(Source::Events, line.as_bytes());
        check(Source::Events, other.as_bytes());
    }
}
