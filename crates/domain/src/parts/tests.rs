//! Collections through their parts, kept in memory, at and beyond their limits.

use std::collections::VecDeque;

use super::*;
use crate::{ids::Ids, recent::Recent, rolling::Rolling};

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Unsigned(u64),
    Signed(i64),
    Time(i64),
    Double(u64),
    Key(u128),
    Text(String),
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Memory(VecDeque<Part>);

impl Sink for Memory {
    fn unsigned(&mut self, value: u64) {
        self.0.push_back(Part::Unsigned(value));
    }
    fn signed(&mut self, value: i64) {
        self.0.push_back(Part::Signed(value));
    }
    fn time(&mut self, nanos: i64) {
        self.0.push_back(Part::Time(nanos));
    }
    fn double(&mut self, value: f64) {
        self.0.push_back(Part::Double(value.to_bits()));
    }
    fn key(&mut self, key: u128) {
        self.0.push_back(Part::Key(key));
    }
    fn text(&mut self, text: &str) {
        self.0.push_back(Part::Text(text.to_owned()));
    }
}

macro_rules! take {
    ($name:ident, $kind:ident, $type:ty, $made:expr) => {
        fn $name(&mut self) -> Result<$type, Broken> {
            match self.0.pop_front() {
                Some(Part::$kind(value)) => Ok($made(value)),
                _ => Err(Broken::new("it is of another kind")),
            }
        }
    };
}

impl Source for Memory {
    take!(unsigned, Unsigned, u64, |value| value);
    take!(signed, Signed, i64, |value| value);
    take!(time, Time, i64, |value| value);
    take!(double, Double, f64, f64::from_bits);
    take!(key, Key, u128, |value| value);
    fn text(&mut self) -> Result<&str, Broken> {
        Err(Broken::new("no text is read here"))
    }
    fn left(&self) -> usize {
        self.0.len()
    }
}

fn saved(collection: &impl Within) -> Memory {
    let mut memory = Memory::default();
    collection.save(&mut memory);
    memory
}

/// `change` does the same to a collection and to the one that is made of its parts.
fn check<C: Within>(collection: &mut C, limit: usize, change: impl Fn(&mut C)) {
    let parts = saved(collection);
    let mut loaded = C::load(&mut Loading::new(&mut parts.clone()), limit).unwrap();
    assert_eq!(saved(&loaded), parts);
    change(collection);
    change(&mut loaded);
    assert_eq!(saved(&loaded), saved(collection));
    let refused = C::load(&mut Loading::new(&mut parts.clone()), 3).err();
    assert_eq!(refused.map(|broken| broken.why), Some("it is longer than it may be"));
}

#[test]
fn what_is_forgotten_next_does_not_depend_on_storing() {
    let mut recent = Recent::new(8);
    for key in [1, 2, 3, 4, 5, 6_u128] {
        recent.entry(key, || 1_u64);
    }
    // Removed, and removed and put in again: the queue still has them at their old places.
    recent.remove(2);
    recent.remove(3);
    *recent.entry(3, || 7_u64) += 1;
    check(&mut recent, 8, |recent| {
        for key in 10..20_u128 {
            recent.entry(key, || 3);
        }
    });
    let mut ids = Ids::new(100);
    let hash = |number: u64| xxhash_rust::xxh3::xxh3_128(&number.to_le_bytes());
    (0..250).for_each(|number| *ids.entry(hash(number), || 0_u64).unwrap() += number);
    check(&mut ids, 100, |ids| {
        (200..300).for_each(|number| *ids.entry(hash(number), || 0).unwrap() += 1);
    });
    assert_eq!(ids.forgotten(), 200);
}

#[test]
fn keys_that_are_no_hashes_are_refused() {
    let entries = (0..5_000_u128).flat_map(|number| [Part::Key(number << 64), Part::Unsigned(1)]);
    let mut memory = Memory([Part::Unsigned(0), Part::Unsigned(5_000)].into_iter().chain(entries).collect());
    let refused = <Ids<u64> as Within>::load(&mut Loading::new(&mut memory), 10_000).err();
    assert_eq!(refused, Some(Broken::new("a key is repeated or no hash")));
    assert!(memory.left() > 5_000, "it was noticed late");
}

#[test]
fn what_is_wrong_names_its_part() {
    let mut memory = Memory::default();
    Parts::save(&crate::event::Writer { order_logs: true, shape: crate::Shape::Legacy }, &mut memory);
    memory.0[1] = Part::Unsigned(4);
    let refused = <crate::event::Writer as Parts>::load(&mut Loading::new(&mut memory)).err();
    assert_eq!(refused, Some(Broken { part: "Shape", why: "there is nothing of this number" }));
    let refused = <crate::event::Writer as Parts>::load(&mut Loading::new(&mut memory)).err();
    assert_eq!(refused.map(|broken| broken.part), Some("Writer.order_logs"));
}

#[test]
fn empty_seconds_are_no_parts() {
    let mut ring: Rolling<u32> = Rolling::new(5_000);
    for at in [4_101, 4_102, 4_990, 5_005] {
        ring.record(at, ());
    }
    let mut memory = Memory::default();
    Parts::save(&ring, &mut memory);
    let numbers = [4, 0, 1, 0, 1, 887, 1, 14, 1].map(Part::Unsigned);
    assert_eq!(memory.0, numbers);
    let mut loading = Loading::new(&mut memory);
    loading.end = 5_000;
    let loaded: Rolling<u32> = Parts::load(&mut loading).unwrap();
    for seconds in [60, 300, 900, 899] {
        assert_eq!(loaded.sum(seconds, |sum| *sum), ring.sum(seconds, |sum| *sum));
    }
}
