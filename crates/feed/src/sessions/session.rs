//! One open session: its journal's hub, its figures, and the thread that reads and publishes it.
//!
//! Invariants: one thread per session, so lines are published in the order in which they were read and a publisher
//! that is held up holds up the reading, nothing is dropped. A dismissed [`Worker`] ends within a poll.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tracing::{error, info};

use super::{choice::Found, worker};
use crate::{
    clock,
    hub::{Hub, StreamLimits},
    journal::{DurableJournal, JournalError, Limits, Surroundings, file_name, make_dir},
    metrics::Metrics,
    publisher::{JOURNAL_FILE, Publisher},
    redact::Redactor,
    status::Status,
    tail::{Bell, Stop},
    totals::Totals,
};

/// How long a snapshot is handed out before a newer one is made.
const SNAPSHOT_FOR: Duration = Duration::from_secs(1);

/// What every session is opened with.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) journal_dir: PathBuf,
    pub(super) journal: Limits,
    pub(super) streams: StreamLimits,
    pub(super) window_seconds: u64,
    pub(super) poll_interval: Duration,
    pub(super) totals: Arc<Totals>,
    pub(super) redactor: Arc<Redactor>,
}

/// One open session.
pub(crate) struct Session {
    name: String,
    hub: Arc<Hub>,
    status: Arc<Status>,
    metrics: Arc<Metrics>,
    /// Its journal is in memory, for want of a file; it is no longer tried before then.
    provisional: Option<Mutex<Instant>>,
    used: Mutex<Instant>,
    snapshot: Mutex<Option<(Instant, Snapshot)>>,
}

/// The state of a session in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// The id of the last event that is in it.
    pub(crate) as_of: u64,
    /// As `aurora_wire::snapshot` has it.
    pub(crate) bytes: Bytes,
}

/// Why a session could not be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    /// Its journal could not.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Its thread could not be started.
    #[error("its thread cannot be started: {0}; the system is out of threads or memory")]
    Thread(#[from] io::Error),
}

/// A session's thread.
pub(super) struct Worker {
    stop: Stop,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Tells the thread to stop; what is left is to wait for it.
    pub(super) fn dismiss(self) -> JoinHandle<()> {
        drop(self.stop);
        self.thread
    }

    /// Whether the thread has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }
}

impl Session {
    /// Opens a session and its journal, and starts its thread. Where the journal is begun now, its ids are above
    /// `above`. One that the system does not let be written is kept in memory instead, and said.
    ///
    /// # Errors
    /// When the journal cannot be opened or the thread cannot be started.
    pub(super) fn open(
        found: &Found,
        settings: &Settings,
        above: u64,
    ) -> Result<(Arc<Self>, Worker), OpenError> {
        let path = settings.journal_dir.join(file_name(&found.dir));
        let surroundings = Surroundings::real().above(above);
        let (journal, trouble) = match DurableJournal::open(&path, settings.journal, surroundings.clone()) {
            Ok(journal) => (journal, None),
            Err(failure @ JournalError::Io { .. }) => {
                let trouble = format!(
                    "{failure}. Until then events are kept in memory, the newest {} MiB of them, and after a \
                     restart pages count again",
                    DurableJournal::IN_MEMORY_BYTES >> 20
                );
                error!(session = found.name, "{trouble}");
                (DurableJournal::in_memory(&path, settings.journal, &surroundings)?, Some(trouble))
            }
            Err(failure) => return Err(failure.into()),
        };
        Self::start(found, settings, journal, trouble)
    }

    /// The session with a journal on disk, where this one's is in memory and it is time to try again.
    pub(super) fn made_durable(
        &self,
        found: &Found,
        settings: &Settings,
        retry: Duration,
        above: u64,
    ) -> Option<Result<(Arc<Self>, Worker), OpenError>> {
        let mut tried = self.provisional.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.elapsed() < retry {
            return None;
        }
        make_dir(&settings.journal_dir).ok();
        let path = settings.journal_dir.join(file_name(&found.dir));
        let surroundings = Surroundings::real().above(above).beyond(above);
        let opened = DurableJournal::open(&path, settings.journal, surroundings).ok();
        *tried = Instant::now();
        Some(Self::start(found, settings, opened?, None))
    }

    fn start(
        found: &Found,
        settings: &Settings,
        journal: DurableJournal,
        trouble: Option<String>,
    ) -> Result<(Arc<Self>, Worker), OpenError> {
        let hub = Arc::new(Hub::new(Arc::new(journal), settings.streams));
        let status = Arc::new(Status::new(&found.dir));
        status.set_reading_history(true);
        let provisional = trouble.is_some().then(|| Mutex::new(Instant::now()));
        status.set_trouble(JOURNAL_FILE, trouble);
        let metrics = Arc::new(Metrics::new(settings.window_seconds));
        let bell = Arc::new(Bell::default());
        let publisher = Publisher::new(
            Arc::clone(&hub),
            Arc::clone(&status),
            Arc::clone(&metrics),
            Arc::clone(&settings.totals),
            Arc::clone(&settings.redactor),
            Arc::clone(&bell),
        );
        let session = Self {
            name: found.name.clone(),
            hub: Arc::clone(&hub),
            status: Arc::clone(&status),
            metrics: Arc::clone(&metrics),
            provisional,
            used: Mutex::new(Instant::now()),
            snapshot: Mutex::default(),
        };
        let stop = Stop(Arc::clone(&bell));
        let job = worker::Job {
            dir: found.dir.clone(),
            written_ns: found.written_ns,
            hub,
            status,
            metrics,
            publisher,
            pause: settings.poll_interval,
            keep_every: worker::keep_every(settings.window_seconds),
            behind: 0,
            bell,
        };
        let thread = std::thread::Builder::new().name("session".to_owned()).spawn(move || job.run())?;
        info!(session = found.name, "session opened");
        Ok((Arc::new(session), Worker { stop, thread }))
    }

    /// Its directory's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its directory.
    pub(crate) fn dir(&self) -> &Path {
        self.status.dir()
    }

    /// Its streams.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Its condition.
    pub(crate) fn status(&self) -> &Status {
        &self.status
    }

    /// Its figures.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The state as of an id that can be read on from. Made at most once a second, however many ask. It may take a
    /// moment.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut last = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        let first = self.hub.extent().first;
        if let Some((made, snapshot)) = &*last
            && made.elapsed() < SNAPSHOT_FOR
            && snapshot.as_of + 1 >= first
        {
            return snapshot.clone();
        }
        let (as_of, bytes) = self.metrics.snapshot(clock::unix_nanos());
        let snapshot = Snapshot { as_of, bytes: bytes.into() };
        *last = Some((Instant::now(), snapshot.clone()));
        snapshot
    }

    /// Somebody uses it.
    pub(super) fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// How long nobody has used it.
    pub(super) fn unused(&self) -> Duration {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}
