//! Rule files in JSON, and the shipped ones.

use super::*;

const GOOD: &str = r#"{"groups": [{"name": "g", "interval": "15s", "rules": [{
    "alert": "SlowAcks", "expr": "aurora_latency_ms{kind=\"ack\",quantile=\"0.95\"} > 350", "for": "15m",
    "keep_firing_for": "5m", "labels": {"severity": "critical"}, "annotations": {"summary": "{{ $value }} ms"}
}]}]}"#;

fn check(from: &str, to: &str, words: &[&str]) {
    let text = GOOD.replace(from, to);
    assert_ne!(text, GOOD);
    let said = Rules::from_json(&text).unwrap_err().to_string();
    for word in words {
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn a_file_is_read_and_written_again() {
    let rules = Rules::from_json(GOOD).unwrap();
    let group = &rules.groups()[0];
    assert_eq!((group.name.as_str(), group.interval_ms, group.rules.len()), ("g", Some(15_000), 1));
    let rule = &group.rules[0];
    assert_eq!((rule.alert(), rule.hold_for_ms(), rule.keep_firing_for_ms()), ("SlowAcks", 900_000, 300_000));
    assert_eq!(Rules::from_json(&rules.file().to_json()).unwrap(), rules);
}

#[test]
fn a_broken_rule_is_named_with_group_expression_and_position() {
    check(" > 350", " > ", &["group `g`", "rule `SlowAcks`", "expr", "at 1:49", "ends too early"]);
    check("\"for\": \"15m\"", "\"for\": \"15\"", &["rule `SlowAcks`", "for `15`", "no duration"]);
    check("{{ $value }}", "{{ $val }}", &["annotation summary", "at 1:3"]);
    check("> 350", "> sum(x)", &["aggregations are not part of the subset", "`sum`"]);
}

#[test]
fn unknown_keys_and_broken_groups_are_refused() {
    check("\"alert\"", "\"record\"", &["unknown field `record`", "line 2"]);
    check("\"interval\"", "\"limit\": 5, \"interval\"", &["unknown field `limit`"]);
    check("15s", "0s", &["interval `0s`"]);
    check("\"name\": \"g\"", "\"name\": \"\"", &["each group needs a name"]);
    check("]}]}", "]}, {\"name\": \"g\"}]}", &["group `g`: each group needs a name of its own"]);
}

#[test]
fn a_file_of_too_many_rules_is_refused() {
    let group = FileGroup { name: "g".to_owned(), rules: vec![FileRule::default(); 1_001], interval: None };
    let refused = Rules::try_from(File { groups: vec![group] }).unwrap_err();
    assert_eq!(refused, RulesError::TooMany { groups: 1, rules: 1_001 });
}

#[test]
fn the_shipped_rules_say_what_to_do_and_where_they_come_from() {
    let rules = Rules::from_json(SHIPPED).unwrap();
    let names: Vec<_> = rules.groups().iter().map(|group| group.name.as_str()).collect();
    for group in
        ["p3d", "service", "testnet-targets", "testnet-alerts", "testnet-stop", "ga-panels", "ga-alerts"]
    {
        assert!(names.contains(&group), "{group} is missing from {names:?}");
    }
    for rule in rules.groups().iter().flat_map(|group| &group.rules) {
        let text = rule.text();
        for name in ["summary", "description", "source", "runbook_url"] {
            assert!(text.annotations.iter().any(|(own, _)| own == name), "{} has no {name}", rule.alert());
        }
        for name in ["severity", "response"] {
            assert!(text.labels.iter().any(|(own, _)| own == name), "{} has no {name}", rule.alert());
        }
    }
}
