//! Order figures within a filter: the same ones as without, by the same speakers.
//!
//! Invariant: speakers are chosen over everything, so figures of different symbols and sides add up.

use super::{Ledger, Orders, Pending, ratio};
use crate::{
    figure::Figure,
    outcome::{Outcome, Outcomes},
    reason::{DenyClass, ReasonCount, ReasonPoints},
    scope::ScopeSet,
    series::Buckets,
    span::Span,
    time::Ts,
};

/// One bucket of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomePoint {
    /// First second of the bucket.
    pub second: i64,
    /// What was counted in it.
    pub outcomes: Outcomes,
}

/// Order counts within some scopes.
#[derive(Clone, Copy, Debug)]
pub struct OrderView<'a> {
    orders: &'a Orders,
    scopes: ScopeSet,
}

impl<'a> OrderView<'a> {
    pub(super) fn new(orders: &'a Orders, scopes: ScopeSet) -> Self {
        Self { orders, scopes }
    }

    /// What the speaker of each outcome counts.
    fn spoken(&self) -> [Option<u16>; Outcome::COUNT] {
        Outcome::ALL.map(|outcome| Some(self.orders.speaker(outcome)?.figure(outcome).index()))
    }

    /// Every outcome's count over `span`, each by its speaker.
    pub fn outcomes(&self, span: Span) -> Outcomes {
        Outcomes::new(self.orders.counts.over(self.spoken(), span, &self.scopes))
    }

    /// Every outcome's count in each of `buckets`, by the same speakers.
    pub fn series(&self, buckets: Buckets) -> Vec<OutcomePoint> {
        let (spoken, step) = (self.spoken(), buckets.step_seconds());
        let at = |second| {
            let counts = self.orders.counts.bucket(spoken, second, step, &self.scopes);
            OutcomePoint { second, outcomes: Outcomes::new(counts) }
        };
        buckets.starts().map(at).collect()
    }

    /// filled ÷ submitted; `None` where nothing was submitted or no writer ever reports a fill.
    pub fn fill_rate(&self, span: Span) -> Option<f64> {
        self.orders.speaker(Outcome::Filled)?;
        let outcomes = self.outcomes(span);
        ratio(outcomes.get(Outcome::Filled), outcomes.get(Outcome::Submitted))
    }

    /// denied ÷ (denied + submitted); `None` where both are zero.
    pub fn deny_rate(&self, span: Span) -> Option<f64> {
        let outcomes = self.outcomes(span);
        let denied = outcomes.get(Outcome::Denied);
        ratio(denied, denied + outcomes.get(Outcome::Submitted))
    }

    /// Denials of one class ÷ (denied + submitted), so that the classes add up to [`OrderView::deny_rate`].
    pub fn deny_rate_of(&self, class: DenyClass, span: Span) -> Option<f64> {
        let outcomes = self.outcomes(span);
        let denied = outcomes.get(Outcome::Denied);
        ratio(self.denied_of(class, span), denied + outcomes.get(Outcome::Submitted))
    }

    /// Denials of one class, by the writer that speaks for denials.
    pub fn denied_of(&self, class: DenyClass, span: Span) -> u64 {
        let speaker = self.orders.speaker(Outcome::Denied);
        let figure = speaker.map(|speaker| Figure::denied(speaker.writer, class).index());
        let [count] = self.orders.counts.over([figure], span, &self.scopes);
        count
    }

    /// Reasons of denials over `span`, most frequent first, equal ones by name, by the writer that speaks for
    /// denials; what did not fit is last, as `other`.
    pub fn deny_reasons(&self, span: Span) -> Vec<ReasonCount> {
        let Some(ledger) = self.denials() else { return Vec::new() };
        let ranked = ledger.reasons.ranked(span, &self.scopes).into_iter();
        ranked.map(|counted| ledger.reason_count(counted)).collect()
    }

    /// Reasons of denials in the session, ranked as [`OrderView::deny_reasons`] does, with the count of each in each of
    /// `buckets`.
    pub fn deny_reason_series(&self, buckets: Buckets) -> Vec<ReasonPoints> {
        let Some(ledger) = self.denials() else { return Vec::new() };
        let series = ledger.reasons.series(buckets, &self.scopes).into_iter();
        series
            .map(|(counted, counts)| ReasonPoints { reason: ledger.reason_count(counted), counts })
            .collect()
    }

    fn denials(&self) -> Option<&'a Ledger> {
        self.orders.ledger(self.orders.speaker(Outcome::Denied)?.writer)
    }

    /// Orders on their way at `now`, which no writer reports as ended, by the writer that knows most orders by id; of
    /// equals, by the one of whose orders most are known to have ended, and then by the order logs.
    pub fn pending(&self, now: Ts) -> Pending {
        let by_id =
            |writer| self.orders.counts.total(Figure::order(writer, Outcome::Submitted, true).index());
        let ledgers =
            crate::Writer::all().filter_map(|writer| Some((by_id(writer), self.orders.ledger(writer)?)));
        let ledger = ledgers.max_by_key(|(by_id, ledger)| (*by_id, std::cmp::Reverse(ledger.open.len())));
        let mut pending = Pending::default();
        let open = ledger.iter().flat_map(|(_, ledger)| ledger.open.values());
        for open in open.filter(|open| self.scopes.contains(open.scope)) {
            let age = now.seconds_since(open.since).max(0.0);
            if age > Orders::UNKNOWN_AFTER_SECONDS {
                pending.unknown += 1;
            } else {
                pending.count += 1;
                pending.oldest_age_seconds = pending.oldest_age_seconds.max(age);
            }
        }
        pending
    }
}
