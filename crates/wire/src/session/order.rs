//! The logs among the names of one directory, in reading order.
//!
//! Invariants: what was pushed aside (`.old`) comes first, then rotated parts by time, then the live files. Where a
//! part stands both plain and gzipped (the bot compresses and then deletes), only the plain one counts: the gzip
//! may be half written.

use std::collections::HashSet;

use super::name::{self, LogName, PartName};

/// A log, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log<'a> {
    /// The file's name.
    pub name: &'a str,
    /// Where the name stood among those that were given, from 0.
    pub place: usize,
    /// What the name says.
    pub parsed: LogName,
    /// Whether it may still grow: its last line counts only once it has a newline.
    pub live: bool,
}

/// The logs among `names`, oldest first. `grows` says whether a plain `NAME.jsonl` there may be written to.
pub fn arrange<T: AsRef<str>>(names: &[T], grows: bool) -> Vec<Log<'_>> {
    let mut logs: Vec<Log<'_>> = names
        .iter()
        .enumerate()
        .filter_map(|(place, name)| {
            let parsed = name::parse(name.as_ref())?;
            let live = grows && parsed.part == PartName::Live && !parsed.gz;
            Some(Log { name: name.as_ref(), place, parsed, live })
        })
        .collect();
    aurora_domain::sorting::by(&mut logs, |left, right| name::reading_order(&left.parsed, &right.parsed));
    let mut seen = HashSet::new();
    logs.retain(|log| seen.insert(log.name.strip_suffix(".gz").unwrap_or(log.name)));
    logs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_file_is_one_that_grows_and_is_plain() {
        let names = ["orders.jsonl.gz", "aurora_events.jsonl", "orders.jsonl.old", "notes.txt"];
        let logs = arrange(&names, true);
        let read: Vec<_> = logs.iter().map(|log| (log.place, log.live)).collect();
        assert_eq!(read, [(2, false), (1, true), (0, false)]);
        assert!(arrange(&names, false).iter().all(|log| !log.live));
    }
}
