//! The funnel: one happening counts once, whoever tells of it, and each reason stands at its step.

use super::*;
use crate::Shape;

const NOW: Ts = Ts(1_795_196_697_000_000_000);

fn log(shape: Shape, code: Code) -> Event<'static> {
    Event::bare(Source::Events, shape, code, "X")
}

fn verdict(shape: Shape, verdict: Verdict, reason: Option<&'static str>) -> Event<'static> {
    Event {
        detail: Detail::Policy(verdict),
        reason: reason.map(Into::into),
        ..log(shape, Code::PolicyDecision)
    }
}

fn routed(route: Route, reason: &'static str) -> Event<'static> {
    Event { route: Some(route), reason: Some(reason.into()), ..log(Shape::Flat, Code::PolicyDecision) }
}

fn denied(shape: Shape, reason: &'static str) -> Event<'static> {
    Event { reason: Some(reason.into()), ..log(shape, Code::RiskDeny) }
}

fn with_intent(id: &'static str, event: Event<'static>) -> Event<'static> {
    Event { intent_id: Some(id.into()), run_id: Some("r".into()), ..event }
}

/// The first four steps of the session, and the drop-outs.
fn check(events: &[Event<'_>], steps: [Option<u64>; 4], drop_outs: &[(Step, &str, u64)]) {
    let mut counts = FunnelCounts::new(NOW.second());
    for event in events {
        counts.apply(event, Subject::of(event), NOW);
    }
    let orders = Orders::new(NOW.second());
    let reached = [Step::Intents, Step::PastGate, Step::Sized, Step::Routed]
        .map(|step| counts.reached(step, Span::Session, &orders));
    assert_eq!(reached, steps);
    let expected: Vec<_> = drop_outs
        .iter()
        .map(|(step, reason, count)| DropOut { step: *step, reason: (*reason).to_owned(), count: *count })
        .collect();
    assert_eq!(counts.drop_outs(Span::Session), expected);
}

#[test]
fn a_step_that_nobody_tells_of_is_no_data() {
    check(&[], [None; 4], &[]);
    check(&[log(Shape::Canonical, Code::IntentReceived)], [Some(1), None, None, None], &[]);
    check(
        &[verdict(Shape::Flat, Verdict::Refused, Some("A"))],
        [Some(1), Some(0), None, None],
        &[(Step::PastGate, "A", 1)],
    );
}

#[test]
fn the_runner_and_the_api_tell_of_the_same_intents_once() {
    let refused = verdict(Shape::Flat, Verdict::Refused, Some("WHY_NEGATIVE_EDGE"));
    let events = [
        refused.clone(),
        denied(Shape::Flat, "WHY_NEGATIVE_EDGE"),
        log(Shape::Flat, Code::SizingDecision),
        routed(Route::Deny, "WHY_UNATTRACTIVE"),
        denied(Shape::Flat, "WHY_UNATTRACTIVE"),
        log(Shape::Flat, Code::SizingDecision),
        routed(Route::Taker, "OK_ROUTE_TAKER"),
        verdict(Shape::Canonical, Verdict::Refused, None),
        denied(Shape::Flat, "open_rate_limit"),
        log(Shape::Flat, Code::SizingDecision),
        routed(Route::Maker, "OK_ROUTE_MAKER"),
        verdict(Shape::Canonical, Verdict::Passed, None),
    ];
    let dropped = [
        (Step::PastGate, "WHY_NEGATIVE_EDGE", 1),
        (Step::Routed, "WHY_UNATTRACTIVE", 1),
        (Step::Submitted, "open_rate_limit", 1),
    ];
    check(&events, [Some(4), Some(3), Some(3), Some(2)], &dropped);
    let mut reversed = events;
    reversed.reverse();
    check(&reversed, [Some(4), Some(3), Some(3), Some(2)], &dropped);
}

#[test]
fn a_denial_stands_at_the_stage_that_it_names() {
    let stage = |stage, reason: &'static str| Event {
        detail: Detail::Denial(stage),
        reason: Some(reason.into()),
        ..log(Shape::Canonical, Code::OrderDeny)
    };
    let events = [
        with_intent("1", stage(Stage::Routing, "EDGE_FLOOR")),
        with_intent("2", stage(Stage::Sizing, "SIZE_ZERO")),
        with_intent("3", stage(Stage::Gate, "COOLDOWN")),
        with_intent("4", Event { code_text: "SLA.DENY".into(), ..log(Shape::Canonical, Code::SlaDeny) }),
    ];
    let dropped = [
        (Step::PastGate, "COOLDOWN", 1),
        (Step::Sized, "SIZE_ZERO", 1),
        (Step::Routed, "EDGE_FLOOR", 1),
        (Step::Submitted, "SLA.DENY", 1),
    ];
    check(&events, [None; 4], &dropped);
}

#[test]
fn a_repeated_record_of_an_intent_counts_once() {
    let intent = with_intent("1", log(Shape::Canonical, Code::IntentReceived));
    let denial = with_intent("1", denied(Shape::Canonical, "A"));
    let events = [denial.clone(), intent.clone(), intent, denial];
    check(&events, [Some(1), None, None, None], &[(Step::PastGate, "A", 1)]);
}

#[test]
fn a_size_of_zero_is_no_size() {
    let kelly = |size| Event {
        detail: Detail::Risk([None, None, None, None, size, None, None]),
        ..log(Shape::Canonical, Code::KellyApplied)
    };
    check(&[kelly(Some(0.0)), kelly(Some(2.0)), kelly(None)], [None, Some(3), Some(2), None], &[]);
    check(&[kelly(Some(0.0))], [None, Some(1), Some(0), None], &[]);
    let too_small = Event { reason: Some("TOO_SMALL".into()), ..log(Shape::Flat, Code::SizingDecision) };
    check(&[too_small], [None, Some(1), Some(0), None], &[(Step::Sized, "TOO_SMALL", 1)]);
}

#[test]
fn a_record_of_sizing_tells_that_the_gate_let_pass() {
    let events = [
        verdict(Shape::Flat, Verdict::Passed, None),
        log(Shape::Canonical, Code::KellyApplied),
        log(Shape::Canonical, Code::KellyApplied),
    ];
    check(&events, [Some(1), Some(2), Some(2), None], &[]);
}

#[test]
fn windows_add_up_with_the_session() {
    let mut counts = FunnelCounts::new(NOW.second());
    let orders = Orders::new(NOW.second());
    for seconds in [-400, -100, -10, 0] {
        counts.apply(
            &log(Shape::Canonical, Code::IntentReceived),
            Subject::of(&log(Shape::Canonical, Code::IntentReceived)),
            NOW.plus_seconds(seconds),
        );
    }
    let intents = |span| counts.reached(Step::Intents, span, &orders);
    assert_eq!([Span::MINUTE, Span::FIVE_MINUTES, Span::Session].map(intents), [Some(2), Some(3), Some(4)]);
}

#[test]
fn drop_outs_leave_the_window_and_stay_in_the_session() {
    let mut counts = FunnelCounts::new(NOW.second());
    let refused = |reason| verdict(Shape::Flat, Verdict::Refused, Some(reason));
    counts.apply(&refused("A"), Subject::of(&refused("A")), NOW);
    counts.advance(NOW.second() + 60);
    counts.apply(&refused("B"), Subject::of(&refused("B")), NOW.plus_seconds(60));
    let reasons = |span| {
        let drop_outs = counts.drop_outs(span).into_iter();
        drop_outs.map(|drop_out| (drop_out.reason, drop_out.count)).collect::<Vec<_>>()
    };
    assert_eq!(reasons(Span::Session), [("A".to_owned(), 1), ("B".to_owned(), 1)]);
    assert_eq!(reasons(Span::MINUTE), [("B".to_owned(), 1)]);
}

fn times(count: usize, event: &Event<'static>) -> Vec<Event<'static>> {
    vec![event.clone(); count]
}

#[test]
fn each_step_is_told_by_the_candidate_that_knows_most_of_it() {
    let sla =
        |id| Event { code_text: "SLA.DENY".into(), ..with_intent(id, log(Shape::Canonical, Code::SlaDeny)) };
    let mut events = times(5, &verdict(Shape::Canonical, Verdict::Refused, Some("A")));
    events.extend(times(3, &routed(Route::Taker, "OK")));
    events.extend(["1", "2"].map(sla));
    let dropped = [(Step::PastGate, "A", 5), (Step::Submitted, "SLA.DENY", 2)];
    check(&events, [Some(5), Some(3), None, Some(3)], &dropped);
    events.reverse();
    check(&events, [Some(5), Some(3), None, Some(3)], &dropped);
}

#[test]
fn of_equals_at_a_step_denials_speak_and_the_order_logs_of_those() {
    let refusal = verdict(Shape::Flat, Verdict::Refused, Some("policy"));
    let row = Event {
        reason: Some("order log".into()),
        ..Event::bare(Source::Denied, Shape::Canonical, Code::Other, "X")
    };
    let denial = denied(Shape::Legacy, "event");
    check(
        &[refusal.clone(), denial.clone()],
        [Some(1), Some(0), None, None],
        &[(Step::PastGate, "event", 1)],
    );
    check(&[row, refusal, denial], [Some(1), Some(0), None, None], &[(Step::PastGate, "order log", 1)]);
}

#[test]
fn a_reason_that_two_writers_give_without_a_step_stands_at_one() {
    let mut events = times(3, &denied(Shape::Canonical, "limit"));
    events.push(verdict(Shape::Flat, Verdict::Refused, Some("A")));
    events.extend(times(3, &denied(Shape::Flat, "limit")));
    events.push(routed(Route::Maker, "OK"));
    let dropped = [(Step::PastGate, "A", 1), (Step::Submitted, "limit", 3)];
    check(&events, [Some(2), Some(1), None, Some(1)], &dropped);
}

#[test]
fn the_same_candidate_speaks_for_a_step_over_every_span() {
    let mut counts = FunnelCounts::new(NOW.second());
    for event in times(2, &verdict(Shape::Flat, Verdict::Refused, Some("A"))) {
        counts.apply(&event, Subject::of(&event), NOW);
    }
    counts.advance(NOW.second() + 60);
    let denial = denied(Shape::Flat, "B");
    counts.apply(&denial, Subject::of(&denial), NOW.plus_seconds(60));
    assert_eq!(counts.drop_outs(Span::MINUTE), []);
    assert_eq!(counts.drop_outs(Span::Session).len(), 1);
}

#[test]
fn a_router_that_refuses_everything_routed_nothing() {
    let router = |route| Event { route, reason: Some("X".into()), ..log(Shape::Flat, Code::RouterDecision) };
    let dropped = [(Step::Routed, "X", 1)];
    check(&[router(Some(Route::Deny))], [None, None, None, Some(0)], &dropped);
    check(&[router(None)], [None, None, None, Some(0)], &[]);
    let cancel = Event { route: Some(Route::Cancel), ..log(Shape::Canonical, Code::RouteCancel) };
    check(&[cancel], [None, None, None, Some(0)], &[(Step::Routed, "X", 1)]);
    check(&[routed(Route::Deny, "X")], [Some(1), Some(1), None, Some(0)], &dropped);
    check(&[log(Shape::Flat, Code::Route)], [None; 4], &[]);
}
