//! Which rules are in force in the page: those of config.json, else the chosen ones of the shipped groups; both with the
//! thresholds that the reader has set.
//!
//! Invariant: a change that a rule cannot take, or does not have room for, leaves the rule as it was.

use std::collections::BTreeMap;

use aurora_domain::rules::{Group, Rule, RuleText};
use aurora_wire::rules::{Rules as File, SHIPPED};
use serde_json::{Value, json};

use crate::{config::Settings, preferences};

/// The shipped groups that can be chosen: the name that a group has or begins with, and what it is for.
pub(crate) const GROUPS: [(&str, &str); 4] = [
    ("p3d", "p3d: any session"),
    ("service", "service: queries"),
    ("testnet", "testnet: targets and stop conditions"),
    ("ga", "ga: general availability and canaries"),
];

const CHOSEN: &str = "rule-groups";
const CHANGES: &str = "rule-thresholds";

/// What the reader has set for one rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// The threshold.
    pub(crate) threshold: f64,
    /// How long the rule has to hold, as `5m`; empty for not at all.
    pub(crate) hold_for: String,
}

/// The rules and what the reader has made of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rules {
    /// As they are written.
    written: Vec<Group>,
    /// Whether they are those of config.json, so that there are no groups to choose.
    pub(crate) is_own: bool,
    /// The shipped groups that the reader chose, by the names of [`GROUPS`].
    pub(crate) chosen: Vec<String>,
    /// By rule.
    changes: BTreeMap<String, Change>,
}

impl Rules {
    /// Those of the deployment, as the reader left them.
    pub(crate) fn of(settings: &Settings) -> Self {
        let own = settings.rules.as_ref().map(|rules| rules.groups().to_vec());
        let kept = preferences::get(CHOSEN);
        let chosen = kept.as_deref().unwrap_or("p3d").split(',').filter(|name| is_known(name));
        Self {
            is_own: own.is_some(),
            // The shipped rules are tested to be readable.
            written: own
                .unwrap_or_else(|| File::from_json(SHIPPED).map(File::into_groups).unwrap_or_default()),
            chosen: chosen.map(str::to_owned).collect(),
            changes: preferences::get(CHANGES).map(|text| read(&text)).unwrap_or_default(),
        }
    }

    /// As they are to be judged.
    pub(crate) fn in_force(&self) -> Vec<Group> {
        let mut groups: Vec<Group> =
            self.written.iter().filter(|group| self.has(&group.name)).cloned().collect();
        for rule in groups.iter_mut().flat_map(|group| &mut group.rules) {
            if let Some(changed) = self.changes.get(rule.alert()).and_then(|change| changed(rule, change)) {
                *rule = changed;
            }
        }
        groups
    }

    fn has(&self, group: &str) -> bool {
        let is_of = |chosen: &String| {
            group.strip_prefix(chosen.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        self.is_own || self.chosen.iter().any(is_of)
    }

    /// Takes a shipped group in, or out.
    pub(crate) fn choose(&mut self, name: &str, wanted: bool) {
        self.chosen.retain(|known| known != name);
        if wanted {
            self.chosen.push(name.to_owned());
        }
        preferences::set(CHOSEN, Some(&self.chosen.join(",")));
    }

    /// What the reader has set for a rule.
    pub(crate) fn change(&self, alert: &str) -> Option<&Change> {
        self.changes.get(alert)
    }

    /// Whether a rule can take a change.
    pub(crate) fn takes(&self, alert: &str, change: &Change) -> bool {
        self.written(alert).is_some_and(|rule| changed(rule, change).is_some())
    }

    /// The rule as it is written.
    fn written(&self, alert: &str) -> Option<&Rule> {
        self.written.iter().flat_map(|group| &group.rules).find(|rule| rule.alert() == alert)
    }

    /// Sets another threshold and time for a rule, or takes that back.
    pub(crate) fn set(&mut self, alert: &str, change: Option<Change>) {
        match change {
            Some(change) => self.changes.insert(alert.to_owned(), change),
            None => self.changes.remove(alert),
        };
        let kept = (!self.changes.is_empty()).then(|| write(&self.changes));
        preferences::set(CHANGES, kept.as_deref());
    }
}

/// The rule with the change; `None` where it cannot take it.
fn changed(rule: &Rule, change: &Change) -> Option<Rule> {
    let text = rule.with_threshold(change.threshold)?;
    Rule::new(RuleText { hold_for: change.hold_for.clone(), ..text }).ok()
}

fn is_known(name: &str) -> bool {
    GROUPS.iter().any(|(known, _)| *known == name)
}

fn read(text: &str) -> BTreeMap<String, Change> {
    let Ok(Value::Object(kept)) = serde_json::from_str(text) else { return BTreeMap::new() };
    let change = |(alert, change): (String, Value)| {
        let threshold = change.get("threshold")?.as_f64()?;
        let hold_for = change.get("for")?.as_str()?.to_owned();
        Some((alert, Change { threshold, hold_for }))
    };
    kept.into_iter().filter_map(change).collect()
}

fn write(changes: &BTreeMap<String, Change>) -> String {
    let one = |(alert, change): (&String, &Change)| {
        (alert.clone(), json!({ "threshold": change.threshold, "for": change.hold_for }))
    };
    Value::Object(changes.iter().map(one).collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn rules(chosen: &[&str]) -> Rules {
        let chosen = chosen.iter().map(|name| (*name).to_owned()).collect();
        Rules { chosen, changes: BTreeMap::new(), ..Rules::of(&Settings::default()) }
    }

    fn names(rules: &Rules) -> Vec<String> {
        rules.in_force().into_iter().map(|group| group.name).collect()
    }

    #[wasm_bindgen_test]
    fn a_chosen_name_stands_for_all_groups_that_begin_with_it() {
        assert_eq!(names(&rules(&["p3d"])), ["p3d"]);
        assert_eq!(names(&rules(&["ga"])), ["ga-panels", "ga-alerts", "ga-rollback"]);
        assert_eq!(names(&rules(&["p3d", "testnet"])).len(), 4);
        assert_eq!(names(&rules(&[])), [""; 0]);
    }

    #[wasm_bindgen_test]
    fn what_is_kept_of_thresholds_is_read_as_it_was_written() {
        let change = Change { threshold: 0.75, hold_for: "5m".to_owned() };
        let changes = BTreeMap::from([("DenyRateHigh".to_owned(), change)]);
        assert_eq!(read(&write(&changes)), changes);
        assert_eq!(read("no json"), BTreeMap::new());
    }

    #[wasm_bindgen_test]
    fn a_rule_takes_another_threshold_and_time_or_stays_as_it_is() {
        let rules = rules(&["p3d"]);
        let rule = rules.written("LogSilent").expect("shipped");
        let changed_to =
            |hold_for: &str| changed(rule, &Change { threshold: 90.0, hold_for: hold_for.to_owned() });
        let other = changed_to("1m").expect("a change that it takes");
        assert_eq!(
            other.text().expr,
            "aurora_last_event_age_seconds > 90 unless aurora_session_summarised == 1"
        );
        assert_eq!(other.hold_for_ms(), 60_000);
        assert_eq!(changed_to("soon"), None);
    }
}
