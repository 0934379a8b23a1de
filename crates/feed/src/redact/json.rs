//! Walks over JSON text: values of credential keys go, every other string is searched as text.
//!
//! Invariant: only values and strings are replaced, each as a whole by a JSON string.

use std::borrow::Cow;

use super::{Output, REDACTED, byte, find, key::Kind, skip_space, slice, text};

/// Redacts valid JSON.
pub(super) fn redact(line: &str) -> Cow<'_, str> {
    let mut out = Output::new(line);
    let mut at = 0;
    while let Some(start) = find(line, at, |byte| byte == b'"') {
        let end = string_end(line, start);
        let content = slice(line, start + 1, end.saturating_sub(1));
        let colon = skip_space(line, end);
        at = end;
        let clean = string(content);
        if let Some(clean) = &clean {
            out.replace(start, end, clean);
        }
        if byte(line, colon) == Some(b':') {
            at = skip_space(line, colon + 1);
            let kind = kind_of(content);
            // What is left of a key may say more than the key did; then it would go the next time.
            let left = clean.as_deref().map_or(kind, |clean| kind_of(slice(clean, 1, clean.len() - 1)));
            let kinds = [kind, left];
            if kinds != [Kind::Plain; 2] {
                let value_end = value_end(line, at);
                let spares = |kind: Kind| {
                    kind.spares(slice(line, at, value_end)) || spares_string(kind, line, at, value_end)
                };
                if !kinds.into_iter().all(spares) {
                    out.replace(at, value_end, &format!("\"{REDACTED}\""));
                }
                at = value_end;
            }
        }
    }
    out.finish()
}

fn kind_of(key: &str) -> Kind {
    unescaped(key).map_or(Kind::Credential, |key| Kind::of(&key))
}

/// A string may stay where it is empty or a mask; a number in quotes is no amount.
fn spares_string(kind: Kind, line: &str, start: usize, end: usize) -> bool {
    byte(line, start) == Some(b'"')
        && match slice(line, start + 1, end.saturating_sub(1)) {
            "" => true,
            content => kind == Kind::Mask && kind.spares(content),
        }
}

/// A string's redacted form as JSON, quotes included; `None` where it holds no credential.
fn string(content: &str) -> Option<String> {
    let Some(content) = unescaped(content) else { return Some(format!("\"{REDACTED}\"")) };
    let is_json = content.trim_start().starts_with(['{', '[', '"'])
        && serde_json::from_str::<serde::de::IgnoredAny>(&content).is_ok();
    match if is_json { redact(&content) } else { text::redact(&content) } {
        Cow::Owned(clean) => serde_json::to_string(&clean).ok(),
        Cow::Borrowed(_) => None,
    }
}

/// What a JSON string says; `None` for what UTF-8 cannot say (half a surrogate pair).
fn unescaped(content: &str) -> Option<Cow<'_, str>> {
    if !content.contains('\\') {
        return Some(Cow::Borrowed(content));
    }
    serde_json::from_str::<String>(&format!("\"{content}\"")).ok().map(Cow::Owned)
}

/// Index behind a JSON string's closing quote.
fn string_end(line: &str, start: usize) -> usize {
    let mut escaped = false;
    let closes = |byte: u8| {
        let closes = !escaped && byte == b'"';
        escaped = !escaped && byte == b'\\';
        closes
    };
    find(line, start + 1, closes).map_or(line.len(), |quote| quote + 1)
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
