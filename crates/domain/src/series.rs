//! Time series for charts: one-second buckets for 15 minutes, of ten seconds for 3 hours, of a minute for 24 hours.
//!
//! Every item stands in exactly one place: in its second while that is kept, then in its ten seconds, then in its
//! minute; a coarse bucket is read as the sum of its parts, so the resolutions agree. A late item goes where its
//! age belongs. Invariants: what is older than 24 hours is gone; coarse buckets take at most
//! [`COARSE_BYTES`]. Where that is not enough the oldest are folded: all their scopes become
//! [`crate::scope::ScopeId::FOLDED`], so what is asked for without a filter stays whole. Where that is not enough either the oldest go
//! early. Both are counted. A coarse bucket is folded exactly where it begins before [`Room::folded_before`].

use std::collections::BTreeMap;

use crate::{
    parts::{Broken, Loading, Parts, Sink, Source},
    rolling::{Rolling, Slot},
};

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
    /// Gives everything to [`ScopeId::FOLDED`]; each scope has `width` keys.
    fn fold(&mut self, width: u32);
    /// Bytes that it takes on the heap.
    fn heap_bytes(&self) -> usize;
}

/// A plain count, the same for all scopes.
impl Bucket for u32 {
    fn merge(&mut self, other: &Self) {
        *self = self.saturating_add(*other);
    }

    fn settle(&mut self) {}

    fn fold(&mut self, _: u32) {}

    fn heap_bytes(&self) -> usize {
        0
    }
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
    room: Room,
}

/// The room of coarse buckets, and what was done for want of it.
#[derive(Clone, Debug)]
struct Room {
    bytes: usize,
    limit: usize,
    /// How many keys a scope has.
    width: u32,
    /// The second before which coarse buckets are folded.
    folded_before: i64,
    folded: u64,
    dropped: u64,
}

impl Room {
    /// Puts a part into the bucket of `step` seconds at `at`, folded where its time is.
    fn put<B: Bucket>(&mut self, tier: &mut BTreeMap<i64, B>, step: i64, at: i64, part: &B) {
        if part.is_empty() {
            return;
        }
        let bucket = tier.entry(at).or_insert_with(|| {
            self.bytes += std::mem::size_of::<B>();
            B::default()
        });
        self.bytes -= bucket.heap_bytes();
        bucket.merge(part);
        if at * step < self.folded_before {
            bucket.fold(self.width);
        }
        bucket.settle();
        self.bytes += bucket.heap_bytes();
    }

    /// Folds the bucket that begins with the second `start`.
    fn fold<B: Bucket>(&mut self, start: i64, bucket: &mut B) {
        self.bytes -= bucket.heap_bytes();
        bucket.fold(self.width);
        bucket.settle();
        self.bytes += bucket.heap_bytes();
        self.folded_before = start + 1;
        self.folded += 1;
    }

    /// The first bucket of `step` seconds that is not folded.
    fn first(&self, step: i64) -> i64 {
        self.folded_before.div_euclid(step) + i64::from(self.folded_before.rem_euclid(step) != 0)
    }
}

/// Whether anything was folded, and before when.
impl Parts for Room {
    fn save(&self, to: &mut impl Sink) {
        let Self { bytes: _, limit: _, width: _, folded_before, folded, dropped } = self;
        [*folded, *dropped].save(to);
        if *folded > 0 {
            to.signed(*folded_before);
        }
    }

    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let [folded, dropped] = Parts::load(from)?;
        let folded_before = if folded > 0 { from.source().signed()? } else { i64::MIN };
        if folded_before > from.end + 1 {
            return Err(Broken::new("what is to come is folded"));
        }
        Ok(Self { folded_before, folded, dropped, ..Self::new(from.width) })
    }
}

impl Room {
    fn new(width: u32) -> Self {
        Self { bytes: 0, limit: COARSE_BYTES, width, folded_before: i64::MIN, folded: 0, dropped: 0 }
    }
}

/// How many bytes the buckets of ten seconds and of a minute may take together.
const COARSE_BYTES: usize = 4 << 20;

impl<B: Bucket> Tiers<B> {
    /// Nothing yet; each scope has `width` keys.
    pub(crate) fn new(end: i64, width: u32) -> Self {
        Self {
            seconds: Rolling::new(end),
            tens: BTreeMap::new(),
            minutes: BTreeMap::new(),
            room: Room::new(width),
        }
    }

    /// The same with less room for coarse buckets.
    #[cfg(test)]
    pub(crate) fn with_room(mut self, bytes: usize) -> Self {
        self.room.limit = bytes;
        self
    }

    /// Moves the windows' end to the second `end`; never back.
    pub(crate) fn advance(&mut self, end: i64) {
        let before = self.seconds.end();
        if end <= before {
            return;
        }
        let (tens, room) = (&mut self.tens, &mut self.room);
        self.seconds.advance_with(end, |second, slot| room.put(tens, TEN, second.div_euclid(TEN), &slot));
        if let Some(slot) = self.seconds.slot_mut(before) {
            slot.settle();
        }
        while let Some(entry) = self.tens.first_entry()
            && entry.key() * TEN + TEN - 1 <= end - TENS_KEPT
        {
            let (ten, bucket) = entry.remove_entry();
            self.room.bytes -= size_of(&bucket);
            self.room.put(&mut self.minutes, MINUTE, (ten * TEN).div_euclid(MINUTE), &bucket);
        }
        while let Some(entry) = self.minutes.first_entry()
            && entry.key() * MINUTE + MINUTE - 1 <= end - MINUTES_KEPT
        {
            self.room.bytes -= size_of(&entry.remove());
        }
        self.keep_within_bytes();
    }

    /// Records an item in the second `at`. Returns false where nothing of that time is kept.
    pub(crate) fn record(&mut self, at: i64, item: B::Item) -> bool {
        if self.seconds.record(at, item) {
            return true;
        }
        let end = self.seconds.end();
        let (ten, minute) = (at.div_euclid(TEN), at.div_euclid(MINUTE));
        let (tier, step, place) = if at > end {
            return false;
        } else if ten * TEN + TEN - 1 > end - TENS_KEPT {
            (&mut self.tens, TEN, ten)
        } else if minute * MINUTE + MINUTE - 1 > end - MINUTES_KEPT {
            (&mut self.minutes, MINUTE, minute)
        } else {
            return false;
        };
        let mut bucket = B::default();
        bucket.record(item);
        self.room.put(tier, step, place, &bucket);
        self.keep_within_bytes();
        true
    }

    /// The seconds with their running sums.
    pub(crate) fn seconds(&self) -> &Rolling<B> {
        &self.seconds
    }

    /// How many coarse buckets went before their time, for want of room.
    pub(crate) fn dropped(&self) -> u64 {
        self.room.dropped
    }

    /// How many coarse buckets no longer tell symbols and sides apart, for want of room.
    pub(crate) fn folded(&self) -> u64 {
        self.room.folded
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
        while self.room.bytes > self.room.limit {
            if self.fold_oldest() {
                continue;
            }
            let Some((_, bucket)) = self.minutes.pop_first().or_else(|| self.tens.pop_first()) else {
                return;
            };
            self.room.bytes -= size_of(&bucket);
            self.room.dropped += 1;
        }
    }

    /// Folds the oldest coarse bucket that is not. Returns false where all are.
    fn fold_oldest(&mut self) -> bool {
        let (minute, ten) = (self.room.first(MINUTE), self.room.first(TEN));
        let minute = self.minutes.range_mut(minute..).next().map(|(at, bucket)| (at * MINUTE, bucket));
        let ten = self.tens.range_mut(ten..).next().map(|(at, bucket)| (at * TEN, bucket));
        let Some((start, bucket)) = minute.or(ten) else { return false };
        self.room.fold(start, bucket);
        true
    }
}

/// The seconds, what was done for want of room, then the buckets of each coarse tier, with the number of those missing before.
impl<B: Bucket + Parts> Parts for Tiers<B> {
    fn save(&self, to: &mut impl Sink) {
        let Self { seconds, tens, minutes, room } = self;
        seconds.save(to);
        room.save(to);
        save_tier(tens, (seconds.end() - TENS_KEPT).div_euclid(TEN), to);
        save_tier(minutes, (seconds.end() - MINUTES_KEPT).div_euclid(MINUTE), to);
    }

    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let (seconds, mut room): (Rolling<B>, Room) = Parts::load(from)?;
        let tens = load_tier(from, TEN, TENS_KEPT, room.folded_before)?;
        let minutes = load_tier(from, MINUTE, MINUTES_KEPT, room.folded_before)?;
        room.bytes = tens.values().chain(minutes.values()).map(size_of).sum();
        if room.bytes > room.limit {
            return Err(Broken::new("buckets take more room than they may"));
        }
        Ok(Self { seconds, tens, minutes, room })
    }
}

fn save_tier<B: Parts>(tier: &BTreeMap<i64, B>, oldest: i64, to: &mut impl Sink) {
    to.unsigned(tier.len() as u64);
    let mut next = oldest;
    for (at, bucket) in tier {
        to.unsigned(at.abs_diff(next));
        bucket.save(to);
        next = at + 1;
    }
}

fn load_tier<B: Bucket + Parts, S: Source>(
    from: &mut Loading<'_, S>,
    step: i64,
    kept: i64,
    folded_before: i64,
) -> Result<BTreeMap<i64, B>, Broken> {
    let (mut next, newest) = ((from.end - kept).div_euclid(step), from.end.div_euclid(step));
    let limit = usize::try_from(newest - next + 1).unwrap_or(0);
    let mut tier = BTreeMap::new();
    for _ in 0..from.length(limit)? {
        let at = next + i64::try_from(from.below(limit)?).unwrap_or(kept);
        from.folded = at * step < folded_before;
        let bucket = B::load(from)?;
        from.folded = false;
        if at > newest || bucket.is_empty() {
            return Err(Broken::new("a bucket is out of place or empty"));
        }
        tier.insert(at, bucket);
        next = at + 1;
    }
    Ok(tier)
}

fn size_of<B: Bucket>(bucket: &B) -> usize {
    std::mem::size_of::<B>() + bucket.heap_bytes()
}

#[cfg(test)]
mod tests;
