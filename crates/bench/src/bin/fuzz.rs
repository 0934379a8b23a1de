//! Changes log lines at random for a while and compares the two readers on each: `cargo xtask fuzz`.
//!
//! Each line is read as it is before it is changed, so that most changed ones meet a layout that was learned.
//! Deterministic for a seed. A line that they disagree on, or that makes one panic, ends it and is written down.
#![expect(clippy::print_stdout, reason = "a command line tool talks through its streams")]

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use aurora_bench::lines::{self, Line};
use aurora_domain::Source;
use aurora_wire::decode::{decode, decode_with_serde, knows_layout, reads_fast};
use clap::Parser;
use rand_pcg::{Pcg64Mcg, rand_core::Rng as _};

/// What is put in more often than any byte: what JSON is made of.
const TOKENS: [&str; 28] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "\\u",
    "\\ud800",
    "-",
    ".",
    "e",
    "E+",
    "0",
    "9",
    "null",
    "true",
    "false",
    " ",
    "\n",
    "\t",
    "\"details\":{",
    "\"payload\":{",
    "\"ts_ns\":",
    "99999999999999999999",
    "1e400",
    "\u{20ac}",
];

/// Lines of at most so many bytes are changed, and grow to no more.
const MAX_BYTES: usize = 4 << 10;

/// Lines are tried by so many in one thread.
const LINES_OF_A_THREAD: u32 = 4 << 10;

#[derive(Parser)]
struct Arguments {
    /// How long to go on
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The same seed tries the same lines
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut corpus: Vec<Line> = lines::generated(5_000, arguments.seed)?;
    corpus.extend(lines::recorded()?.into_iter().step_by(7));
    corpus.retain(|line| line.bytes.len() <= MAX_BYTES);
    let mut random = Pcg64Mcg::new(u128::from(arguments.seed) | 1);
    let deadline = Instant::now() + Duration::from_secs(arguments.seconds);
    let mut counts = Counts::default();
    while Instant::now() < deadline {
        // What was learned of layouts belongs to a thread: each one begins anew.
        let turn = || (0..LINES_OF_A_THREAD).try_for_each(|_| try_one(&mut random, &corpus, &mut counts));
        let turn = std::thread::scope(|scope| scope.spawn(turn).join());
        turn.map_err(|_| anyhow!("a line made a reader panic"))??;
    }
    let Counts { tried, known, fast, rejected } = counts;
    let Arguments { seconds, seed } = arguments;
    println!(
        "seed {seed}: {tried} lines in {seconds} s, no panic and no difference; {fast} of them read fast, {known} by \
              a known layout, {rejected} rejected by both, {} read by the general parser alone",
        tried - fast - rejected
    );
    Ok(())
}

/// What became of the lines that were changed.
#[derive(Default)]
struct Counts {
    tried: u64,
    /// Read by a layout that was learned from another line.
    known: u64,
    /// What the fast reader can read.
    fast: u64,
    rejected: u64,
}

/// Reads a line as it is, and then changed.
fn try_one(random: &mut Pcg64Mcg, corpus: &[Line], counts: &mut Counts) -> Result<()> {
    let Line { mut source, bytes: mut line } =
        pick(random, corpus).context("there are no lines to start from")?.clone();
    if below(random, 4) == 0 {
        source = *pick(random, &Source::ALL).context("no kinds of files")?;
    }
    compare(source, &line)?;
    // Half of the lines stay JSON as a rule, so that layouts meet values that they were not learned from.
    let is_gentle = below(random, 2) == 0;
    for _ in 0..=below(random, 6) {
        if is_gentle {
            replace(random, &mut line);
        } else {
            change(random, &mut line, corpus);
        }
    }
    line.truncate(MAX_BYTES);
    counts.tried += 1;
    counts.known += u64::from(knows_layout(source, &line));
    counts.fast += u64::from(reads_fast(&line));
    counts.rejected += u64::from(!compare(source, &line)?);
    Ok(())
}

/// Whether `line` was read, which both readers do alike.
fn compare(source: Source, line: &[u8]) -> Result<bool> {
    let by_both = decode(source, 1, line).map_err(|rejected| rejected.reason);
    if by_both != decode_with_serde(source, line) {
        bail!("the readers disagree on {:?}", String::from_utf8_lossy(line));
    }
    Ok(by_both.is_ok())
}

/// One change: bytes flipped, removed, doubled or put in, or the rest of another line.
fn change(random: &mut Pcg64Mcg, line: &mut Vec<u8>, corpus: &[Line]) {
    let at = below(random, line.len() + 1);
    let end = line.len().min(at + 1 + below(random, 12));
    match below(random, 6) {
        0 => {
            if let Some(byte) = line.get_mut(at) {
                *byte ^= 1 << below(random, 8);
            }
        }
        1 => drop(line.drain(at..end)),
        2 => {
            let again = line.get(at..end).unwrap_or_default().to_vec();
            line.splice(at..at, again);
        }
        3 => {
            let token = pick(random, &TOKENS).copied().unwrap_or_default();
            line.splice(at..at, token.bytes());
        }
        4 => {
            let other = pick(random, corpus).map(|line| line.bytes.as_slice()).unwrap_or_default();
            let from = below(random, other.len() + 1);
            line.truncate(at);
            line.extend_from_slice(other.get(from..).unwrap_or_default());
        }
        _ => {
            let byte = u8::try_from(below(random, 256)).unwrap_or(0);
            line.insert(at, byte);
        }
    }
}

/// A digit or letter becomes another one, now and then a point, a sign or nothing.
fn replace(random: &mut Pcg64Mcg, line: &mut Vec<u8>) {
    let at = below(random, line.len() + 1);
    let Some(byte) = line.get_mut(at) else { return };
    let others: &[u8] = match *byte {
        b'0'..=b'9' => b"0123456789.e",
        byte if byte.is_ascii_alphabetic() => b"abeflnrstuxyzADEILORSTX_: ",
        _ => return,
    };
    match pick(random, others) {
        Some(other) if below(random, 8) > 0 => *byte = *other,
        _ => drop(line.remove(at)),
    }
}

fn pick<'a, T>(random: &mut Pcg64Mcg, from: &'a [T]) -> Option<&'a T> {
    from.get(below(random, from.len()))
}

/// A number below `limit`; 0 where that is 0.
fn below(random: &mut Pcg64Mcg, limit: usize) -> usize {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
    usize::try_from(random.next_u64() % limit).unwrap_or(0)
}
