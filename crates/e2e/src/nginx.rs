//! Owns running nginx with the shipped locations, snippets and all, on unprivileged ports.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::places;
use crate::process::{self, Process};

const START_DEADLINE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);
const CONFIGURATION: &str = "nginx.conf";
const ERROR_LOG: &str = "nginx-error.log";
const SNIPPETS: [&str; 3] = ["aurora-locations.conf", "aurora-proxy.conf", "aurora-security-headers.conf"];

/// A running nginx.
#[derive(Debug)]
pub struct Nginx {
    process: Process,
    folder: PathBuf,
    port: u16,
}

impl Nginx {
    /// Serves `dist` and passes on to the feed on `feed_port`; everything that it writes is below `folder`.
    ///
    /// # Errors
    /// When nginx refuses the configuration or does not listen within 20 seconds.
    pub fn start(dist: &Path, feed_port: u16, folder: &Path) -> Result<Self> {
        let port = places::free_port()?;
        let snippets = folder.join("snippets");
        std::fs::create_dir_all(&snippets)?;
        for name in SNIPPETS {
            let shipped = places::root().join("deploy/nginx").join(name);
            std::fs::copy(&shipped, snippets.join(name))
                .with_context(|| format!("no {}", shipped.display()))?;
        }
        std::fs::write(folder.join(CONFIGURATION), configuration(port, feed_port, dist, folder))?;
        let process = spawn(folder)?;
        let mut nginx = Self { process, folder: folder.to_path_buf(), port };
        nginx.wait()?;
        Ok(nginx)
    }

    /// The process, to hold it or to let it go on.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Ends it; connections through it break.
    ///
    /// # Errors
    /// When it has not ended within half a minute.
    pub fn stop(&mut self) -> Result<()> {
        self.process.stop().map(drop)
    }

    /// Starts it again on the same port.
    ///
    /// # Errors
    /// When it does not listen within 20 seconds.
    pub fn start_again(&mut self) -> Result<()> {
        self.process = spawn(&self.folder)?;
        self.wait()
    }

    /// Where it listens, on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the page is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// The end of what it wrote.
    #[must_use]
    pub fn log(&self) -> String {
        format!("{}\n{}", self.process.tail(), process::tail(&self.folder.join(ERROR_LOG)))
    }

    fn wait(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_DEADLINE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if let Err(error) = self.process.must_run() {
                bail!("{error:#}\n{}", self.log());
            }
            if Instant::now() > deadline {
                bail!("nginx does not listen on port {}:\n{}", self.port, self.log());
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }
}

fn spawn(folder: &Path) -> Result<Process> {
    let mut command = Command::new(places::program("NGINX", &["nginx"])?);
    command.arg("-p").arg(folder).arg("-c").arg(folder.join(CONFIGURATION));
    command.arg("-e").arg(folder.join(ERROR_LOG));
    Process::spawn(&mut command, "nginx", folder)
}

/// The smallest configuration around the shipped locations.
fn configuration(port: u16, feed_port: u16, dist: &Path, folder: &Path) -> String {
    // Started as root, workers would become a user that may not read a private temporary folder.
    let user = if rustix::process::geteuid().is_root() { "user root;\n" } else { "" };
    let system_types = Path::new("/etc/nginx/mime.types");
    let types = if system_types.is_file() {
        format!("include {};", system_types.display())
    } else {
        "types { text/html html; text/css css; application/javascript js; application/wasm wasm; }".to_owned()
    };
    let (dist, folder) = (dist.display(), folder.display());
    format!(
        "{user}daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    {types}
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream aurora_feed {{ server 127.0.0.1:{feed_port}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{port};
        root {dist};
        include snippets/aurora-locations.conf;
    }}
}}
"
    )
}
