//! Changes log lines at random for a while and compares the two readers on each: `cargo xtask fuzz`.
//!
//! Each line is read as it is before it is changed, so that most changed ones meet a layout that was learned; now and
//! then one grows up to the longest that is read. Deterministic for a seed. A line that they disagree on, that makes one
//! panic, or that takes more memory than [`allowed`], ends it and is written to a file.
#![expect(clippy::print_stdout, reason = "a command line tool talks through its streams")]

use std::{
    iter,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use aurora_bench::lines::{self, Line};
use aurora_domain::Source;
use aurora_wire::{
    MAX_LINE_BYTES,
    decode::{decode, decode_with_serde, knows_layout, reads_fast},
};
use clap::Parser;
use peak_alloc::PeakAlloc;
use rand_pcg::{Pcg64Mcg, rand_core::Rng as _};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

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

/// Lines of at most so many bytes are changed, and most of them grow to no more.
const MAX_BYTES: usize = 4 << 10;

/// One changed line in so many grows, up to [`MAX_LINE_BYTES`].
const LINES_PER_GROWN: usize = 256;

/// Members that are put into lines that grow: some that rules ask for, and one that none does.
const KEYS: [&str; 12] = [
    "grown",
    "details",
    "payload",
    "event_code",
    "symbol",
    "reason",
    "oid",
    "intent_id",
    "ts_ns",
    "latency_ms",
    "qty_final",
    "tca_breakdown",
];

/// What a reader may take while it reads, beside [`BYTES_PER_BYTE`] of the line's own length.
const FIXED_BYTES: usize = 4 << 20;
const BYTES_PER_BYTE: usize = 8;

/// What a thread may keep of all lines that it read: the layouts that it learned.
const KEPT_BYTES: usize = 4 << 20;

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
        let turn = || take_turn(&mut random, &corpus, &mut counts);
        let turn = std::thread::scope(|scope| scope.spawn(turn).join());
        turn.map_err(|_| anyhow!("the changes themselves panicked"))??;
    }
    counts.print(&arguments);
    Ok(())
}

fn take_turn(random: &mut Pcg64Mcg, corpus: &[Line], counts: &mut Counts) -> Result<()> {
    let before = MEMORY.current_usage();
    (0..LINES_OF_A_THREAD).try_for_each(|_| try_one(random, corpus, counts))?;
    let kept = MEMORY.current_usage().saturating_sub(before);
    counts.kept = counts.kept.max(kept);
    ensure!(kept <= KEPT_BYTES, "a thread kept {kept} bytes of the lines that it read");
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
    /// Lines that grew, and the bytes of the longest.
    grown: u64,
    longest: usize,
    /// The most that one line took, bytes, and its length.
    peak: (usize, usize),
    /// The most that a thread kept of its lines, bytes.
    kept: usize,
}

impl Counts {
    fn print(&self, arguments: &Arguments) {
        let Self { tried, known, fast, rejected, grown, longest, peak: (peak, length), kept } = self;
        let Arguments { seconds, seed } = arguments;
        println!(
            "seed {seed}: {tried} lines in {seconds} s, no panic and no difference; {fast} of them read fast, {known} \
             by a known layout, {rejected} rejected by both, {} read by the general parser alone",
            tried - fast - rejected
        );
        println!(
            "{grown} lines grew, the longest to {longest} bytes; the most memory that one took: {peak} bytes, for \
             {length} (allowed: {}); the most that a thread kept: {kept} bytes (allowed: {KEPT_BYTES})",
            allowed(*length)
        );
    }
}

/// The most memory that a reader may take for a line of `length` bytes.
fn allowed(length: usize) -> usize {
    FIXED_BYTES + BYTES_PER_BYTE * length
}

/// Reads a line as it is, and then changed.
fn try_one(random: &mut Pcg64Mcg, corpus: &[Line], counts: &mut Counts) -> Result<()> {
    let Line { mut source, bytes: mut line } =
        pick(random, corpus).context("there are no lines to start from")?.clone();
    if below(random, 4) == 0 {
        source = *pick(random, &Source::ALL).context("no kinds of files")?;
    }
    compare(source, &line, counts)?;
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
    if below(random, LINES_PER_GROWN) == 0 {
        grow(random, &mut line);
        line.truncate(MAX_LINE_BYTES);
        counts.grown += 1;
        counts.longest = counts.longest.max(line.len());
        // So that the layout of a grown line is learned too.
        compare(source, &line, counts)?;
    }
    counts.tried += 1;
    counts.known += u64::from(knows_layout(source, &line));
    counts.fast += u64::from(reads_fast(&line));
    counts.rejected += u64::from(!compare(source, &line, counts)?);
    Ok(())
}

/// Whether `line` was read, which both readers do alike, without a panic and in bounded memory.
fn compare(source: Source, line: &[u8], counts: &mut Counts) -> Result<bool> {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let both = catch_unwind(AssertUnwindSafe(|| {
        let ours = decode(source, 1, line).map_err(|rejected| rejected.reason);
        let taken = MEMORY.peak_usage();
        MEMORY.reset_peak_usage();
        (ours == decode_with_serde(source, line), ours.is_ok(), taken.max(MEMORY.peak_usage()))
    }));
    let Ok((alike, is_read, peak)) = both else { bail!("a reader panics on {}", write_down(line)?) };
    let peak = peak.saturating_sub(before);
    counts.peak = counts.peak.max((peak, line.len()));
    ensure!(alike, "the readers disagree on {}", write_down(line)?);
    ensure!(
        peak <= allowed(line.len()),
        "{peak} bytes were taken, more than {}, for {}",
        allowed(line.len()),
        write_down(line)?
    );
    Ok(is_read)
}

/// Where the line is found.
fn write_down(line: &[u8]) -> Result<String> {
    let path = std::env::temp_dir().join(format!("aurora-fuzz-{}.line", std::process::id()));
    std::fs::write(&path, line).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(format!("the line in {}", path.display()))
}

/// Puts members with something long in as the first ones, or something long anywhere.
fn grow(random: &mut Pcg64Mcg, line: &mut Vec<u8>) {
    let most = MAX_LINE_BYTES >> below(random, 9);
    let size = below(random, most.saturating_sub(line.len()));
    let key = pick(random, &KEYS).copied().unwrap_or_default();
    let member = |value: String| format!("\"{key}\":{value},");
    // Half of what is nested is as deep as it is long, the other half wide.
    let depth = if below(random, 2) == 0 { size } else { below(random, 200) };
    let nested = |open: &str, inner: &str, close: char| {
        let depth = depth / (open.len() + 1);
        let wide = inner.repeat((size / inner.len()).saturating_sub(2 * depth));
        member(open.repeat(depth) + &wide + "0" + &close.to_string().repeat(depth))
    };
    let text = match below(random, 10) {
        0 => nested("[", "0,", ']'),
        1 => nested("{\"a\":", "1", '}'),
        2 => member("{\"a\":".repeat(size / 5)),
        3 => member(format!("\"{}\"", "a\u{20ac}".repeat(size / 4))),
        4 => member("7".repeat(size)),
        5 => member(format!("0.{}e-{}", "0".repeat(size / 2), "9".repeat(size / 2))),
        6 => member(format!("\"{}\"", ["\\u20ac", "\\n", "\\ud83d\\ude00"].concat().repeat(size / 20))),
        7 => format!("\"{key}\":1,").repeat(size / (key.len() + 5)),
        8 => (0..size / 12).fold(String::new(), |text, number| text + &format!("\"k{number:06}\":1,")),
        _ => iter::repeat_n(" \t", size / 2).collect(),
    };
    let start = line.iter().position(|byte| *byte == b'{').map_or(0, |at| at + 1);
    let at = if below(random, 4) == 0 { below(random, line.len() + 1) } else { start };
    line.splice(at..at, text.bytes());
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
