//! Carries a plan out: at real speed, catching up when behind, or as fast as possible.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::args::Args;
use super::directory::Directory;
use super::error::SimulateError;
use super::plan::{Plan, plan};
use super::stamp::SECOND;
use super::totals::Totals;

/// How often gathered lines are written at real speed.
const TICK: Duration = Duration::from_millis(10);

/// Actions between two looks at the stop flag while catching up.
const ACTIONS_PER_LOOK: usize = 4_096;

/// Latest time that fits: the year 2500, in Unix seconds.
const LATEST_S: u64 = 16_725_225_600;

/// Writes a session until its duration is over or `stop` is set; always ends it with a summary.
///
/// Blocks: call it from a thread of its own.
///
/// # Errors
/// When the arguments are out of range, the directory holds a session already, or it cannot be written.
pub fn run(args: &Args, stop: &AtomicBool) -> Result<Totals, SimulateError> {
    let span = Span::of(args)?;
    let seed = args.seed.unwrap_or_else(random_seed);
    let mut directory = Directory::create(&args.session_dir)?;
    let mut plan = plan(seed, args.scenario, args.rate, span.start_ns);
    tracing::info!(
        seed,
        scenario = ?args.scenario,
        rate = args.rate,
        start_ns = span.start_ns,
        dir = %args.session_dir.display(),
        "writing a generated session"
    );
    let reached_ns = if args.as_fast_as_possible {
        write_until(span.end_ns, &mut plan, &mut directory, stop)?
    } else {
        write_paced(&span, &mut plan, &mut directory, stop)?
    };
    for last in plan.finish(reached_ns) {
        directory.apply(last.action)?;
    }
    directory.close()?;
    Ok(plan.totals().clone())
}

/// From when to when the session goes.
#[derive(Debug, Clone, Copy)]
struct Span {
    start_ns: u64,
    /// `u64::MAX` for a session without an end.
    end_ns: u64,
}

impl Span {
    fn of(args: &Args) -> Result<Self, SimulateError> {
        let Args { rate, duration, .. } = *args;
        if !(0.1..=1e6).contains(&rate) {
            return Err(SimulateError::Rate { rate });
        }
        if args.as_fast_as_possible && duration == 0 {
            return Err(SimulateError::Endless);
        }
        let start = args.start.unwrap_or_else(|| unix_ns() / SECOND);
        if start.checked_add(duration).is_none_or(|end| end > LATEST_S) {
            return Err(SimulateError::Start { start, duration });
        }
        let start_ns = args.start.map_or_else(unix_ns, |start| start * SECOND);
        let end_ns = if duration == 0 { u64::MAX } else { start_ns + duration * SECOND };
        Ok(Self { start_ns, end_ns })
    }
}

/// Writes everything up to `limit_ns`; returns how far it came.
fn write_until(
    limit_ns: u64,
    plan: &mut Plan,
    directory: &mut Directory,
    stop: &AtomicBool,
) -> Result<u64, SimulateError> {
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..ACTIONS_PER_LOOK {
            let Some(next) = plan.next_until(limit_ns) else {
                directory.flush()?;
                return Ok(limit_ns);
            };
            directory.apply(next.action)?;
        }
    }
    Ok(plan.totals().last_ns)
}

/// Writes each line when it is due; after a pause of the machine what is overdue comes at once.
fn write_paced(
    span: &Span,
    plan: &mut Plan,
    directory: &mut Directory,
    stop: &AtomicBool,
) -> Result<u64, SimulateError> {
    let began = Instant::now();
    loop {
        let elapsed_ns = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let now_ns = span.start_ns.saturating_add(elapsed_ns).min(span.end_ns);
        let reached_ns = write_until(now_ns, plan, directory, stop)?;
        if reached_ns >= span.end_ns || stop.load(Ordering::Relaxed) {
            return Ok(reached_ns);
        }
        thread::sleep(TICK);
    }
}

fn unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(0)
}

/// Short enough to be typed again.
fn random_seed() -> u64 {
    RandomState::new().hash_one(unix_ns()) >> 32
}
