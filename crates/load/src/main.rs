//! Measures event streams under load: latency of a fan-out, memory of idle clients, lines a second through the whole
//! feed, and replay.
//!
//! Invariants: servers and writers are real processes and real files; servers take turns within a round, so that what
//! else the machine does meets all of them; every figure is the median of the rounds; a round in which an event is
//! missing, repeated or out of order fails, and with it the program.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks through its streams"
)]

mod client;
mod fanout;
mod idle;
mod ids;
mod machine;
mod publish;
mod replay;
mod server;
mod session;
mod stamps;
mod table;
mod through;
mod turns;

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand, value_parser};

use crate::server::Kind;

#[derive(Parser)]
#[command(about, version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything below in one run, as Markdown.
    All(All),
    /// Latency from the time an event is due to its arrival at each of many clients.
    Fanout(Fanout),
    /// Memory that a server takes for each client that only waits.
    Idle(Idle),
    /// Lines a second from a log that is written as fast as possible, through the journal, to one client.
    Through(Through),
    /// Events a second from the journal of a feed that was killed and started again, to one client.
    Replay(Replay),
}

/// Which servers are compared.
#[derive(Args)]
pub(crate) struct Servers {
    /// Servers to measure; one that is not installed is left out, and said.
    #[arg(long, value_enum, num_args = 1.., default_values_t = Kind::ALL)]
    server: Vec<Kind>,
}

/// How a fan-out is measured.
#[derive(Args)]
pub(crate) struct FanoutLoad {
    /// Clients at the same time.
    #[arg(long, default_value_t = 1_000, value_parser = value_parser!(u32).range(1..))]
    clients: u32,
    /// Events a second, each sent to every client.
    #[arg(long, default_value_t = 50, value_parser = value_parser!(u32).range(1..))]
    rate: u32,
    /// Seconds that are measured, after a warm-up of two.
    #[arg(long, default_value_t = 30, value_parser = value_parser!(u32).range(1..))]
    seconds: u32,
}

/// `fanout`.
#[derive(Args)]
pub(crate) struct Fanout {
    #[command(flatten)]
    servers: Servers,
    #[command(flatten)]
    load: FanoutLoad,
    #[command(flatten)]
    rounds: Rounds,
}

/// How idle clients are measured.
#[derive(Args)]
pub(crate) struct IdleLoad {
    /// Idle clients at the same time.
    #[arg(long, default_value_t = 10_000, value_parser = value_parser!(u32).range(1..))]
    idle_clients: u32,
    /// Seconds that they wait; more than 15 take in a heartbeat.
    #[arg(long, default_value_t = 20)]
    hold: u32,
}

/// `idle`.
#[derive(Args)]
pub(crate) struct Idle {
    #[command(flatten)]
    servers: Servers,
    #[command(flatten)]
    load: IdleLoad,
    #[command(flatten)]
    rounds: Rounds,
}

/// How much goes through the feed.
#[derive(Args)]
pub(crate) struct Lines {
    /// Lines of a generated session's events.
    #[arg(long, default_value_t = 1_000_000, value_parser = value_parser!(u32).range(1..))]
    lines: u32,
}

/// `through`.
#[derive(Args)]
pub(crate) struct Through {
    #[command(flatten)]
    load: Lines,
    #[command(flatten)]
    rounds: Rounds,
}

/// `replay`.
#[derive(Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    load: Lines,
    #[command(flatten)]
    rounds: Rounds,
}

/// `all`.
#[derive(Args)]
struct All {
    #[command(flatten)]
    servers: Servers,
    #[command(flatten)]
    fanout: FanoutLoad,
    #[command(flatten)]
    idle: IdleLoad,
    #[command(flatten)]
    lines: Lines,
    #[command(flatten)]
    rounds: Rounds,
}

/// How often everything is done.
#[derive(Args)]
pub(crate) struct Rounds {
    /// Rounds; figures are the medians of them.
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u32).range(1..))]
    rounds: u32,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    machine::raise_open_files()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let result = runtime.block_on(async {
        // Dropping the run ends its servers, which have process groups of their own, and removes its folders.
        tokio::select! {
            result = run(arguments.command) => result,
            stopped = tokio::signal::ctrl_c() => stopped.map_err(Into::into).and_then(|()| bail!("stopped")),
        }
    });
    runtime.shutdown_background();
    result
}

async fn run(command: Command) -> Result<()> {
    println!("{}\n", machine::describe()?);
    match command {
        Command::All(how) => all(&how).await,
        Command::Fanout(how) => {
            fanout::run(&server::installed(&how.servers.server)?, &how.load, how.rounds.rounds).await
        }
        Command::Idle(how) => {
            idle::run(&server::installed(&how.servers.server)?, &how.load, how.rounds.rounds).await
        }
        Command::Through(how) => through::run(how.load.lines, how.rounds.rounds).await,
        Command::Replay(how) => replay::run(how.load.lines, how.rounds.rounds).await,
    }
}

async fn all(how: &All) -> Result<()> {
    let (servers, rounds) = (server::installed(&how.servers.server)?, how.rounds.rounds);
    let parts = [
        fanout::run(&servers, &how.fanout, rounds).await,
        idle::run(&servers, &how.idle, rounds).await,
        through::run(how.lines.lines, rounds).await,
        replay::run(how.lines.lines, rounds).await,
    ];
    let failed: Vec<String> =
        parts.into_iter().filter_map(|part| Some(format!("{:#}", part.err()?))).collect();
    if !failed.is_empty() {
        bail!("{} of 4 parts failed:\n- {}", failed.len(), failed.join("\n- "));
    }
    Ok(())
}
