//! A bounded map: what was put in first is forgotten first.

use std::collections::VecDeque;

use hashbrown::hash_map::Entry;

use crate::maps::ByKey;

use crate::parts::{Broken, Loading, Parts, Sink, Source, Within, items_of, steps_of};

/// A map that forgets the oldest keys beyond a limit.
#[derive(Clone, Debug)]
pub(crate) struct Recent<V> {
    limit: usize,
    map: ByKey<V>,
    order: VecDeque<u128>,
    forgotten: u64,
}

impl<V> Recent<V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, map: ByKey::default(), order: VecDeque::new(), forgotten: 0 }
    }

    pub(crate) fn entry(&mut self, key: u128, make: impl FnOnce() -> V) -> &mut V {
        // Removed keys may still stand in the queue, so it is drained by its own length.
        if self.order.len() >= self.limit && !self.map.contains_key(&key) {
            while self.order.len() >= self.limit {
                let Some(oldest) = self.order.pop_front() else { break };
                self.forgotten += u64::from(self.map.remove(&oldest).is_some());
            }
        }
        match self.map.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                self.order.push_back(key);
                free.insert(make())
            }
        }
    }

    pub(crate) fn get(&self, key: u128) -> Option<&V> {
        self.map.get(&key)
    }

    pub(crate) fn get_mut(&mut self, key: u128) -> Option<&mut V> {
        self.map.get_mut(&key)
    }

    /// What is known, in no order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.map.values()
    }

    /// How many keys were forgotten because of the limit.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub(crate) fn remove(&mut self, key: u128) -> Option<V> {
        self.map.remove(&key)
    }
}

/// The queue, with what is known of each key that is not removed; of one that was put in again, at every place.
impl<V: Parts> Within for Recent<V> {
    fn save(&self, to: &mut impl Sink) {
        (0..self.steps()).for_each(|step| self.save_step(step, to));
    }

    fn steps(&self) -> usize {
        steps_of(self.order.len())
    }

    fn save_step(&self, step: usize, to: &mut impl Sink) {
        let Self { limit: _, map, order, forgotten } = self;
        if step == 0 {
            forgotten.save(to);
            to.unsigned(order.len() as u64);
        }
        for key in order.range(items_of(step, order.len())) {
            to.key(*key);
            let value = map.get(key);
            value.is_some().save(to);
            if let Some(value) = value {
                value.save(to);
            }
        }
    }

    fn load<S: Source>(from: &mut Loading<'_, S>, limit: usize) -> Result<Self, Broken> {
        let mut recent = Self { forgotten: Parts::load(from)?, ..Self::new(limit) };
        for _ in 0..from.length(limit)? {
            let (key, value): (u128, Option<V>) = Parts::load(from)?;
            recent.order.push_back(key);
            value.and_then(|value| recent.map.insert(key, value));
        }
        Ok(recent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_keys_are_forgotten_beyond_the_limit() {
        let mut recent = Recent::new(2);
        for key in [1, 2, 3] {
            recent.entry(key, || key);
        }
        assert_eq!((recent.remove(1), recent.remove(2), recent.remove(3)), (None, Some(2), Some(3)));
        assert_eq!(recent.forgotten(), 1);
    }
}
