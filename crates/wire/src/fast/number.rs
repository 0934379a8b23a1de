//! Numbers: integers exact, decimals by the general parser's own arithmetic, so that the two agree to the bit.

use super::Reader;
use crate::{scalar::Scalar, swar};

/// A number of so many digits fits into 64 bits.
const MAX_DIGITS: usize = 19;

const POWERS_OF_TEN: [f64; 32] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31,
];

impl<'a> Reader<'a> {
    pub(super) fn number(&mut self) -> Option<Scalar<'a>> {
        let negative = self.sign();
        let start = self.at;
        let whole_end = self.whole()?;
        let whole = digits(self.line, start, whole_end, 0)?;
        match self.peek() {
            Some(b'.' | b'e' | b'E') => self
                .decimal(whole, whole_end - start)
                .map(|number| Scalar::Float(if negative { -number } else { number })),
            // Minus zero is no integer there.
            _ if negative && whole == 0 => None,
            _ => {
                let int = i64::try_from(whole).ok()?;
                Some(Scalar::Int(if negative { -int } else { int }))
            }
        }
    }

    /// What follows the whole part, which had so many digits.
    fn decimal(&mut self, whole: u64, mut count: usize) -> Option<f64> {
        let mut significand = whole;
        let mut exponent = 0;
        if self.peek() == Some(b'.') {
            let start = self.at + 1;
            let end = self.fraction()?;
            count = if whole == 0 { end - start } else { count + end - start };
            significand = if count <= MAX_DIGITS {
                digits(self.line, start, end, whole)?
            } else {
                checked_digits(self.line.get(start..end)?, whole)?
            };
            exponent = -i32::try_from(end - start).ok()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            exponent += self.exponent()?;
        }
        let power = POWERS_OF_TEN.get(usize::try_from(exponent.unsigned_abs()).ok()?)?;
        let significand = significand as f64;
        Some(if exponent < 0 { significand / power } else { significand * power })
    }

    /// A number that nobody asks for.
    pub(super) fn skip_number(&mut self) -> Option<()> {
        self.sign();
        self.whole()?;
        if self.peek() == Some(b'.') {
            self.fraction()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.exponent_digits()?;
        }
        Some(())
    }

    fn sign(&mut self) -> bool {
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        negative
    }

    /// One zero, or digits that do not begin with one; returns their end.
    #[inline]
    fn whole(&mut self) -> Option<usize> {
        let start = self.at;
        let end = swar::digits_end(self.line, start);
        self.at = end;
        let is_whole = end == start + 1 || end > start && self.line.get(start) != Some(&b'0');
        is_whole.then_some(end)
    }

    /// A point and at least one digit; returns their end.
    #[inline]
    fn fraction(&mut self) -> Option<usize> {
        let start = self.at + 1;
        let end = swar::digits_end(self.line, start);
        self.at = end;
        (end > start).then_some(end)
    }

    fn exponent(&mut self) -> Option<i32> {
        let negative = self.line.get(self.at + 1) == Some(&b'-');
        let (start, end) = self.exponent_digits()?;
        let exponent = if end - start <= 3 { digits(self.line, start, end, 0)? } else { return None };
        let exponent = i32::try_from(exponent).ok()?;
        Some(if negative { -exponent } else { exponent })
    }

    /// `e`, a sign or none, and at least one digit; returns where the digits stand.
    fn exponent_digits(&mut self) -> Option<(usize, usize)> {
        self.at += 1;
        self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
        let start = self.at;
        self.at = swar::digits_end(self.line, start);
        (self.at > start).then_some((start, self.at))
    }
}

/// Appends digits to a number; with it they must be [`MAX_DIGITS`] at most. Declines more than that by themselves.
#[inline]
fn digits(line: &[u8], start: usize, end: usize, before: u64) -> Option<u64> {
    if end - start > MAX_DIGITS {
        return None;
    }
    let mut number = before;
    let mut at = start;
    while end - at >= 8 {
        number = number.wrapping_mul(100_000_000).wrapping_add(eight_digits(swar::word(line, at)));
        at += 8;
    }
    for byte in line.get(at..end)? {
        number = number.wrapping_mul(10).wrapping_add(u64::from(byte & 0xF));
    }
    Some(number)
}

/// The same for longer texts, which have zeros in front; declines what does not fit.
#[cold]
fn checked_digits(text: &[u8], before: u64) -> Option<u64> {
    text.iter().try_fold(before, |number, byte| number.checked_mul(10)?.checked_add(u64::from(byte & 0xF)))
}

/// Eight ASCII digits, the first one lowest, as a number: pairs, then fours, then all.
#[inline]
fn eight_digits(word: u64) -> u64 {
    let digits = word & 0x0F0F_0F0F_0F0F_0F0F;
    let pairs = (digits.wrapping_mul(10).wrapping_add(digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    (fours.wrapping_mul(10_000).wrapping_add(fours >> 32)) & 0xFFFF_FFFF
}
