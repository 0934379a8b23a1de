//! One character of a text as it was before it was escaped: `\u0074` and `%74` are a `t`, behind any number
//! of further backslashes or `25`s.

use super::{byte, find, slice};

/// A character as written, and what it stands for.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    /// The character, if ASCII; `\` for a run of backslashes that begins no `\u`; 0x80 for anything else.
    pub(super) what: u8,
    /// Bytes, 1 and more. Within a character outside ASCII, one of its bytes.
    pub(super) len: usize,
    /// How often it is percent-encoded.
    pub(super) percents: usize,
}

/// The unit at a byte index; `None` at the text's end.
pub(super) fn unit(text: &str, at: usize) -> Option<Unit> {
    let first = byte(text, at)?;
    let escaped = match first {
        b'\\' => Some(backslash(text, at)),
        b'%' => percent(text, at),
        _ => None,
    };
    Some(escaped.unwrap_or(Unit { what: first.min(0x80), len: 1, percents: 0 }))
}

/// A text with its `\u…` and `%…` decoded; what they say outside ASCII becomes a space.
pub(super) fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(unit) = unit(text, at) {
        if unit.what < 0x80 {
            out.push(char::from(unit.what));
        } else if unit.len > 1 {
            out.push(' ');
        } else {
            out.extend(text.get(at..).and_then(|rest| rest.chars().next()));
        }
        at += unit.len;
    }
    out
}

fn backslash(text: &str, at: usize) -> Unit {
    let run = find(text, at, |byte| byte != b'\\').unwrap_or(text.len()) - at;
    let hex = slice(text, at + run + 1, at + run + 5);
    let is_escape = byte(text, at + run) == Some(b'u') && hex.len() == 4;
    match hex_value(hex).filter(|_| is_escape) {
        Some(what) => Unit { what, len: run + 5, percents: 0 },
        None => Unit { what: b'\\', len: run, percents: 0 },
    }
}

fn percent(text: &str, at: usize) -> Option<Unit> {
    let mut digits = at + 1;
    let mut percents = 1;
    while slice(text, digits, digits + 2) == "25" && slice(text, digits + 2, digits + 4).len() == 2 {
        if hex_value(slice(text, digits + 2, digits + 4)).is_none() {
            break;
        }
        digits += 2;
        percents += 1;
    }
    let what = hex_value(slice(text, digits, digits + 2)).filter(|_| digits + 2 <= text.len())?;
    Some(Unit { what, len: digits + 2 - at, percents })
}

fn hex_value(digits: &str) -> Option<u8> {
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok().map(|value| u8::try_from(value).map_or(0x80, |low| low.min(0x80)))
}
