//! Puts the feed together and runs it until it is told to stop.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use tokio::{net::TcpListener, sync::watch, task::AbortHandle};
use tracing::{error, info, warn};

use crate::{
    alerting::{self, Alerting, Judge, Watch},
    auth::{self, Access, TokenFile},
    clock,
    config::Config,
    figures::Feed,
    http::{self, App, Guard},
    journal::{PlaceError, default_dir, file_name, make_dir},
    net::{self, ConnectionLimits, Gate},
    redact::Redactor,
    rules::{RuleFileError, RuleFiles},
    sessions::{self, Registry},
    system::System,
    tell::Telling,
    totals::Totals,
};

/// How many looks at the files there are to one look at the directory for new sessions.
const POLLS_PER_SCAN: u32 = 10;

/// Memory and disks are looked at every so many looks at the directory.
const SCANS_PER_CHECK: u32 = 30;

/// How long the threads may take to end after the streams were ended.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

/// Why the feed stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A thread could not be started.
    #[error("cannot start the {what} thread: {source}; the system is out of threads or memory")]
    Thread {
        /// Which one.
        what: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no place for journals.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The alert rules cannot be in force.
    #[error(transparent)]
    Rules(#[from] RuleFileError),
    /// The word search of the redaction could not be built.
    #[error("cannot prepare redaction: {source}")]
    Redaction {
        /// What went wrong.
        #[source]
        source: aho_corasick::BuildError,
    },
}

/// Serves a session on `listener` until `shutdown` completes; then ends every stream at once and returns
/// within about half a second.
///
/// # Errors
/// When a thread cannot be started, there is no place for journals, or the alert rules cannot be in force.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let (rule_files, in_force) = RuleFiles::open(config.rules.clone())?;
    let totals = Arc::new(Totals::new());
    let system = Arc::new(System::new());
    let redactor = Redactor::new().map_err(|source| ServeError::Redaction { source })?;
    let limits = ConnectionLimits { total: net::make_room(config.connections.total), ..config.connections };
    let gate = Arc::new(Gate::new(limits));
    let access = Arc::new(Access::new(config.token.clone(), limits.stream_age));
    let journal_dir = config.journal_dir.clone().map_or_else(default_dir, Ok)?;
    match make_dir(&journal_dir) {
        Ok(()) => info!(dir = %journal_dir.display(), "journals are kept here"),
        // Each session says what becomes of it meanwhile.
        Err(error) => error!("{error}; it is tried again"),
    }
    let registry = Arc::new(Registry::new(&config, journal_dir.clone(), Arc::clone(&totals), redactor));
    let kept_alerts = journal_dir.join(file_name(&config.session_dir)).with_extension("alerts.json");
    let disks = vec![("session_dir", config.session_dir.clone()), ("journal_dir", journal_dir)];
    let scanner = Scanner::start(&config, Arc::clone(&registry), Arc::clone(&system), disks.clone())?;
    let feed = Arc::new(Feed {
        sessions: Arc::clone(&registry),
        totals: Arc::clone(&totals),
        system,
        gate: Arc::clone(&gate),
        disks,
    });
    let telling = Telling::start(config.receivers.clone())
        .map_err(|source| ServeError::Thread { what: "receiver", source })?;
    let judge = Judge::new(in_force, clock::unix_nanos());
    let alerting = Arc::new(Alerting::new(judge, telling.desks()));
    let watch = Watch::new(Arc::clone(&feed), Arc::clone(&alerting), rule_files, telling, kept_alerts);
    let rules = Rules::start(watch, config.rules_interval)?;
    let app = App {
        feed,
        alerting,
        window_seconds: config.window_seconds,
        heartbeat_interval: config.heartbeat_interval,
        has_token: config.token.is_some(),
        logs: http::Logs::default(),
    };
    let keeping = keep_token_current(&config, &access, &registry);
    let guard = Guard::new(access, Arc::clone(&gate), config.trust.clone());
    let app = http::router(&config, guard, app);
    let ended = end_streams_on(shutdown, Arc::clone(&registry), totals);
    net::serve(listener, app, gate, config.trust.trusted_proxies, ended).await;
    registry.close();
    keeping.abort();
    tokio::join!(scanner.join(registry), rules.join());
    Ok(())
}

/// Reads the token file again whenever it changes; what is wrong with it is part of the feed's condition.
fn keep_token_current(config: &Config, access: &Arc<Access>, registry: &Arc<Registry>) -> AbortHandle {
    let (look, looks) = watch::channel(());
    let interval = config.token_interval;
    let (access, registry, path) = (Arc::clone(access), Arc::clone(registry), config.token_file.clone());
    let keeping = async move {
        let Some(path) = path else { return };
        let told = |trouble| {
            registry.set_token_trouble(trouble);
        };
        let ticking = async {
            loop {
                tokio::time::sleep(interval).await;
                look.send_replace(());
            }
        };
        tokio::select! {
            () = auth::keep_current(TokenFile::new(path), access, looks, told) => {}
            () = ticking => {}
        }
    };
    tokio::spawn(keeping).abort_handle()
}

async fn end_streams_on(shutdown: impl Future<Output = ()>, registry: Arc<Registry>, totals: Arc<Totals>) {
    shutdown.await;
    info!(clients = totals.streams(), "shutting down: ending all streams");
    registry.close();
}

/// The thread that looks for sessions.
struct Scanner {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Scanner {
    /// Looks once, so that whoever connects finds what there is, and then goes on in a thread.
    fn start(
        config: &Config,
        registry: Arc<Registry>,
        system: Arc<System>,
        disks: Vec<(&'static str, PathBuf)>,
    ) -> Result<Self, ServeError> {
        registry.scan();
        let (stop, stopped) = mpsc::channel();
        let pause = config.poll_interval * POLLS_PER_SCAN;
        let mut scans = 0_u32;
        let check = move || {
            if scans.is_multiple_of(SCANS_PER_CHECK) {
                let dirs: Vec<&Path> = disks.iter().map(|(_, dir)| dir.as_path()).collect();
                system.warn_of_shortage(&dirs);
            }
            scans = scans.wrapping_add(1);
        };
        let thread = sessions::spawn(registry, pause, stopped, check)
            .map_err(|source| ServeError::Thread { what: "sessions", source })?;
        Ok(Self { stop, thread })
    }

    /// Tells it to stop, and waits for it and for the threads of all sessions.
    async fn join(self, registry: Arc<Registry>) {
        let Self { stop, thread } = self;
        drop(stop);
        ended(move || thread.join().is_ok() & registry.join()).await;
    }
}

/// The thread that judges rules.
struct Rules {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Rules {
    fn start(watch: Watch, every: Duration) -> Result<Self, ServeError> {
        let (stop, stopped) = mpsc::channel();
        let thread = alerting::spawn(watch, every, stopped)
            .map_err(|source| ServeError::Thread { what: "rules", source })?;
        Ok(Self { stop, thread })
    }

    /// Tells it to stop, and waits for it.
    async fn join(self) {
        let Self { stop, thread } = self;
        drop(stop);
        ended(move || thread.join().is_ok()).await;
    }
}

/// Waits for threads to end, as long as there is time for that.
async fn ended(join: impl FnOnce() -> bool + Send + 'static) {
    match tokio::time::timeout(SHUTDOWN_GRACE, tokio::task::spawn_blocking(join)).await {
        Ok(Ok(true)) => {}
        Ok(_) => warn!("a thread of the feed ended with a panic"),
        Err(_) => warn!("a thread of the feed did not end in time"),
    }
}
