//! Keeps the store going: connects, hands over what arrives, flushes once a frame, and ticks.
//!
//! Invariant: a hidden page is flushed by what arrives, for browsers stop its frames and all but stop its timers.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use aurora_domain::link::{Action, Cause, Input, is_loopback};
use wasm_bindgen_futures::spawn_local;

use super::{Flushed, Handle, Start, pace::Pace, pump::Pump};
use crate::{
    browser::{self, Interval, Listener},
    config::{self, Settings},
    transport::{Connection, Request, Signal, Sink, Transport},
};

/// A frame's budget for reducing events, which leaves the rest of 16 ms to charts and the browser.
const BUDGET_MS: f64 = 4.0;
/// Where readers are told less often: that of a frame in which they are, which costs enough, and that of the others.
const SPARING_BUDGETS_MS: [f64; 2] = [0.5, 6.0];
/// As long as nobody sees the page.
const HIDDEN_BUDGET_MS: f64 = 50.0;
/// Between two flushes of a hidden page.
const HIDDEN_PAUSE_MS: f64 = 250.0;
const TICK_MS: i32 = 250;
/// Messages a second from which on a stream is read in bytes: browsers hand over messages one by one.
const HOT: u32 = 2_000;
/// Everything that the feed retains; it keeps less than this.
const WHOLE_WINDOW_SECONDS: u32 = 31_536_000;

/// Owns the connection and the timers; dropping it ends them.
pub struct Driver {
    shared: Rc<Shared>,
    _tick: Option<Interval>,
    _listeners: [Option<Listener>; 4],
}

struct Shared {
    handle: Handle,
    transport: Box<dyn Transport>,
    settings: Settings,
    connection: RefCell<Option<Box<dyn Connection>>>,
    pump: RefCell<Option<Pump>>,
    /// When the page was flushed last, by its steady clock.
    flushed_ms: Cell<f64>,
    pace: Cell<Pace>,
    /// What readers were not told of yet.
    untold: Cell<Option<Flushed>>,
    /// Messages since a moment of that clock.
    messages: Cell<(u32, f64)>,
    /// Whether messages come faster than the browser should hand them over one by one.
    hot: Cell<bool>,
}

impl Driver {
    /// Starts with a first connection.
    pub fn start(handle: Handle, transport: Box<dyn Transport>, settings: Settings) -> Self {
        if browser::host_of(&settings.stream_url).is_some_and(|host| is_loopback(&host)) {
            handle.write(super::Store::needs_no_network);
        }
        handle.write(|store| store.stream_url.clone_from(&settings.stream_url));
        let shared = Rc::new(Shared {
            handle,
            transport,
            settings,
            connection: RefCell::new(None),
            pump: RefCell::new(None),
            flushed_ms: Cell::new(browser::monotonic_ms()),
            pace: Cell::default(),
            untold: Cell::default(),
            messages: Cell::new((0, 0.0)),
            hot: Cell::new(false),
        });
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
        let visible = Listener::new("visibilitychange", run(Shared::visibility));
        let thawed = Listener::on_document("resume", run(|shared| shared.input(Input::Thawed)));
        let tick = Interval::new(TICK_MS, run(Shared::flush));
        Self { shared, _tick: tick, _listeners: [online, offline, visible, thawed] }
    }

    /// Connects now: the user asked.
    pub fn retry(&self) {
        self.shared.input(Input::RetryAsked);
    }

    /// Connects now, with another token.
    pub fn token_changed(&self) {
        self.shared.input(Input::TokenChanged);
    }
}

impl Shared {
    fn input(self: &Rc<Self>, input: Input) {
        let action = self.handle.write(|store| store.handle_link(input));
        self.act(action);
        self.flush();
    }

    fn visibility(self: &Rc<Self>) {
        // What has arrived and was not looked at is no silence.
        self.flush_for(Some(HIDDEN_BUDGET_MS));
        self.input(if browser::is_hidden() { Input::Hidden } else { Input::Shown });
    }

    fn flush(self: &Rc<Self>) {
        self.flush_for(browser::is_hidden().then_some(HIDDEN_BUDGET_MS));
    }

    /// Within `budget_ms`, or that of a frame.
    fn flush_for(self: &Rc<Self>, budget_ms: Option<f64>) {
        self.flushed_ms.set(browser::monotonic_ms());
        let mut pace = self.pace.get();
        let lines = self.handle.read(|store| store.live_state().session().events());
        let in_turn = pace.frame(self.flushed_ms.get(), lines);
        self.pace.set(pace);
        let [telling_ms, other_ms] = SPARING_BUDGETS_MS;
        let budget_ms = budget_ms.unwrap_or(match (pace.is_sparing, in_turn) {
            (false, _) => BUDGET_MS,
            (true, true) => telling_ms,
            (true, false) => other_ms,
        });
        let before = self.handle.read(super::Store::clock);
        let mut flushed = self.handle.write(|store| store.flush(budget_ms));
        flushed.link |= self.handle.read(super::Store::clock) != before;
        self.act(flushed.action);
        if let Some(untold) = self.untold.take() {
            flushed.join(&untold);
        }
        let waiting = if in_turn || flushed.link {
            self.handle.announce(&flushed)
        } else {
            self.untold.set(Some(flushed));
            true
        };
        if flushed.unfinished || waiting {
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
        let sink: Rc<dyn Sink> = Rc::new(Inlet { shared: Rc::downgrade(self) });
        let connection =
            match (self.handle.write(super::Store::start_connection), &self.settings.snapshot_url) {
                (Start::Stream { after }, _) => self.transport.open(&self.request(after), sink),
                (Start::Snapshot, Some(url)) => {
                    // The token is for the stream's origin.
                    let token =
                        config::token().filter(|_| browser::is_same_origin(url, &self.settings.stream_url));
                    let request = Request { url: url.clone(), token, ..self.request(None) };
                    self.transport.snapshot(&request, sink)
                }
                (Start::Snapshot, None) => {
                    self.handle.write(|store| store.deliver(Signal::NoSnapshot));
                    self.flush();
                    return;
                }
            };
        self.connection.replace(Some(connection));
    }

    /// A page that has nothing yet asks for all that the feed retains.
    fn request(&self, last_event_id: Option<String>) -> Request {
        let mut url = self.settings.stream_url.clone();
        if last_event_id.is_none() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str("window=");
            url.push_str(&WHOLE_WINDOW_SECONDS.to_string());
        }
        Request { url, token: config::token(), last_event_id, hot: self.hot.get() }
    }

    /// Whether messages have just begun to come too fast.
    fn heats_up(&self) -> bool {
        let now = browser::monotonic_ms();
        let (count, since) = self.messages.get();
        let (count, since) = if now - since > 1_000.0 { (1, now) } else { (count + 1, since) };
        self.messages.set((count, since));
        count > HOT && !self.hot.replace(true)
    }

    /// Runs `act` when the browser's current callback has ended: a connection may not be dropped within its own.
    fn soon(self: &Rc<Self>, act: fn(&Rc<Self>)) {
        let weak = Rc::downgrade(self);
        spawn_local(async move {
            if let Some(shared) = weak.upgrade().filter(|shared| shared.handle.is_alive()) {
                act(&shared);
            }
        });
    }

    fn request_frame(&self) {
        if let Some(pump) = self.pump.borrow().as_ref() {
            pump.request();
        }
    }
}

/// Takes what a connection delivers into the store.
struct Inlet {
    shared: Weak<Shared>,
}

impl Sink for Inlet {
    fn deliver(&self, signal: Signal) {
        let Some(shared) = self.shared.upgrade().filter(|shared| shared.handle.is_alive()) else { return };
        match &signal {
            // Without an id everything would come again.
            Signal::Message(event) if event.id.is_some() && shared.heats_up() => shared.soon(Shared::connect),
            Signal::Lost(Cause::Overflow) => shared.hot.set(true),
            _ => {}
        }
        shared.handle.write(|store| store.deliver(signal));
        if browser::is_hidden() && browser::monotonic_ms() - shared.flushed_ms.get() > HIDDEN_PAUSE_MS {
            shared.soon(Shared::flush);
        } else {
            shared.request_frame();
        }
    }

    fn has_room(&self) -> bool {
        self.shared
            .upgrade()
            .is_none_or(|shared| !shared.handle.is_alive() || shared.handle.read(super::Store::has_room))
    }
}
