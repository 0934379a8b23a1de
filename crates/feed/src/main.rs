//! The `aurora-feed` program: reads the command line, sets up logging, runs until a signal.

use std::{
    io::{self, ErrorKind, IsTerminal as _, Write as _, stderr},
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context as _;
use aurora_domain::report::Overall;
use aurora_feed::{
    cli::{
        Cli, CliError, Command, FeedArgs, LogFormat, ReportArgs, RulesArgs, SimulateArgs, SummarizeArgs,
        listen,
    },
    report, rules, simulate,
    summarize::{self, Report, SummarizeError},
};
use clap::Parser as _;
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let (log_level, log_format) = match &cli.command {
        None => (&*cli.serve.feed.log_level, cli.serve.feed.log_format),
        Some(Command::Simulate(args)) => (&*args.feed.log_level, args.feed.log_format),
        Some(Command::Summarize(_) | Command::Rules(_) | Command::Report(_) | Command::VerifyReport(_)) => {
            ("warn", LogFormat::Text)
        }
    };
    let outcome = log_to_stderr(log_level, log_format).and_then(|()| run(&cli));
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            say(&failure);
            ExitCode::FAILURE
        }
    }
}

/// The last word goes out whatever the log level is. Messages name their cause themselves.
#[expect(clippy::print_stderr, reason = "why a program did not start belongs on stderr")]
fn say(failure: &anyhow::Error) {
    eprintln!("aurora-feed: {failure}");
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let done = match &cli.command {
        None => {
            let runtime = runtime()?;
            let stop = runtime.block_on(async { stop_signal() })?;
            let outcome = runtime.block_on(serve(&cli.serve.session_dir, &cli.serve.feed, stop));
            // A disk that does not answer holds nobody up.
            runtime.shutdown_background();
            outcome
        }
        Some(Command::Simulate(args)) => simulate(&runtime()?, args),
        Some(Command::Summarize(args)) => summarize(args),
        Some(Command::Rules(args)) => check_rules(args),
        Some(Command::Report(args)) => return judge(args),
        Some(Command::VerifyReport(args)) => report::verify(args).map_err(Into::into),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Prints a report; what it says is the exit code.
fn judge(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    let report::Made { text, overall } = report::make(args)?;
    match &args.output {
        Some(path) => report::write(path, &text, args.sign.as_deref())?,
        None => {
            print(&text)?;
        }
    }
    Ok(match overall {
        Overall::Pass => ExitCode::SUCCESS,
        Overall::Fail => ExitCode::from(2),
        Overall::Inconclusive => ExitCode::from(3),
    })
}

fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime; the system is out of threads or memory")
}

/// Prints a session's totals. What could be read is printed even where a file ends early.
fn summarize(args: &SummarizeArgs) -> anyhow::Result<()> {
    let reduced = summarize::reduce(&args.dir)?;
    let report = Report::new(&reduced);
    if !print(&report.print(args.format))? {
        return Ok(());
    }
    let incomplete = reduced.input.incomplete;
    if incomplete.is_empty() { Ok(()) } else { Err(SummarizeError::Incomplete { files: incomplete }.into()) }
}

/// Prints rule files as JSON where all of them can be in force.
fn check_rules(args: &RulesArgs) -> anyhow::Result<()> {
    let rules = rules::read(&args.files)?;
    print(&(rules.file().to_json() + "\n")).map(drop)
}

/// Writes to standard output. False where whoever reads it has seen enough.
fn print(text: &str) -> anyhow::Result<bool> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => {
            written.context("cannot write to standard output; its disk may be full")?;
            Ok(true)
        }
    }
}

async fn serve(session_dir: &Path, args: &FeedArgs, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let config = args.config(session_dir)?;
    if config.token.is_none() {
        warn!(
            "no --auth-token-file: serving loopback only, and anyone on this machine can read the session, \
             through a --trusted-proxy also anyone whom that lets in"
        );
    }
    let listener = listen(args.address()?).await?;
    let address = listener.local_addr().context("the socket has no address")?;
    info!(
        version = env!("CARGO_PKG_VERSION"),
        session_dir = %session_dir.display(),
        token = config.token.is_some(),
        "listening on http://{address}"
    );
    let shutdown = async move {
        stop.wait_for(|stop| *stop).await.ok();
    };
    Ok(aurora_feed::serve(config, listener, shutdown).await?)
}

/// Writes a session, with the feed beside it where that was asked for. The feed outlives the session, so
/// that its end can be looked at.
fn simulate(runtime: &Runtime, args: &SimulateArgs) -> anyhow::Result<()> {
    let mut stop = runtime.block_on(async { stop_signal() })?;
    let stop_writing = Arc::new(AtomicBool::new(false));
    let (session, flag) = (args.session.clone(), Arc::clone(&stop_writing));
    runtime.block_on(async {
        let serving = args.telemetry.then(|| serve(&args.session.session_dir, &args.feed, stop.clone()));
        let writing = async {
            let mut writer = tokio::task::spawn_blocking(move || simulate::run(&session, &flag));
            let outcome = tokio::select! {
                outcome = &mut writer => outcome,
                _ = stop.wait_for(|stop| *stop) => {
                    stop_writing.store(true, Ordering::Relaxed);
                    writer.await
                }
            };
            let totals = outcome.context("the writer panicked")??;
            info!(?totals, "the session is complete");
            anyhow::Ok(())
        };
        match serving {
            Some(serving) => tokio::try_join!(serving, writing).map(|_| ()),
            None => writing.await,
        }
    })
}

/// Becomes true at SIGINT or SIGTERM.
fn stop_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stop.send_replace(true);
    });
    Ok(stopped)
}

fn log_to_stderr(level: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(level)
        .map_err(|error| CliError::LogLevel { level: level.to_owned(), reason: error.to_string() })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_target(false);
    match format {
        LogFormat::Text => log.with_ansi(stderr().is_terminal()).init(),
        LogFormat::Json => {
            log.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
        }
    }
    Ok(())
}
