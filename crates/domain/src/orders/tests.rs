//! How orders are counted: one test for each rule of CONTRACT.md section 2.

use std::borrow::Cow;

use super::*;
use crate::{Code, OrderStatus, Shape, Source};

const NOW: Ts = Ts(1_795_196_697_811_694_080);

fn orders() -> Orders {
    Orders::new(NOW.second())
}

fn apply(orders: &mut Orders, event: &Event<'_>, at: Ts) {
    let subject = crate::scope::Scopes::default().subject(event);
    orders.apply(event, subject, at, &mut Minutes::default());
}

fn event(source: Source, shape: Shape, code: Code, id: Option<&'static str>) -> Event<'static> {
    let mut event = Event::bare(source, shape, code, "x");
    event.order_id = id.map(Cow::Borrowed);
    event
}

fn log(shape: Shape, code: Code, id: Option<&'static str>) -> Event<'static> {
    event(Source::Events, shape, code, id)
}

fn success(status: OrderStatus, id: &'static str) -> Event<'static> {
    let mut event = event(Source::Success, Shape::Canonical, Code::Other, Some(id));
    event.status = Some(status);
    event
}

fn check(events: &[Event<'_>], expected: &[(Outcome, u64)]) {
    let mut orders = orders();
    for event in events {
        apply(&mut orders, event, NOW);
    }
    for span in [Span::Session, Span::MINUTE] {
        let outcomes = orders.outcomes(span);
        for outcome in Outcome::ALL {
            let wanted = expected.iter().find(|(which, _)| *which == outcome).map_or(0, |(_, count)| *count);
            assert_eq!(outcomes.get(outcome), wanted, "{outcome:?} over {span:?}");
        }
    }
}

#[test]
fn an_order_counts_once_per_outcome_however_often_it_is_reported() {
    check(
        &[
            log(Shape::Canonical, Code::Submit, Some("a")),
            log(Shape::Canonical, Code::Partial, Some("a")),
            log(Shape::Canonical, Code::Partial, Some("a")),
            log(Shape::Canonical, Code::Fill, Some("a")),
        ],
        &[(Outcome::Submitted, 1), (Outcome::Acked, 1), (Outcome::PartiallyFilled, 1), (Outcome::Filled, 1)],
    );
}

#[test]
fn two_writers_of_the_same_orders_do_not_add_up() {
    check(
        &[
            log(Shape::Canonical, Code::Fill, Some("a")),
            log(Shape::Canonical, Code::Fill, Some("b")),
            success(OrderStatus::Filled, "a"),
            success(OrderStatus::Filled, "b"),
        ],
        &[(Outcome::Submitted, 2), (Outcome::Acked, 2), (Outcome::Filled, 2)],
    );
}

#[test]
fn submits_without_id_and_acks_with_one_are_the_same_orders() {
    check(
        &[
            log(Shape::Flat, Code::Submit, None),
            log(Shape::Flat, Code::Ack, Some("a")),
            log(Shape::Flat, Code::Submit, None),
            log(Shape::Flat, Code::Ack, Some("b")),
            log(Shape::Flat, Code::Submit, None),
        ],
        &[(Outcome::Submitted, 3), (Outcome::Acked, 2)],
    );
}

#[test]
fn the_writer_with_the_larger_count_speaks() {
    let denial = |source, shape| event(source, shape, Code::RiskDeny, None);
    check(
        &[
            denial(Source::Events, Shape::Flat),
            denial(Source::Denied, Shape::Canonical),
            denial(Source::Events, Shape::Flat),
            denial(Source::Events, Shape::Flat),
        ],
        &[(Outcome::Denied, 3)],
    );
}

#[test]
fn on_a_tie_the_order_logs_speak_and_give_the_reasons() {
    let mut orders = orders();
    for (source, reason) in [(Source::Events, "from events"), (Source::Denied, "from order logs")] {
        let mut denial = event(source, Shape::Flat, Code::RiskDeny, None);
        denial.reason = Some(Cow::Borrowed(reason));
        apply(&mut orders, &denial, NOW);
    }
    let reasons = orders.deny_reasons(Span::Session);
    assert_eq!(reasons.len(), 1);
    assert_eq!(reasons[0].reason, "from order logs");
}

#[test]
fn ids_are_scoped_by_run() {
    let mut first = log(Shape::Canonical, Code::Fill, Some("1"));
    first.run_id = Some(Cow::Borrowed("run a"));
    let mut second = log(Shape::Canonical, Code::Fill, Some("1"));
    second.run_id = Some(Cow::Borrowed("run b"));
    check(&[first, second], &[(Outcome::Submitted, 2), (Outcome::Acked, 2), (Outcome::Filled, 2)]);
}

#[test]
fn rates_without_a_denominator_are_no_data() {
    let mut orders = orders();
    assert_eq!(orders.fill_rate(Span::Session), None);
    assert_eq!(orders.deny_rate(Span::Session), None);
    apply(&mut orders, &log(Shape::Canonical, Code::Submit, Some("a")), NOW);
    assert_eq!(orders.fill_rate(Span::Session), None, "no writer ever reported a fill");
    assert_eq!(orders.deny_rate(Span::Session), Some(0.0));
    apply(&mut orders, &log(Shape::Canonical, Code::Fill, Some("a")), NOW);
    assert_eq!(orders.fill_rate(Span::Session), Some(1.0));
}

#[test]
fn deny_rates_by_class_add_up() {
    let mut orders = orders();
    for reason in ["WHY_NEGATIVE_EDGE", "trap_guard", "trap_guard", "WHY_EX_REJECT"] {
        let mut denial = event(Source::Denied, Shape::Flat, Code::Other, None);
        denial.reason = Some(Cow::Borrowed(reason));
        apply(&mut orders, &denial, NOW);
    }
    apply(&mut orders, &log(Shape::Flat, Code::Submit, None), NOW);
    let of = |class| orders.deny_rate_of(class, Span::MINUTE);
    assert_eq!(
        [of(DenyClass::Skip), of(DenyClass::Guard), of(DenyClass::Exchange)],
        [Some(0.2), Some(0.4), Some(0.2)]
    );
    assert_eq!(orders.deny_rate(Span::MINUTE), Some(0.8));
}

#[test]
fn an_order_is_pending_from_its_submission_to_its_end() {
    let mut orders = orders();
    apply(&mut orders, &log(Shape::Canonical, Code::Submit, Some("a")), NOW);
    apply(&mut orders, &log(Shape::Canonical, Code::Ack, Some("b")), NOW);
    let later = NOW.plus_seconds(12);
    assert_eq!(orders.pending(later), Pending { count: 2, unknown: 0, oldest_age_seconds: 12.0 });
    apply(&mut orders, &log(Shape::Canonical, Code::Cancel, Some("a")), later);
    assert_eq!(orders.pending(later).count, 1);
    let much_later = NOW.plus_seconds(901);
    assert_eq!(orders.pending(much_later), Pending { count: 0, unknown: 1, oldest_age_seconds: 0.0 });
}

#[test]
fn pending_is_told_by_the_writer_that_knows_how_orders_ended() {
    let mut orders = orders();
    apply(&mut orders, &log(Shape::Flat, Code::Submit, None), NOW);
    apply(&mut orders, &log(Shape::Flat, Code::Ack, Some("client-1")), NOW);
    apply(&mut orders, &success(OrderStatus::Filled, "exchange-1"), NOW);
    assert_eq!(orders.pending(NOW).count, 0);
}

#[test]
fn a_submission_that_arrives_after_the_end_is_not_pending() {
    let mut orders = orders();
    apply(&mut orders, &log(Shape::Canonical, Code::Fill, Some("a")), NOW);
    apply(&mut orders, &log(Shape::Canonical, Code::Submit, Some("a")), NOW);
    assert_eq!(orders.pending(NOW).count, 0);
}

#[test]
fn beyond_the_limit_old_ids_are_forgotten_and_that_is_counted() {
    let mut orders = Orders::with_id_limit(NOW.second(), 2);
    for id in ["a", "b", "c", "a"] {
        apply(&mut orders, &log(Shape::Canonical, Code::Submit, Some(id)), NOW);
    }
    assert_eq!(orders.forgotten_ids(), 2);
    assert_eq!(orders.outcomes(Span::Session).get(Outcome::Submitted), 4, "goes on counting");
}

#[test]
fn writers_that_differ_by_more_than_a_tenth_are_named() {
    let mut orders = orders();
    for _ in 0..10 {
        apply(&mut orders, &event(Source::Denied, Shape::Flat, Code::Other, None), NOW);
    }
    assert!(!orders.writers_differ(Outcome::Denied));
    for _ in 0..8 {
        apply(&mut orders, &log(Shape::Flat, Code::RiskDeny, None), NOW);
    }
    assert!(orders.writers_differ(Outcome::Denied));
    apply(&mut orders, &log(Shape::Flat, Code::RiskDeny, None), NOW);
    assert!(!orders.writers_differ(Outcome::Denied), "nine of ten is within a tenth");
    let counts: Vec<u64> = orders.by_writer(Outcome::Denied).iter().map(|by| by.count).collect();
    assert_eq!(counts, [9, 10]);
}

/// Whether writers differ about an outcome, and what each counted.
fn check_agreement(events: &[Event<'_>], outcome: Outcome, differ: bool, counts: &[u64]) {
    let mut orders = orders();
    for event in events {
        apply(&mut orders, event, NOW);
    }
    let by_writer: Vec<u64> = orders.by_writer(outcome).iter().map(|by| by.count).collect();
    assert_eq!((orders.writers_differ(outcome), by_writer.as_slice()), (differ, counts), "{outcome:?}");
}

const IDS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

fn each(ids: &[&'static str], event: impl Fn(&'static str) -> Event<'static>) -> Vec<Event<'static>> {
    ids.iter().map(|id| event(id)).collect()
}

#[test]
fn a_writer_that_leaves_out_an_outcome_of_its_orders_differs() {
    let submits = each(&IDS, |id| log(Shape::Canonical, Code::Submit, Some(id)));
    let fills = each(&IDS[..9], |id| success(OrderStatus::Filled, id));
    let both = [submits, fills].concat();
    check_agreement(&both, Outcome::Filled, true, &[0, 9]);
    check_agreement(&both, Outcome::Acked, true, &[0, 9]);
    check_agreement(&both, Outcome::Submitted, false, &[10, 9]);
    check_agreement(&both, Outcome::Canceled, false, &[]);
}

#[test]
fn a_writer_that_ends_its_orders_otherwise_is_not_held_against_the_others() {
    let failed = |id| event(Source::Failed, Shape::Canonical, Code::Other, Some(id));
    let rejects = each(&IDS[..9], |id| log(Shape::Canonical, Code::Reject, Some(id)));
    let fill = vec![log(Shape::Canonical, Code::Fill, Some("9"))];
    let rows = [each(&IDS[..9], failed), rejects, fill].concat();
    check_agreement(&rows, Outcome::Filled, false, &[1]);
    check_agreement(&rows, Outcome::Rejected, false, &[9]);
    check_agreement(&rows, Outcome::Failed, false, &[9, 9]);
}

#[test]
fn a_few_orders_on_their_way_are_no_difference() {
    let open = vec![log(Shape::Flat, Code::Submit, Some("0"))];
    let fills = each(&IDS, |id| success(OrderStatus::Filled, id));
    check_agreement(&[open.clone(), fills].concat(), Outcome::Filled, false, &[10]);
    let fills = each(&IDS[..9], |id| success(OrderStatus::Filled, id));
    check_agreement(&[open, fills].concat(), Outcome::Filled, true, &[0, 9]);
}

#[test]
fn shapes_of_one_log_may_tell_different_parts_of_an_order() {
    let submits = each(&IDS, |id| log(Shape::Flat, Code::Submit, Some(id)));
    let fills = each(&IDS, |id| log(Shape::Canonical, Code::Fill, Some(id)));
    let rows = each(&IDS, |id| success(OrderStatus::Filled, id));
    check_agreement(&[submits, fills, rows].concat(), Outcome::Filled, false, &[10, 10]);
}

#[test]
fn a_log_without_denials_is_not_held_against_one_with() {
    let submits = each(&IDS, |id| log(Shape::Canonical, Code::Submit, Some(id)));
    let denials = each(&IDS, |id| event(Source::Denied, Shape::Flat, Code::Other, Some(id)));
    check_agreement(&[submits, denials].concat(), Outcome::Denied, false, &[10]);
}

fn check_pending(events: &[Event<'_>], pending: u64) {
    let mut orders = orders();
    for event in events {
        apply(&mut orders, event, NOW);
    }
    assert_eq!(orders.pending(NOW).count, pending);
}

#[test]
fn an_end_that_any_writer_reports_is_an_end_whichever_comes_first() {
    let submits = each(&IDS, |id| log(Shape::Canonical, Code::Submit, Some(id)));
    let fills = each(&IDS[..9], |id| success(OrderStatus::Filled, id));
    check_pending(&[submits.clone(), fills.clone()].concat(), 1);
    check_pending(&[fills.clone(), submits.clone()].concat(), 1);
    let acks = each(&IDS, |id| log(Shape::Canonical, Code::Ack, Some(id)));
    check_pending(&[submits, fills, acks].concat(), 1);
}

#[test]
fn an_end_in_another_run_is_no_end() {
    let mut fill = success(OrderStatus::Filled, "a");
    fill.run_id = Some(Cow::Borrowed("another"));
    let submits = ["a", "b"].map(|id| log(Shape::Canonical, Code::Submit, Some(id)));
    check_pending(&[submits.to_vec(), vec![fill]].concat(), 2);
}
