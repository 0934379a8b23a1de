//! Figures of the journal as it is used, synced; docs/benchmarks.md has the command.

use std::time::{Duration, Instant};

use super::*;

/// Appends `events` in batches and returns lines a second and the batches' times, sorted.
fn written(journal: &DurableJournal, events: usize, batch: usize) -> (f64, Vec<Duration>) {
    let position = note("file/1", &"p".repeat(100));
    let mut times = Vec::new();
    let mut spent = Duration::ZERO;
    for at in 0..events / batch {
        let frames = frames(journal.extent().head + 1, batch, 350);
        let begun = Instant::now();
        journal.append(frames, at as u64, std::slice::from_ref(&position)).unwrap();
        times.push(begun.elapsed());
        spent += begun.elapsed();
    }
    times.sort();
    ((batch * times.len()) as f64 / spent.as_secs_f64(), times)
}

#[test]
#[ignore = "prints figures; run it in release mode"]
fn appends_replay_and_opening() {
    let root = std::env::var_os("AURORA_MEASURE_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = tempfile::tempdir_in(root).unwrap();
    let path = dir.path().join("test.journal");
    let real = || {
        let mut real = Surroundings::real();
        real.faults.sync = true;
        real
    };
    let journal = DurableJournal::open(&path, ALL, real()).unwrap();
    for (events, batch) in [(2_000, 1), (80_000, 40), (1_000_000, 600), (1_600_000, 2_000)] {
        let (rate, times) = written(&journal, events, batch);
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
        println!(
            "append, batches of {batch}: {rate:.0} lines/s; ms p50 {:.2} p99 {:.2} max {:.2}",
            at(50),
            at(99),
            at(100)
        );
    }
    let (first, head) = (journal.extent().first, journal.extent().head);
    let replayed = |name: &str, journal: &DurableJournal, from: u64| {
        let (begun, mut id) = (Instant::now(), from);
        while let Read::Frames { last, .. } = journal.read_after(id, 64 << 10).unwrap() {
            id = last;
        }
        assert_eq!(id, head);
        let rate = (head - from) as f64 / begun.elapsed().as_secs_f64();
        println!("replay from {name}: {} events, {rate:.0} events/s", head - from);
    };
    replayed("the file", &journal, first - 1);
    replayed("memory", &journal, head - 15_000);
    drop(journal);
    let bytes = fs::metadata(&path).unwrap().len();
    let begun = Instant::now();
    let journal = DurableJournal::open(&path, ALL, real()).unwrap();
    println!(
        "open {} MB, everything checked: {:.0} ms",
        bytes / 1_000_000,
        begun.elapsed().as_secs_f64() * 1e3
    );
    replayed("the file, opened again", &journal, head - 1_000_000);
    let limits = Limits { events: 1_000_000, ..ALL };
    drop(journal);
    let journal = DurableJournal::open(&path, limits, real()).unwrap();
    let (rate, times) = written(&journal, 1_000_000, 600);
    let max = times.last().unwrap().as_secs_f64() * 1e3;
    let now = fs::metadata(&path).unwrap().len() / 1_000_000;
    println!("append while retention drops: {rate:.0} lines/s; max {max:.2} ms; the file has {now} MB");
}
