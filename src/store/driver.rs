//! Keeps the store going: connects, hands over what arrives, flushes once a frame, and ticks.

use std::{cell::RefCell, rc::Rc};

use aurora_domain::link::{Action, Input};

use super::{Handle, pump::Pump};
use crate::{
    browser::{Interval, Listener},
    config,
    transport::{Connection, Request, Signal, Sink, Transport},
};

/// A frame's budget for reducing events, which leaves the rest of 16 ms to views and charts.
const BUDGET_MS: f64 = 6.0;
const TICK_MS: i32 = 250;
/// Everything that the feed retains; it keeps less than this.
const WHOLE_WINDOW_SECONDS: u32 = 31_536_000;

/// Owns the connection and the timers; dropping it ends them.
pub struct Driver {
    shared: Rc<Shared>,
    _tick: Option<Interval>,
    _listeners: [Option<Listener>; 3],
}

struct Shared {
    handle: Handle,
    transport: Box<dyn Transport>,
    connection: RefCell<Option<Box<dyn Connection>>>,
    pump: RefCell<Option<Pump>>,
}

impl Driver {
    /// Starts with a first connection.
    pub fn start(handle: Handle, transport: Box<dyn Transport>) -> Self {
        let shared =
            Rc::new(Shared { handle, transport, connection: RefCell::new(None), pump: RefCell::new(None) });
        let weak = Rc::downgrade(&shared);
        let run = move |act: fn(&Rc<Shared>)| {
            let weak = weak.clone();
            move || {
                if let Some(shared) = weak.upgrade().filter(|shared| shared.handle.is_alive()) {
                    act(&shared);
                }
            }
        };
        shared.pump.replace(Some(Pump::new(run(Shared::flush))));
        shared.connect();
        let online = Listener::new("online", run(|shared| shared.input(Input::WentOnline)));
        let offline = Listener::new("offline", run(|shared| shared.input(Input::WentOffline)));
        let visible = Listener::new("visibilitychange", run(Shared::flush));
        let tick = Interval::new(TICK_MS, run(Shared::flush));
        Self { shared, _tick: tick, _listeners: [online, offline, visible] }
    }

    /// Connects now: the user asked, or the token changed.
    pub fn retry(&self) {
        self.shared.input(Input::RetryAsked);
    }
}

impl Shared {
    fn input(self: &Rc<Self>, input: Input) {
        let action = self.handle.write(|store| store.handle_link(input));
        self.act(action);
        self.flush();
    }

    fn flush(self: &Rc<Self>) {
        let before = self.handle.read(super::Store::clock);
        let mut flushed = self.handle.write(|store| store.flush(BUDGET_MS));
        flushed.link |= self.handle.read(super::Store::clock) != before;
        self.act(flushed.action);
        self.handle.announce(&flushed);
        if flushed.unfinished {
            self.request_frame();
        }
    }

    fn act(self: &Rc<Self>, action: Action) {
        match action {
            Action::None => {}
            Action::Connect => self.connect(),
            Action::Disconnect => drop(self.connection.take()),
        }
    }

    fn connect(self: &Rc<Self>) {
        drop(self.connection.take());
        let last_event_id = self.handle.write(super::Store::start_connection);
        let request = Request { url: url(last_event_id.is_some()), token: config::token(), last_event_id };
        let sink: Rc<dyn Sink> = Rc::new(Inlet { shared: Rc::downgrade(self) });
        let connection = self.transport.open(&request, sink);
        self.connection.replace(Some(connection));
    }

    fn request_frame(&self) {
        if let Some(pump) = self.pump.borrow().as_ref() {
            pump.request();
        }
    }
}

/// The stream's URL; a page that has nothing yet asks for all that the feed retains.
fn url(resuming: bool) -> String {
    let url = config::STREAM_URL;
    if resuming {
        return url.to_owned();
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}window={WHOLE_WINDOW_SECONDS}")
}

/// Takes what a connection delivers into the store.
struct Inlet {
    shared: std::rc::Weak<Shared>,
}

impl Sink for Inlet {
    fn deliver(&self, signal: Signal) {
        let Some(shared) = self.shared.upgrade().filter(|shared| shared.handle.is_alive()) else { return };
        shared.handle.write(|store| store.deliver(signal));
        shared.request_frame();
    }

    fn has_room(&self) -> bool {
        self.shared
            .upgrade()
            .is_none_or(|shared| !shared.handle.is_alive() || shared.handle.read(super::Store::has_room))
    }
}
