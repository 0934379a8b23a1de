//! Finds the session and follows its files, in a thread of its own.
//!
//! Invariants: [`Tailer::poll`] looks once and never waits, so a test can drive it; the thread around it
//! only adds the pause. What is decided about a file is in `policy`, how it is done in `follower`. Messages
//! go over a bounded channel: a slow publisher slows the reading, nothing is dropped.

mod batch;
mod follow;
mod follower;
mod part;
mod policy;
#[cfg(test)]
mod tests;

pub(crate) use batch::{Batch, FaultKind, Message};

use std::{
    collections::BTreeSet,
    io,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tracing::{info, warn};

use crate::{
    session::{Place, locate},
    status::Status,
};
use follow::Follow;

/// How much is read of a file at a time, in bytes.
const CHUNK_BYTES: usize = 256 << 10;

/// How often the directory is looked at for newer sessions while one is being followed.
const RELOCATE_EVERY: Duration = Duration::from_secs(1);

/// Follows the newest session behind one directory.
pub(crate) struct Tailer {
    root: PathBuf,
    status: Arc<Status>,
    follow: Option<Follow>,
    known: BTreeSet<PathBuf>,
    looked: Option<Duration>,
    buffer: Vec<u8>,
}

impl Tailer {
    /// `root` is a session or a folder of sessions, and need not exist yet.
    pub(crate) fn new(root: PathBuf, status: Arc<Status>) -> Self {
        let buffer = vec![0; CHUNK_BYTES];
        Self { root, status, follow: None, known: BTreeSet::new(), looked: None, buffer }
    }

    /// Looks once. True where something was read: there may be more without waiting. `now` is any clock
    /// that only grows.
    pub(crate) fn poll(&mut self, now: Duration, out: &mut Vec<Message>) -> bool {
        let progressed = self.follow.as_mut().is_some_and(|follow| follow.poll(now, &mut self.buffer, out));
        let due = self.looked.is_none_or(|looked| now.saturating_sub(looked) >= RELOCATE_EVERY);
        if progressed || (self.follow.is_some() && !due) {
            return progressed;
        }
        self.looked = Some(now);
        let Some(dir) = self.look() else { return false };
        if self.follow.as_ref().is_some_and(|follow| follow.dir() == dir) {
            return false;
        }
        out.push(Message::Session);
        self.follow = Some(Follow::start(dir, Arc::clone(&self.status)));
        true
    }

    /// The session to follow now; `None` where there is none, or no reason to move.
    fn look(&mut self) -> Option<PathBuf> {
        let root = self.root.display();
        let complaint = match locate(&self.root) {
            Ok(Place::Session) => {
                self.status.found();
                return Some(self.root.clone());
            }
            Ok(Place::Folder(sessions)) => {
                self.status.found();
                let fresh = sessions.iter().find(|at| !self.known.contains(&at.path));
                let next = fresh.map(|at| at.path.clone());
                self.known.extend(sessions.into_iter().map(|at| at.path));
                return next;
            }
            Ok(Place::Missing) => format!(
                "{root} does not exist (yet): waiting for it; start the bot, or pass another --session-dir"
            ),
            Ok(Place::NotADirectory) => {
                format!("{root} is not a directory: pass the session's directory as --session-dir")
            }
            Ok(Place::Empty) => format!(
                "no session logs in {root} yet: waiting for aurora_events.jsonl or orders_*.jsonl, \
                 there or in a folder inside it"
            ),
            Err(error) => format!("{error}; check its permissions (it is tried again)"),
        };
        if self.status.wait_for(&complaint) {
            warn!("{complaint}");
        }
        None
    }
}

/// Runs a tailer in a thread until `stop` is dropped or the other end of `out` is gone.
///
/// # Errors
/// When the thread cannot be started.
pub(crate) fn spawn(
    mut tailer: Tailer,
    pause: Duration,
    stop: Receiver<()>,
    out: SyncSender<Message>,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("tail".to_owned()).spawn(move || {
        let started = Instant::now();
        let mut messages = Vec::new();
        loop {
            let progressed = tailer.poll(started.elapsed(), &mut messages);
            for message in messages.drain(..) {
                if out.send(message).is_err() {
                    return;
                }
            }
            let wait = if progressed { Duration::ZERO } else { pause };
            if stop.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected) {
                info!("tail stopped");
                return;
            }
        }
    })
}
