//! One recorded session: reads it once from beginning to end, and then shows it as it was at any time.
//!
//! The state at a time is that of the nearest snapshot before it with the lines since. Invariants: the state changes only in
//! [`Inner::run`], in slices of [`SLICE_MS`]; a newer seek ends an older one at its next slice; snapshots take at most
//! [`KEPT_BYTES`], and of the time to read at most a tenth ([`KEEP_SHARE`]); a seek that went far leaves another one
//! where it ended, so that the next one near it is short.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use aurora_domain::{State, Ts};
use aurora_wire::{
    recording::{Account, Key, Merge, Position, Step, Want},
    snapshot,
};
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::{
    course::Course,
    given::Problem,
    pieces,
    session::{Files, PartFile},
    turn::turn,
};
use crate::{
    browser,
    store::{Handle, Store},
};

/// The longest that lines are taken in without a turn for the browser.
pub(crate) const SLICE_MS: f64 = 12.0;
/// Snapshots of the state in all.
const KEPT_BYTES: usize = 96 << 20;
const KEPT: usize = 24;
/// Lines between two snapshots, at least.
const STRIDE: u64 = if cfg!(test) { 1 << 10 } else { 1 << 16 };
/// What snapshots may take of the time that lines take.
const KEEP_SHARE: f64 = 0.1;
/// How much of a file is read at once.
const PIECE_BYTES: u64 = 2 << 20;
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
    inner: StoredValue<Rc<Inner>, LocalStorage>,
}

struct Inner {
    store: Handle,
    parts: Vec<PartFile>,
    engine: RefCell<Engine>,
    /// The newest reading; older ones end.
    newest: Cell<u64>,
    /// When the present slice ends, by the page's steady clock.
    slice_end: Cell<f64>,
}

struct Engine {
    merge: Merge,
    course: Course,
    kept: Vec<Kept>,
    kept_bytes: usize,
    /// Time that went into lines and into snapshots, in milliseconds.
    spent: (f64, f64),
    /// What is being read ahead, by log.
    ahead: Vec<(Want, JsFuture)>,
    problems: Vec<Problem>,
}

/// The state at a place of the recording.
struct Kept {
    position: Position,
    /// Empty at the beginning.
    state: Vec<u8>,
    course: Course,
}

/// Why a reading ended.
enum Ending {
    Done,
    Superseded,
    Failed(String),
}

impl Player {
    /// Begins to read `files`. Called within a reactive owner, whose end closes the session.
    pub(crate) fn open(files: Files) -> Self {
        let store = Handle::new(Store::of_recording(browser::now_ms()));
        let total = files.parts.iter().map(|part| part.part.bytes).sum();
        let merge = Merge::new(files.parts.iter().map(|part| part.part).collect());
        let start = Kept { position: merge.position(), state: Vec::new(), course: Course::default() };
        let engine = Engine {
            merge,
            course: Course::default(),
            kept: vec![start],
            kept_bytes: 0,
            spent: (0.0, 0.0),
            ahead: Vec::new(),
            problems: Vec::new(),
        };
        let inner = Rc::new(Inner {
            store,
            parts: files.parts,
            engine: RefCell::new(engine),
            newest: Cell::new(0),
            slice_end: Cell::new(0.0),
        });
        let player = Self {
            store,
            progress: RwSignal::new(Progress { total, ..Progress::default() }),
            playhead: RwSignal::new(Ts(0)),
            seeking: RwSignal::new(false),
            inner: StoredValue::new_local(Rc::clone(&inner)),
        };
        spawn_local(player.read_all(inner));
        player
    }

    async fn read_all(self, inner: Rc<Inner>) {
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
        let ending = inner.run(0, None, true, &report).await;
        if matches!(ending, Ending::Superseded) {
            return;
        }
        let last = inner.engine.borrow().merge.at().unwrap_or(Ts(0));
        let first = inner.store.play(|store| store.state().session().first()).flatten().unwrap_or(last);
        self.playhead.try_set(last);
        self.store.tell_all();
        self.progress.try_update(|progress| {
            let engine = inner.engine.borrow();
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
        let Some(inner) = self.inner.try_with_value(Rc::clone) else { return };
        self.playhead.set(at);
        self.seeking.set(true);
        let number = inner.newest.get() + 1;
        inner.newest.set(number);
        spawn_local(async move {
            inner.engine.borrow_mut().go_to(at, inner.store);
            if matches!(inner.run(number, Some(at), false, &|_| ()).await, Ending::Superseded) {
                return;
            }
            inner.store.play(|store| {
                inner.engine.borrow_mut().keep_far(store.state());
                store.state_mut().advance(at)
            });
            inner.store.tell_all();
            self.seeking.try_set(false);
        });
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
        let path = |inner: &Rc<Inner>| inner.parts.get(part).map(|part| part.path.clone());
        self.inner.try_with_value(path).flatten().unwrap_or_default()
    }

    /// What the snapshots take, in bytes.
    #[cfg(test)]
    pub(crate) fn kept_bytes(self) -> usize {
        self.with(|engine| engine.kept_bytes).unwrap_or(0)
    }

    fn with<T>(self, read: impl FnOnce(&Engine) -> T) -> Option<T> {
        self.inner.try_with_value(|inner| read(&inner.engine.borrow()))
    }
}

impl Inner {
    /// Takes lines in up to `until`, or all. `keep` says whether snapshots and the course are made on the way.
    async fn run(&self, number: u64, until: Option<Ts>, keep: bool, report: &dyn Fn(&Engine)) -> Ending {
        loop {
            if self.newest.get() != number {
                return Ending::Superseded;
            }
            if browser::monotonic_ms() >= self.slice_end.get() {
                turn().await;
                self.slice_end.set(browser::monotonic_ms() + SLICE_MS);
                continue;
            }
            let end = self.slice_end.get();
            let Some(step) =
                self.store.play(|store| self.engine.borrow_mut().slice(store.state_mut(), until, keep, end))
            else {
                return Ending::Superseded;
            };
            report(&self.engine.borrow());
            match step {
                Step::Needs(want) => self.supply(want, number).await,
                Step::Paused => {}
                Step::Reached | Step::Ended => return Ending::Done,
                Step::Late(key) => self.go_back(&key),
                Step::Disordered { part } => return Ending::Failed(self.disordered(part)),
            }
            if keep && self.engine.borrow().is_due() {
                self.keep();
            }
        }
    }

    /// Reads what `want` names, and what comes after it ahead.
    async fn supply(&self, want: Want, number: u64) {
        let reading = self.engine.borrow_mut().take_ahead(want);
        let value = match reading.map_or_else(|| self.begin(want), Ok) {
            Ok(reading) => reading.await,
            Err(error) => Err(error),
        };
        if self.newest.get() != number {
            return;
        }
        let mut engine = self.engine.borrow_mut();
        match value.and_then(pieces::array) {
            Ok(array) if array.length() > 0 => {
                engine.merge.supply(want.log, array.length() as usize, |room| array.copy_to(room));
                if let Some(next) = engine.merge.next_bytes(want.log)
                    && let Ok(reading) = self.begin(next)
                {
                    engine.ahead.push((next, reading));
                }
            }
            other => {
                let why = other
                    .map_or_else(|error| pieces::message(&error), |_| "it is shorter than it was".into());
                engine.merge.break_off(want.part, want.offset);
                let path = self.parts.get(want.part).map(|part| part.path.as_str()).unwrap_or_default();
                let reason = format!(
                    "it cannot be read on ({why}): it was changed or removed since it was chosen. What came before counts; open it again"
                );
                engine.problems.push(Problem::new(path, reason));
            }
        }
    }

    fn begin(&self, want: Want) -> Result<JsFuture, JsValue> {
        let part = self.parts.get(want.part).ok_or(JsValue::NULL)?;
        let end = (want.offset + PIECE_BYTES).min(part.part.bytes);
        pieces::read(&part.blob, want.offset, end)
    }

    /// A snapshot is made in a slice of its own.
    fn keep(&self) {
        self.slice_end.set(0.0);
        self.store.play(|store| self.engine.borrow_mut().keep(store.state()));
    }

    fn go_back(&self, key: &Key) {
        self.store.play(|store| self.engine.borrow_mut().go_back(key, store.state_mut()));
    }

    fn disordered(&self, part: usize) -> String {
        let path = self.parts.get(part).map(|part| part.path.as_str()).unwrap_or_default();
        format!(
            "{path} goes back in time more than {} times by more than {} lines, too often to be ordered here: `aurora-feed summarize` can",
            Merge::LOGS,
            Merge::AHEAD
        )
    }
}

impl Engine {
    fn slice(&mut self, state: &mut State, until: Option<Ts>, keep: bool, end: f64) -> Step {
        let began = browser::monotonic_ms();
        let Self { merge, course, .. } = self;
        let mut go_on = || browser::monotonic_ms() < end;
        let step = if keep {
            merge.run(state, until, &mut go_on, &mut |line| course.take(&line))
        } else {
            merge.run(state, until, &mut go_on, &mut |_| ())
        };
        self.spent.0 += browser::monotonic_ms() - began;
        step
    }

    fn is_due(&self) -> bool {
        let is_far =
            self.kept.last().is_some_and(|last| self.merge.lines() >= last.position.lines() + STRIDE);
        is_far && self.spent.1 <= self.spent.0 * KEEP_SHARE
    }

    /// Keeps the state as it is here, and where there is no room thins out what is kept.
    fn keep(&mut self, state: &State) {
        let began = browser::monotonic_ms();
        let state = snapshot::save(state, 0);
        let lines = self.merge.lines();
        let place = self.kept.partition_point(|kept| kept.position.lines() <= lines);
        let kept = Kept { position: self.merge.position(), state, course: self.course.clone() };
        self.kept.insert(place, kept);
        self.count_kept();
        if self.kept.len() > KEPT || self.kept_bytes > KEPT_BYTES {
            let mut place = 0;
            self.kept.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.count_kept();
        }
        self.spent.1 += browser::monotonic_ms() - began;
    }

    /// The same, where no snapshot is near.
    fn keep_far(&mut self, state: &State) {
        let lines = self.merge.lines();
        if self.kept.iter().all(|kept| kept.position.lines().abs_diff(lines) >= STRIDE) {
            self.keep(state);
        }
    }

    fn count_kept(&mut self) {
        self.kept_bytes = self.kept.iter().map(|kept| kept.state.len()).sum();
    }

    /// To the newest snapshot before `key`.
    fn go_back(&mut self, key: &Key, state: &mut State) {
        self.kept.retain(|kept| kept.position.precedes(key));
        self.count_kept();
        if let Some(kept) = self.kept.last() {
            self.course = kept.course.clone();
        }
        self.restore(self.kept.len().saturating_sub(1), state);
    }

    /// Where the lines up to `at` are nearest: from here on, or from a snapshot.
    fn go_to(&mut self, at: Ts, store: Handle) {
        let here = self.merge.at().filter(|here| *here <= at).map(|_| self.merge.lines());
        let before = |kept: &Kept| kept.position.at().is_none_or(|kept| kept <= at);
        let Some(nearest) = self.kept.iter().rposition(before) else { return };
        let lines = self.kept.get(nearest).map(|kept| kept.position.lines());
        if here < lines || here.is_none() {
            store.play(|store| self.restore(nearest, store.state_mut()));
        }
    }

    fn restore(&mut self, index: usize, state: &mut State) {
        let Some(kept) = self.kept.get(index) else { return };
        self.merge.restore(&kept.position);
        self.ahead.clear();
        // At the beginning the reading makes the state. What was saved here can be loaded here.
        if let Ok(snapshot) = snapshot::load(&kept.state) {
            *state = snapshot.state;
        }
    }

    fn take_ahead(&mut self, want: Want) -> Option<JsFuture> {
        let found = self.ahead.iter().position(|(ahead, _)| *ahead == want);
        let reading = found.map(|index| self.ahead.swap_remove(index).1);
        self.ahead.retain(|(ahead, _)| ahead.log != want.log);
        reading
    }
}
