//! Order counts: every outcome counted per writer, and one writer chosen to speak for each.
//!
//! Two logs, and two shapes in one log, report the same orders, so adding them up counts twice
//! (CONTRACT.md section 2, "One happening, several writers"). Each outcome has two candidates per writer:
//! what records *report* (once per order id, and each record without one) and what ids report or
//! *imply*. The candidate with the largest count in the session speaks, for the session, for every
//! window, for every chart bucket and for every symbol and side, so that they add up. On a tie the order logs speak.
//!
//! Invariants: ids are remembered up to [`crate::limits::Limits::order_ids`] per writer; what was forgotten is counted.
//! An order that any writer reports as ended is on its way for no writer, whichever record comes first.

mod agreement;
mod view;

pub use self::view::{OrderView, OutcomePoint};
use crate::{
    counts::Counts,
    event::{Event, Writer},
    figure::Figure,
    ids::Ids,
    maps::ByKey,
    minutes::Minutes,
    outcome::{self, Outcome, OutcomeSet, Outcomes, TERMINAL},
    parts::{Broken, Loading, Parts, Sink, Source, parts},
    reason::{DenyClass, ReasonCount},
    reasons::{Counted, Reasons},
    scope::{ScopeId, ScopeSet, Subject},
    series::{Buckets, Resolution},
    span::Span,
    time::Ts,
};

/// What is known of one order id of one writer.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    reported: u16,
    implied: u16,
}

parts!(Known { reported, implied });

/// An order on its way: submitted, and not yet ended by any writer's report.
#[derive(Clone, Copy, Debug)]
struct Open {
    since: Ts,
    scope: ScopeId,
}

parts!(Open { since, scope });

/// What one writer knows.
#[derive(Clone, Debug)]
struct Ledger {
    reasons: Reasons,
    /// Each reason's class, by its number: that of the record which it came with first.
    classes: Vec<DenyClass>,
    known: Ids<Known>,
    open: ByKey<Open>,
}

parts!(stepwise Ledger {
    reasons: within(1),
    classes: within(Reasons::LIMIT as usize),
    known: order_ids,
    open: of(on_their_way)
});

/// Orders on their way in the order in which they began: their times and keys are near each other then.
mod on_their_way {
    use super::{Broken, ByKey, Loading, Open, Orders, Parts as _, Sink, Source};

    pub(super) fn save(open: &ByKey<Open>, to: &mut impl Sink) {
        let mut orders: Vec<(u128, Open)> = open.iter().map(|(key, open)| (*key, *open)).collect();
        crate::sorting::by_key(&mut orders, |(key, open)| (open.since, *key));
        to.unsigned(orders.len() as u64);
        for order in &orders {
            order.save(to);
        }
    }

    pub(super) fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<ByKey<Open>, Broken> {
        let mut open = ByKey::default();
        for _ in 0..from.length(Orders::OPEN_LIMIT)? {
            let (key, order) = <(u128, Open)>::load(from)?;
            if open.insert(key, order).is_some() {
                return Err(Broken::new("an order comes twice"));
            }
        }
        Ok(open)
    }
}

/// Which candidate speaks for an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// The writer.
    pub writer: Writer,
    /// Whether what ids imply speaks, and not what records report.
    pub implied: bool,
}

parts!(Speaker { writer, implied });

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
    counts: Counts,
    ledgers: [Option<Box<Ledger>>; Writer::COUNT],
    evicted_open: u64,
    id_limit: usize,
}

parts!(stepwise Orders { counts: within(usize::from(Figure::ORDERS)), ledgers, evicted_open, id_limit: limit });

impl Orders {
    /// How many order ids per writer are counted exactly where [`crate::limits::Limits`] say nothing else.
    pub const ID_LIMIT: usize = 1_000_000;
    /// How many orders on their way are followed per writer.
    pub const OPEN_LIMIT: usize = 65_536;
    /// After this many seconds a pending order's outcome is called unknown.
    pub const UNKNOWN_AFTER_SECONDS: f64 = 900.0;

    /// No orders yet; windows end at the second `end`.
    pub fn new(end: i64) -> Self {
        Self::with_id_limit(end, Self::ID_LIMIT)
    }

    pub(crate) fn with_id_limit(end: i64, id_limit: usize) -> Self {
        let counts = Counts::new(Figure::ORDERS, end);
        Self { counts, ledgers: Default::default(), evicted_open: 0, id_limit }
    }

    /// Moves the windows' end.
    pub fn advance(&mut self, end: i64) {
        self.counts.advance(end);
        self.ledgers.iter_mut().flatten().for_each(|ledger| ledger.reasons.advance(end));
    }

    /// Counts what `event` reports of `subject`, at the time `at`. Returns true where a count changed.
    pub(crate) fn apply(
        &mut self,
        event: &Event<'_>,
        subject: Subject,
        at: Ts,
        minutes: &mut Minutes,
    ) -> bool {
        let reported = outcome::reported_by(event);
        let Some(writer) = event.writer().filter(|_| !reported.is_empty()) else { return false };
        let Some(slot) = self.ledgers.get_mut(writer.index()) else { return false };
        let ledger = slot.get_or_insert_with(|| Box::new(Ledger::new(self.id_limit)));
        let news = match subject.order {
            Some(key) => ledger.learn(key, reported),
            None => News { reported, implied: OutcomeSet::EMPTY },
        };
        let (end, second) = (self.counts.end(), at.second());
        let denied = news.reported.contains(Outcome::Denied);
        let class = denied.then(|| ledger.count_reason(event, subject.scope, end, second));
        if let Some(key) = subject.order {
            self.follow(writer, key, news.implied, Open { since: at, scope: subject.scope });
        }
        let figures = news.figures(writer).chain(class.map(|class| Figure::denied(writer, class)));
        for figure in figures {
            self.counts.record(figure.index(), subject.scope, second);
            minutes.count(figure, second);
        }
        !(news.reported | news.implied).is_empty()
    }

    /// The counts of what a filter lets through; see [`crate::scope::Scopes::matching`].
    pub fn within(&self, scopes: ScopeSet) -> OrderView<'_> {
        OrderView::new(self, scopes)
    }

    fn everything(&self) -> OrderView<'_> {
        self.within(ScopeSet::ALL)
    }

    /// Every outcome's count over `span`, each by its speaker.
    pub fn outcomes(&self, span: Span) -> Outcomes {
        self.everything().outcomes(span)
    }

    /// Every outcome's count in each of `buckets`, by the same speakers.
    pub fn series(&self, buckets: Buckets) -> Vec<OutcomePoint> {
        self.everything().series(buckets)
    }

    /// Every outcome's count in one second of the last fifteen minutes, by the same speakers.
    pub fn outcomes_at(&self, second: i64) -> Outcomes {
        let points = self.series(Buckets::new(Resolution::Second, second, second));
        points.first().map_or(Outcomes::default(), |point| point.outcomes)
    }

    /// filled ÷ submitted; `None` where nothing was submitted or no writer ever reports a fill.
    pub fn fill_rate(&self, span: Span) -> Option<f64> {
        self.everything().fill_rate(span)
    }

    /// denied ÷ (denied + submitted); `None` where both are zero.
    pub fn deny_rate(&self, span: Span) -> Option<f64> {
        self.everything().deny_rate(span)
    }

    /// Denials of one class ÷ (denied + submitted), so that the classes add up to [`Orders::deny_rate`].
    pub fn deny_rate_of(&self, class: DenyClass, span: Span) -> Option<f64> {
        self.everything().deny_rate_of(class, span)
    }

    /// Denials of one class, by the writer that speaks for denials.
    pub fn denied_of(&self, class: DenyClass, span: Span) -> u64 {
        self.everything().denied_of(class, span)
    }

    /// Orders on their way at `now`, which no writer reports as ended, by the writer that knows most orders by id; of
    /// equals, by the one of whose orders most are known to have ended, and then by the order logs.
    pub fn pending(&self, now: Ts) -> Pending {
        self.everything().pending(now)
    }

    /// Reasons of denials over `span`, most frequent first, by the writer that speaks for denials.
    pub fn deny_reasons(&self, span: Span) -> Vec<ReasonCount> {
        self.everything().deny_reasons(span)
    }

    /// Who speaks for `outcome`; `None` while no writer counted any.
    pub fn speaker(&self, outcome: Outcome) -> Option<Speaker> {
        Speaker::among(outcome, |figure| self.counts.total(figure.index()))
    }

    /// How many order ids were forgotten; above zero, counts are approximate.
    pub fn forgotten_ids(&self) -> u64 {
        self.ledgers.iter().flatten().map(|ledger| ledger.known.forgotten()).sum()
    }

    /// How many orders on their way were dropped from the pending count because there were too many.
    pub fn evicted_open(&self) -> u64 {
        self.evicted_open
    }

    /// How many chart buckets of counts and of reasons went before their time, for want of room.
    pub fn dropped_buckets(&self) -> u64 {
        let reasons = self.ledgers.iter().flatten().map(|ledger| ledger.reasons.dropped_buckets());
        self.counts.dropped_buckets() + reasons.sum::<u64>()
    }

    /// How many chart buckets of counts and of reasons no longer tell symbols and sides apart, for want of room.
    pub fn folded_buckets(&self) -> u64 {
        let reasons = self.ledgers.iter().flatten().map(|ledger| ledger.reasons.folded_buckets());
        self.counts.folded_buckets() + reasons.sum::<u64>()
    }

    /// Keeps the sets of orders on their way, after `news` of `writer` about the order `key`.
    fn follow(&mut self, writer: Writer, key: u128, news: OutcomeSet, open: Open) {
        if news.intersects(TERMINAL) {
            for ledger in self.ledgers.iter_mut().flatten() {
                ledger.open.remove(&key);
            }
        } else if news.contains(Outcome::Submitted) && !self.has_ended(key) {
            let Some(ledger) = self.ledgers.get_mut(writer.index()).and_then(Option::as_mut) else { return };
            if ledger.open.len() < Self::OPEN_LIMIT || ledger.open.contains_key(&key) {
                ledger.open.entry(key).or_insert(open);
            } else {
                self.evicted_open += 1;
            }
        }
    }

    /// Whether any writer reported an end of the order `key`.
    fn has_ended(&self, key: u128) -> bool {
        let mut known = self.ledgers.iter().flatten().filter_map(|ledger| ledger.known.get(key));
        known.any(|known| OutcomeSet::from_bits(known.implied).intersects(TERMINAL))
    }

    fn ledger(&self, writer: Writer) -> Option<&Ledger> {
        self.ledgers.get(writer.index())?.as_deref()
    }
}

impl Speaker {
    /// The candidate for `outcome` with the largest count.
    pub(crate) fn among(outcome: Outcome, count: impl Fn(Figure) -> u64) -> Option<Speaker> {
        // Order logs come last among writers and "reported" last within one, and the last of equals is taken.
        let of_writer = |writer| [true, false].map(|implied| Speaker { writer, implied });
        let candidates = Writer::all().flat_map(of_writer);
        let counted = candidates.map(|speaker| (count(speaker.figure(outcome)), speaker));
        counted.filter(|(count, _)| *count > 0).max_by_key(|(count, _)| *count).map(|(_, speaker)| speaker)
    }

    /// What it counts of `outcome`.
    pub(crate) fn figure(self, outcome: Outcome) -> Figure {
        Figure::order(self.writer, outcome, self.implied)
    }
}

/// Outcomes that an order id had not been seen with before.
#[derive(Clone, Copy)]
struct News {
    reported: OutcomeSet,
    implied: OutcomeSet,
}

impl News {
    fn figures(self, writer: Writer) -> impl Iterator<Item = Figure> {
        let reported = self.reported.iter().map(move |outcome| Figure::order(writer, outcome, false));
        reported.chain(self.implied.iter().map(move |outcome| Figure::order(writer, outcome, true)))
    }
}

impl Ledger {
    fn new(id_limit: usize) -> Self {
        Self {
            reasons: Reasons::new(1),
            classes: Vec::new(),
            known: Ids::new(id_limit),
            open: ByKey::default(),
        }
    }

    /// Notes what is reported of an order and returns what is new about it.
    fn learn(&mut self, key: u128, reported: OutcomeSet) -> News {
        let implied = reported.with_implied();
        let Some(known) = self.known.entry(key, Known::default) else {
            return News { reported, implied };
        };
        let news = News {
            reported: reported.without(OutcomeSet::from_bits(known.reported)),
            implied: implied.without(OutcomeSet::from_bits(known.implied)),
        };
        known.reported |= news.reported.bits();
        known.implied |= news.implied.bits();
        news
    }

    fn count_reason(&mut self, event: &Event<'_>, scope: ScopeId, end: i64, at: i64) -> DenyClass {
        let reason = event.reason.as_deref();
        let number = self.reasons.count(reason.unwrap_or("no reason given"), 0, scope, end, at);
        let first = self.classes.get(usize::from(number)).copied();
        // What was counted as anything but the exchange's was judged by its text; the same text is of the same class.
        if let Some(class) = first.filter(|class| !event.exchange_reason && *class != DenyClass::Exchange) {
            return class;
        }
        let class = DenyClass::of(reason, event.exchange_reason);
        if usize::from(number) == self.classes.len() && number < Reasons::LIMIT {
            self.classes.push(class);
        }
        class
    }

    fn reason_count(&self, counted: Counted<'_>) -> ReasonCount {
        let class = self.classes.get(usize::from(counted.number)).copied().unwrap_or(DenyClass::Guard);
        ReasonCount { reason: counted.reason.to_owned(), count: counted.count, class }
    }
}

/// numerator ÷ denominator; `None` where the denominator is zero: no data is a value of its own.
pub fn ratio(numerator: u64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}

#[cfg(test)]
mod tests;
