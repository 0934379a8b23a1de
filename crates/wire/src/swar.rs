//! Bytes looked at eight at a time, in a 64-bit word, the first one lowest. Knows no format.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = ONES * 0x80;
const QUOTES: u64 = ONES * b'"' as u64;
const BACKSLASHES: u64 = ONES * b'\\' as u64;
const NEWLINES: u64 = ONES * b'\n' as u64;
const RETURNS: u64 = ONES * b'\r' as u64;
const SPACES: u64 = ONES * b' ' as u64;

/// Eight bytes from `at` on, the first one lowest; zeros beyond the end.
#[inline]
pub(crate) fn word(line: &[u8], at: usize) -> u64 {
    let rest = line.get(at..).unwrap_or_default();
    match rest.first_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => last_word(rest),
    }
}

#[cold]
fn last_word(rest: &[u8]) -> u64 {
    rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Marks, in its high bit, each byte that is a quote, a backslash or a control character. Only the lowest mark is
/// certain: a borrow may set wrong ones above it.
#[inline]
pub(crate) fn special(word: u64) -> u64 {
    let quote = (word ^ QUOTES).wrapping_sub(ONES);
    let backslash = (word ^ BACKSLASHES).wrapping_sub(ONES);
    let control = word.wrapping_sub(SPACES);
    (quote | backslash | control) & !word & HIGHS
}

/// Marks, in its high bit, each byte that is no digit; again only the lowest mark is certain.
#[inline]
pub(crate) fn not_digit(word: u64) -> u64 {
    let digits = word ^ (ONES * 0x30);
    (digits.wrapping_add(ONES * 0x76) | digits) & HIGHS
}

/// Marks, in its high bit, each byte that is `one` or `other`; again only the lowest mark is certain.
#[inline]
pub(crate) fn either(word: u64, one: u8, other: u8) -> u64 {
    let zeros = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    (zeros(word ^ (ONES * u64::from(one))) | zeros(word ^ (ONES * u64::from(other)))) & HIGHS
}

/// How many bytes stand before the lowest mark.
#[inline]
pub(crate) fn first(marks: u64) -> usize {
    (marks.trailing_zeros() / 8) as usize
}

/// The bytes of `word` before the lowest mark, the others as zeros.
#[inline]
pub(crate) fn keep_before(word: u64, marks: u64) -> u64 {
    let lowest = marks & marks.wrapping_neg();
    word & (lowest >> 7).wrapping_sub(1)
}

/// Where the first quote, backslash or control character from `at` on stands; the line's end counts as one.
#[inline]
pub(crate) fn plain_end(line: &[u8], mut at: usize) -> usize {
    loop {
        let marks = special(word(line, at));
        if marks != 0 {
            return at + first(marks);
        }
        at += 8;
    }
}

/// Where the first byte from `at` on that is no digit stands; the line's end counts as one.
#[inline]
pub(crate) fn digits_end(line: &[u8], mut at: usize) -> usize {
    loop {
        let marks = not_digit(word(line, at));
        if marks != 0 {
            return at + first(marks);
        }
        at += 8;
    }
}

/// Where the first newline or carriage return stands.
pub(crate) fn line_end(bytes: &[u8]) -> Option<usize> {
    let (eights, rest) = bytes.as_chunks::<8>();
    for (index, eight) in eights.iter().enumerate() {
        let word = u64::from_le_bytes(*eight);
        let newline = (word ^ NEWLINES).wrapping_sub(ONES);
        let carriage_return = (word ^ RETURNS).wrapping_sub(ONES);
        let marks = (newline | carriage_return) & !word & HIGHS;
        if marks != 0 {
            return Some(index * 8 + first(marks));
        }
    }
    let start = eights.len() * 8;
    rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map(|at| start + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ends_are_found_as_byte_by_byte(line in prop::collection::vec(
            prop_oneof![any::<u8>(), b'0'..=b'9', Just(b'"'), Just(b'\\'), 0_u8..0x22], 0..40), at in 0_usize..42,
        ) {
            let rest = line.get(at..).unwrap_or_default();
            let end = |is_end: fn(&u8) -> bool| at + rest.iter().position(is_end).unwrap_or(rest.len());
            prop_assert_eq!(plain_end(&line, at), end(|byte| matches!(byte, b'"' | b'\\' | ..b' ')));
            prop_assert_eq!(digits_end(&line, at), end(|byte| !byte.is_ascii_digit()));
            prop_assert_eq!(line_end(rest), rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')));
        }
    }
}
