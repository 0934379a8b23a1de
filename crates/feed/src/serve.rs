//! Puts the feed together and runs it until it is told to stop.

use std::{
    io,
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::{
    clock,
    config::Config,
    http,
    hub::Hub,
    journal::MemoryJournal,
    metrics::Metrics,
    publisher::Publisher,
    redact::Redactor,
    status::Status,
    tail::{self, Tailer},
};

/// How many batches may wait between tail and publisher; a batch is at most about 256 KiB of lines.
const BATCHES_AHEAD: usize = 16;

/// How long connections may take to end after the streams were ended.
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
    /// The word search of the redaction could not be built.
    #[error("cannot prepare redaction: {source}")]
    Redaction {
        /// What went wrong.
        #[source]
        source: aho_corasick::BuildError,
    },
    /// The server failed.
    #[error("the HTTP server failed: {source}")]
    Server {
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Serves a session on `listener` until `shutdown` completes; then ends every stream at once and returns
/// within about half a second.
///
/// # Errors
/// When a thread cannot be started or the server fails.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let first_id = clock::unix_nanos() / 1_000;
    let hub = Arc::new(Hub::new(Arc::new(MemoryJournal::new(config.journal, first_id))));
    let status = Arc::new(Status::new(&config.session_dir));
    let metrics = Arc::new(Metrics::new(config.window_seconds));
    let redactor = Redactor::new().map_err(|source| ServeError::Redaction { source })?;
    let publisher = Publisher::new(Arc::clone(&hub), Arc::clone(&status), Arc::clone(&metrics), redactor);
    let threads = Threads::start(&config, Arc::clone(&status), publisher)?;
    let app = http::router(&config, Arc::clone(&hub), status, metrics);
    let ended = end_streams_on(shutdown, Arc::clone(&hub));
    let outcome = run_server(listener, app, ended).await;
    hub.close();
    threads.join().await;
    outcome
}

async fn run_server(
    listener: TcpListener,
    app: axum::Router,
    ended: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let graceful = async move {
        ended.await;
        stopping.send(()).ok();
    };
    let listener = listener.tap_io(|stream| {
        stream.set_nodelay(true).ok();
    });
    let server = axum::serve(listener, app).with_graceful_shutdown(graceful);
    tokio::select! {
        outcome = async { server.await } => outcome.map_err(|source| ServeError::Server { source }),
        () = async {
            if stopped.await.is_ok() {
                tokio::time::sleep(SHUTDOWN_GRACE).await;
                warn!("some connections did not end in time and are cut");
            }
        } => Ok(()),
    }
}

async fn end_streams_on(shutdown: impl Future<Output = ()>, hub: Arc<Hub>) {
    shutdown.await;
    info!(clients = hub.clients(), "shutting down: ending all streams");
    hub.close();
}

/// The tail's and the publisher's threads.
struct Threads {
    stop: mpsc::Sender<()>,
    handles: [JoinHandle<()>; 2],
}

impl Threads {
    fn start(config: &Config, status: Arc<Status>, publisher: Publisher) -> Result<Self, ServeError> {
        let (out, messages) = mpsc::sync_channel(BATCHES_AHEAD);
        let (stop, stopped) = mpsc::channel();
        let publishing = std::thread::Builder::new()
            .name("publish".to_owned())
            .spawn(move || publisher.run(&messages))
            .map_err(|source| ServeError::Thread { what: "publisher", source })?;
        let tailer = Tailer::new(config.session_dir.clone(), status);
        let tailing = tail::spawn(tailer, config.poll_interval, stopped, out)
            .map_err(|source| ServeError::Thread { what: "tail", source })?;
        Ok(Self { stop, handles: [tailing, publishing] })
    }

    /// Tells both to stop and waits for them.
    async fn join(self) {
        let Self { stop, handles } = self;
        drop(stop);
        let joined = tokio::task::spawn_blocking(move || handles.into_iter().try_for_each(JoinHandle::join));
        match tokio::time::timeout(SHUTDOWN_GRACE, joined).await {
            Ok(Ok(Ok(()))) => {}
            Ok(_) => warn!("a thread of the feed ended with a panic"),
            Err(_) => warn!("a thread of the feed did not end in time"),
        }
    }
}
