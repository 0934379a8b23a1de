//! A multiset of small keys in few bytes: what one bucket of a series holds.
//!
//! Keys that were counted lately wait in a small table of eight bytes a place; the rest is packed as pairs of
//! variable-length integers (distance to the key before, count), about two bytes a key. Invariant: packed keys ascend
//! and their counts are above zero; no more keys wait than [`Waiting::LIMIT`] or an eighth of the packed bytes, and
//! their table is at most half full.

use crate::parts::{Broken, Loading, Sink, Source};

/// No count that is loaded is larger, so that sums of all that one load can hold stay below 2⁶⁴.
const LARGEST: u64 = 1 << 36;

/// Counts by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sparse {
    packed: Box<[u8]>,
    waiting: Waiting,
}

impl Sparse {
    /// Counts `key` once.
    pub(crate) fn add(&mut self, key: u32) {
        if !self.waiting.add(key) {
            if self.waiting.used >= Waiting::LIMIT.max(self.packed.len() / 8) {
                self.pack();
            } else {
                self.waiting.grow();
            }
            self.waiting.add(key);
        }
    }

    /// Takes everything of `other` in.
    pub(crate) fn merge(&mut self, other: &Sparse) {
        if other.is_empty() {
            return;
        }
        self.pack();
        let mut pairs: Vec<(u32, u64)> = self.packed_pairs().collect();
        other.for_each(|key, count| pairs.push((key, count)));
        self.packed = encode(pairs);
    }

    /// Gives the tail's memory back: nothing more is expected to come.
    pub(crate) fn settle(&mut self) {
        self.pack();
        self.waiting = Waiting::default();
    }

    /// Gives the counts of all keys that are equal but for a multiple of `width` to one: the one among the keys from
    /// `first`, a multiple of `width`, on.
    pub(crate) fn fold(&mut self, width: u32, first: u32) {
        let mut pairs = Vec::new();
        self.for_each(|key, count| pairs.push((first + key % width.max(1), count)));
        *self = Self { packed: encode(pairs), waiting: Waiting::default() };
    }

    /// Calls `visit` with keys and counts that add up to the whole; a key may come more than once.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(u32, u64)) {
        for (key, count) in self.packed_pairs() {
            visit(key, count);
        }
        for (key, count) in self.waiting.pairs() {
            visit(key, count);
        }
    }

    /// Whether nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.packed.is_empty() && self.waiting.used == 0
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.packed.len() + self.waiting.places.len() * size_of::<Place>()
    }

    /// Gives the number of keys, and for each the distance to the one before and its count.
    pub(crate) fn save(&self, to: &mut impl Sink) {
        let mut whole;
        let packed = if self.packed_holds_all() {
            self
        } else {
            whole = self.clone();
            whole.pack();
            &whole
        };
        to.unsigned(packed.packed_pairs().count() as u64);
        let mut next = 0;
        for (key, count) in packed.packed_pairs() {
            to.unsigned(u64::from(key - next));
            to.unsigned(count);
            next = key + 1;
        }
    }

    /// Counts of keys of the scopes that there can be, `width` for each.
    pub(crate) fn load<S: Source>(from: &mut Loading<'_, S>, width: u32) -> Result<Self, Broken> {
        let keys = from.keys(width);
        let mut pairs = Vec::new();
        let mut next = 0;
        for _ in 0..from.length(keys.len())? {
            let key = from.source().unsigned()?.saturating_add(next);
            let count = from.source().unsigned()?;
            let known = u32::try_from(key).ok().filter(|key| keys.contains(key));
            let known = known.filter(|_| (1..=LARGEST).contains(&count));
            pairs.push((known.ok_or(Broken::new("a count or what it is of cannot be"))?, count));
            next = key + 1;
        }
        Ok(Self { packed: encode(pairs), waiting: Waiting::default() })
    }

    fn packed_holds_all(&self) -> bool {
        let Self { packed: _, waiting } = self;
        waiting.used == 0
    }

    fn pack(&mut self) {
        if self.waiting.used == 0 {
            return;
        }
        let mut pairs: Vec<(u32, u64)> = Vec::with_capacity(self.packed.len() / 2 + self.waiting.used);
        pairs.extend(self.packed_pairs());
        let packed = pairs.len();
        pairs.extend(self.waiting.pairs());
        if let Some(waiting) = pairs.get_mut(packed..) {
            by_key(waiting);
        }
        self.waiting.clear();
        self.packed = encode(pairs);
    }

    fn packed_pairs(&self) -> impl Iterator<Item = (u32, u64)> {
        let mut bytes = self.packed.iter().copied();
        let mut key = 0_u32;
        std::iter::from_fn(move || {
            let distance = read(&mut bytes)?;
            let count = read(&mut bytes)?;
            key = key.wrapping_add(u32::try_from(distance).unwrap_or(0));
            Some((key, count))
        })
    }
}

/// A key and how often it was counted; never where the place is free.
type Place = (u32, u32);

/// Keys that are not packed yet: found by linear probing.
#[derive(Clone, Debug, Default)]
struct Waiting {
    /// None at first, then a power of two.
    places: Box<[Place]>,
    used: usize,
}

impl Waiting {
    /// From how many keys on they are packed.
    const LIMIT: usize = 256;
    const SMALLEST: usize = 8;

    /// Counts `key` once. Returns false, and does nothing, where it would have to be put in and there is no room.
    fn add(&mut self, key: u32) -> bool {
        let Some(mask) = self.places.len().checked_sub(1) else { return false };
        let mut at = home(key) & mask;
        while let Some((known, count)) = self.places.get_mut(at) {
            if *count == 0 {
                if self.used * 2 > mask {
                    return false;
                }
                self.used += 1;
                (*known, *count) = (key, 1);
                return true;
            }
            // A full count is left alone; the key gets another place.
            if *known == key && *count != u32::MAX {
                *count += 1;
                return true;
            }
            at = (at + 1) & mask;
        }
        false
    }

    /// Makes twice the room.
    fn grow(&mut self) {
        let room = (self.places.len() * 2).max(Self::SMALLEST);
        let before = std::mem::replace(&mut self.places, vec![(0, 0); room].into_boxed_slice());
        for (key, count) in before.into_iter().filter(|(_, count)| *count > 0) {
            let mut at = home(key) & (room - 1);
            while self.places.get(at).is_some_and(|(_, count)| *count > 0) {
                at = (at + 1) & (room - 1);
            }
            if let Some(place) = self.places.get_mut(at) {
                *place = (key, count);
            }
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (u32, u64)> {
        let taken = self.places.iter().filter(|(_, count)| *count > 0);
        taken.map(|(key, count)| (*key, u64::from(*count)))
    }

    fn clear(&mut self) {
        self.places.fill((0, 0));
        self.used = 0;
    }
}

/// Where a key would like to be, in any number of places: keys that follow each other are spread.
fn home(key: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b9) >> 15) as usize
}

/// Stable, because that is fast on what is sorted in parts already.
fn by_key(pairs: &mut [(u32, u64)]) {
    pairs.sort_by_key(|(key, _)| *key);
}

fn encode(mut pairs: Vec<(u32, u64)>) -> Box<[u8]> {
    by_key(&mut pairs);
    pairs.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
    let mut packed = Vec::with_capacity(pairs.len() * 2);
    let mut before = 0;
    for (key, count) in pairs {
        write(&mut packed, u64::from(key - before));
        write(&mut packed, count);
        before = key;
    }
    packed.into_boxed_slice()
}

fn write(packed: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        packed.push(0x80 | low_bits(value));
        value >>= 7;
    }
    packed.push(low_bits(value));
}

fn low_bits(value: u64) -> u8 {
    (value & 0x7f) as u8
}

fn read(bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut value = 0;
    let mut shift = 0;
    loop {
        let byte = bytes.next()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        shift = (shift + 7) & 63;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn counted(sparse: &Sparse) -> BTreeMap<u32, u64> {
        let mut counts = BTreeMap::new();
        sparse.for_each(|key, count| *counts.entry(key).or_default() += count);
        counts
    }

    proptest! {
        #[test]
        fn everything_counted_is_there_whenever_it_was_packed_or_merged(
            first in prop::collection::vec(prop_oneof![0..40_u32, 0..1_000_000_u32, Just(u32::MAX)], 0..400),
            second in prop::collection::vec(0..40_u32, 0..400),
            settle in any::<bool>(),
        ) {
            let mut one = Sparse::default();
            let mut other = Sparse::default();
            let mut expected = BTreeMap::new();
            for key in &first {
                one.add(*key);
                *expected.entry(*key).or_default() += 1;
            }
            for key in &second {
                other.add(*key);
                *expected.entry(*key).or_default() += 1;
            }
            if settle {
                one.settle();
            }
            one.merge(&other);
            prop_assert_eq!(one.is_empty(), expected.is_empty());
            prop_assert_eq!(counted(&one), expected);
        }
    }

    #[test]
    fn many_counts_of_few_keys_take_few_bytes() {
        let mut sparse = Sparse::default();
        for turn in 0..100_000 {
            sparse.add(turn % 100);
        }
        sparse.settle();
        assert!(sparse.heap_bytes() <= 400, "{} bytes", sparse.heap_bytes());
        assert_eq!(counted(&sparse).values().sum::<u64>(), 100_000);
    }
}
