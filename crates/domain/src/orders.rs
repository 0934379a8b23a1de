//! Order counts: every outcome counted per writer, and one writer chosen to speak for each.
//!
//! Two logs, and two shapes in one log, report the same orders, so adding them up counts twice
//! (CONTRACT.md section 2, "One happening, several writers"). Each outcome has two candidates per writer:
//! what records *report* (once per order id, and each record without one) and what ids report or
//! *imply*. The candidate with the largest count in the session speaks, for the session, for every
//! window and for every chart bucket, so that they add up. On a tie the order logs speak.
//!
//! Invariant: ids are remembered up to [`Orders::ID_LIMIT`] per writer; what was forgotten is counted.

use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::{
    event::{Event, Writer},
    outcome::{self, Outcome, OutcomeSet, Outcomes, TERMINAL},
    reason::{DenyClass, ReasonCount, ReasonCounts},
    rolling::Rolling,
    span::Span,
    time::Ts,
};

/// A count since the session began and over every window.
#[derive(Clone, Debug)]
struct Tally {
    session: u64,
    rolling: Rolling<u32>,
}

impl Tally {
    fn over(&self, span: Span) -> u64 {
        match span.seconds() {
            Some(seconds) => self.rolling.sum(seconds, |sum| *sum),
            None => self.session,
        }
    }
}

/// A tally that takes no memory until something is counted.
type LazyTally = Option<Box<Tally>>;

fn count(tally: &mut LazyTally, end: i64, at: i64) {
    let tally = tally.get_or_insert_with(|| Box::new(Tally { session: 0, rolling: Rolling::new(end) }));
    tally.session += 1;
    tally.rolling.record(at, ());
}

/// The two ways to count one outcome.
#[derive(Clone, Debug, Default)]
struct Counts {
    reported: LazyTally,
    implied: LazyTally,
}

/// What is known of one order id of one writer.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    reported: u16,
    implied: u16,
}

/// An order on its way: submitted and not yet ended.
#[derive(Clone, Copy, Debug)]
struct Open {
    since: Ts,
}

#[derive(Clone, Debug, Default)]
struct Ledger {
    counts: [Counts; Outcome::COUNT],
    denied_by_class: [LazyTally; DenyClass::ALL.len()],
    reasons: ReasonCounts,
    known: HashMap<u128, Known>,
    order_of_arrival: VecDeque<u128>,
    open: HashMap<u128, Open>,
}

/// Which candidate speaks for an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Speaker {
    writer: Writer,
    implied: bool,
}

/// What one writer counted of an outcome in the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterCount {
    /// The writer.
    pub writer: Writer,
    /// Its count.
    pub count: u64,
}

/// Orders that were submitted by id and have not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pending {
    /// Younger than [`Orders::UNKNOWN_AFTER_SECONDS`].
    pub count: u64,
    /// Older than that: their outcome is unknown.
    pub unknown: u64,
    /// Age of the oldest pending one in seconds; 0 where there is none.
    pub oldest_age_seconds: f64,
}

/// All order counts.
#[derive(Clone, Debug)]
pub struct Orders {
    end: i64,
    ledgers: [Option<Box<Ledger>>; Writer::COUNT],
    forgotten_ids: u64,
    evicted_open: u64,
    id_limit: usize,
}

impl Orders {
    /// How many order ids per writer are counted exactly.
    pub const ID_LIMIT: usize = 1_000_000;
    /// How many orders on their way are followed per writer.
    pub const OPEN_LIMIT: usize = 65_536;
    /// After this many seconds a pending order's outcome is called unknown.
    pub const UNKNOWN_AFTER_SECONDS: f64 = 900.0;

    /// No orders yet; windows end at the second `end`.
    pub fn new(end: i64) -> Self {
        Self::with_id_limit(end, Self::ID_LIMIT)
    }

    fn with_id_limit(end: i64, id_limit: usize) -> Self {
        Self { end, ledgers: Default::default(), forgotten_ids: 0, evicted_open: 0, id_limit }
    }

    /// Moves the windows' end.
    pub fn advance(&mut self, end: i64) {
        self.end = self.end.max(end);
        for ledger in self.ledgers.iter_mut().flatten() {
            let by_outcome =
                ledger.counts.iter_mut().flat_map(|counts| [&mut counts.reported, &mut counts.implied]);
            for tally in by_outcome.chain(&mut ledger.denied_by_class).flatten() {
                tally.rolling.advance(end);
            }
        }
    }

    /// Counts what `event` reports, at the time `at`. Returns true where a count changed.
    pub fn apply(&mut self, event: &Event<'_>, at: Ts) -> bool {
        let reported = outcome::reported_by(event);
        let Some(writer) = event.writer().filter(|_| !reported.is_empty()) else { return false };
        let end = self.end;
        let Some(slot) = self.ledgers.get_mut(writer.index()) else { return false };
        let ledger = slot.get_or_insert_default();
        let news = match &event.order_id {
            Some(id) => {
                let key = order_key(event.run_id.as_deref(), id);
                let news = ledger.learn(key, reported);
                ledger.follow(key, reported, at, &mut self.evicted_open);
                self.forgotten_ids += ledger.forget_beyond(self.id_limit);
                news
            }
            None => News { reported, implied: OutcomeSet::EMPTY },
        };
        ledger.count(news, end, at.second());
        if news.reported.contains(Outcome::Denied) {
            ledger.count_denial(event, end, at.second());
        }
        !(news.reported | news.implied).is_empty()
    }

    /// Every outcome's count over `span`, each by its speaker.
    pub fn outcomes(&self, span: Span) -> Outcomes {
        Outcomes::collect(|outcome| self.spoken(outcome).map_or(0, |tally| tally.over(span)))
    }

    /// Every outcome's count in one second of the last fifteen minutes, by the same speakers.
    pub fn outcomes_at(&self, second: i64) -> Outcomes {
        Outcomes::collect(|outcome| {
            self.spoken(outcome)
                .and_then(|tally| tally.rolling.slot(second))
                .map_or(0, |count| u64::from(*count))
        })
    }

    /// filled ÷ submitted; `None` where nothing was submitted or no writer ever reports a fill.
    pub fn fill_rate(&self, span: Span) -> Option<f64> {
        self.spoken(Outcome::Filled)?;
        let outcomes = self.outcomes(span);
        ratio(outcomes.get(Outcome::Filled), outcomes.get(Outcome::Submitted))
    }

    /// denied ÷ (denied + submitted); `None` where both are zero.
    pub fn deny_rate(&self, span: Span) -> Option<f64> {
        let outcomes = self.outcomes(span);
        let denied = outcomes.get(Outcome::Denied);
        ratio(denied, denied + outcomes.get(Outcome::Submitted))
    }

    /// Denials of one class ÷ (denied + submitted), so that the classes add up to [`Orders::deny_rate`].
    pub fn deny_rate_of(&self, class: DenyClass, span: Span) -> Option<f64> {
        let outcomes = self.outcomes(span);
        let denied = outcomes.get(Outcome::Denied);
        ratio(self.denied_of(class, span), denied + outcomes.get(Outcome::Submitted))
    }

    /// Denials of one class, by the writer that speaks for denials.
    pub fn denied_of(&self, class: DenyClass, span: Span) -> u64 {
        let ledger = self.speaker(Outcome::Denied).and_then(|speaker| self.ledger(speaker.writer));
        let tally =
            ledger.and_then(|ledger| ledger.denied_by_class.get(class as usize)).and_then(Option::as_deref);
        tally.map_or(0, |tally| tally.over(span))
    }

    /// Reasons of denials in the session, most frequent first, by the writer that speaks for denials.
    pub fn deny_reasons(&self) -> Vec<ReasonCount> {
        let ledger = self.speaker(Outcome::Denied).and_then(|speaker| self.ledger(speaker.writer));
        ledger.map(|ledger| ledger.reasons.ranked()).unwrap_or_default()
    }

    /// Orders on their way at `now`, by the writer that knows most orders by id; of equals, by the one that knows
    /// most of their ends, and then by the order logs.
    pub fn pending(&self, now: Ts) -> Pending {
        let knowledge = |ledger: &&Ledger| {
            let by_id =
                ledger.counts.get(Outcome::Submitted.index()).map_or(0, |counts| session(&counts.implied));
            (by_id, std::cmp::Reverse(ledger.open.len()))
        };
        let ledger = self.ledgers.iter().filter_map(Option::as_deref).max_by_key(knowledge);
        let mut pending = Pending::default();
        for open in ledger.iter().flat_map(|ledger| ledger.open.values()) {
            let age = now.seconds_since(open.since).max(0.0);
            if age > Self::UNKNOWN_AFTER_SECONDS {
                pending.unknown += 1;
            } else {
                pending.count += 1;
                pending.oldest_age_seconds = pending.oldest_age_seconds.max(age);
            }
        }
        pending
    }

    /// What each writer counted of `outcome` in the session, those that counted nothing left out.
    pub fn by_writer(&self, outcome: Outcome) -> Vec<WriterCount> {
        Writer::all()
            .filter_map(|writer| {
                let counts = self.ledger(writer)?.counts.get(outcome.index())?;
                let count = session(&counts.reported).max(session(&counts.implied));
                (count > 0).then_some(WriterCount { writer, count })
            })
            .collect()
    }

    /// Whether writers' counts of `outcome` differ by more than a tenth of the largest.
    pub fn writers_differ(&self, outcome: Outcome) -> bool {
        let counts = self.by_writer(outcome);
        let most = counts.iter().map(|by| by.count).max().unwrap_or(0);
        let least = counts.iter().map(|by| by.count).min().unwrap_or(0);
        (most - least).saturating_mul(10) > most
    }

    /// How many order ids were forgotten; above zero, counts are approximate.
    pub fn forgotten_ids(&self) -> u64 {
        self.forgotten_ids
    }

    /// How many orders on their way were dropped from the pending count because there were too many.
    pub fn evicted_open(&self) -> u64 {
        self.evicted_open
    }

    fn ledger(&self, writer: Writer) -> Option<&Ledger> {
        self.ledgers.get(writer.index())?.as_deref()
    }

    fn spoken(&self, outcome: Outcome) -> Option<&Tally> {
        let speaker = self.speaker(outcome)?;
        let counts = self.ledger(speaker.writer)?.counts.get(outcome.index())?;
        if speaker.implied { counts.implied.as_deref() } else { counts.reported.as_deref() }
    }

    fn speaker(&self, outcome: Outcome) -> Option<Speaker> {
        let mut best: Option<(u64, Speaker)> = None;
        // Order logs come last among writers and "reported" last within one, so `>=` gives them a tie.
        for writer in Writer::all() {
            let Some(counts) = self.ledger(writer).and_then(|ledger| ledger.counts.get(outcome.index()))
            else {
                continue;
            };
            for (implied, tally) in [(true, &counts.implied), (false, &counts.reported)] {
                let count = session(tally);
                if count > 0 && best.is_none_or(|(most, _)| count >= most) {
                    best = Some((count, Speaker { writer, implied }));
                }
            }
        }
        best.map(|(_, speaker)| speaker)
    }
}

fn session(tally: &LazyTally) -> u64 {
    tally.as_ref().map_or(0, |tally| tally.session)
}

/// Outcomes that an order id had not been seen with before.
#[derive(Clone, Copy)]
struct News {
    reported: OutcomeSet,
    implied: OutcomeSet,
}

impl Ledger {
    /// Notes what is reported of an order and returns what is new about it.
    fn learn(&mut self, key: u128, reported: OutcomeSet) -> News {
        let known = self.known.entry(key).or_insert_with(|| {
            self.order_of_arrival.push_back(key);
            Known::default()
        });
        let news = News {
            reported: reported.without(OutcomeSet::from_bits(known.reported)),
            implied: reported.with_implied().without(OutcomeSet::from_bits(known.implied)),
        };
        known.reported |= news.reported.bits();
        known.implied |= news.implied.bits();
        news
    }

    /// Keeps the set of orders on their way.
    fn follow(&mut self, key: u128, reported: OutcomeSet, at: Ts, evicted: &mut u64) {
        let all =
            self.known.get(&key).map_or(OutcomeSet::EMPTY, |known| OutcomeSet::from_bits(known.implied));
        if all.intersects(TERMINAL) {
            self.open.remove(&key);
        } else if reported.with_implied().contains(Outcome::Submitted) {
            if self.open.len() >= Orders::OPEN_LIMIT && !self.open.contains_key(&key) {
                *evicted += 1;
                return;
            }
            self.open.entry(key).or_insert(Open { since: at });
        }
    }

    fn forget_beyond(&mut self, limit: usize) -> u64 {
        let mut forgotten = 0;
        while self.known.len() > limit {
            let Some(oldest) = self.order_of_arrival.pop_front() else { break };
            self.known.remove(&oldest);
            forgotten += 1;
        }
        forgotten
    }

    fn count(&mut self, news: News, end: i64, at: i64) {
        for (outcome, counts) in Outcome::ALL.into_iter().zip(&mut self.counts) {
            if news.reported.contains(outcome) {
                count(&mut counts.reported, end, at);
            }
            if news.implied.contains(outcome) {
                count(&mut counts.implied, end, at);
            }
        }
    }

    fn count_denial(&mut self, event: &Event<'_>, end: i64, at: i64) {
        let class = DenyClass::of(event.reason.as_deref(), event.exchange_reason);
        self.reasons.add(event.reason.as_deref().unwrap_or("no reason given"), class);
        if let Some(tally) = self.denied_by_class.get_mut(class as usize) {
            count(tally, end, at);
        }
    }
}

/// numerator ÷ denominator; `None` where the denominator is zero: no data is a value of its own.
pub fn ratio(numerator: u64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}

/// A key for an order id within its run. At 128 bits a collision among a million ids has odds of 1 in 10^27.
pub(crate) fn order_key(run_id: Option<&str>, id: &str) -> u128 {
    let seed = run_id.map_or(0, |run| xxhash_rust::xxh3::xxh3_64(run.as_bytes()));
    xxhash_rust::xxh3::xxh3_128_with_seed(id.as_bytes(), seed)
}

#[cfg(test)]
mod tests;
