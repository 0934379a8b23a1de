//! Numbers: integers exact, decimals by the general parser's own arithmetic, so that the two agree to the bit.

use std::ops::Range;

use super::Reader;
use crate::{scalar::Scalar, swar};

/// A number of so many digits fits into 64 bits.
const MAX_DIGITS: usize = 19;

const POWERS_OF_TEN: [f64; 32] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31,
];

const TENS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

impl<'a> Reader<'a, '_> {
    pub(crate) fn number(&mut self) -> Option<Scalar<'a>> {
        let start = self.at;
        self.sign();
        let point = self.whole()?;
        let end = if self.peek() == Some(b'.') { self.fraction()? } else { point };
        let exponent = if matches!(self.peek(), Some(b'e' | b'E')) { Some(self.exponent()?) } else { None };
        number(self.line, start..end, point, exponent)
    }

    /// A number that nobody asks for.
    pub(crate) fn skip_number(&mut self) -> Option<()> {
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

/// The number that stands at `place` with its point at `point`, or at the end if it has none; its grammar is checked.
#[inline]
pub(crate) fn number<'a>(
    line: &[u8],
    place: Range<usize>,
    point: usize,
    exponent: Option<i32>,
) -> Option<Scalar<'a>> {
    let is_negative = line.get(place.start) == Some(&b'-');
    let start = place.start + usize::from(is_negative);
    let is_integer = point == place.end && exponent.is_none();
    if is_integer && point - start > MAX_DIGITS {
        return large(line.get(start..point)?, is_negative);
    }
    let whole = digits(line, start, point, 0)?;
    if is_integer {
        let Ok(int) = i64::try_from(whole) else { return (!is_negative).then_some(Scalar::Large(whole)) };
        // Minus zero is no integer there.
        return (!is_negative || int != 0).then_some(Scalar::Int(if is_negative { -int } else { int }));
    }
    let places = place.end.saturating_sub(point + 1);
    let count = if whole == 0 { places } else { point - start + places };
    let significand = if count <= MAX_DIGITS {
        digits(line, place.end - places, place.end, whole)?
    } else {
        checked_digits(line.get(place.end - places..place.end)?, whole)?
    };
    let exponent = exponent.unwrap_or(0) - i32::try_from(places).ok()?;
    let power = POWERS_OF_TEN.get(usize::try_from(exponent.unsigned_abs()).ok()?)?;
    let significand = significand as f64;
    let magnitude = if exponent < 0 { significand / power } else { significand * power };
    Some(Scalar::Float(if is_negative { -magnitude } else { magnitude }))
}

/// An integer of more than [`MAX_DIGITS`]; declines what is beyond 64 bits, and what is negative.
#[cold]
fn large<'a>(text: &[u8], is_negative: bool) -> Option<Scalar<'a>> {
    let number = checked_digits(text, 0)?;
    (!is_negative).then_some(Scalar::Large(number))
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
    let count = end.checked_sub(at)?;
    if count > 0 {
        // Shifted, so that zeros stand before the digits.
        let last = eight_digits(swar::word(line, at) << (64 - 8 * count));
        number = number.wrapping_mul(*TENS.get(count)?).wrapping_add(last);
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
