//! From the spelling of a key to what it leads to, by one multiplication and one comparison.
//!
//! The table is made at compile time from [`Key::NAMES`], so a new key needs nothing here. A name is compared as two
//! words of eight bytes, little-endian and padded with zeros, and byte by byte beyond those.

use crate::fields::{Entry, Key};

/// Keys that hold more keys, beside those that hold values.
const HOLDERS: [(&str, Entry); 7] = [
    ("details", Entry::Details),
    ("ctx", Entry::Details),
    ("payload", Entry::Payload),
    ("observability", Entry::Observability),
    ("boundaries", Entry::Observability),
    ("tca_breakdown", Entry::Observability),
    ("risk", Entry::Observability),
];

const COUNT: usize = Key::NAMES.len() + HOLDERS.len();
/// At least eight places for each name, so that most unknown keys meet an empty one.
const PLACES: usize = (COUNT * 8).next_power_of_two();
const SHIFT: u32 = u64::BITS - PLACES.trailing_zeros();

const _: () = assert!(COUNT < u8::MAX as usize, "a name's number is a byte");

#[derive(Clone, Copy)]
struct Name {
    low: u64,
    high: u64,
    text: &'static str,
    entry: Entry,
}

static NAMES: [Name; COUNT] = names();
/// One more than a name's number, by linear probing; 0 ends a search.
static NUMBERS: [u8; PLACES] = numbers();

#[inline]
const fn place(low: u64, high: u64) -> usize {
    ((low ^ high.rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> SHIFT) as usize
}

/// Up to eight bytes of `text` from `from` on, padded with zeros.
#[expect(clippy::indexing_slicing, reason = "bounded by the loop's own condition")]
const fn word(text: &[u8], from: usize) -> u64 {
    let (mut word, mut at) = (0, 0);
    while at < 8 && from + at < text.len() {
        word |= (text[from + at] as u64) << (8 * at);
        at += 1;
    }
    word
}

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time only")]
const fn names() -> [Name; COUNT] {
    let mut names = [Name { low: 0, high: 0, text: "", entry: Entry::Skipped }; COUNT];
    let mut number = 0;
    while number < COUNT {
        let (text, entry) = match number.checked_sub(Key::NAMES.len()) {
            Some(holder) => HOLDERS[holder],
            None => (Key::NAMES[number], Entry::Known(Key::ALL[number])),
        };
        names[number] = Name { low: word(text.as_bytes(), 0), high: word(text.as_bytes(), 8), text, entry };
        number += 1;
    }
    names
}

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time only")]
#[expect(clippy::cast_possible_truncation, reason = "there are fewer names than a byte can count")]
const fn numbers() -> [u8; PLACES] {
    let names = names();
    let mut numbers = [0; PLACES];
    let mut number = 0;
    while number < COUNT {
        let mut at = place(names[number].low, names[number].high);
        while numbers[at] != 0 {
            at = (at + 1) % PLACES;
        }
        number += 1;
        numbers[at] = number as u8;
    }
    numbers
}

/// What the key `name` leads to.
pub(crate) fn find(name: &str) -> Entry {
    let name = name.as_bytes();
    find_words(word(name, 0), word(name, 8), name)
}

/// The same, where the name's first sixteen bytes are at hand as two words.
#[inline]
pub(crate) fn find_words(low: u64, high: u64, name: &[u8]) -> Entry {
    let mut at = place(low, high);
    while let Some(number) = NUMBERS.get(at % PLACES) {
        let Some(candidate) = NAMES.get(usize::from(*number).wrapping_sub(1)) else { break };
        if candidate.low == low
            && candidate.high == high
            && candidate.text.len() == name.len()
            && (name.len() <= 16 || candidate.text.as_bytes() == name)
        {
            return candidate.entry;
        }
        at += 1;
    }
    Entry::Skipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_key_is_found_and_nothing_like_it_is() {
        for (key, name) in Key::ALL.iter().zip(Key::NAMES) {
            assert_eq!(find(name), Entry::Known(*key), "{name}");
            for other in [format!("{name}_"), format!("_{name}"), name.to_uppercase(), format!("{name}\0")] {
                if other == *name {
                    continue; // A name in capitals.
                }
                assert_eq!(find(&other), Entry::Skipped, "{other:?}");
            }
        }
        for (name, entry) in HOLDERS {
            assert_eq!(find(name), entry, "{name}");
        }
        for name in ["", "\0", "x", "a key that is longer than sixteen bytes"] {
            assert_eq!(find(name), Entry::Skipped, "{name}");
        }
    }
}
