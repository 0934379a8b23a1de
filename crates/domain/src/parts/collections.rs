//! The parts of collections: a length that is checked against a limit, then each item.
//!
//! Invariant: what has no order of its own is saved by name, ascending, and a name comes once.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::HashMap;

use super::{Broken, Loading, Parts, Sink, Source};

/// Items of a collection that one step gives.
pub(crate) const STEP: usize = 8_192;

/// A collection that holds no more than some limit.
pub(crate) trait Within: Sized {
    /// Gives the number of items and each of them.
    fn save(&self, to: &mut impl Sink);
    /// Makes a collection of at most `limit` items.
    fn load<S: Source>(from: &mut Loading<'_, S>, limit: usize) -> Result<Self, Broken>;
    /// In how many steps it can be saved as it is now, at least one; see [`Parts::steps`].
    fn steps(&self) -> usize {
        1
    }
    /// Gives the parts of one step, see [`Parts::save_step`].
    fn save_step(&self, step: usize, to: &mut impl Sink) {
        if step == 0 {
            self.save(to);
        }
    }
}

/// The steps of a collection of `length` items.
pub(crate) fn steps_of(length: usize) -> usize {
    length.div_ceil(STEP).max(1)
}

/// The items that a step gives.
pub(crate) fn items_of(step: usize, length: usize) -> Range<usize> {
    let first = step.saturating_mul(STEP).min(length);
    first..first.saturating_add(STEP).min(length)
}

impl<T: Parts> Within for Vec<T> {
    fn save(&self, to: &mut impl Sink) {
        to.unsigned(self.len() as u64);
        for item in self {
            item.save(to);
        }
    }
    fn load<S: Source>(from: &mut Loading<'_, S>, limit: usize) -> Result<Self, Broken> {
        let length = from.length(limit)?;
        (0..length).map(|_| T::load(from)).collect()
    }
}

impl<T: Parts> Within for VecDeque<T> {
    fn save(&self, to: &mut impl Sink) {
        to.unsigned(self.len() as u64);
        for item in self {
            item.save(to);
        }
    }
    fn load<S: Source>(from: &mut Loading<'_, S>, limit: usize) -> Result<Self, Broken> {
        let length = from.length(limit)?;
        (0..length).map(|_| T::load(from)).collect()
    }
}

impl<T: Parts, H: BuildHasher + Default> Within for HashMap<Box<str>, T, H> {
    fn save(&self, to: &mut impl Sink) {
        let mut named: Vec<(&str, &T)> = self.iter().map(|(name, value)| (&**name, value)).collect();
        crate::sorting::by_key(&mut named, |(name, _)| *name);
        to.unsigned(named.len() as u64);
        for (name, value) in named {
            to.text(name);
            value.save(to);
        }
    }
    fn load<S: Source>(from: &mut Loading<'_, S>, limit: usize) -> Result<Self, Broken> {
        let mut named: Vec<(Box<str>, T)> = Vec::new();
        for _ in 0..from.length(limit)? {
            let name: Box<str> = Parts::load(from)?;
            if named.last().is_some_and(|(before, _)| *before >= name) {
                return Err(Broken::new("names are repeated or out of order"));
            }
            named.push((name, T::load(from)?));
        }
        Ok(named.into_iter().collect())
    }
}
