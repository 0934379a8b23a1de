//! The course of what each rule holds against its threshold, and what would have fired with another one.
//!
//! Invariants: at most [`COURSE_SECONDS`] are kept, and [`MAX_COURSES`] series of all rules; what is rehearsed is judged
//! by the same [`Engine`] that judges the rules.

use std::{borrow::Cow, collections::VecDeque};

use super::{
    alert::AlertState,
    engine::Engine,
    labels::Labels,
    rule::{Group, Rule, RuleText},
    samples::Sample,
};
use crate::Ts;

/// How far back values are kept, in seconds.
pub const COURSE_SECONDS: i64 = 3_600;
/// How many series are kept at most, of all rules.
pub const MAX_COURSES: usize = 256;

/// The metric that a rehearsed rule is about.
const METRIC: &str = "measured";

/// A value and its time in Unix milliseconds.
type Point = (i64, f64);

/// The values of one series of one rule, the oldest first.
#[derive(Clone, Debug)]
pub struct Course {
    rule: (usize, usize),
    /// Its labels.
    pub labels: Labels,
    points: VecDeque<Point>,
}

/// The courses of all rules that have a threshold.
#[derive(Clone, Debug, Default)]
pub struct Courses {
    courses: Vec<Course>,
    /// When there was an observation, in Unix milliseconds.
    times: VecDeque<i64>,
}

/// A stretch of time in which an alert would have fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The labels of the series.
    pub labels: Labels,
    /// From when on.
    pub begin: Ts,
    /// Until when; `None` where it would still fire.
    pub end: Option<Ts>,
}

impl Course {
    /// The values between two times, both included, as (Unix milliseconds, value).
    pub fn between(&self, from: Ts, to: Ts) -> impl Iterator<Item = Point> + '_ {
        let begin = self.points.partition_point(|(at_ms, _)| *at_ms < from.millis());
        self.points.range(begin..).copied().take_while(move |(at_ms, _)| *at_ms <= to.millis())
    }

    /// The last value.
    pub fn last(&self) -> Option<f64> {
        self.points.back().map(|(_, value)| *value)
    }

    fn forget(&mut self, before_ms: i64) {
        let old = self.points.partition_point(|(at_ms, _)| *at_ms < before_ms);
        self.points.drain(..old);
    }
}

impl Courses {
    /// Takes in what the rules of `engine` measured at `now`, the time of its last observation.
    pub fn take_in(&mut self, engine: &Engine, now: Ts) {
        let now_ms = now.millis();
        if self.times.back().is_some_and(|last| *last >= now_ms) {
            return;
        }
        let oldest_ms = now_ms - COURSE_SECONDS * 1_000;
        self.times.push_back(now_ms);
        let old = self.times.partition_point(|at_ms| *at_ms < oldest_ms);
        self.times.drain(..old);
        for course in &mut self.courses {
            course.forget(oldest_ms);
        }
        self.courses.retain(|course| !course.points.is_empty());
        for (at, group) in engine.groups().iter().enumerate() {
            for index in 0..group.rules.len() {
                // A rule that cannot be judged has its failure told elsewhere.
                for element in engine.measured((at, index)).unwrap_or_default() {
                    self.put((at, index), element.labels, (now_ms, element.value));
                }
            }
        }
    }

    fn put(&mut self, rule: (usize, usize), labels: Labels, point: Point) {
        let known = self.courses.iter().position(|course| course.rule == rule && course.labels == labels);
        if let Some(course) = known.and_then(|at| self.courses.get_mut(at)) {
            course.points.push_back(point);
        } else if self.courses.len() < MAX_COURSES {
            self.courses.push(Course { rule, labels, points: VecDeque::from([point]) });
        }
    }

    /// Those of a rule: index of its group, index in it.
    pub fn of(&self, rule: (usize, usize)) -> impl Iterator<Item = &Course> {
        self.courses.iter().filter(move |course| course.rule == rule)
    }

    /// From when to when there are observations; `None` where there is none.
    pub fn extent(&self) -> Option<(Ts, Ts)> {
        let (first, last) = (self.times.front()?, self.times.back()?);
        Some((Ts::from_millis(*first), Ts::from_millis(*last)))
    }

    /// When the rule at `place`, with `threshold` and after holding for `hold_for`, would have fired over what is kept;
    /// nothing where it has no threshold, or `hold_for` is no duration.
    pub fn rehearse(
        &self,
        place: (usize, usize),
        rule: &Rule,
        threshold: f64,
        hold_for: &str,
    ) -> Vec<Stretch> {
        let Some(mut engine) = rehearsed(rule, threshold, hold_for) else { return Vec::new() };
        let mut courses: Vec<_> =
            self.of(place).map(|course| (&course.labels, course.points.iter().peekable())).collect();
        let mut stretches: Vec<Stretch> = Vec::new();
        for at_ms in &self.times {
            let samples: Vec<Sample> = courses
                .iter_mut()
                .filter_map(|(labels, points)| {
                    let (_, value) = points.next_if(|(own_ms, _)| own_ms == at_ms)?;
                    Some(Sample { metric: Cow::Borrowed(METRIC), labels: labels.clone(), value: *value })
                })
                .collect();
            let now = Ts::from_millis(*at_ms);
            engine.observe(now, &samples);
            note(&mut stretches, &engine, now);
        }
        stretches
    }
}

/// An engine that judges a rule over what was measured.
fn rehearsed(rule: &Rule, threshold: f64, hold_for: &str) -> Option<Engine> {
    let comparison = rule.threshold()?.comparison.sign();
    let text = RuleText {
        alert: METRIC.to_owned(),
        expr: format!("{METRIC} {comparison} {threshold}"),
        hold_for: hold_for.to_owned(),
        keep_firing_for: rule.text().keep_firing_for.clone(),
        ..RuleText::default()
    };
    let rules = vec![Rule::new(text).ok()?];
    Some(Engine::new(vec![Group { name: METRIC.to_owned(), interval_ms: None, rules }]))
}

/// Begins and ends stretches by what `engine` says at `now`.
fn note(stretches: &mut Vec<Stretch>, engine: &Engine, now: Ts) {
    let firing: Vec<Labels> = engine
        .alerts()
        .iter()
        .filter(|alert| alert.state == AlertState::Firing)
        .map(|alert| alert.labels.with([("alertname", "")]))
        .collect();
    for open in stretches.iter_mut().filter(|stretch| stretch.end.is_none()) {
        if !firing.contains(&open.labels) {
            open.end = Some(now);
        }
    }
    for labels in firing {
        if !stretches.iter().any(|stretch| stretch.end.is_none() && stretch.labels == labels) {
            stretches.push(Stretch { labels, begin: now, end: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Ts {
        Ts(1_795_000_000_000_000_000).plus_seconds(second)
    }

    fn engine(expr: &str) -> Engine {
        let text = RuleText { alert: "A".to_owned(), expr: expr.to_owned(), ..RuleText::default() };
        let rules = vec![Rule::new(text).unwrap()];
        Engine::new(vec![Group { name: "g".to_owned(), interval_ms: None, rules }])
    }

    /// The courses after one second for each value.
    fn courses(engine: &mut Engine, values: &[Option<f64>]) -> Courses {
        let mut courses = Courses::default();
        for (second, value) in (0..).zip(values) {
            let sample = |value| Sample { metric: Cow::Borrowed("m"), labels: Labels::NONE, value };
            let samples: Vec<Sample> = value.iter().copied().map(sample).collect();
            engine.observe(at(second), &samples);
            courses.take_in(engine, at(second));
        }
        courses
    }

    fn check(values: &[Option<f64>], threshold: f64, hold_for: &str, expected: &[(i64, Option<i64>)]) {
        let mut engine = engine("m > 100");
        let courses = courses(&mut engine, values);
        let rule = &engine.groups()[0].rules[0];
        let stretches = courses.rehearse((0, 0), rule, threshold, hold_for);
        let found: Vec<_> = stretches.iter().map(|stretch| (stretch.begin, stretch.end)).collect();
        let expected: Vec<_> = expected.iter().map(|(begin, end)| (at(*begin), end.map(at))).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn another_threshold_shows_what_would_have_fired() {
        let values = [1.0, 3.0, 3.0, 3.0, 1.0, 5.0].map(Some);
        check(&values, 2.0, "", &[(1, Some(4)), (5, None)]);
        check(&values, 2.0, "2s", &[(3, Some(4))]);
        check(&values, 4.0, "", &[(5, None)]);
        check(&values, 100.0, "", &[]);
        check(&values, 2.0, "soon", &[]);
    }

    #[test]
    fn a_time_without_a_value_ends_what_would_have_fired() {
        check(&[Some(3.0), None, Some(3.0)], 2.0, "", &[(0, Some(1)), (2, None)]);
    }

    #[test]
    fn what_a_rule_leaves_out_would_not_have_fired() {
        let mut engine = engine("m > 2 unless m > 4");
        let courses = courses(&mut engine, &[3.0, 5.0, 3.0].map(Some));
        let rule = engine.groups()[0].rules[0].clone();
        let found = courses.rehearse((0, 0), &rule, 1.0, "");
        let ends: Vec<_> = found.iter().map(|stretch| (stretch.begin, stretch.end)).collect();
        assert_eq!(ends, [(at(0), Some(at(1))), (at(2), None)]);
    }

    #[test]
    fn an_hour_is_kept_and_no_more() {
        let mut engine = engine("m > 2");
        let values = vec![Some(1.0); 3_700];
        let courses = courses(&mut engine, &values);
        assert_eq!(courses.extent(), Some((at(3_699 - COURSE_SECONDS), at(3_699))));
        let course = courses.of((0, 0)).next().unwrap();
        assert_eq!(course.between(at(0), at(4_000)).count(), 3_601);
        assert_eq!(course.between(at(3_000), at(3_009)).count(), 10);
        assert_eq!((course.last(), courses.of((0, 1)).count()), (Some(1.0), 0));
    }
}
