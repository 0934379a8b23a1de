//! Sums over sliding windows of what happens seldom: only seconds in which something happened take room.
//!
//! Invariant: at most one entry for each of the last fifteen minutes' seconds, and a few ahead, in order of time.
//! Sums are made when asked for, so floating-point sums do not drift.

use std::collections::VecDeque;

use crate::{
    parts::{Broken, Loading, Parts, Sink, Source},
    rolling::AHEAD_SECONDS,
    span::Span,
};

/// What adds up.
pub(super) trait Sum: Copy + Default {
    fn add(&mut self, other: Self);
}

/// The seconds of the last fifteen minutes in which something happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Window<T>(VecDeque<(i64, T)>);

/// How many seconds can have an entry: one more than a window has, and [`AHEAD_SECONDS`].
const LIMIT: usize = Span::LONGEST_SECONDS as usize + 6;

impl<T: Sum> Window<T> {
    /// Adds `item` to the second `at`, where windows that end at `end` can still reach it.
    pub(super) fn record(&mut self, end: i64, at: i64, item: T) {
        let kept = end - i64::from(Span::LONGEST_SECONDS)..=end + AHEAD_SECONDS;
        while self.0.front().is_some_and(|(second, _)| second < kept.start()) {
            self.0.pop_front();
        }
        if !kept.contains(&at) {
            return;
        }
        let place = self.0.partition_point(|(second, _)| *second < at);
        match self.0.get_mut(place) {
            Some((second, sum)) if *second == at => sum.add(item),
            _ => self.0.insert(place, (at, item)),
        }
    }

    /// The sum over the last `seconds` seconds up to and with `end`.
    pub(super) fn sum(&self, end: i64, seconds: u32) -> T {
        let mut sum = T::default();
        let from = end - i64::from(seconds);
        for (_, item) in self.0.iter().filter(|(second, _)| (from + 1..=end).contains(second)) {
            sum.add(*item);
        }
        sum
    }
}

/// The seconds that have an entry, each as the distance to the one before.
impl<T: Parts> Parts for Window<T> {
    fn save(&self, to: &mut impl Sink) {
        let Self(entries) = self;
        to.unsigned(entries.len() as u64);
        let mut before = 0;
        for (second, item) in entries {
            to.signed(second.wrapping_sub(before));
            item.save(to);
            before = *second;
        }
    }

    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let mut entries: VecDeque<(i64, T)> = VecDeque::new();
        for _ in 0..from.length(LIMIT)? {
            let before = entries.back().map(|(second, _)| *second);
            let second = before.unwrap_or(0).wrapping_add(from.source().signed()?);
            if before.is_some_and(|before| before >= second) || second > from.end + AHEAD_SECONDS {
                return Err(Broken::new("seconds are out of order"));
            }
            entries.push_back((second, T::load(from)?));
        }
        Ok(Self(entries))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Sum for u64 {
        fn add(&mut self, other: u64) {
            *self += other;
        }
    }

    proptest! {
        #[test]
        fn windows_agree_with_counting_everything(
            steps in prop::collection::vec((0_i64..200, -10_i64..1000, 1_u64..9), 1..100),
            seconds in 1_u32..=900,
        ) {
            let (mut window, mut end, mut all) = (Window::default(), 0_i64, Vec::new());
            for (forward, back, item) in steps {
                end += forward;
                let at = end - back;
                window.record(end, at, item);
                if at <= end + AHEAD_SECONDS {
                    all.push((at, item));
                }
                let inside = all.iter().filter(|(at, _)| (end - i64::from(seconds) + 1..=end).contains(at));
                prop_assert_eq!(window.sum(end, seconds), inside.map(|(_, item)| item).sum::<u64>());
                prop_assert!(window.0.len() <= 906);
            }
        }
    }
}
