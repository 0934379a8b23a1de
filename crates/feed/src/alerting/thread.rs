//! The thread that judges again and again, has alerts told, keeps them, and looks after the rule files.
//!
//! Invariants: it waits for the session's history at first, so that what fired before is not taken for ended, but not for
//! long; every wait ends when it is told to stop.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::Ordering::Relaxed,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime},
};

use tracing::{info, warn};

use super::{Alerting, judge::ts, kept::Keeper};
use crate::{
    clock,
    figures::Feed,
    rules::{Look, RuleFiles},
    sessions::Session,
    tell::Telling,
};

/// How long judging waits for a session's history at most, once the feed has started.
const HISTORY_FOR: Duration = Duration::from_secs(30);

/// What the thread works with.
pub(crate) struct Watch {
    feed: Arc<Feed>,
    alerting: Arc<Alerting>,
    files: RuleFiles,
    keeper: Keeper,
    telling: Telling,
    /// Since when judging waits for history; `None` once it has begun.
    waiting: Option<Instant>,
}

impl Watch {
    /// Goes on from the alerts that are kept in the file `kept`.
    pub(crate) fn new(
        feed: Arc<Feed>,
        alerting: Arc<Alerting>,
        files: RuleFiles,
        mut telling: Telling,
        kept: PathBuf,
    ) -> Self {
        let keeper = Keeper::new(kept);
        let found = keeper.read();
        if !found.alerts.is_empty() {
            info!(alerts = found.alerts.len(), "going on with the alerts of before");
        }
        let now_ns = clock::unix_nanos();
        let mut judge = alerting.judge();
        judge.restore(found.alerts, found.at_ns, now_ns);
        telling.resume(ts(now_ns), judge.alerts());
        drop(judge);
        Self { feed, alerting, files, keeper, telling, waiting: Some(Instant::now()) }
    }

    /// Looks after the files, and judges once.
    fn look(&mut self) {
        self.look_at_files(SystemTime::now());
        let session = self.feed.sessions.newest().borrow().clone();
        if self.waits_for_history(session.as_deref()) {
            return;
        }
        // Before HTTP has to wait for the judge: a disk may not answer.
        let machine = self.feed.machine();
        let now_ns = clock::unix_nanos();
        let mut judge = self.alerting.judge();
        judge.look(now_ns, |samples| {
            self.feed.expose(&machine, session.as_deref(), now_ns, samples);
            self.alerting.expose_telling(samples);
        });
        self.telling.look(ts(now_ns), judge.alerts(), session.as_deref().map(Session::name));
        let kept = judge.engine().keep();
        drop(judge);
        self.alerting.flapping.store(self.telling.flapping(), Relaxed);
        self.keeper.keep(&kept, now_ns);
    }

    fn look_at_files(&mut self, now: SystemTime) {
        match self.files.look(now) {
            Look::Same => {}
            Look::Rules(in_force) => {
                let mut judge = self.alerting.judge();
                judge.replace(in_force, clock::nanos_of(now));
                info!(rules = judge.rules(), "rules: the files changed, what they say now is in force");
                self.feed.sessions.set_rules_trouble(None);
            }
            Look::Trouble(trouble) => {
                let trouble = format!("{trouble}. The rules from before stay in force");
                warn!("rules: {trouble}");
                self.alerting.judge().set_trouble(trouble.clone());
                self.feed.sessions.set_rules_trouble(Some(trouble));
            }
        }
    }

    fn waits_for_history(&mut self, session: Option<&Session>) -> bool {
        let Some(since) = self.waiting else { return false };
        let reads = session.is_some_and(|session| session.status().is_reading_history());
        if reads && since.elapsed() < HISTORY_FOR {
            return true;
        }
        self.waiting = None;
        false
    }

    /// Keeps the alerts as they are, for whoever goes on with them, and ends the receivers' threads.
    fn leave(mut self) {
        let judge = self.alerting.judge();
        let judged = judge.last().map(|last| last.at_ns);
        let kept = judge.engine().keep();
        drop(judge);
        if let Some(at_ns) = judged {
            self.keeper.write(&kept, at_ns);
        }
        self.telling.close();
    }
}

/// Judges every so often in a thread of its own until `stop` is dropped.
///
/// # Errors
/// When the thread cannot be started.
pub(crate) fn spawn(mut watch: Watch, every: Duration, stop: Receiver<()>) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("rules".to_owned()).spawn(move || {
        let mut next = Instant::now();
        loop {
            watch.look();
            next = (next + every).max(Instant::now());
            if stop.recv_timeout(next.saturating_duration_since(Instant::now()))
                == Err(RecvTimeoutError::Disconnected)
            {
                watch.leave();
                return;
            }
        }
    })
}
