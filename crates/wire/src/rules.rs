//! Rule files: Prometheus' structure, as JSON here; the feed and the command line read YAML into the same.
//!
//! Invariants: a file is in force as a whole or not at all; keys that Prometheus knows and this product does not, such
//! as `record`, are refused by name and never left out; what is refused is named with group, rule, part and place.

mod yaml;

use std::collections::BTreeMap;

use aurora_domain::rules::{Group, Refused, Rule, RuleText, parse_duration_ms};
use serde::{Deserialize, Serialize};

/// How many groups one file has at most.
pub const MAX_GROUPS: usize = 64;
/// How many rules one file has at most, of all groups.
pub const MAX_RULES: usize = 1_000;

/// The rules of deploy/rules as JSON: what is judged where nobody sets other ones.
pub const SHIPPED: &str = include_str!("rules/shipped.json");

/// A rule file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its groups.
    pub groups: Vec<FileGroup>,
}

/// A group of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileGroup {
    /// Its name, once in a file.
    pub name: String,
    /// Time between two judgements, as `15s`; without one every observation is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// Its rules.
    #[serde(default)]
    pub rules: Vec<FileRule>,
}

/// A rule of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRule {
    /// Its name.
    pub alert: String,
    /// When it holds.
    pub expr: String,
    /// How long it has to hold before it fires.
    #[serde(default, rename = "for", skip_serializing_if = "String::is_empty")]
    pub hold_for: String,
    /// How long it goes on firing when it holds no more.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keep_firing_for: String,
    /// Labels of its alerts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Texts of its alerts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// A rule file that can be in force.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "File")]
pub struct Rules {
    file: File,
    groups: Vec<Group>,
}

/// Why a rule file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// A rule that cannot be read.
    #[error("group `{group}`, {refused}")]
    Rule {
        /// The name of its group.
        group: String,
        /// Rule, part, place and reason.
        refused: Box<Refused>,
    },
    /// An interval that is none.
    #[error("group `{group}`, interval `{interval}`: this is no duration above zero, as `15s` or `1m` are")]
    Interval {
        /// The name of the group.
        group: String,
        /// What is there instead.
        interval: String,
    },
    /// A name that a group before has, or none.
    #[error("group `{group}`: each group needs a name of its own")]
    Name {
        /// The name.
        group: String,
    },
    /// More than fits.
    #[error(
        "{groups} groups with {rules} rules: a file has at most {MAX_GROUPS} groups and {MAX_RULES} rules"
    )]
    TooMany {
        /// How many groups there are.
        groups: usize,
        /// How many rules.
        rules: usize,
    },
}

impl Rules {
    /// Reads a rule file in JSON.
    ///
    /// # Errors
    /// What is wrong, in which rule or in which line and column.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// As they are written.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// As they are judged.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// As they are judged, to be taken over.
    pub fn into_groups(self) -> Vec<Group> {
        self.groups
    }
}

impl File {
    /// The file that has these groups.
    pub fn of(groups: &[Group]) -> Self {
        Self { groups: groups.iter().map(FileGroup::of).collect() }
    }

    /// The file in JSON, which [`Rules::from_json`] reads; one line.
    pub fn to_json(&self) -> String {
        // Texts under text keys are all there is, which serde_json does not refuse.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl TryFrom<File> for Rules {
    type Error = RulesError;

    fn try_from(file: File) -> Result<Self, RulesError> {
        let rules = file.groups.iter().map(|group| group.rules.len()).sum();
        if file.groups.len() > MAX_GROUPS || rules > MAX_RULES {
            return Err(RulesError::TooMany { groups: file.groups.len(), rules });
        }
        let mut groups: Vec<Group> = Vec::with_capacity(file.groups.len());
        for group in &file.groups {
            if group.name.is_empty() || groups.iter().any(|before| before.name == group.name) {
                return Err(RulesError::Name { group: group.name.clone() });
            }
            groups.push(compile(group)?);
        }
        Ok(Self { file, groups })
    }
}

fn compile(group: &FileGroup) -> Result<Group, RulesError> {
    let interval_ms = group.interval.as_deref().map(|interval| {
        parse_duration_ms(interval)
            .filter(|millis| *millis > 0)
            .ok_or_else(|| RulesError::Interval { group: group.name.clone(), interval: interval.to_owned() })
    });
    let rules = group.rules.iter().map(|rule| {
        Rule::new(rule.text()).map_err(|refused| RulesError::Rule { group: group.name.clone(), refused })
    });
    Ok(Group {
        name: group.name.clone(),
        interval_ms: interval_ms.transpose()?,
        rules: rules.collect::<Result<_, _>>()?,
    })
}

impl FileGroup {
    fn of(group: &Group) -> Self {
        Self {
            name: group.name.clone(),
            interval: group.interval_ms.map(|millis| format!("{millis}ms")),
            rules: group.rules.iter().map(|rule| FileRule::of(rule.text())).collect(),
        }
    }
}

impl FileRule {
    fn of(text: &RuleText) -> Self {
        Self {
            alert: text.alert.clone(),
            expr: text.expr.clone(),
            hold_for: text.hold_for.clone(),
            keep_firing_for: text.keep_firing_for.clone(),
            labels: text.labels.iter().cloned().collect(),
            annotations: text.annotations.iter().cloned().collect(),
        }
    }

    fn text(&self) -> RuleText {
        let pairs = |map: &BTreeMap<String, String>| {
            map.iter().map(|(name, text)| (name.clone(), text.clone())).collect()
        };
        RuleText {
            alert: self.alert.clone(),
            expr: self.expr.clone(),
            hold_for: self.hold_for.clone(),
            keep_firing_for: self.keep_firing_for.clone(),
            labels: pairs(&self.labels),
            annotations: pairs(&self.annotations),
        }
    }
}

#[cfg(test)]
mod tests;
