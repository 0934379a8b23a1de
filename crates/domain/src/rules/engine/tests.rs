//! Alerts over time: states, groups, failures, bounds.

use std::borrow::Cow;

use super::{
    super::{AlertState, Labels, RESOLVED_RETENTION_SECONDS, Rule, RuleText},
    *,
};

fn rule(expr: &str, hold_for: &str, keep: &str) -> Rule {
    Rule::new(RuleText {
        alert: "A".to_owned(),
        expr: expr.to_owned(),
        hold_for: hold_for.to_owned(),
        keep_firing_for: keep.to_owned(),
        labels: vec![("severity".to_owned(), "critical".to_owned())],
        annotations: vec![("summary".to_owned(), "{{ $labels.x }} at {{ $value }}".to_owned())],
    })
    .unwrap()
}

fn group(interval_ms: Option<i64>, rules: Vec<Rule>) -> Group {
    Group { name: "g".to_owned(), interval_ms, rules }
}

fn engine(expr: &str, hold_for: &str, keep: &str) -> Engine {
    Engine::new(vec![group(None, vec![rule(expr, hold_for, keep)])])
}

fn sample(x: &str, value: f64) -> Sample {
    Sample { metric: Cow::Borrowed("m"), labels: Labels::new([("x", x)]), value }
}

fn at(second: i64) -> Ts {
    Ts(1_795_000_000_000_000_000).plus_seconds(second)
}

/// The state after each second, in which the only series has the next value; `-` where there is no alert.
fn states(engine: &mut Engine, values: &[f64]) -> String {
    (0..)
        .zip(values)
        .map(|(second, value)| {
            engine.observe(at(second), &[sample("1", *value)]);
            match engine.alerts() {
                [] => '-',
                [alert] => match alert.state {
                    AlertState::Pending => 'P',
                    AlertState::Firing => 'F',
                    AlertState::Resolved => 'R',
                },
                _ => '?',
            }
        })
        .collect()
}

fn check(hold_for: &str, keep: &str, values: &[f64], expected: &str) {
    assert_eq!(
        states(&mut engine("m > 0", hold_for, keep), values),
        expected,
        "{hold_for} {keep} {values:?}"
    );
}

#[test]
fn an_alert_fires_when_its_rule_has_held_for_long_enough() {
    check("", "", &[0.0, 1.0, 0.0, 1.0], "-FRF");
    check("2s", "", &[1.0, 1.0, 1.0, 0.0, 0.0], "PPFRR");
    check("2s", "", &[1.0, 1.0, 0.0, 1.0, 1.0, 1.0], "PP-PPF");
    check("2s", "", &[1.0, 1.0, 1.0, 0.0, 1.0], "PPFRP");
}

#[test]
fn an_alert_keeps_firing_for_as_long_as_asked() {
    check("", "2s", &[1.0, 0.0, 0.0, 0.0, 0.0], "FFFRR");
    check("", "2s", &[1.0, 0.0, 1.0, 0.0, 0.0, 0.0], "FFFFFR");
    check("1s", "2s", &[1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0], "P-PFFFR");
}

#[test]
fn a_resolved_alert_is_kept_for_a_quarter_of_an_hour() {
    let mut engine = engine("m > 0", "", "");
    engine.observe(at(0), &[sample("1", 1.0)]);
    engine.observe(at(1), &[]);
    assert_eq!((engine.alerts()[0].state, engine.alerts()[0].since), (AlertState::Resolved, at(1)));
    engine.observe(at(901), &[]);
    assert_eq!(engine.alerts().len(), 1);
    engine.observe(at(902), &[]);
    assert_eq!(engine.alerts().len(), 0);
}

#[test]
fn each_label_set_is_an_alert_of_its_own() {
    let mut engine = engine("m > 0", "1s", "");
    engine.observe(at(0), &[sample("b", 1.0), sample("a", 0.0)]);
    engine.observe(at(1), &[sample("b", 2.0), sample("a", 5.5)]);
    let seen: Vec<_> = engine
        .alerts()
        .iter()
        .map(|alert| {
            (alert.labels.get("x"), alert.state, alert.since, alert.active_at, alert.annotation("summary"))
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("a", AlertState::Pending, at(1), at(1), "a at 5.5"),
            ("b", AlertState::Firing, at(1), at(0), "b at 2"),
        ]
    );
    let alert = &engine.alerts()[1];
    assert_eq!((alert.name.as_str(), alert.severity(), alert.value), ("A", "critical", 2.0));
    assert_eq!(
        alert.labels.iter().collect::<Vec<_>>(),
        [("alertname", "A"), ("severity", "critical"), ("x", "b")]
    );
    assert_eq!(engine.elements((0, 0)).unwrap().len(), 2);
}

#[test]
fn a_group_is_judged_once_an_interval() {
    let mut engine = Engine::new(vec![group(Some(5_000), vec![rule("m > 0", "", "")])]);
    let states: Vec<_> = (0..12)
        .map(|second| {
            engine.observe(at(second), &[sample("1", if second >= 2 { 1.0 } else { 0.0 })]);
            engine.alerts().first().map(|alert| (alert.since, second))
        })
        .collect();
    assert_eq!(states[4], None);
    assert!(states[5..].iter().all(|alert| alert.unwrap().0 == at(5)));
}

#[test]
fn a_rule_that_cannot_be_judged_leaves_its_alerts_as_they_were() {
    let mut engine = engine("m > on() n", "", "");
    let n = |x: &str| Sample { metric: Cow::Borrowed("n"), ..sample(x, 0.0) };
    engine.observe(at(0), &[sample("1", 1.0), n("1")]);
    assert_eq!((engine.alerts().len(), engine.failures()), (1, &[][..]));
    let before = engine.alerts().to_vec();
    engine.observe(at(1), &[sample("1", 0.0), n("1"), n("2")]);
    assert_eq!(engine.alerts(), before);
    assert_eq!(engine.failures(), [Failure { rule: (0, 0), error: EvalError::SeveralOnOneSide }]);
    engine.observe(at(2), &[sample("1", 0.0), n("1")]);
    assert_eq!((engine.alerts()[0].state, engine.failures().len()), (AlertState::Resolved, 0));
}

#[test]
fn elements_that_labels_of_the_rule_make_equal_are_a_failure() {
    let text = RuleText {
        labels: vec![("x".to_owned(), "same".to_owned())],
        ..rule("m > 0", "", "").text().clone()
    };
    let mut engine = Engine::new(vec![group(None, vec![Rule::new(text).unwrap()])]);
    engine.observe(at(0), &[sample("1", 1.0), sample("2", 1.0)]);
    assert_eq!((engine.alerts().len(), engine.failures().len()), (0, 1));
}

#[test]
fn time_goes_forward_only() {
    let mut engine = engine("m > 0", "", "");
    engine.observe(at(5), &[sample("1", 1.0)]);
    engine.observe(at(5), &[sample("1", 0.0)]);
    engine.observe(at(4), &[]);
    engine.evaluate(at(5));
    assert_eq!((engine.alerts()[0].state, engine.dropped().observations), (AlertState::Firing, 3));
}

#[test]
fn between_observations_a_value_counts_for_five_minutes() {
    let mut engine = engine("m > 0", "", "");
    engine.observe(at(0), &[sample("1", 1.0)]);
    engine.evaluate(at(300));
    assert_eq!(engine.alerts()[0].state, AlertState::Firing);
    engine.evaluate(at(301));
    assert_eq!(engine.alerts()[0].state, AlertState::Resolved);
}

#[test]
fn alerts_beyond_the_bound_are_dropped_and_counted() {
    let mut engine = engine("m > 0", "", "");
    let samples: Vec<Sample> = (0..MAX_ALERTS + 3).map(|x| sample(&x.to_string(), 1.0)).collect();
    engine.observe(at(0), &samples);
    assert_eq!((engine.alerts().len(), engine.dropped().alerts), (MAX_ALERTS, 3));
    engine.observe(at(1), &samples);
    assert_eq!((engine.alerts().len(), engine.dropped().alerts), (MAX_ALERTS, 6));
}

#[test]
fn a_scalar_is_an_alert_without_labels() {
    let mut engine = engine("1", "", "");
    engine.observe(at(0), &[]);
    assert_eq!(engine.alerts()[0].annotation("summary"), " at 1");
}

/// What Prometheus' documentation says of alert states, read for one moment at a time: nothing is carried along.
struct Documented<'a> {
    /// Times in seconds, and whether the rule holds.
    steps: &'a [(i64, bool)],
    hold_for: i64,
    keep: i64,
}

impl Documented<'_> {
    fn time(&self, step: usize) -> i64 {
        self.steps[step].0
    }

    fn holds(&self, step: usize) -> bool {
        self.steps[step].1
    }

    /// The first step of the unbroken run of steps up to `step` that are as it is.
    fn run(&self, step: usize) -> usize {
        (0..step).rev().find(|before| self.holds(*before) != self.holds(step)).map_or(0, |before| before + 1)
    }

    /// "Active for at least `for`", or fired before and nothing has ended it, or kept for `keep_firing_for`.
    fn fires(&self, step: usize) -> bool {
        let run = self.run(step);
        let before_run = run.checked_sub(1).is_some_and(|before| self.fires(before));
        if self.holds(step) {
            return before_run || self.time(step) - self.time(run) >= self.hold_for;
        }
        before_run && self.time(step) - self.time(run) < self.keep
    }

    fn state(&self, step: usize) -> Option<AlertState> {
        if self.fires(step) {
            return Some(AlertState::Firing);
        }
        if self.holds(step) {
            return Some(AlertState::Pending);
        }
        // Resolved at the first step without firing of the present run, where the run began with a firing alert.
        let run = self.run(step);
        run.checked_sub(1).filter(|before| self.fires(*before))?;
        let resolved = (run..=step).find(|later| !self.fires(*later))?;
        (self.time(step) - self.time(resolved) <= RESOLVED_RETENTION_SECONDS).then_some(AlertState::Resolved)
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    #[test]
    fn states_are_those_of_the_documentation(
        steps in proptest::collection::vec((proptest::sample::select(vec![1_i64, 5, 15, 60, 300, 700]), proptest::bool::weighted(0.6)), 1..40),
        hold_for in proptest::sample::select(vec![0_i64, 1, 30, 60, 300]),
        keep in proptest::sample::select(vec![0_i64, 1, 30, 120, 600]),
    ) {
        let mut time = 0;
        let steps: Vec<(i64, bool)> = steps.into_iter().map(|(gap, holds)| { time += gap; (time, holds) }).collect();
        let documented = Documented { steps: &steps, hold_for, keep };
        let mut engine = engine("m > 0", &format!("{hold_for}s"), &format!("{keep}s"));
        for (step, (time, holds)) in steps.iter().enumerate() {
            engine.observe(at(*time), &[sample("1", if *holds { 1.0 } else { 0.0 })]);
            let state = engine.alerts().first().map(|alert| alert.state);
            proptest::prop_assert_eq!(state, documented.state(step), "at step {} of {:?}", step, &steps);
        }
    }
}

fn only(engine: &Engine) -> (AlertState, Ts, Ts) {
    let [alert] = engine.alerts() else { panic!("one alert: {:?}", engine.alerts()) };
    (alert.state, alert.since, alert.active_at)
}

#[test]
fn rules_that_are_replaced_go_on_with_their_alerts_and_what_they_look_back_on() {
    let mut engine = engine("increase(m[10s]) > 0", "3s", "");
    for second in 0..3 {
        engine.observe(at(second), &[sample("1", second as f64)]);
    }
    assert_eq!(only(&engine), (AlertState::Pending, at(1), at(1)));
    let another = Group { name: "first".to_owned(), interval_ms: None, rules: vec![rule("m > 99", "", "")] };
    let stricter = rule("increase(m[10s]) > 1", "2s", "");
    engine.replace(vec![another, group(None, vec![stricter])]);
    assert_eq!(only(&engine), (AlertState::Pending, at(1), at(1)), "for goes on counting");
    engine.observe(at(3), &[sample("1", 3.0)]);
    assert_eq!(only(&engine), (AlertState::Firing, at(3), at(1)));
    engine.replace(vec![Group { name: "g".to_owned(), interval_ms: None, rules: Vec::new() }]);
    assert_eq!(engine.alerts(), [], "their rule is gone");
}

#[test]
fn alerts_that_were_kept_go_on_after_an_outage_that_does_not_count() {
    let mut before = engine("m > 0", "10s", "");
    before.observe(at(0), &[sample("1", 1.0)]);
    before.observe(at(4), &[sample("1", 1.0)]);
    let mut after = engine("m > 0", "10s", "");
    after.restore(before.keep(), at(4), at(100));
    assert_eq!(only(&after), (AlertState::Pending, at(96), at(96)), "it held for four seconds");
    after.observe(at(105), &[sample("1", 1.0)]);
    assert_eq!(only(&after).0, AlertState::Pending);
    after.observe(at(106), &[sample("1", 1.0)]);
    assert_eq!(only(&after), (AlertState::Firing, at(106), at(96)));

    let mut late = engine("m > 0", "10s", "");
    late.restore(before.keep(), at(4), at(4 + PENDING_OUTAGE_SECONDS + 1));
    assert_eq!(late.alerts(), [], "too long ago to say that it has held since");
}

#[test]
fn a_firing_alert_that_was_kept_fires_on_or_resolves_as_its_rule_says() {
    let mut before = engine("m > 0", "10s", "");
    before.observe(at(0), &[sample("1", 2.0)]);
    before.observe(at(10), &[sample("1", 2.0)]);
    let mut after = engine("m > 0", "10s", "");
    after.restore(before.keep(), at(10), at(100_000));
    assert_eq!(only(&after), (AlertState::Firing, at(10), at(0)));
    assert_eq!(after.alerts()[0].annotation("summary"), "1 at 2");
    let mut holds = after.clone();
    holds.observe(at(100_001), &[sample("1", 3.0)]);
    assert_eq!(only(&holds), (AlertState::Firing, at(10), at(0)));
    assert_eq!(holds.alerts()[0].annotation("summary"), "1 at 3");
    after.observe(at(100_001), &[sample("1", 0.0)]);
    assert_eq!(only(&after).0, AlertState::Resolved);
}

#[test]
fn what_is_measured_is_known_whether_the_rule_holds_or_not() {
    let mut engine = engine("m > 5 unless n == 1", "", "");
    engine.observe(at(0), &[sample("1", 2.0)]);
    assert!(engine.elements((0, 0)).unwrap().is_empty());
    let measured = engine.measured((0, 0)).unwrap();
    assert_eq!(measured.iter().map(|element| element.value).collect::<Vec<_>>(), [2.0]);
    let other = Sample { metric: Cow::Borrowed("n"), ..sample("1", 1.0) };
    engine.observe(at(1), &[sample("1", 9.0), other]);
    assert!(engine.measured((0, 0)).unwrap().is_empty(), "what is left out cannot fire");
    assert!(engine.measured((0, 7)).unwrap().is_empty());
}
