//! Finds sessions, opens and closes them, and says which one is shown by default.
//!
//! Invariants: [`Registry::scan`] looks once and never waits, so a test can drive it; the thread around it only adds
//! the pause. Opening a session may take seconds; nobody waits for that who does not ask for it: conditions, counts
//! and the default session are to be had meanwhile. Ids of a journal that is begun are far above every id that this process gave out, and at the Unix time
//! in microseconds or above; and above those that the journals beside it say were given out. So ids of other sessions are
//! recognised as foreign.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::watch;
use tracing::{error, info, warn};

use super::{
    Listing, Session, SessionError,
    choice::{self, Found, Open},
    folder::look,
    is_name,
    seen::{self, Seen, SessionCounts},
    session::{Settings, Worker},
};
use crate::{
    clock,
    config::Config,
    journal::given_out,
    redact::Redactor,
    status::Condition,
    totals::{End, Totals},
};

/// How far apart the ids of two sessions begin at least that one process opened.
const IDS_APART: u64 = 1 << 32;

/// A journal that is in memory for want of a file is tried again every so many looks at the files.
const POLLS_PER_RETRY: u32 = 100;

/// Why most sessions are closed.
const UNUSED: &str = "nobody uses it";

/// All sessions.
pub(crate) struct Registry {
    root: PathBuf,
    settings: Settings,
    open_limit: usize,
    close_after: Duration,
    inner: Mutex<Inner>,
    seen: Mutex<Seen>,
    default: watch::Sender<Option<Arc<Session>>>,
    news: watch::Sender<()>,
    closing: watch::Sender<bool>,
}

#[derive(Default)]
struct Inner {
    found: Vec<Found>,
    /// Those that were there at the last look at the directory, but for one that could not be opened.
    known: HashSet<String>,
    open: BTreeMap<String, (Arc<Session>, Worker)>,
    /// Threads of sessions that were closed.
    leaving: Vec<(String, JoinHandle<()>)>,
    /// Sessions that grow and could not be opened at the last look, and why.
    unopened: BTreeMap<String, SessionError>,
    /// Sessions that grow and are not open for want of room.
    unfollowed: usize,
    highest_id: u64,
    closed: bool,
}

impl Registry {
    /// Journals are kept in `journal_dir`, which is there.
    pub(crate) fn new(
        config: &Config,
        journal_dir: PathBuf,
        totals: Arc<Totals>,
        redactor: Redactor,
    ) -> Self {
        let settings = Settings {
            journal_dir,
            journal: config.journal,
            streams: config.streams,
            window_seconds: config.window_seconds,
            poll_interval: config.poll_interval,
            totals,
            redactor: Arc::new(redactor),
        };
        Self {
            root: config.session_dir.clone(),
            open_limit: config.open_sessions,
            close_after: config.close_unused_after,
            inner: Mutex::new(Inner { highest_id: given_out(&settings.journal_dir), ..Inner::default() }),
            seen: Mutex::default(),
            default: watch::Sender::new(None),
            news: watch::Sender::new(()),
            closing: watch::Sender::new(false),
            settings,
        }
    }

    /// The directory that the operator named.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The session of that name, opened if need be, which may take seconds; without a name the one that is shown by
    /// default, at once.
    ///
    /// # Errors
    /// When there is none, or too many are open.
    pub(crate) fn find(&self, name: Option<&str>) -> Result<Arc<Session>, SessionError> {
        let session = match name {
            None => {
                self.default.borrow().clone().ok_or_else(|| SessionError::None { why: self.seen().why() })?
            }
            Some(name) if !is_name(name) => return Err(SessionError::BadName),
            Some(name) => self.named(name)?,
        };
        session.touch();
        Ok(session)
    }

    fn named(&self, name: &str) -> Result<Arc<Session>, SessionError> {
        let mut inner = self.lock();
        if let Some((session, _)) = inner.open.get(name) {
            return Ok(Arc::clone(session));
        }
        let opened = self.open_on_request(&mut inner, name);
        self.count(&inner);
        opened
    }

    /// The session that is shown by default, and its changes.
    pub(crate) fn newest(&self) -> watch::Receiver<Option<Arc<Session>>> {
        self.default.subscribe()
    }

    /// Wakes when the condition of the directory changes.
    pub(crate) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// Becomes true at shutdown.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// All sessions. Looks at their files, so it may take a moment.
    pub(crate) fn list(&self) -> Listing {
        let inner = self.lock();
        let with_open = |found: &Found| {
            let session = inner.open.get(&found.name).map(|(session, _)| Arc::clone(session));
            (found.clone(), session)
        };
        let sessions = inner.found.iter().map(with_open).collect();
        let default = self.default.borrow().as_ref().map(|session| session.name().to_owned());
        drop(inner);
        Listing::new(sessions, default, self.open_limit, clock::unix_nanos())
    }

    /// How many sessions there are.
    pub(crate) fn counts(&self) -> SessionCounts {
        self.seen().counts
    }

    fn count(&self, inner: &Inner) {
        let Inner { found, open, unfollowed, .. } = inner;
        self.seen().counts = SessionCounts { found: found.len(), open: open.len(), unfollowed: *unfollowed };
    }

    /// The feed's condition towards who looks at `session`, and a sentence for the operator.
    pub(crate) fn condition(&self, session: Option<&Session>) -> (Condition, Option<String>) {
        let seen = self.seen().clone();
        let why = seen.why();
        let trouble = seen.trouble.or(seen.open_trouble);
        let settings: Vec<String> = seen.token_trouble.into_iter().chain(seen.rules_trouble).collect();
        let (condition, message) = match (session, trouble) {
            (None, _) => (Condition::Waiting, Some(why)),
            (Some(_), Some(trouble)) => (Condition::Degraded, Some(trouble)),
            (Some(session), None) => session.status().condition(),
        };
        if settings.is_empty() {
            return (condition, message);
        }
        let words: Vec<String> = message.into_iter().chain(settings).collect();
        (Condition::Degraded, Some(words.join("; ")))
    }

    /// Sets or clears what is wrong with the rule files.
    pub(crate) fn set_rules_trouble(&self, trouble: Option<String>) {
        self.change(|seen| seen::set(&mut seen.rules_trouble, trouble));
    }

    /// Sets or clears what is wrong with the token file.
    pub(crate) fn set_token_trouble(&self, trouble: Option<String>) {
        self.change(|seen| seen::set(&mut seen.token_trouble, trouble));
    }

    /// Looks at the directory once, and opens, closes and moves on as it then is.
    pub(crate) fn scan(&self) {
        let looked = look(&self.root);
        let now_ns = clock::unix_nanos();
        let mut inner = self.lock();
        if inner.closed {
            return;
        }
        let listed = looked.is_ok();
        match looked {
            Ok(found) => {
                self.set_trouble(None);
                inner.found = found;
            }
            Err(trouble) => {
                inner.found.clear();
                self.set_trouble(Some(trouble));
            }
        }
        inner.look_at_open();
        let failed = self.choose_default(&mut inner, now_ns);
        self.make_durable(&mut inner);
        self.close_unused(&mut inner, now_ns);
        self.open_growing(&mut inner, now_ns);
        let Inner { found, known, leaving, .. } = &mut *inner;
        if listed {
            *known =
                found.iter().map(|at| at.name.clone()).filter(|name| Some(name) != failed.as_ref()).collect();
        }
        leaving.retain(|(_, thread)| !thread.is_finished());
        self.count(&inner);
    }

    /// Ends all streams and tells all threads to stop; sessions are neither found nor opened from now on.
    pub(crate) fn close(&self) {
        // First, for a session may be being opened meanwhile, and streams end at once.
        self.closing.send_replace(true);
        let mut inner = self.lock();
        inner.closed = true;
        for (name, (session, worker)) in std::mem::take(&mut inner.open) {
            session.hub().close(End::Shutdown);
            inner.leaving.push((name, worker.dismiss()));
        }
    }

    /// Waits for the threads of all closed sessions; false where one panicked.
    pub(crate) fn join(&self) -> bool {
        let leaving = std::mem::take(&mut self.lock().leaving);
        let ended: Vec<_> = leaving.into_iter().map(|(_, thread)| thread.join()).collect();
        ended.iter().all(Result::is_ok)
    }

    fn set_trouble(&self, trouble: Option<String>) {
        let said = trouble.clone();
        if !self.change(|seen| seen::set(&mut seen.trouble, trouble)) {
            return;
        }
        if let Some(trouble) = said {
            warn!("{trouble}");
        } else {
            info!(session_dir = %self.root.display(), "the session directory is there");
        }
    }

    /// Changes what is seen, and tells whoever listens where `change` says that it is news. Returns that.
    fn change(&self, change: impl FnOnce(&mut Seen) -> bool) -> bool {
        let news = change(&mut self.seen());
        if news {
            self.news.send_replace(());
        }
        news
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves on to the session that is to be shown by default. Returns its name where it could not be opened.
    fn choose_default(&self, inner: &mut Inner, now_ns: u64) -> Option<String> {
        let current = self.default.borrow().as_ref().map(|session| session.name().to_owned());
        let known = |name: &str| inner.known.contains(name);
        let chosen = choice::default_of(&inner.found, current.as_deref(), known, now_ns);
        let Some(chosen) = chosen.filter(|chosen| current.as_deref() != Some(chosen)).map(str::to_owned)
        else {
            self.change(|seen| seen::set(&mut seen.open_trouble, None));
            return None;
        };
        let session = match inner.open.get(&chosen) {
            Some((session, _)) => Arc::clone(session),
            None => match self.open(inner, &chosen) {
                Ok(session) => session,
                Err(error) => {
                    let trouble = Some(error.to_string());
                    if self.change(|seen| seen::set(&mut seen.open_trouble, trouble)) {
                        error!("{error}; it is tried again");
                    }
                    return Some(chosen);
                }
            },
        };
        self.change(|seen| seen::set(&mut seen.open_trouble, None));
        info!(session = chosen, previous = current, "following the newest session");
        session.touch();
        self.default.send_replace(Some(session));
        None
    }

    /// Goes over to journals on disk where they were in memory for want of one. Streams end and come back.
    fn make_durable(&self, inner: &mut Inner) {
        let above = inner.highest_id();
        let retry = self.settings.poll_interval * POLLS_PER_RETRY;
        let made = |(name, (session, _)): (&String, &(Arc<Session>, Worker))| {
            let found = inner.found.iter().find(|found| found.name == *name)?;
            let made = session.made_durable(found, &self.settings, retry, above)?;
            Some((name.clone(), made))
        };
        let made: Vec<_> = inner.open.iter().filter_map(made).collect();
        for (name, made) in made {
            match made {
                Ok((session, worker)) => {
                    inner.close(&name, "its journal is on disk from here on");
                    if self.default.borrow().as_ref().is_some_and(|default| default.name() == name) {
                        self.default.send_replace(Some(Arc::clone(&session)));
                    }
                    inner.open.insert(name, (session, worker));
                }
                Err(error) => error!(session = name, "{error}"),
            }
        }
    }

    fn close_unused(&self, inner: &mut Inner, now_ns: u64) {
        let open = self.beside_default(inner, now_ns);
        let mut closing: Vec<&str> = choice::to_close(&open, self.close_after).collect();
        if open.len() > self.open_limit && closing.is_empty() {
            closing.extend(choice::to_evict(&open));
        }
        for name in closing {
            inner.close(name, UNUSED);
        }
    }

    fn open_growing(&self, inner: &mut Inner, now_ns: u64) {
        let beside = self.beside_default(inner, now_ns);
        let idle = beside.iter().filter(|one| !one.grows && one.clients == 0).count();
        let room = self.open_limit.saturating_sub(beside.len()) + idle;
        let is_open = |name: &str| inner.open.contains_key(name);
        let wanted: Vec<String> = choice::to_open(&inner.found, is_open, room, now_ns)
            .into_iter()
            .map(|found| found.name.clone())
            .collect();
        let mut unopened = BTreeMap::new();
        for name in wanted {
            if let Err(error) = self.make_room(inner).and_then(|()| self.open(inner, &name)) {
                let said = inner.unopened.get(&name) == Some(&error);
                if !said {
                    error!("{error}; it is tried again");
                }
                unopened.insert(name, error);
            }
        }
        inner.unopened = unopened;
        let grows = |found: &&Found| found.grows(now_ns) && !inner.open.contains_key(&found.name);
        let unfollowed = inner.found.iter().filter(grows).count();
        if unfollowed > inner.unfollowed {
            warn!(
                unfollowed,
                limit = self.open_limit,
                "sessions grow that are not followed: see --open-sessions"
            );
        }
        inner.unfollowed = unfollowed;
    }

    fn open_on_request(&self, inner: &mut Inner, name: &str) -> Result<Arc<Session>, SessionError> {
        if inner.closed || !inner.found.iter().any(|found| found.name == name) {
            return Err(SessionError::Unknown { name: name.to_owned() });
        }
        self.make_room(inner)?;
        self.open(inner, name)
    }

    /// Closes a session that nobody uses where the bound is reached.
    fn make_room(&self, inner: &mut Inner) -> Result<(), SessionError> {
        let open = self.beside_default(inner, clock::unix_nanos());
        if open.len() < self.open_limit {
            return Ok(());
        }
        let Some(evicted) = choice::to_evict(&open) else {
            return Err(SessionError::TooMany { limit: self.open_limit });
        };
        inner.close(evicted, UNUSED);
        Ok(())
    }

    fn open(&self, inner: &mut Inner, name: &str) -> Result<Arc<Session>, SessionError> {
        let unknown = || SessionError::Unknown { name: name.to_owned() };
        let found = inner.found.iter().find(|found| found.name == name).ok_or_else(unknown)?;
        // Its journal is free once the thread that had it open is through.
        for (_, thread) in inner.leaving.extract_if(.., |(leaving, _)| leaving == name) {
            thread.join().ok();
        }
        // Sessions that are open together grow apart from each other's ids.
        let above = inner.highest_id().checked_add(IDS_APART).filter(|_| inner.highest_id() > 0).unwrap_or(0);
        let (session, worker) = Session::open(found, &self.settings, above)
            .map_err(|error| SessionError::Failed { name: name.to_owned(), reason: error.to_string() })?;
        inner.open.insert(name.to_owned(), (Arc::clone(&session), worker));
        Ok(session)
    }

    /// The open sessions besides the default one.
    fn beside_default(&self, inner: &Inner, now_ns: u64) -> Vec<Open> {
        let default = self.default.borrow().as_ref().map(|session| session.name().to_owned());
        let open = inner.open.iter().filter(|(name, _)| default.as_ref() != Some(name));
        open.map(|(name, (session, _))| Open {
            name: name.clone(),
            grows: inner.found.iter().any(|found| found.name == *name && found.grows(now_ns)),
            clients: session.hub().clients(),
            unused: session.unused(),
        })
        .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Says of open sessions what is wrong with them, and keeps those in use from counting as unused.
    fn look_at_open(&self) {
        for (session, worker) in self.open.values() {
            let there = self.found.iter().any(|found| found.dir == session.dir());
            let gone = format!(
                "{} is not there or cannot be listed: waiting for it to come back",
                session.dir().display()
            );
            if session.status().set_gone((!there).then_some(gone)) && !there {
                warn!(session = session.name(), "the session's directory is gone");
            }
            let died = worker
                .has_ended()
                .then(|| "the session's thread ended with a panic: restart the feed".to_owned());
            if session.status().set_trouble("thread", died) {
                error!(session = session.name(), "the session's thread ended with a panic");
            }
            if session.hub().clients() > 0 {
                session.touch();
            }
        }
    }

    fn close(&mut self, name: &str, why: &str) {
        let Some((session, worker)) = self.open.remove(name) else { return };
        info!(session = name, "session closed: {why}");
        session.hub().close(End::SessionClosed);
        self.highest_id = self.highest_id.max(session.hub().extent().head);
        self.leaving.push((name.to_owned(), worker.dismiss()));
    }

    /// The highest id that was given out.
    fn highest_id(&self) -> u64 {
        let heads = self.open.values().map(|(session, _)| session.hub().extent().head);
        heads.max().unwrap_or(0).max(self.highest_id)
    }
}

/// Scans every `pause` in a thread of its own until `stop` is dropped; `meanwhile` runs after every scan.
///
/// # Errors
/// When the thread cannot be started.
pub(crate) fn spawn(
    registry: Arc<Registry>,
    pause: Duration,
    stop: Receiver<()>,
    mut meanwhile: impl FnMut() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("sessions".to_owned()).spawn(move || {
        while stop.recv_timeout(pause) != Err(RecvTimeoutError::Disconnected) {
            registry.scan();
            meanwhile();
        }
    })
}

#[cfg(test)]
mod tests;
