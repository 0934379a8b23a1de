//! Text in a line, whatever the case of its ASCII letters.
//!
//! Eight bytes are looked at in one word for the rarest byte of the text, and what stands around it is compared.

use crate::swar;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needle {
    /// In small letters.
    text: Box<[u8]>,
    /// The place of a byte that is rare in log lines.
    rare: usize,
    /// That byte in both cases.
    bytes: [u8; 2],
}

/// Bytes that most lines have many of.
const FREQUENT: &[u8] = b"\"etaoinsrdlcp_:, .01{}";

impl Needle {
    pub(super) fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase().into_bytes().into_boxed_slice();
        let rare = text.iter().position(|byte| !FREQUENT.contains(byte)).unwrap_or(0);
        let byte = text.get(rare).copied().unwrap_or(0);
        Self { text, rare, bytes: [byte, byte.to_ascii_uppercase()] }
    }

    /// Whether it stands anywhere in `line`; nothing stands everywhere.
    pub(super) fn is_in(&self, line: &[u8]) -> bool {
        let Some(last) = line.len().checked_sub(self.text.len()) else { return false };
        if self.text.is_empty() {
            return true;
        }
        let [small, large] = self.bytes;
        let (mut at, end) = (self.rare, last + self.rare);
        while at <= end {
            let word = swar::word(line, at);
            let marks = swar::either(word, small, large);
            if marks == 0 {
                at += 8;
                continue;
            }
            at += swar::first(marks);
            if at > end {
                return false;
            }
            let start = at - self.rare;
            let there = line.get(start..start + self.text.len());
            if there.is_some_and(|there| there.eq_ignore_ascii_case(&self.text)) {
                return true;
            }
            at += 1;
        }
        false
    }
}
