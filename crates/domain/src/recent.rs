//! A bounded map: what was put in first is forgotten first.

use std::collections::VecDeque;

use hashbrown::HashMap;

/// A map that forgets the oldest keys beyond a limit.
#[derive(Clone, Debug)]
pub(crate) struct Recent<V> {
    limit: usize,
    map: HashMap<u128, V>,
    order: VecDeque<u128>,
    forgotten: u64,
}

impl<V> Recent<V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, map: HashMap::new(), order: VecDeque::new(), forgotten: 0 }
    }

    pub(crate) fn entry(&mut self, key: u128, make: impl FnOnce() -> V) -> &mut V {
        if !self.map.contains_key(&key) {
            // Removed keys may still stand in the queue, so it is drained by its own length.
            while self.order.len() >= self.limit {
                let Some(oldest) = self.order.pop_front() else { break };
                self.forgotten += u64::from(self.map.remove(&oldest).is_some());
            }
            self.order.push_back(key);
        }
        self.map.entry(key).or_insert_with(make)
    }

    pub(crate) fn get(&self, key: u128) -> Option<&V> {
        self.map.get(&key)
    }

    /// How many keys were forgotten because of the limit.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub(crate) fn remove(&mut self, key: u128) -> Option<V> {
        self.map.remove(&key)
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
