//! The tail against random schedules of file actions, polls, commits and kills, in real directories.
//!
//! What has to hold: every line exactly once; the lines of one generation (what a file holds between its
//! creation or truncation and its end) in order; what stood in an older generation of a log before anything
//! of a newer one. No loss is permitted but of what an action itself destroyed. No repetition is, but of a file
//! that was copied and could not be compared with its copy (forbidden, in a directory that was away) before it
//! was truncated, where that copy is shorter than 1 KiB or gzipped. The order *between* generations may differ,
//! because no reader could keep it, for
//! - what is written to an older generation after something of a newer one was handed out: a late writer, or
//!   the end of a line that was unfinished;
//! - an unfinished last line that counts as a line when its file was left alone for the grace period;
//! - a file that could not be read (forbidden, in a directory that is away) at some time since the tail last
//!   came to rest; and meanwhile parts of that log that nothing was read of, which may be copies of it, and
//!   what is left of truncated files, which is told by comparison with what cannot be read;
//! - what is renamed or written while a poll runs, within that poll; and files that were deleted;
//! - a copy of a file that was truncated before anything of it was read.
//!
//! `AURORA_TAIL_SCHEDULES` says how many (10,000 if not set), `AURORA_TAIL_FROM` from which seed on (0), and
//! `AURORA_TAIL_FAILURES` after how many failures to stop (1). `AURORA_TAIL_SEED` runs one seed alone. What
//! happened in a schedule that fails is printed. Directories are made in `AURORA_TAIL_DIR`, else in memory
//! where there is `/dev/shm`.

mod client;
mod random;
mod schedule;
mod world;

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

fn directory() -> tempfile::TempDir {
    let named = std::env::var_os("AURORA_TAIL_DIR").map(PathBuf::from);
    let memory = || tempfile::tempdir_in("/dev/shm").ok();
    named
        .map_or_else(memory, |dir| tempfile::tempdir_in(dir).ok())
        .unwrap_or_else(|| tempfile::tempdir().unwrap())
}

/// Runs one seed; on failure says what happened.
fn check(seed: u64, root: &std::path::Path) -> Result<(), String> {
    let dir = root.join(seed.to_string());
    std::fs::create_dir(&dir).unwrap();
    let outcome = schedule::run(seed, &dir);
    std::fs::remove_dir_all(&dir).unwrap();
    outcome.map_err(|(broken, trace)| {
        let steps = trace.join("\n");
        format!("{steps}\nseed {seed}: {broken}\nrun it alone with AURORA_TAIL_SEED={seed}")
    })
}

#[test]
fn nothing_is_lost_and_nothing_is_repeated_in_any_schedule() {
    let root = directory();
    if let Some(seed) = number("AURORA_TAIL_SEED") {
        check(seed, root.path()).unwrap_or_else(|failure| panic!("{failure}"));
        return;
    }
    let from = number("AURORA_TAIL_FROM").unwrap_or(0);
    let end = from + number("AURORA_TAIL_SCHEDULES").unwrap_or(10_000);
    let failures_max = number("AURORA_TAIL_FAILURES").unwrap_or(1);
    let (next, failed) = (AtomicU64::new(from), AtomicU64::new(0));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Relaxed);
                    if seed >= end || failed.load(Relaxed) >= failures_max {
                        break;
                    }
                    if let Err(failure) = check(seed, root.path()) {
                        failed.fetch_add(1, Relaxed);
                        eprintln!("{failure}\n");
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 0, "schedules failed; what happened in each stands above");
}
