//! Whether a stretch of time met its objectives: a canary, a soak, a month.
//!
//! A [`Recorder`] takes the lines of one session in the order of their events; what it found is joined with that of other
//! sessions in a [`Course`]; a [`Report`] judges a [`Window`] of it. Invariants: the same lines give the same report, to the
//! bit; zero is a value, and no data is none ([`Judged::met`] is `None`, and nothing passes by it); the window is the one that was
//! asked for, and what of it the sessions cover is said beside it.

mod course;
mod objective;

pub use course::{Course, Incident, Place, Recorder, Session};
pub use objective::{Budget, BurnRate, Comparison, GA, Judged, Measure, Objective};

use crate::Ts;

/// The share of a window that sessions have to cover before it can pass.
pub const COVERED_SHARE: f64 = 0.95;

/// When a canary is looked at, in hours since it began (ga-deployment-plan.md, Canary Monitoring).
pub const CHECKPOINT_HOURS: [i64; 3] = [24, 48, 72];

/// A stretch of whole minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first minute, since the epoch.
    pub start: i64,
    /// The minute after the last.
    pub end: i64,
}

impl Window {
    /// The minutes that `from` to `to` lie in, both included.
    pub fn around(from: Ts, to: Ts) -> Self {
        let (start, last) = (minute_of(from), minute_of(to));
        Self { start, end: last.max(start) + 1 }
    }

    /// Its length in seconds; 0 where it ends before it begins.
    pub fn seconds(self) -> i64 {
        (self.end - self.start).max(0) * 60
    }

    /// Whether it holds a minute.
    pub fn holds(self, minute: i64) -> bool {
        (self.start..self.end).contains(&minute)
    }

    fn last_hours(self, hours: i64) -> Self {
        Self { start: self.start.max(self.end - hours * 60), ..self }
    }
}

fn minute_of(at: Ts) -> i64 {
    at.second().div_euclid(60)
}

/// What a report says in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overall {
    /// Every objective was met, over a window that was covered.
    Pass,
    /// An objective was missed, or a rollback criterion was met.
    Fail,
    /// Nothing failed, but there is too little to say that it passed.
    Inconclusive,
}

impl Overall {
    /// As reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// A rollback criterion that was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollback {
    /// The rule's name.
    pub criterion: String,
    /// When it was met first.
    pub breached_at: Ts,
}

/// How it stood some hours after the window began.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Hours since the window's start.
    pub hours: i64,
    /// The verdict on what had happened until then.
    pub overall: Overall,
    /// Why.
    pub reasons: Vec<String>,
}

/// A window, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What was judged.
    pub window: Window,
    /// How much of it sessions cover, in seconds: whole minutes.
    pub covered_seconds: i64,
    /// The sessions that have events in it.
    pub sessions: Vec<Session>,
    /// Each objective.
    pub objectives: Vec<Judged>,
    /// The verdict.
    pub overall: Overall,
    /// Why it is no pass; empty for a pass.
    pub reasons: Vec<String>,
    /// Objectives that were met, of those that there are data for; `None` where there are none for any.
    pub compliance_rate: Option<f64>,
    /// Rollback criteria that were met, by time.
    pub rollback: Vec<Rollback>,
    /// Alerts that fired and ought to wake somebody, by time.
    pub incidents: Vec<Incident>,
    /// How it stood at [`CHECKPOINT_HOURS`], as far as the sessions reach.
    pub checkpoints: Vec<Checkpoint>,
}

impl Report {
    /// Judges `window` of `course` by `objectives`.
    pub fn of(course: &Course, window: Window, objectives: &[Objective]) -> Self {
        let report = Self::at(course, window, objectives);
        let reached = course.last_minute().map_or(window.start, |minute| minute + 1);
        let ends = CHECKPOINT_HOURS.map(|hours| (hours, window.start + hours * 60));
        let past = ends.into_iter().filter(|(_, end)| *end <= window.end.min(reached));
        let checkpoints = past.map(|(hours, end)| {
            let then = Self::at(course, Window { end, ..window }, objectives);
            Checkpoint { hours, overall: then.overall, reasons: then.reasons }
        });
        Self { checkpoints: checkpoints.collect(), ..report }
    }

    fn at(course: &Course, window: Window, objectives: &[Objective]) -> Self {
        let incidents: Vec<Incident> = course.incidents(window).cloned().collect();
        let rollback = rollback(&incidents);
        let objectives: Vec<Judged> =
            objectives.iter().map(|objective| objective.judge(course, window, incidents.len())).collect();
        let judged: Vec<bool> = objectives.iter().filter_map(|judged| judged.met).collect();
        let met = judged.iter().filter(|met| **met).count();
        let covered_seconds = course.covered_minutes(window) * 60;
        let mut report = Self {
            window,
            covered_seconds,
            sessions: course.sessions(window).cloned().collect(),
            objectives,
            overall: Overall::Pass,
            reasons: Vec::new(),
            compliance_rate: (!judged.is_empty()).then(|| met as f64 / judged.len() as f64),
            rollback,
            incidents,
            checkpoints: Vec::new(),
        };
        report.conclude();
        report
    }

    /// How much of the window sessions cover, in words: `40 h of 72 h are covered`.
    pub fn coverage(&self) -> String {
        format!("{} of {} are covered", length(self.covered_seconds), length(self.window.seconds()))
    }

    fn conclude(&mut self) {
        let missed = self.objectives.iter().filter(|judged| judged.met == Some(false));
        let mut failed: Vec<String> =
            missed.map(|judged| format!("missed: {}", judged.objective.name)).collect();
        failed.extend(self.rollback.iter().map(|met| format!("roll back: {}", met.criterion)));
        let unknown = self.objectives.iter().filter(|judged| judged.met.is_none());
        let mut open: Vec<String> =
            unknown.map(|judged| format!("no data for {}", judged.objective.name)).collect();
        if (self.covered_seconds as f64) < COVERED_SHARE * self.window.seconds() as f64 {
            open.push(self.coverage());
        }
        self.overall = match (failed.is_empty(), open.is_empty()) {
            (false, _) => Overall::Fail,
            (true, false) => Overall::Inconclusive,
            (true, true) => Overall::Pass,
        };
        failed.append(&mut open);
        self.reasons = failed;
    }
}

/// In hours and minutes.
fn length(seconds: i64) -> String {
    match (seconds / 3_600, seconds / 60 % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// The first time of each criterion: rules of the rollback group, and any critical alert.
fn rollback(incidents: &[Incident]) -> Vec<Rollback> {
    let mut found: Vec<Rollback> = Vec::new();
    for incident in incidents.iter().filter(|incident| incident.severity == "critical") {
        if !found.iter().any(|known| known.criterion == incident.alert) {
            found.push(Rollback { criterion: incident.alert.clone(), breached_at: incident.fired_at });
        }
    }
    found
}

#[cfg(test)]
mod tests;
