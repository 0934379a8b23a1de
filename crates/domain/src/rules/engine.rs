//! Rules over observations: the alerts of now.
//!
//! Invariants: an observation has all series that there are, so one that it lacks is stale at once. Groups are judged in
//! their order, each at most once an interval, at the first observation in it. Where a rule cannot be judged its alerts
//! stay as they were, and [`Engine::failures`] says why.

use super::{
    alert::{Alert, AlertState, Kept, Step},
    evaluate::{Element, EvalError, evaluate},
    history::{History, Point},
    rule::Group,
    samples::Sample,
};
use crate::Ts;

/// How many alerts there are at most, of all rules.
pub const MAX_ALERTS: usize = 2_000;

/// How long nobody may have judged for a pending alert to go on where it was, in seconds.
pub const PENDING_OUTAGE_SECONDS: i64 = 3_600;

/// What bounds dropped, since the engine began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Samples of series beyond [`MAX_SERIES`](super::MAX_SERIES).
    pub samples: u64,
    /// Points beyond [`MAX_POINTS`](super::MAX_POINTS) of a series.
    pub points: u64,
    /// Alerts beyond [`MAX_ALERTS`], once each time that they were found.
    pub alerts: u64,
    /// Observations that were not later than the one before.
    pub observations: u64,
}

/// A rule that could not be judged last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The rule: index of its group, index in it.
    pub rule: (usize, usize),
    /// Why.
    pub error: EvalError,
}

/// Rules, what they look back on, and their alerts.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    groups: Vec<Group>,
    /// When each group was judged last, in its intervals since the epoch.
    judged: Vec<Option<i64>>,
    history: History,
    last: Option<Ts>,
    /// By rule, then labels.
    alerts: Vec<Alert>,
    failures: Vec<Failure>,
    dropped: Dropped,
}

impl Engine {
    /// Judges `groups`, from nothing.
    pub fn new(groups: Vec<Group>) -> Self {
        let mut history = History::default();
        for rule in groups.iter().flat_map(|group| &group.rules) {
            rule.expr().selectors(&mut |selector, range_ms| history.keep(selector, range_ms));
        }
        Self { judged: vec![None; groups.len()], groups, history, ..Self::default() }
    }

    /// Judges `groups` from now on. A rule that has the name of one before, in a group of the same name, goes on with its
    /// alerts, also where it is written otherwise now; alerts of other rules are gone. What was seen of metrics that
    /// rules still ask for is still looked back on.
    pub fn replace(&mut self, groups: Vec<Group>) {
        let kept = self.keep();
        let mut next = Self::new(groups);
        next.history.inherit(std::mem::take(&mut self.history));
        (next.last, next.dropped) = (self.last, self.dropped);
        *self = next;
        self.put_back(kept);
    }

    /// The alerts, to be kept while nobody judges.
    pub fn keep(&self) -> Vec<Kept> {
        let kept = |alert: &Alert| Some(Kept::of(alert, self.names(alert.rule)?));
        self.alerts.iter().filter_map(kept).collect()
    }

    /// Goes on from alerts that were kept at `then`, before anything is judged. Time in which nobody judged does not
    /// count for `for`: pending alerts go on where they were, or not at all after [`PENDING_OUTAGE_SECONDS`]. Firing ones
    /// fire until their rule is judged. Alerts of rules that are not there any more are left out.
    pub fn restore(&mut self, mut kept: Vec<Kept>, then: Ts, now: Ts) {
        let outage_ns = now.0.saturating_sub(then.0).max(0);
        kept.retain(|alert| {
            alert.state != AlertState::Pending || outage_ns <= PENDING_OUTAGE_SECONDS * 1_000_000_000
        });
        for alert in kept.iter_mut().filter(|alert| alert.state == AlertState::Pending) {
            alert.active_at = Ts(alert.active_at.0.saturating_add(outage_ns));
            alert.since = alert.active_at;
        }
        self.put_back(kept);
    }

    fn put_back(&mut self, kept: Vec<Kept>) {
        let alerts = kept.into_iter().filter_map(|kept| {
            let place = self.place(&kept)?;
            Some(kept.into_alert(place))
        });
        let mut alerts: Vec<Alert> = alerts.collect();
        alerts.sort_by(|left, right| (left.rule, &left.labels).cmp(&(right.rule, &right.labels)));
        alerts.dedup_by(|next, before| (next.rule, &next.labels) == (before.rule, &before.labels));
        alerts.truncate(MAX_ALERTS);
        self.alerts = alerts;
    }

    /// The names of a rule's group and of the rule, and which of that name it is.
    fn names(&self, (group, rule): (usize, usize)) -> Option<(&str, &str, usize)> {
        let group = self.groups.get(group)?;
        let name = group.rules.get(rule)?.alert();
        let before = group.rules.iter().take(rule).filter(|other| other.alert() == name).count();
        Some((&group.name, name, before))
    }

    /// The rule of that name.
    fn place(&self, kept: &Kept) -> Option<(usize, usize)> {
        let at = self.groups.iter().position(|group| group.name == kept.group)?;
        let named =
            self.groups.get(at)?.rules.iter().enumerate().filter(|(_, rule)| rule.alert() == kept.rule);
        named.map(|(index, _)| (at, index)).nth(kept.nth)
    }

    /// The groups.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Whether a rule asks for `metric`: samples of others need not be given.
    pub fn wants(&self, metric: &str) -> bool {
        self.history.wants(metric)
    }

    /// The metrics that rules ask for, by name.
    pub fn metrics(&self) -> impl Iterator<Item = &str> {
        self.history.metrics()
    }

    /// Takes in all that is known at `now` and judges. An observation that is not at least a millisecond later than the
    /// one before changes nothing and is counted.
    pub fn observe(&mut self, now: Ts, samples: &[Sample]) {
        if self.last.is_some_and(|last| last.millis() >= now.millis()) {
            self.dropped.observations += 1;
            return;
        }
        for sample in samples {
            let point = Point { at_ms: now.millis(), value: sample.value };
            self.history.append(&sample.metric, &sample.labels, point);
        }
        self.history.end_observation(now.millis());
        self.judge(now);
    }

    /// Judges at `now` without an observation: values count for [`LOOKBACK_MS`](super::LOOKBACK_MS). A time that is not
    /// later than the last changes nothing and is counted.
    pub fn evaluate(&mut self, now: Ts) {
        if self.last.is_some_and(|last| last.millis() >= now.millis()) {
            self.dropped.observations += 1;
            return;
        }
        self.judge(now);
    }

    /// What is pending, firing or lately resolved, by rule and labels. An alert whose `since` is the time of the last
    /// observation has just changed.
    pub fn alerts(&self) -> &[Alert] {
        &self.alerts
    }

    /// The rules that could not be judged when they last should have been.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// What bounds dropped.
    pub fn dropped(&self) -> Dropped {
        Dropped { samples: self.history.dropped_samples, points: self.history.dropped_points, ..self.dropped }
    }

    /// What the expression of a rule gives at the time of the last observation: the values behind its alerts.
    ///
    /// # Errors
    /// Why it gives nothing.
    pub fn elements(&self, rule: (usize, usize)) -> Result<Vec<Element>, EvalError> {
        let found = self.groups.get(rule.0).and_then(|group| group.rules.get(rule.1)).zip(self.last);
        found.map_or(Ok(Vec::new()), |(rule, last)| evaluate(rule.expr(), &self.history, last.millis()))
    }

    /// What the rule holds against its threshold gives at the time of the last observation, whether the rule holds or not;
    /// nothing where it has no threshold.
    ///
    /// # Errors
    /// Why it gives nothing.
    pub fn measured(&self, rule: (usize, usize)) -> Result<Vec<Element>, EvalError> {
        let found = self.groups.get(rule.0).and_then(|group| group.rules.get(rule.1)).zip(self.last);
        let measured = found.and_then(|(rule, last)| rule.measured().zip(Some(last)));
        measured.map_or(Ok(Vec::new()), |(expr, last)| evaluate(expr, &self.history, last.millis()))
    }

    fn judge(&mut self, now: Ts) {
        self.last = Some(now);
        let mut before = std::mem::take(&mut self.alerts).into_iter().peekable();
        let failed = std::mem::take(&mut self.failures);
        let mut count = before.len();
        for (at, (group, judged)) in self.groups.iter().zip(&mut self.judged).enumerate() {
            let turn = group.interval_ms.map(|interval_ms| now.millis().div_euclid(interval_ms.max(1)));
            let due = turn.is_none() || *judged != turn;
            *judged = turn;
            for (index, rule) in group.rules.iter().enumerate() {
                let place = (at, index);
                let mut own: Vec<Alert> =
                    std::iter::from_fn(|| before.next_if(|alert| alert.rule == place)).collect();
                if !due {
                    self.alerts.append(&mut own);
                    self.failures.extend(failed.iter().filter(|failure| failure.rule == place));
                    continue;
                }
                let held = own.len();
                let step = Step { rule, place, now, room: MAX_ALERTS.saturating_sub(count) };
                let judgement = evaluate(rule.expr(), &self.history, now.millis())
                    .and_then(|elements| step.judge(&mut own, &elements));
                match judgement {
                    Ok(dropped) => self.dropped.alerts += dropped,
                    Err(error) => self.failures.push(Failure { rule: place, error }),
                }
                count = count + own.len() - held;
                self.alerts.append(&mut own);
            }
        }
    }
}

#[cfg(test)]
mod tests;
