//! `cargo xtask run`: everything built, a session served, and the address printed.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::args::Args;
use crate::process::Group;
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{dashboard, feed, health};

const DEFAULT_PORT: u16 = 8001;
const START_DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

/// What is to be served, and where.
#[derive(Debug)]
struct Plan {
    /// The session to show; none means a generated one.
    session_dir: Option<PathBuf>,
    host: String,
    port: u16,
    /// Flags for the generator.
    generator: Vec<String>,
    /// Flags for the feed as they stand.
    extra: Vec<String>,
    open: bool,
}

/// Builds, starts, prints the address, and stays until interrupted.
pub(crate) fn main(workspace: &Workspace, words: Vec<String>) -> Result<()> {
    let plan = Plan::read(words)?;
    let address = plan.address()?;
    refuse_busy(address)?;

    let mut steps = Steps::new(4);
    steps.must("Rust target and tools", || dashboard::ensure_tools(workspace))?;
    steps.must("dashboard (release)", || dashboard::build(workspace))?;
    let binary = steps.must("feed (release)", || feed::build(workspace))?;

    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed)).context("cannot watch for Ctrl-C")?;

    let log = workspace.target.join("aurora-feed.log");
    let mut group =
        steps.must("feed start", || plan.start(workspace, &binary, &log, address, &interrupted))?;
    println!("      feed log: {}", log.display());
    let url = format!("http://{address}/");
    println!("      Ctrl-C stops everything.\n\n  Aurora Live: {url}\n");
    if plan.open {
        open(&url);
    }
    while !interrupted.load(Ordering::Relaxed) {
        if let Some(status) = group.ended()? {
            bail!("the feed ended ({status}); its last words:\n{}", tail(&log));
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}

impl Plan {
    fn read(words: Vec<String>) -> Result<Self> {
        let flags = ["--session-dir", "--port", "--host", "--scenario", "--rate", "--seed"];
        let args = Args::parse(words, &flags, &["--open"])?;
        let mut generator = Vec::new();
        for (flag, default) in [("--scenario", Some("mixed")), ("--rate", None), ("--seed", None)] {
            if let Some(value) = args.value(flag).or(default) {
                generator.extend([flag.to_owned(), value.to_owned()]);
            }
            if args.value(flag).is_some() && args.value("--session-dir").is_some() {
                bail!("{flag} is about a generated session: leave it out, or leave out --session-dir");
            }
        }
        let session_dir = args.value("--session-dir").map(std::path::absolute).transpose()?;
        Ok(Self {
            session_dir,
            host: args.value("--host").unwrap_or("127.0.0.1").to_owned(),
            port: args.parsed("--port", "a port number")?.unwrap_or(DEFAULT_PORT),
            generator,
            open: args.has("--open"),
            extra: args.rest,
        })
    }

    /// The address to listen on; one that stands for all interfaces is opened as loopback.
    fn address(&self) -> Result<SocketAddr> {
        let found = (self.host.as_str(), self.port).to_socket_addrs();
        let mut found =
            found.with_context(|| format!("--host {} is no address of this machine", self.host))?;
        let mut address = found.next().with_context(|| format!("--host {} has no address", self.host))?;
        if address.ip().is_unspecified() {
            address.set_ip([127, 0, 0, 1].into());
        }
        Ok(address)
    }

    /// Starts the feed, with the generator before it where no session is given, and waits until it answers.
    fn start(
        &self,
        workspace: &Workspace,
        binary: &Path,
        log: &Path,
        address: SocketAddr,
        interrupted: &AtomicBool,
    ) -> Result<Group> {
        let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(binary);
        if let Some(dir) = &self.session_dir {
            command.arg("--session-dir").arg(dir);
            println!("      session: {}", dir.display());
        } else {
            let dir = live_session(workspace)?;
            command.args(["simulate", "--telemetry", "--duration", "0"]).args(&self.generator);
            command.arg("--session-dir").arg(&dir);
            println!("      generated session: {}", dir.display());
        }
        command.args(["--host", &self.host, "--port", &self.port.to_string(), "--static-dir"]);
        command.arg(workspace.dist());
        if !self.extra.iter().any(|flag| flag.starts_with("--journal-dir")) {
            command.arg("--journal-dir").arg(workspace.target.join("journal"));
        }
        command.args(&self.extra);
        command.stdout(Stdio::from(output.try_clone()?)).stderr(Stdio::from(output));
        let mut group = Group::spawn(&mut command)?;
        let deadline = Instant::now() + START_DEADLINE;
        while !health::is_up(address) {
            if let Some(status) = group.ended()? {
                bail!("the feed ended ({status}); its last words:\n{}", tail(log));
            }
            if interrupted.load(Ordering::Relaxed) {
                bail!("interrupted");
            }
            if Instant::now() > deadline {
                bail!("the feed did not answer http://{address}/healthz; its last words:\n{}", tail(log));
            }
            std::thread::sleep(POLL);
        }
        Ok(group)
    }
}

/// A port in use is said before minutes of building, not after them.
fn refuse_busy(address: SocketAddr) -> Result<()> {
    match TcpListener::bind(address) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "port {} is in use: stop the program that has it (an earlier `cargo xtask run`?), or choose another \
             one with `--port {}`",
            address.port(),
            address.port().saturating_add(1)
        ),
        Err(error) => {
            Err(error).with_context(|| format!("cannot listen on {address}: check --host and --port"))
        }
        Ok(_) => Ok(()),
    }
}

fn live_session(workspace: &Workspace) -> Result<PathBuf> {
    let now = UNIX_EPOCH.elapsed().context("the clock stands before 1970")?.as_secs();
    let dir = workspace.target.join("live-session").join(now.to_string());
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    Ok(dir)
}

fn open(url: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let started = Command::new(opener).arg(url).stdin(Stdio::null()).stderr(Stdio::null()).spawn();
    if started.is_err() {
        println!("      `{opener}` is not there to open a browser with: open the address by hand");
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(20);
    lines.get(from..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(line: &str) -> Result<Plan> {
        Plan::read(line.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn without_flags_a_mixed_session_is_generated_on_port_8001() {
        let plan = plan("").unwrap();
        assert_eq!(plan.session_dir, None);
        assert_eq!(plan.generator, ["--scenario", "mixed"]);
        assert_eq!(plan.address().unwrap().to_string(), "127.0.0.1:8001");
    }

    #[test]
    fn all_interfaces_are_opened_as_loopback() {
        assert_eq!(plan("--host 0.0.0.0 --port 9").unwrap().address().unwrap().to_string(), "127.0.0.1:9");
    }

    #[test]
    fn a_rate_for_a_session_that_exists_is_refused() {
        let said = plan("--session-dir x --rate 5").unwrap_err().to_string();
        assert!(said.starts_with("--rate is about a generated session"), "{said}");
    }

    #[test]
    fn a_busy_port_is_said_with_what_to_do() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let said = refuse_busy(taken.local_addr().unwrap()).unwrap_err().to_string();
        assert!(said.contains("is in use") && said.contains("--port"), "{said}");
    }
}
