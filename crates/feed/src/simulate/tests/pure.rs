//! The plan by itself: determinism, shapes, times, rates.

use super::super::files::SessionFile;
use super::super::json::{Object, number};
use super::{START_NS, Scenario, Session, at_ns, plan, session};

#[test]
fn the_same_seed_gives_the_same_actions_in_every_scenario() {
    let check = |scenario| {
        let (one, other) = (session(11, scenario, 80.0, 120), session(11, scenario, 80.0, 120));
        assert!(one.actions == other.actions, "{scenario:?}");
        assert_eq!(one.totals, other.totals);
    };
    for scenario in [
        Scenario::Calm,
        Scenario::LatencySpike,
        Scenario::DenyStorm,
        Scenario::BreakerTrip,
        Scenario::Rotation,
        Scenario::CorruptLines,
        Scenario::Mixed,
    ] {
        check(scenario);
    }
}

#[test]
fn how_far_is_looked_at_a_time_does_not_change_the_session() {
    let mut stepped = plan(5, Scenario::Mixed, 100.0, START_NS);
    let mut actions = Vec::new();
    for step in 1..=4_000_u64 {
        actions.extend(std::iter::from_fn(|| stepped.next_until(START_NS + step * 10_000_000)));
    }
    let whole: Vec<_> = plan(5, Scenario::Mixed, 100.0, START_NS).take(actions.len()).collect();
    assert!(actions == whole);
}

#[test]
fn another_seed_gives_another_session() {
    assert!(session(1, Scenario::Calm, 40.0, 30).content != session(2, Scenario::Calm, 40.0, 30).content);
}

#[test]
fn every_calm_line_is_an_object_with_a_time() {
    let calm = session(3, Scenario::Calm, 60.0, 300);
    for file in SessionFile::ALL {
        assert_eq!(calm.records(file).len(), calm.lines(file).len(), "{file:?}");
        assert_eq!(calm.lines(file).len() as u64, *calm.totals.lines.get(file), "{file:?}");
        for record in calm.records(file) {
            assert!(record["ts_ns"].is_u64() || record["ts"].is_u64(), "{record}");
        }
    }
}

#[test]
fn all_shapes_of_the_bot_are_interleaved() {
    let spike = session(3, Scenario::LatencySpike, 60.0, 120);
    let events = spike.records(SessionFile::Events);
    let count =
        |shape: &dyn Fn(&serde_json::Value) -> bool| events.iter().filter(|event| shape(event)).count();
    assert!(count(&|event| event.get("run_id").is_some()) > 1_000);
    assert!(count(&|event| event.get("run_id").is_none() && event.get("event_code").is_some()) > 300);
    assert!(count(&|event| event.get("payload").is_some()) > 100);
    assert!(count(&|event| event["ts"].is_string()) > 3);
    let denied = spike.records(SessionFile::Denied);
    assert!(denied.iter().any(|row| row.get("deny_reason").is_some()));
    assert!(denied.iter().any(|row| row.get("reason_code").is_some()));
}

#[test]
fn each_writer_goes_forward_in_time() {
    let check = |session: &Session, file, canonical: bool| {
        let times: Vec<_> = session
            .records(file)
            .iter()
            .filter(|record| record.get("event_code").is_some() || file != SessionFile::Events)
            .filter(|record| record.get("run_id").is_some() == canonical)
            .map(at_ns)
            .collect();
        assert!(times.len() > 10, "{file:?}");
        assert!(times.is_sorted(), "{file:?} {canonical}");
        assert!(times.iter().all(|time| time % 256 == 0), "{file:?}: a double holds them");
    };
    let calm = session(9, Scenario::Calm, 100.0, 120);
    for canonical in [true, false] {
        check(&calm, SessionFile::Events, canonical);
        check(&calm, SessionFile::Success, canonical);
        check(&calm, SessionFile::Denied, canonical);
    }
    assert!(calm.actions.is_sorted_by_key(|timed| timed.at_ns));
}

#[test]
fn ten_minutes_keep_the_planned_rate_within_a_tenth() {
    let check = |scenario, rate: f64| {
        let lines = session(4, scenario, rate, 600).totals.all_lines() as f64;
        let planned = rate * 600.0;
        assert!((lines - planned).abs() < planned * 0.1, "{scenario:?}: {lines} lines of {planned}");
    };
    check(Scenario::Calm, 40.0);
    check(Scenario::LatencySpike, 40.0);
    check(Scenario::DenyStorm, 40.0);
    check(Scenario::BreakerTrip, 40.0);
    check(Scenario::CorruptLines, 40.0);
    check(Scenario::Mixed, 40.0);
    check(Scenario::Calm, 2.0);
    check(Scenario::Calm, 400.0);
}

#[test]
fn text_is_what_the_bots_serialiser_writes() {
    let check = |value: f64, expected: &str| assert_eq!(number(value), expected);
    check(1.0, "1.0");
    check(0.1, "0.1");
    check(1e-5, "1e-05");
    check(0.0001, "0.0001");
    check(-3.25e-7, "-3.25e-07");
    check(1e16, "1e+16");
    check(0.0, "0.0");
    let object = Object::new().text("a", "é\"\\🚀").list("b", &["c", "d"]).null("e").flag("f", true);
    let expected = r#"{"a": "\u00e9\"\\\ud83d\ude80", "b": ["c", "d"], "e": null, "f": true}"#;
    assert_eq!(object.close(), expected);
}
