//! The recordings that are open: opening more, and closing them.
//!
//! Invariants: each recording has a reactive owner of its own, and closing it frees everything that it holds; at most
//! [`Library::LIMIT`] are open, and those beyond are named; what is being looked for can be stopped; what could not be read is kept until the reader dismisses it.

use std::{cell::Cell, rc::Rc};

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{
    given::{Problem, Taken},
    player::Player,
    session::{self, Files},
};

/// An open recording.
#[derive(Clone)]
pub(crate) struct Opened {
    /// Its number, never used again.
    pub(crate) id: u32,
    /// What it is called.
    pub(crate) name: String,
    /// What shows it.
    pub(crate) player: Player,
    owner: Owner,
}

impl PartialEq for Opened {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// What the reader looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The list alone.
    #[default]
    List,
    /// One recording in full, by its number.
    One(u32),
    /// Several beside each other.
    Compared(Vec<u32>),
}

/// Every recording that is open. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Library {
    /// In the order of opening.
    pub(crate) opened: RwSignal<Vec<Opened>>,
    /// What could not be read.
    pub(crate) problems: RwSignal<Vec<Problem>>,
    /// Bytes that were unpacked or loaded so far, while sessions are being looked for.
    pub(crate) finding: RwSignal<Option<u64>>,
    /// What is looked at.
    pub(crate) shown: RwSignal<Shown>,
    owner: StoredValue<Owner>,
    last_id: StoredValue<u32>,
    /// How many things are being looked for.
    searches: StoredValue<u32>,
    /// Set once what is being looked for is not wanted any more.
    stopped: StoredValue<Rc<Cell<bool>>, LocalStorage>,
}

impl Library {
    /// The most recordings that are open.
    pub(crate) const LIMIT: usize = 12;
    /// The most recordings beside each other.
    pub(crate) const COMPARED: usize = 4;

    /// An empty one, which lives as long as the reactive owner that it is made in.
    pub(crate) fn new() -> Self {
        Self {
            opened: RwSignal::new(Vec::new()),
            problems: RwSignal::new(Vec::new()),
            finding: RwSignal::new(None),
            shown: RwSignal::new(Shown::default()),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            last_id: StoredValue::new(0),
            searches: StoredValue::new(0),
            stopped: StoredValue::new_local(Rc::default()),
        }
    }

    /// Looks for sessions in what `taken` will be, and opens each.
    pub(crate) fn take(self, taken: impl Future<Output = Taken> + 'static) {
        let stopped = self.begin();
        spawn_local(async move {
            let taken = taken.await;
            let came = self.counter(&stopped);
            let found = session::find(taken, &came).await;
            if !self.ends(&stopped) {
                return;
            }
            self.problems.update(|problems| problems.extend(found.problems));
            let mut ids: Vec<u32> = found.sessions.into_iter().filter_map(|files| self.open(files)).collect();
            if let (Some(id), true) = (ids.pop(), ids.is_empty()) {
                self.shown.set(Shown::One(id));
            }
        });
    }

    /// Says that something is being looked for; what is returned turns true when it is to stop.
    pub(crate) fn begin(self) -> Rc<Cell<bool>> {
        self.searches.update_value(|searches| *searches += 1);
        if self.finding.get_untracked().is_none() {
            self.stopped.set_value(Rc::default());
            self.finding.set(Some(0));
        }
        self.stopped.with_value(Rc::clone)
    }

    /// Says that what [`Library::begin`] began is over, and whether it is still wanted.
    pub(crate) fn ends(self, stopped: &Rc<Cell<bool>>) -> bool {
        if stopped.get() || self.finding.is_disposed() {
            return false;
        }
        self.searches.update_value(|searches| *searches -= 1);
        if self.searches.get_value() == 0 {
            self.finding.set(None);
        }
        true
    }

    /// Counts bytes as they come, and says whether to go on.
    pub(crate) fn counter(self, stopped: &Rc<Cell<bool>>) -> impl Fn(u64) -> bool + use<> {
        let stopped = Rc::clone(stopped);
        move |bytes| {
            let go_on = !stopped.get() && !self.finding.is_disposed();
            if go_on {
                self.finding.update(|sum| *sum = Some(sum.unwrap_or(0) + bytes));
            }
            go_on
        }
    }

    /// Stops looking for sessions.
    pub(crate) fn stop(self) {
        self.stopped.with_value(|stopped| stopped.set(true));
        self.searches.set_value(0);
        self.finding.set(None);
    }

    /// Begins to read `files` and returns the recording's number; says so where too many are open.
    pub(crate) fn open(self, files: Files) -> Option<u32> {
        if self.opened.with_untracked(Vec::len) >= Self::LIMIT {
            let reason = format!(
                "{} recordings are open, as many as may be: close one and open it again",
                Self::LIMIT
            );
            self.problems.update(|problems| problems.push(Problem::new(&files.name, reason)));
            return None;
        }
        let id = self.last_id.get_value() + 1;
        self.last_id.set_value(id);
        let owner = self.owner.with_value(Owner::child);
        let name = files.name.clone();
        let player = owner.with(|| Player::open(files));
        self.opened.update(|opened| opened.push(Opened { id, name, player, owner }));
        Some(id)
    }

    /// Closes a recording, at any stage, and frees what it holds.
    pub(crate) fn close(self, id: u32) {
        self.shown.update(|shown| match shown {
            Shown::One(one) if *one == id => *shown = Shown::List,
            Shown::Compared(ids) => {
                ids.retain(|other| *other != id);
                if ids.len() < 2 {
                    *shown = Shown::List;
                }
            }
            _ => {}
        });
        let mut closed = Vec::new();
        self.opened.update(|opened| {
            closed.extend(opened.iter().filter(|one| one.id == id).cloned());
            opened.retain(|one| one.id != id);
        });
        // After the views that look at it are gone.
        spawn_local(async move {
            super::turn::turn().await;
            for one in closed {
                one.owner.cleanup();
            }
        });
    }

    /// The recording of a number.
    pub(crate) fn find(self, id: u32) -> Option<Opened> {
        self.opened.with(|opened| opened.iter().find(|one| one.id == id).cloned())
    }
}
