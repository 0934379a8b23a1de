//! What is remembered of ids: a bounded map from 128-bit keys that forgets in the order of arrival.
//!
//! Entries stand in a queue in the order in which they came, 20 bytes and up each; an index of four bytes a place
//! finds them (linear probing, at most three quarters full, no tombstones). Keys are hashes already, so their low bits are
//! the place, and some of their high bits stand in the index, so that few entries are looked at in vain.
//! Invariants: an entry is indexed exactly as long as it is in the queue; the queue is at most as long as the limit.

use crate::{
    parts::{Broken, Loading, Parts, Sink, Source, Within, items_of, steps_of},
    pieces::Pieces,
};

/// A key in quarters, the lowest first: a `u128` would be aligned to 16 bytes, and an entry as long as two of them.
type Key = [u32; 4];

/// A place of the index without an entry.
const FREE: u32 = 0;
/// Set in every other place.
const TAKEN: u32 = 1 << 31;

#[derive(Clone, Debug)]
struct Entry<V> {
    key: Key,
    value: V,
}

/// A map that forgets the oldest keys beyond a limit.
#[derive(Clone, Debug)]
pub(crate) struct Ids<V> {
    limit: usize,
    entries: Pieces<Entry<V>>,
    /// The number of the entry at the front of the queue; numbers go round.
    first: u32,
    /// Which bits of a place are the entry's number; the rest below [`TAKEN`] are of its key.
    numbers: u32,
    /// Its length is a power of two.
    index: Vec<u32>,
    forgotten: u64,
}

impl<V> Ids<V> {
    /// An empty map for at most `limit` keys, itself at most 2³⁰.
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.clamp(1, 1 << 30);
        Self {
            limit,
            entries: Pieces::new(),
            first: 0,
            numbers: u32::try_from(limit.next_power_of_two() - 1).unwrap_or(TAKEN - 1),
            index: Vec::new(),
            forgotten: 0,
        }
    }

    /// What is remembered of `key`.
    pub(crate) fn get(&self, key: u128) -> Option<&V> {
        let (_, number) = self.find(quarters(key));
        self.entries.get(self.position(number?)).map(|entry| &entry.value)
    }

    /// What is remembered of `key`, made first where nothing is; the oldest key is forgotten for it where needed.
    /// Always `Some`: there is room for one entry at least.
    pub(crate) fn entry(&mut self, key: u128, make: impl FnOnce() -> V) -> Option<&mut V> {
        let key = quarters(key);
        let (mut place, found) = self.find(key);
        let number = if let Some(number) = found {
            number
        } else {
            if self.entries.len() >= self.limit || self.is_crowded() {
                self.forget_beyond(self.limit - 1);
                self.grow();
                place = self.find(key).0;
            }
            let number = self.number(self.entries.len());
            self.entries.push_back(Entry { key, value: make() });
            self.set(place, self.cell(key, number));
            number
        };
        let position = self.position(number);
        self.entries.get_mut(position).map(|entry| &mut entry.value)
    }

    /// How many keys were forgotten.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn forget_beyond(&mut self, limit: usize) {
        while self.entries.len() > limit {
            let Some(key) = self.entries.get(0).map(|entry| entry.key) else { return };
            self.unindex(key);
            self.entries.drop_front();
            self.first = self.number(1);
            self.forgotten += 1;
        }
    }

    /// Whether another entry would make the index more than three quarters full.
    fn is_crowded(&self) -> bool {
        places_for(self.entries.len() + 1) > self.index.len()
    }

    /// Doubles the index where it is crowded.
    fn grow(&mut self) {
        if !self.is_crowded() {
            return;
        }
        // The old one goes first: the two need not be there at once.
        self.index = Vec::new();
        self.index = vec![FREE; places_for(self.entries.len() + 1)];
        for position in 0..self.entries.len() {
            let Some(key) = self.entries.get(position).map(|entry| entry.key) else { return };
            let place = self.free_place(key);
            self.set(place, self.cell(key, self.number(position)));
        }
    }

    /// Where `key` is indexed and as which number, or the free place where it would be.
    fn find(&self, key: Key) -> (usize, Option<u32>) {
        let mut place = self.home(key);
        let tag = self.cell(key, 0);
        while let Some(&cell) = self.index.get(place).filter(|cell| **cell != FREE) {
            if cell & !self.numbers == tag {
                let number = cell & self.numbers;
                if self.entries.get(self.position(number)).is_some_and(|entry| entry.key == key) {
                    return (place, Some(number));
                }
            }
            place = self.after(place);
        }
        (place, None)
    }

    /// The free place where `key`, which is not indexed, would be.
    fn free_place(&self, key: Key) -> usize {
        let mut place = self.home(key);
        while self.index.get(place).is_some_and(|cell| *cell != FREE) {
            place = self.after(place);
        }
        place
    }

    /// Takes `key` out of the index and moves those behind it up, so that none is cut off from its home.
    fn unindex(&mut self, key: Key) {
        let (mut free, Some(_)) = self.find(key) else { return };
        let mut place = self.after(free);
        while let Some(&cell) = self.index.get(place).filter(|cell| **cell != FREE) {
            let entry = self.entries.get(self.position(cell & self.numbers));
            let home = entry.map_or(place, |entry| self.home(entry.key));
            if self.distance(home, place) >= self.distance(free, place) {
                self.set(free, cell);
                free = place;
            }
            place = self.after(place);
        }
        self.set(free, FREE);
    }

    fn set(&mut self, place: usize, cell: u32) {
        if let Some(slot) = self.index.get_mut(place) {
            *slot = cell;
        }
    }

    fn cell(&self, [.., high]: Key, number: u32) -> u32 {
        TAKEN | (high & !self.numbers) | number
    }

    fn home(&self, [low, ..]: Key) -> usize {
        low as usize & self.mask()
    }

    fn after(&self, place: usize) -> usize {
        (place + 1) & self.mask()
    }

    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.mask()
    }

    fn mask(&self) -> usize {
        self.index.len().wrapping_sub(1)
    }

    #[expect(clippy::cast_possible_truncation, reason = "at most 2^30 entries")]
    fn number(&self, position: usize) -> u32 {
        self.first.wrapping_add(position as u32) & self.numbers
    }

    fn position(&self, number: u32) -> usize {
        (number.wrapping_sub(self.first) & self.numbers) as usize
    }
}

#[expect(clippy::cast_possible_truncation, reason = "all quarters are kept")]
fn quarters(key: u128) -> Key {
    [key as u32, (key >> 32) as u32, (key >> 64) as u32, (key >> 96) as u32]
}

fn whole([a, b, c, d]: Key) -> u128 {
    u128::from(d) << 96 | u128::from(c) << 64 | u128::from(b) << 32 | u128::from(a)
}

/// Places of an index for so many entries: the least power of two of which they are three quarters at most.
fn places_for(entries: usize) -> usize {
    (entries + entries.div_ceil(3)).next_power_of_two().max(64)
}

/// How many places may be looked at per entry while an index is made: keys that are hashes need four.
const PROBES: usize = 16;

/// The queue; numbers and index follow from it.
impl<V: Parts> Within for Ids<V> {
    fn save(&self, to: &mut impl Sink) {
        (0..self.steps()).for_each(|step| self.save_step(step, to));
    }

    fn steps(&self) -> usize {
        steps_of(self.entries.len())
    }

    fn save_step(&self, step: usize, to: &mut impl Sink) {
        let Self { limit: _, entries, first: _, numbers: _, index: _, forgotten } = self;
        if step == 0 {
            forgotten.save(to);
            to.unsigned(entries.len() as u64);
        }
        for Entry { key, value } in entries.range(items_of(step, entries.len())) {
            to.key(whole(*key));
            value.save(to);
        }
    }

    fn load<S: Source>(from: &mut Loading<'_, S>, limit: usize) -> Result<Self, Broken> {
        let mut ids = Self { forgotten: Parts::load(from)?, ..Self::new(limit) };
        let length = from.length(ids.limit)?;
        ids.index = vec![FREE; places_for(length)];
        let mut probes = 0;
        for _ in 0..length {
            let (key, value): (u128, V) = Parts::load(from)?;
            let key = quarters(key);
            let (place, known) = ids.find(key);
            probes += ids.distance(ids.home(key), place);
            if known.is_some() || probes > PROBES * length.max(64) {
                return Err(Broken::new("a key is repeated or no hash"));
            }
            ids.set(place, ids.cell(key, ids.number(ids.entries.len())));
            ids.entries.push_back(Entry { key, value });
        }
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, VecDeque};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map_that_forgets_the_oldest(
            limit in 1_usize..80,
            // Few low bits: keys share places, wrap around the index and move up when one is forgotten.
            keys in prop::collection::vec((0..16_u128, 0..40_u128), 0..600),
        ) {
            let mut ids = Ids::new(limit);
            let mut map: HashMap<u128, usize> = HashMap::new();
            let mut order = VecDeque::new();
            for (turn, (low, high)) in keys.into_iter().enumerate() {
                let key = ((high << 64) | low).wrapping_sub(8);
                map.entry(key).or_insert_with(|| {
                    order.push_back(key);
                    turn
                });
                prop_assert_eq!(ids.entry(key, || turn).copied(), map.get(&key).copied());
                while map.len() > limit {
                    map.remove(&order.pop_front().unwrap());
                }
                for low in 0..16_u128 {
                    let key = ((high << 64) | low).wrapping_sub(8);
                    prop_assert_eq!(ids.get(key), map.get(&key));
                }
            }
            prop_assert_eq!(ids.entries.len(), map.len());
        }
    }

    #[test]
    fn what_was_forgotten_is_counted() {
        let mut ids = Ids::new(2);
        for key in [1, 2, 3, 1] {
            ids.entry(key, || key);
        }
        assert_eq!((ids.forgotten(), ids.get(2), ids.get(1)), (2, None, Some(&1)));
    }

    #[test]
    fn numbers_go_round() {
        let mut ids = Ids::new(3);
        for key in 0..20_u128 {
            ids.entry(key, || key);
            assert_eq!(ids.get(key), Some(&key));
        }
        assert_eq!((ids.get(16), ids.get(17)), (None, Some(&17)));
    }
}
