//! Which chart is redrawn in which frame: one after the other, so that no frame pays for all of them.
//!
//! Invariants: a chart asks any number of times and is redrawn once; what a person waits for comes first and may share a frame
//! up to [`SHARED_MS`]; new data of a chart are not looked at again before [`PAUSE`] times as long has passed as that took, so
//! a chart with much to read cannot take the page's time. A chart that asks is always redrawn in the end.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use leptos::prelude::*;

use crate::{browser, store::Pump};

/// What urgent redraws may take of one frame together.
const SHARED_MS: f64 = 6.0;
/// The least time between two looks at a chart's data.
const LEAST_MS: f64 = 90.0;
/// The longest.
const MOST_MS: f64 = 5_000.0;
/// How long a chart rests, in times of what its last redraw took.
const PAUSE: f64 = 25.0;

/// What a chart asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Redraw {
    /// The same data again: another size, colour or choice.
    Paint,
    /// Other data, because the reader chose so.
    Chosen,
    /// Newer data, when there is time.
    Newer,
}

struct Entry {
    id: u32,
    run: Rc<dyn Fn(bool)>,
    /// Whether to paint, at once.
    urgent: bool,
    /// Whether to read data.
    data: bool,
    /// Not to be looked at for newer data before.
    due_ms: f64,
}

impl Entry {
    fn is_due(&self, now_ms: f64) -> bool {
        self.urgent || self.data && self.due_ms <= now_ms
    }
}

/// Whom to redraw, and how.
struct Turn {
    id: u32,
    run: Rc<dyn Fn(bool)>,
    data: bool,
    urgent: bool,
}

#[derive(Default)]
struct Waiting {
    entries: Vec<Entry>,
    next_id: u32,
    pump: Option<Pump>,
}

/// The queue of all charts that share a look.
#[derive(Clone, Copy)]
pub(crate) struct Queue(StoredValue<Rc<RefCell<Waiting>>, LocalStorage>);

impl Queue {
    /// A queue that lives as long as the reactive owner that it is made in.
    pub(super) fn new() -> Self {
        let waiting = Rc::new(RefCell::new(Waiting::default()));
        let weak = Rc::downgrade(&waiting);
        waiting.borrow_mut().pump = Some(Pump::new(move || frame(&weak)));
        Self(StoredValue::new_local(waiting))
    }

    /// Takes a chart in; `run` redraws it, with new data where it is told so. It leaves with its reactive owner.
    pub(super) fn join(self, run: impl Fn(bool) + 'static) -> u32 {
        let id = self.0.with_value(|waiting| {
            let mut waiting = waiting.borrow_mut();
            waiting.next_id += 1;
            let id = waiting.next_id;
            let run = Rc::new(run);
            waiting.entries.push(Entry { id, run, urgent: false, data: false, due_ms: 0.0 });
            id
        });
        on_cleanup(move || {
            let left = self.0.try_with_value(|waiting| waiting.borrow_mut().leave(id));
            drop(left);
        });
        id
    }

    /// Asks for a redraw of the chart `id`.
    pub(super) fn ask(self, id: u32, what: Redraw) {
        self.0.with_value(|waiting| {
            let mut waiting = waiting.borrow_mut();
            if let Some(entry) = waiting.entries.iter_mut().find(|entry| entry.id == id) {
                entry.urgent |= what != Redraw::Newer;
                entry.data |= what != Redraw::Paint;
            }
            if let Some(pump) = &waiting.pump {
                pump.request();
            }
        });
    }
}

impl Waiting {
    /// The entry is handed out, so that it ends after the borrow.
    fn leave(&mut self, id: u32) -> Option<Entry> {
        let place = self.entries.iter().position(|entry| entry.id == id)?;
        Some(self.entries.remove(place))
    }

    /// Whose turn it is: the urgent ones first, then who has waited longest.
    fn next(&mut self, now_ms: f64) -> Option<Turn> {
        let due = self.entries.iter_mut().filter(|entry| entry.is_due(now_ms));
        let first =
            due.min_by(|one, other| other.urgent.cmp(&one.urgent).then(one.due_ms.total_cmp(&other.due_ms)))?;
        let urgent = std::mem::take(&mut first.urgent);
        // What is painted at once is painted with the data there are, unless it is their turn too.
        let data = std::mem::take(&mut first.data);
        Some(Turn { id: first.id, run: Rc::clone(&first.run), data, urgent })
    }

    fn rest(&mut self, id: u32, began_ms: f64, ended_ms: f64) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            entry.due_ms = began_ms + ((ended_ms - began_ms) * PAUSE).clamp(LEAST_MS, MOST_MS);
        }
    }
}

/// One frame: the chart whose turn it is, and other urgent ones while there is time.
fn frame(waiting: &Weak<RefCell<Waiting>>) {
    let Some(waiting) = waiting.upgrade() else { return };
    let first_ms = browser::monotonic_ms();
    let mut began_ms = first_ms;
    loop {
        let turn = waiting.borrow_mut().next(began_ms);
        let Some(Turn { id, run, data, urgent }) = turn else { break };
        run(data);
        let ended_ms = browser::monotonic_ms();
        if data {
            waiting.borrow_mut().rest(id, began_ms, ended_ms);
        }
        if !urgent || ended_ms - first_ms > SHARED_MS {
            break;
        }
        began_ms = ended_ms;
    }
    let waiting = waiting.borrow();
    if waiting.entries.iter().any(|entry| entry.urgent || entry.data)
        && let Some(pump) = &waiting.pump
    {
        pump.request();
    }
}
