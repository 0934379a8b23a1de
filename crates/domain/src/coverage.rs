//! How much of what the bot does is explained: intents that got an answer, and every reason that was given.
//!
//! `xai.coverage` (CONTRACT.md section 2): intents that are denied (`ORDER.DENY`, `SLA.DENY`), planned
//! (`ORDER.PLAN.BUILD`), or sized and routed, ÷ intents older than ten seconds. Records are matched by intent id
//! within their run. Where intents are reported in several shapes the shape with most of them speaks. An
//! intent counts, in every span, at the time at which it was received.
//!
//! Invariants: the latest [`Coverage::INTENT_LIMIT`] intents can still be explained, and
//! [`Coverage::REASON_LIMIT`] reasons are told apart; what is beyond is counted.

use std::collections::VecDeque;

use crate::{
    code::Code,
    event::{Event, Route, Shape, Source},
    figure::{Figure, IntentCount, SHAPES},
    minutes::Minutes,
    orders::ratio,
    parts::parts,
    reasons::Reasons,
    recent::Recent,
    rolling::{Rolling, Slot},
    scope::{ScopeId, ScopeSet, Subject},
    span::Span,
    time::Ts,
};

/// An intent younger than this may still be explained and does not count yet, seconds.
pub const GRACE_SECONDS: i64 = 10;

/// Intents of one second or span, and how many of them are explained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// Intents.
    pub intents: u64,
    /// Those that are denied, planned, or sized and routed.
    pub explained: u64,
}

parts!(Explained { intents, explained });

impl Explained {
    /// explained ÷ intents; `None` where there are no intents.
    pub fn ratio(self) -> Option<f64> {
        ratio(self.explained, self.intents)
    }

    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Explained) -> Explained {
        Explained {
            intents: self.intents.saturating_add(other.intents),
            explained: self.explained.saturating_add(other.explained),
        }
    }

    fn take(&mut self, other: Explained) {
        self.intents = self.intents.saturating_sub(other.intents);
        self.explained = self.explained.saturating_sub(other.explained);
    }
}

#[derive(Clone, Copy, Debug)]
enum Mark {
    Intent,
    Explained,
}

impl Explained {
    fn mark(&mut self, mark: Mark) {
        match mark {
            Mark::Intent => self.intents += 1,
            Mark::Explained => self.explained += 1,
        }
    }
}

/// The intents that were received in one second.
#[derive(Clone, Copy, Debug, Default)]
struct Second(Explained);

parts!(newtype Second);

impl Slot for Second {
    type Sum = Explained;
    type Item = Mark;

    fn record(&mut self, mark: Mark) {
        self.0.mark(mark);
    }
    fn is_empty(&self) -> bool {
        self.0 == Explained::default()
    }
    fn record_sum(sum: &mut Explained, mark: Mark) {
        sum.mark(mark);
    }
    fn add_to(&self, sum: &mut Explained) {
        sum.intents += self.0.intents;
        sum.explained += self.0.explained;
    }
    fn take_from(&self, sum: &mut Explained) {
        sum.take(self.0);
    }
}

#[derive(Clone, Debug)]
struct Track {
    session: Explained,
    rolling: Rolling<Second>,
}

parts!(Track { session, rolling });

impl Track {
    fn record(&mut self, at: i64, mark: Mark) {
        self.session.mark(mark);
        self.rolling.record(at, mark);
    }
}

const SIZED: u8 = 1;
const ROUTED: u8 = 2;
const ANSWERED: u8 = 4;
/// It is older than ten seconds and stands in its minute.
const SETTLED: u8 = 8;

#[derive(Clone, Copy, Debug, Default)]
struct Intent {
    received: Option<(Ts, Shape)>,
    seen: u8,
}

parts!(Intent { received, seen });

impl Intent {
    fn explained(self) -> bool {
        self.seen & ANSWERED != 0 || self.seen & (SIZED | ROUTED) == SIZED | ROUTED
    }

    /// Counts it in its minute, once.
    fn settle(&mut self, minutes: &mut Minutes) {
        let Some((received, shape)) = self.received.filter(|_| self.seen & SETTLED == 0) else { return };
        self.seen |= SETTLED;
        minutes.count(Figure::intent(shape, IntentCount::Grown), received.second());
        if self.explained() {
            minutes.count(Figure::intent(shape, IntentCount::Explained), received.second());
        }
    }
}

/// Explanations of intents, and reasons.
#[derive(Clone, Debug)]
pub struct Coverage {
    end: i64,
    tracks: [Option<Box<Track>>; 4],
    intents: Recent<Intent>,
    /// Intents of the last seconds, in the order of arrival.
    young: VecDeque<(u128, Ts)>,
    without_id: u64,
    reasons: Reasons,
}

parts!(stepwise Coverage {
    end: window,
    tracks,
    intents: within(Coverage::INTENT_LIMIT),
    young: within(Coverage::INTENT_LIMIT),
    without_id,
    reasons: within(1),
});

impl Coverage {
    /// How many intents are remembered; an older one stays as it is.
    pub const INTENT_LIMIT: usize = 65_536;
    /// How many different reasons are told apart.
    pub const REASON_LIMIT: u16 = Reasons::LIMIT;

    pub(crate) fn new(end: i64) -> Self {
        Self {
            end,
            tracks: Default::default(),
            intents: Recent::new(Self::INTENT_LIMIT),
            young: VecDeque::new(),
            without_id: 0,
            reasons: Reasons::new(1),
        }
    }

    /// Moves the windows' end to the second of `now`.
    pub(crate) fn advance(&mut self, now: Ts, minutes: &mut Minutes) {
        self.end = self.end.max(now.second());
        for track in self.tracks.iter_mut().flatten() {
            track.rolling.advance(self.end);
        }
        self.reasons.advance(self.end);
        self.settle(now, minutes);
    }

    /// Counts intents that are older than ten seconds by now in their minutes.
    pub(crate) fn settle(&mut self, now: Ts, minutes: &mut Minutes) {
        let intents = &mut self.intents;
        self.young.retain(|(key, at)| {
            let young = is_young(*at, now);
            if !young && let Some(intent) = intents.get_mut(*key) {
                intent.settle(minutes);
            }
            young
        });
    }

    /// Takes in what `event` explains. Returns true where that changes a figure.
    pub(crate) fn apply(
        &mut self,
        event: &Event<'_>,
        subject: Subject,
        at: Ts,
        minutes: &mut Minutes,
    ) -> bool {
        self.count_reason(event, subject.scope, at)
            | (event.source == Source::Events && self.apply_intent(event, subject, at, minutes))
    }

    fn count_reason(&mut self, event: &Event<'_>, scope: ScopeId, at: Ts) -> bool {
        let Some(reason) = event.reason.as_deref() else { return false };
        self.reasons.count(reason, 0, scope, self.end, at.second());
        true
    }

    fn apply_intent(&mut self, event: &Event<'_>, subject: Subject, at: Ts, minutes: &mut Minutes) -> bool {
        let seen = match event.code {
            Code::IntentReceived => 0,
            Code::OrderDeny | Code::SlaDeny | Code::PlanBuild => ANSWERED,
            Code::SizingDecision | Code::KellyApplied => SIZED,
            _ if matches!(event.route, Some(Route::Maker | Route::Taker)) => ROUTED,
            _ => return false,
        };
        let Some(key) = subject.intent else {
            self.without_id += u64::from(event.code == Code::IntentReceived);
            return false;
        };
        let intent = self.intents.entry(key, Intent::default);
        let before = *intent;
        intent.seen |= seen;
        if event.code == Code::IntentReceived {
            intent.received = intent.received.or(Some((at, event.shape)));
        }
        let after = *intent;
        let Some((received, shape)) = after.received else { return false };
        let first = before.received.is_none();
        let news = after.explained() && (first || !before.explained());
        if first {
            self.record(shape, received, Mark::Intent);
            minutes.count(Figure::intent(shape, IntentCount::Received), received.second());
            self.remember(key, received, minutes);
        }
        if news {
            self.record(shape, received, Mark::Explained);
            if after.seen & SETTLED != 0 {
                minutes.count(Figure::intent(shape, IntentCount::Explained), received.second());
            }
        }
        first || news
    }

    fn track(&self, shape: Shape) -> Option<&Track> {
        self.tracks.get(shape as usize)?.as_deref()
    }

    fn record(&mut self, shape: Shape, received: Ts, mark: Mark) {
        let end = self.end;
        if let Some(slot) = self.tracks.get_mut(shape as usize) {
            let track = slot.get_or_insert_with(|| {
                Box::new(Track { session: Explained::default(), rolling: Rolling::new(end) })
            });
            track.record(received.second(), mark);
        }
    }

    /// Beyond the limit the oldest arrival counts before its ten seconds are over.
    fn remember(&mut self, key: u128, received: Ts, minutes: &mut Minutes) {
        if self.young.len() >= Self::INTENT_LIMIT
            && let Some((oldest, _)) = self.young.pop_front()
            && let Some(intent) = self.intents.get_mut(oldest)
        {
            intent.settle(minutes);
        }
        self.young.push_back((key, received));
    }

    /// The shape that reports most intents; of equals the last.
    pub(crate) fn speaker(&self) -> Option<Shape> {
        let tracks = SHAPES.into_iter().zip(&self.tracks);
        let told = tracks.filter_map(|(shape, track)| Some((shape, track.as_deref()?.session.intents)));
        told.max_by_key(|(_, intents)| *intents).map(|(shape, _)| shape)
    }

    /// Intents over `span` that are older than ten seconds at `now`, by the shape that reports most.
    pub fn explained(&self, span: Span, now: Ts) -> Explained {
        let speaking = self.speaker();
        let Some((shape, track)) = speaking.and_then(|shape| Some((shape, self.track(shape)?))) else {
            return Explained::default();
        };
        let mut all = match span.seconds() {
            Some(seconds) => track.rolling.sum(seconds, |sum| *sum),
            None => track.session,
        };
        let from = span.seconds().map_or(i64::MIN, |seconds| self.end - i64::from(seconds) + 1);
        let to = if span.seconds().is_some() { self.end } else { i64::MAX };
        for (key, at) in &self.young {
            let intent = self.intents.get(*key).copied().unwrap_or_default();
            let reported = intent.received.is_some_and(|(_, by)| by == shape);
            if reported && is_young(*at, now) && (from..=to).contains(&at.second()) {
                all.take(Explained { intents: 1, explained: u64::from(intent.explained()) });
            }
        }
        all
    }

    /// Intents without an intent id: nothing can be matched with them, so they are left out of the ratio.
    pub fn without_id(&self) -> u64 {
        self.without_id
    }

    /// Intents that were forgotten: what explains them later is not seen.
    pub fn forgotten_intents(&self) -> u64 {
        self.intents.forgotten()
    }

    /// How many chart buckets of reasons went before their time, for want of room.
    pub fn dropped_buckets(&self) -> u64 {
        self.reasons.dropped_buckets()
    }

    /// How many chart buckets of reasons no longer tell symbols and sides apart, for want of room.
    pub fn folded_buckets(&self) -> u64 {
        self.reasons.folded_buckets()
    }

    /// Records per reason over `span` about what `scopes` lets through, whoever wrote them, most frequent first, equal
    /// ones by name; what did not fit is last, as `other`.
    pub fn reasons(&self, span: Span, scopes: &ScopeSet) -> Vec<(String, u64)> {
        let ranked = self.reasons.ranked(span, scopes).into_iter();
        ranked.map(|counted| (counted.reason.to_owned(), counted.count)).collect()
    }
}

fn is_young(at: Ts, now: Ts) -> bool {
    at.plus_seconds(GRACE_SECONDS) >= now
}

#[cfg(test)]
mod tests;
