//! How each part is stored in bytes.
//!
//! | part | bytes |
//! |---|---|
//! | unsigned | seven bits a byte, the lowest first, the top bit set in all but the last |
//! | signed | as unsigned: twice the number, or twice its size less one where it is negative |
//! | time | as signed: the difference to the time before |
//! | double | 9 where it is the one before; else how many of its bytes are stored, and these, the highest first; zeros follow |
//! | key | 0 and 16 bytes, the lowest first, where it is new; else a reference |
//! | text | its length as unsigned, and its bytes in UTF-8 |
//!
//! Keys that differ in their lowest three bits alone are one entry of the dictionary, which nothing else stores: its
//! entries are numbered as they come. A reference is, as unsigned, 1 + 8 × the distance (as signed) of its number from
//! the one after that of the key before + the bits in which it differs from the entry. So keys that come in the same
//! order again take a byte each.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "low bits are taken on purpose, and more than 2^31 keys are in no state"
)]

use aurora_domain::parts::{Broken, Sink, Source};
use hashbrown::HashTable;

const SAME: u8 = 9;
const LOW: u128 = 0b111;

/// Writes parts.
#[derive(Debug)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    time: i64,
    double: Option<u64>,
    keys: Vec<u128>,
    numbers: HashTable<u32>,
    next: usize,
}

impl Writer {
    /// Writes behind `bytes`.
    pub(crate) fn after(bytes: Vec<u8>) -> Self {
        Self { bytes, time: 0, double: None, keys: Vec::new(), numbers: HashTable::new(), next: 0 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Sink for Writer {
    fn unsigned(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(0x80 | (value & 0x7f) as u8);
            value >>= 7;
        }
        self.bytes.push((value & 0x7f) as u8);
    }

    fn signed(&mut self, value: i64) {
        self.unsigned(folded(value));
    }

    fn time(&mut self, nanos: i64) {
        self.signed(nanos.wrapping_sub(self.time));
        self.time = nanos;
    }

    fn double(&mut self, value: f64) {
        let bits = value.to_bits();
        if self.double == Some(bits) {
            self.bytes.push(SAME);
            return;
        }
        self.double = Some(bits);
        let stored = 8 - bits.trailing_zeros().min(64) as usize / 8;
        self.bytes.push(stored as u8);
        self.bytes.extend(bits.to_be_bytes().into_iter().take(stored));
    }

    fn key(&mut self, key: u128) {
        let keys = &self.keys;
        let entry = |number: &u32| keys.get(*number as usize).copied().unwrap_or_default();
        let known = self.numbers.find(hash(key), |number| entry(number) & !LOW == key & !LOW).copied();
        if let Some(number) = known {
            let differs = (entry(&number) ^ key) as u64;
            let distance = i64::from(number) - self.next as i64;
            self.unsigned(1 + (folded(distance) << 3 | differs));
            self.next = number as usize + 1;
            return;
        }
        self.bytes.push(0);
        self.bytes.extend(key.to_le_bytes());
        let number = self.keys.len();
        self.keys.push(key);
        let keys = &self.keys;
        let rehash = |number: &u32| hash(keys.get(*number as usize).copied().unwrap_or_default());
        self.numbers.insert_unique(hash(key), number as u32, rehash);
        self.next = number + 1;
    }

    fn text(&mut self, text: &str) {
        self.unsigned(text.len() as u64);
        self.bytes.extend(text.bytes());
    }
}

/// Reads what a [`Writer`] wrote.
#[derive(Debug)]
pub(crate) struct Reader<'b> {
    bytes: &'b [u8],
    length: usize,
    time: i64,
    double: Option<u64>,
    keys: Vec<u128>,
    next: usize,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, length: bytes.len(), time: 0, double: None, keys: Vec::new(), next: 0 }
    }

    /// How many bytes were read.
    pub(crate) fn at(&self) -> usize {
        self.length - self.bytes.len()
    }

    /// Nothing may be left.
    pub(crate) fn end(&self) -> Result<(), Broken> {
        if self.bytes.is_empty() { Ok(()) } else { Err(Broken::new("more follows than belongs to it")) }
    }

    fn byte(&mut self) -> Result<u8, Broken> {
        let (byte, rest) = self.bytes.split_first().ok_or(ENDS)?;
        self.bytes = rest;
        Ok(*byte)
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], Broken> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(ENDS)?;
        self.bytes = rest;
        Ok(taken)
    }
}

const ENDS: Broken = Broken::new("it ends too early");

impl Source for Reader<'_> {
    fn unsigned(&mut self) -> Result<u64, Broken> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Broken::new("the number is too large"))
    }

    fn signed(&mut self) -> Result<i64, Broken> {
        self.unsigned().map(unfolded)
    }

    fn time(&mut self) -> Result<i64, Broken> {
        self.time = self.time.wrapping_add(self.signed()?);
        Ok(self.time)
    }

    fn double(&mut self) -> Result<f64, Broken> {
        let stored = self.byte()?;
        if stored == SAME {
            return self.double.map(f64::from_bits).ok_or(Broken::new("there is no number before it"));
        }
        if stored > 8 {
            return Err(Broken::new("a number has at most eight bytes"));
        }
        let taken = self.take(usize::from(stored))?;
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(taken).for_each(|(place, byte)| *place = *byte);
        let bits = u64::from_be_bytes(bytes);
        self.double = Some(bits);
        Ok(f64::from_bits(bits))
    }

    fn key(&mut self) -> Result<u128, Broken> {
        let reference = self.unsigned()?;
        let Some(reference) = reference.checked_sub(1) else {
            let (bytes, rest) = self.bytes.split_first_chunk().ok_or(ENDS)?;
            self.bytes = rest;
            let key = u128::from_le_bytes(*bytes);
            self.keys.push(key);
            self.next = self.keys.len();
            return Ok(key);
        };
        let number = (self.next as i64).saturating_add(unfolded(reference >> 3));
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let entry = self.keys.get(number).ok_or(Broken::new("it refers to a key that did not come"))?;
        self.next = number + 1;
        Ok(entry ^ u128::from(reference) & LOW)
    }

    fn text(&mut self) -> Result<&str, Broken> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| ENDS)?;
        str::from_utf8(self.take(length)?).map_err(|_| Broken::new("it is no text"))
    }

    fn left(&self) -> usize {
        self.bytes.len()
    }
}

/// Small for what is near zero, on either side.
fn folded(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

fn unfolded(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// Keys are hashes already.
fn hash(key: u128) -> u64 {
    (key >> 3) as u64
}
