//! What the parts of the screen share: what is asked for, what was found, where the table stands.
//!
//! Invariants: what was found moves on in one memo alone, once per change of the store or per frame; where the table
//! stands is a line and not a number of pixels, so that it stays there while lines come and go.

use std::{cell::RefCell, rc::Rc, time::Duration};

use aurora_domain::Ts;
use aurora_wire::search::{Problem, Query, term};
use leptos::prelude::*;

use super::{Beside, table};
use crate::{
    browser,
    lines::{
        Lines,
        found::{Asked, Found},
    },
    page::Page,
    store::{Handle, Pump, Slice, Store},
};

/// For which lines are looked through in one go: what a frame has left beside the store's own work.
pub(super) const SLICE_MS: f64 = 6.0;

/// What was found so far, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Summary {
    /// Lines that match.
    pub(super) matches: usize,
    /// The first and the last of them.
    pub(super) ends: Option<(u64, u64)>,
    /// Lines that were looked at.
    pub(super) looked_at: u64,
    /// Lines that are held.
    pub(super) held: usize,
    /// The oldest one's time.
    pub(super) since: Option<Ts>,
    /// Lines that fell out.
    pub(super) dropped: u64,
    /// Whether all lines were looked at.
    pub(super) done: bool,
}

/// Where the table stands: a line and how many pixels of it are above the upper edge.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Anchor {
    pub(super) seq: u64,
    pub(super) pixels: f64,
}

/// The screen's state. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Model {
    pub(super) store: Handle,
    pub(super) page: Page,
    /// The search text as a query.
    pub(super) query: Memo<Result<Query, Problem>>,
    pub(super) asked: Memo<Asked>,
    pub(super) summary: Memo<Summary>,
    /// Whether the table stays at its end.
    pub(super) follow: RwSignal<bool>,
    pub(super) anchor: RwSignal<Anchor>,
    /// Where the table was seen last.
    pub(super) shown: StoredValue<Anchor>,
    /// The line that the keyboard is at.
    pub(super) active: RwSignal<Option<u64>>,
    pub(super) beside: RwSignal<Beside>,
    found: StoredValue<Rc<RefCell<Found>>, LocalStorage>,
}

impl Model {
    pub(super) fn new(store: Handle, page: Page) -> Self {
        let query = Memo::new(move |_| page.query.with(|text| Query::parse(text)));
        let filter = store.select(&[Slice::Details], move |store: &Store| page.filter(store.state()));
        // While a query is wrong, what the last right one found stays.
        let asked = Memo::new(move |last: Option<&Asked>| {
            let right = query.get().ok();
            let query = right.or_else(|| last.map(|last| last.query.clone())).unwrap_or_default();
            Asked { query, filter: filter.get() }
        });
        let nothing = store.read(|store| Found::new(Asked::default(), store.lines()));
        let found = StoredValue::new_local(Rc::new(RefCell::new(nothing)));
        let frame = Trigger::new();
        let summary = Memo::new(move |_| {
            frame.track();
            store.track(&[Slice::Details]);
            asked.with(|asked| store.read(|store| look(&found.get_value(), asked, store.lines())))
        });
        let pump = StoredValue::new_local(Pump::new(move || frame.notify()));
        Effect::new(move |_| {
            if !summary.get().done {
                pump.with_value(Pump::request);
            }
        });
        Self {
            store,
            page,
            query,
            asked,
            summary,
            follow: RwSignal::new(true),
            anchor: RwSignal::new(Anchor::default()),
            shown: StoredValue::new(Anchor::default()),
            active: RwSignal::new(None),
            beside: RwSignal::new(Beside::Nothing),
            found,
        }
    }

    /// Looks at what was found.
    pub(super) fn with_found<T>(self, read: impl FnOnce(&Found) -> T) -> T {
        self.found.with_value(|found| read(&found.borrow()))
    }

    /// Looks at what was found and at the lines themselves.
    pub(super) fn read<T>(self, read: impl FnOnce(&Found, &Lines) -> T) -> T {
        self.store.read(|store| self.with_found(|found| read(found, store.lines())))
    }

    /// Adds a filter to the search.
    pub(super) fn add_filter(self, key: &str, value: &str) {
        let term = term(key, value);
        self.page.query.update(|query| {
            if query.split_whitespace().any(|word| word == term) {
                return;
            }
            if !query.is_empty() && !query.ends_with(' ') {
                query.push(' ');
            }
            query.push_str(&term);
        });
    }

    /// Stays at the end from now on, or no longer.
    pub(super) fn toggle_follow(self) {
        if self.follow.get_untracked() {
            self.anchor.set(self.shown.get_value());
        }
        self.follow.update(|follow| *follow = !*follow);
    }

    /// Shows a line beside the table.
    pub(super) fn open(self, seq: u64) {
        self.active.set(Some(seq));
        self.beside.set(Beside::Detail(seq));
    }

    /// Closes what stands beside the table, and goes back to it.
    pub(super) fn close(self) {
        self.beside.set(Beside::Nothing);
        set_timeout(table::focus, Duration::ZERO);
    }
}

/// Goes on looking, from the beginning where something else is asked for.
fn look(found: &RefCell<Found>, asked: &Asked, lines: &Lines) -> Summary {
    let mut found = found.borrow_mut();
    if found.asked() != asked {
        *found = Found::new(asked.clone(), lines);
    }
    let deadline = browser::monotonic_ms() + SLICE_MS;
    let done = found.step(lines, || browser::monotonic_ms() < deadline);
    Summary {
        matches: found.len(),
        ends: found.get(0).zip(found.len().checked_sub(1).and_then(|last| found.get(last))),
        looked_at: found.looked_at(),
        held: lines.len(),
        since: lines.oldest().and_then(|line| line.ts),
        dropped: lines.dropped(),
        done,
    }
}
