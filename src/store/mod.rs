//! The one writer: takes what a transport delivered, reduces it into the state, and says what changed.
//!
//! Invariants: it changes only in [`Store::flush`], once per frame; what waits for the next frame is bounded, and
//! a transport asks for [`Store::has_room`]; an event is never applied twice. Time: while history arrives, windows
//! end at the newest event; once it is here they end at the feed's time, except where the log ended longer
//! ago than the longest window: then the session is shown as it was at its last event, and says so.

mod driver;
mod earlier;
mod handle;
mod join;
mod pace;
mod pump;
mod repeats;

use std::collections::VecDeque;

use aurora_domain::{
    Changes, Source, Span, State, Ts,
    link::{Action, Gap, Input, Link, Status, Timing},
};
use aurora_wire::{
    Heartbeat, decode,
    sse::{Decoder, Item, Message},
};

use crate::{
    browser,
    lines::Lines,
    transport::{self, Signal},
};

pub use driver::Driver;
pub(crate) use earlier::{Earlier, Past};
pub use handle::{Handle, Slice, Value, derive};
pub use join::{Missing, Start};
pub(crate) use pump::Pump;

use join::Join;
use repeats::{CLOCKS_DIFFER_SECONDS, Repeats};

/// What a session's figures are as of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The newest event: history is arriving, or the link is broken.
    Following,
    /// The feed's time.
    Live,
    /// The last event: the log ended long before this page was opened.
    Recorded,
}

/// Everything that the page knows.
#[derive(Debug)]
pub struct Store {
    state: State,
    link: Link,
    /// The link's status as of the last flush: it changes between flushes too.
    told: Status,
    /// Whether the log had ended long ago when its history had arrived; `None` until it has.
    recorded: Option<bool>,
    inbox: Inbox,
    decoder: Decoder,
    /// The id that stands on this connection, where the browser decodes it.
    standing_id: Option<String>,
    applied: Option<u64>,
    join: Join,
    missing: Vec<Missing>,
    lines: Lines,
    /// Where the stream is, relative to the page or absolute.
    stream_url: String,
    /// Whether details are to be told of a change, and when they were last, by the page's steady clock.
    details: (bool, f64),
    /// What changed outside of a flush.
    changed: Changes,
    feed: Feed,
    repeats: Repeats,
    /// How often ids began anew, and when they last did, in milliseconds since the Unix epoch.
    renumbered: (u64, u64),
    oversized: u64,
    foreign: u64,
    resets: u64,
    held: Option<Held>,
}

/// What readers see while the page is paused.
#[derive(Debug)]
struct Held {
    state: Box<State>,
    clock: Clock,
    /// Events applied by then.
    events: u64,
}

/// What the feed last said of itself, and when that was by the page's own steady clock.
#[derive(Clone, Debug, Default)]
struct Feed {
    heartbeat: Option<Heartbeat>,
    time: Option<(Ts, f64)>,
    /// Its time when the bytes that are being read were taken up.
    now: Ts,
}

impl Feed {
    /// The feed's time at a moment of the page's steady clock; this machine's time where the feed never said.
    fn time_at(&self, monotonic_ms: f64) -> Ts {
        match self.time {
            Some((time, at)) => Ts(time.0.saturating_add(nanos(monotonic_ms - at))),
            None => Ts::from_millis(i64::try_from(browser::now_ms()).unwrap_or(i64::MAX)),
        }
    }
}

/// What was delivered since the last frame.
#[derive(Debug, Default)]
struct Inbox {
    signals: VecDeque<Signal>,
    bytes: usize,
}

/// What one flush did.
#[expect(clippy::struct_excessive_bools, reason = "each says of one group of readers whether it is told")]
#[derive(Clone, Copy, Debug)]
pub struct Flushed {
    /// Slices of the state to look at again.
    pub changes: Changes,
    /// Whether the link's status changed since the last flush.
    pub link: bool,
    /// Whether the feed said something about itself.
    pub feed: bool,
    /// Whether charts and tables are to look at the state again.
    pub details: bool,
    /// Whether the time budget ended before the inbox was empty.
    pub unfinished: bool,
    /// What to do with the connection.
    pub action: Action,
}

impl Flushed {
    /// Takes in what an earlier flush changed that nobody was told of.
    fn join(&mut self, earlier: &Self) {
        self.changes |= earlier.changes;
        self.link |= earlier.link;
        self.feed |= earlier.feed;
        self.details |= earlier.details;
    }
}

impl Store {
    /// Between two redraws of charts and tables.
    const DETAILS_MS: f64 = 100.0;
    /// Bytes that may wait for a frame.
    const INBOX_BYTES: usize = 16 << 20;
    /// An empty page at `now_ms`.
    pub fn new(now_ms: u64) -> Self {
        let link = Link::new(Timing::default(), now_ms);
        Self {
            state: State::new(Ts(0)),
            told: link.status().clone(),
            link,
            recorded: None,
            inbox: Inbox::default(),
            decoder: Decoder::default(),
            standing_id: None,
            applied: None,
            join: Join { wanted: true, ..Join::default() },
            missing: Vec::new(),
            lines: Lines::default(),
            stream_url: String::new(),
            details: (false, 0.0),
            changed: Changes::NONE,
            feed: Feed::default(),
            repeats: Repeats::default(),
            renumbered: (0, 0),
            oversized: 0,
            foreign: 0,
            resets: 0,
            held: None,
        }
    }

    /// Holds what readers see as it is now; the session goes on being counted behind it.
    pub fn pause(&mut self) {
        let (clock, events) = (self.clock(), self.state.session().events());
        self.held.get_or_insert_with(|| Held { state: Box::new(self.state.clone()), clock, events });
        self.changed = Changes::ALL;
    }

    /// Shows what was counted meanwhile.
    pub fn resume(&mut self) {
        self.held = None;
        self.changed = Changes::ALL;
    }

    /// Whether readers see what was held; it ends where the page begins again, for what was held is gone then.
    pub fn is_paused(&self) -> bool {
        self.held.is_some()
    }

    /// Events that were counted while the page is paused; `None` where it is not.
    pub fn waiting(&self) -> Option<u64> {
        let held = self.held.as_ref()?;
        Some(self.state.session().events().saturating_sub(held.events))
    }

    /// A recorded session, which no connection feeds: it counts as live, and its windows end where its state stands.
    pub fn of_recording(now_ms: u64) -> Self {
        let mut store = Self { recorded: Some(true), ..Self::new(now_ms) };
        let heard = Input::Heartbeat { head: None, first: None, last_event_age_ms: Some(0) };
        for input in [Input::Joined { as_of: None }, Input::Opened, heard] {
            store.link.handle(now_ms, 0.0, input);
        }
        store.told = store.link.status().clone();
        store
    }

    /// The state of a recorded session, to be changed by whoever plays it.
    pub(crate) fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// The same with the lines that are held of it.
    pub(crate) fn recording_mut(&mut self) -> (&mut State, &mut Lines) {
        (&mut self.state, &mut self.lines)
    }

    /// Takes in what a transport delivered; it is looked at in the next flush.
    pub fn deliver(&mut self, signal: Signal) {
        self.inbox.bytes += signal.waiting_bytes();
        self.inbox.signals.push_back(signal);
    }

    /// Whether a transport should go on reading.
    pub fn has_room(&self) -> bool {
        self.inbox.bytes < Self::INBOX_BYTES
    }

    /// Reduces what was delivered, for at most `budget_ms`, and moves time on.
    pub fn flush(&mut self, budget_ms: f64) -> Flushed {
        let deadline = browser::monotonic_ms() + budget_ms;
        let mut flush = Flush { now_ms: browser::now_ms(), ..Flush::default() };
        while let Some(signal) = self.inbox.signals.pop_front() {
            self.take(signal, &mut flush);
            if flush.action != Action::None || browser::monotonic_ms() > deadline {
                break;
            }
        }
        let unfinished = !self.inbox.signals.is_empty();
        if !unfinished {
            flush.ask(self.link.handle(flush.now_ms, js_sys::Math::random(), Input::Tick));
        }
        flush.changes |= std::mem::replace(&mut self.changed, Changes::NONE) | self.settle_time();
        let link = *self.link.status() != self.told;
        if link {
            self.told = self.link.status().clone();
        }
        let Flush { changes, feed, action, .. } = flush;
        let details = self.tell_details(changes);
        Flushed { changes, link, feed, details, unfinished, action }
    }

    /// Whether it is time for charts and tables; what they are not told of now they are told of by a later flush.
    fn tell_details(&mut self, changes: Changes) -> bool {
        let ((due, told_ms), now_ms) = (self.details, browser::monotonic_ms());
        let due = due || !changes.is_none();
        let tell = due && now_ms - told_ms >= Self::DETAILS_MS;
        self.details = if tell { (false, now_ms) } else { (due, told_ms) };
        tell
    }

    /// The stream comes from this computer: whatever the browser says of the network, it can be had.
    pub fn needs_no_network(&mut self) {
        self.link.needs_no_network();
    }

    /// An input from the user or the browser.
    pub fn handle_link(&mut self, input: Input) -> Action {
        self.link.handle(browser::now_ms(), js_sys::Math::random(), input)
    }

    /// Forgets what the connection delivered and has not been looked at: the next one resumes before it.
    pub fn start_connection(&mut self) -> Start {
        self.inbox = Inbox::default();
        self.standing_id = None;
        let id = self.decoder.last_event_id().to_owned();
        self.decoder = Decoder::resuming(&id);
        if self.join.wanted && !self.join.unreached {
            return Start::Snapshot;
        }
        if id.is_empty() && !self.join.wanted {
            // Without ids everything comes again.
            self.begin_again();
        }
        Start::Stream { after: Some(id).filter(|id| !id.is_empty()) }
    }

    fn take(&mut self, signal: Signal, flush: &mut Flush) {
        self.inbox.bytes = self.inbox.bytes.saturating_sub(signal.waiting_bytes());
        let input = match signal {
            Signal::Bytes(bytes) => {
                self.read(&bytes, flush);
                Input::Bytes
            }
            Signal::Message(event) => {
                self.take_event(event, flush);
                Input::Bytes
            }
            Signal::Progress => Input::Bytes,
            Signal::Snapshot(bytes) => self.adopt(&bytes, flush),
            Signal::NoSnapshot => self.go_without(flush),
            // The stream can be had and the snapshot cannot.
            Signal::Opened if self.join.wanted && self.join.unreached => self.go_without(flush),
            Signal::Opened => Input::Opened,
            Signal::Ended => Input::Ended,
            Signal::Lost(cause) if self.join.may_be_alone(&cause) => self.ask_the_stream(flush),
            Signal::Lost(cause) => {
                self.join.wanted |= self.stands_nowhere();
                self.join.unreached = false;
                self.link.stand(!self.decoder.last_event_id().is_empty());
                Input::Lost { cause }
            }
            Signal::Refused(message) => {
                self.join.unreached = false;
                Input::Refused { message }
            }
        };
        flush.ask(self.link.handle(flush.now_ms, js_sys::Math::random(), input));
    }

    fn read(&mut self, bytes: &[u8], flush: &mut Flush) {
        self.feed.now = self.feed.time_at(browser::monotonic_ms());
        // The decoder is taken out so that what it emits can be applied to the rest of the store.
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.feed(bytes, |item| match item {
            Item::Message(message) => self.message(&message, flush),
            Item::Retry(delay_ms) => {
                self.link.handle(flush.now_ms, 0.0, Input::Retry { delay_ms });
            }
            Item::Oversized => {
                self.oversized += 1;
                flush.feed = true;
            }
        });
        self.decoder = decoder;
    }

    /// An event that the browser decoded. Its id is the event's own where it is not the one that stood before it on
    /// this connection.
    fn take_event(&mut self, event: transport::Event, flush: &mut Flush) {
        self.feed.now = self.feed.time_at(browser::monotonic_ms());
        let transport::Event { kind, id, data } = event;
        let sets_id = id != self.standing_id;
        if sets_id {
            self.decoder = Decoder::resuming(id.as_deref().unwrap_or_default());
            self.standing_id = id;
        }
        if data.len() > Decoder::MAX_EVENT_BYTES {
            self.oversized += 1;
            flush.feed = true;
            return;
        }
        let id = self.standing_id.clone().unwrap_or_default();
        self.message(&Message { kind: &kind, data: data.as_bytes(), id: &id, sets_id }, flush);
    }

    fn message(&mut self, message: &Message<'_>, flush: &mut Flush) {
        if self.join.wanted {
            return; // what the next snapshot holds
        }
        match message.kind {
            "heartbeat" => self.take_heartbeat(message.data, flush),
            "reset" => self.reset(message.data, flush),
            // Another session is the newest. Where the stream goes on with it, a heartbeat and a reset follow.
            "session" => {}
            kind => {
                let Some(source) = source_of(kind) else {
                    self.foreign += 1;
                    flush.feed = true;
                    return;
                };
                self.event(source, message, flush);
            }
        }
    }

    fn event(&mut self, source: Source, message: &Message<'_>, flush: &mut Flush) {
        let id: Option<u64> = message.id.parse().ok().filter(|_| message.sets_id);
        if let Some(id) = id {
            if self.applied.is_some_and(|applied| id <= applied) {
                self.repeat(source, id, message.data, flush);
                return;
            }
            self.applied = Some(id);
        }
        self.repeats.end();
        self.join.tries = 0;
        let decoded = decode(source, id.unwrap_or(0), message.data);
        flush.changes |= match &decoded {
            Ok(event) => {
                self.end_gap(event.ts);
                self.follow(event.ts) | self.state.apply(event)
            }
            Err(_counted) => self.state.reject(),
        };
        self.lines.push(id, source, message.data, decoded.as_ref().ok(), self.state.scopes());
        self.link.stand(!message.id.is_empty());
        self.link.handle(flush.now_ms, 0.0, Input::Event { id });
    }

    /// Windows reach at least to the newest event, though never into the feed's future; one from there moves them only
    /// where there was none before.
    fn follow(&mut self, ts: Option<Ts>) -> Changes {
        let now = self.state.now();
        match ts {
            Some(ts) if now > Ts(0) && ts > self.feed.now.plus_seconds(CLOCKS_DIFFER_SECONDS) => {
                Changes::NONE
            }
            Some(ts) if ts > now => self.state.advance(ts.min(self.feed.now)),
            _ => Changes::NONE,
        }
    }

    fn take_heartbeat(&mut self, data: &[u8], flush: &mut Flush) {
        let Ok(heartbeat) = serde_json::from_slice::<Heartbeat>(data) else { return };
        if let Some(nanos) = heartbeat.feed_time_ns {
            self.feed.time = Some((Ts(nanos), browser::monotonic_ms()));
            self.feed.now = Ts(nanos);
        }
        let input = Input::Heartbeat {
            head: heartbeat.head,
            first: heartbeat.first,
            last_event_age_ms: heartbeat.last_event_age_seconds.map(millis),
        };
        self.feed.heartbeat = Some(heartbeat);
        flush.feed = true;
        flush.ask(self.link.handle(flush.now_ms, 0.0, input));
    }

    /// Moves windows on while the link is current; figures of a lost link stand still, and look it.
    fn settle_time(&mut self) -> Changes {
        if !self.link.status().is_live() {
            return Changes::NONE;
        }
        let now = self.feed.time_at(browser::monotonic_ms());
        let ended = self.state.session().last();
        let long_ago = ended.is_some_and(|last| now > last.plus_seconds(i64::from(Span::LONGEST_SECONDS)));
        let recorded = self.recorded.unwrap_or(true) && long_ago;
        self.recorded = Some(recorded);
        if recorded { Changes::NONE } else { self.state.advance(now) }
    }

    /// The session as readers see it.
    pub fn state(&self) -> &State {
        self.held.as_ref().map_or(&self.state, |held| &held.state)
    }

    /// The newest lines of the session, since the page joined it.
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The session as it is, however long the page is paused.
    pub fn live_state(&self) -> &State {
        &self.state
    }

    /// The connection.
    pub fn status(&self) -> &Status {
        self.link.status()
    }

    /// What the figures are as of.
    pub fn clock(&self) -> Clock {
        self.held.as_ref().map_or_else(|| self.live_clock(), |held| held.clock)
    }

    /// What the figures of the session as it is are as of.
    pub fn live_clock(&self) -> Clock {
        match self.recorded {
            Some(recorded) if self.link.status().is_live() => {
                if recorded {
                    Clock::Recorded
                } else {
                    Clock::Live
                }
            }
            _ => Clock::Following,
        }
    }

    /// What the feed last said of itself.
    pub fn heartbeat(&self) -> Option<&Heartbeat> {
        self.feed.heartbeat.as_ref()
    }

    /// The feed's message, where it last said that it is in `condition`.
    pub fn feed_says(&self, condition: &str) -> Option<&str> {
        let feed = self.heartbeat().filter(|feed| feed.status.as_deref() == Some(condition))?;
        Some(feed.message.as_deref().unwrap_or_default())
    }

    /// Whether the feed no longer holds the session's beginning, so that totals count from a later event.
    pub fn beginning_is_gone(&self) -> bool {
        let heartbeat = self.heartbeat().filter(|_| !self.join.whole);
        heartbeat.is_some_and(|feed| {
            feed.first.zip(feed.session_first).is_some_and(|(first, whole)| first > whole)
        })
    }

    /// The newest gaps as the link knows them, and how many there were.
    pub fn gaps(&self) -> (&[Gap], u64) {
        (self.link.gaps(), self.link.gap_count())
    }

    /// Events that the feed no longer had, oldest first; a page that begins with a snapshot misses none.
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Events that came again and were not counted again.
    pub fn repeated(&self) -> u64 {
        self.repeats.total()
    }

    /// How many of them came since the last event that was new; 0 where they are few.
    pub fn repeated_in_a_row(&self) -> u64 {
        self.repeats.in_a_row()
    }

    /// How often a server numbered its events anew without a word, and when it last did, in milliseconds since the Unix
    /// epoch.
    pub fn renumbered(&self) -> (u64, u64) {
        self.renumbered
    }

    /// Events of the stream that were too large for the page.
    pub fn oversized(&self) -> u64 {
        self.oversized
    }

    /// Messages of kinds that no log has; they are not read. `EventSource` does not hand them over at all.
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    /// How often the page had to start over because history was gone.
    pub fn resets(&self) -> u64 {
        self.resets
    }
}

/// What a flush has gathered so far.
#[derive(Clone, Copy, Debug)]
struct Flush {
    now_ms: u64,
    changes: Changes,
    feed: bool,
    action: Action,
}

impl Default for Flush {
    fn default() -> Self {
        Self { now_ms: 0, changes: Changes::NONE, feed: false, action: Action::None }
    }
}

impl Flush {
    fn ask(&mut self, action: Action) {
        if action != Action::None {
            self.action = action;
        }
    }
}

/// The log that messages of a kind are of; `None` for kinds that no log has. A server that names no kinds sends events.
fn source_of(kind: &str) -> Option<Source> {
    Source::from_name(kind).or((kind == "message").then_some(Source::Events))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a century")]
fn millis(seconds: f64) -> u64 {
    (seconds.clamp(0.0, 3e9) * 1000.0) as u64
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to a century")]
fn nanos(millis: f64) -> i64 {
    (millis.clamp(0.0, 3e12) * 1e6) as i64
}

#[cfg(test)]
mod tests;
