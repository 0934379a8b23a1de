//! One recorded session: reads it once from beginning to end, and then shows it as it was at any time.
//!
//! The state at a time is that of the nearest snapshot before it with the lines since. Invariants: a newer seek ends an older one;
//! what is shown is told once its state is there; a seek that went far leaves a snapshot where it ended, so that the
//! next one near it is short.

use std::{cell::Cell, rc::Rc};

use aurora_domain::Ts;
use aurora_wire::recording::Account;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{
    course::Course,
    engine::Engine,
    given::Problem,
    judging::Judging,
    reading::{Ending, Reading},
    session::Files,
    turn::turn,
};
use crate::{
    browser,
    store::{Handle, Store},
};

const EMPTY: &str = "its files hold no finished line";
/// Between two reports on the progress.
const REPORT_MS: f64 = 100.0;

/// How far the first reading is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Progress {
    /// Bytes that were read, unpacked.
    pub(crate) bytes: u64,
    /// Bytes in all.
    pub(crate) total: u64,
    /// Lines that were read.
    pub(crate) lines: u64,
    /// What the session is, once it is read.
    pub(crate) ready: Option<Extent>,
    /// Why it cannot be read to its end.
    pub(crate) failed: Option<String>,
}

/// From when to when a session reaches, and how long it took to read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extent {
    pub(crate) first: Ts,
    pub(crate) last: Ts,
    pub(crate) read_ms: f64,
}

/// A session as views see it. Cheap to copy; lives as long as the reactive owner that it is made in.
#[derive(Clone, Copy)]
pub(crate) struct Player {
    /// Its state at the playhead.
    pub(crate) store: Handle,
    /// How far it is read.
    pub(crate) progress: RwSignal<Progress>,
    /// The time that is shown, or that will be as soon as it is there.
    pub(crate) playhead: RwSignal<Ts>,
    /// Whether the state of that time is not there yet.
    pub(crate) seeking: RwSignal<bool>,
    /// What a report is made of.
    pub(crate) judging: RwSignal<Judging>,
    reading: StoredValue<Rc<Reading>, LocalStorage>,
}

impl Player {
    /// Begins to read `files`. Called within a reactive owner, whose end closes the session.
    pub(crate) fn open(files: Files) -> Self {
        let store = Handle::new(Store::of_recording(browser::now_ms()));
        let total = files.parts.iter().map(|part| part.part.bytes).sum();
        let reading = Reading::new(store, files);
        let player = Self {
            store,
            progress: RwSignal::new(Progress { total, ..Progress::default() }),
            playhead: RwSignal::new(Ts(0)),
            seeking: RwSignal::new(false),
            judging: RwSignal::new(Judging::default()),
            reading: StoredValue::new_local(Rc::clone(&reading)),
        };
        spawn_local(player.read_all(reading));
        player
    }

    async fn read_all(self, reading: Rc<Reading>) {
        let began = browser::monotonic_ms();
        let reported = Cell::new(began);
        let report = |engine: &Engine| {
            let now = browser::monotonic_ms();
            if now - reported.get() < REPORT_MS {
                return;
            }
            reported.set(now);
            let (bytes, lines) = (engine.merge.account().bytes, engine.merge.account().lines_total());
            self.progress.try_update(|progress| {
                (progress.bytes, progress.lines) = (bytes.min(progress.total), lines);
            });
        };
        let ending = reading.run(reading.ask(None), &report).await;
        if matches!(ending, Ending::Superseded) {
            return;
        }
        let last = reading.engine.borrow().merge.at().unwrap_or(Ts(0));
        let first = reading.store.play(|store| store.state().session().first()).flatten().unwrap_or(last);
        self.playhead.try_set(last);
        self.store.tell_all();
        // What shows the session is made in a task of its own.
        turn().await;
        self.progress.try_update(|progress| {
            let engine = reading.engine.borrow();
            progress.bytes = progress.total;
            progress.lines = engine.merge.account().lines_total();
            match ending {
                Ending::Failed(reason) => progress.failed = Some(reason),
                _ if engine.merge.lines() == 0 => progress.failed = Some(EMPTY.to_owned()),
                _ => {
                    let read_ms = browser::monotonic_ms() - began;
                    progress.ready = Some(Extent { first, last, read_ms });
                }
            }
        });
    }

    /// Shows the session as it was at `at`, or the nearest time that it has.
    pub(crate) fn seek(self, at: Ts) {
        let Some(Extent { first, last, .. }) = self.progress.with_untracked(|progress| progress.ready) else {
            return;
        };
        let at = at.clamp(first, last);
        let Some(reading) = self.reading() else { return };
        self.playhead.set(at);
        self.seeking.set(true);
        let asked = reading.ask(Some(at));
        spawn_local(async move {
            let began = reading.store.play(|store| reading.engine.borrow_mut().go_to(at, store)).is_some();
            if !began || matches!(reading.run(asked, &|_| ()).await, Ending::Superseded) {
                return;
            }
            reading.store.play(|store| store.state_mut().advance(at));
            reading.store.tell_all();
            self.seeking.try_set(false);
            if reading.engine.borrow().is_far() {
                // Where a newer seek ends that, its own end may be kept.
                let _ended = reading.keep(asked).await;
            }
        });
    }

    /// Holds the lines before the playhead from now on, or no longer.
    pub(crate) fn hold_lines(self, hold: bool) {
        let Some(reading) = self.reading() else { return };
        reading.store.play(|store| reading.engine.borrow_mut().hold_lines(hold, store));
        if hold {
            self.seek(self.playhead.get_untracked());
        } else {
            reading.store.tell_all();
        }
    }

    /// What was read and what could not be; changes until [`Progress::ready`].
    pub(crate) fn account(self) -> Account {
        self.with(|engine| engine.merge.account().clone()).unwrap_or_default()
    }

    /// The course of the whole session; grows until [`Progress::ready`].
    pub(crate) fn course(self) -> Course {
        self.with(|engine| engine.course.clone()).unwrap_or_default()
    }

    /// Files that could not be read to their end.
    pub(crate) fn problems(self) -> Vec<Problem> {
        self.with(|engine| engine.problems.clone()).unwrap_or_default()
    }

    /// The path of a part, by its number.
    pub(crate) fn path(self, part: usize) -> String {
        self.reading.try_with_value(|reading| reading.path(part).to_owned()).unwrap_or_default()
    }

    /// What the snapshots take, in bytes; changes with readings and seeks.
    pub(crate) fn kept_bytes(self) -> usize {
        self.with(|engine| engine.kept.bytes()).unwrap_or(0)
    }

    pub(super) fn reading(self) -> Option<Rc<Reading>> {
        self.reading.try_with_value(Rc::clone)
    }

    fn with<T>(self, read: impl FnOnce(&Engine) -> T) -> Option<T> {
        self.reading.try_with_value(|reading| read(&reading.engine.borrow()))
    }
}
