//! Owns running the feed: serving a session directory, generating one, and summing one up.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::process::Process;
use crate::{http, places};

const START_DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

/// How a feed is started.
#[derive(Clone, Debug)]
pub struct Service {
    /// What it serves.
    pub session_dir: PathBuf,
    /// Where it listens, on loopback.
    pub port: u16,
    /// Holds its journal and what it writes.
    pub folder: PathBuf,
    /// The token that it asks for, where it does.
    pub token_file: Option<PathBuf>,
}

impl Service {
    /// The built feed on `session_dir` at loopback `port`, without a token.
    #[must_use]
    pub fn new(session_dir: &Path, port: u16, folder: &Path) -> Self {
        let (session_dir, folder) = (session_dir.to_path_buf(), folder.to_path_buf());
        Self { session_dir, port, folder, token_file: None }
    }

    /// Where its journal is.
    #[must_use]
    pub fn journal_dir(&self) -> PathBuf {
        self.folder.join("journal")
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// When it ends or does not answer `/healthz` within half a minute.
    pub fn start(&self) -> Result<Process> {
        let mut command = Command::new(places::feed()?);
        command.arg("--session-dir").arg(&self.session_dir).args(["--port", &self.port.to_string()]);
        command.arg("--journal-dir").arg(self.journal_dir());
        command.args(["--trusted-proxy", "127.0.0.1"]); // nginx
        if let Some(file) = &self.token_file {
            command.arg("--auth-token-file").arg(file);
        }
        let mut process = Process::spawn(&mut command, "feed", &self.folder)?;
        let deadline = Instant::now() + START_DEADLINE;
        while !http::get(self.port, "/healthz").is_ok_and(|answer| answer.status == 200) {
            process.must_run()?;
            if Instant::now() > deadline {
                bail!("the feed does not answer /healthz on port {}:\n{}", self.port, process.tail());
            }
            std::thread::sleep(POLL);
        }
        Ok(process)
    }
}

/// Serves `session_dir` on loopback `port` without a token, and waits until it answers.
///
/// # Errors
/// When it ends or does not answer `/healthz` within half a minute.
pub fn serve(session_dir: &Path, port: u16, logs: &Path) -> Result<Process> {
    Service::new(session_dir, port, logs).start()
}

/// Writes a generated session into `session_dir` until dropped, `rate` events a second.
///
/// # Errors
/// When the generator cannot be started.
pub fn simulate(session_dir: &Path, rate: u32, logs: &Path) -> Result<Process> {
    let mut command = Command::new(places::feed()?);
    command.args(["simulate", "--scenario", "calm", "--seed", "7", "--duration", "0"]);
    command.args(["--rate", &rate.to_string(), "--session-dir"]).arg(session_dir);
    Process::spawn(&mut command, "simulate", logs)
}

/// Writes a session of so many events that ends now.
///
/// # Errors
/// When the generator fails.
pub fn write(session_dir: &Path, events: u64) -> Result<()> {
    const RATE: u64 = 1_000;
    let seconds = events.div_ceil(RATE);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let mut command = Command::new(places::feed()?);
    command.args(["simulate", "--scenario", "calm", "--seed", "7", "--as-fast-as-possible"]);
    command.args(["--duration", &seconds.to_string(), "--rate", &RATE.to_string()]);
    command.args(["--start", &(now - seconds).to_string(), "--session-dir"]).arg(session_dir);
    let output = command.output()?;
    if !output.status.success() {
        bail!("simulate failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// The totals of a session, as `aurora-feed summarize` prints them.
///
/// # Errors
/// When it fails or prints something that is not JSON.
pub fn summarize(session_dir: &Path) -> Result<Value> {
    let mut command = Command::new(places::feed()?);
    let output = command.arg("summarize").arg(session_dir).args(["--format", "json"]).output()?;
    if !output.status.success() {
        bail!("summarize failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("summarize printed something that is not JSON")
}

/// The count that `summary` gives for `metric` (`orders.submitted`), or none where it says that there is no data.
///
/// # Errors
/// When the summary does not have it at all.
pub fn figure(summary: &Value, metric: &str) -> Result<Option<u64>> {
    let pointer = format!("/{}", metric.replace('.', "/"));
    let found =
        summary.pointer(&pointer).with_context(|| format!("the summary has no {metric}: {summary}"))?;
    Ok(found.as_u64())
}
