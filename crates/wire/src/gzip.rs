//! Where the members of a gzip file may begin. A file is one member after the other, as `cat` and log rotation make them, and no
//! header says how long its member is.
//!
//! Invariants: nothing is unpacked here; every member's begin is found, however the bytes are cut, and once in about 10¹¹ bytes a
//! place that is none, which whoever unpacks finds out; at most [`Members::LIMIT`] places.

/// Length of the part of a header that every member has.
const HEADER_BYTES: usize = 10;
const ID: u8 = 0x1f;
const ID_2: u8 = 0x8b;
const DEFLATE: u8 = 8;
/// Flags that no writer may set.
const RESERVED: u8 = 0b1110_0000;
/// How hard the compressor tried: 2 and 4 at its most and least.
const EFFORTS: [u8; 3] = [0, 2, 4];
/// The systems that a member may name, and that it names none.
const SYSTEMS: u8 = 13;
const NO_SYSTEM: u8 = 255;

/// The places at which a member may begin, in a file that is handed over piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// The last bytes, too few for a header.
    tail: Vec<u8>,
    /// Bytes before them.
    passed: u64,
    found: Vec<u64>,
}

impl Members {
    /// The most places that are told.
    pub const LIMIT: usize = 65_536;

    /// Looks at the file's next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let carried = self.tail.len();
        self.tail.extend_from_slice(bytes.get(..bytes.len().min(HEADER_BYTES - 1)).unwrap_or_default());
        // Headers that begin before these bytes.
        let joined = std::mem::take(&mut self.tail);
        self.look(&joined, carried);
        if bytes.len() >= HEADER_BYTES - 1 {
            self.passed += carried as u64;
            self.look(bytes, bytes.len());
            let rest = bytes.len() - (HEADER_BYTES - 1);
            self.passed += rest as u64;
            self.tail = bytes.get(rest..).unwrap_or_default().to_vec();
        } else {
            let rest = joined.len().saturating_sub(HEADER_BYTES - 1);
            self.passed += rest as u64;
            self.tail = joined.get(rest..).unwrap_or_default().to_vec();
        }
    }

    /// Offsets of the places, ascending.
    pub fn found(&self) -> &[u64] {
        &self.found
    }

    /// Takes the headers of `bytes` that begin before `until` and are whole.
    fn look(&mut self, bytes: &[u8], until: usize) {
        for at in memchr::memchr_iter(ID, bytes).take_while(|at| *at < until) {
            let offset = self.passed + at as u64;
            let is_new = self.found.last().is_none_or(|last| *last < offset);
            if is_new && is_header(bytes.get(at..).unwrap_or_default()) && self.found.len() < Self::LIMIT {
                self.found.push(offset);
            }
        }
    }
}

fn is_header(bytes: &[u8]) -> bool {
    let Some([ID, ID_2, DEFLATE, flags, _, _, _, _, effort, system]) = bytes.first_chunk::<HEADER_BYTES>()
    else {
        return false;
    };
    flags & RESERVED == 0 && EFFORTS.contains(effort) && (*system <= SYSTEMS || *system == NO_SYSTEM)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn member(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn found(bytes: &[u8], piece: usize) -> Vec<u64> {
        let mut members = Members::default();
        bytes.chunks(piece).for_each(|piece| members.push(piece));
        members.found().to_vec()
    }

    fn check(bytes: &[u8], expected: &[u64]) {
        for piece in [1, 2, 3, 8, 9, 10, 11, 12, 25, 1000, 1 << 20] {
            assert_eq!(found(bytes, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn every_member_is_found() {
        let texts: [&[u8]; 4] = [b"one\n", b"", &b"two\n".repeat(900), b"three\n"];
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for text in texts {
            expected.push(bytes.len() as u64);
            bytes.extend(member(text));
        }
        check(&bytes, &expected);
        check(&[], &[]);
        check(&bytes[..9], &[]);
        check(&bytes[..10], &[0]);
    }

    #[test]
    fn what_only_begins_like_a_header_is_none() {
        let good = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        check(&good, &[0]);
        for (place, byte) in [(0, 0x1e), (1, 0x8a), (2, 7), (3, 0x20), (8, 1), (9, 14), (9, 254)] {
            let mut bad = good;
            bad[place] = byte;
            check(&bad, &[]);
        }
    }

    #[test]
    fn no_more_than_the_limit_are_told() {
        let bytes = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].repeat(Members::LIMIT + 10);
        assert_eq!(found(&bytes, 1 << 20).len(), Members::LIMIT);
    }
}
