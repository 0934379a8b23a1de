//! Which intents count as explained, and when they begin to count.

use super::*;
use crate::tally::OTHER;

const NOW: Ts = Ts(1_795_196_697_500_000_000);

fn apply(coverage: &mut Coverage, event: &Event<'_>, at: Ts) {
    coverage.apply(event, Subject::of(event), at, &mut Minutes::default());
}

fn log(code: Code, id: &'static str) -> Event<'static> {
    let mut event = Event::bare(Source::Events, Shape::Canonical, code, "X");
    event.run_id = Some("r".into());
    event.intent_id = Some(id.into());
    event
}

fn routed(id: &'static str) -> Event<'static> {
    Event { route: Some(Route::Maker), ..log(Code::RouterDecision, id) }
}

/// Applies `events` at `NOW` and asks `later_ms` milliseconds later.
fn check(events: &[Event<'_>], later_ms: i64, intents: u64, explained: u64) {
    let mut coverage = Coverage::new(NOW.second());
    for event in events {
        apply(&mut coverage, event, NOW);
    }
    let now = Ts(NOW.0 + later_ms * 1_000_000);
    coverage.advance(now, &mut Minutes::default());
    for span in [Span::MINUTE, Span::FIVE_MINUTES, Span::Session] {
        assert_eq!(coverage.explained(span, now), Explained { intents, explained }, "{span:?}");
    }
}

#[test]
fn a_denied_or_planned_intent_is_explained() {
    for code in [Code::OrderDeny, Code::SlaDeny, Code::PlanBuild] {
        check(&[log(Code::IntentReceived, "1"), log(code, "1")], 11_000, 1, 1);
        check(&[log(Code::IntentReceived, "1"), log(code, "2")], 11_000, 1, 0);
    }
}

#[test]
fn sizing_or_routing_alone_explains_nothing() {
    let intent = log(Code::IntentReceived, "1");
    check(&[intent.clone(), log(Code::KellyApplied, "1")], 11_000, 1, 0);
    check(&[intent.clone(), routed("1")], 11_000, 1, 0);
    check(&[intent, routed("1"), log(Code::SizingDecision, "1")], 11_000, 1, 1);
}

#[test]
fn order_and_repetition_change_nothing() {
    let (intent, denial) = (log(Code::IntentReceived, "1"), log(Code::OrderDeny, "1"));
    check(&[denial.clone(), intent.clone()], 11_000, 1, 1);
    check(&[intent.clone(), intent.clone(), denial.clone(), denial, intent], 11_000, 1, 1);
}

#[test]
fn an_intent_counts_from_its_tenth_second_on() {
    let events = [log(Code::IntentReceived, "1"), log(Code::PlanBuild, "1"), log(Code::IntentReceived, "2")];
    check(&events, 0, 0, 0);
    check(&events, 10_000, 0, 0);
    check(&events, 10_001, 2, 1);
}

#[test]
fn an_intent_leaves_the_window_and_stays_in_the_session() {
    let mut coverage = Coverage::new(NOW.second());
    apply(&mut coverage, &log(Code::IntentReceived, "1"), NOW);
    let now = NOW.plus_seconds(70);
    coverage.advance(now, &mut Minutes::default());
    apply(&mut coverage, &log(Code::PlanBuild, "1"), now);
    assert_eq!(coverage.explained(Span::MINUTE, now).ratio(), None);
    assert_eq!(coverage.explained(Span::FIVE_MINUTES, now).ratio(), Some(1.0));
    assert_eq!(coverage.explained(Span::Session, now).ratio(), Some(1.0));
}

#[test]
fn an_intent_without_an_id_is_left_out_and_counted() {
    let mut coverage = Coverage::new(NOW.second());
    apply(&mut coverage, &Event { intent_id: None, ..log(Code::IntentReceived, "") }, NOW);
    let now = NOW.plus_seconds(20);
    coverage.advance(now, &mut Minutes::default());
    assert_eq!((coverage.explained(Span::Session, now).ratio(), coverage.without_id()), (None, 1));
}

#[test]
fn ids_of_two_runs_are_two_intents() {
    let other_run = Event { run_id: Some("s".into()), ..log(Code::OrderDeny, "1") };
    check(&[log(Code::IntentReceived, "1"), other_run], 11_000, 1, 0);
}

#[test]
fn every_record_with_a_reason_counts_for_it_up_to_the_limit() {
    let mut coverage = Coverage::new(0);
    for reason in 0..Coverage::REASON_LIMIT + 3 {
        let mut event = Event::bare(Source::Denied, Shape::Flat, Code::Other, "uncoded");
        event.reason = Some(format!("reason {reason:04}").into());
        apply(&mut coverage, &event, Ts(0));
    }
    apply(
        &mut coverage,
        &Event { reason: Some("reason 0001".into()), ..log(Code::PolicyDecision, "1") },
        Ts(0),
    );
    let reasons = coverage.reasons(Span::Session, &ScopeSet::ALL);
    assert_eq!(reasons[0], ("reason 0001".to_owned(), 2));
    assert_eq!(reasons.last(), Some(&(OTHER.to_owned(), 3)));
    let total: u64 = reasons.iter().map(|(_, count)| count).sum();
    assert_eq!(total, u64::from(Coverage::REASON_LIMIT) + 4);
}
