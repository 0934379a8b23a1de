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

use hashbrown::HashMap;

use crate::{
    code::Code,
    event::{Event, Route, Shape, Source},
    orders::ratio,
    recent::Recent,
    rolling::{Rolling, Slot},
    scope::id_key,
    span::Span,
    tally::OTHER,
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

impl Explained {
    /// explained ÷ intents; `None` where there are no intents.
    pub fn ratio(self) -> Option<f64> {
        ratio(self.explained, self.intents)
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

impl Slot for Second {
    type Sum = Explained;
    type Item = Mark;

    fn record(&mut self, mark: Mark) {
        self.0.mark(mark);
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

impl Track {
    fn record(&mut self, at: i64, mark: Mark) {
        self.session.mark(mark);
        self.rolling.record(at, mark);
    }
}

const SIZED: u8 = 1;
const ROUTED: u8 = 2;
const ANSWERED: u8 = 4;

#[derive(Clone, Copy, Debug, Default)]
struct Intent {
    received: Option<(Ts, Shape)>,
    seen: u8,
}

impl Intent {
    fn explained(self) -> bool {
        self.seen & ANSWERED != 0 || self.seen & (SIZED | ROUTED) == SIZED | ROUTED
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
    reasons: HashMap<Box<str>, u64>,
    reason_total: u64,
    other_reasons: u64,
}

impl Coverage {
    /// How many intents are remembered; an older one stays as it is.
    pub const INTENT_LIMIT: usize = 65_536;
    /// How many different reasons are told apart.
    pub const REASON_LIMIT: usize = 512;

    pub(crate) fn new(end: i64) -> Self {
        Self {
            end,
            tracks: Default::default(),
            intents: Recent::new(Self::INTENT_LIMIT),
            young: VecDeque::new(),
            without_id: 0,
            reasons: HashMap::default(),
            reason_total: 0,
            other_reasons: 0,
        }
    }

    /// Moves the windows' end to the second of `now`.
    pub(crate) fn advance(&mut self, now: Ts) {
        self.end = self.end.max(now.second());
        for track in self.tracks.iter_mut().flatten() {
            track.rolling.advance(self.end);
        }
        self.young.retain(|(_, at)| is_young(*at, now));
    }

    /// Takes in what `event` explains. Returns true where that changes a figure.
    pub(crate) fn apply(&mut self, event: &Event<'_>, at: Ts) -> bool {
        self.count_reason(event) | (event.source == Source::Events && self.apply_intent(event, at))
    }

    fn count_reason(&mut self, event: &Event<'_>) -> bool {
        let Some(reason) = event.reason.as_deref() else { return false };
        self.reason_total += 1;
        if let Some(count) = self.reasons.get_mut(reason) {
            *count += 1;
        } else if self.reasons.len() < Self::REASON_LIMIT {
            self.reasons.insert(reason.into(), 1);
        } else {
            self.other_reasons += 1;
        }
        true
    }

    fn apply_intent(&mut self, event: &Event<'_>, at: Ts) -> bool {
        let seen = match event.code {
            Code::IntentReceived => 0,
            Code::OrderDeny | Code::SlaDeny | Code::PlanBuild => ANSWERED,
            Code::SizingDecision | Code::KellyApplied => SIZED,
            _ if matches!(event.route, Some(Route::Maker | Route::Taker)) => ROUTED,
            _ => return false,
        };
        let Some(id) = &event.intent_id else {
            self.without_id += u64::from(event.code == Code::IntentReceived);
            return false;
        };
        let key = id_key(event.run_id.as_deref(), id);
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
            self.remember(key, received);
        }
        if news {
            self.record(shape, received, Mark::Explained);
        }
        first || news
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
    fn remember(&mut self, key: u128, received: Ts) {
        if self.young.len() >= Self::INTENT_LIMIT {
            self.young.pop_front();
        }
        self.young.push_back((key, received));
    }

    /// Intents over `span` that are older than ten seconds at `now`, by the shape that reports most.
    pub fn explained(&self, span: Span, now: Ts) -> Explained {
        let speaking = |(_, track): &(usize, &Track)| track.session.intents;
        let tracks = self.tracks.iter().enumerate();
        let Some((shape, track)) =
            tracks.filter_map(|(shape, track)| Some((shape, track.as_deref()?))).max_by_key(speaking)
        else {
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
            let reported = intent.received.is_some_and(|(_, by)| by as usize == shape);
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

    /// Records in the session that carry a reason.
    pub fn reason_total(&self) -> u64 {
        self.reason_total
    }

    /// Records per reason in the session, whoever wrote them, most frequent first, equal ones by name; what did not
    /// fit is last, as `other`.
    pub fn reasons(&self) -> Vec<(String, u64)> {
        let mut ranked: Vec<(String, u64)> =
            self.reasons.iter().map(|(reason, count)| (reason.to_string(), *count)).collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        if self.other_reasons > 0 {
            ranked.push((OTHER.to_owned(), self.other_reasons));
        }
        ranked
    }
}

fn is_young(at: Ts, now: Ts) -> bool {
    at.plus_seconds(GRACE_SECONDS) >= now
}

#[cfg(test)]
mod tests;
