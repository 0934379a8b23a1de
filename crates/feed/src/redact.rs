//! Takes credentials out of lines before anyone else sees them.
//!
//! Invariants: a line without a suspicious word passes unchanged, byte for byte, after one fast search; a
//! changed line is still valid JSON, and redacting it again changes nothing. What counts is the decoded key
//! and its words (`key`), as a JSON key (`json`) and before `=` or `:` inside strings (`text`), behind
//! escapes of any depth (`escape`). `true`, `false`, `null`, empty values, masks and counts stay.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, BuildError};

mod escape;
mod json;
mod key;
mod text;
mod value;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

/// Of which at least one stands in every line that needs work: the credential words, the `@` of a URL with
/// user and password, and escapes of ASCII characters, behind which a word can hide.
const SUSPICIOUS: [&str; 22] = [
    "token",
    "secret",
    "passw",
    "passphrase",
    "pwd",
    "pin",
    "key",
    "auth",
    "sig",
    "pem",
    "cookie",
    "hmac",
    "jwt",
    "credential",
    "bearer",
    "@",
    "\\u00",
    "%4",
    "%5",
    "%6",
    "%7",
    "%25",
];

/// What stands in a credential's place.
const REDACTED: &str = "[redacted]";

/// Finds and replaces credentials.
pub(crate) struct Redactor {
    suspicious: AhoCorasick,
}

impl Redactor {
    /// # Errors
    /// When the word search cannot be built.
    pub(crate) fn new() -> Result<Self, BuildError> {
        let suspicious = AhoCorasick::builder().ascii_case_insensitive(true).build(SUSPICIOUS)?;
        Ok(Self { suspicious })
    }

    /// Redacts one line of valid JSON.
    pub(crate) fn redact<'a>(&self, line: &'a str) -> Cow<'a, str> {
        if self.suspicious.is_match(line) { json::redact(line) } else { Cow::Borrowed(line) }
    }
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
        if slice(self.text, from, to) == with {
            return;
        }
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
