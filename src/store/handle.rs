//! How views reach the store: they select values from it by slice, and never hold it.

use std::{cell::RefCell, rc::Rc};

use aurora_domain::{Changes, Span};
use leptos::prelude::*;

use super::{Flushed, Store};

/// A part of the store that views can depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slice {
    /// Order counts and rates, over windows too.
    Orders,
    /// Latencies, over windows too.
    Latency,
    /// Routes, protection, governance, session facts, and the time that figures are as of.
    Session,
    /// The link's status and the clock that figures follow.
    Link,
    /// The feed's heartbeat.
    Feed,
    /// Anything about the state, at most ten times a second: for charts and tables, which nobody reads faster. Whoever
    /// depends on it is told in one of [`TURNS`] frames one after the other, so that no frame pays for all.
    Details,
}

/// All but the last, which is told by turns.
const SLICES: usize = 5;
/// Frames that it takes until all who depend on [`Slice::Details`] have been told.
const TURNS: usize = 8;

/// What can be selected.
pub trait Value: Clone + PartialEq + Send + Sync + 'static {}

impl<T: Clone + PartialEq + Send + Sync + 'static> Value for T {}

/// A value derived from other signals, made anew at each look. As with [`Handle::select`], one instance for each type.
pub fn derive<T: Send + Sync + 'static>(read: impl Fn() -> T + Send + Sync + 'static) -> Signal<T> {
    Signal::derive(Box::new(read) as Box<dyn Fn() -> T + Send + Sync>)
}

/// The store as views see it. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Handle {
    store: StoredValue<Rc<RefCell<Store>>, LocalStorage>,
    told: StoredValue<Told>,
}

/// Who is told of what, and whose turn it is.
#[derive(Clone, Copy)]
struct Told {
    triggers: [Trigger; SLICES],
    /// Who depends on [`Slice::Details`], by turn.
    details: [Trigger; TURNS],
    /// Of the next one to ask for one.
    given: usize,
    /// The first that was not told yet; [`TURNS`] where nobody waits.
    next: usize,
    /// Whether all are to be told once more after that.
    again: bool,
}

impl Handle {
    /// A handle that lives as long as the reactive owner that it is made in.
    pub fn new(store: Store) -> Self {
        Self {
            store: StoredValue::new_local(Rc::new(RefCell::new(store))),
            told: StoredValue::new(Told {
                triggers: std::array::from_fn(|_| Trigger::new()),
                details: std::array::from_fn(|_| Trigger::new()),
                given: 0,
                next: TURNS,
                again: false,
            }),
        }
    }

    /// A value derived from the store, made anew when one of `slices` changes.
    pub fn select<T: Value>(
        self,
        slices: &'static [Slice],
        read: impl Fn(&Store) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        self.memo(slices, Box::new(read))
    }

    /// A value over a chosen span, made anew when that or one of `slices` changes.
    pub fn select_over<T: Value>(
        self,
        slices: &'static [Slice],
        span: RwSignal<Span>,
        read: impl Fn(&Store, Span) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        self.memo(slices, Box::new(move |store| read(store, span.get())))
    }

    /// One instance for each type of value, not for each place that selects one: half of the page is such places.
    fn memo<T: Value>(
        self,
        slices: &'static [Slice],
        read: Box<dyn Fn(&Store) -> T + Send + Sync>,
    ) -> Memo<T> {
        let turn = self.turn();
        Memo::new(move |_| {
            self.track(slices, turn);
            self.read(&read)
        })
    }

    /// A turn among those who depend on [`Slice::Details`], given out evenly.
    pub fn turn(self) -> usize {
        let given = self.told.try_update_value(|told| {
            told.given = (told.given + 1) % TURNS;
            told.given
        });
        given.unwrap_or(0)
    }

    /// Makes the running effect or memo depend on `slices`; `turn` is when it is told of details ([`Handle::turn`]).
    pub fn track(self, slices: &[Slice], turn: usize) {
        for slice in slices {
            let trigger = self.told.with_value(|told| match slice {
                Slice::Details => told.details.get(turn).copied(),
                other => told.triggers.get(*other as usize).copied(),
            });
            if let Some(trigger) = trigger {
                trigger.track();
            }
        }
    }

    /// Looks at the store without depending on it.
    pub fn read<T>(self, read: impl FnOnce(&Store) -> T) -> T {
        self.store.with_value(|store| read(&store.borrow()))
    }

    /// Holds what readers see, or lets it go on.
    pub(crate) fn set_paused(self, paused: bool) {
        self.write(|store| if paused { store.pause() } else { store.resume() });
        self.tell_all();
    }

    /// Changes the store: for the driver, which tells of it with [`Handle::announce`].
    pub(super) fn write<T>(self, write: impl FnOnce(&mut Store) -> T) -> T {
        self.store.with_value(|store| write(&mut store.borrow_mut()))
    }

    /// Whether the store is still there: callbacks of the browser may outlive the page's root.
    pub(super) fn is_alive(self) -> bool {
        self.store.try_with_value(|_| ()).is_some()
    }

    /// Tells charts and tables of a change that no flush made.
    pub(super) fn tell_details(self) {
        self.told.get_value().details.iter().for_each(Trigger::notify);
    }

    /// Lets whoever plays a recording change its state; [`Handle::tell_all`] tells of it.
    pub(crate) fn play<T>(self, play: impl FnOnce(&mut Store) -> T) -> Option<T> {
        self.store.try_with_value(|store| play(&mut store.borrow_mut()))
    }

    /// Tells everybody that the state is another one.
    pub(crate) fn tell_all(self) {
        if self.is_alive() {
            let told = self.told.get_value();
            told.triggers.iter().chain(&told.details).for_each(Trigger::notify);
        }
    }

    /// Tells whoever depends on what a flush changed, once; of details, those whose turn it is. Whether others wait for
    /// theirs, and another frame is needed.
    pub(super) fn announce(self, flushed: &Flushed) -> bool {
        let changes = flushed.changes;
        let windows = changes.touches(Changes::TIME);
        let triggers = self.told.get_value().triggers;
        for (slice, changed) in [
            (Slice::Orders, windows || changes.touches(Changes::ORDERS)),
            (Slice::Latency, windows || changes.touches(Changes::LATENCY)),
            (Slice::Session, windows || !changes.is_none()),
            (Slice::Link, flushed.link),
            (Slice::Feed, flushed.feed),
        ] {
            if let Some(trigger) = triggers.get(slice as usize).filter(|_| changed) {
                trigger.notify();
            }
        }
        self.take_turns(flushed.details)
    }

    /// Tells those whose turn it is; where there is news, all of them are told from the first on.
    fn take_turns(self, news: bool) -> bool {
        let taken = self.told.try_update_value(|told| {
            told.again |= news;
            if told.next >= TURNS && std::mem::take(&mut told.again) {
                told.next = 0;
            }
            let turn = told.details.get(told.next).copied();
            told.next = (told.next + 1).min(TURNS);
            (turn, told.next < TURNS || told.again)
        });
        let Some((turn, waiting)) = taken else { return false };
        if let Some(trigger) = turn {
            trigger.notify();
        }
        waiting
    }
}
