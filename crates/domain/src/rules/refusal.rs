//! Why a text is refused, and where in it.

use std::fmt;

/// A text that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Line of the text, from 1.
    pub line: usize,
    /// Character of that line, from 1.
    pub column: usize,
    /// What is wrong and what would do, one clause.
    pub why: &'static str,
    /// The words it is about; empty where the place says enough.
    pub found: String,
}

impl Refusal {
    /// At byte `at` of `text`.
    pub(crate) fn new(text: &str, at: usize, why: &'static str, found: &str) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.get(begin..).unwrap_or_default().chars().count() + 1;
        Self { line, column, why, found: crate::text::kept(found).to_owned() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.line, self.column, self.why)?;
        if !self.found.is_empty() {
            write!(out, ": `{}`", self.found)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        for (text, at, place) in
            [("abc", 0, (1, 1)), ("äbc", 2, (1, 2)), ("a\nbc", 3, (2, 2)), ("a", 9, (1, 2))]
        {
            let refusal = Refusal::new(text, at, "no", "");
            assert_eq!((refusal.line, refusal.column), place, "{text} {at}");
        }
        assert_eq!(Refusal::new("x", 0, "not known", "x").to_string(), "1:1: not known: `x`");
    }
}
