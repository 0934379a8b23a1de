//! The rules in the page: judged once a second while the page is live, over the names and values of `/metrics`.
//!
//! Invariants: the same engine and the same figures as in the feed; a page that is not live judges nothing, so its alerts
//! stay as they were, and look stale with everything else. Judging begins when the page is current: `for` counts from then.

use std::collections::BTreeSet;

use aurora_domain::{
    Span, State, Ts,
    metrics::{Kind, Sink},
    rules::{Alert, AlertState, Courses, Engine, Group, Rule, Samples, Stretch},
    telling::{News, Teller, Turn},
};
use aurora_wire::Heartbeat;

use super::{
    history::{Episode, History},
    model::{self, Listed, Shown, Standing},
    silence::Silence,
};
use crate::store::Store;

/// How far back a course is shown, in seconds.
const SHOWN_SECONDS: i64 = 300;

/// What a rule measured lately.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Course {
    /// A value for each second, the oldest first; not a number where there is none.
    pub(crate) values: Vec<f64>,
    /// What they are held against.
    pub(crate) threshold: Option<f64>,
    /// In words.
    pub(crate) words: String,
}

/// The engine, and what is known beside it.
pub(super) struct Judge {
    engine: Engine,
    courses: Courses,
    teller: Teller,
    history: History,
}

impl Judge {
    pub(super) fn new(rules: Vec<Group>) -> Self {
        let (courses, teller, history) = (Courses::default(), Teller::default(), History::default());
        Self { engine: Engine::new(rules), courses, teller, history }
    }

    /// Judges other rules from now on. Courses go on where each rule is in its place.
    pub(super) fn replace(&mut self, rules: Vec<Group>) {
        let names = |groups: &[Group]| -> Vec<Vec<String>> {
            groups
                .iter()
                .map(|group| group.rules.iter().map(|rule| rule.alert().to_owned()).collect())
                .collect()
        };
        if names(self.engine.groups()) != names(&rules) {
            self.courses = Courses::default();
        }
        self.engine.replace(rules);
    }

    /// Goes on from what fired before this page.
    pub(super) fn remember(&mut self, known: Vec<Episode>) {
        self.history = History::new(known);
    }

    /// Judges what `store` has, and returns as of when.
    pub(super) fn observe(&mut self, store: &Store) -> Ts {
        self.take_in(store.live_state(), store.heartbeat())
    }

    /// Judges a state, and what the feed last told of itself.
    fn take_in(&mut self, state: &State, feed: Option<&Heartbeat>) -> Ts {
        let now = state.now();
        let mut samples = Samples::new(&self.engine);
        samples.state(state, Span::FIVE_MINUTES);
        of_feed(&mut samples, feed);
        let silent = state.session().last().map(|last| now.seconds_since(last).max(0.0));
        samples.gauge("aurora_last_event_age_seconds", "", silent);
        let samples = samples.into_vec();
        self.engine.observe(now, &samples);
        self.courses.take_in(&self.engine, now);
        now
    }

    /// What is to be told at `now` of alerts that are not silenced.
    pub(super) fn news(&mut self, now: Ts, silenced: &BTreeSet<String>) -> Vec<News> {
        let is_told =
            |alert: &&Alert| !model::is_watchdog(alert) && !silenced.contains(&model::key(&alert.labels));
        let alerts: Vec<Alert> = self.engine.alerts().iter().filter(is_told).cloned().collect();
        self.teller.assume_told(&self.history.come_again(&alerts));
        let mut news = self.teller.look(now, &alerts);
        // One that is silenced has not ended.
        news.retain(|news| news.turn != Turn::Ends || !silenced.contains(&model::key(&news.alert.labels)));
        news
    }

    /// The episodes that begin, go on otherwise, or end at `now`.
    pub(super) fn step_history(&mut self, now: Ts) -> Vec<Episode> {
        self.history.step(now, self.engine.alerts())
    }

    /// All episodes that there is room for, and the ids of those that there is none for.
    pub(super) fn bound_history(&mut self, now_ms: i64) -> (Vec<Episode>, Vec<String>) {
        let gone = self.history.bound(now_ms);
        (self.history.all().to_vec(), gone)
    }

    /// Forgets what has ended, and returns the ids.
    pub(super) fn clear_history(&mut self) -> Vec<String> {
        self.history.clear()
    }

    /// Somebody has taken an alert on.
    pub(super) fn acknowledge(&mut self, key: &str) -> Option<Episode> {
        self.history.acknowledge(key, super::now_ms())
    }

    /// What is firing and pending: firing ones first, then critical ones, then the oldest.
    pub(super) fn shown(&self, silences: &[Silence]) -> Vec<Shown> {
        let show = |alert: &Alert| {
            let key = model::key(&alert.labels);
            let silence = silences.iter().find(|silence| silence.key == key);
            Shown::of(alert, self.rule(alert.rule)?, silence, self.history.acknowledged(&key))
        };
        let mut shown: Vec<Shown> = self.engine.alerts().iter().filter_map(show).collect();
        shown.sort_by_key(|alert| {
            (alert.silence.is_some(), alert.standing, alert.severity != "critical", alert.since)
        });
        shown
    }

    /// All rules and how they stand.
    pub(super) fn listed(&self) -> Vec<Listed> {
        let mut listed = Vec::new();
        for (at, group) in self.engine.groups().iter().enumerate() {
            for (index, rule) in group.rules.iter().enumerate() {
                let place = (at, index);
                let now: Vec<f64> = self
                    .engine
                    .measured(place)
                    .unwrap_or_default()
                    .iter()
                    .map(|element| element.value)
                    .collect();
                let mut one = Listed::of(&group.name, place, rule, self.standing(place), &now);
                if let Some(failure) = self.engine.failures().iter().find(|failure| failure.rule == place) {
                    one.failure = failure.error.to_string();
                }
                listed.push(one);
            }
        }
        listed
    }

    fn standing(&self, place: (usize, usize)) -> Standing {
        let own = self.engine.alerts().iter().filter(|alert| alert.rule == place);
        let standing = |alert: &Alert| match alert.state {
            AlertState::Firing => Standing::Firing,
            AlertState::Pending => Standing::Pending,
            AlertState::Resolved => Standing::Inactive,
        };
        own.map(standing).min().unwrap_or(Standing::Inactive)
    }

    fn rule(&self, place: (usize, usize)) -> Option<&Rule> {
        self.engine.groups().get(place.0)?.rules.get(place.1)
    }

    /// The last minutes of what the rule at `place` measures.
    pub(super) fn course(&self, place: (usize, usize), labels: &[(String, String)]) -> Course {
        let fits = |course: &&aurora_domain::rules::Course| {
            course
                .labels
                .iter()
                .all(|(name, value)| labels.iter().any(|(own, text)| own == name && text == value))
        };
        let Some((extent, found)) = self.courses.extent().zip(self.courses.of(place).find(fits)) else {
            return Course::default();
        };
        let (begin, end) = (extent.0.max(extent.1.plus_seconds(-SHOWN_SECONDS)), extent.1);
        let mut values = vec![f64::NAN; usize::try_from(end.second() - begin.second() + 1).unwrap_or(1)];
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for (at_ms, value) in found.between(begin, end) {
            let at = usize::try_from(at_ms.div_euclid(1_000) - begin.second()).ok();
            if let Some(place) = at.and_then(|at| values.get_mut(at)) {
                *place = value;
                (least, most) = (least.min(value), most.max(value));
            }
        }
        let unit = self.rule(place).map_or(model::Unit::Plain, |rule| model::Unit::of(&rule.text().expr));
        let words =
            format!("between {} and {} in the last {} s", unit.say(least), unit.say(most), values.len());
        Course {
            values,
            threshold: self.rule(place).and_then(Rule::threshold).map(|found| found.value),
            words,
        }
    }

    /// What would have fired with other settings, and over how many seconds that is known.
    pub(super) fn rehearse(
        &self,
        place: (usize, usize),
        threshold: f64,
        hold_for: &str,
    ) -> (Vec<Stretch>, i64) {
        let known = self.courses.extent().map_or(0, |(begin, end)| end.second() - begin.second() + 1);
        let stretches = self.rule(place).map(|rule| self.courses.rehearse(place, rule, threshold, hold_for));
        (stretches.unwrap_or_default(), known)
    }
}

/// What the feed tells of itself and its machine.
fn of_feed(samples: &mut Samples<'_>, feed: Option<&Heartbeat>) {
    // A page that is live reads the stream itself, whatever the server tells of its clients.
    let clients = feed.and_then(|feed| feed.clients).unwrap_or(1);
    samples.gauge("aurora_sse_clients", "", clients as f64);
    let count = |read: fn(&Heartbeat) -> Option<u64>| feed.and_then(read).map(|lines| lines as f64);
    samples.gauge("aurora_tailer_malformed_lines_total", "", count(|feed| feed.malformed));
    samples.gauge("aurora_tailer_oversized_lines_total", "", count(|feed| feed.oversized));
    let machine = feed.and_then(|feed| feed.machine).unwrap_or_default();
    let ratio = |percent: Option<f64>| percent.map(|percent| percent / 100.0);
    samples.gauge("aurora_memory_used_ratio", "", ratio(machine.memory_used_percent));
    samples.gauge("aurora_cpu_used_ratio", "", ratio(machine.cpu_used_percent));
    // Heartbeats have the fuller of the disks alone.
    let mut disks = samples.family("aurora_disk_free_ratio", Kind::Gauge, "");
    disks.sample_if(&[("dir", "fuller")], ratio(machine.disk_free_percent));
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
