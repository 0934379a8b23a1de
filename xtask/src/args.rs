//! Owns reading `--flag VALUE`, `--flag=VALUE` and `--switch` words. Knows no command.

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::{Context, Result, bail};

/// What the words of a command line said.
#[derive(Debug, Default)]
pub(crate) struct Args {
    values: BTreeMap<String, String>,
    switches: Vec<String>,
    /// Everything after a lone `--`.
    pub(crate) rest: Vec<String>,
}

impl Args {
    /// Reads `words`, refusing anything that is in neither list.
    pub(crate) fn parse(words: Vec<String>, flags: &[&str], switches: &[&str]) -> Result<Self> {
        let mut args = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if word == "--" {
                args.rest = words.by_ref().collect();
                break;
            }
            let (name, inline) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            if flags.contains(&name.as_str()) {
                let value = inline.or_else(|| words.next());
                let value = value.with_context(|| format!("{name} needs a value"))?;
                args.values.insert(name, value);
            } else if switches.contains(&name.as_str()) && inline.is_none() {
                args.switches.push(name);
            } else {
                bail!("unknown option `{name}`; known here: {}", known(flags, switches));
            }
        }
        Ok(args)
    }

    /// The value of `flag`, if it was given.
    pub(crate) fn value(&self, flag: &str) -> Option<&str> {
        self.values.get(flag).map(String::as_str)
    }

    /// The value of `flag` read as a `T`, if it was given.
    pub(crate) fn parsed<T: FromStr>(&self, flag: &str, what: &str) -> Result<Option<T>> {
        self.value(flag)
            .map(|text| text.parse().ok().with_context(|| format!("{flag} takes {what}, not `{text}`")))
            .transpose()
    }

    /// Whether `switch` was given.
    pub(crate) fn has(&self, switch: &str) -> bool {
        self.switches.iter().any(|given| given == switch)
    }
}

/// Refuses any word: for commands without options.
pub(crate) fn none(command: &str, words: &[String]) -> Result<()> {
    match words.first() {
        None => Ok(()),
        Some(word) => bail!("`cargo xtask {command}` takes no options, but got `{word}`"),
    }
}

fn known(flags: &[&str], switches: &[&str]) -> String {
    let all: Vec<&str> = flags.iter().chain(switches).copied().collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args> {
        Args::parse(line.split_whitespace().map(str::to_owned).collect(), &["--port", "--host"], &["--open"])
    }

    #[test]
    fn flags_switches_and_rest_are_told_apart() {
        let args = parse("--port 9 --host=h --open -- --port x").unwrap();
        assert_eq!(args.parsed::<u16>("--port", "a port").unwrap(), Some(9));
        assert_eq!(args.value("--host"), Some("h"));
        assert!(args.has("--open"));
        assert_eq!(args.rest, ["--port", "x"]);
    }

    fn check_refused(line: &str, says: &str) {
        let error = parse(line).unwrap_err().to_string();
        assert!(error.contains(says), "{line}: {error}");
    }

    #[test]
    fn mistakes_are_refused_by_name() {
        check_refused("--colour red", "unknown option `--colour`");
        check_refused("--port", "--port needs a value");
        check_refused("--open=yes", "unknown option `--open`");
        let error = parse("--port many").unwrap().parsed::<u16>("--port", "a port number").unwrap_err();
        assert_eq!(error.to_string(), "--port takes a port number, not `many`");
    }
}
