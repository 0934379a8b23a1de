//! That a report has one form, and that a changed one is told.

use super::*;
use aurora_domain::report::{Course, GA};

fn report() -> Report {
    Report::of(&Course::default(), Window { start: 29_919_950, end: 29_920_010 }, &GA)
}

const MADE: Ts = Ts(1_795_197_000_000_000_000);

#[test]
fn a_document_holds_the_canonical_form_and_its_hash() {
    let text = document(&report(), MADE);
    let held = read(&text).unwrap();
    assert_eq!(held.canonical, canonical(&report()));
    assert_eq!(held.sha256, sha256(&held.canonical));
    assert_eq!(held.window, report().window);
    let whole: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(whole["id"].as_str().unwrap(), &held.sha256[..16]);
    assert_eq!(whole["generated_at"], "2026-11-20T17:50:00Z");
    assert!(!held.canonical.contains("generated_at"), "when it was made is no part of what was found");
}

#[test]
fn the_hash_is_sha_256() {
    // FIPS 180-2, appendix B.1.
    assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn keys_stand_in_the_order_of_their_bytes() {
    let canonical = canonical(&report());
    let keys =
        ["checkpoints", "compliance_rate", "first_event", "incidents", "last_event", "objectives", "overall"];
    let places: Vec<_> = keys.iter().map(|key| canonical.find(&format!("\"{key}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(
        sorted(&json!({ "b": [{ "d": 1, "c": 2 }], "a": null })).to_string(),
        r#"{"a":null,"b":[{"c":2,"d":1}]}"#
    );
}

#[test]
fn a_document_that_is_none_or_was_changed_is_refused() {
    let text = document(&report(), MADE);
    let refused = |text: &str| read(text).unwrap_err().to_string();
    assert!(refused("{").starts_with("this is no JSON: "));
    assert_eq!(refused("{}"), "`report` is missing or not what a report has there");
    assert_eq!(refused(r#"{"report":{}}"#), "`sha256` is missing or not what a report has there");
    assert!(
        refused(&text.replace("inconclusive", "pass")).starts_with("the report does not match its hash: ")
    );
    let empty = format!(r#"{{"report":{{}},"sha256":"{}"}}"#, sha256("{}"));
    assert_eq!(refused(&empty), "`report.window.start` is missing or not what a report has there");
}

#[test]
fn markdown_says_what_is_missing() {
    let text = markdown(&report());
    assert!(text.starts_with("# Objectives and canary: inconclusive\n"), "{text}");
    assert!(text.contains("0 min of 1 h are covered"), "{text}");
    assert!(text.contains("| Provenance | at least 95.0 % | no data | 0 | no data |"), "{text}");
    assert!(text.contains(&sha256(&canonical(&report()))), "{text}");
}
