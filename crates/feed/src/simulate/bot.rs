//! The bot: what its processes share while they write, and the small vocabulary in which the lifecycle, denial,
//! protection and pulse modules say "at this time, this line".

use super::canonical::{Canonical, LogRow};
use super::conditions::Conditions;
use super::files::SessionFile;
use super::flat;
use super::json::Object;
use super::market::Market;
use super::queue::{Line, Queue, Task};
use super::random::Random;
use super::stamp;
use super::totals::Mark;

/// The bot's state between two tasks.
#[derive(Debug)]
pub(super) struct Bot {
    pub(super) random: Random,
    pub(super) queue: Queue,
    pub(super) market: Market,
    pub(super) run_id: String,
    /// What the scenario brings now.
    pub(super) now: Conditions,
    pub(super) start_ns: u64,
    pub(super) intents: u64,
    pub(super) orders: u64,
    pub(super) alpha_spent: f64,
    pub(super) governance_live: bool,
    pub(super) log_likelihood: f64,
    pub(super) samples: u64,
}

impl Bot {
    pub(super) fn new(seed: u64, start_ns: u64) -> Self {
        Self {
            random: Random::new(seed),
            queue: Queue::default(),
            market: Market::new(start_ns),
            run_id: stamp::compact(start_ns, '-'),
            now: Conditions::default(),
            start_ns,
            intents: 0,
            orders: 0,
            alpha_spent: 0.0,
            governance_live: true,
            log_likelihood: 0.0,
            samples: 0,
        }
    }

    /// Plans a line of any file.
    pub(super) fn line(&mut self, file: SessionFile, at_ns: u64, object: Object, mark: Option<Mark>) {
        let line = Line { file, bytes: object.close().into_bytes(), mark };
        self.queue.push(at_ns, Task::Line(line));
    }

    /// Plans an event of the API process.
    pub(super) fn api(&mut self, at_ns: u64, event: Canonical<'_>, mark: Option<Mark>) {
        let object = event.object(stamp::clock(at_ns), &self.run_id);
        self.line(SessionFile::Events, at_ns, object, mark);
    }

    /// Plans an event of the API process that has details and nothing else.
    pub(super) fn api_details(&mut self, at_ns: u64, code: &str, details: Object) {
        self.api(at_ns, Canonical { code, details, ..Canonical::default() }, None);
    }

    /// Plans an event of the runner.
    pub(super) fn runner(&mut self, at_ns: u64, code: &str, details: Object, mark: Option<Mark>) {
        let object = flat::event(code, stamp::clock(at_ns), details);
        self.line(SessionFile::Events, at_ns, object, mark);
    }

    /// Plans a canonical row of an order log.
    pub(super) fn log_row(&mut self, file: SessionFile, at_ns: u64, row: LogRow<'_>, mark: Option<Mark>) {
        let object = row.object(at_ns, &self.run_id);
        self.line(file, at_ns, object, mark);
    }
}
