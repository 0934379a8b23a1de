//! The page's judge over whole courses of sessions, and what it tells, shows and remembers.

use std::collections::BTreeMap;

use aurora_cases::{BEGIN, COURSES, Feed};
use aurora_wire::{
    decode,
    heartbeat::Machine,
    rules::{Rules, SHIPPED},
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

fn shipped(is_wanted: impl Fn(&str) -> bool) -> Vec<Group> {
    let all = Rules::from_json(SHIPPED).expect("the shipped rules").into_groups();
    all.into_iter().filter(|group| is_wanted(&group.name)).collect()
}

/// What the heartbeat of such a feed has.
fn heartbeat(feed: &Feed) -> Heartbeat {
    Heartbeat {
        clients: feed.clients,
        malformed: Some(feed.malformed),
        oversized: Some(feed.oversized),
        machine: Some(Machine {
            memory_used_percent: Some(100.0 * feed.memory_used),
            cpu_used_percent: Some(100.0 * feed.cpu_used),
            disk_free_percent: Some(100.0 * feed.disk_free),
        }),
        ..Heartbeat::default()
    }
}

/// A page in front of a course.
struct Stage {
    judge: Judge,
    state: State,
}

impl Stage {
    fn new(groups: Vec<Group>) -> Self {
        Self { judge: Judge::new(groups), state: State::new(BEGIN) }
    }

    /// Takes the lines of a second in.
    fn read(&mut self, course: &aurora_cases::Course, second: u32) {
        self.state.advance(BEGIN.plus_seconds(i64::from(second)));
        for line in (course.lines)(second) {
            self.state.apply(&decode(line.source, 1, line.text.as_bytes()).expect("a line"));
        }
    }

    /// Takes a second of a course in and judges; returns its time.
    fn step(&mut self, course: &aurora_cases::Course, second: u32) -> Ts {
        self.read(course, second);
        self.judge.take_in(&self.state, Some(&heartbeat(&(course.feed)(second))))
    }
}

fn course(name: &str) -> &'static aurora_cases::Course {
    COURSES.iter().find(|course| course.name.contains(name)).expect("a course")
}

#[wasm_bindgen_test]
fn every_alert_fires_and_ends_in_the_page_at_the_second_at_which_it_does_in_the_feed() {
    for course in &COURSES {
        let mut stage = Stage::new(shipped(|_| true));
        let mut seen: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for second in 0..=course.until {
            let now = stage.step(course, second);
            for episode in stage.judge.step_history(now) {
                seen.entry(episode.name).or_default().push(second);
            }
        }
        // A page that is live hears the feed; where it does not, its banner says so.
        let expected = course.alerts.iter().filter(|(name, ..)| *name != "StreamUnavailable");
        let expected =
            expected.map(|(name, fires, ends)| ((*name).to_owned(), vec![*fires, *ends])).collect();
        assert_eq!(seen, expected, "{}", course.name);
    }
}

/// What is told in the course of the breaker, which fires at 40 and ends at 60, while `silenced`.
fn told(silenced: impl Fn(u32) -> bool) -> Vec<(u32, Turn)> {
    told_after_reload(0, silenced, Vec::new()).0
}

/// The same of a page that is opened at a second and knows what fired before, and what it knows in the end.
fn told_after_reload(
    begin: u32,
    silenced: impl Fn(u32) -> bool,
    known: Vec<Episode>,
) -> (Vec<(u32, Turn)>, Vec<Episode>) {
    let mut stage = Stage::new(shipped(|name| name == "p3d"));
    (0..begin).for_each(|second| stage.read(course("breaker"), second));
    stage.judge.remember(known);
    let mut told = Vec::new();
    for second in begin..=70 {
        let now = stage.step(course("breaker"), second);
        let shown = stage.judge.shown(&[]);
        let keys = shown.into_iter().filter(|_| silenced(second)).map(|alert| alert.key).collect();
        told.extend(stage.judge.news(now, &keys).into_iter().map(|news| (second, news.turn)));
        stage.judge.step_history(now);
    }
    (told, stage.judge.history.all().to_vec())
}

#[wasm_bindgen_test]
fn an_alert_is_told_once_and_a_silenced_one_when_its_silence_ends() {
    assert_eq!(told(|_| false), [(40, Turn::Fires), (60, Turn::Ends)]);
    assert_eq!(told(|_| true), []);
    assert_eq!(told(|second| second < 50), [(50, Turn::Fires), (60, Turn::Ends)]);
    assert_eq!(told(|second| second >= 50), [(40, Turn::Fires)]);
}

/// The open episode of the breaker's course at its second 40.
fn fired_before() -> Episode {
    let mut stage = Stage::new(shipped(|name| name == "p3d"));
    for second in 0..=40 {
        let now = stage.step(course("breaker"), second);
        stage.judge.step_history(now);
    }
    stage.judge.history.all().last().expect("it fires").clone()
}

#[wasm_bindgen_test]
fn what_fired_in_an_earlier_page_goes_on_and_is_not_told_again() {
    let known = fired_before();
    assert_eq!((known.name.as_str(), known.ended_ms), ("CircuitBreakerOpen", None));
    // As the breaker has been open for 29 seconds, the page that is opened then finds the alert pending at first.
    let (told, history) = told_after_reload(29, |_| false, vec![known.clone()]);
    assert_eq!(told, [(60, Turn::Ends)]);
    let ended_ms = Some(BEGIN.plus_seconds(60).millis());
    assert_eq!(history, [Episode { ended_ms, ..known }], "one episode over both pages");
}

#[wasm_bindgen_test]
fn what_ended_while_no_page_judged_has_ended_unseen() {
    let mut stage = Stage::new(shipped(|name| name == "p3d"));
    stage.judge.remember(vec![fired_before()]);
    let now = stage.step(course("nobody"), 100);
    let [ended] = stage.judge.step_history(now).try_into().expect("one");
    assert!(ended.ended_unseen && ended.ended_ms == Some(now.millis()), "{ended:?}");
}

#[wasm_bindgen_test]
fn an_alert_shows_value_limit_course_and_that_somebody_has_taken_it_on() {
    let mut stage = Stage::new(shipped(|name| name == "p3d"));
    let mut now = BEGIN;
    for second in 0..=200 {
        now = stage.step(course("decisions"), second);
        stage.judge.step_history(now);
    }
    let [shown] = stage.judge.shown(&[]).try_into().expect("one alert");
    assert_eq!((shown.name.as_str(), shown.standing), ("DecisionLatencyHigh", Standing::Firing));
    assert_eq!((shown.limit.as_str(), shown.due_seconds), ("above 50.0 ms", Some(900)));
    assert!(shown.unit.say(shown.value).starts_with("80."), "{}", shown.value);
    assert_eq!(shown.since, BEGIN.plus_seconds(190));
    let recent = stage.judge.course(shown.place, &shown.labels);
    assert_eq!((recent.values.len(), recent.threshold), (201, Some(50.0)));
    assert!(recent.values[9].is_nan() && recent.values[10] > 79.0);
    assert!(stage.judge.acknowledge(&shown.key).is_some());
    assert!(stage.judge.shown(&[])[0].acknowledged.is_some());
    let silence = Silence::new(&shown.key, &shown.name, "known", now.millis(), 60);
    assert_eq!(stage.judge.shown(&[silence])[0].silence.as_ref().expect("silenced").reason, "known");
}

#[wasm_bindgen_test]
fn other_thresholds_keep_the_courses_and_show_what_would_have_fired() {
    let mut stage = Stage::new(shipped(|name| name == "p3d"));
    for second in 0..=200 {
        stage.step(course("decisions"), second);
    }
    let place = stage.judge.shown(&[])[0].place;
    let (stretches, seconds) = stage.judge.rehearse(place, 50.0, "1m");
    let begins: Vec<_> = stretches.iter().map(|stretch| stretch.begin).collect();
    assert_eq!((begins, seconds), (vec![BEGIN.plus_seconds(70)], 201));
    assert_eq!(stage.judge.rehearse(place, 90.0, "").0, []);
    stage.judge.replace(shipped(|name| name == "p3d"));
    assert_eq!(stage.judge.rehearse(place, 50.0, "1m").1, 201);
    stage.judge.replace(shipped(|name| name == "service"));
    assert_eq!(stage.judge.rehearse((0, 0), 0.5, "").1, 0);
}
