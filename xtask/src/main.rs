//! The project's own commands: `cargo xtask COMMAND`.
//!
//! One file per command; what several of them need stands in modules of its own. Every command may be started from
//! any folder of the workspace, touches the network only when something is missing, and ends with a non-zero code
//! when anything it did failed.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks through its streams"
)]

mod args;
mod bench;
mod ci;
mod dashboard;
mod dist;
mod externalize;
mod feed;
mod health;
mod npm;
mod process;
mod run;
mod single;
mod steps;
mod system;
mod test;
mod tidy;
mod toolchain;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask COMMAND [OPTIONS]

  run                 build everything and serve a live session; prints the page's address
      --session-dir DIR   show this session instead of a generated one
      --port PORT         listen here (default 8001)
      --host ADDRESS      listen on this address (default 127.0.0.1)
      --scenario NAME     what the generated session shows (calm, latency-spike, deny-storm, …; default mixed)
      --rate N            events a second of the generated session
      --open              open the page in the default browser
      -- FLAGS            everything after this goes to aurora-feed as it stands
  test                native, browser and end-to-end tests; installs what they need
  ci                  formatting, lints, docs, tidy and dependency checks
  tidy                dependency directions and source rules
  dist                release build of dist/ and its download size as a Markdown table
      --precompress       also write .gz and .br files beside what a server should send compressed
      --single-file       also write target/aurora-live.html, the whole page in one file, which runs from file: too
  bench               what the way from bytes to state costs, natively and in headless Chromium, as Markdown
      --events N          events in each stream of the browser's run (default 1000000)
      --rounds N          measured rounds there (default 5)
      --redraws N         redraws of each chart in each round (default 60)
      --native-only, --browser-only, --charts-only
      --lighthouse        what Lighthouse says of the built page behind nginx, and nothing else; needs npm
  fuzz                compares the two readers of log lines on lines changed at random
      --seconds N         how long (default 60)
      --seed N            the same seed tries the same lines (default 1)
  externalize-init    trunk's post-build hook: moves the inline start script into a file
";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next();
    match dispatch(command.as_deref(), words.collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Option<&str>, words: Vec<String>) -> Result<()> {
    let workspace = Workspace::find()?;
    match command {
        Some("run") => run::main(&workspace, words),
        Some("test") => {
            args::none("test", &words)?;
            test::main(&workspace)
        }
        Some("ci") => {
            args::none("ci", &words)?;
            ci::main(&workspace)
        }
        Some("tidy") => {
            args::none("tidy", &words)?;
            tidy::main(&workspace)
        }
        Some("bench") => bench::main(&workspace, words),
        Some("fuzz") => bench::fuzz(&workspace, words),
        Some("dist") => dist::main(&workspace, words),
        Some("externalize-init") => externalize::main(),
        None | Some("help" | "--help" | "-h") => {
            print!("{USAGE}");
            Ok(())
        }
        Some(other) => bail!("there is no command `{other}`\n\n{USAGE}"),
    }
}
