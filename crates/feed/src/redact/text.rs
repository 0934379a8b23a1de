//! The two scanners: over JSON text, and over the text inside one string.

use std::borrow::Cow;

use super::{REDACTED, is_credential};

/// Redacts a line of valid JSON.
pub(super) fn json(line: &str) -> Cow<'_, str> {
    let mut out = Output::new(line);
    let mut at = 0;
    while let Some(start) = find(line, at, |byte| byte == b'"') {
        let end = string_end(line, start);
        let content = slice(line, start + 1, end.saturating_sub(1));
        let colon = skip_space(line, end);
        at = end;
        if byte(line, colon) == Some(b':') {
            at = skip_space(line, colon + 1);
            if is_credential(content) {
                let value_end = value_end(line, at);
                if !is_harmless(slice(line, at, value_end)) {
                    out.replace(at, value_end, &format!("\"{REDACTED}\""));
                }
                at = value_end;
            }
        } else if let Some(clean) = string(content) {
            out.replace(start, end, &clean);
        }
    }
    out.finish()
}

/// A string's redacted form as JSON, quotes included; `None` where it holds no credential.
fn string(content: &str) -> Option<String> {
    if !content.contains('\\') {
        return plain(content).map(|clean| format!("\"{clean}\""));
    }
    let Ok(decoded) = serde_json::from_str::<String>(&format!("\"{content}\"")) else {
        return Some(format!("\"{REDACTED}\""));
    };
    serde_json::to_string(&plain(&decoded)?).ok()
}

/// Redacts `key=value`, `key: value` and `'key': 'value'` in a text; `None` where there is nothing to do.
fn plain(text: &str) -> Option<String> {
    let mut out = Output::new(text);
    let mut at = 0;
    while let Some(start) = find(text, at, is_word) {
        let end = find(text, start, |byte| !is_word(byte)).unwrap_or(text.len());
        at = end;
        if !is_credential(slice(text, start, end)) {
            continue;
        }
        let Some((value, value_end)) = value_after(text, end) else { continue };
        if value < value_end {
            out.replace(value, value_end, REDACTED);
        }
        at = value_end;
    }
    match out.finish() {
        Cow::Owned(clean) => Some(clean),
        Cow::Borrowed(_) => None,
    }
}

/// Where the value begins and ends that belongs to a key ending at `key_end`.
fn value_after(text: &str, key_end: usize) -> Option<(usize, usize)> {
    let quoted = matches!(byte(text, key_end), Some(b'"' | b'\''));
    let at = skip_space(text, key_end + usize::from(quoted));
    let rest = text.get(at..)?;
    let separator = ["=", ":", "%3D", "%3d"].into_iter().find(|mark| rest.starts_with(mark))?;
    let at = skip_space(text, at + separator.len());
    if let Some(quote @ (b'"' | b'\'')) = byte(text, at) {
        return Some((at + 1, quoted_end(text, at + 1, quote)));
    }
    let end = word_end(text, at);
    let scheme = slice(text, at, end);
    let is_scheme = ["bearer", "basic", "token"].iter().any(|name| scheme.eq_ignore_ascii_case(name));
    let end = if is_scheme { word_end(text, skip_space(text, end)) } else { end };
    Some((at, end))
}

fn word_end(text: &str, from: usize) -> usize {
    let stops = |byte: u8| byte.is_ascii_whitespace() || b"&'\",;)}]<>".contains(&byte);
    let end = find(text, from, stops).unwrap_or(text.len());
    slice(text, from, end).find("%26").map_or(end, |escaped| from + escaped)
}

fn quoted_end(text: &str, from: usize, quote: u8) -> usize {
    let mut escaped = false;
    let closes = |byte: u8| {
        let closes = !escaped && byte == quote;
        escaped = !escaped && byte == b'\\';
        closes
    };
    find(text, from, closes).unwrap_or(text.len())
}

/// Index behind a JSON string's closing quote.
fn string_end(line: &str, start: usize) -> usize {
    (quoted_end(line, start + 1, b'"') + 1).min(line.len())
}

/// Index behind a JSON value.
fn value_end(line: &str, start: usize) -> usize {
    match byte(line, start) {
        Some(b'"') => string_end(line, start),
        Some(b'{' | b'[') => nested_end(line, start),
        _ => find(line, start, |byte| byte.is_ascii_whitespace() || b",}]".contains(&byte))
            .unwrap_or(line.len()),
    }
}

fn nested_end(line: &str, start: usize) -> usize {
    let (mut depth, mut at) = (0_usize, start);
    while let Some(mark) = find(line, at, |byte| b"\"{}[]".contains(&byte)) {
        at = mark + 1;
        match byte(line, mark) {
            Some(b'"') => at = string_end(line, mark),
            Some(b'{' | b'[') => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
        if depth == 0 {
            return at;
        }
    }
    line.len()
}

fn is_harmless(value: &str) -> bool {
    matches!(value, "null" | "true" | "false" | "\"\"" | "{}" | "[]")
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn skip_space(text: &str, from: usize) -> usize {
    find(text, from, |byte| !byte.is_ascii_whitespace()).unwrap_or(text.len())
}

fn find(text: &str, from: usize, wanted: impl FnMut(u8) -> bool) -> Option<usize> {
    Some(from + text.as_bytes().get(from..)?.iter().copied().position(wanted)?)
}

fn byte(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

fn slice(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

/// A text with some ranges replaced, left to right.
struct Output<'a> {
    text: &'a str,
    changed: String,
    copied: usize,
}

impl<'a> Output<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, changed: String::new(), copied: 0 }
    }

    fn replace(&mut self, from: usize, to: usize, with: &str) {
        self.changed.push_str(slice(self.text, self.copied, from));
        self.changed.push_str(with);
        self.copied = to;
    }

    fn finish(mut self) -> Cow<'a, str> {
        if self.copied == 0 {
            return Cow::Borrowed(self.text);
        }
        self.changed.push_str(slice(self.text, self.copied, self.text.len()));
        Cow::Owned(self.changed)
    }
}
