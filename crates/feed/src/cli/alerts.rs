//! Flags about alerts: which rules are judged, and who is told.

use std::path::PathBuf;

use clap::Args;

use crate::{
    rules::{RuleChoice, RuleFileError},
    tell::{Receivers, ReceiversError},
};

/// Which rules are judged, and who is told of what they find.
#[derive(Clone, Debug, Args)]
pub struct AlertArgs {
    /// File of own alert rules, in YAML, or in JSON where the name ends in .json; read again when it changes. May be
    /// repeated. A group in it takes the place of a shipped one of its name.
    #[arg(long, env = "AURORA_RULES", value_name = "FILE", value_delimiter = ',')]
    pub rules: Vec<PathBuf>,
    /// Shipped alert rules that are judged: p3d, service, testnet, ga, a group's name such as ga-alerts, all, or none.
    /// May be repeated.
    #[arg(
        long,
        env = "AURORA_RULE_GROUPS",
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "p3d"
    )]
    pub rule_groups: Vec<String>,
    /// File that says who is told of alerts, in YAML.
    #[arg(long, env = "AURORA_RECEIVERS", value_name = "FILE")]
    pub receivers: Option<PathBuf>,
}

impl AlertArgs {
    /// Which rules are judged, checked.
    pub(super) fn choice(&self) -> Result<RuleChoice, RuleFileError> {
        let shipped = self.rule_groups.iter().filter(|name| *name != "none").cloned().collect();
        let choice = RuleChoice { shipped, files: self.rules.clone() };
        choice.check()?;
        Ok(choice)
    }

    /// Who is told.
    pub(super) fn receivers(&self) -> Result<Receivers, ReceiversError> {
        Ok(self.receivers.as_deref().map(Receivers::read).transpose()?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn alerts(flags: &[&str]) -> AlertArgs {
        Cli::try_parse_from(["aurora-feed"].iter().chain(flags)).unwrap().serve.feed.alerts
    }

    fn check_refused(said: &str, words: &[&str]) {
        for word in words {
            assert!(said.contains(word), "{word:?} is not in {said:?}");
        }
    }

    #[test]
    fn rules_are_chosen_and_broken_ones_are_refused() {
        assert_eq!(alerts(&[]).choice().unwrap(), RuleChoice::default());
        let none = alerts(&["--rule-groups", "none"]).choice().unwrap();
        assert_eq!(none, RuleChoice { shipped: Vec::new(), files: Vec::new() });
        assert_eq!(alerts(&["--rule-groups", "p3d,ga"]).choice().unwrap().shipped, ["p3d", "ga"]);
        let said = alerts(&["--rule-groups", "nope"]).choice().unwrap_err().to_string();
        check_refused(&said, &["--rule-groups nope", "testnet-stop"]);
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("own.yaml");
        fs::write(&file, "groups: [{name: g, rules: [{alert: A, expr: 'x >'}]}]").unwrap();
        let said = alerts(&["--rules", file.to_str().unwrap()]).choice().unwrap_err().to_string();
        check_refused(&said, &["own.yaml", "rule `A`", "expr `x >`", "at 1:4"]);
    }

    #[test]
    fn receivers_are_read_and_a_broken_file_is_refused() {
        assert!(alerts(&[]).receivers().unwrap().is_empty());
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("receivers.yaml");
        let read = || alerts(&["--receivers", file.to_str().unwrap()]).receivers();
        check_refused(&read().unwrap_err().to_string(), &["receivers.yaml", "cannot be read"]);
        fs::write(&file, "receivers: [{name: a, kind: webhook, url: 'http://127.0.0.1:1/'}]").unwrap();
        assert!(!read().unwrap().is_empty());
        fs::write(&file, "receivers: [{name: a, kind: webhook}]").unwrap();
        check_refused(&read().unwrap_err().to_string(), &["receivers.yaml", "receiver \"a\"", "address"]);
    }
}
