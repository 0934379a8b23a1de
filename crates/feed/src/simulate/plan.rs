//! The plan of a session: an endless, pure iterator of timed actions on files.
//!
//! Invariants: times never go back; every append ends at a line end, except where the scenario splits a line, and then
//! the rest is the next append to that file; [`Totals`] counts exactly what was handed out.

use std::collections::VecDeque;

use super::args::Scenario;
use super::bot::Bot;
use super::canonical::Canonical;
use super::conditions::{Conditions, Files};
use super::corruption::{self, SPLIT_SHARE};
use super::files::{PerFile, SessionFile};
use super::flat;
use super::json::Object;
use super::queue::{Line, Task};
use super::rotation::Rotation;
use super::stamp::{self, SECOND};
use super::totals::Totals;

/// Share of the lines that reports without an order make up, roughly.
const PULSE_SHARE: f64 = 0.2;

/// Lines that follow from one intent, before there are figures.
const LINES_PER_INTENT: f64 = 18.0;

/// Time within which a deviation from the planned rate is made good, seconds.
const CORRECTION_S: f64 = 20.0;

/// A change of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Append bytes: one line with its newline, or a piece of one.
    Append {
        /// Where to.
        file: SessionFile,
        /// What.
        bytes: Vec<u8>,
    },
    /// Rename the file to `part`, compress that to `part.gz` and delete it; the next append creates the file anew.
    Rotate {
        /// Which file.
        file: SessionFile,
        /// Name of the part inside the session directory.
        part: String,
    },
}

/// An action and when it happens in simulated time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedAction {
    /// Nanoseconds since the Unix epoch.
    pub at_ns: u64,
    /// What happens.
    pub action: Action,
}

/// The session that `seed` stands for: `rate` lines per second (0.1 to 1,000,000) from `start_ts_ns` on.
pub fn plan(seed: u64, scenario: Scenario, rate: f64, start_ts_ns: u64) -> Plan {
    Plan::new(seed, scenario, rate, start_ts_ns)
}

/// A session being planned.
#[derive(Debug)]
pub struct Plan {
    bot: Bot,
    scenario: Scenario,
    rate: f64,
    rotation: Rotation,
    /// Per file: the rest of a half-written line and what has to wait for it.
    held: PerFile<VecDeque<Line>>,
    ready: VecDeque<TimedAction>,
    totals: Totals,
}

impl Plan {
    fn new(seed: u64, scenario: Scenario, rate: f64, start_ns: u64) -> Self {
        let mut plan = Self {
            bot: Bot::new(seed, stamp::clock(start_ns)),
            scenario,
            rate: rate.clamp(0.1, 1e6),
            rotation: Rotation::new(rate),
            held: PerFile::default(),
            ready: VecDeque::new(),
            totals: Totals { seed, ..Totals::default() },
        };
        plan.begin();
        plan
    }

    fn begin(&mut self) {
        let start_ns = self.bot.start_ns;
        self.bot.now = Conditions::at(self.scenario, 0.0);
        self.bot.api_details(start_ns, "CONFIG.SWITCHED", Object::new().text("name", "paper.yaml"));
        let url =
            Object::new().text("url", "wss://localhost:9443/ws/solusdt@bookTicker").text("symbol", "solusdt");
        let event =
            Canonical { code: "WS.CONNECT", symbol: Some("SOLUSDT"), details: url, ..Canonical::default() };
        self.bot.line(SessionFile::Events, start_ns, event.wrapped(start_ns), None);
        for task in [Task::Second, Task::Intent, Task::Pulse, Task::Damage] {
            self.bot.queue.push(start_ns, task);
        }
    }

    /// What was handed out so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The next action at or before `limit_ns`, if there is one.
    pub fn next_until(&mut self, limit_ns: u64) -> Option<TimedAction> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            if self.bot.queue.next_ns()? > limit_ns {
                return None;
            }
            let (at_ns, task) = self.bot.queue.pop()?;
            self.perform(at_ns, task);
        }
    }

    /// Ends the session at `at_ns`: finishes half-written lines and adds the summary event. Nothing follows.
    pub fn finish(&mut self, at_ns: u64) -> VecDeque<TimedAction> {
        let at_ns = at_ns.max(self.totals.last_ns);
        self.bot.queue.clear();
        for file in SessionFile::ALL {
            self.complete(at_ns, file);
        }
        let at_ns = stamp::clock(at_ns + 1_000_000);
        self.totals.last_ns = at_ns;
        let summary = flat::event("OBS.SUMMARY.GENERATED", at_ns, self.totals.summary());
        let bytes = summary.close().into_bytes();
        self.emit(at_ns, Line { file: SessionFile::Events, bytes, mark: None });
        std::mem::take(&mut self.ready)
    }

    fn perform(&mut self, at_ns: u64, task: Task) {
        match task {
            Task::Line(line) => self.write(at_ns, line),
            Task::Intent => {
                self.refresh(at_ns);
                self.bot.intent(at_ns);
                let next_ns = at_ns + self.until_next_intent(at_ns);
                self.bot.queue.push(next_ns, Task::Intent);
            }
            Task::Pulse => {
                self.bot.pulse(at_ns);
                let mean_s = 1.0 / (self.rate * PULSE_SHARE);
                self.again(at_ns, mean_s, Task::Pulse);
            }
            Task::Second => self.second(at_ns),
            Task::Settle(fill) => self.bot.settle(at_ns, &fill),
            Task::Damage => {
                if self.bot.now.files == Files::Corrupted && at_ns > self.bot.start_ns {
                    let line = corruption::damaged(&mut self.bot.random, stamp::clock(at_ns));
                    self.write(at_ns, line);
                }
                self.again(at_ns, 50.0 / self.rate, Task::Damage);
            }
            Task::Complete(file) => self.complete(at_ns, file),
        }
    }

    fn second(&mut self, at_ns: u64) {
        let before = self.bot.now;
        self.refresh(at_ns);
        self.bot.protect(at_ns, &before);
        let second = at_ns.saturating_sub(self.bot.start_ns) / SECOND;
        if self.bot.now.files == Files::Corrupted && second % 45 == 5 {
            self.write(at_ns, corruption::oversized(stamp::clock(at_ns)));
        }
        self.bot.queue.push(at_ns + SECOND, Task::Second);
    }

    /// Conditions move at whole seconds, so that what is reported of them and what follows from them agree.
    fn refresh(&mut self, at_ns: u64) {
        let elapsed_s = at_ns.saturating_sub(self.bot.start_ns) / SECOND;
        self.bot.now = Conditions::at(self.scenario, elapsed_s as f64);
    }

    fn again(&mut self, at_ns: u64, mean_s: f64, task: Task) {
        let wait_s = self.bot.random.exponential(mean_s);
        self.bot.queue.push(at_ns + stamp::ms(wait_s * 1e3), task);
    }

    /// Poisson, with a mean that keeps the number of lines near the rate whatever the scenario makes of an intent.
    fn until_next_intent(&mut self, at_ns: u64) -> u64 {
        let elapsed_s = at_ns.saturating_sub(self.bot.start_ns) as f64 / SECOND as f64;
        let lines = self.bot.queue.lines() as f64;
        let per_intent = (lines + 20.0 * LINES_PER_INTENT) / (self.bot.intents as f64 + 20.0);
        let ahead_s = lines / self.rate - elapsed_s;
        let correction = (1.0 - ahead_s / CORRECTION_S).clamp(0.25, 3.0);
        let mean_s = per_intent / (self.rate * correction * self.bot.now.intensity);
        stamp::ms(self.bot.random.exponential(mean_s) * 1e3)
    }

    fn write(&mut self, at_ns: u64, line: Line) {
        let held = self.held.get_mut(line.file);
        if !held.is_empty() {
            held.push_back(line);
        } else if self.bot.now.files == Files::Corrupted && self.bot.random.chance(SPLIT_SHARE) {
            self.split(at_ns, line);
        } else {
            self.emit(at_ns, line);
        }
    }

    /// Writes the first piece of a line; the rest and everything else for that file waits.
    fn split(&mut self, at_ns: u64, mut line: Line) {
        let (file, at) = (line.file, corruption::split_at(&mut self.bot.random, line.bytes.len()));
        let rest = line.bytes.split_off(at.min(line.bytes.len()));
        let first = std::mem::replace(&mut line.bytes, rest);
        self.append(at_ns, file, first);
        self.totals.split += 1;
        self.held.get_mut(file).push_back(line);
        let pause_ms = self.bot.random.range(50.0, 900.0);
        self.bot.queue.push(at_ns + stamp::ms(pause_ms), Task::Complete(file));
    }

    fn complete(&mut self, at_ns: u64, file: SessionFile) {
        let mut waiting = std::mem::take(self.held.get_mut(file)).into_iter();
        if let Some(rest) = waiting.next() {
            self.end_line(at_ns, rest);
        }
        for line in waiting {
            self.emit(at_ns, line);
        }
    }

    /// A whole line, after a rotation where one is due.
    fn emit(&mut self, at_ns: u64, line: Line) {
        if self.bot.now.files == Files::Rotating
            && let Some(part) = self.rotation.due(line.file, at_ns)
        {
            *self.totals.rotations.get_mut(line.file) += 1;
            self.ready.push_back(TimedAction { at_ns, action: Action::Rotate { file: line.file, part } });
        }
        self.end_line(at_ns, line);
    }

    fn end_line(&mut self, at_ns: u64, line: Line) {
        let Line { file, mut bytes, mark } = line;
        bytes.push(b'\n');
        self.append(at_ns, file, bytes);
        *self.totals.lines.get_mut(file) += 1;
        if let Some(mark) = mark {
            self.totals.count(mark);
        }
    }

    fn append(&mut self, at_ns: u64, file: SessionFile, bytes: Vec<u8>) {
        if self.totals.first_ns == 0 {
            self.totals.first_ns = at_ns;
        }
        self.totals.last_ns = self.totals.last_ns.max(at_ns);
        self.totals.bytes += bytes.len() as u64;
        self.rotation.grow(file, bytes.len() as u64);
        self.ready.push_back(TimedAction { at_ns, action: Action::Append { file, bytes } });
    }
}

impl Iterator for Plan {
    type Item = TimedAction;

    fn next(&mut self) -> Option<TimedAction> {
        self.next_until(u64::MAX)
    }
}
