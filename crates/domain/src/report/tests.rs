//! That a report is what its definitions say, where the figures are given.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{course::Figures, *};
use crate::{
    Outcome, Outcomes,
    aggregate::{DurationSum, Spoken},
};

const START: i64 = 29_919_950;

/// Minutes with orders submitted and filled, one after the other.
fn course(minutes: &[(u64, u64)]) -> Course {
    let figures = |submitted, filled| {
        let outcomes = Outcomes::collect(|outcome| match outcome {
            Outcome::Submitted => submitted,
            Outcome::Filled => filled,
            _ => 0,
        });
        let mut figures = Figures::default();
        let mut spoken = Spoken::default();
        spoken.outcomes = outcomes;
        figures.take(&spoken, true);
        figures
    };
    let minutes: BTreeMap<i64, Figures> = (START..)
        .zip(minutes)
        .map(|(minute, (submitted, filled))| (minute, figures(*submitted, *filled)))
        .collect();
    let covered = minutes.keys().copied().collect();
    Course { minutes, covered, ..Course::default() }
}

fn window(minutes: usize) -> Window {
    Window { start: START, end: START + i64::try_from(minutes).unwrap() }
}

fn fill(place: usize) -> Judged {
    GA[place].judge(&course(&[(10, 9), (10, 8), (10, 7), (0, 4), (4, 0)]), window(5), 0)
}

#[test]
fn a_fill_rate_is_what_its_share_of_minutes_with_orders_reaches() {
    let half = fill(0);
    assert_eq!((half.value, half.samples, half.met), (Some(0.8), 4, Some(false)));
    assert_eq!((half.budget.total, half.budget.spent), (2.0, 3));
    let most = fill(1);
    assert_eq!((most.value, most.met, most.budget.spent), (Some(0.0), Some(false), 2));
}

#[test]
fn zero_is_a_breach_and_no_data_is_none() {
    let judge = |minutes: &[(u64, u64)]| {
        let report = Report::of(&course(minutes), window(minutes.len()), &GA[..2]);
        (report.overall, report.objectives[0].value, report.compliance_rate)
    };
    assert_eq!(judge(&[(5, 0), (5, 0)]), (Overall::Fail, Some(0.0), Some(0.0)));
    assert_eq!(judge(&[(0, 0), (0, 0)]), (Overall::Inconclusive, None, None));
    assert_eq!(judge(&[(5, 5), (5, 5)]), (Overall::Pass, Some(1.0), Some(1.0)));
}

#[test]
fn a_window_that_is_covered_in_part_does_not_pass_and_says_so() {
    let forty_hours = vec![(5, 5); 40 * 60];
    let report = Report::of(&course(&forty_hours), window(72 * 60), &GA[..2]);
    assert_eq!(report.overall, Overall::Inconclusive);
    assert_eq!(report.reasons, ["40 h of 72 h are covered"]);
    assert_eq!((report.covered_seconds, report.window.seconds()), (40 * 3_600, 72 * 3_600));
    let missed = Report::of(&course(&vec![(5, 0); 40 * 60]), window(72 * 60), &GA[..2]);
    assert_eq!(missed.overall, Overall::Fail, "what failed has failed, however little there is");
}

#[test]
fn budgets_burn_over_the_last_hours() {
    let mut minutes = vec![(10, 10); 24 * 60];
    minutes[23 * 60..].fill((10, 0));
    let judged = GA[1].judge(&course(&minutes), window(minutes.len()), 0);
    let rates: Vec<_> = judged.budget.burn_rates.iter().map(|burn| (burn.over, burn.rate)).collect();
    let expected = [("1h", 20.0), ("6h", 20.0 / 6.0), ("24h", 20.0 / 24.0), ("72h", 20.0 / 24.0)];
    for ((over, rate), (name, expected)) in rates.into_iter().zip(expected) {
        assert_eq!(over, name);
        assert!((rate.unwrap() - expected).abs() < 1e-9, "{over}: {rate:?}");
    }
    assert_eq!(judged.budget.spent, 60);
}

fn incident(alert: &str, severity: &str, seconds: (i64, Option<i64>)) -> Incident {
    let at = |seconds: i64| Ts((START * 60 + seconds) * 1_000_000_000);
    Incident {
        alert: alert.to_owned(),
        severity: severity.to_owned(),
        session: "s".to_owned(),
        labels: Vec::new(),
        fired_at: at(seconds.0),
        resolved_at: seconds.1.map(at),
        summary: String::new(),
    }
}

#[test]
fn incidents_count_where_they_reach_into_the_window_and_critical_ones_roll_back() {
    let mut course = course(&[(5, 5); 10]);
    course.incidents = vec![
        incident("Before", "critical", (-60, Some(-1))),
        incident("Into", "warning", (-60, Some(30))),
        incident("Twice", "critical", (100, Some(110))),
        incident("Twice", "critical", (200, None)),
        incident("After", "critical", (601, None)),
    ];
    let report = Report::of(&course, window(10), &[GA[6]]);
    assert_eq!(
        report.incidents.iter().map(|own| &*own.alert).collect::<Vec<_>>(),
        ["Into", "Twice", "Twice"]
    );
    assert_eq!(
        report.rollback,
        [Rollback { criterion: "Twice".to_owned(), breached_at: report.incidents[1].fired_at }]
    );
    assert_eq!((report.overall, report.objectives[0].value), (Overall::Fail, Some(3.0)));
    assert_eq!(report.reasons, ["missed: Incidents", "roll back: Twice"]);
}

#[test]
fn checkpoints_say_how_it_stood_then() {
    let mut minutes = vec![(5, 5); 30 * 60];
    minutes[25 * 60..].fill((5, 0));
    let mut course = course(&minutes);
    course.sessions = vec![session(START, START + 30 * 60 - 1)];
    let report = Report::of(&course, window(72 * 60), &GA[1..2]);
    let told: Vec<_> = report.checkpoints.iter().map(|point| (point.hours, point.overall)).collect();
    assert_eq!(told, [(24, Overall::Pass)], "48 hours are not over");
    assert_eq!(report.overall, Overall::Fail);
}

fn session(first: i64, last: i64) -> Session {
    let place = |minute: i64| Place {
        session: "s".to_owned(),
        file: "aurora_events.jsonl".to_owned(),
        line: 1,
        at: Ts(minute * 60_000_000_000),
    };
    Session { name: "s".to_owned(), events: 2, rejected: 0, first: place(first), last: place(last) }
}

proptest! {
    #[test]
    fn what_is_above_a_limit_is_what_no_bin_below_it_holds(values in prop::collection::vec(0.0_f64..5_000.0, 0..200), limit in 1.0_f64..4_000.0) {
        let mut sum = DurationSum::default();
        for ms in &values {
            sum.record(*ms);
        }
        let surely = values.iter().filter(|ms| **ms > limit * 1.01).count() as u64;
        let perhaps = values.iter().filter(|ms| **ms > limit * 0.99).count() as u64;
        prop_assert!((surely..=perhaps).contains(&sum.above(limit)));
    }

    #[test]
    fn a_share_of_minutes_does_reach_the_value(minutes in prop::collection::vec((1_u64..50, 0_u64..50), 1..80)) {
        for objective in &GA[..2] {
            let judged = objective.judge(&course(&minutes), window(minutes.len()), 0);
            let value = judged.value.unwrap();
            let reach = |least: f64| minutes.iter().filter(|(submitted, filled)| *filled as f64 / *submitted as f64 >= least).count() as f64;
            prop_assert!(reach(value) >= objective.share * minutes.len() as f64);
            let higher = minutes.iter().map(|(submitted, filled)| *filled as f64 / *submitted as f64).filter(|rate| *rate > value).count() as f64;
            prop_assert!(higher < objective.share * minutes.len() as f64);
        }
    }
}
