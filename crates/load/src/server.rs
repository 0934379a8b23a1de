//! Owns the servers that are measured: the feed, nginx with its nchan module, and a Python server on Starlette.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use aurora_e2e::{places, process::Process};
use tokio::time::Instant;

use crate::{client::Client, publish::Publisher};

const START_DEADLINE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);
/// Connections that each server is set up for.
const CONNECTIONS: u64 = 20_000;
/// Where clients open their streams.
pub(crate) const STREAM: &str = "/sse";
/// nginx's module, where Debian puts it.
const NCHAN_MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// The feed, which reads what is appended to a log and journals it (`AURORA_FEED_BIN` names the program).
    Feed,
    /// nginx with nchan, which takes posts and keeps them in memory (`NGINX` names the program, `NCHAN_MODULE` the module).
    Nchan,
    /// Starlette on uvicorn, which takes posts and keeps nothing (`PYTHON` names an interpreter that has both).
    Starlette,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Feed, Kind::Nchan, Kind::Starlette];

    /// Its version.
    ///
    /// # Errors
    /// When it is not installed, with what to do.
    fn version(self) -> Result<String> {
        match self {
            Kind::Feed => said(Command::new(feed_program()?).arg("--version")),
            Kind::Nchan => Ok(format!("{}, {}", said(Command::new(nginx()?).arg("-v"))?, nchan_module()?.display())),
            Kind::Starlette => said(Command::new(python()).args(["-c", include_str!("version.py")]))
                .context("install both with pip, as in `pip install starlette 'uvicorn[standard]'`, and name that interpreter in PYTHON"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Kind::Feed => "feed",
            Kind::Nchan => "nchan",
            Kind::Starlette => "starlette",
        })
    }
}

/// Which of `kinds` can be measured here; prints their versions, and what is missing of the others.
///
/// # Errors
/// When none can.
pub(crate) fn installed(kinds: &[Kind]) -> Result<Vec<Kind>> {
    let mut found = Vec::new();
    for kind in kinds {
        match kind.version() {
            Ok(version) => {
                println!("- {kind}: {version}");
                found.push(*kind);
            }
            Err(missing) => println!("- {kind}: **not measured**: {missing:#}"),
        }
    }
    println!();
    if found.is_empty() {
        bail!("no server can be measured here: what to install is said above");
    }
    Ok(found)
}

/// A server that runs.
pub(crate) struct Server {
    /// Where it listens, on loopback.
    pub(crate) port: u16,
    /// Ended when this is dropped.
    process: Process,
    kind: Kind,
    folder: PathBuf,
}

impl Server {
    /// Starts one and waits until it answers. Everything that it writes is below `folder`; a feed goes on with the
    /// journal that it finds there.
    ///
    /// # Errors
    /// When it is not installed, ends, or does not answer within a minute.
    pub(crate) async fn start(kind: Kind, folder: &Path) -> Result<Self> {
        let port = places::free_port()?;
        let mut command = match kind {
            Kind::Feed => feed(folder, port)?,
            Kind::Nchan => nchan(folder, port)?,
            Kind::Starlette => starlette(folder, port)?,
        };
        let process = Process::spawn(&mut command, &kind.to_string(), folder)?;
        let mut server = Self { port, process, kind, folder: folder.to_owned() };
        server.wait().await?;
        Ok(server)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The log that a feed follows.
    pub(crate) fn log(&self) -> PathBuf {
        log(&self.folder)
    }

    /// A way to hand events to it.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(crate) fn publisher(&self) -> Result<Publisher> {
        match self.kind {
            Kind::Feed => Publisher::log(&self.log()),
            Kind::Nchan | Kind::Starlette => Publisher::post(self.port, "/publish"),
        }
    }

    /// A feed is ready when it has opened the session, so that it has a snapshot of it.
    async fn wait(&mut self) -> Result<()> {
        let path = if self.kind == Kind::Feed { "/snapshot" } else { STREAM };
        let deadline = Instant::now() + START_DEADLINE;
        while let Err(error) = Client::open(self.port, path).await {
            self.process.must_run()?;
            if Instant::now() > deadline {
                bail!(
                    "{} does not answer on port {}: {error:#}\n{}",
                    self.kind,
                    self.port,
                    self.process.tail()
                );
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}

fn log(folder: &Path) -> PathBuf {
    folder.join("session").join("aurora_events.jsonl")
}

/// The feed's binary.
///
/// # Errors
/// When it is not built.
pub(crate) fn feed_program() -> Result<PathBuf> {
    places::feed()
        .context("build it with `cargo build --release -p aurora-feed`, or name it in AURORA_FEED_BIN")
}

fn feed(folder: &Path, port: u16) -> Result<Command> {
    let (log, connections) = (log(folder), CONNECTIONS.to_string());
    let session = log.parent().context("the log has no folder")?;
    fs::create_dir_all(session)?;
    fs::File::options().create(true).append(true).open(&log)?;
    let mut command = Command::new(feed_program()?);
    command.arg("--session-dir").arg(session).args(["--port", &port.to_string()]);
    command.arg("--journal-dir").arg(folder.join("journal"));
    command.args(["--max-connections", &connections, "--max-connections-per-address", &connections]);
    Ok(command)
}

fn nginx() -> Result<PathBuf> {
    places::program("NGINX", &["nginx"])
        .context("install nginx (Debian: apt install nginx libnginx-mod-nchan)")
}

fn nchan_module() -> Result<PathBuf> {
    let module = std::env::var_os("NCHAN_MODULE").map_or_else(|| PathBuf::from(NCHAN_MODULE), PathBuf::from);
    if !module.is_file() {
        bail!(
            "nginx has no {}: install it (Debian: apt install libnginx-mod-nchan), or name it in NCHAN_MODULE",
            module.display()
        );
    }
    Ok(module)
}

/// One worker, because a second one would take the core that the clients need. No limit on open files is set: it
/// inherits this process's.
fn nchan(folder: &Path, port: u16) -> Result<Command> {
    let (conf, module) = (folder.join("nchan.conf"), nchan_module()?);
    let (shown, module) = (folder.display(), module.display());
    let text = format!(
        "load_module {module};\n\
         daemon off; pid {shown}/nchan.pid; worker_processes 1;\n\
         events {{ worker_connections {CONNECTIONS}; }}\n\
         http {{\n  access_log off;\n\
         \x20 client_body_temp_path {shown}/body; proxy_temp_path {shown}/proxy;\n\
         \x20 fastcgi_temp_path {shown}/fcgi; uwsgi_temp_path {shown}/uwsgi; scgi_temp_path {shown}/scgi;\n\
         \x20 server {{\n    listen 127.0.0.1:{port}; keepalive_requests 10000000; keepalive_timeout 1h;\n\
         \x20   location = /publish {{ nchan_publisher; nchan_channel_id load; nchan_message_buffer_length 1000; }}\n\
         \x20   location = /sse {{ nchan_subscriber eventsource; nchan_channel_id load;\n\
         \x20     nchan_subscriber_first_message newest; nchan_eventsource_ping_interval 15; }}\n  }}\n}}\n"
    );
    fs::write(&conf, text)?;
    let mut command = Command::new(nginx()?);
    command.arg("-c").arg(&conf).arg("-e").arg(folder.join("nchan-error.log"));
    Ok(command)
}

fn python() -> std::ffi::OsString {
    std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into())
}

fn starlette(folder: &Path, port: u16) -> Result<Command> {
    fs::write(folder.join("fanout.py"), include_str!("fanout.py"))?;
    let mut command = Command::new(python());
    command.current_dir(folder).args(["-m", "uvicorn", "fanout:app", "--host", "127.0.0.1"]);
    command.args(["--port", &port.to_string(), "--log-level", "warning", "--no-access-log"]);
    command.args(["--timeout-keep-alive", "3600"]);
    Ok(command)
}

/// What a program that only reports writes, in one line.
fn said(command: &mut Command) -> Result<String> {
    let output =
        command.output().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    if !output.status.success() {
        let last = text.lines().last().unwrap_or_default();
        bail!("{} says: {last}", command.get_program().display());
    }
    Ok(text)
}
