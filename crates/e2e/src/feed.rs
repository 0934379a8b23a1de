//! Owns running the feed: serving a session directory, generating one, and summing one up.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::places;
use crate::process::Process;

const START_DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

/// Serves `session_dir` on loopback `port`, and waits until it answers.
///
/// # Errors
/// When it ends or does not answer `/healthz` within half a minute.
pub fn serve(session_dir: &Path, port: u16, logs: &Path) -> Result<Process> {
    let mut command = Command::new(places::feed()?);
    command.arg("--session-dir").arg(session_dir).args(["--port", &port.to_string()]);
    command.arg("--journal-dir").arg(logs.join("journal"));
    command.args(["--trusted-proxy", "127.0.0.1"]); // nginx; the feed has no token here
    let mut process = Process::spawn(&mut command, "feed", logs)?;
    let deadline = Instant::now() + START_DEADLINE;
    while !is_up(port) {
        process.must_run()?;
        if Instant::now() > deadline {
            bail!("the feed does not answer /healthz on port {port}:\n{}", process.tail());
        }
        std::thread::sleep(POLL);
    }
    Ok(process)
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

fn is_up(port: u16) -> bool {
    let ask = || -> std::io::Result<[u8; 12]> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(head)
    };
    ask().is_ok_and(|head| head == *b"HTTP/1.1 200")
}
