//! What lands on disk, and what is refused.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::super::{Args, Scenario, SessionFile, SimulateError, Totals, run};

fn args(dir: &Path, scenario: Scenario, rate: f64, duration: u64) -> Args {
    Args {
        session_dir: dir.to_owned(),
        rate,
        seed: Some(42),
        scenario,
        duration,
        start: Some(1_795_197_000),
        as_fast_as_possible: true,
    }
}

fn write(dir: &Path, scenario: Scenario, rate: f64, duration: u64) -> Totals {
    run(&args(dir, scenario, rate, duration), &AtomicBool::new(false)).unwrap()
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

#[test]
fn files_and_their_locks_exist_and_hold_the_totals() {
    let dir = tempfile::tempdir().unwrap();
    let totals = write(&dir.path().join("logs/new"), Scenario::Calm, 60.0, 120);
    let files = files(&dir.path().join("logs/new"));
    for file in SessionFile::ALL {
        assert_eq!(newlines(&files[file.name()]), *totals.lines.get(file), "{file:?}");
        assert!(files[&format!("{}.lock", file.name())].is_empty());
    }
    assert_eq!(files.values().map(Vec::len).sum::<usize>() as u64, totals.bytes);
}

#[test]
fn two_runs_with_one_seed_write_the_same_files() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(one.path(), Scenario::Mixed, 100.0, 700);
    write(other.path(), Scenario::Mixed, 100.0, 700);
    assert!(files(one.path()) == files(other.path()));
}

#[test]
fn rotated_parts_are_compressed_and_lose_no_line() {
    let dir = tempfile::tempdir().unwrap();
    let totals = write(dir.path(), Scenario::Rotation, 100.0, 120);
    let files = files(dir.path());
    let (mut lines, mut parts) = (newlines(&files["aurora_events.jsonl"]), 0);
    for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with("aurora_events.jsonl.2026")) {
        assert!(name.ends_with(".jsonl.gz"), "{name}");
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut text).unwrap();
        assert_eq!(text.last(), Some(&b'\n'), "{name}");
        lines += newlines(&text);
        parts += 1;
    }
    assert!(parts > 3);
    assert_eq!(parts, *totals.rotations.get(SessionFile::Events));
    assert_eq!(lines, *totals.lines.get(SessionFile::Events));
}

#[test]
fn a_directory_with_a_session_is_refused_and_left_alone() {
    let check = |name: &str| {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name), b"{}\n").unwrap();
        let refused = run(&args(dir.path(), Scenario::Calm, 40.0, 1), &AtomicBool::new(false)).unwrap_err();
        assert!(matches!(refused, SimulateError::DirectoryInUse { .. }), "{refused}");
        assert!(refused.to_string().contains(name), "{refused}");
        assert_eq!(files(dir.path()).len(), 1);
    };
    check("aurora_events.jsonl");
    check("orders.jsonl");
    check("orders_success.jsonl.20261120.175841.part1.jsonl.gz");
}

#[test]
fn impossible_arguments_are_refused_before_anything_is_created() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("session");
    let check = |change: &dyn Fn(&mut Args)| {
        let mut args = args(&target, Scenario::Calm, 40.0, 1);
        change(&mut args);
        assert!(run(&args, &AtomicBool::new(false)).is_err());
        assert!(!target.exists());
    };
    check(&|args| args.rate = 0.0);
    check(&|args| args.rate = f64::NAN);
    check(&|args| args.duration = 0);
    check(&|args| args.start = Some(u64::MAX));
}

#[test]
fn a_live_session_grows_until_stopped_and_then_ends_with_a_summary() {
    let dir = tempfile::tempdir().unwrap();
    let args = Args {
        as_fast_as_possible: false,
        duration: 0,
        start: None,
        ..args(dir.path(), Scenario::CorruptLines, 500.0, 0)
    };
    let stop = AtomicBool::new(false);
    let path = dir.path().join("aurora_events.jsonl");
    let totals = thread::scope(|scope| {
        let writer = scope.spawn(|| run(&args, &stop));
        let deadline = Instant::now() + Duration::from_secs(30);
        while newlines(&fs::read(&path).unwrap_or_default()) < 200 {
            assert!(Instant::now() < deadline, "the session does not grow");
            thread::sleep(Duration::from_millis(5));
        }
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap().unwrap()
    });
    let written = fs::read(&path).unwrap();
    assert_eq!(newlines(&written), *totals.lines.get(SessionFile::Events));
    let last = written.strip_suffix(b"\n").unwrap().rsplit(|byte| *byte == b'\n').next().unwrap();
    let last: serde_json::Value = serde_json::from_slice(last).unwrap();
    assert_eq!(last["event_code"], "OBS.SUMMARY.GENERATED");
}
