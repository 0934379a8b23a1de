//! The work of a recording: lines are taken in, and states saved, in slices between which the browser has its turn.
//!
//! Invariants: a newer reading ends an older one at its next slice; a state is saved over as many slices as it takes, during
//! which nothing changes it; a saving that a newer reading ends leaves nothing behind.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use aurora_domain::Ts;
use aurora_wire::{
    recording::{Merge, Step, Want},
    snapshot::Saving,
};

use super::{
    engine::Engine,
    given::Problem,
    kept::Snapshot,
    pieces,
    session::{Files, PartFile},
    slices::{READING_MS, SLICE_MS, Slices},
};
use crate::{
    browser,
    store::{Handle, Store},
};

/// One recording: its files, and how far it is read.
pub(super) struct Reading {
    pub(super) store: Handle,
    /// What the session is called.
    pub(super) name: String,
    pub(super) parts: Vec<PartFile>,
    /// Files that cannot be read to their end, as far as that was found before.
    pub(super) incomplete: Vec<String>,
    pub(super) engine: RefCell<Engine>,
    /// The number of the newest reading; older ones end.
    newest: Cell<u64>,
    slices: Slices,
}

/// What to read.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// The reading's number.
    number: u64,
    /// Up to when; `None` for everything, which only the first reading asks for: it follows the course, and makes snapshots on
    /// the way.
    until: Option<Ts>,
}

/// Why a reading ended.
pub(super) enum Ending {
    Done,
    Superseded,
    Failed(String),
}

impl Reading {
    /// Nothing of `files` is read yet.
    pub(super) fn new(store: Handle, files: Files) -> Rc<Self> {
        let Files { name, parts, incomplete } = files;
        let merge = Merge::new(parts.iter().map(|part| part.part).collect());
        let (engine, newest, slices) = (RefCell::new(Engine::new(merge)), Cell::new(0), Slices::default());
        Rc::new(Self { store, name, parts, incomplete, engine, newest, slices })
    }

    /// Begins to read up to `until`, and ends what is being read.
    pub(super) fn ask(&self, until: Option<Ts>) -> Asked {
        let number = self.newest.get() + 1;
        self.newest.set(number);
        Asked { number, until }
    }

    /// Takes lines in as `asked`; `report` is called after each slice.
    pub(super) async fn run(&self, asked: Asked, report: &dyn Fn(&Engine)) -> Ending {
        let is_first = asked.until.is_none();
        let slice_ms = if is_first { READING_MS } else { SLICE_MS };
        loop {
            self.slices.turn_for(slice_ms).await;
            if !self.is_newest(asked) {
                return Ending::Superseded;
            }
            let mut go_on = || self.slices.go_on();
            let slice = self
                .store
                .play(|store| self.engine.borrow_mut().slice(store, asked.until, is_first, &mut go_on));
            let Some(step) = slice else { return Ending::Superseded };
            report(&self.engine.borrow());
            match step {
                Step::Needs(want) => self.supply(want, asked).await,
                Step::Paused => {}
                Step::Reached | Step::Ended => return Ending::Done,
                Step::Late(key) => {
                    self.store.play(|store| self.engine.borrow_mut().go_back(&key, store));
                }
                Step::Disordered { part } => return Ending::Failed(self.disordered(part)),
            }
            let is_due = is_first && self.engine.borrow().is_due();
            if is_due && !self.keep(asked).await {
                return Ending::Superseded;
            }
        }
    }

    /// Keeps the state as it is here. False where a newer reading has ended that.
    pub(super) async fn keep(&self, asked: Asked) -> bool {
        let here = |store: &mut Store| {
            let engine = self.engine.borrow();
            (Saving::new(0, engine.kept.room()), engine.snapshot(store.state()))
        };
        let Some((mut saving, snapshot)) = self.store.play(here) else { return false };
        loop {
            self.slices.turn().await;
            if !self.is_newest(asked) {
                return false;
            }
            let began = browser::monotonic_ms();
            let Some(done) = self.store.play(|store| saving.run(store.state(), &mut || self.slices.go_on()))
            else {
                return false;
            };
            self.engine.borrow_mut().spent.1 += browser::monotonic_ms() - began;
            if done {
                let state = saving.finish().into_boxed_slice();
                self.engine.borrow_mut().kept.put(Snapshot { state, ..snapshot });
                return true;
            }
        }
    }

    fn is_newest(&self, asked: Asked) -> bool {
        self.newest.get() == asked.number
    }

    /// Reads what `want` names, and what comes after it ahead.
    async fn supply(&self, want: Want, asked: Asked) {
        let reading = self.engine.borrow_mut().ahead.take(want, &self.parts);
        let value = match reading {
            Ok(reading) => reading.await,
            Err(error) => Err(error),
        };
        if !self.is_newest(asked) {
            return;
        }
        let mut engine = self.engine.borrow_mut();
        let engine = &mut *engine;
        match value.and_then(pieces::array) {
            Ok(array) if array.length() > 0 => {
                engine.merge.supply(want.log, array.length() as usize, |room| array.copy_to(room));
                engine.ahead.read_on(want.log, &engine.merge, &self.parts);
            }
            other => {
                let why = other
                    .map_or_else(|error| pieces::message(&error), |_| "it is shorter than it was".into());
                engine.merge.break_off(want.part, want.offset);
                let reason = format!(
                    "it cannot be read on ({why}): it was changed or removed since it was chosen. What came before counts; open it again"
                );
                engine.problems.push(Problem::new(self.path(want.part), reason));
            }
        }
    }

    /// The path of a part, by its number.
    pub(super) fn path(&self, part: usize) -> &str {
        self.parts.get(part).map(|part| part.path.as_str()).unwrap_or_default()
    }

    fn disordered(&self, part: usize) -> String {
        format!(
            "{} goes back in time more than {} times by more than {} lines, too often to be ordered here: `aurora-feed summarize` can",
            self.path(part),
            Merge::LOGS,
            Merge::AHEAD
        )
    }
}
