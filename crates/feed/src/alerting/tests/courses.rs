//! Whole courses of sessions, second by second: each alert fires and ends when it should, and a calm hour has none.

use std::{collections::BTreeMap, path::Path};

use aurora_cases::{BEGIN, COURSES, Course, Line, WINDOW_SECONDS};
use aurora_domain::{Source, rules::AlertState};

use super::*;
use crate::{
    figures::{self, Machine},
    metrics::Metrics,
    rules::RuleChoice,
    simulate::{Action, Scenario, SessionFile, plan},
    status::{Counts, Status},
    system::{Cpu, Disk, Memory},
    totals::{Begin, End, Totals},
};

/// The parts of a feed that rules ask for, with a clock and a machine of the test's.
struct Stage {
    judge: Judge,
    metrics: Metrics,
    status: Status,
    totals: Totals,
    id: u64,
    /// When each alert began and ended to fire.
    seen: BTreeMap<String, Vec<u32>>,
}

fn ns(second: u32) -> u64 {
    u64::try_from(BEGIN.plus_seconds(i64::from(second)).0).unwrap()
}

impl Stage {
    fn new(groups: &str) -> Self {
        let choice = RuleChoice { shipped: vec![groups.to_owned()], files: Vec::new() };
        Self {
            judge: Judge::new(choice.read().unwrap(), ns(0)),
            metrics: Metrics::beginning(u64::from(WINDOW_SECONDS), ns(0)),
            status: Status::new(Path::new("/logs/session")),
            totals: Totals::new(),
            id: 0,
            seen: BTreeMap::new(),
        }
    }

    fn take_in(&mut self, line: &Line, second: u32) {
        self.id += 1;
        self.metrics.observe(line.source, self.id, &line.text, ns(second)).unwrap();
        self.status.published(ns(second), ns(second), true);
    }

    /// Makes the feed's own counters those of `feed`.
    fn become_as(&mut self, feed: &aurora_cases::Feed) {
        let counts = self.totals.counts();
        self.totals.count(Counts {
            lines: 0,
            malformed: feed.malformed - counts.malformed,
            oversized: feed.oversized - counts.oversized,
        });
        let clients = feed.clients.unwrap_or(0);
        while self.totals.streams() < clients {
            self.totals.stream_begun(Begin::Fresh);
        }
        while self.totals.streams() > clients {
            self.totals.stream_ended(End::Client);
        }
    }

    fn judge(&mut self, second: u32, feed: &aurora_cases::Feed) {
        self.become_as(feed);
        let machine = machine(feed);
        let Self { judge, metrics, status, totals, .. } = self;
        judge.look(ns(second), |samples| {
            figures::process(totals, samples);
            if feed.clients.is_some() {
                figures::streams(totals, samples);
            }
            figures::machine(&machine, samples);
            figures::files(status, ns(second), samples);
            metrics.expose(ns(second), samples);
        });
        let firing = judge.alerts().iter().filter(|alert| alert.state == AlertState::Firing);
        let firing: Vec<String> = firing.map(|alert| alert.name.clone()).collect();
        for (name, times) in &mut self.seen {
            // An odd number of times: it fires.
            if times.len() % 2 == 1 && !firing.contains(name) {
                times.push(second);
            }
        }
        for name in firing {
            let times = self.seen.entry(name).or_default();
            if times.len().is_multiple_of(2) {
                times.push(second);
            }
        }
    }
}

fn machine(feed: &aurora_cases::Feed) -> Machine {
    let disk = Disk {
        path: "/".into(),
        total_bytes: 1 << 40,
        free_bytes: 1 << 30,
        free_percent: Some(100.0 * feed.disk_free),
    };
    Machine {
        memory: Memory {
            process_rss_bytes: None,
            total_bytes: None,
            available_bytes: None,
            used_percent: Some(100.0 * feed.memory_used),
        },
        cpu: Cpu { process_seconds: None, used_percent: Some(100.0 * feed.cpu_used) },
        disks: vec![("session_dir", disk)],
    }
}

fn check(course: &Course) {
    let mut stage = Stage::new("all");
    for second in 0..=course.until {
        for line in (course.lines)(second) {
            stage.take_in(&line, second);
        }
        stage.judge(second, &(course.feed)(second));
    }
    let expected = course.alerts.iter().map(|(name, fires, ends)| ((*name).to_owned(), vec![*fires, *ends]));
    let watchdog = ("Watchdog".to_owned(), vec![0]);
    assert_eq!(stage.seen, expected.chain([watchdog]).collect(), "{}", course.name);
}

#[test]
fn every_alert_fires_and_ends_at_its_second_and_no_other_does() {
    for course in &COURSES {
        check(course);
    }
}

#[test]
fn every_shipped_alert_has_a_course() {
    let all = RuleChoice { shipped: vec!["all".to_owned()], files: Vec::new() }.read().unwrap();
    let names = all.rules.groups().iter().flat_map(|group| &group.rules).map(|rule| rule.alert().to_owned());
    let missing: Vec<_> = names
        .filter(|name| name != "Watchdog")
        .filter(|name| !COURSES.iter().any(|course| course.alerts.iter().any(|(own, ..)| own == name)))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

/// The log that a file of the generator is.
fn source(file: SessionFile) -> Source {
    let name = file.name();
    Source::ALL.into_iter().find(|source| name == format!("{}.jsonl", source.name())).unwrap()
}

#[test]
fn nothing_of_p3d_fires_in_a_calm_hour_but_the_watchdog() {
    const HOUR: u32 = 3_600;
    let mut stage = Stage::new("p3d");
    let mut plan = plan(7, Scenario::Calm, 10.0, ns(0));
    let mut lines = 0;
    for second in 0..HOUR {
        while let Some(next) = plan.next_until(ns(second)) {
            let Action::Append { file, bytes } = next.action else {
                panic!("a calm session does not rotate")
            };
            let text = String::from_utf8(bytes).unwrap();
            stage.take_in(&Line { source: source(file), text: text.trim_end().to_owned() }, second);
            lines += 1;
        }
        stage.judge(second, &aurora_cases::Feed::WELL);
    }
    assert!(lines > 30_000, "{lines} lines in an hour");
    assert_eq!(stage.seen, BTreeMap::from([("Watchdog".to_owned(), vec![0])]));
}
