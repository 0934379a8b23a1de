//! Order outcomes: which of them a record reports, and which follow from those.
//!
//! Source of the definitions: CONTRACT.md section 2, "orders.*" and "States imply".

use std::ops::{BitOr, BitOrAssign};

use crate::{
    code::Code,
    event::{Event, OrderStatus, Source},
};

/// What can become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// Sent to the exchange.
    Submitted,
    /// Taken by the exchange.
    Acked,
    /// Filled in part.
    PartiallyFilled,
    /// Filled.
    Filled,
    /// Canceled after it was acknowledged.
    Canceled,
    /// Refused by the exchange.
    Rejected,
    /// Ran out of time.
    Expired,
    /// Refused by the bot before it was sent.
    Denied,
    /// Ended in an error.
    Failed,
}

impl Outcome {
    /// Every outcome, in the order of an order's life.
    pub const ALL: [Outcome; 9] = [
        Outcome::Submitted,
        Outcome::Acked,
        Outcome::PartiallyFilled,
        Outcome::Filled,
        Outcome::Canceled,
        Outcome::Rejected,
        Outcome::Expired,
        Outcome::Denied,
        Outcome::Failed,
    ];

    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The metric's name, as in `orders.partially_filled`.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Submitted => "submitted",
            Outcome::Acked => "acked",
            Outcome::PartiallyFilled => "partially_filled",
            Outcome::Filled => "filled",
            Outcome::Canceled => "canceled",
            Outcome::Rejected => "rejected",
            Outcome::Expired => "expired",
            Outcome::Denied => "denied",
            Outcome::Failed => "failed",
        }
    }

    /// A dense index below [`Outcome::COUNT`].
    pub fn index(self) -> usize {
        self as usize
    }
}

/// A set of outcomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeSet(u16);

/// Filled, canceled, rejected, expired or failed: nothing more will come.
pub const TERMINAL: OutcomeSet = OutcomeSet::of(&[
    Outcome::Filled,
    Outcome::Canceled,
    Outcome::Rejected,
    Outcome::Expired,
    Outcome::Failed,
]);

const IMPLY_ACKED: OutcomeSet =
    OutcomeSet::of(&[Outcome::Filled, Outcome::PartiallyFilled, Outcome::Canceled, Outcome::Expired]);

const IMPLY_SUBMITTED: OutcomeSet = OutcomeSet::of(&[Outcome::Acked, Outcome::Rejected]);

impl OutcomeSet {
    /// Nothing.
    pub const EMPTY: OutcomeSet = OutcomeSet(0);

    /// The set of the given outcomes.
    pub const fn of(outcomes: &[Outcome]) -> Self {
        let mut bits = 0;
        let mut rest = outcomes;
        while let [first, tail @ ..] = rest {
            bits |= 1 << *first as u16;
            rest = tail;
        }
        Self(bits)
    }

    /// Whether `outcome` is in it.
    pub fn contains(self, outcome: Outcome) -> bool {
        self.0 & (1 << outcome as u16) != 0
    }

    /// Whether the two share an outcome.
    pub fn intersects(self, other: OutcomeSet) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub fn without(self, other: OutcomeSet) -> OutcomeSet {
        OutcomeSet(self.0 & !other.0)
    }

    /// This set with everything that follows from it.
    #[must_use]
    pub fn with_implied(self) -> OutcomeSet {
        let mut all = self;
        if all.intersects(IMPLY_ACKED) {
            all |= OutcomeSet::of(&[Outcome::Acked]);
        }
        if all.intersects(IMPLY_SUBMITTED) {
            all |= OutcomeSet::of(&[Outcome::Submitted]);
        }
        all
    }

    /// Its members, in the order of an order's life.
    pub fn iter(self) -> impl Iterator<Item = Outcome> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let outcome = Outcome::ALL.get(left.trailing_zeros() as usize).copied()?;
            left &= left - 1;
            Some(outcome)
        })
    }

    /// The set as bits, for compact storage; bit n is the outcome with index n.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// The inverse of [`OutcomeSet::bits`]; unknown bits are dropped.
    pub fn from_bits(bits: u16) -> Self {
        Self(bits & ((1 << Outcome::COUNT) - 1))
    }
}

impl BitOr for OutcomeSet {
    type Output = OutcomeSet;
    fn bitor(self, other: OutcomeSet) -> OutcomeSet {
        OutcomeSet(self.0 | other.0)
    }
}

impl BitOrAssign for OutcomeSet {
    fn bitor_assign(&mut self, other: OutcomeSet) {
        self.0 |= other.0;
    }
}

/// A count for each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes([u64; Outcome::COUNT]);

impl Outcomes {
    /// Counts in the order of [`Outcome::ALL`].
    pub(crate) fn new(counts: [u64; Outcome::COUNT]) -> Self {
        Self(counts)
    }

    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Outcomes) -> Outcomes {
        Outcomes::collect(|outcome| self.get(outcome).saturating_add(other.get(outcome)))
    }

    /// Asks `count` for each outcome.
    pub fn collect(mut count: impl FnMut(Outcome) -> u64) -> Self {
        Self(Outcome::ALL.map(&mut count))
    }

    /// The count of one outcome.
    pub fn get(&self, outcome: Outcome) -> u64 {
        self.0.get(outcome.index()).copied().unwrap_or(0)
    }
}

/// What one record reports of an order, without what follows from it.
#[inline]
pub fn reported_by(event: &Event<'_>) -> OutcomeSet {
    match event.source {
        Source::Events => reported_by_event(event),
        Source::Success => {
            OutcomeSet::of(&[Outcome::Submitted, Outcome::Acked])
                | event.status.map_or(OutcomeSet::EMPTY, of_status)
        }
        Source::Failed => {
            // What failed is on its way no more, whatever state the row still names.
            let ended = event.status.filter(|status| *status != OrderStatus::Working);
            OutcomeSet::of(&[Outcome::Submitted, Outcome::Failed])
                | ended.map_or(OutcomeSet::EMPTY, of_status)
        }
        Source::Denied => OutcomeSet::of(&[Outcome::Denied]),
        Source::Trades => OutcomeSet::EMPTY,
    }
}

fn reported_by_event(event: &Event<'_>) -> OutcomeSet {
    match event.code {
        Code::Submit => OutcomeSet::of(&[Outcome::Submitted]),
        Code::Ack if event.immediate_fill => OutcomeSet::of(&[Outcome::Acked, Outcome::Filled]),
        Code::Ack => OutcomeSet::of(&[Outcome::Acked]),
        Code::Partial => OutcomeSet::of(&[Outcome::PartiallyFilled]),
        Code::Fill => OutcomeSet::of(&[Outcome::Filled]),
        Code::Cancel => OutcomeSet::of(&[Outcome::Canceled]),
        Code::Reject => OutcomeSet::of(&[Outcome::Rejected, Outcome::Failed]),
        Code::Expire => OutcomeSet::of(&[Outcome::Expired]),
        Code::OrderDeny | Code::RiskDeny => OutcomeSet::of(&[Outcome::Denied]),
        Code::OrderStatus => event.status.map_or(OutcomeSet::EMPTY, of_status),
        _ => OutcomeSet::EMPTY,
    }
}

fn of_status(status: OrderStatus) -> OutcomeSet {
    match status {
        OrderStatus::Working => OutcomeSet::of(&[Outcome::Acked]),
        OrderStatus::PartiallyFilled => OutcomeSet::of(&[Outcome::PartiallyFilled]),
        OrderStatus::Filled => OutcomeSet::of(&[Outcome::Filled]),
        OrderStatus::Canceled => OutcomeSet::of(&[Outcome::Canceled]),
        OrderStatus::Rejected => OutcomeSet::of(&[Outcome::Rejected]),
        OrderStatus::Expired => OutcomeSet::of(&[Outcome::Expired]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_implied(reported: &[Outcome], expected: &[Outcome]) {
        assert_eq!(OutcomeSet::of(reported).with_implied(), OutcomeSet::of(expected));
    }

    #[test]
    fn later_states_imply_the_earlier_ones() {
        use Outcome::{Acked, Canceled, Denied, Failed, Filled, Rejected, Submitted};
        check_implied(&[Filled], &[Submitted, Acked, Filled]);
        check_implied(&[Canceled], &[Submitted, Acked, Canceled]);
        check_implied(&[Rejected], &[Submitted, Rejected]);
        check_implied(&[Denied], &[Denied]);
        check_implied(&[Failed], &[Failed]);
    }

    #[test]
    fn a_failed_row_in_the_failed_file_does_not_count_as_working() {
        let mut event = Event::bare(Source::Failed, crate::Shape::Canonical, Code::Other, "uncoded");
        event.status = Some(OrderStatus::Rejected);
        let expected = OutcomeSet::of(&[Outcome::Submitted, Outcome::Failed, Outcome::Rejected]);
        assert_eq!(reported_by(&event), expected);
    }

    #[test]
    fn bits_read_back() {
        for outcome in Outcome::ALL {
            let set = OutcomeSet::of(&[outcome]);
            assert_eq!(OutcomeSet::from_bits(set.bits()), set);
            assert_eq!(set.iter().collect::<Vec<_>>(), [outcome]);
        }
    }
}
