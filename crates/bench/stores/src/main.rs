//! Compares stores for the journal: appends, replay, retention, opening after a clean end and after a kill,
//! kills while appending, and a disk that is full.
//!
//! `aurora-stores DIR [EVENTS]` writes below DIR; the full disk is measured where `SMALL_DIR` names a file system
//! with less than 100 MB. Prints one line of Markdown per store and durability.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

mod store;

use store::{Durability, Kind, Store};

/// One frame, as the journal keeps it.
const FRAME_BYTES: usize = 400;
/// Frames in a batch under load: about 240 kB.
const BATCH: usize = 600;

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let arg = |at: usize| args.get(at).map(String::as_str);
    if arg(0) == Some("child") {
        return child(
            arg(1).context("store")?,
            Path::new(arg(2).context("path")?),
            arg(3).context("batch")?.parse()?,
        );
    }
    let dir = PathBuf::from(arg(0).context("usage: aurora-stores DIR [EVENTS]")?);
    let events: usize = arg(1).map_or(Ok(1_000_000), str::parse)?;
    fs::create_dir_all(&dir)?;
    say(
        "| store | survives | batch | lines/s | commit p50 | p99 | max |\n|---|---|---:|---:|---:|---:|---:|",
    );
    for kind in Kind::ALL {
        for durability in [Durability::Kill, Durability::Power] {
            for (batch, commits) in [(1, 2_000), (40, 2_000), (BATCH, events / BATCH)] {
                appends(kind, durability, &dir, batch, commits)?;
            }
        }
    }
    say(
        "\n| store | replay, events/s | file, MB | open, clean | open, killed | halved, MB | written again, MB |\n|---|---:|---:|---:|---:|---:|---:|",
    );
    for kind in Kind::ALL {
        life(kind, &dir, events)?;
    }
    say("\n| store | kills | acknowledged batches lost | torn |\n|---|---:|---:|---:|");
    for kind in Kind::ALL {
        kills(kind, &dir, 30)?;
    }
    if let Some(small) = env::var_os("SMALL_DIR") {
        say(
            "\n| store | full after, MB | error | same handle goes on | reopened goes on | acknowledged lost |\n|---|---:|---|---|---|---:|",
        );
        for kind in Kind::ALL {
            full(kind, Path::new(&small))?;
        }
    }
    Ok(())
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).ok();
}

fn fresh(kind: Kind, dir: &Path) -> PathBuf {
    let path = dir.join(kind.name());
    for name in [path.clone(), path.with_extension("x-wal")] {
        fs::remove_dir_all(&name).or_else(|_| fs::remove_file(&name)).ok();
    }
    for suffix in ["-wal", "-shm"] {
        fs::remove_file(dir.join(format!("{}{suffix}", kind.name()))).ok();
    }
    path
}

/// Frames that do not repeat but compress as log lines do.
fn block(first: u64, frames: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(frames * FRAME_BYTES);
    for id in first..first + frames as u64 {
        let mut x = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let start = out.len();
        write!(out, "id: {id}\nevent: orders\ndata: {{\"ts_ns\": {x}, \"client_order_id\": \"").ok();
        while out.len() < start + FRAME_BYTES - 4 {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            write!(out, "{x:016x}\", \"status\": \"").ok();
        }
        out.truncate(start + FRAME_BYTES - 2);
        out.extend_from_slice(b"\n\n");
    }
    out
}

fn notes(id: u64) -> Vec<(String, Vec<u8>)> {
    (0..3).map(|file| (format!("file/{file}"), [id.to_be_bytes(); 12].concat())).collect()
}

fn appends(kind: Kind, durability: Durability, dir: &Path, batch: usize, commits: usize) -> Result<()> {
    let mut store = kind.open(&fresh(kind, dir), durability)?;
    let blocks: Vec<Vec<u8>> = (0..16).map(|at| block(at * 1_000_000, batch)).collect();
    let mut times = Vec::with_capacity(commits);
    let started = Instant::now();
    for (at, block) in (0..commits).zip(blocks.iter().cycle()) {
        let first = 1 + (at * batch) as u64;
        let begun = Instant::now();
        store.append(first, block, &notes(first), 0)?;
        times.push(begun.elapsed());
    }
    let rate = (batch * commits) as f64 / started.elapsed().as_secs_f64();
    times.sort();
    let at = |share: f64| ms(times[((times.len() - 1) as f64 * share) as usize]);
    let survives = if durability == Durability::Kill { "kill -9" } else { "power loss" };
    say(&format!(
        "| {} | {survives} | {batch} | {rate:.0} | {} | {} | {} |",
        kind.name(),
        at(0.5),
        at(0.99),
        at(1.0)
    ));
    Ok(())
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn megabytes(path: &Path) -> f64 {
    fn bytes(path: &Path) -> u64 {
        use std::os::unix::fs::MetadataExt as _;
        let Ok(meta) = fs::metadata(path) else { return 0 };
        if meta.is_dir() {
            return fs::read_dir(path)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| bytes(&entry.path()))
                .sum();
        }
        meta.blocks() * 512
    }
    let wal = PathBuf::from(format!("{}-wal", path.display()));
    (bytes(path) + bytes(&wal)) as f64 / 1e6
}

/// Replay of `events`; then opening at 1 GB; then retention.
fn life(kind: Kind, dir: &Path, events: usize) -> Result<()> {
    let path = fresh(kind, dir);
    let mut store = kind.open(&path, Durability::Kill)?;
    let fill = |store: &mut dyn Store, from: usize, batches: usize, keep: Option<usize>| -> Result<()> {
        for at in from..from + batches {
            let first = 1 + (at * BATCH) as u64;
            let below = keep.map_or(0, |keep| 1 + (at.saturating_sub(keep) * BATCH) as u64);
            store.append(first, &block(first, BATCH), &notes(first), below)?;
        }
        Ok(())
    };
    fill(&mut *store, 0, events / BATCH, None)?;
    let started = Instant::now();
    let mut seen = 0;
    store.replay(1, &mut |_, block| seen += block.iter().filter(|byte| **byte == b'\n').count() / 4)?;
    let replay = seen as f64 / started.elapsed().as_secs_f64();
    ensure!(seen == events / BATCH * BATCH, "{seen}");
    let total = 1_000_000_000 / (BATCH * FRAME_BYTES);
    fill(&mut *store, events / BATCH, total.saturating_sub(events / BATCH), None)?;
    drop(store);
    let size = megabytes(&path);
    let clean = open_time(kind, &path)?;
    kill_while_appending(kind, &path, Duration::from_millis(700), BATCH)?;
    let killed = open_time(kind, &path)?;
    let mut store = kind.open(&path, Durability::Kill)?;
    let head = store.newest()?.context("head")? as usize / BATCH + 1;
    for step in 0..total / 2 / 16 {
        let first = 1 + ((head + step) * BATCH) as u64;
        store.append(first, b"-", &[], 1 + (step * 16 * BATCH) as u64)?;
    }
    store.settle()?;
    let halved = megabytes(&path);
    let from = head + total / 2 / 16;
    fill(&mut *store, from, total, Some(total / 2))?;
    store.settle()?;
    say(&format!(
        "| {} | {replay:.0} | {size:.0} | {clean} | {killed} | {halved:.0} | {:.0} |",
        kind.name(),
        megabytes(&path)
    ));
    drop(store);
    fresh(kind, dir);
    Ok(())
}

fn open_time(kind: Kind, path: &Path) -> Result<String> {
    let started = Instant::now();
    let mut store = kind.open(path, Durability::Kill)?;
    store.newest()?;
    Ok(ms(started.elapsed()))
}

/// Appends until it is killed; says each first id once it is committed.
fn child(kind: &str, path: &Path, batch: usize) -> Result<()> {
    let kind = Kind::ALL.into_iter().find(|each| each.name() == kind).context("unknown store")?;
    let mut store = kind.open(path, Durability::Kill)?;
    let mut first = store.newest()?.map_or(1, |newest| newest + 10_000);
    loop {
        store.append(first, &block(first, batch), &notes(first), 0)?;
        say(&first.to_string());
        first += batch as u64;
    }
}

/// The newest id that a killed child acknowledged.
fn kill_while_appending(kind: Kind, path: &Path, after: Duration, batch: usize) -> Result<u64> {
    let mut child = Command::new(env::current_exe()?)
        .args(["child", kind.name()])
        .arg(path)
        .arg(batch.to_string())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().context("no output")?;
    let reader = std::thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        lines.filter_map(|line| line.parse::<u64>().ok()).last()
    });
    std::thread::sleep(after);
    child.kill()?;
    child.wait()?;
    Ok(reader.join().ok().flatten().unwrap_or(0))
}

fn kills(kind: Kind, dir: &Path, rounds: u32) -> Result<()> {
    let path = fresh(kind, dir);
    let (mut lost, mut torn) = (0, 0);
    for round in 0..rounds {
        let acknowledged =
            kill_while_appending(kind, &path, Duration::from_millis(u64::from(60 + 7 * round)), 40)?;
        let mut store = kind.open(&path, Durability::Kill)?;
        let newest = store.newest()?.unwrap_or(0);
        lost += u32::from(newest < acknowledged);
        store.replay(1, &mut |first, bytes| torn += u32::from(bytes != block(first, 40)))?;
    }
    say(&format!("| {} | {rounds} | {lost} | {torn} |", kind.name()));
    fresh(kind, dir);
    Ok(())
}

fn full(kind: Kind, small: &Path) -> Result<()> {
    let path = fresh(kind, small);
    let ballast = small.join("ballast");
    fs::write(&ballast, vec![1; 16 << 20])?;
    let mut store = kind.open(&path, Durability::Kill)?;
    let (mut first, mut acknowledged) = (1, 0);
    let error = loop {
        match store.append(first, &block(first, BATCH), &notes(first), 0) {
            Ok(()) => acknowledged = first,
            Err(error) => break error,
        }
        first += BATCH as u64;
        ensure!(first < 10_000_000, "it never gets full");
    };
    let size = megabytes(&path);
    fs::remove_file(&ballast)?;
    let same = store.append(first, &block(first, BATCH), &notes(first), 0).is_ok();
    drop(store);
    let (reopened, lost) = match kind.open(&path, Durability::Kill) {
        Ok(mut store) => {
            let mut next = 1;
            store.replay(1, &mut |id, bytes| {
                if id == next && bytes == block(id, BATCH) {
                    next += BATCH as u64;
                }
            })?;
            let lost = (acknowledged + BATCH as u64).saturating_sub(next) / BATCH as u64;
            (store.append(first + BATCH as u64, &block(first, BATCH), &[], 0).is_ok(), lost.to_string())
        }
        Err(error) => (false, format!("all: {error:#}")),
    };
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    let error = format!("{error:#}").replace('\n', " ");
    say(&format!("| {} | {size:.0} | {error} | {} | {} | {lost} |", kind.name(), yes(same), yes(reopened)));
    fresh(kind, small);
    Ok(())
}
