//! The state of each alert of a rule.
//!
//! Prometheus' states: *pending* while the rule holds and `for` has not passed since it began to, *firing* from then on,
//! and *resolved* when a firing one holds no more, which is kept for 15 minutes so that receivers hear of it. A pending
//! one that holds no more is gone, and begins anew. With `keep_firing_for` a firing one stays so for that long after it
//! last held. Invariant: within a rule, an alert is who its labels say.

use super::{
    evaluate::{Element, EvalError},
    labels::Labels,
    rule::Rule,
};
use crate::Ts;

/// How long a resolved alert is kept, in seconds.
pub const RESOLVED_RETENTION_SECONDS: i64 = 900;

/// How an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertState {
    /// The rule holds, not yet for long enough.
    Pending,
    /// The rule holds, or held less than `keep_firing_for` ago.
    Firing,
    /// It was firing and holds no more.
    Resolved,
}

/// One alert of one rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// The rule: index of its group, index in it.
    pub rule: (usize, usize),
    /// The rule's name.
    pub name: String,
    /// How it stands.
    pub state: AlertState,
    /// Since when.
    pub since: Ts,
    /// When the rule began to hold.
    pub active_at: Ts,
    /// The value when the rule last held.
    pub value: f64,
    /// Its labels: those of the result, those of the rule, and `alertname`.
    pub labels: Labels,
    /// Its texts when the rule last held, by name.
    pub annotations: Vec<(String, String)>,
    /// The result when the rule last held.
    of: Element,
    /// Since when a firing one holds no more.
    keep_firing_since: Option<Ts>,
}

impl Alert {
    /// The label `severity`; empty where there is none.
    pub fn severity(&self) -> &str {
        self.labels.get("severity")
    }

    /// The text of an annotation; empty where there is none.
    pub fn annotation(&self, name: &str) -> &str {
        self.annotations.iter().find(|(own, _)| own == name).map_or("", |(_, text)| text)
    }

    /// Whether it came of a result with the metric and labels of `element`.
    fn is_of(&self, element: &Element) -> bool {
        self.of.labels == element.labels && self.of.metric == element.metric
    }

    fn enter(&mut self, state: AlertState, now: Ts) {
        (self.state, self.since) = (state, now);
    }

    /// Goes on from what it was, now that the rule holds (`holds`) or not. False where nothing is left of it.
    fn judge(&mut self, rule: &Rule, holds: bool, now: Ts) -> bool {
        let since_ms = |begin: Ts| now.millis() - begin.millis();
        if holds {
            self.keep_firing_since = None;
            if self.state == AlertState::Pending && since_ms(self.active_at) >= rule.hold_for_ms() {
                self.enter(AlertState::Firing, now);
            }
            return true;
        }
        match self.state {
            AlertState::Pending => false,
            AlertState::Resolved => since_ms(self.since) <= RESOLVED_RETENTION_SECONDS * 1_000,
            AlertState::Firing => {
                let kept = rule.keep_firing_for_ms() > 0
                    && since_ms(*self.keep_firing_since.get_or_insert(now)) < rule.keep_firing_for_ms();
                if !kept {
                    self.enter(AlertState::Resolved, now);
                }
                true
            }
        }
    }
}

/// An alert as it is kept while nobody judges, under the names of its group and rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The name of its group.
    pub group: String,
    /// The name of its rule.
    pub rule: String,
    /// Which of the group's rules of that name, from 0.
    pub nth: usize,
    /// How it stood.
    pub state: AlertState,
    /// Since when.
    pub since: Ts,
    /// When the rule began to hold.
    pub active_at: Ts,
    /// Since when a firing one held no more.
    pub keep_firing_since: Option<Ts>,
    /// The value when the rule last held.
    pub value: f64,
    /// Its labels.
    pub labels: Labels,
    /// Its texts.
    pub annotations: Vec<(String, String)>,
}

impl Kept {
    pub(super) fn of(alert: &Alert, (group, rule, nth): (&str, &str, usize)) -> Self {
        Self {
            group: group.to_owned(),
            rule: rule.to_owned(),
            nth,
            state: alert.state,
            since: alert.since,
            active_at: alert.active_at,
            keep_firing_since: alert.keep_firing_since,
            value: alert.value,
            labels: alert.labels.clone(),
            annotations: alert.annotations.clone(),
        }
    }

    /// The alert of the rule at `place`. Of which result it came is found out when the rule holds again.
    pub(super) fn into_alert(self, place: (usize, usize)) -> Alert {
        Alert {
            rule: place,
            name: self.rule,
            state: self.state,
            since: self.since,
            active_at: self.active_at,
            value: self.value,
            labels: self.labels,
            annotations: self.annotations,
            of: Element { metric: None, labels: Labels::NONE, value: self.value },
            keep_firing_since: self.keep_firing_since,
        }
    }
}

/// What a rule's alerts were, and what they become, by labels.
pub(super) struct Step<'a> {
    pub(super) rule: &'a Rule,
    pub(super) place: (usize, usize),
    pub(super) now: Ts,
    /// How many alerts may be added.
    pub(super) room: usize,
}

impl Step<'_> {
    /// The alerts that follow from `before` and the elements for which the rule holds now, by labels, and how many there
    /// was no room for. Where the elements cannot be told apart, `before` stays in force.
    pub(super) fn judge(&self, before: &mut Vec<Alert>, elements: &[Element]) -> Result<u64, EvalError> {
        let mut holding = self.holding(before, elements);
        crate::sorting::by(&mut holding, |(left, _), (right, _)| left.cmp(right));
        if !holding.is_sorted_by(|(left, _), (right, _)| left < right) {
            return Err(EvalError::SameLabels);
        }
        let mut dropped = 0;
        let known = before.len();
        for (labels, element) in &holding {
            let earlier = before.get_mut(..known).unwrap_or_default();
            match earlier.binary_search_by(|alert| alert.labels.cmp(labels)) {
                Ok(at) => {
                    if let Some(alert) = earlier.get_mut(at) {
                        self.renew(alert, element);
                    }
                }
                Err(_) if before.len() >= known + self.room => dropped += 1,
                Err(_) => before.push(self.begin(labels.clone(), element)),
            }
        }
        before.retain_mut(|alert| {
            let holds = holding.binary_search_by(|(labels, _)| labels.cmp(&alert.labels)).is_ok();
            alert.judge(self.rule, holds, self.now)
        });
        crate::sorting::by(before, |left, right| left.labels.cmp(&right.labels));
        Ok(dropped)
    }

    /// The elements with the labels of their alerts. Where these do not depend on values, and the elements are those of
    /// last time, the labels are shared with the alerts of `before` and not made again.
    fn holding<'e>(&self, before: &[Alert], elements: &'e [Element]) -> Vec<(Labels, &'e Element)> {
        let lasting = !self.rule.label_templates().iter().any(|(_, template)| template.has_value());
        let mut earlier = before.iter().filter(|_| lasting).peekable();
        let labels_of = |element: &'e Element| {
            let known = earlier.next_if(|alert| alert.is_of(element));
            (known.map_or_else(|| self.labels(element), |alert| alert.labels.clone()), element)
        };
        elements.iter().map(labels_of).collect()
    }

    /// The labels that an alert of `element` has.
    fn labels(&self, element: &Element) -> Labels {
        let own: Vec<(&str, String)> = self
            .rule
            .label_templates()
            .iter()
            .map(|(name, template)| (&**name, expand(template, element)))
            .collect();
        let own = own.iter().map(|(name, text)| (*name, text.as_str()));
        element.labels.with(own.chain([("alertname", self.rule.alert())]))
    }

    fn annotations(&self, element: &Element) -> Vec<(String, String)> {
        let texts = self.rule.annotation_templates().iter();
        texts.map(|(name, template)| (name.to_string(), expand(template, element))).collect()
    }

    fn begin(&self, labels: Labels, element: &Element) -> Alert {
        Alert {
            rule: self.place,
            name: self.rule.alert().to_owned(),
            state: AlertState::Pending,
            since: self.now,
            active_at: self.now,
            value: element.value,
            labels,
            annotations: self.annotations(element),
            of: element.clone(),
            keep_firing_since: None,
        }
    }

    /// `alert` holds again; one that was resolved begins anew.
    fn renew(&self, alert: &mut Alert, element: &Element) {
        if alert.state == AlertState::Resolved {
            alert.enter(AlertState::Pending, self.now);
            alert.active_at = self.now;
            alert.keep_firing_since = None;
        }
        if alert.value.to_bits() != element.value.to_bits() || !alert.is_of(element) {
            alert.annotations = self.annotations(element);
            (alert.value, alert.of) = (element.value, element.clone());
        }
    }
}

fn expand(template: &super::template::Template, element: &Element) -> String {
    template.expand(&element.labels, element.metric.as_deref(), element.value)
}
