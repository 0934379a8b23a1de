//! What a file name says: which log, which part of it, and where that part stands in time.
//!
//! Invariant: pure functions over names; nothing here touches the disk. `part10` comes after `part8`, and
//! a name that says nothing (`*.lock`, editors' leftovers) is `None`, never a guess.

use std::cmp::Ordering;

use aurora_domain::Source;

/// A log file's name, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogName {
    /// Which of the five logs it belongs to.
    pub source: Source,
    /// Which part of that log it is.
    pub part: PartName,
    /// Whether it is gzip-compressed.
    pub gz: bool,
}

/// Where a part stands in its log, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartName {
    /// `NAME.jsonl.old`: what an earlier start pushed aside.
    Old,
    /// `NAME.jsonl.YYYYMMDD.HHMMSS.partN.jsonl`, ordered by the time and then by N as a number.
    Rotated {
        /// `YYYYMMDDHHMMSS` as one number.
        stamp: u64,
        /// N; it restarts with the writing process.
        number: u64,
    },
    /// `NAME.jsonl`: the one that grows.
    Live,
}

/// Takes a file name apart; `None` where it is not a session log.
pub fn parse(name: &str) -> Option<LogName> {
    let (plain, gz) = match name.strip_suffix(".gz") {
        Some(plain) => (plain, true),
        None => (name, false),
    };
    let (stem, rest) = plain.split_once(".jsonl")?;
    let source = Source::from_name(stem)?;
    let part = match rest {
        "" => PartName::Live,
        ".old" => PartName::Old,
        rotated => rotation(rotated)?,
    };
    Some(LogName { source, part, gz })
}

/// `.YYYYMMDD.HHMMSS.partN` with an optional `.jsonl`.
fn rotation(text: &str) -> Option<PartName> {
    let text = text.strip_prefix('.')?;
    let text = text.strip_suffix(".jsonl").unwrap_or(text);
    let mut fields = text.split('.');
    let (date, time, part) = (fields.next()?, fields.next()?, fields.next()?);
    if fields.next().is_some() || date.len() != 8 || time.len() != 6 {
        return None;
    }
    let stamp = digits(date)? * 1_000_000 + digits(time)?;
    Some(PartName::Rotated { stamp, number: digits(part.strip_prefix("part")?)? })
}

fn digits(text: &str) -> Option<u64> {
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if all_digits { text.parse().ok() } else { None }
}

/// Reading order of two parts of one directory: by time, then by log, a plain file before its own gzip.
pub fn reading_order(left: &LogName, right: &LogName) -> Ordering {
    (left.part, left.source, left.gz).cmp(&(right.part, right.source, right.gz))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: Option<(Source, PartName, bool)>) {
        let parsed = parse(name).map(|log| (log.source, log.part, log.gz));
        assert_eq!(parsed, expected, "{name}");
    }

    #[test]
    fn names_of_the_bot_are_recognised() {
        let rotated = |stamp, number| PartName::Rotated { stamp, number };
        check("aurora_events.jsonl", Some((Source::Events, PartName::Live, false)));
        check("orders.jsonl.old", Some((Source::Trades, PartName::Old, false)));
        check("orders_denied.jsonl.gz", Some((Source::Denied, PartName::Live, true)));
        check(
            "aurora_events.jsonl.20261120.180327.part11.jsonl.gz",
            Some((Source::Events, rotated(20_261_120_180_327, 11), true)),
        );
        check(
            "orders_success.jsonl.20261120.180258.part6.jsonl",
            Some((Source::Success, rotated(20_261_120_180_258, 6), false)),
        );
    }

    #[test]
    fn other_names_are_none() {
        for name in [
            "aurora_events.jsonl.lock",
            "aurora_events.jsonl~",
            "positions.jsonl",
            "orders_success.json",
            "aurora_events.jsonl.20261120.180327.part.jsonl",
            "aurora_events.jsonl.20261120.180327.part-1.jsonl",
            "aurora_events.jsonl.2026.180327.part1.jsonl",
            "",
        ] {
            check(name, None);
        }
    }

    #[test]
    fn part_ten_comes_after_part_eight() {
        let name = |n| parse(&format!("orders.jsonl.20261120.180000.part{n}.jsonl.gz")).unwrap();
        assert_eq!(reading_order(&name(10), &name(8)), Ordering::Greater);
    }

    #[test]
    fn time_weighs_more_than_the_part_number() {
        let early = parse("orders.jsonl.20261120.175959.part12.jsonl").unwrap();
        let late = parse("orders.jsonl.20261120.180000.part1.jsonl").unwrap();
        assert_eq!(reading_order(&early, &late), Ordering::Less);
    }
}
