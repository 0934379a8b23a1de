//! Time series for charts: one-second buckets for 15 minutes, of ten seconds for 3 hours, of a minute for 24 hours.
//!
//! Every item stands in exactly one place: in its second while that is kept, then in its ten seconds, then in its
//! minute; a coarse bucket is read as the sum of its parts, so the resolutions agree. A late item goes where its
//! age belongs. Invariants: what is older than 24 hours is gone; coarse buckets take at most
//! [`Tiers::COARSE_BYTES`], and where that is not enough the oldest go early and are counted.

use std::collections::BTreeMap;

use crate::rolling::{Rolling, Slot};

/// How finely a series is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// Buckets of one second, for 15 minutes.
    Second,
    /// Buckets of ten seconds, for 3 hours.
    TenSeconds,
    /// Buckets of one minute, for 24 hours.
    Minute,
}

impl Resolution {
    /// Every resolution, the finest first.
    pub const ALL: [Resolution; 3] = [Resolution::Second, Resolution::TenSeconds, Resolution::Minute];

    /// Seconds in a bucket.
    pub fn step_seconds(self) -> u32 {
        match self {
            Resolution::Second => 1,
            Resolution::TenSeconds => 10,
            Resolution::Minute => 60,
        }
    }

    /// For how long buckets are kept, in seconds.
    pub fn kept_seconds(self) -> u32 {
        match self {
            Resolution::Second => 900,
            Resolution::TenSeconds => 10_800,
            Resolution::Minute => 86_400,
        }
    }

    /// The coarsest resolution whose buckets make up buckets of `step` seconds: it is kept the longest.
    pub fn of_step(step: u32) -> Resolution {
        let fits = |resolution: &Resolution| step != 0 && step.is_multiple_of(resolution.step_seconds());
        Resolution::ALL.into_iter().rev().find(fits).unwrap_or(Resolution::Second)
    }
}

/// The buckets of a chart, in whole seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buckets {
    from: i64,
    to: i64,
    step: u32,
}

impl Buckets {
    /// The most buckets that one question gets.
    pub const LIMIT: i64 = 10_000;

    /// Buckets of `resolution` from the one that holds the second `from` to the one that holds `to`.
    pub fn new(resolution: Resolution, from: i64, to: i64) -> Self {
        Self::with_step(resolution.step_seconds(), from, to)
    }

    /// Buckets of `step` seconds, the first of which begins with the bucket of [`Resolution::of_step`] that holds the
    /// second `from`; the last one begins at `to` or before. At most [`Buckets::LIMIT`], the latest ones.
    pub fn with_step(step: u32, from: i64, to: i64) -> Self {
        let step = step.max(1);
        let aligned = i64::from(Resolution::of_step(step).step_seconds());
        let from = from.div_euclid(aligned).saturating_mul(aligned);
        let beyond = (to.saturating_sub(from) / i64::from(step) + 1 - Self::LIMIT).max(0);
        Self { from: from.saturating_add(beyond.saturating_mul(i64::from(step))), to, step }
    }

    /// First seconds of the buckets, oldest first.
    pub fn starts(self) -> impl Iterator<Item = i64> {
        let step = usize::try_from(self.step).unwrap_or(1);
        (self.from..=self.to).step_by(step)
    }

    /// Seconds in a bucket.
    pub fn step_seconds(self) -> u32 {
        self.step
    }
}

/// What a bucket of a series holds.
pub(crate) trait Bucket: Slot {
    /// Takes another bucket in.
    fn merge(&mut self, other: &Self);
    /// Gives memory back that only further items would need.
    fn settle(&mut self);
    /// Whether nothing was recorded.
    fn is_empty(&self) -> bool;
    /// Bytes that it takes on the heap.
    fn heap_bytes(&self) -> usize;
}

const TEN: i64 = 10;
const MINUTE: i64 = 60;
const TENS_KEPT: i64 = 10_800;
const MINUTES_KEPT: i64 = 86_400;

/// Buckets in three tiers, with the running sums of the finest.
#[derive(Clone, Debug)]
pub(crate) struct Tiers<B: Bucket> {
    seconds: Rolling<B>,
    /// By whole tens of seconds since the epoch.
    tens: BTreeMap<i64, B>,
    /// By whole minutes since the epoch.
    minutes: BTreeMap<i64, B>,
    coarse_bytes: usize,
    coarse_limit: usize,
    dropped: u64,
}

impl<B: Bucket> Tiers<B> {
    /// How many bytes the buckets of ten seconds and of a minute may take together.
    pub(crate) const COARSE_BYTES: usize = 4 << 20;

    pub(crate) fn new(end: i64) -> Self {
        Self {
            seconds: Rolling::new(end),
            tens: BTreeMap::new(),
            minutes: BTreeMap::new(),
            coarse_bytes: 0,
            coarse_limit: Self::COARSE_BYTES,
            dropped: 0,
        }
    }

    /// Moves the windows' end to the second `end`; never back.
    pub(crate) fn advance(&mut self, end: i64) {
        let before = self.seconds.end();
        if end <= before {
            return;
        }
        let (tens, bytes) = (&mut self.tens, &mut self.coarse_bytes);
        self.seconds.advance_with(end, |second, slot| put(tens, second.div_euclid(TEN), &slot, bytes));
        if let Some(slot) = self.seconds.slot_mut(before) {
            slot.settle();
        }
        while let Some(entry) = self.tens.first_entry()
            && entry.key() * TEN + TEN - 1 <= end - TENS_KEPT
        {
            let (ten, bucket) = entry.remove_entry();
            self.coarse_bytes -= size_of(&bucket);
            put(&mut self.minutes, (ten * TEN).div_euclid(MINUTE), &bucket, &mut self.coarse_bytes);
        }
        while let Some(entry) = self.minutes.first_entry()
            && entry.key() * MINUTE + MINUTE - 1 <= end - MINUTES_KEPT
        {
            self.coarse_bytes -= size_of(&entry.remove());
        }
        self.keep_within_bytes();
    }

    /// Records an item in the second `at`. Returns false where nothing of that time is kept.
    pub(crate) fn record(&mut self, at: i64, item: B::Item) -> bool {
        if self.seconds.record(at, item) {
            return true;
        }
        let end = self.seconds.end();
        let mut bucket = B::default();
        bucket.record(item);
        let (ten, minute) = (at.div_euclid(TEN), at.div_euclid(MINUTE));
        if at > end {
            return false;
        } else if ten * TEN + TEN - 1 > end - TENS_KEPT {
            put(&mut self.tens, ten, &bucket, &mut self.coarse_bytes);
        } else if minute * MINUTE + MINUTE - 1 > end - MINUTES_KEPT {
            put(&mut self.minutes, minute, &bucket, &mut self.coarse_bytes);
        } else {
            return false;
        }
        self.keep_within_bytes();
        true
    }

    /// The seconds with their running sums.
    pub(crate) fn seconds(&self) -> &Rolling<B> {
        &self.seconds
    }

    /// How many coarse buckets went before their time, for want of room.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Calls `visit` with everything that makes up the bucket of `step` seconds from the second `start`.
    pub(crate) fn visit(&self, start: i64, step: u32, mut visit: impl FnMut(&B)) {
        let resolution = Resolution::of_step(step);
        let end = self.seconds.end();
        let until = start.saturating_add(i64::from(step)).min(end + 1);
        let kept = end + 1 - i64::from(resolution.kept_seconds());
        // A bucket of the resolution that is kept in part is read as a whole, as far as it is still there.
        let wide = i64::from(resolution.step_seconds());
        let start = start.max(kept.div_euclid(wide) * wide);
        if start >= until {
            return;
        }
        if resolution == Resolution::Minute {
            let minutes = start.div_euclid(MINUTE)..(until + MINUTE - 1).div_euclid(MINUTE);
            self.minutes.range(minutes).for_each(|(_, bucket)| visit(bucket));
        }
        if resolution != Resolution::Second {
            let tens = start.div_euclid(TEN)..(until + TEN - 1).div_euclid(TEN);
            self.tens.range(tens).for_each(|(_, bucket)| visit(bucket));
        }
        let start = start.max(end + 1 - i64::from(Resolution::Second.kept_seconds()));
        (start..until).filter_map(|at| self.seconds.slot(at)).for_each(visit);
    }

    fn keep_within_bytes(&mut self) {
        while self.coarse_bytes > self.coarse_limit {
            let Some((_, bucket)) = self.minutes.pop_first().or_else(|| self.tens.pop_first()) else {
                return;
            };
            self.coarse_bytes -= size_of(&bucket);
            self.dropped += 1;
        }
    }
}

fn size_of<B: Bucket>(bucket: &B) -> usize {
    std::mem::size_of::<B>() + bucket.heap_bytes()
}

fn put<B: Bucket>(tier: &mut BTreeMap<i64, B>, at: i64, part: &B, bytes: &mut usize) {
    if part.is_empty() {
        return;
    }
    let bucket = tier.entry(at).or_insert_with(|| {
        *bytes += std::mem::size_of::<B>();
        B::default()
    });
    *bytes -= bucket.heap_bytes();
    bucket.merge(part);
    bucket.settle();
    *bytes += bucket.heap_bytes();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{durations::Durations, rolling::AHEAD_SECONDS, scope::ScopeId};

    fn count(tiers: &Tiers<Durations>, start: i64, step: u32) -> u64 {
        let mut count = 0;
        tiers.visit(start, step, |bucket| bucket.for_each(|_, _, times| count += times));
        count
    }

    proptest! {
        #[test]
        fn every_bucket_of_every_resolution_holds_what_happened_in_it(
            steps in prop::collection::vec(
                (prop_oneof![0_i64..20, 0_i64..2_000, 0_i64..40_000], prop_oneof![-8_i64..30, 0_i64..100_000]),
                1..80,
            ),
        ) {
            let mut tiers: Tiers<Durations> = Tiers::new(1_000_000);
            let mut end = 1_000_000;
            let mut all = Vec::new();
            for (forward, back) in steps {
                end += forward;
                tiers.advance(end);
                let at = end - back;
                let kept = tiers.record(at, (ScopeId::FIRST, 1.0));
                let minute_end = at.div_euclid(60) * 60 + 59;
                prop_assert_eq!(kept, back >= -AHEAD_SECONDS && minute_end > end - 86_400);
                if kept {
                    all.push(at);
                }
            }
            for resolution in Resolution::ALL {
                let (step, keep) = (resolution.step_seconds(), i64::from(resolution.kept_seconds()));
                for start in Buckets::new(resolution, end - keep + 1, end).starts() {
                    let inside = start..(start + i64::from(step)).min(end + 1);
                    let expected = all.iter().filter(|at| inside.contains(at)).count() as u64;
                    prop_assert_eq!(count(&tiers, start, step), expected, "{:?} at {}", resolution, start);
                }
            }
            let bytes: usize = tiers.tens.values().chain(tiers.minutes.values()).map(size_of).sum();
            prop_assert_eq!(tiers.coarse_bytes, bytes);
        }
    }

    #[test]
    fn buckets_begin_with_those_that_are_kept() {
        let starts = |step| Buckets::with_step(step, 31, 62).starts().collect::<Vec<_>>();
        assert_eq!((starts(15), starts(20)), (vec![31, 46, 61], vec![30, 50]));
        assert_eq!(Buckets::new(Resolution::Second, 0, i64::MAX - 1).starts().count(), 10_000);
    }

    #[test]
    fn a_step_is_read_from_what_is_kept_the_longest() {
        for (step, resolution) in [
            (1, Resolution::Second),
            (15, Resolution::Second),
            (30, Resolution::TenSeconds),
            (300, Resolution::Minute),
            (0, Resolution::Second),
        ] {
            assert_eq!(Resolution::of_step(step), resolution, "{step}");
        }
    }

    #[test]
    fn coarse_buckets_beyond_their_room_go_oldest_first_and_are_counted() {
        let mut tiers: Tiers<Durations> = Tiers { coarse_limit: 20_000, ..Tiers::new(0) };
        for hour in 0..20 {
            tiers.advance(hour * 3_600);
            // A new bin each time: nothing packs.
            for step in 0..1_000 {
                tiers.record(hour * 3_600, (ScopeId::FIRST, 1.02_f64.powi(step)));
            }
        }
        assert!(tiers.coarse_bytes <= 20_000 && tiers.dropped > 0, "{} bytes", tiers.coarse_bytes);
        assert_eq!(count(&tiers, 18 * 3_600, 60), 1_000, "the latest is there");
        assert_eq!(count(&tiers, 0, 60), 0, "the first went early");
    }
}
