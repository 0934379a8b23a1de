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
    store::{Earlier, Handle, Past, Pump, Slice, Store, Value},
    transport::Fetch,
};

/// For which lines are looked through in one go: what a frame has left beside the store's own work.
const SLICE_MS: f64 = 6.0;

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
    /// Whether the feed may have earlier ones.
    pub(super) has_earlier: bool,
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
    /// The search text.
    pub(super) text: RwSignal<String>,
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
    /// How reading earlier lines stands.
    pub(super) past: RwSignal<Past>,
    found: StoredValue<Rc<RefCell<Found>>, LocalStorage>,
    reader: StoredValue<Option<Earlier>, LocalStorage>,
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
        let summary = in_slices(
            store,
            move |store| asked.with(|asked| look(&found.get_value(), asked, store)),
            |summary: &Summary| summary.done,
        );
        Self {
            store,
            text: page.query,
            query,
            asked,
            summary,
            follow: RwSignal::new(true),
            anchor: RwSignal::new(Anchor::default()),
            shown: StoredValue::new(Anchor::default()),
            active: RwSignal::new(None),
            beside: RwSignal::new(Beside::Nothing),
            past: RwSignal::new(Past::Idle),
            found,
            reader: StoredValue::new_local(None),
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
        self.text.update(|query| {
            if query.split_whitespace().any(|word| word == term) {
                return;
            }
            if !query.is_empty() && !query.ends_with(' ') {
                query.push(' ');
            }
            query.push_str(&term);
        });
    }

    /// Reads lines from before the first one.
    pub(super) fn load_earlier(self) {
        if let Some(stretch) = self.store.read(Store::earlier) {
            self.reader.set_value(Some(Earlier::start(self.store, &Fetch, stretch, self.past)));
        }
    }

    /// Reads no further.
    pub(super) fn cancel_earlier(self) {
        self.reader.set_value(None);
        self.past.set(Past::Idle);
    }

    /// Stays at the end from now on, or no longer.
    pub(super) fn toggle_follow(self) {
        if self.follow.get_untracked() {
            self.anchor.set(self.shown.get_value());
        }
        self.follow.update(|follow| *follow = !*follow);
    }

    /// Shows a line beside the table, which stays where it is from then on.
    pub(super) fn open(self, seq: u64) {
        if self.follow.get_untracked() {
            self.toggle_follow();
        }
        self.active.set(Some(seq));
        self.beside.set(Beside::Detail(seq));
    }

    /// Closes what stands beside the table, and goes back to it.
    pub(super) fn close(self) {
        self.beside.set(Beside::Nothing);
        set_timeout(table::focus, Duration::ZERO);
    }
}

/// A value that is made a little at a time, once per change of the store and per frame, until it is `done`.
pub(super) fn in_slices<T: Value>(
    store: Handle,
    go_on: impl Fn(&Store) -> T + Send + Sync + 'static,
    done: fn(&T) -> bool,
) -> Memo<T> {
    let frame = Trigger::new();
    let value = store.select(&[Slice::Details], move |store| {
        frame.track();
        go_on(store)
    });
    let pump = StoredValue::new_local(Pump::new(move || frame.notify()));
    Effect::new(move |_| {
        frame.track();
        if !value.with(done) {
            pump.with_value(Pump::request);
        }
    });
    value
}

/// Says whether there is time left in this go.
pub(super) fn slice() -> impl FnMut() -> bool {
    let deadline = browser::monotonic_ms() + SLICE_MS;
    move || browser::monotonic_ms() < deadline
}

/// Goes on looking, from the beginning where something else is asked for.
fn look(found: &RefCell<Found>, asked: &Asked, store: &Store) -> Summary {
    let lines = store.lines();
    let mut found = found.borrow_mut();
    if found.asked() != asked {
        *found = Found::new(asked.clone(), lines);
    }
    let done = found.step(lines, slice());
    Summary {
        matches: found.len(),
        ends: found.get(0).zip(found.len().checked_sub(1).and_then(|last| found.get(last))),
        looked_at: found.looked_at(),
        held: lines.len(),
        since: lines.oldest().and_then(|line| line.ts),
        has_earlier: store.earlier().is_some(),
        dropped: lines.dropped(),
        done,
    }
}
