//! Reads lines that were written before the page joined, from the feed's history, into the ring before its first line.
//!
//! Invariants: the reducer never sees them; reading ends at the first id that the ring has; at most
//! [`Earlier::MOST`] lines are asked for at a time, and no more than there is room for; dropping the reader ends it
//! and adds nothing.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use aurora_domain::{Source, link::Cause};
use aurora_wire::{
    Heartbeat, decode,
    sse::{Decoder, Item, Message},
};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Handle, Store, source_of};
use crate::{
    browser, config,
    lines::Lines,
    transport::{Connection, Request, Signal, Sink, Transport},
};

/// For how long lines are read in one go.
const SLICE_MS: f64 = 6.0;
/// Between two heartbeats without a line in between, which show that history has ended.
const IDLE_MS: f64 = 15_000.0;

/// How reading stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Past {
    /// Nothing was asked for.
    #[default]
    Idle,
    /// So many lines were read, of about so many.
    Reading {
        /// Read.
        lines: usize,
        /// At most.
        of: u64,
    },
    /// So many lines were added.
    Added(usize),
    /// In words: what went wrong.
    Failed(String),
}

/// Which events are missing before the ring's first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// The id before the first one to read.
    after: u64,
    /// The first id that is there.
    until: u64,
}

/// Reads a stretch; ends when it is dropped.
pub(crate) struct Earlier {
    reader: Rc<Reader>,
}

impl Earlier {
    /// So many lines are asked for at a time.
    pub(crate) const MOST: u64 = 50_000;

    /// Starts to read `stretch`, and says in `said` how it stands.
    pub(crate) fn start(
        handle: Handle,
        transport: &dyn Transport,
        stretch: Stretch,
        said: RwSignal<Past>,
    ) -> Self {
        let (url, lines) =
            handle.read(|store| (store.stream_url.clone(), Lines::new(store.lines.room_left())));
        let request = Request {
            url,
            token: config::token(),
            last_event_id: Some(stretch.after.to_string()),
            hot: true,
        };
        let work = Work { decoder: Decoder::default(), lines, stretch, idle_ms: None };
        let reader = Rc::new(Reader {
            handle,
            said,
            work: RefCell::new(Some(work)),
            connection: RefCell::new(None),
            slice_end: Cell::new(None),
        });
        said.set(Past::Reading { lines: 0, of: stretch.until - stretch.after - 1 });
        let sink: Rc<dyn Sink> = Rc::new(Inlet(Rc::downgrade(&reader)));
        reader.connection.replace(Some(transport.open(&request, sink)));
        Self { reader }
    }
}

impl Drop for Earlier {
    fn drop(&mut self) {
        self.reader.work.take();
        self.reader.connection.take();
    }
}

struct Reader {
    handle: Handle,
    said: RwSignal<Past>,
    /// `None` once it has ended.
    work: RefCell<Option<Work>>,
    connection: RefCell<Option<Box<dyn Connection>>>,
    /// When this go ends.
    slice_end: Cell<Option<f64>>,
}

struct Work {
    decoder: Decoder,
    lines: Lines,
    stretch: Stretch,
    /// When the first heartbeat came after which there was no line, by the page's steady clock.
    idle_ms: Option<f64>,
}

/// What a message leads to.
enum Next {
    GoOn,
    Whole,
    Broken(&'static str),
}

impl Work {
    fn message(&mut self, message: &Message<'_>, store: &Store) -> Next {
        match message.kind {
            "heartbeat" => self.heartbeat(message.data, store),
            // Where history begins later, it is read from there.
            "reset" | "session" => Next::GoOn,
            kind => source_of(kind).map_or(Next::GoOn, |source| self.event(source, message, store)),
        }
    }

    fn event(&mut self, source: Source, message: &Message<'_>, store: &Store) -> Next {
        let Some(id) = message.id.parse::<u64>().ok().filter(|_| message.sets_id) else {
            return Next::Broken("The stream has no ids, so nothing can be read from before.");
        };
        if id >= self.stretch.until {
            return Next::Whole;
        }
        self.idle_ms = None;
        let decoded = decode(source, id, message.data);
        self.lines.push(Some(id), source, message.data, decoded.as_ref().ok(), store.state.scopes());
        if id + 1 == self.stretch.until { Next::Whole } else { Next::GoOn }
    }

    /// The stream begins with one, and more come whenever the feed has news of itself; where nothing came between two
    /// that are as far apart as regular ones, there is nothing more.
    fn heartbeat(&mut self, data: &[u8], store: &Store) -> Next {
        let heartbeat: Heartbeat = serde_json::from_slice(data).unwrap_or_default();
        let own = store.heartbeat().and_then(|own| own.session.as_ref());
        if heartbeat.session.as_ref().zip(own).is_some_and(|(its, own)| its != own) {
            return Next::Broken("The feed serves another session by now.");
        }
        let now_ms = browser::monotonic_ms();
        let idle_ms = *self.idle_ms.get_or_insert(now_ms);
        if now_ms - idle_ms >= IDLE_MS { Next::Whole } else { Next::GoOn }
    }
}

impl Reader {
    fn read(self: &Rc<Self>, bytes: &[u8]) {
        let mut next = Next::GoOn;
        let mut read = 0;
        if let Some(work) = self.work.borrow_mut().as_mut() {
            let mut decoder = std::mem::take(&mut work.decoder);
            self.handle.read(|store| {
                decoder.feed(bytes, |item| match item {
                    Item::Message(message) if matches!(next, Next::GoOn) => {
                        next = work.message(&message, store);
                    }
                    _ => {}
                });
            });
            work.decoder = decoder;
            read = work.lines.len();
        }
        match next {
            Next::GoOn => self.say(|past| {
                if let Past::Reading { lines, .. } = past {
                    *lines = read;
                }
            }),
            Next::Whole => self.finish(),
            Next::Broken(why) => self.fail(why),
        }
    }

    fn say(&self, say: impl FnOnce(&mut Past)) {
        self.said.try_update(say);
    }

    /// Puts what was read before the ring's first line.
    fn finish(self: &Rc<Self>) {
        let Some(work) = self.work.take() else { return };
        let added = self.handle.write(|store| store.put_earlier(work.stretch, work.lines));
        self.handle.tell_details();
        self.say(|past| *past = Past::Added(added));
        self.disconnect_soon();
    }

    fn fail(self: &Rc<Self>, why: &str) {
        if self.work.take().is_some() {
            let text = format!("Earlier lines could not be loaded: {why}");
            self.say(|past| *past = Past::Failed(text));
            self.disconnect_soon();
        }
    }

    /// A connection may not be dropped within its own callback.
    fn disconnect_soon(self: &Rc<Self>) {
        let reader = Rc::clone(self);
        spawn_local(async move { drop(reader.connection.take()) });
    }
}

struct Inlet(std::rc::Weak<Reader>);

impl Sink for Inlet {
    fn deliver(&self, signal: Signal) {
        let Some(reader) = self.0.upgrade().filter(|reader| reader.handle.is_alive()) else { return };
        match signal {
            Signal::Bytes(bytes) => reader.read(&bytes),
            Signal::Lost(Cause::HttpStatus { code }) => {
                reader.fail(&format!("the feed answers with HTTP {code}. Try again later."));
            }
            Signal::Lost(Cause::Unreachable) => reader.fail("the feed cannot be reached. Try again later."),
            Signal::Lost(_) => reader.fail("the stream ended before they were here. Try again."),
            Signal::Refused(message) => reader.fail(&message),
            Signal::Opened
            | Signal::Ended
            | Signal::Message(_)
            | Signal::Progress
            | Signal::Snapshot(_)
            | Signal::NoSnapshot => {}
        }
    }

    /// In goes of a few milliseconds, so that the page stays responsive while much arrives at once.
    fn has_room(&self) -> bool {
        let Some(reader) = self.0.upgrade() else { return true };
        let now = browser::monotonic_ms();
        match reader.slice_end.get() {
            Some(end) if now > end => {
                reader.slice_end.set(None);
                false
            }
            Some(_) => true,
            None => {
                reader.slice_end.set(Some(now + SLICE_MS));
                true
            }
        }
    }
}

impl Store {
    /// The events before the ring's first line that the feed may still have, as many as there is room for; `None` where
    /// there are none.
    pub(crate) fn earlier(&self) -> Option<Stretch> {
        let until = match self.lines.oldest() {
            Some(line) => line.id?,
            None => self.applied? + 1,
        };
        let newest = until.checked_sub(1)?;
        let most = Earlier::MOST.min(self.lines.room_left().lines as u64);
        let heartbeat = self.heartbeat();
        let begins = heartbeat.and_then(|feed| feed.first.max(feed.session_first)).unwrap_or(1).max(1);
        let has_room = self.lines.room() > 0;
        let after = newest.saturating_sub(most).max(begins - 1);
        (has_room && after + 1 < until).then_some(Stretch { after, until })
    }

    /// Puts lines before the first one, where that is still the one that they were read up to.
    fn put_earlier(&mut self, stretch: Stretch, lines: Lines) -> usize {
        let still = self.earlier().is_some_and(|now| now.until == stretch.until);
        if still { self.lines.prepend(lines) } else { 0 }
    }
}
