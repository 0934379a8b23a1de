//! Which rules are judged: groups of the shipped ones, and the operator's own files.
//!
//! Invariants: an own group takes the place of a shipped one of its name; two own groups of one name are refused.

use std::path::PathBuf;

use aurora_wire::rules::{File, FileGroup, Rules, SHIPPED};

use super::{RuleFileError, read_one};

/// Which rules are judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleChoice {
    /// Shipped groups: `p3d`, `service`, `testnet`, `ga` with all parts of it, the name of one group such as `ga-alerts`,
    /// or `all`.
    pub shipped: Vec<String>,
    /// Files of own rules, in their order.
    pub files: Vec<PathBuf>,
}

impl Default for RuleChoice {
    /// The group that holds for any session, and no files.
    fn default() -> Self {
        Self { shipped: vec!["p3d".to_owned()], files: Vec::new() }
    }
}

/// Where a group comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It is shipped.
    Shipped,
    /// The operator's file.
    File(PathBuf),
}

/// Rules that can be judged, and where each group comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InForce {
    pub(crate) rules: Rules,
    /// One for each group.
    pub(crate) origins: Vec<Origin>,
}

impl RuleChoice {
    /// Whether the rules that this chooses can all be judged now.
    ///
    /// # Errors
    /// The first group that is not shipped, or the first file that cannot be in force, and why.
    pub fn check(&self) -> Result<(), RuleFileError> {
        self.read().map(drop)
    }

    /// Reads them.
    pub(crate) fn read(&self) -> Result<InForce, RuleFileError> {
        let shipped = self.shipped_groups()?.into_iter().map(|group| (group, Origin::Shipped));
        let mut chosen: Vec<(FileGroup, Origin)> = shipped.collect();
        for path in &self.files {
            for group in &read_one(path)?.file().groups {
                let own = (group.clone(), Origin::File(path.clone()));
                let same = |(group, origin): &&mut (FileGroup, Origin)| {
                    group.name == own.0.name && *origin == Origin::Shipped
                };
                match chosen.iter_mut().find(same) {
                    Some(place) => *place = own,
                    None => chosen.push(own),
                }
            }
        }
        let (groups, origins) = chosen.into_iter().unzip();
        let rules = Rules::try_from(File { groups }).map_err(|source| RuleFileError::Together { source })?;
        Ok(InForce { rules, origins })
    }

    fn shipped_groups(&self) -> Result<Vec<FileGroup>, RuleFileError> {
        // The shipped rules are tested to be readable.
        let shipped = Rules::from_json(SHIPPED).unwrap_or_default();
        let groups = &shipped.file().groups;
        if let Some(name) = self.shipped.iter().find(|name| !groups.iter().any(|group| names(name, group))) {
            let known: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
            return Err(RuleFileError::UnknownGroup { name: name.clone(), known: known.join(", ") });
        }
        let chosen = groups.iter().filter(|group| self.shipped.iter().any(|name| names(name, group)));
        Ok(chosen.cloned().collect())
    }
}

/// Whether `name` names `group`: as it is called, by what it is part of, or as one of all.
fn names(name: &str, group: &FileGroup) -> bool {
    let part = group.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    name == "all" || (part && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shipped: &[&str], expected: &[&str]) {
        let shipped = shipped.iter().map(|name| (*name).to_owned()).collect();
        let in_force = RuleChoice { shipped, files: Vec::new() }.read().unwrap();
        let names: Vec<_> = in_force.rules.groups().iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, expected);
        assert_eq!(in_force.origins.len(), expected.len());
    }

    #[test]
    fn groups_are_chosen_by_name_by_family_or_all() {
        check(&["p3d"], &["p3d"]);
        check(&["ga", "p3d"], &["ga-panels", "ga-alerts", "ga-rollback", "p3d"]);
        check(&["testnet-stop"], &["testnet-stop"]);
        check(&[], &[]);
        let all = RuleChoice { shipped: vec!["all".to_owned()], files: Vec::new() }.read().unwrap();
        assert_eq!(all.rules, Rules::from_json(SHIPPED).unwrap());
    }

    #[test]
    fn a_name_that_no_group_has_is_refused_with_those_that_there_are() {
        for name in ["p3", "", "testnet-"] {
            let choice = RuleChoice { shipped: vec![name.to_owned()], files: Vec::new() };
            let said = choice.check().unwrap_err().to_string();
            assert!(said.contains(&format!("--rule-groups {name}:")) && said.contains("ga-alerts"), "{said}");
        }
    }

    #[test]
    fn an_own_group_takes_the_place_of_a_shipped_one_or_comes_beside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("own.yaml");
        let group = |name: &str| format!("- name: {name}\n  rules: [{{alert: Own, expr: 'x > 1'}}]\n");
        std::fs::write(&path, format!("groups:\n{}{}", group("p3d"), group("mine"))).unwrap();
        let choice = RuleChoice { files: vec![path.clone()], ..RuleChoice::default() };
        let in_force = choice.read().unwrap();
        let rules: Vec<_> = in_force
            .rules
            .groups()
            .iter()
            .map(|group| (group.name.as_str(), group.rules[0].alert()))
            .collect();
        assert_eq!(rules, [("p3d", "Own"), ("mine", "Own")]);
        assert_eq!(in_force.origins, [Origin::File(path.clone()), Origin::File(path.clone())]);
        let twice = RuleChoice { files: vec![path.clone(), path], ..RuleChoice::default() };
        assert!(twice.check().unwrap_err().to_string().contains("together"));
    }
}
