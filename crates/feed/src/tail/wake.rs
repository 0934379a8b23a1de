//! What wakes the tail's thread before its poll interval is over: file events, and the end.
//!
//! Invariants: a hint is only a hint. Events may be lost, late or superfluous, and a directory may not be
//! watchable at all: then the thread just polls. Nothing is read from an event but that there was one.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tracing::debug;

/// Says that something in a directory may have moved.
pub(crate) trait Hint {
    /// Watches this directory from now on, instead of another one. Called again with the same one now and
    /// then, because a directory may have been made anew.
    fn watch(&mut self, dir: &Path);
}

/// What the thread sleeps on.
#[derive(Default)]
pub(crate) struct Bell {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    rung: bool,
    stopped: bool,
}

/// Stops the thread when it is dropped.
pub(crate) struct Stop(pub(crate) Arc<Bell>);

impl Bell {
    /// Wakes the sleeper.
    pub(crate) fn ring(&self) {
        self.state().rung = true;
        self.changed.notify_all();
    }

    /// Sleeps until it is rung or stopped, or the time is over. True where it was stopped.
    pub(crate) fn sleep(&self, time: Duration) -> bool {
        let (mut state, _) = self
            .changed
            .wait_timeout_while(self.state(), time, |state| !state.rung && !state.stopped)
            .unwrap_or_else(PoisonError::into_inner);
        state.rung = false;
        state.stopped
    }

    /// Sleeps until it is stopped, or the time is over, however often it is rung. True where it was stopped.
    pub(crate) fn sleep_through(&self, time: Duration) -> bool {
        let (state, _) = self
            .changed
            .wait_timeout_while(self.state(), time, |state| !state.stopped)
            .unwrap_or_else(PoisonError::into_inner);
        state.stopped
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.state().stopped = true;
        self.0.changed.notify_all();
    }
}

/// Events of the system, where it has them.
pub(crate) struct FileEvents {
    watcher: Option<RecommendedWatcher>,
    watched: Option<PathBuf>,
    complained: bool,
}

impl FileEvents {
    /// Rings `bell` for every event.
    pub(crate) fn new(bell: Arc<Bell>) -> Self {
        let mut events = Self { watcher: None, watched: None, complained: false };
        match notify::recommended_watcher(move |_| bell.ring()) {
            Ok(watcher) => events.watcher = Some(watcher),
            Err(error) => events.complain(&error),
        }
        events
    }

    fn complain(&mut self, error: &notify::Error) {
        if !self.complained {
            self.complained = true;
            debug!("no file events ({error}): files are looked at in intervals");
        }
    }
}

impl Hint for FileEvents {
    fn watch(&mut self, dir: &Path) {
        let Some(watcher) = &mut self.watcher else { return };
        let before = self.watched.take_if(|watched| watched != dir);
        // One that is gone is not watched any more, which is what is asked for.
        before.map(|before| watcher.unwatch(&before).ok());
        match watcher.watch(dir, RecursiveMode::NonRecursive) {
            Ok(()) => self.watched = Some(dir.to_path_buf()),
            Err(error) if dir.exists() => self.complain(&error),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer than anything here can take.
    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn the_end_wakes_the_sleeper() {
        let bell = Arc::new(Bell::default());
        let stop = Stop(Arc::clone(&bell));
        assert!(!bell.sleep(Duration::ZERO));
        let sleeper = std::thread::spawn(move || bell.sleep(LONG));
        drop(stop);
        assert!(sleeper.join().unwrap());
    }

    #[test]
    fn a_ring_before_the_sleep_is_not_lost() {
        let bell = Bell::default();
        bell.ring();
        assert!(!bell.sleep(LONG));
    }

    #[test]
    fn a_directory_that_is_not_there_is_no_failure() {
        let dir = tempfile::tempdir().unwrap();
        let mut events = FileEvents::new(Arc::new(Bell::default()));
        events.watch(&dir.path().join("none"));
        events.watch(dir.path());
        assert!(!events.complained || events.watched.is_none());
    }
}
