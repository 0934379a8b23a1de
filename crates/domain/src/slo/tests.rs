//! That budgets, rates and colours are what their definitions say.

use super::*;
use crate::{Code, Event, Shape, Source, Ts};

const ACK: Slo = SLOS[2];

fn check(minutes: &[Option<f64>], expected: (u64, u64, Option<f64>, Option<f64>)) {
    let budget = ACK.budget(minutes);
    let close = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-9,
        (one, other) => one == other,
    };
    let (samples, bad, left, hours) = expected;
    assert_eq!((budget.samples, budget.bad), (samples, bad));
    assert!(close(budget.left(), left), "{:?}", budget.left());
    assert!(close(budget.exhausted_in_hours(), hours), "{:?}", budget.exhausted_in_hours());
}

#[test]
fn a_budget_is_of_the_minutes_that_have_data() {
    check(&[None; 60], (0, 0, None, None));
    check(&[Some(100.0); 60], (60, 0, Some(1.0), None));
    let mut day = vec![Some(100.0); 1_440];
    day[1_400..1_440].fill(Some(400.0));
    // 72 may be bad, 40 are; the last hour burns (40 / 60) / 0.05.
    let left = 1.0 - 40.0 / 72.0;
    check(&day, (1_440, 40, Some(left), Some(left * 24.0 / (40.0 / 60.0 / 0.05))));
    day[..1_000].fill(None);
    check(&day, (440, 40, Some(1.0 - 40.0 / 22.0), Some(0.0)));
}

#[test]
fn a_value_at_the_target_is_good() {
    assert_eq!(ACK.budget(&[Some(350.0), Some(350.1)]).bad, 1);
    assert_eq!(SLOS[0].budget(&[Some(0.8), Some(0.799)]).bad, 1);
}

#[test]
fn a_rate_alarms_from_its_limit_on() {
    let mut hours = vec![Some(100.0); 360];
    hours[300..].fill(None);
    hours[300..344].fill(Some(400.0));
    hours[344..].fill(Some(100.0));
    // 44 of 60 minutes: 14.67.
    assert_eq!(ACK.budget(&hours).alarming(), Some((1, 14.4)));
    hours[343] = Some(100.0);
    // 43 of 60: 14.33, and 43 of 360 is 2.4 over six hours and over all.
    assert_eq!(ACK.budget(&hours).alarming(), None);
}

#[test]
fn minutes_are_those_that_have_ended() {
    let start = 1_795_197_000_i64;
    let mut state = State::new(Ts(start * 1_000_000_000));
    let mut order = |second: i64, filled: bool| {
        let at = Ts((start + second) * 1_000_000_000);
        state.advance(at);
        for (code, name) in [(Code::Submit, "ORDER.SUBMIT"), (Code::Fill, "ORDER.FILL")] {
            if code == Code::Submit || filled {
                let mut event = Event::bare(Source::Events, Shape::Canonical, code, name);
                event.ts = Some(at);
                event.order_id = Some(format!("o{second}").into());
                state.apply(&event);
            }
        }
    };
    order(10, true);
    order(20, false);
    order(70, true);
    order(130, false);
    let minutes = minutes(&state, Figure::FillRate);
    assert_eq!(minutes.len(), 1_440);
    assert_eq!(minutes[1_438..], [Some(0.5), Some(1.0)], "the third minute goes on");
    assert_eq!(minutes[..1_438], vec![None; 1_438]);
}

#[test]
fn colours_change_at_target_and_alert_threshold() {
    let colour = |target, now| Measured { target, now }.colour();
    let fill = least("", "", (0.85, 0.8));
    assert_eq!(
        [0.85, 0.84, 0.8, 0.79].map(|now| colour(fill, Some(now)).unwrap()),
        [Colour::Green, Colour::Yellow, Colour::Yellow, Colour::Red]
    );
    let ack = most("", "", (300.0, 350.0), true);
    assert_eq!(
        [300.0, 301.0, 350.0, 351.0].map(|now| colour(ack, Some(now)).unwrap()),
        [Colour::Green, Colour::Yellow, Colour::Yellow, Colour::Red]
    );
    assert_eq!(colour(ack, None), None);
    assert!(service(&State::new(Ts(0))).iter().all(|own| own.colour().is_none()));
}
