//! Which file is which, by contents that are just words.

use super::*;
use crate::{session::name, tail::position::Print};

const LIVE: &str = "orders.jsonl";
const PART: &str = "orders.jsonl.20261120.180000.part1.jsonl";
const PART_GZ: &str = "orders.jsonl.20261120.180000.part1.jsonl.gz";

/// Contents by inode; the fingerprint of a position's head is that of a word.
struct Words(Vec<(u64, &'static str)>);

impl Words {
    fn of(&self, inode: u64) -> Result<&'static str, ProbeError> {
        let found = self.0.iter().find(|(at, _)| *at == inode);
        found.map(|(_, word)| *word).ok_or(ProbeError::Unreadable)
    }
}

impl Probe for Words {
    fn is(&mut self, file: &Seen, known: &Position, _: bool) -> Result<bool, ProbeError> {
        Ok(Print::of(self.of(file.id.inode)?.as_bytes()) == known.head)
    }

    fn copies(&mut self, file: &Seen, held: &Held) -> Result<bool, ProbeError> {
        Ok(self.of(file.id.inode)? == self.of(held.id.inode)?)
    }
}

fn id(inode: u64) -> FileId {
    FileId { device: 1, inode, birth_ns: None }
}

fn seen(name: &str, inode: u64) -> Seen {
    let log = name::parse(name).unwrap();
    Seen {
        name: name.to_owned(),
        log,
        live: name == LIVE,
        id: id(inode),
        len: 1_000,
        extent: Extent::default(),
    }
}

fn known(number: u64, name: &str, inode: u64, word: &str, stage: Stage) -> (u64, Position) {
    let mut position = Position::new(number, Source::Trades, name.to_owned(), id(inode));
    (position.head, position.offset, position.stage) = (Print::of(word.as_bytes()), 1_000, stage);
    (number, position)
}

fn check(
    ledger: &[(u64, Position)],
    held: &[(u64, Option<u64>)],
    files: &[(&str, u64)],
    words: &[(u64, &'static str)],
    expected: &[Claim],
) {
    let ledger = ledger.iter().cloned().collect();
    let held: Vec<Held> = held
        .iter()
        .map(|(inode, number)| Held { id: id(*inode), source: Source::Trades, number: *number })
        .collect();
    let files: Vec<Seen> = files.iter().map(|(name, inode)| seen(name, *inode)).collect();
    let claims = assign(&ledger, &held, &files, &BTreeSet::new(), &mut Words(words.to_vec())).unwrap();
    assert_eq!(claims, expected, "{files:?}");
}

#[test]
fn a_file_is_known_by_its_inode_and_its_content_under_any_name() {
    let ledger = [known(1, LIVE, 7, "one", Stage::Reading)];
    check(&ledger, &[], &[(PART, 7)], &[(7, "one")], &[Claim::Known(1)]);
    check(&ledger, &[], &[(PART, 7)], &[(7, "two")], &[Claim::New]);
}

#[test]
fn an_inode_that_is_used_again_is_another_file() {
    let ledger = [known(1, LIVE, 7, "one", Stage::Reading)];
    check(&ledger, &[(7, None)], &[(LIVE, 7)], &[(7, "two")], &[Claim::New]);
}

#[test]
fn a_gzip_is_known_by_content_whether_its_plain_part_was_seen_or_not() {
    for name in [LIVE, PART] {
        let ledger = [known(1, name, 7, "one", Stage::Reading)];
        check(&ledger, &[], &[(PART_GZ, 8)], &[(8, "one")], &[Claim::Known(1)]);
    }
}

#[test]
fn a_copy_of_a_live_file_is_a_copy_until_the_live_file_is_truncated() {
    let ledger = [known(1, LIVE, 7, "one", Stage::Reading)];
    let files = [(PART, 8), (LIVE, 7)];
    check(
        &ledger,
        &[(7, Some(1))],
        &files,
        &[(7, "one"), (8, "one")],
        &[Claim::Copy(Some(1)), Claim::Known(1)],
    );
    check(&ledger, &[(7, None)], &files, &[(7, "two"), (8, "one")], &[Claim::Known(1), Claim::New]);
}

#[test]
fn a_file_that_cannot_be_read_is_not_given_away() {
    let ledger = [known(1, LIVE, 7, "one", Stage::Reading)];
    let other = "orders.jsonl.20261120.180001.part2.jsonl";
    check(&ledger, &[], &[(PART, 7), (other, 8)], &[(8, "one")], &[Claim::Unreadable, Claim::Unreadable]);
}

#[test]
fn little_content_alone_is_no_evidence() {
    let mut ledger = [known(1, LIVE, 7, "one", Stage::Reading)];
    ledger[0].1.offset = EVIDENCE_BYTES - 1;
    check(&ledger, &[], &[(PART_GZ, 8)], &[(8, "one")], &[Claim::New]);
}
