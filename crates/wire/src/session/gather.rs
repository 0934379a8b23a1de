//! Sessions among files that were handed over together: folders, single files, what an archive holds.
//!
//! Invariants: every path is either read as a part of one session or named with the reason why not; lock files
//! (`*.lock`) alone are passed over, as the feed does. A folder's `archive/` belongs to that folder.

use std::collections::{BTreeMap, HashSet};

use aurora_domain::Source;

use super::{name, order::arrange};

/// One session among the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFiles {
    /// Its folder's path, empty for files that came without one.
    pub folder: String,
    /// Its parts in reading order.
    pub parts: Vec<Member>,
}

/// One part of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Where its path stood among those that were given, from 0.
    pub place: usize,
    /// The log that it belongs to.
    pub source: Source,
    /// Whether it is gzip-compressed.
    pub gz: bool,
    /// Whether it may still grow: its last line counts only with a newline.
    pub live: bool,
}

/// Why a file is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Its name is none of a session's.
    NotALog,
    /// The same part stands beside it uncompressed.
    PlainBeside,
    /// The same path came before.
    Twice,
}

/// What there is among files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// Sessions, by folder.
    pub sessions: Vec<SessionFiles>,
    /// What is not read, by place, with the reason.
    pub unread: Vec<(usize, Unread)>,
}

/// Finds the sessions among `paths`, whose folders are separated by `/`.
pub fn gather<T: AsRef<str>>(paths: &[T]) -> Gathered {
    let mut gathered = Gathered::default();
    let mut folders: BTreeMap<String, [Vec<(usize, &str)>; 2]> = BTreeMap::new();
    let mut seen = HashSet::new();
    for (place, path) in paths.iter().enumerate() {
        let path = path.as_ref().trim_start_matches('/');
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        if is_lock(file) {
            continue;
        }
        if name::parse(file).is_none() {
            gathered.unread.push((place, Unread::NotALog));
        } else if seen.insert(path) {
            let (session, live) = match folder.strip_suffix("archive") {
                Some("") => ("", false),
                Some(parent) if parent.ends_with('/') => (parent.trim_end_matches('/'), false),
                _ => (folder, true),
            };
            let [archive, own] = folders.entry(session.to_owned()).or_default();
            if live { own } else { archive }.push((place, file));
        } else {
            gathered.unread.push((place, Unread::Twice));
        }
    }
    for (folder, levels) in folders {
        gathered.take(folder, levels);
    }
    aurora_domain::sorting::by_key(&mut gathered.unread, |(place, _)| *place);
    gathered
}

impl Gathered {
    fn take(&mut self, folder: String, levels: [Vec<(usize, &str)>; 2]) {
        let mut parts = Vec::new();
        for (files, live) in levels.into_iter().zip([false, true]) {
            let names: Vec<&str> = files.iter().map(|(_, name)| *name).collect();
            let mut unread: Vec<usize> = files.iter().map(|(place, _)| *place).collect();
            for log in arrange(&names, live) {
                let Some((place, _)) = files.get(log.place).copied() else { continue };
                unread.retain(|other| *other != place);
                let (source, gz) = (log.parsed.source, log.parsed.gz);
                parts.push(Member { place, source, gz, live: log.live });
            }
            self.unread.extend(unread.into_iter().map(|place| (place, Unread::PlainBeside)));
        }
        self.sessions.push(SessionFiles { folder, parts });
    }
}

fn is_lock(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, extension)| extension == "lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(paths: &[&str], sessions: &[(&str, &[usize])], unread: &[(usize, Unread)]) {
        let gathered = gather(paths);
        let read: Vec<(&str, Vec<usize>)> = gathered
            .sessions
            .iter()
            .map(|session| (session.folder.as_str(), session.parts.iter().map(|part| part.place).collect()))
            .collect();
        let expected: Vec<(&str, Vec<usize>)> =
            sessions.iter().map(|(folder, parts)| (*folder, parts.to_vec())).collect();
        assert_eq!(read, expected, "{paths:?}");
        assert_eq!(gathered.unread, unread, "{paths:?}");
    }

    #[test]
    fn a_folder_is_read_with_its_archive_first() {
        check(
            &["s/aurora_events.jsonl", "s/archive/aurora_events.jsonl", "s/orders.jsonl.lock"],
            &[("s", &[1, 0])],
            &[],
        );
    }

    #[test]
    fn several_folders_are_several_sessions() {
        check(
            &["logs/b/aurora_events.jsonl", "logs/a/aurora_events.jsonl", "orders.jsonl"],
            &[("", &[2]), ("logs/a", &[1]), ("logs/b", &[0])],
            &[],
        );
    }

    #[test]
    fn what_is_not_read_has_a_reason() {
        check(
            &["aurora_events.jsonl.gz", "aurora_events.jsonl", "notes.txt", "aurora_events.jsonl"],
            &[("", &[1])],
            &[(0, Unread::PlainBeside), (2, Unread::NotALog), (3, Unread::Twice)],
        );
    }

    #[test]
    fn a_folder_that_only_ends_like_archive_is_its_own() {
        check(&["my-archive/orders.jsonl"], &[("my-archive", &[0])], &[]);
        check(&["archive/orders.jsonl"], &[("", &[0])], &[]);
    }
}
