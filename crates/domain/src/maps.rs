//! Maps whose hashes cost next to nothing, for keys that come with every event.
//!
//! Invariant: they change how fast something is found, never what. Keys of ids are hashes already (see
//! [`crate::scope`]); names are short, and every map of them is bounded by a few hundred, so names that were chosen
//! to collide cost a few hundred comparisons each and no more.

use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashMap;

/// By the key of an id.
pub(crate) type ByKey<V> = HashMap<u128, V, BuildHasherDefault<KeyHasher>>;
/// By a name: a symbol, a reason, a code.
pub(crate) type ByName<V> = HashMap<Box<str>, V, BuildHasherDefault<NameHasher>>;

/// Takes a part of a key as its hash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    #[expect(clippy::cast_possible_truncation, reason = "64 of 128 bits are enough to find a place")]
    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut names = NameHasher(self.0);
        names.write(bytes);
        self.0 = names.finish();
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Eight bytes at a time, each mixed in by one multiplication.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NameHasher(u64);

/// 2⁶⁴ ÷ the golden ratio, odd.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

impl NameHasher {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(MULTIPLIER);
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        // The last word or half word may overlap what is before it; every byte counts.
        let last = match (bytes.last_chunk::<8>(), bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            (Some(last), _, _) => u64::from_le_bytes(*last),
            (None, Some(first), Some(last)) => {
                u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
            }
            _ => rest.iter().fold(0, |last, byte| last << 8 | u64::from(*byte)),
        };
        self.mix(last ^ (bytes.len() as u64) << 56);
    }

    /// What ends a text; its length is mixed in already.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        // The map takes its place from the low bits and its tag from the high ones.
        self.0 ^ self.0 >> 29
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher as _;

    use super::*;

    fn hash(name: &str) -> u64 {
        BuildHasherDefault::<NameHasher>::default().hash_one(name)
    }

    #[test]
    fn names_that_differ_a_little_have_different_hashes_and_low_bits_spread() {
        let mut names: Vec<String> = (0..1000).map(|number| format!("SYM{number}USDT")).collect();
        names.extend((0..40).map(|length| "x".repeat(length)));
        let hashes: HashSet<u64> = names.iter().map(|name| hash(name)).collect();
        assert_eq!(hashes.len(), names.len());
        let places: HashSet<u64> = hashes.iter().map(|hash| hash & 1023).collect();
        assert!(places.len() > 550, "{} of 1024 places are used", places.len());
        let tags: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert!(tags.len() > 120, "{} of 128 tags are used", tags.len());
    }

    #[test]
    fn keys_and_names_are_found_again() {
        let mut keys: ByKey<u32> = ByKey::default();
        let mut names: ByName<u32> = ByName::default();
        for number in 0..500_u32 {
            keys.insert(u128::from(number) << 64, number);
            names.insert(number.to_string().into(), number);
        }
        for number in 0..500_u32 {
            assert_eq!(keys.get(&(u128::from(number) << 64)), Some(&number));
            assert_eq!(names.get(&*number.to_string()), Some(&number));
        }
    }
}
