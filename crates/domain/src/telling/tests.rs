//! What is told of alerts that come, go, stay and flap.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::rules::{Engine, Group, Rule, RuleText, Sample};

fn at(second: i64) -> Ts {
    Ts(1_795_000_000_000_000_000).plus_seconds(second)
}

fn engine() -> Engine {
    let text = RuleText { alert: "A".to_owned(), expr: "m > 0".to_owned(), ..RuleText::default() };
    let rules = vec![Rule::new(text).unwrap()];
    Engine::new(vec![Group { name: "g".to_owned(), interval_ms: None, rules }])
}

/// Tells of one alert by whether it fires at each second.
struct Course {
    engine: Engine,
    teller: Teller,
}

impl Course {
    fn new() -> Self {
        Self { engine: engine(), teller: Teller::default() }
    }

    fn step(&mut self, second: i64, fires: bool) -> Option<Turn> {
        let value = f64::from(u8::from(fires));
        let sample = Sample { metric: Cow::Borrowed("m"), labels: Labels::NONE, value };
        self.engine.observe(at(second), &[sample]);
        let news = self.teller.look(at(second), self.engine.alerts());
        assert!(news.len() <= 1 && news.iter().all(|one| one.at == at(second)));
        news.first().map(|one| one.turn)
    }

    fn is_told(&self) -> bool {
        self.teller.told().count() == 1
    }
}

/// `fires`: the seconds from which on it fires, does not, fires, …
fn check(changes: &[i64], until: i64, expected: &[(i64, Turn)]) {
    let mut course = Course::new();
    let turns: Vec<_> = (0..=until)
        .filter_map(|second| {
            let fires = changes.iter().filter(|change| **change <= second).count() % 2 == 1;
            Some((second, course.step(second, fires)?))
        })
        .collect();
    assert_eq!(turns, expected, "{changes:?}");
}

#[test]
fn what_fires_is_told_once_and_so_is_its_end() {
    check(&[3, 700], 2_000, &[(3, Turn::Fires), (700, Turn::Ends)]);
    check(
        &[1, 10, 400, 410],
        1_500,
        &[(1, Turn::Fires), (10, Turn::Ends), (400, Turn::Fires), (410, Turn::Ends)],
    );
}

#[test]
fn what_keeps_changing_flaps_until_it_has_been_quiet() {
    let begins =
        [(10, Turn::Fires), (20, Turn::Ends), (30, Turn::Fires), (40, Turn::Ends), (50, Turn::Flaps)];
    let with_end = |end: i64| [&begins[..], &[(end, Turn::Ends)]].concat();
    check(&[10, 20, 30, 40, 50, 60, 70, 80], 1_500, &with_end(380));
    check(&[10, 20, 30, 40, 50], 1_500, &begins);
    check(&[10, 20, 30, 40, 50, 1_000], 1_500, &with_end(1_000));
}

#[test]
fn what_changes_rarely_does_not_flap() {
    let changes: Vec<i64> = (0..8).map(|change| 10 + 240 * change).collect();
    let turns = [Turn::Fires, Turn::Ends].into_iter().cycle();
    let expected: Vec<_> = changes.iter().copied().zip(turns).collect();
    check(&changes, 2_000, &expected);
}

#[test]
fn an_alert_whose_rule_is_gone_has_ended() {
    let mut course = Course::new();
    assert_eq!(course.step(1, true), Some(Turn::Fires));
    course.engine.replace(Vec::new());
    assert_eq!(course.step(2, true), Some(Turn::Ends));
    assert!(!course.is_told());
}

#[test]
fn what_was_told_before_is_not_told_again_but_its_end_is() {
    let mut before = Course::new();
    before.step(1, true);
    let mut after = Course::new();
    after.engine.restore(before.engine.keep(), at(1), at(50));
    after.teller.assume_told(after.engine.alerts());
    assert_eq!([after.step(51, true), after.step(52, false)], [None, Some(Turn::Ends)]);
}

proptest! {
    /// What is told is never told twice, and who was told knows how it stands once it has been quiet.
    #[test]
    fn who_is_told_knows_how_it_stands(spans in prop::collection::vec(1_i64..400, 1..40)) {
        let mut course = Course::new();
        let (mut second, mut fires, mut told) = (0, false, false);
        for span in spans {
            fires = !fires;
            for of_span in 0..span {
                second += 1;
                match course.step(second, fires) {
                    Some(Turn::Fires) => {
                        prop_assert!(fires && !told);
                        told = true;
                    }
                    Some(Turn::Flaps) => told = true,
                    Some(Turn::Ends) => {
                        prop_assert!(!fires && told);
                        told = false;
                    }
                    None => {}
                }
                prop_assert_eq!(course.is_told(), told);
                prop_assert!(of_span < FLAPPING_QUIET_SECONDS || told == fires);
            }
        }
    }
}
