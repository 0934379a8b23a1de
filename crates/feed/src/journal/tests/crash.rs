//! A real process, killed while it appends.

use std::{
    io::{BufRead as _, BufReader, Write as _, stdout},
    process::{Command, Stdio},
};

use super::*;

/// Names the journal to the child.
const CHILD: &str = "AURORA_TEST_JOURNAL";

/// Appends until it is killed. Each batch comes with a note of its last id and a count of batches, and is said on
/// standard output once it is confirmed.
#[test]
#[ignore = "the part of the child process in the tests of kills"]
fn child() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let journal = open(Path::new(&path), Limits { events: 20_000, ..ALL });
    let batches = journal.notes("batches").unwrap();
    let mut batch =
        batches.first().map_or(0, |(_, value)| String::from_utf8_lossy(value).parse::<u64>().unwrap());
    let mut out = stdout().lock();
    loop {
        batch += 1;
        let first = journal.extent().head + 1;
        let count = (batch * 37 % 90) as usize + if batch.is_multiple_of(25) { 700 } else { 1 };
        let last = first + count as u64 - 1;
        let notes = [note("last", &last.to_string()), note("batches", &batch.to_string())];
        journal.append(frames(first, count, 200), batch, &notes).unwrap();
        writeln!(out, "confirmed {last}").unwrap();
    }
}

fn spawn(path: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["journal::tests::crash::child", "--exact", "--ignored", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the child once it has confirmed so many batches, and returns the last id that it confirmed.
fn killed(path: &Path, confirmed: usize) -> u64 {
    let mut child = spawn(path);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut seen = 0;
    let mut last = 0;
    for line in lines {
        if let Some(id) = line.split("confirmed ").nth(1) {
            (last, seen) = (id.parse().unwrap(), seen + 1);
        }
        if seen == confirmed {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(seen >= confirmed, "it ended by itself after {seen} batches");
    last
}

#[test]
fn a_kill_loses_nothing_that_was_confirmed_and_splits_no_batch() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("test.journal");
    for round in 0..60 {
        let confirmed = killed(&path, 1 + round * 7 % 40);
        let journal = open(&path, Limits { events: 20_000, ..ALL });
        let Extent { first, head, .. } = journal.extent();
        assert!(head >= confirmed, "round {round}: {confirmed} was confirmed, and {head} is the last");
        let found = replay(&journal, first - 1, 64 << 10).unwrap();
        assert!(found.iter().map(|(id, _)| *id).eq(first..=head), "round {round}");
        assert!(found.iter().all(|(id, text)| *text == line(*id, 200)), "round {round}");
        let last = journal.notes("last").unwrap();
        assert_eq!(String::from_utf8_lossy(&last[0].1), head.to_string(), "round {round}: notes and events");
    }
    assert_eq!(set_aside(&path), Vec::<PathBuf>::new());
}
