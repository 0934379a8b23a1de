//! Rules in force, judged: the engine, where its rules come from, and how judging goes.
//!
//! Invariants: the time is an argument; what rules ask for and nothing else is taken of the figures that are given.

use std::time::{Duration, Instant};

use aurora_domain::{
    Ts,
    rules::{Alert, AlertState, Engine, Kept, Samples},
};
use aurora_wire::rules::File;

use crate::{
    exposition::{Kind, Sink},
    rules::{InForce, Origin},
};

/// Rules and what came of them.
pub(crate) struct Judge {
    engine: Engine,
    file: File,
    origins: Vec<Origin>,
    loaded_ns: u64,
    trouble: Option<String>,
    last: Option<Last>,
    evaluations: u64,
    failures: u64,
}

/// How the last judgement went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    /// When it was, Unix nanoseconds.
    pub(super) at_ns: u64,
    /// How long it took, samples and all.
    pub(super) took: Duration,
}

impl Judge {
    /// Judges these rules, which were loaded at `now_ns`, from nothing.
    pub(crate) fn new(in_force: InForce, now_ns: u64) -> Self {
        let InForce { rules, origins } = in_force;
        let file = rules.file().clone();
        Self {
            engine: Engine::new(rules.into_groups()),
            file,
            origins,
            loaded_ns: now_ns,
            trouble: None,
            last: None,
            evaluations: 0,
            failures: 0,
        }
    }

    /// Judges these rules from now on; alerts of rules that keep their names go on.
    pub(crate) fn replace(&mut self, in_force: InForce, now_ns: u64) {
        let InForce { rules, origins } = in_force;
        self.file = rules.file().clone();
        self.engine.replace(rules.into_groups());
        (self.origins, self.loaded_ns, self.trouble) = (origins, now_ns, None);
    }

    /// The rule files cannot be in force as they are now.
    pub(crate) fn set_trouble(&mut self, trouble: String) {
        self.trouble = Some(trouble);
    }

    /// Goes on from alerts that were kept at `then_ns`.
    pub(crate) fn restore(&mut self, kept: Vec<Kept>, then_ns: u64, now_ns: u64) {
        self.engine.restore(kept, ts(then_ns), ts(now_ns));
    }

    /// Takes in the figures that `give` gives, and judges.
    pub(crate) fn look(&mut self, now_ns: u64, give: impl FnOnce(&mut Samples<'_>)) {
        let began = Instant::now();
        let mut samples = Samples::new(&self.engine);
        give(&mut samples);
        self.expose(&mut samples);
        let samples = samples.into_vec();
        self.engine.observe(ts(now_ns), &samples);
        self.evaluations += 1;
        self.failures += self.engine.failures().len() as u64;
        self.last = Some(Last { at_ns: now_ns, took: began.elapsed() });
    }

    /// What is pending, firing and lately resolved.
    pub(crate) fn alerts(&self) -> &[Alert] {
        self.engine.alerts()
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn origins(&self) -> &[Origin] {
        &self.origins
    }

    pub(super) fn loaded_ns(&self) -> u64 {
        self.loaded_ns
    }

    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    pub(super) fn last(&self) -> Option<Last> {
        self.last
    }

    /// How many rules are in force.
    pub(super) fn rules(&self) -> usize {
        self.engine.groups().iter().map(|group| group.rules.len()).sum()
    }

    /// How many alerts stand so.
    pub(super) fn count(&self, state: AlertState) -> usize {
        self.alerts().iter().filter(|alert| alert.state == state).count()
    }

    /// Figures about rules and alerts.
    pub(super) fn expose(&self, out: &mut impl Sink) {
        out.gauge("aurora_rules", "Alert rules in force.", self.rules() as f64);
        out.counter("aurora_rules_evaluations_total", "Times that the rules were judged.", self.evaluations);
        out.counter(
            "aurora_rules_failures_total",
            "Times that a rule could not be judged; its alerts stay as they were then.",
            self.failures,
        );
        out.gauge(
            "aurora_rules_evaluation_seconds",
            "How long the last judgement of all rules took.",
            self.last.map(|last| last.took.as_secs_f64()),
        );
        out.gauge(
            "aurora_rules_last_evaluation_timestamp_seconds",
            "Unix time of the last judgement.",
            self.last.map(|last| seconds(last.at_ns)),
        );
        out.gauge(
            "aurora_rules_reload_successful",
            "1 where the rule files are in force as they are, 0 where those from before are.",
            f64::from(u8::from(self.trouble.is_none())),
        );
        out.gauge(
            "aurora_rules_loaded_timestamp_seconds",
            "Unix time at which the rules in force were loaded.",
            seconds(self.loaded_ns),
        );
        let dropped = self.engine.dropped();
        let mut family = out.family(
            "aurora_rules_dropped_total",
            Kind::Counter,
            "What the bounds of the rules left out, and observations that were not later than the one before.",
        );
        for (what, count) in [
            ("samples", dropped.samples),
            ("points", dropped.points),
            ("alerts", dropped.alerts),
            ("observations", dropped.observations),
        ] {
            family.sample(&[("what", what)], count as f64);
        }
        let mut family = out.family("aurora_alerts", Kind::Gauge, "Alerts by how they stand.");
        for state in [AlertState::Pending, AlertState::Firing, AlertState::Resolved] {
            family.sample(&[("state", word(state))], self.count(state) as f64);
        }
    }
}

/// A state in a word.
pub(super) fn word(state: AlertState) -> &'static str {
    match state {
        AlertState::Pending => "pending",
        AlertState::Firing => "firing",
        AlertState::Resolved => "resolved",
    }
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

pub(super) fn ts(nanos: u64) -> Ts {
    Ts(i64::try_from(nanos).unwrap_or(i64::MAX))
}
