//! Which duration counts, once, and in which way of measuring.

use std::borrow::Cow;

use super::*;
use crate::Shape;

const NOW: Ts = Ts(1_795_196_697_000_000_000);

fn log(code: Code, id: Option<&'static str>) -> Event<'static> {
    let mut event = Event::bare(Source::Events, Shape::Canonical, code, "x");
    event.order_id = id.map(Cow::Borrowed);
    event
}

fn apply(latency: &mut Latency, event: &Event<'_>, at: Ts) -> bool {
    let subject = crate::scope::Scopes::default().subject(event);
    latency.apply(event, subject, at, &mut Minutes::default())
}

fn check(events: &[(Event<'_>, Ts)], kind: LatencyKind, count: u64, p50_ms: f64) {
    let mut latency = Latency::new(NOW.second());
    for (event, at) in events {
        apply(&mut latency, event, *at);
    }
    let summary = latency.summary(kind, Span::Session).expect("something was measured");
    assert_eq!(summary.count, count);
    assert!((summary.p50_ms - p50_ms).abs() <= p50_ms * 0.0079, "{} for {p50_ms}", summary.p50_ms);
}

fn millis_later(ms: i64) -> Ts {
    Ts(NOW.0 + ms * 1_000_000)
}

#[test]
fn an_acknowledgement_counts_once_per_order() {
    let mut ack = log(Code::PosttradeLog, Some("a"));
    ack.numbers.latency_ms = Some(21.5);
    check(&[(ack.clone(), NOW), (ack.clone(), NOW), (ack, NOW)], LatencyKind::Ack, 1, 21.5);
}

#[test]
fn exchange_times_speak_before_logged_latency() {
    let mut ack = log(Code::Ack, Some("a"));
    ack.numbers.latency_ms = Some(5.0);
    ack.numbers.t_send_ns = Some(1_795_196_697_800_000_000);
    ack.numbers.t_ack_ns = Some(1_795_196_697_838_200_000);
    check(&[(ack, NOW)], LatencyKind::Ack, 1, 38.2);
}

#[test]
fn an_ack_is_matched_to_its_submission_where_nothing_was_logged() {
    let events = [(log(Code::Submit, Some("a")), NOW), (log(Code::Ack, Some("a")), millis_later(40))];
    check(&events, LatencyKind::Ack, 1, 40.0);
}

#[test]
fn the_first_fill_counts_once_from_submission() {
    let events = [
        (log(Code::Submit, Some("a")), NOW),
        (log(Code::Ack, Some("a")), millis_later(40)),
        (log(Code::Partial, Some("a")), millis_later(250)),
        (log(Code::Fill, Some("a")), millis_later(900)),
    ];
    check(&events, LatencyKind::FirstFill, 1, 250.0);
}

#[test]
fn an_intent_is_decided_by_its_plan_or_denial() {
    let intent = |code| {
        let mut event = log(code, None);
        event.intent_id = Some(Cow::Borrowed("int-1"));
        event
    };
    let events = [(intent(Code::IntentReceived), NOW), (intent(Code::PlanBuild), millis_later(12))];
    check(&events, LatencyKind::Decision, 1, 12.0);
}

#[test]
fn a_session_with_decision_ms_ignores_other_ways() {
    let mut router = log(Code::RouterDecision, None);
    router.numbers.latency_ms = Some(100.0);
    let mut decision = log(Code::PolicyDecision, None);
    decision.numbers.decision_ms = Some(7.0);
    check(&[(router, NOW), (decision, NOW)], LatencyKind::Decision, 1, 7.0);
}

#[test]
fn a_bucket_without_samples_is_no_data() {
    let mut latency = Latency::new(NOW.second());
    let mut check = log(Code::SlaCheck, None);
    check.numbers.latency_ms = Some(3.0);
    apply(&mut latency, &check, NOW.plus_seconds(-4));
    apply(&mut latency, &check, NOW);
    let series = latency.series(LatencyKind::Sla, Buckets::with_step(2, NOW.second() - 4, NOW.second()));
    let counts: Vec<Option<u64>> = series.iter().map(|p| p.summary.map(|s| s.count)).collect();
    assert_eq!(counts, [Some(1), None, Some(1)]);
}

#[test]
fn a_negative_duration_is_refused_and_counted() {
    let mut latency = Latency::new(NOW.second());
    let mut sla = log(Code::SlaCheck, None);
    sla.numbers.latency_ms = Some(-1.0);
    assert!(!apply(&mut latency, &sla, NOW));
    assert_eq!(latency.refused(), 1);
    assert_eq!(latency.summary(LatencyKind::Sla, Span::Session), None);
}
