//! How far a credential's value goes in a text.
//!
//! Invariant: where a value ends depends only on how it is quoted and on what follows, never on the
//! credential itself, so the replaced text ends at the same place.

use super::{
    REDACTED, byte,
    escape::{decoded, unit},
    find,
    key::Kind,
    slice,
    text::word_end,
};

/// Words before the credential itself.
const SCHEMES: [&str; 9] =
    ["bearer", "basic", "token", "key", "apikey", "digest", "negotiate", "ntlm", "aws4-hmac-sha256"];

/// Schemes whose credential has many parts, quoted ones too: up to the end of the line.
const MANY: [&str; 2] = ["digest ", "aws4-hmac-sha256 "];

/// Where a value stands.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The quotes that its key has, with their backslashes, and that it lacks.
    pub(super) quotes: &'a str,
}

/// The value behind a key from `begin` to `end` and a `:` or `=`, or in a pair such as `('key', 'value')`.
pub(super) fn behind_separator(text: &str, begin: usize, end: usize) -> Option<Value<'_>> {
    let (at, percents) = separator_end(text, begin, end)?;
    value(text, at, percents, key_quotes(text, end))
}

/// The value behind a word from which only space parts it.
pub(super) fn behind_space(text: &str, end: usize) -> Option<Value<'_>> {
    let percents = unit(text, end)
        .filter(|unit| unit.what.is_ascii_whitespace() || b"\\+".contains(&unit.what))?
        .percents;
    let plus = end + usize::from(byte(text, end) == Some(b'+'));
    let at = skip_gap(text, plus);
    if at == end { None } else { value(text, at, percents, "") }
}

/// The value that follows a flag in a list: `['--key', 'value']`.
pub(super) fn behind_comma(text: &str, end: usize) -> Option<Value<'_>> {
    let at = skip(text, end, |what| b"\\\"'`".contains(&what));
    let comma = unit(text, at).filter(|unit| at > end && unit.what == b',')?;
    value(text, skip_gap(text, at + comma.len), comma.percents, "")
}

/// The value that belongs to a name: `'name': 'key', 'value': '…'`.
pub(super) fn beside_name(text: &str, end: usize) -> Option<Value<'_>> {
    let quotes = |what: u8| what.is_ascii_whitespace() || b"\\\"'`".contains(&what);
    let at = skip(text, end, quotes);
    let comma = unit(text, at).filter(|unit| at > end && unit.what == b',')?;
    let key = skip(text, at + comma.len, quotes);
    let key_end = word_end(text, key);
    let is_value = decoded(slice(text, key, key_end)).eq_ignore_ascii_case("value");
    if is_value { behind_separator(text, key, key_end) } else { None }
}

/// The same value, unless it is quoted, up to the end of its line or of the text that it is quoted in.
pub(super) fn to_line_end<'a>(text: &'a str, value: Value<'a>) -> Value<'a> {
    let before = slice(text, 0, value.from);
    if before.ends_with(['"', '\'', '`']) {
        return value;
    }
    Value { to: line_end(text, value.to, b"\n\r\"'`"), ..value }
}

/// Index of the first of these, or of an escaped line break.
fn line_end(text: &str, from: usize, ends: &[u8]) -> usize {
    let mut at = from;
    while let Some(next) = unit(text, at) {
        let is_break = next.what == b'\\' && matches!(byte(text, at + next.len), Some(b'n' | b'r'));
        if is_break || ends.contains(&next.what) {
            break;
        }
        at += next.len;
    }
    at
}

/// Index behind a key's separator and how often that is percent-encoded.
fn separator_end(text: &str, begin: usize, end: usize) -> Option<(usize, usize)> {
    let at = skip(text, end, |what| what.is_ascii_whitespace() || b"\\\"'`*]+".contains(&what));
    let separator = unit(text, at)?;
    let before = slice(text, 0, begin);
    let opens = ["('", "(\"", "(b'", "(b\""];
    let is_pair = separator.what == b',' && at > end && opens.iter().any(|opens| before.ends_with(opens));
    if !is_pair && !b":=".contains(&separator.what) {
        return None;
    }
    let at = skip(text, at + separator.len, |what| b":=>".contains(&what));
    Some((skip_gap(text, at), separator.percents))
}

fn value<'a>(text: &'a str, from: usize, percents: usize, quotes: &'a str) -> Option<Value<'a>> {
    let (inner, end) = quoted_or_bare(text, from, percents);
    let (to, quotes) =
        if inner == from { (last_part_end(text, from, end, percents), quotes) } else { (end, "") };
    let found = Value { from: inner, to, quotes };
    let is_many = inner == from && MANY.iter().any(|scheme| starts_with(slice(text, from, to), scheme));
    let to = if is_many { line_end(text, to, b"\n\r") } else { to };
    Some(Value { to, ..found }).filter(|value| value.from < value.to)
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn last_part_end(text: &str, from: usize, to: usize, percents: usize) -> usize {
    let (mut from, mut to) = (from, to);
    while let Some(next) = next_part(text, from, to) {
        from = next;
        to = bare_end(text, quoted_or_bare(text, next, percents).1, percents);
    }
    to
}

/// Where the value goes on if it is but the scheme or the name of what follows.
fn next_part(text: &str, from: usize, to: usize) -> Option<usize> {
    let word = decoded(slice(text, from, to));
    let name = word.trim_end_matches([':', '=']);
    let is_scheme = SCHEMES.iter().any(|scheme| name.eq_ignore_ascii_case(scheme));
    let next = if is_scheme || word.ends_with(':') {
        skip_gap(text, to)
    } else if word_end(text, from) == to && Kind::of(&word) != Kind::Plain {
        separator_end(text, from, to)?.0
    } else {
        return None;
    };
    (next > to && next < text.len()).then_some(next)
}

/// Where a value begins, behind its quote if it has one, and where it ends.
fn quoted_or_bare(text: &str, from: usize, percents: usize) -> (usize, usize) {
    let letters = find(text, from, |byte| !b"bBrRuUfF".contains(&byte)).unwrap_or(text.len());
    let at = if letters <= from + 2 && quote_at(text, letters).is_some() { letters } else { from };
    if let Some((quote, inner)) = quote_at(text, at) {
        let end = quoted_end(text, at, inner, quote);
        let is_quoted =
            at == from || goes_on(text, inner) || slice(text, inner, text.len()).starts_with(REDACTED);
        // Letters before a quote that nothing follows may be all of a value, and the quote its end.
        return if is_quoted { (inner, end) } else { (from, bare_end(text, end, percents)) };
    }
    let bracket = match byte(text, from) {
        Some(b'[') => bracket_end(text, from, b'[', b']'),
        Some(b'{') => bracket_end(text, from, b'{', b'}'),
        Some(b'(') => bracket_end(text, from, b'(', b')'),
        _ => from,
    };
    (from, bare_end(text, bracket, percents))
}

/// The quote at an index, behind backslashes or percent-encoded, and the index behind it.
fn quote_at(text: &str, at: usize) -> Option<(u8, usize)> {
    let first = unit(text, at)?;
    let at = if first.what == b'\\' { at + first.len } else { at };
    let quote = unit(text, at).filter(|unit| b"\"'`".contains(&unit.what))?;
    let inner = at + quote.len;
    let triple = quote.len == 1
        && slice(text, inner, inner + 2).bytes().filter(|byte| *byte == quote.what).count() == 2;
    Some((quote.what, if triple { inner + 2 } else { inner }))
}

/// Where the text ends that a quote at `at` opens. Of n backslashes before the quote, as many stand before
/// the closing one, and 2n + 2 more for each backslash that the text itself ends with.
fn quoted_end(text: &str, at: usize, inner: usize, quote: u8) -> usize {
    if byte(text, at) == Some(b'%') {
        let percents = unit(text, at).map_or(0, |unit| unit.percents);
        let mut mark = inner;
        while let Some(unit) = unit(text, mark) {
            if unit.what == quote && unit.percents == percents {
                return mark;
            }
            mark += unit.len;
        }
        return text.len();
    }
    let opening = slice(text, at, inner).bytes().filter(|byte| *byte == b'\\').count();
    let mut run = 0;
    let closes = |byte: u8| {
        let closes = byte == quote && run % (2 * opening + 2) == opening;
        run = if byte == b'\\' { run + 1 } else { 0 };
        closes
    };
    find(text, inner, closes).map_or(text.len(), |closing| closing - opening)
}

fn bracket_end(text: &str, from: usize, opens: u8, closes: u8) -> usize {
    let mut depth = 0_usize;
    let ends = |byte: u8| {
        depth = if byte == opens { depth + 1 } else { depth.saturating_sub(usize::from(byte == closes)) };
        depth == 0
    };
    find(text, from, ends).map_or(text.len(), |end| end + 1)
}

/// Where a value without quotes ends: at space, and at a mark behind which no value goes on.
fn bare_end(text: &str, from: usize, percents: usize) -> usize {
    let (mut at, mut backslashes) = (from, from);
    while let Some(unit) = unit(text, at) {
        let next = at + unit.len;
        if unit.percents == 0 || unit.percents == percents {
            match unit.what {
                b'"' | b'\'' | b'`' if !goes_on(text, next) => return backslashes,
                what if what.is_ascii_whitespace() => return at,
                b'&' if !goes_on(text, next) || is_key(text, next) => return at,
                b',' | b';' if ends_part(text, next) || is_key(text, next) => return at,
                b')' | b'}' | b']' | b'<' | b'>' if !goes_on(text, next) => return at,
                _ => {}
            }
        }
        if unit.what != b'\\' {
            backslashes = next;
        }
        at = next;
    }
    text.len()
}

fn goes_on(text: &str, at: usize) -> bool {
    unit(text, at).is_some_and(|unit| unit.what.is_ascii_alphanumeric() || unit.what == 0x80)
}

fn ends_part(text: &str, at: usize) -> bool {
    unit(text, at).is_none_or(|unit| unit.what.is_ascii_whitespace() || b"\"'`\\".contains(&unit.what))
}

/// Whether a key and its separator are at an index.
fn is_key(text: &str, at: usize) -> bool {
    let end = word_end(text, at);
    end > at && unit(text, end).is_some_and(|unit| b":=".contains(&unit.what))
}

/// The `"` behind a key, with its backslashes.
fn key_quotes(text: &str, end: usize) -> &str {
    let quote = find(text, end, |byte| byte != b'\\').unwrap_or(text.len());
    if byte(text, quote) == Some(b'"') { slice(text, end, quote + 1) } else { "" }
}

fn skip(text: &str, mut at: usize, skipped: impl Fn(u8) -> bool) -> usize {
    while let Some(unit) = unit(text, at).filter(|unit| skipped(unit.what)) {
        at += unit.len;
    }
    at
}

/// Skips space, also as `\n`, `\r` and `\t`.
fn skip_gap(text: &str, mut at: usize) -> usize {
    while let Some(unit) = unit(text, at) {
        let next = at + unit.len;
        match byte(text, next) {
            _ if unit.what.is_ascii_whitespace() => at = next,
            Some(b'n' | b'r' | b't') if unit.what == b'\\' => at = next + 1,
            _ => break,
        }
    }
    at
}
