//! All logs of a recording as one sequence of lines, taken into a state.

use std::collections::VecDeque;

use aurora_domain::{Changes, Event, Source, State, Ts, scope::Scopes};

use super::{
    Part,
    account::Account,
    lane::{Ahead, Cursor, Filled, Lane, Leaving, Work},
    order::Key,
    taking::{Played, Taking},
};
use crate::decode;

/// Between two looks at the clock: lines, and bytes that count as one more.
const LOOK_LINES: usize = 64;
const BYTES_OF_A_LINE: usize = 4096;

/// Bytes that have to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// Which log asks.
    pub log: usize,
    /// The number of the part, from 0.
    pub part: usize,
    /// Where in the part they begin.
    pub offset: u64,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It needs bytes: hand some over with [`Merge::supply`] and run again.
    Needs(Want),
    /// It was told to pause.
    Paused,
    /// Every line up to the time that was asked for is taken in.
    Reached,
    /// Every line is taken in.
    Ended,
    /// A log goes back to before what was taken in. Go back to a [`Position`] that [`Position::precedes`] this key, with the
    /// state that belongs to it, and run again.
    Late(Key),
    /// A log of this part goes back so often that its order cannot be told within bounds.
    Disordered {
        /// The number of the part, from 0.
        part: usize,
    },
}

/// A line that was taken in.
#[derive(Debug)]
pub struct Line<'a> {
    /// Its place.
    pub key: Key,
    /// Its text; empty for one that could not be read.
    pub text: &'a [u8],
    /// Its event; `None` for one that could not be read.
    pub event: Option<&'a Event<'a>>,
    /// What it changed.
    pub changes: Changes,
    /// The symbols and sides of orders that are known by now.
    pub scopes: &'a Scopes,
}

/// Where a run stands: with the state that belongs to it, all that is needed to go on from there.
#[derive(Clone, Debug)]
pub struct Position {
    taken: Option<Key>,
    lines: u64,
    lanes: Vec<(Cursor, VecDeque<Ahead>)>,
}

impl Position {
    /// Whether `key` comes after every line that is taken in here.
    pub fn precedes(&self, key: &Key) -> bool {
        self.taken.is_none_or(|taken| taken < *key)
    }

    /// The time of the last line that is taken in.
    pub fn at(&self) -> Option<Ts> {
        self.taken.and_then(|taken| taken.at)
    }

    /// Lines that are taken in.
    pub fn lines(&self) -> u64 {
        self.lines
    }
}

/// Reads a recording in order.
#[derive(Debug)]
pub struct Merge {
    parts: Vec<Part>,
    lanes: Vec<Lane>,
    taken: Option<Key>,
    lines: u64,
    account: Account,
}

/// What all lanes share while lines are taken in.
struct Run<'r> {
    parts: &'r [Part],
    account: &'r mut Account,
    taken: &'r mut Option<Key>,
    lines: &'r mut u64,
    into: &'r mut dyn Taking,
    /// Work since the last look at the clock, in lines.
    work: usize,
}

enum Ending {
    Step(Step),
    Late(usize, Key, Cursor),
}

impl Merge {
    /// Lines that a log is read ahead, twice what recorded sessions need: after each pause they are read again.
    pub const AHEAD: usize = 128;
    /// Logs, and stretches of logs, that are read at once.
    pub const LOGS: usize = 64;

    /// At the beginning of the recording that consists of `parts`, in reading order.
    pub fn new(parts: Vec<Part>) -> Self {
        let lanes = Source::ALL.into_iter().filter_map(|source| Lane::of(source, &parts)).collect();
        let account = Account { lines: vec![0; parts.len()], ..Account::default() };
        Self { parts, lanes, taken: None, lines: 0, account }
    }

    /// The same recording once more, at its beginning: read as the stretches that its logs are known to consist of by now.
    #[must_use]
    pub fn anew(&self) -> Self {
        let lanes = self.lanes.iter().map(Lane::anew).collect();
        let account = Account { lines: vec![0; self.parts.len()], ..Account::default() };
        Self { parts: self.parts.clone(), lanes, taken: None, lines: 0, account }
    }

    /// The files.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What was read.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Lines that are taken in, those that could not be read included.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The time of the last line that is taken in.
    pub fn at(&self) -> Option<Ts> {
        self.taken.and_then(|taken| taken.at)
    }

    /// Where this run stands.
    pub fn position(&self) -> Position {
        let lanes = self.lanes.iter().map(|lane| (lane.at.cursor.clone(), lane.ahead.clone())).collect();
        Position { taken: self.taken, lines: self.lines, lanes }
    }

    /// Goes to `position`, which is one of this recording's.
    pub fn restore(&mut self, position: &Position) {
        self.taken = position.taken;
        self.lines = position.lines;
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            lane.restore(position.lanes.get(index));
        }
    }

    /// Says that the file of `part` ends after `bytes`: it could not be read to its end.
    pub fn break_off(&mut self, part: usize, bytes: u64) {
        if let Some(part) = self.parts.get_mut(part) {
            part.bytes = part.bytes.min(bytes);
            part.unfinished = true;
        }
    }

    /// Hands over the `length` bytes that a log asked for, or that [`Merge::next_bytes`] named; `fill` writes them.
    pub fn supply(&mut self, log: usize, length: usize, fill: impl FnOnce(&mut [u8])) {
        if let Some(lane) = self.lanes.get_mut(log) {
            lane.supply(length, fill);
        }
    }

    /// What `log` will ask for next; `None` where it has everything.
    pub fn next_bytes(&self, log: usize) -> Option<Want> {
        let (part, offset) = self.lanes.get(log)?.next_bytes(&self.parts)?;
        Some(Want { log, part, offset })
    }

    /// What `log` will ask for after the `length` bytes from `want` on; `None` where that is all.
    pub fn bytes_after(&self, want: Want, length: u64) -> Option<Want> {
        let (part, offset) =
            self.lanes.get(want.log)?.bytes_from(&self.parts, want.part, want.offset + length)?;
        Some(Want { log: want.log, part, offset })
    }

    /// Takes lines into `state`, up to those at `until`, or all; at the beginning `state` is made anew.
    /// Goes on as long as `go_on` says so, which is asked at least every 64 lines and 256 KiB of long ones, and shows every line to `observe`.
    pub fn run(
        &mut self,
        state: &mut State,
        until: Option<Ts>,
        go_on: &mut dyn FnMut() -> bool,
        observe: &mut dyn FnMut(Line<'_>),
    ) -> Step {
        self.run_into(&mut Played { state, observe }, until, go_on)
    }

    /// Takes lines into anything, as [`Merge::run`] takes them into a state.
    pub fn run_into(
        &mut self,
        into: &mut dyn Taking,
        until: Option<Ts>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Step {
        let Self { parts, lanes, taken, lines, account } = self;
        let mut works: Vec<Work<'_>> = lanes.iter_mut().map(Work::new).collect();
        let mut run = Run { parts, account, taken, lines, into, work: 0 };
        let ending = run.drive(&mut works, until, go_on);
        works.into_iter().for_each(Work::put_back);
        match ending {
            Ending::Step(step) => step,
            Ending::Late(_, key, _) if self.lanes.len() >= Self::LOGS => {
                Step::Disordered { part: usize::try_from(key.part).unwrap_or(usize::MAX) }
            }
            Ending::Late(log, key, cursor) => {
                if let Some(lane) = self.lanes.get_mut(log) {
                    let rest = lane.split(&cursor);
                    self.lanes.push(rest);
                }
                Step::Late(key)
            }
        }
    }
}

impl Run<'_> {
    fn drive(
        &mut self,
        works: &mut [Work<'_>],
        until: Option<Ts>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Ending {
        for (log, work) in works.iter_mut().enumerate() {
            if let Some(ending) = self.fill(log, work) {
                return ending;
            }
        }
        if self.taken.is_none() {
            let first = works.iter().filter_map(Work::first_time).min();
            self.into.begin(first.unwrap_or(Ts(0)));
        }
        loop {
            let Some((log, bound)) = next_of(works) else { return Ending::Step(Step::Ended) };
            let Some(work) = works.get_mut(log) else { return Ending::Step(Step::Ended) };
            while let Some(key) = work.head() {
                if bound.is_some_and(|bound| bound < key) {
                    break;
                }
                if until.is_some() && key.at > until {
                    return Ending::Step(Step::Reached);
                }
                if !self.into.is_ready(&key, go_on) {
                    return Ending::Step(Step::Paused);
                }
                work.leave(|key, line| self.take(key, &line));
                if self.work >= LOOK_LINES {
                    self.work = 0;
                    if !go_on() {
                        return Ending::Step(Step::Paused);
                    }
                }
                if let Some(ending) = self.fill(log, work) {
                    return ending;
                }
            }
        }
    }

    fn fill(&mut self, log: usize, work: &mut Work<'_>) -> Option<Ending> {
        match work.fill(log, self.parts, self.account) {
            Filled::Ready => None,
            Filled::Needs(want) => Some(Ending::Step(Step::Needs(want))),
            Filled::Late(key, cursor) => Some(Ending::Late(log, key, cursor)),
        }
    }

    fn take(&mut self, key: Key, line: &Leaving<'_>) {
        *self.taken = Some(key);
        *self.lines += 1;
        self.work += 1;
        match line {
            Leaving::Read(event, text) => self.apply(key, text, event),
            Leaving::Held(text) => match decode(key.source, key.number, text) {
                Ok(event) => self.apply(key, text, &event),
                Err(_undecodable) => self.into.reject(key),
            },
            Leaving::Rejected => self.into.reject(key),
        }
    }

    fn apply(&mut self, key: Key, text: &[u8], event: &Event<'_>) {
        self.work += text.len() / BYTES_OF_A_LINE;
        self.into.take(key, text, event);
    }
}

/// The log whose line is next, and the place up to which it stays the next.
fn next_of(works: &[Work<'_>]) -> Option<(usize, Option<Key>)> {
    let mut best: Option<(usize, Key)> = None;
    let mut bound = None;
    for (log, work) in works.iter().enumerate() {
        let Some(key) = work.head() else { continue };
        match best {
            Some((_, least)) if least <= key => bound = Some(bound.map_or(key, |bound: Key| bound.min(key))),
            _ => {
                bound = best.map(|(_, least)| least).or(bound);
                best = Some((log, key));
            }
        }
    }
    best.map(|(log, _)| (log, bound))
}
