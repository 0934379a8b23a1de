//! What happened in sessions, minute by minute, with the alerts that their events raise.
//!
//! Invariants: each session is judged by itself, once for each second between its first and last event; after
//! [`QUIET_SECONDS`] without an event nothing but silence can be found, so a longer one is judged as if it were that long. Only
//! rules are judged that events can answer: what the feed knows of clients, memory and disk stands in no log. Every incident is
//! kept: there are no more of them than seconds that were judged, for each alert.

use std::collections::{BTreeMap, BTreeSet};

use super::Window;
use crate::{
    Event, LatencyKind, Outcome, Span, State, Ts,
    aggregate::{Aggregate, DurationSum, Spoken},
    metrics::Sink as _,
    rules::{AlertState, Engine, Group, Labels, Samples},
};

/// How long a silence is judged second by second, and up to which it counts as covered.
pub(super) const QUIET_SECONDS: i64 = 900;

/// Metrics of the feed itself begin with these.
const OF_THE_FEED: [&str; 5] =
    ["aurora_sse_", "aurora_tailer_", "aurora_memory_", "aurora_disk_", "aurora_cpu_"];

/// How many minutes may wait in the state before they are taken out.
const WAITING_MINUTES: usize = 60;

/// A line: where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The session's name.
    pub session: String,
    /// Path of the file inside the session's directory.
    pub file: String,
    /// Its number there, from 1.
    pub line: u64,
    /// The event's time.
    pub at: Ts,
}

/// What was read of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its name.
    pub name: String,
    /// Lines that are events.
    pub events: u64,
    /// Lines that could not be read.
    pub rejected: u64,
    /// The first event with a time.
    pub first: Place,
    /// The last one.
    pub last: Place,
}

/// An alert that fired and ought to wake somebody: a critical one, or a warning that asks for a quick answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The rule's name.
    pub alert: String,
    /// `critical` (SEV1) or `warning` (SEV2).
    pub severity: String,
    /// The session that it fired in.
    pub session: String,
    /// The alert's labels but for its name and severity, as `name=value`.
    pub labels: Vec<String>,
    /// Since when.
    pub fired_at: Ts,
    /// When it was over; `None` where it still fired at the session's end.
    pub resolved_at: Option<Ts>,
    /// What it says.
    pub summary: String,
}

/// Takes the lines of one session in the order of their events.
#[derive(Clone, Debug)]
pub struct Recorder {
    name: String,
    engine: Engine,
    state: State,
    /// The second of the last line that has a time.
    told: Option<i64>,
    /// The last second that was judged.
    judged: i64,
    minutes: BTreeMap<i64, Aggregate>,
    covered: BTreeSet<i64>,
    rejected: u64,
    ends: Option<(Place, Place)>,
    incidents: Vec<Incident>,
}

impl Recorder {
    /// For the session `name`, judged by those of `groups` that events can answer.
    pub fn new(name: &str, groups: &[Group]) -> Self {
        let mut state = State::new(Ts(0));
        state.keep_minutes();
        Self {
            name: name.to_owned(),
            engine: Engine::new(answerable(groups)),
            state,
            told: None,
            judged: i64::MIN,
            minutes: BTreeMap::new(),
            covered: BTreeSet::new(),
            rejected: 0,
            ends: None,
            incidents: Vec::new(),
        }
    }

    /// Takes the next line: number `line` of `file`. `at` is its event's place in time, `None` where nothing before it in
    /// its log has one.
    pub fn line(&mut self, (file, line): (&str, u64), at: Option<Ts>, event: &Event<'_>) {
        if let Some(at) = at {
            self.pass(at, &mut || true);
        }
        if let Some(at) = event.ts {
            self.reached(file, line, at);
        }
        self.state.apply(event);
        if self.state.minutes().waiting() > WAITING_MINUTES {
            self.take_minutes();
        }
    }

    /// Counts lines that could not be read.
    pub fn reject(&mut self, lines: u64) {
        self.rejected += lines;
    }

    fn reached(&mut self, file: &str, line: u64, at: Ts) {
        let minute = at.second().div_euclid(60);
        match &mut self.ends {
            None => {
                let place = Place { session: self.name.clone(), file: file.to_owned(), line, at };
                self.ends = Some((place.clone(), place));
                self.covered.insert(minute);
            }
            Some((_, last)) => {
                let before = last.at.second();
                if at.second() - before <= QUIET_SECONDS {
                    self.covered.extend(before.div_euclid(60)..=minute);
                }
                self.covered.insert(minute);
                if last.file != file {
                    file.clone_into(&mut last.file);
                }
                (last.line, last.at) = (line, at.max(last.at));
            }
        }
    }

    /// Judges the seconds that have ended before `at`, as long as `go_on` says so; true once all of them are judged, so that
    /// a line of that time costs no more than itself. [`Recorder::line`] does so by itself, in one go.
    pub fn pass(&mut self, at: Ts, go_on: &mut dyn FnMut() -> bool) -> bool {
        let second = at.second();
        if let Some(told) = self.told {
            let quiet = second.min(told + QUIET_SECONDS);
            for ended in self.judged.max(told) + 1..=quiet {
                self.judge(ended);
                if !go_on() && ended < quiet {
                    return false;
                }
            }
            if quiet < second && self.judged < second {
                self.judge(second);
            }
        }
        self.told = Some(self.told.map_or(second, |told| told.max(second)));
        self.state.advance(at);
        true
    }

    fn judge(&mut self, second: i64) {
        self.judged = second;
        self.state.advance(Ts(second.saturating_mul(1_000_000_000)));
        let now = self.state.now();
        let mut samples = Samples::new(&self.engine);
        samples.state(&self.state, Span::FIVE_MINUTES);
        let silent = self.ends.as_ref().map(|(_, last)| now.seconds_since(last.at).max(0.0));
        samples.gauge("aurora_last_event_age_seconds", "", silent);
        let samples = samples.into_vec();
        self.engine.observe(now, &samples);
        for alert in self.engine.alerts().iter().filter(|alert| alert.since == now) {
            let wakes = match alert.severity() {
                "critical" => true,
                "warning" => alert.labels.get("response") == "high",
                _ => false,
            };
            let told = told(&alert.labels);
            match alert.state {
                AlertState::Firing if wakes => {
                    self.incidents.push(Incident {
                        alert: alert.name.clone(),
                        severity: alert.severity().to_owned(),
                        session: self.name.clone(),
                        labels: told,
                        fired_at: now,
                        resolved_at: None,
                        summary: alert.annotation("summary").to_owned(),
                    });
                }
                AlertState::Resolved => {
                    let own = |known: &&mut Incident| known.alert == alert.name && known.labels == told;
                    if let Some(incident) = self.incidents.iter_mut().rev().find(own) {
                        incident.resolved_at = incident.resolved_at.or(Some(now));
                    }
                }
                AlertState::Firing | AlertState::Pending => {}
            }
        }
    }

    fn take_minutes(&mut self) {
        for minute in self.state.drain_minutes(None) {
            self.minutes.entry(minute.minute).or_default().merge(&minute.aggregate);
        }
    }

    /// Joins what was found with that of other sessions. A session without an event that has a time adds nothing.
    pub fn finish(mut self, course: &mut Course) {
        let Some((first, last)) = self.ends.take() else { return };
        self.pass(last.at.plus_seconds(1), &mut || true);
        self.take_minutes();
        let (speakers, events) = (self.state.speakers(), self.state.session().events());
        for (minute, aggregate) in &self.minutes {
            course.minute(*minute).take(&aggregate.spoken(&speakers), speakers.tells(Outcome::Filled));
        }
        course.covered.append(&mut self.covered);
        course.incidents.append(&mut self.incidents);
        course.sessions.push(Session { name: self.name, events, rejected: self.rejected, first, last });
        course.sort();
    }
}

/// The groups with the rules that events can answer.
fn answerable(groups: &[Group]) -> Vec<Group> {
    let of_events = |group: &Group| {
        let rules = group.rules.iter().filter(|rule| {
            let mut of_the_feed = false;
            rule.expr().selectors(&mut |selector, _| {
                of_the_feed |= OF_THE_FEED.iter().any(|own| selector.metric.starts_with(own));
            });
            !of_the_feed
        });
        Group { rules: rules.cloned().collect(), ..group.clone() }
    };
    groups.iter().map(of_events).collect()
}

fn told(labels: &Labels) -> Vec<String> {
    let own = labels.iter().filter(|(name, _)| !["alertname", "severity", "response"].contains(name));
    own.map(|(name, value)| format!("{name}={value}")).collect()
}

/// The figures of one minute, of all sessions.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Figures {
    spoken: Spoken,
    /// Filled and submitted orders of sessions that tell of fills at all.
    fills: (u64, u64),
}

impl Figures {
    pub(super) fn take(&mut self, spoken: &Spoken, tells_of_fills: bool) {
        if tells_of_fills {
            self.fills.0 = self.fills.0.saturating_add(spoken.outcomes.get(Outcome::Filled));
            self.fills.1 = self.fills.1.saturating_add(spoken.outcomes.get(Outcome::Submitted));
        }
        self.spoken.merge(spoken);
    }

    fn join(&mut self, other: &Self) {
        self.fills.0 = self.fills.0.saturating_add(other.fills.0);
        self.fills.1 = self.fills.1.saturating_add(other.fills.1);
        self.spoken.merge(&other.spoken);
    }
}

/// What happened in all sessions.
#[derive(Clone, Debug, Default)]
pub struct Course {
    pub(super) sessions: Vec<Session>,
    pub(super) minutes: BTreeMap<i64, Figures>,
    pub(super) covered: BTreeSet<i64>,
    pub(super) incidents: Vec<Incident>,
}

impl Course {
    /// From the first event to the last; `None` without events.
    pub fn whole(&self) -> Option<Window> {
        let first = self.sessions.iter().map(|session| session.first.at).min()?;
        let last = self.sessions.iter().map(|session| session.last.at).max()?;
        Some(Window::around(first, last))
    }

    /// The sessions with events in `window`, by time.
    pub fn sessions(&self, window: Window) -> impl Iterator<Item = &Session> {
        self.sessions.iter().filter(move |session| {
            let own = Window::around(session.first.at, session.last.at);
            own.start < window.end && own.end > window.start
        })
    }

    /// Takes in what happened in other sessions, as if they had been recorded here.
    pub fn join(&mut self, other: &Self) {
        for (minute, figures) in &other.minutes {
            self.minute(*minute).join(figures);
        }
        self.covered.extend(&other.covered);
        self.incidents.extend_from_slice(&other.incidents);
        self.sessions.extend_from_slice(&other.sessions);
        self.sort();
    }

    fn sort(&mut self) {
        let key = |incident: &Incident| (incident.fired_at, incident.session.clone(), incident.alert.clone());
        self.incidents.sort_by_cached_key(key);
        self.sessions.sort_by(|one, other| (one.first.at, &one.name).cmp(&(other.first.at, &other.name)));
    }

    pub(super) fn last_minute(&self) -> Option<i64> {
        self.whole().map(|whole| whole.end - 1)
    }

    pub(super) fn covered_minutes(&self, window: Window) -> i64 {
        let minutes = self.covered.range(window.start..window.end.max(window.start)).count();
        i64::try_from(minutes).unwrap_or(i64::MAX)
    }

    /// Incidents that had begun before the window's end and were not over at its start.
    pub(super) fn incidents(&self, window: Window) -> impl Iterator<Item = &Incident> {
        let (start, end) = (window.start * 60, window.end * 60);
        self.incidents.iter().filter(move |incident| {
            let over = incident.resolved_at.map_or(i64::MAX, Ts::second);
            incident.fired_at.second() < end && over > start
        })
    }

    pub(super) fn fill_rates(&self, window: Window) -> Vec<f64> {
        let fills = self.within(window).map(|figures| figures.fills);
        fills
            .filter(|(_, submitted)| *submitted > 0)
            .map(|(filled, submitted)| filled as f64 / submitted as f64)
            .collect()
    }

    pub(super) fn durations(&self, window: Window, kind: LatencyKind) -> DurationSum {
        let mut all = DurationSum::default();
        self.within(window)
            .filter_map(|figures| figures.spoken.durations(kind))
            .for_each(|own| all.merge(own));
        all
    }

    /// Records of submitted orders, and those of them that say where they come from.
    pub(super) fn provenance(&self, window: Window) -> (u64, u64) {
        let records = self.within(window).map(|figures| figures.spoken.records());
        records.fold((0, 0), |(all, complete), own| (all + own.0, complete + own.1))
    }

    fn within(&self, window: Window) -> impl Iterator<Item = &Figures> {
        self.minutes.range(window.start..window.end.max(window.start)).map(|(_, figures)| figures)
    }

    fn minute(&mut self, minute: i64) -> &mut Figures {
        self.minutes.entry(minute).or_default()
    }
}
