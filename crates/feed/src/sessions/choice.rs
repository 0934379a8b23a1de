//! Which session is shown by default, and which are opened and closed.
//!
//! Invariant: pure. It sees names, times and numbers, never files or threads.

use std::{cmp::Reverse, path::PathBuf, time::Duration};

use crate::metrics::LIVE_FOR_SECONDS;

/// A session on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its directory's name.
    pub(super) name: String,
    /// Its directory.
    pub(super) dir: PathBuf,
    /// When one of its logs was last written to, Unix nanoseconds.
    pub(super) written_ns: u64,
}

impl Found {
    /// Whether it was written to within the last fifteen minutes.
    pub(super) fn grows(&self, now_ns: u64) -> bool {
        now_ns.saturating_sub(self.written_ns) < u64::from(LIVE_FOR_SECONDS) * 1_000_000_000
    }

    /// Newer ones are greater: by the time in the name, then by the last write.
    fn age_key(&self) -> (Option<u64>, u64, &str) {
        (stamp(&self.name), self.written_ns, &self.name)
    }
}

/// An open session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// Its name.
    pub(super) name: String,
    /// Whether it was written to lately.
    pub(super) grows: bool,
    /// Streams of it.
    pub(super) clients: usize,
    /// How long nobody has asked for it.
    pub(super) unused: Duration,
}

impl Open {
    /// Whether closing it takes nothing from anybody.
    fn is_idle(&self) -> bool {
        !self.grows && self.clients == 0
    }
}

/// The `YYYYMMDD-HHMMSS` or `YYYYMMDD_HHMMSS` in a name, as one number.
fn stamp(name: &str) -> Option<u64> {
    name.as_bytes().windows(15).find_map(|text| {
        let (date, rest) = text.split_at_checked(8)?;
        let (separator, time) = rest.split_first()?;
        if !matches!(separator, b'-' | b'_' | b'T') {
            return None;
        }
        date.iter().chain(time).try_fold(0_u64, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'))
        })
    })
}

/// The session that is shown where none is named. `known` says which were there at an earlier look.
///
/// The newest that grows, by the times in their names. Where names have none, the one that is shown stays, until it no
/// longer grows and another does, or until another begins. Where none grows, it stays; at first it is the one that was
/// written to last.
pub(super) fn default_of<'f>(
    found: &'f [Found],
    current: Option<&str>,
    known: impl Fn(&str) -> bool,
    now_ns: u64,
) -> Option<&'f str> {
    let growing = || found.iter().filter(|at| at.grows(now_ns));
    let newest = growing().max_by_key(|at| at.age_key());
    let Some(current) = current else {
        let last_written = found.iter().max_by_key(|at| (at.written_ns, &at.name));
        return newest.or(last_written).map(|at| at.name.as_str());
    };
    let began = stamp(current);
    // A folder that is copied in looks as if it began now; its name says otherwise.
    let is_newer = |at: &&Found| match (stamp(&at.name), began) {
        (Some(at), Some(began)) => at > began,
        _ => !known(&at.name),
    };
    if let Some(newer) = growing().filter(is_newer).max_by_key(|at| at.age_key()) {
        return Some(&newer.name);
    }
    let present = found.iter().find(|at| at.name == current);
    let stays = present.filter(|at| at.grows(now_ns) || newest.is_none());
    stays.or(newest).map(|at| at.name.as_str())
}

/// The sessions that grow and are to be opened, most important first, within `room`.
pub(super) fn to_open(
    found: &[Found],
    is_open: impl Fn(&str) -> bool,
    room: usize,
    now_ns: u64,
) -> Vec<&Found> {
    let mut growing: Vec<&Found> = found.iter().filter(|at| at.grows(now_ns) && !is_open(&at.name)).collect();
    growing.sort_by_key(|at| Reverse(at.age_key()));
    growing.truncate(room);
    growing
}

/// The open sessions that nobody has used for so long. `open` is without the default one.
pub(super) fn to_close(open: &[Open], after: Duration) -> impl Iterator<Item = &str> {
    open.iter().filter(move |one| one.is_idle() && one.unused >= after).map(|one| one.name.as_str())
}

/// The session to be closed for another one's sake: of those that nobody uses the one unused for longest.
pub(super) fn to_evict(open: &[Open]) -> Option<&str> {
    open.iter().filter(|one| one.is_idle()).max_by_key(|one| one.unused).map(|one| one.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_NS: u64 = 1_795_196_697_000_000_000;

    /// A session that was last written to so many seconds ago.
    fn found(name: &str, age_s: u64) -> Found {
        let written_ns = NOW_NS - age_s * 1_000_000_000;
        Found { name: name.to_owned(), dir: PathBuf::from(name), written_ns }
    }

    fn check_default(
        sessions: &[(&str, u64)],
        current: Option<&str>,
        fresh: &[&str],
        expected: Option<&str>,
    ) {
        let sessions: Vec<Found> = sessions.iter().map(|(name, age_s)| found(name, *age_s)).collect();
        let chosen = default_of(&sessions, current, |name| !fresh.contains(&name), NOW_NS);
        assert_eq!(chosen, expected, "{sessions:?} {current:?} {fresh:?}");
    }

    #[test]
    fn the_first_choice_is_the_newest_that_grows() {
        check_default(&[], None, &[], None);
        check_default(
            &[("20261120-100000", 5), ("run_20261120_110000", 9)],
            None,
            &[],
            Some("run_20261120_110000"),
        );
        check_default(
            &[("20261120-100000", 5), ("20261120-110000", 5000)],
            None,
            &[],
            Some("20261120-100000"),
        );
        check_default(&[("a", 9), ("b", 5)], None, &[], Some("b"));
    }

    #[test]
    fn where_none_grows_it_is_the_one_written_to_last() {
        check_default(
            &[("20261120-100000", 5000), ("20261120-110000", 9000)],
            None,
            &[],
            Some("20261120-100000"),
        );
    }

    #[test]
    fn a_choice_stays_while_several_grow_and_none_is_newer() {
        let both = [("20261120-100000", 1), ("20261120-110000", 5)];
        check_default(&both, Some("20261120-110000"), &[], Some("20261120-110000"));
        check_default(&[("a", 1), ("b", 5)], Some("b"), &[], Some("b"));
    }

    #[test]
    fn a_newer_session_that_was_away_is_gone_back_to() {
        let both = [("20261120-100000", 5), ("20261120-110000", 1)];
        check_default(&both, Some("20261120-100000"), &[], Some("20261120-110000"));
    }

    #[test]
    fn a_session_that_begins_is_moved_on_to_and_an_old_one_that_is_copied_in_is_not() {
        let began = [("20261120-100000", 5), ("20261120-110000", 1)];
        check_default(&began, Some("20261120-100000"), &["20261120-110000"], Some("20261120-110000"));
        for age_s in [0, 90_000] {
            let copied = [("20261120-100000", 5), ("20261119-110000", age_s)];
            check_default(&copied, Some("20261120-100000"), &["20261119-110000"], Some("20261120-100000"));
        }
    }

    #[test]
    fn an_ended_session_gives_way_to_one_that_grows_and_else_stays() {
        let sessions = [("a", 5000), ("b", 5)];
        check_default(&sessions, Some("a"), &[], Some("b"));
        check_default(&[("a", 5000), ("b", 4000)], Some("a"), &[], Some("a"));
        check_default(&[("b", 5)], Some("a"), &[], Some("b"));
        check_default(&[("b", 4000)], Some("a"), &[], None);
    }

    #[test]
    fn what_grows_is_opened_newest_first_within_the_room() {
        let sessions = [
            found("20261120-1", 1),
            found("20261120-100000", 5),
            found("20261120-110000", 9),
            found("x", 5000),
        ];
        let names = |room| -> Vec<String> {
            to_open(&sessions, |name| name == "20261120-1", room, NOW_NS)
                .iter()
                .map(|at| at.name.clone())
                .collect()
        };
        assert_eq!(names(9), ["20261120-110000", "20261120-100000"]);
        assert_eq!(names(1), ["20261120-110000"]);
        assert!(names(0).is_empty());
    }

    fn open(name: &str, grows: bool, clients: usize, unused_s: u64) -> Open {
        Open { name: name.to_owned(), grows, clients, unused: Duration::from_secs(unused_s) }
    }

    #[test]
    fn only_what_nobody_uses_is_closed() {
        let sessions = [
            open("grows", true, 0, 900),
            open("watched", false, 1, 900),
            open("old", false, 0, 90),
            open("older", false, 0, 400),
        ];
        let closed: Vec<_> = to_close(&sessions, Duration::from_mins(5)).collect();
        assert_eq!(closed, ["older"]);
        assert_eq!(to_evict(&sessions), Some("older"));
        assert_eq!(to_evict(&sessions[..2]), None);
    }

    #[test]
    fn a_time_is_found_wherever_it_stands_in_a_name() {
        assert_eq!(stamp("20261120-180327"), Some(20_261_120_180_327));
        assert_eq!(stamp("run_20261120_180327"), Some(20_261_120_180_327));
        assert_eq!(stamp("2026112018-0327-x"), None);
        assert_eq!(stamp("testnet"), None);
    }
}
