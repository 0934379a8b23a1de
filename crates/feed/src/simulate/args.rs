//! Command-line arguments of the generator and the scenarios it knows.

use std::path::PathBuf;

/// What the simulated market and bot go through. Every eventful scenario repeats every three minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, clap::ValueEnum)]
pub enum Scenario {
    /// Nothing unusual.
    Calm,
    /// Decision and acknowledgement latency times eight for a minute.
    LatencySpike,
    /// Denials rise to 85 % of the intents for a minute, in bursts.
    DenyStorm,
    /// Rejects rise, the circuit breaker opens for 40 s, half-opens and closes; escalation, cool-off, halt, resume.
    BreakerTrip,
    /// Files rotate at a small size by the bot's own pattern.
    Rotation,
    /// Malformed lines, NUL runs, invalid UTF-8, lines over 1 MiB, lines finished later.
    CorruptLines,
    /// Three minutes of each of the others in turn.
    #[default]
    Mixed,
}

/// Arguments of `aurora-feed simulate`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Directory to write the session into; created if missing, refused if it already holds session files
    #[arg(long, env = "AURORA_SESSION_DIR", value_name = "DIR")]
    pub session_dir: PathBuf,

    /// Lines per second, on average across all files
    #[arg(long, default_value_t = 40.0, value_name = "LINES")]
    pub rate: f64,

    /// Seed: the same seed, scenario, rate and start write the same bytes [default: random, logged at start]
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// What the market and the bot go through
    #[arg(long, value_enum, default_value_t = Scenario::Mixed)]
    pub scenario: Scenario,

    /// Seconds of session to write; 0 goes on until stopped
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    pub duration: u64,

    /// Time of the first line in Unix seconds [default: now]
    #[arg(long, value_name = "UNIX_SECONDS")]
    pub start: Option<u64>,

    /// Write the whole duration at once instead of at real speed
    #[arg(long)]
    pub as_fast_as_possible: bool,
}
