//! Noticing that rule files changed.
//!
//! Invariants: what is wrong is handed out once for each thing that is wrong; files that say the same as before are no
//! news. The clock is an argument.

use std::{fs, time::SystemTime};

use super::{InForce, RuleChoice, RuleFileError};
use crate::stamp::Stamp;

/// Rule files that are looked at again and again.
#[derive(Debug)]
pub(crate) struct RuleFiles {
    choice: RuleChoice,
    /// Of each file when it was last read, well or not.
    stamps: Vec<Option<Stamp>>,
    in_force: InForce,
    /// What is wrong since they were last read well.
    trouble: Option<String>,
}

/// What a look at the files found.
#[derive(Debug)]
pub(crate) enum Look {
    /// Nothing new.
    Same,
    /// Rules: other ones, or the same where something was wrong meanwhile.
    Rules(InForce),
    /// They cannot be in force, for a reason that was not handed out yet.
    Trouble(String),
}

impl RuleFiles {
    /// Reads them for the first time.
    ///
    /// # Errors
    /// Why they cannot be in force.
    pub(crate) fn open(choice: RuleChoice) -> Result<(Self, InForce), RuleFileError> {
        let stamps = stamps(&choice);
        let in_force = choice.read()?;
        Ok((Self { choice, stamps, in_force: in_force.clone(), trouble: None }, in_force))
    }

    /// Looks whether files changed, and reads all where one may have.
    pub(crate) fn look(&mut self, now: SystemTime) -> Look {
        let stamps = stamps(&self.choice);
        let settled = |stamp: &Option<Stamp>| stamp.is_some_and(|stamp| !stamp.is_unsettled(now));
        if stamps == self.stamps && stamps.iter().all(settled) {
            return Look::Same;
        }
        self.stamps = stamps;
        match self.choice.read() {
            Ok(in_force) if in_force == self.in_force && self.trouble.is_none() => Look::Same,
            Ok(in_force) => {
                self.trouble = None;
                self.in_force = in_force.clone();
                Look::Rules(in_force)
            }
            Err(error) => {
                let trouble = error.to_string();
                if self.trouble.as_ref() == Some(&trouble) {
                    return Look::Same;
                }
                self.trouble = Some(trouble.clone());
                Look::Trouble(trouble)
            }
        }
    }
}

fn stamps(choice: &RuleChoice) -> Vec<Option<Stamp>> {
    choice.files.iter().map(|path| fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata))).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_changed_file_is_read_again_and_a_broken_one_is_said_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("own.yaml");
        let write = |expr: &str| {
            let rule = format!("groups: [{{name: mine, rules: [{{alert: A, expr: '{expr}'}}]}}]");
            fs::write(&path, rule).unwrap();
        };
        write("x > 1");
        let choice = RuleChoice { shipped: Vec::new(), files: vec![path.clone()] };
        let (mut files, first) = RuleFiles::open(choice).unwrap();
        let later = SystemTime::now() + Duration::from_mins(1);
        let mut look = || files.look(later);
        assert!(matches!(look(), Look::Same));
        write("x > 1000");
        let Look::Rules(second) = look() else { panic!("it changed") };
        assert_ne!(second, first);
        write("x >> 1000");
        let Look::Trouble(trouble) = look() else { panic!("it is broken") };
        for word in ["own.yaml", "group `mine`", "rule `A`", "x >> 1000", "at 1:4"] {
            assert!(trouble.contains(word), "{word} is not in {trouble}");
        }
        assert!(matches!(look(), Look::Same));
        write("x > 1000");
        let Look::Rules(third) = look() else { panic!("it is well again") };
        assert_eq!(third, second);
        fs::remove_file(&path).unwrap();
        assert!(matches!(look(), Look::Trouble(_)));
        assert!(matches!(look(), Look::Same));
    }
}
