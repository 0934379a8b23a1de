//! The feed's own reduction of what one session publishes, by the code that the page runs.
//!
//! Invariants: every published line is taken in once, in order, after the journal has it: so the figures are never
//! ahead of what can be read back, and state and id change together. Windows end at the feed's time, so figures age when the log falls silent.

mod json;

use std::{
    ops::Deref,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aurora_domain::{Event, Span, State, Ts, aggregate::Speakers, link, minutes::Minute, verdict};
use aurora_wire::{Rejected, snapshot};
use serde_json::Value;

use crate::{clock, exposition::Sink, session::Source};

/// An event that is older than this no longer makes a session live, in seconds. The page has the same limit.
pub(crate) const LIVE_FOR_SECONDS: u32 = Span::LONGEST_SECONDS;

/// A log that was not written to for so long is silent, in seconds.
const QUIET_SECONDS: f64 = 60.0;

/// Current metrics of one session.
pub(crate) struct Metrics {
    span: Span,
    reduced: Mutex<Reduced>,
}

/// The state, and the id of the last event that it has taken in.
struct Reduced {
    state: State,
    as_of: u64,
}

/// What the feed knows of a session's liveness, for its verdict.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Liveness {
    /// What was written before is still being read.
    pub(crate) reading_history: bool,
    /// Its logs were written to within the last [`LIVE_FOR_SECONDS`].
    pub(crate) growing: bool,
    /// Seconds since its logs were last written to.
    pub(crate) age_seconds: Option<f64>,
}

/// What is kept so that the figures survive a restart.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoint {
    /// The id of the last event that is in it.
    pub(crate) as_of: u64,
    /// Minutes that ended since the checkpoint before, and amendments to earlier ones.
    pub(crate) minutes: Vec<Minute>,
    /// Who speaks in the session.
    pub(crate) speakers: Speakers,
    /// The state in bytes.
    pub(crate) state: Vec<u8>,
}

/// Lines and events of a session that are not as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Odd {
    /// Lines that could not be read.
    pub(crate) rejected: u64,
    /// Events ahead of the feed's time.
    pub(crate) skewed: u64,
    /// Events whose code no definition names.
    pub(crate) unknown: u64,
    /// Objects without any code.
    pub(crate) uncoded: u64,
}

/// A session in a few words.
#[derive(Clone, Debug)]
pub(crate) struct Overview {
    /// The earliest time that an event gave, Unix nanoseconds.
    pub(crate) first_event_ns: Option<i64>,
    /// The latest.
    pub(crate) last_event_ns: Option<i64>,
    /// Whether the bot has written its closing summary.
    pub(crate) summarised: bool,
    /// The judgement that the page would show.
    pub(crate) verdict: verdict::Verdict,
}

impl Metrics {
    /// `window_seconds` is the rolling window of the current metrics. One-minute aggregates are kept, to be drained.
    pub(crate) fn new(window_seconds: u64) -> Self {
        Self::beginning(window_seconds, clock::unix_nanos())
    }

    /// As [`Metrics::new`], at `now_ns`.
    pub(crate) fn beginning(window_seconds: u64, now_ns: u64) -> Self {
        let seconds = u32::try_from(window_seconds).unwrap_or(u32::MAX);
        Self::over(Span::Seconds(seconds), State::new(ts(now_ns)))
    }

    fn over(span: Span, mut state: State) -> Self {
        state.keep_minutes();
        Self { span, reduced: Mutex::new(Reduced { state, as_of: 0 }) }
    }

    /// Goes on from a state that was kept.
    pub(crate) fn restore(&self, mut state: State, as_of: u64) {
        state.keep_minutes();
        *self.reduced() = Reduced { state, as_of };
    }

    /// Takes in one line that was published under `id`.
    ///
    /// # Errors
    /// When it is not a JSON object; then nothing changes.
    pub(crate) fn observe(&self, source: Source, id: u64, line: &str, now_ns: u64) -> Result<(), Rejected> {
        let event = aurora_wire::decode(source, id, line.as_bytes())?;
        self.take_in(&[event], 0, id, now_ns);
        Ok(())
    }

    /// Takes in what was published up to and with the id `last`, and counts lines that were rejected meanwhile.
    pub(crate) fn take_in(&self, events: &[Event<'_>], rejected: u64, last: u64, now_ns: u64) {
        let mut reduced = self.reduced();
        reduced.state.advance(ts(now_ns));
        for event in events {
            reduced.state.apply(event);
        }
        for _ in 0..rejected {
            reduced.state.reject();
        }
        reduced.as_of = last;
    }

    /// Lines that were rejected.
    pub(crate) fn rejected(&self) -> u64 {
        self.reduced().state.session().rejected()
    }

    /// What is not as it should be.
    pub(crate) fn odd(&self) -> Odd {
        let reduced = self.reduced();
        let session = reduced.state.session();
        Odd {
            rejected: session.rejected(),
            skewed: session.skewed(),
            unknown: session.unknown_total(),
            uncoded: session.uncoded(),
        }
    }

    /// The id of the last event that is in the figures.
    pub(crate) fn as_of(&self) -> u64 {
        self.reduced().as_of
    }

    /// The whole state in bytes, and the id of the last event in it.
    pub(crate) fn snapshot(&self, now_ns: u64) -> (u64, Vec<u8>) {
        let mut reduced = self.reduced();
        reduced.state.advance(ts(now_ns));
        (reduced.as_of, snapshot::save(&reduced.state, reduced.as_of))
    }

    /// How many one-minute aggregates wait to be drained.
    pub(crate) fn minutes_waiting(&self) -> usize {
        self.reduced().state.minutes().waiting()
    }

    /// Takes the minutes out that have ended, and the state's bytes without them, both as of the same id.
    pub(crate) fn checkpoint(&self, now_ns: u64) -> Checkpoint {
        let mut reduced = self.reduced();
        reduced.state.advance(ts(now_ns));
        let minutes = reduced.state.drain_minutes(Some(ts(now_ns)));
        Checkpoint {
            as_of: reduced.as_of,
            minutes,
            speakers: reduced.state.speakers(),
            state: snapshot::save(&reduced.state, reduced.as_of),
        }
    }

    /// The figures under the names of `/status`, with those since the session began.
    pub(crate) fn current(&self, now_ns: u64) -> Value {
        json::current(&self.at(now_ns), self.span)
    }

    /// The figures under the names of `/status`.
    pub(crate) fn status(&self, now_ns: u64) -> Value {
        json::status(&self.at(now_ns), self.span)
    }

    /// The figures under the names of `/metrics`.
    pub(crate) fn expose(&self, now_ns: u64, out: &mut impl Sink) {
        aurora_domain::metrics::expose(&self.at(now_ns), self.span, out);
    }

    /// The session in a few words.
    pub(crate) fn overview(&self, now_ns: u64, live: Liveness) -> Overview {
        let state = self.at(now_ns);
        let link = link_of(live, now_ns);
        let facts = verdict::Facts {
            link: &link,
            recorded: !live.growing,
            waiting: None,
            state: &state,
            span: self.span,
            thresholds: verdict::Thresholds::default(),
        };
        Overview {
            first_event_ns: state.session().first().map(|at| at.0),
            last_event_ns: state.session().last().map(|at| at.0),
            summarised: state.session().summarised(),
            verdict: verdict::judge(&facts),
        }
    }

    /// The state with its windows ending now.
    fn at(&self, now_ns: u64) -> impl Deref<Target = State> {
        let mut reduced = self.reduced();
        reduced.state.advance(ts(now_ns));
        Now(reduced)
    }

    fn reduced(&self) -> MutexGuard<'_, Reduced> {
        self.reduced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state, locked.
struct Now<'a>(MutexGuard<'a, Reduced>);

impl Deref for Now<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0.state
    }
}

/// The link that a page beside the feed would have.
fn link_of(live: Liveness, now_ns: u64) -> link::Status {
    if live.reading_history {
        return link::Status::CatchingUp { remaining: 0 };
    }
    match live.age_seconds.filter(|age| *age >= QUIET_SECONDS) {
        Some(age) => {
            let age_ms =
                u64::try_from(std::time::Duration::try_from_secs_f64(age).unwrap_or_default().as_millis());
            link::Status::Silent { since_ms: (now_ns / 1_000_000).saturating_sub(age_ms.unwrap_or(0)) }
        }
        None => link::Status::Live,
    }
}

fn ts(nanos: u64) -> Ts {
    Ts(i64::try_from(nanos).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
