//! Finds credentials in a text that is no JSON: `key=value`, `key: value`, `'key': 'value'`,
//! `('key', 'value')`, `--key value`, a bare `Bearer value`, a private key in PEM, user and password of a URL.
//!
//! Invariant: where it is unclear how far a credential goes, more goes rather than less; the rest keeps its
//! quotes and brackets.

use std::borrow::Cow;

use super::{
    Output, REDACTED, byte,
    escape::{decoded, unit},
    find,
    key::{FOLLOWERS, Kind},
    skip_space, slice,
    value::{self, Value},
};

/// What the first line of a private key ends with.
const PEM: [&str; 2] = ["PRIVATE KEY-----", "PRIVATE KEY BLOCK-----"];

/// Of the words that name one value, in bytes.
const LONGEST_PHRASE: usize = 64;

/// Redacts a text; borrowed where there is nothing to do.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    if PEM.iter().any(|begins| text.contains(begins)) {
        return Cow::Owned(REDACTED.to_owned());
    }
    match userinfo(text) {
        Cow::Borrowed(text) => words(text),
        Cow::Owned(clean) => Cow::Owned(words(&clean).into_owned()),
    }
}

fn words(text: &str) -> Cow<'_, str> {
    let mut out = Output::new(text);
    let (mut at, mut before) = (0, None);
    while let Some(start) = word_start(text, at) {
        let end = word_end(text, start);
        let begin = phrase_start(text, before, start, end);
        before = Some((begin, end));
        at = end;
        let Some((kind, value)) = credential(text, begin, start, end) else { continue };
        let content = slice(text, value.from, value.to);
        if !kind.spares(content) {
            let with = if value.quotes.is_empty() {
                REDACTED.to_owned()
            } else {
                format!("{0}{REDACTED}{0}", value.quotes)
            };
            out.replace(value.from, value.to, &with);
        }
        before = None;
        at = value.to.max(end);
    }
    out.finish()
}

/// The value that belongs to a word, if the word or its phrase names a credential.
fn credential(text: &str, begin: usize, start: usize, end: usize) -> Option<(Kind, Value<'_>)> {
    let kind = kind_of(text, begin, start, end);
    if kind == Kind::Plain {
        return None;
    }
    let word = decoded(slice(text, start, end));
    let found = value::behind_separator(text, begin, end).or_else(|| {
        let is_flag = word.starts_with("--");
        let is_alone = is_flag || word.eq_ignore_ascii_case("bearer");
        let behind = is_alone.then(|| value::behind_space(text, end)).flatten();
        behind
            .or_else(|| if is_flag { value::behind_comma(text, end) } else { value::beside_name(text, end) })
    });
    found.map(|value| (kind, if is_cookie(&word) { value::to_line_end(text, value) } else { value }))
}

/// A header of many values, each of which may be a credential.
fn is_cookie(word: &str) -> bool {
    word.len() >= 6 && word.get(word.len() - 6..).is_some_and(|end| end.eq_ignore_ascii_case("cookie"))
}

/// The letter behind a backslash may be that of `\n`.
fn kind_of(text: &str, begin: usize, start: usize, end: usize) -> Kind {
    let kind = Kind::of(slice(text, begin, end));
    let escaped = start > 0 && byte(text, start - 1) == Some(b'\\');
    match byte(text, start) {
        Some(b'n' | b't' | b'r' | b'b' | b'f') if escaped && kind == Kind::Plain => {
            Kind::of(slice(text, start + 1, end))
        }
        _ => kind,
    }
}

/// Where the words begin that name a value together with the word from `start` to `end`.
fn phrase_start(text: &str, before: Option<(usize, usize)>, start: usize, end: usize) -> usize {
    let word = slice(text, start, end);
    match before {
        Some((begin, behind))
            if end - begin <= LONGEST_PHRASE
                && FOLLOWERS.iter().any(|follower| word.eq_ignore_ascii_case(follower))
                && skip_space(text, behind) == start =>
        {
            begin
        }
        _ => start,
    }
}

fn word_start(text: &str, mut at: usize) -> Option<usize> {
    while let Some(unit) = unit(text, at) {
        if is_word(unit.what) {
            return Some(at);
        }
        at += unit.len;
    }
    None
}

pub(super) fn word_end(text: &str, mut at: usize) -> usize {
    while let Some(unit) = unit(text, at).filter(|unit| is_word(unit.what)) {
        at += unit.len;
    }
    at
}

fn is_word(what: u8) -> bool {
    what.is_ascii_alphanumeric() || what == b'_' || what == b'-'
}

/// Redacts what stands before the `@` of a URL's authority.
fn userinfo(text: &str) -> Cow<'_, str> {
    let mut out = Output::new(text);
    let mut at = 0;
    while let Some(colon) = find(text, at, |byte| byte == b':' || byte == b'%') {
        at = colon + 1;
        let Some((from, percents)) = authority(text, colon) else { continue };
        let (mut mark, mut last) = (from, None);
        while let Some(unit) = unit(text, mark) {
            let ends = b"/?#\"'<>`".contains(&unit.what) && unit.percents == percents;
            if ends || unit.what.is_ascii_whitespace() {
                break;
            }
            if unit.what == b'@' && unit.percents == percents {
                last = Some(mark);
            }
            mark += unit.len;
        }
        if let Some(to) = last.filter(|to| *to > from) {
            out.replace(from, to, REDACTED);
            at = to;
        }
    }
    out.finish()
}

/// Where a URL's authority begins, and how often the URL is percent-encoded, if its `://` is at `colon`.
fn authority(text: &str, colon: usize) -> Option<(usize, usize)> {
    let colon_unit = unit(text, colon).filter(|unit| unit.what == b':')?;
    let mut at = colon + colon_unit.len;
    for _ in 0..2 {
        at = unit(text, at).filter(|unit| unit.what == b'\\').map_or(at, |unit| at + unit.len);
        at += unit(text, at).filter(|unit| unit.what == b'/')?.len;
    }
    Some((at, colon_unit.percents))
}
