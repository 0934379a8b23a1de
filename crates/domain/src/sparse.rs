//! A multiset of small keys in few bytes: what one bucket of a series holds.
//!
//! Keys that were counted lately wait in a tail of four bytes each; the rest is packed as pairs of variable-length
//! integers (distance to the key before, count), about two bytes a key. Invariant: packed keys ascend and their
//! counts are above zero; the tail is shorter than [`TAIL`] or than half of the packed bytes.

/// From how many waiting keys on they are packed.
const TAIL: usize = 512;

/// Counts by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sparse {
    packed: Box<[u8]>,
    tail: Vec<u32>,
}

impl Sparse {
    /// Counts `key` once.
    pub(crate) fn add(&mut self, key: u32) {
        if self.tail.len() >= TAIL.max(self.packed.len() / 2) {
            self.pack();
        }
        self.tail.push(key);
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
        self.tail = Vec::new();
    }

    /// Calls `visit` with keys and counts that add up to the whole; a key may come more than once.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(u32, u64)) {
        for (key, count) in self.packed_pairs() {
            visit(key, count);
        }
        for key in &self.tail {
            visit(*key, 1);
        }
    }

    /// Whether nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.packed.is_empty() && self.tail.is_empty()
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.packed.len() + self.tail.capacity() * size_of::<u32>()
    }

    fn pack(&mut self) {
        if self.tail.is_empty() {
            return;
        }
        self.tail.sort_unstable();
        let mut pairs: Vec<(u32, u64)> = Vec::with_capacity(self.packed.len() / 2 + self.tail.len());
        pairs.extend(self.packed_pairs());
        for key in self.tail.drain(..) {
            match pairs.last_mut() {
                Some((last, count)) if *last == key => *count += 1,
                _ => pairs.push((key, 1)),
            }
        }
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

fn encode(mut pairs: Vec<(u32, u64)>) -> Box<[u8]> {
    // Stable, because that is fast on what is sorted in parts already.
    pairs.sort_by_key(|(key, _)| *key);
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
