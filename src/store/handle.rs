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
    /// Anything about the state, at most ten times a second: for charts and tables, which nobody reads faster.
    Details,
}

const SLICES: usize = 6;

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
    triggers: [Trigger; SLICES],
}

impl Handle {
    /// A handle that lives as long as the reactive owner that it is made in.
    pub fn new(store: Store) -> Self {
        Self {
            store: StoredValue::new_local(Rc::new(RefCell::new(store))),
            triggers: std::array::from_fn(|_| Trigger::new()),
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
        Memo::new(move |_| {
            self.track(slices);
            self.read(&read)
        })
    }

    /// Makes the running effect or memo depend on `slices`.
    pub fn track(self, slices: &[Slice]) {
        for slice in slices {
            if let Some(trigger) = self.triggers.get(*slice as usize) {
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
        for trigger in &self.triggers {
            trigger.notify();
        }
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
        if let Some(trigger) = self.triggers.get(Slice::Details as usize) {
            trigger.notify();
        }
    }

    /// Lets whoever plays a recording change its state; [`Handle::tell_all`] tells of it.
    pub(crate) fn play<T>(self, play: impl FnOnce(&mut Store) -> T) -> Option<T> {
        self.store.try_with_value(|store| play(&mut store.borrow_mut()))
    }

    /// Tells everybody that the state is another one.
    pub(crate) fn tell_all(self) {
        if self.is_alive() {
            self.triggers.iter().for_each(Trigger::notify);
        }
    }

    /// Tells whoever depends on what a flush changed, once.
    pub(super) fn announce(self, flushed: &Flushed) {
        let changes = flushed.changes;
        let windows = changes.touches(Changes::TIME);
        for (slice, changed) in [
            (Slice::Orders, windows || changes.touches(Changes::ORDERS)),
            (Slice::Latency, windows || changes.touches(Changes::LATENCY)),
            (Slice::Session, windows || !changes.is_none()),
            (Slice::Link, flushed.link),
            (Slice::Feed, flushed.feed),
            (Slice::Details, flushed.details),
        ] {
            if let Some(trigger) = self.triggers.get(slice as usize).filter(|_| changed) {
                trigger.notify();
            }
        }
    }
}
