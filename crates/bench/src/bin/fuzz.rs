//! Changes log lines at random for a while and compares the two readers on each: `cargo xtask fuzz`.
//!
//! Deterministic for a seed. A line that they disagree on, or that makes one panic, ends it and is written down.
#![expect(clippy::print_stdout, reason = "a command line tool talks through its streams")]

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use aurora_bench::lines::{self, Line};
use aurora_domain::Source;
use aurora_wire::decode::{decode, decode_with_serde, reads_fast};
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
    let (mut tried, mut fast, mut rejected) = (0_u64, 0_u64, 0_u64);
    while !tried.is_multiple_of(1_024) || Instant::now() < deadline {
        let mut line = pick(&mut random, &corpus).context("there are no lines to start from")?.bytes.clone();
        for _ in 0..=below(&mut random, 6) {
            change(&mut random, &mut line, &corpus);
        }
        line.truncate(MAX_BYTES);
        let source = *pick(&mut random, &Source::ALL).context("no kinds of files")?;
        let by_both = decode(source, 1, &line).map_err(|rejected| rejected.reason);
        if by_both != decode_with_serde(source, &line) {
            bail!("the readers disagree on {:?}", String::from_utf8_lossy(&line));
        }
        tried += 1;
        fast += u64::from(reads_fast(&line));
        rejected += u64::from(by_both.is_err());
    }
    let Arguments { seconds, seed } = arguments;
    println!(
        "seed {seed}: {tried} lines in {seconds} s, no panic and no difference; {fast} of them read fast, \
              {rejected} rejected by both, {} read by the general parser alone",
        tried - fast - rejected
    );
    Ok(())
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

fn pick<'a, T>(random: &mut Pcg64Mcg, from: &'a [T]) -> Option<&'a T> {
    from.get(below(random, from.len()))
}

/// A number below `limit`; 0 where that is 0.
fn below(random: &mut Pcg64Mcg, limit: usize) -> usize {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
    usize::try_from(random.next_u64() % limit).unwrap_or(0)
}
