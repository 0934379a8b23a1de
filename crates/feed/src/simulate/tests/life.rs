//! Orders: the stages of their life, and that the totals are what the lines say.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::files::SessionFile;
use super::{Scenario, Session, at_ns, session};

/// The outcome that an event is the end of, if it is one.
fn terminal(event: &Value) -> Option<&'static str> {
    match event["event_code"].as_str()? {
        "ORDER.FILL" => Some("filled"),
        "ORDER.CANCEL" | "ORDER.CANCEL.ACK" => Some("canceled"),
        "ORDER.REJECT" => Some("rejected"),
        "ORDER.EXPIRE" => Some("expired"),
        _ => None,
    }
}

fn stage(event: &Value) -> u8 {
    match event["event_code"].as_str() {
        Some("ORDER.SUBMIT") => 0,
        Some("ORDER.ACK") => 1,
        Some("ORDER.PARTIAL") => 2,
        _ => 3,
    }
}

#[test]
fn an_order_goes_through_its_stages_in_order_and_ends_once() {
    for scenario in [Scenario::Mixed, Scenario::BreakerTrip] {
        let session = session(6, scenario, 120.0, 400);
        let orders = session.orders();
        assert!(orders.len() > 500);
        for (oid, events) in orders {
            assert_eq!(stage(events[0]), 0, "{oid} begins with its submission");
            assert!(events.is_sorted_by_key(|event| stage(event)), "{oid}: {events:?}");
            assert!(events.is_sorted_by_key(|event| at_ns(event)), "{oid}");
            let ends: BTreeSet<_> = events.iter().filter_map(|event| terminal(event)).collect();
            assert!(ends.len() <= 1, "{oid}: {ends:?}");
            let fills = events.iter().filter(|event| event["event_code"] == "ORDER.FILL").count();
            assert!(fills <= 1, "{oid}");
        }
    }
}

#[test]
fn partial_fills_never_exceed_the_order() {
    let session = session(8, Scenario::Calm, 120.0, 300);
    for (oid, events) in session.orders() {
        let qty = events[0]["qty"].as_f64().unwrap();
        let parts = events.iter().filter(|event| event["event_code"] == "ORDER.PARTIAL");
        let filled: f64 = parts.map(|event| event["details"]["fill_qty"].as_f64().unwrap()).sum();
        assert!(filled < qty, "{oid}: {filled} of {qty}");
    }
}

#[test]
fn some_orders_are_pending_at_any_time() {
    let totals = session(6, Scenario::Calm, 200.0, 60).totals;
    assert!(totals.pending() > 0);
    assert!(totals.pending() < totals.submitted / 4);
}

fn check_totals(session: &Session) {
    let totals = &session.totals;
    let orders = session.orders();
    let by_order = |code: &str| {
        orders.values().filter(|events| events.iter().any(|event| event["event_code"] == code)).count() as u64
    };
    assert_eq!(by_order("ORDER.SUBMIT"), totals.submitted);
    assert_eq!(by_order("ORDER.ACK"), totals.acked);
    assert_eq!(by_order("ORDER.PARTIAL"), totals.partially_filled);
    assert_eq!(by_order("ORDER.FILL"), totals.filled);
    assert_eq!(by_order("ORDER.CANCEL"), totals.canceled);
    assert_eq!(by_order("ORDER.REJECT"), totals.rejected);
    assert_eq!(by_order("ORDER.EXPIRE"), totals.expired);
    assert_eq!(session.events("ORDER.INTENT.RECEIVED").len() as u64, totals.intents);
    assert_eq!(session.events("RISK.DENY").len() as u64, totals.denied);
    assert_eq!(totals.denied_by_reason.values().sum::<u64>(), totals.denied);
    let routes = session.events("ROUTER.DECISION");
    assert_eq!(routes.len() as u64, totals.routed_maker + totals.routed_taker);
    let failed = session.records(SessionFile::Failed);
    let failed: BTreeSet<_> = failed.iter().filter_map(|row| row["oid"].as_str()).collect();
    assert_eq!(failed.len() as u64, totals.failed);
}

#[test]
fn totals_are_what_the_lines_say() {
    check_totals(&session(12, Scenario::Calm, 80.0, 200));
    check_totals(&session(13, Scenario::Mixed, 40.0, 1_100));
    check_totals(&session(14, Scenario::CorruptLines, 80.0, 200));
}

/// The writers of one happening: none reports more of it than the totals say.
#[test]
fn no_writer_reports_more_than_there_was() {
    let session = session(15, Scenario::Calm, 80.0, 300);
    let runner =
        |code: &str| session.events(code).iter().filter(|event| event.get("run_id").is_none()).count() as u64;
    assert!(runner("ORDER.SUBMIT").abs_diff(session.totals.submitted) <= 1);
    assert!(runner("ORDER.ACK").abs_diff(session.totals.acked) <= 1);
    assert!(runner("ORDER.STATUS(SIM)") < session.totals.filled);
    let denied = session.records(SessionFile::Denied);
    let canonical = denied.iter().filter(|row| row.get("run_id").is_some()).count() as u64;
    let flat = denied.len() as u64 - canonical;
    assert!(canonical > 0 && canonical < flat);
    assert!(flat.abs_diff(session.totals.denied) <= 1);
}

#[test]
fn latencies_are_in_the_range_of_the_real_bot() {
    let session = session(16, Scenario::Calm, 100.0, 300);
    let check = |mut figures: Vec<f64>, from: f64, to: f64| {
        figures.sort_by(f64::total_cmp);
        let median = figures[figures.len() / 2];
        assert!((from..to).contains(&median), "median {median}");
    };
    let details = |code: &str, key: &str| -> Vec<f64> {
        session.events(code).iter().filter_map(|event| event["details"][key].as_f64()).collect()
    };
    check(details("ROUTER.DECISION", "latency_ms"), 8.0, 20.0);
    check(details("ORDER.ACK", "latency_ms"), 30.0, 80.0);
    check(details("ORDER.STATUS(SIM)", "latency_ms_fill"), 100.0, 900.0);
    let acks = session.events("ORDER.ACK");
    let trip = |details: &Value| {
        Some(details["t_ack"].as_u64()?.checked_sub(details["t_send"].as_u64()?)? as f64 / 1e6)
    };
    check(acks.iter().filter_map(|event| trip(&event["details"])).collect(), 30.0, 80.0);
}
