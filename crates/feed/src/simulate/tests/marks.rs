//! Each scenario shows what it is named after.

use super::super::corruption::OVERSIZED_BYTES;
use super::super::files::SessionFile;
use super::{Action, SECOND, START_NS, Scenario, Session, at_ns, session};

/// Details of the events with `code` from second `from` to second `to`.
fn figures(session: &Session, code: &str, key: &str, from: u64, to: u64) -> Vec<f64> {
    let within = (START_NS + from * SECOND)..(START_NS + to * SECOND);
    let events = session.events(code);
    let events = events.iter().filter(|event| within.contains(&at_ns(event)));
    events.filter_map(|event| event["details"][key].as_f64()).collect()
}

fn count(session: &Session, code: &str, from: u64, to: u64) -> f64 {
    let within = (START_NS + from * SECOND)..(START_NS + to * SECOND);
    session.events(code).iter().filter(|event| within.contains(&at_ns(event))).count() as f64
}

fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len() as f64
}

#[test]
fn a_latency_spike_multiplies_the_decision_latency_for_a_minute() {
    let session = session(21, Scenario::LatencySpike, 100.0, 180);
    let calm = mean(&figures(&session, "ROUTER.DECISION", "latency_ms", 0, 30));
    let spike = mean(&figures(&session, "ROUTER.DECISION", "latency_ms", 31, 90));
    let after = mean(&figures(&session, "ROUTER.DECISION", "latency_ms", 92, 180));
    assert!((6.0..10.0).contains(&(spike / calm)), "{calm} {spike}");
    assert!((0.8..1.25).contains(&(after / calm)), "{calm} {after}");
    assert!(!session.events("HEALTH.LATENCY_P90_HIGH").is_empty());
    assert!(!session.events("SLA.DENY").is_empty());
}

#[test]
fn a_deny_storm_denies_most_intents_for_a_minute() {
    let session = session(22, Scenario::DenyStorm, 100.0, 180);
    let share = |from, to| {
        count(&session, "RISK.DENY", from, to) / count(&session, "ORDER.INTENT.RECEIVED", from, to)
    };
    assert!((0.2..0.5).contains(&share(0, 30)), "{}", share(0, 30));
    assert!((0.78..0.92).contains(&share(30, 90)), "{}", share(30, 90));
    assert!((0.2..0.5).contains(&share(90, 180)), "{}", share(90, 180));
}

#[test]
fn a_breaker_trip_opens_half_opens_and_closes() {
    let session = session(23, Scenario::BreakerTrip, 100.0, 180);
    let reports = session.events("CIRCUIT_BREAKER.STATE");
    let mut states: Vec<_> =
        reports.iter().map(|event| (at_ns(event), event["details"]["state"].as_str().unwrap())).collect();
    states.dedup_by_key(|(_, state)| *state);
    let names: Vec<_> = states.iter().map(|(_, state)| *state).collect();
    assert_eq!(names, ["CLOSED", "OPEN", "HALF_OPEN", "CLOSED"]);
    assert_eq!((states[2].0 - states[1].0) / SECOND, 40, "seconds open");
    let numbers: Vec<_> =
        session.events("EXCHANGE.CB.STATE").iter().map(|event| event["details"]["state"].as_u64()).collect();
    assert!(numbers.contains(&Some(2)) && numbers.contains(&Some(1)) && numbers.contains(&Some(0)));
    for code in [
        "AURORA.ESCALATION",
        "AURORA.COOL_OFF",
        "AURORA.HALT",
        "AURORA.RESUME",
        "AURORA.ARM_STATE",
        "HEALTH.ERROR",
    ] {
        assert!(!session.events(code).is_empty(), "{code}");
    }
    assert!(count(&session, "ORDER.SUBMIT", 47, 85) < 1.0, "nothing is submitted while the breaker is open");
    let rejects =
        |from, to| count(&session, "ORDER.REJECT", from, to) / count(&session, "ORDER.SUBMIT", from, to);
    assert!(rejects(31, 45) > 5.0 * rejects(0, 30).max(0.01), "{} {}", rejects(31, 45), rejects(0, 30));
}

#[test]
fn rotated_parts_are_numbered_in_order_and_large_enough() {
    let session = session(24, Scenario::Rotation, 100.0, 180);
    let mut last = 0;
    let mut size = 0;
    for timed in &session.actions {
        match &timed.action {
            Action::Append { file: SessionFile::Events, bytes } => size += bytes.len(),
            Action::Rotate { file: SessionFile::Events, part } => {
                last += 1;
                assert!(part.starts_with("aurora_events.jsonl.20261120."), "{part}");
                assert!(part.ends_with(&format!(".part{last}.jsonl")), "{part}");
                assert!((400_000..404_000).contains(&size), "{size}");
                size = 0;
            }
            _ => {}
        }
    }
    assert!(last >= 10, "part{last} sorts before part8 by name");
    assert_eq!(*session.totals.rotations.get(SessionFile::Events), last);
}

#[test]
fn corrupt_lines_are_counted_by_kind_and_spoil_no_other_line() {
    let session = session(25, Scenario::CorruptLines, 100.0, 180);
    let totals = &session.totals;
    let lines: Vec<_> = SessionFile::ALL.into_iter().flat_map(|file| session.lines(file)).collect();
    let broken = lines.iter().filter(|line| {
        !serde_json::from_slice::<serde_json::Value>(line).is_ok_and(|value| value.is_object())
    });
    assert_eq!(broken.count() as u64, totals.malformed + totals.invalid_utf8);
    let oversized = lines.iter().filter(|line| line.len() > OVERSIZED_BYTES).count() as u64;
    assert_eq!(oversized, totals.oversized);
    let nul_runs = lines.iter().filter(|line| line.starts_with(&[0; 32])).count();
    assert!(totals.malformed > 50 && totals.invalid_utf8 > 5 && oversized == 4 && nul_runs > 5, "{totals:?}");
    let pieces = session.actions.iter().filter(
        |timed| matches!(&timed.action, Action::Append { bytes, .. } if bytes.last() != Some(&b'\n')),
    );
    assert_eq!(pieces.count() as u64, totals.split);
    assert!(totals.split > 10);
}

#[test]
fn mixed_goes_through_all_of_them() {
    let totals = session(26, Scenario::Mixed, 60.0, 1_080).totals;
    assert!(totals.denied_by_reason.contains_key("sla_latency"));
    assert!(totals.denied_by_reason.contains_key("circuit_breaker_open"));
    assert!(totals.malformed > 0 && totals.oversized > 0 && totals.split > 0);
    assert!(*totals.rotations.get(SessionFile::Events) > 0);
}

#[test]
fn a_session_ends_with_its_summary() {
    for scenario in [Scenario::Calm, Scenario::CorruptLines] {
        let session = session(27, scenario, 100.0, 97);
        let lines = session.lines(SessionFile::Events);
        let last: serde_json::Value = serde_json::from_slice(lines.last().unwrap()).unwrap();
        assert_eq!(last["event_code"], "OBS.SUMMARY.GENERATED");
        assert_eq!(last["details"]["orders"]["filled"].as_u64(), Some(session.totals.filled));
        assert_eq!(last["details"]["orders"]["denied"].as_u64(), Some(session.totals.denied));
    }
}
