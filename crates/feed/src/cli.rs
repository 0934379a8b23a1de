//! The command line: flags and environment, checked before anything starts.
//!
//! Invariant: every complaint says what is wrong, where, and what to do about it.

mod access;
mod alerts;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use access::{AccessArgs, AccessError};
pub use alerts::AlertArgs;

use crate::{
    auth::{Token, TokenError},
    config::Config,
    hub::StreamLimits,
    journal::Limits,
    rules::RuleFileError,
    simulate,
    summarize::Format,
    tell::ReceiversError,
};

/// Tails a trading session's logs and serves them as Server-Sent Events.
///
/// Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "aurora-feed", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// Commands besides serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a live session in the bot's own shapes.
    Simulate(Box<SimulateArgs>),
    /// Print a session's totals: orders, rates, reasons, latencies, and what could not be read.
    ///
    /// Reads all files of the session, rotated and gzipped parts included, and changes none. Windows end at the
    /// last event's time. The exit code is 1 where the session cannot be read, in whole or in part.
    Summarize(SummarizeArgs),
    /// Check rule files and print them as the page reads them: one line of JSON.
    ///
    /// The output is what `rules` in the page's config.json takes. The exit code is 1 where a file cannot be in force;
    /// the message then names rule, expression and position.
    Rules(RulesArgs),
    /// Judge sessions by the objectives of a canary and print the report.
    ///
    /// Reads whole session directories, in the order of their events. The exit code is 0 for a pass, 2 where an objective was
    /// missed or a rollback criterion met, 3 where there is too little to tell, and 1 where a session cannot be read.
    Report(ReportArgs),
    /// Make a report's figures again from the sessions, and say whether they are those that it holds.
    ///
    /// The exit code is 0 where hash and figures are the same, else 1.
    VerifyReport(VerifyReportArgs),
}

/// How to serve a session.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// A session's directory, or a folder of sessions; waited for where it does not exist yet.
    #[arg(long, env = "AURORA_SESSION_DIR", default_value = "logs", value_name = "DIR")]
    pub session_dir: PathBuf,
    /// The feed's own settings.
    #[command(flatten)]
    pub feed: FeedArgs,
}

/// How to write a session, and whether to serve it.
#[derive(Clone, Debug, Args)]
pub struct SimulateArgs {
    /// What to write.
    #[command(flatten)]
    pub session: simulate::Args,
    /// Start the feed beside it, on the session that is being written.
    #[arg(long)]
    pub telemetry: bool,
    /// The feed's own settings.
    #[command(flatten)]
    pub feed: FeedArgs,
}

/// Which session to sum up, and how to print it.
#[derive(Clone, Debug, Args)]
pub struct SummarizeArgs {
    /// The session's directory: the one that holds `aurora_events.jsonl`
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub format: Format,
}

/// Which rule files to check.
#[derive(Clone, Debug, Args)]
pub struct RulesArgs {
    /// Files in YAML, or in JSON where the name ends in .json; together they are one.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// What to judge, and where the report goes.
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// Sessions' directories
    #[arg(value_name = "DIR", required = true)]
    pub dirs: Vec<PathBuf>,
    /// When the window begins: ISO 8601 in UTC, or seconds since the epoch; cut to its minute. By default with the first event
    #[arg(long, value_name = "TIME")]
    pub start: Option<String>,
    /// When it ends. By default after the last event
    #[arg(long, value_name = "TIME", conflicts_with = "hours")]
    pub end: Option<String>,
    /// How long it is: 72 for a canary, 168 for a soak, 720 for a month
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=8_784))]
    pub hours: Option<u32>,
    /// Rule files that say what an incident is, in place of the shipped ones
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub format: Format,
    /// Write it to this file instead
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Sign --output with this key of gpg: FILE.asc is written beside it
    #[arg(long, value_name = "KEY", requires = "output")]
    pub sign: Option<String>,
}

/// Which report to make again.
#[derive(Clone, Debug, Args)]
pub struct VerifyReportArgs {
    /// The report, in JSON
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// The sessions that it was made of
    #[arg(value_name = "DIR", required = true)]
    pub dirs: Vec<PathBuf>,
    /// The rule files that it was made with, where not with the shipped ones
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
}

/// Settings of the feed.
#[derive(Clone, Debug, Args)]
pub struct FeedArgs {
    /// Port to listen on; 0 takes a free one.
    #[arg(long, env = "AURORA_PORT", default_value_t = 8001)]
    pub port: u16,
    /// Address to listen on. Other than loopback needs --auth-token-file.
    #[arg(long, env = "AURORA_HOST", default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub host: String,
    /// The built dashboard, to be served at /.
    #[arg(long, env = "AURORA_STATIC_DIR", value_name = "DIR")]
    pub static_dir: Option<PathBuf>,
    /// Rolling window of the current metrics, in seconds, at most 900.
    #[arg(long, env = "AURORA_WINDOW_SECONDS", default_value_t = 300,
          value_parser = clap::value_parser!(u64).range(1..=900))]
    pub window_seconds: u64,
    /// File with the token that clients must send.
    #[arg(long, env = "AURORA_AUTH_TOKEN_FILE", value_name = "FILE")]
    pub auth_token_file: Option<PathBuf>,
    /// Who may ask, and how much.
    #[command(flatten)]
    pub access: AccessArgs,
    /// Which rules are judged, and who is told.
    #[command(flatten)]
    pub alerts: AlertArgs,
    /// Directory for the journal; by default a place for state of this user or service.
    #[arg(long, env = "AURORA_JOURNAL_DIR", value_name = "DIR")]
    pub journal_dir: Option<PathBuf>,
    /// Events kept for replay, at most; those of the last --window-seconds always are.
    #[arg(long, env = "AURORA_JOURNAL_EVENTS", default_value_t = Limits::default().events, value_name = "N")]
    pub journal_events: u64,
    /// Bytes kept for replay, at most; the file takes up to about a half more.
    #[arg(long, env = "AURORA_JOURNAL_BYTES", default_value_t = Limits::default().bytes, value_name = "N")]
    pub journal_bytes: u64,
    /// Seconds for which events are kept for replay, at most.
    #[arg(long, env = "AURORA_JOURNAL_SECONDS", default_value_t = Limits::default().age_seconds, value_name = "N")]
    pub journal_seconds: u64,
    /// Bytes that one request may replay; a client that needs more goes on with another request.
    #[arg(long, env = "AURORA_REPLAY_BYTES", default_value_t = StreamLimits::default().replay_bytes, value_name = "N")]
    pub replay_bytes: u64,
    /// Seconds that a client which had caught up may fall behind before it is disconnected.
    #[arg(long, env = "AURORA_LAG_SECONDS", default_value_t = StreamLimits::default().lag.as_secs(),
          value_name = "N", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub lag_seconds: u64,
    /// Sessions that may be open beside the one that is shown by default, 1 to 64.
    #[arg(long, env = "AURORA_OPEN_SESSIONS", default_value_t = 8, value_name = "N",
          value_parser = clap::value_parser!(u8).range(1..=64))]
    pub open_sessions: u8,
    /// What is logged: error, warn, info, debug, trace, or a filter such as `aurora_feed=debug`.
    #[arg(long, env = "AURORA_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    pub log_level: String,
    /// How log lines look.
    #[arg(long, env = "AURORA_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Why the feed does not start.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The address is none.
    #[error("--host {host} is not an IP address: pass one such as 127.0.0.1, ::1 or 0.0.0.0, or localhost")]
    BadHost {
        /// What was passed.
        host: String,
    },
    /// Everyone on the network could read the session.
    #[error(
        "refusing to listen on {host} without a token: anyone who can reach it could read the session. \
         Pass --auth-token-file, or listen on 127.0.0.1 and put a proxy in front"
    )]
    OpenToAll {
        /// The address.
        host: IpAddr,
    },
    /// The session directory is something else.
    #[error("--session-dir {} is not a directory: pass the directory that the bot writes its logs to", path.display())]
    SessionNotADirectory {
        /// What was passed.
        path: PathBuf,
    },
    /// The static directory is missing or something else.
    #[error("--static-dir {} is not a directory: build the dashboard first, or leave the flag out", path.display())]
    StaticNotADirectory {
        /// What was passed.
        path: PathBuf,
    },
    /// The token file cannot be used.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The alert rules cannot be in force.
    #[error(transparent)]
    Rules(#[from] RuleFileError),
    /// The receivers' file cannot be used.
    #[error(transparent)]
    Receivers(#[from] ReceiversError),
    /// Who may ask is said wrongly.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Another program listens there.
    #[error("port {port} on {host} is in use: another feed may be running; stop it, or pass another --port")]
    PortInUse {
        /// The address.
        host: IpAddr,
        /// The port.
        port: u16,
    },
    /// Listening failed otherwise.
    #[error("cannot listen on {address}: {source}; check --host and --port")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The log level is none.
    #[error("--log-level {level} is not understood: {reason}; pass error, warn, info, debug or trace")]
    LogLevel {
        /// What was passed.
        level: String,
        /// What the parser said.
        reason: String,
    },
}

impl FeedArgs {
    /// Where to listen.
    ///
    /// # Errors
    /// When the address is none.
    pub fn address(&self) -> Result<SocketAddr, CliError> {
        let host = match self.host.trim_matches(['[', ']']) {
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            other => other.parse().map_err(|_| CliError::BadHost { host: self.host.clone() })?,
        };
        Ok(SocketAddr::new(host, self.port))
    }

    /// Checks everything that can be checked before starting.
    ///
    /// # Errors
    /// When a path is not what it should be, the token file, a rule file or the receivers' file cannot be used, or the
    /// address is open to others without a token.
    pub fn config(&self, session_dir: &Path) -> Result<Config, CliError> {
        let host = self.address()?.ip();
        if session_dir.exists() && !session_dir.is_dir() {
            return Err(CliError::SessionNotADirectory { path: session_dir.to_path_buf() });
        }
        if let Some(path) = self.static_dir.as_ref().filter(|path| !path.is_dir()) {
            return Err(CliError::StaticNotADirectory { path: path.clone() });
        }
        let token = self.auth_token_file.as_deref().map(Token::read).transpose()?;
        if token.is_none() && !host.is_loopback() {
            return Err(CliError::OpenToAll { host });
        }
        Ok(Config {
            static_dir: self.static_dir.clone(),
            trust: self.access.trust(token.is_some())?,
            connections: self.access.connections(),
            token,
            token_file: self.auth_token_file.clone(),
            window_seconds: self.window_seconds,
            streams: StreamLimits {
                lag: Duration::from_secs(self.lag_seconds),
                replay_bytes: self.replay_bytes,
            },
            open_sessions: usize::from(self.open_sessions),
            rules: self.alerts.choice()?,
            receivers: self.alerts.receivers()?,
            journal_dir: self.journal_dir.clone(),
            journal: Limits {
                events: self.journal_events,
                bytes: self.journal_bytes,
                age_seconds: self.journal_seconds,
                window_seconds: self.window_seconds,
            },
            ..Config::new(session_dir)
        })
    }
}

/// Opens the socket.
///
/// # Errors
/// When the port is in use or the address cannot be listened on.
pub async fn listen(address: SocketAddr) -> Result<tokio::net::TcpListener, CliError> {
    tokio::net::TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => CliError::PortInUse { host: address.ip(), port: address.port() },
        _ => CliError::Listen { address, source },
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn config(flags: &[&str]) -> Result<Config, CliError> {
        let flags = ["aurora-feed"].iter().chain(flags);
        let serve = Cli::try_parse_from(flags).unwrap().serve;
        serve.feed.config(&serve.session_dir)
    }

    fn check_refused(flags: &[&str], words: &[&str]) {
        let message = config(flags).unwrap_err().to_string();
        for word in words {
            assert!(message.contains(word), "{word:?} is not in {message:?}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves_with_defaults() {
        let cli = Cli::try_parse_from(["aurora-feed"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.serve.feed.address().unwrap(), "127.0.0.1:8001".parse().unwrap());
        assert_eq!(config(&[]).unwrap().window_seconds, 300);
    }

    #[test]
    fn an_open_address_needs_a_token() {
        check_refused(&["--host", "0.0.0.0"], &["0.0.0.0", "without a token", "--auth-token-file"]);
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        write_token(&file);
        let flags = ["--host", "0.0.0.0", "--auth-token-file", file.to_str().unwrap()];
        assert!(config(&flags).unwrap().token.is_some());
        assert!(config(&["--host", "localhost"]).is_ok());
        assert!(config(&["--host", "::1"]).is_ok());
    }

    fn write_token(file: &Path) {
        std::fs::write(file, "s3cret").unwrap();
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    #[test]
    fn wrong_paths_are_said_with_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let file = file.to_str().unwrap();
        check_refused(&["--session-dir", file], &["--session-dir", file, "not a directory"]);
        check_refused(&["--static-dir", file], &["--static-dir", file, "not a directory"]);
        check_refused(&["--auth-token-file", file], &["token file", "empty"]);
        check_refused(&["--auth-token-file", "/nonexistent/token"], &["cannot read", "/nonexistent/token"]);
        check_refused(&["--host", "example.com"], &["example.com", "IP address"]);
        assert!(config(&["--session-dir", "/nonexistent/session"]).is_ok(), "it is waited for");
    }

    #[tokio::test]
    async fn a_port_in_use_is_said() {
        let taken = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let message = listen(taken.local_addr().unwrap()).await.unwrap_err().to_string();
        let port = taken.local_addr().unwrap().port().to_string();
        assert!(message.contains("in use") && message.contains(&port), "{message}");
    }
}
