//! Patterns of label values: the regular expressions that need no engine.
//!
//! A pattern is alternatives between `|`, optionally all in one pair of parentheses; each is a sequence of characters,
//! escaped punctuation, `.`, `.*` and `.+`. Invariants: it matches the whole value, as in Prometheus; `.` is any
//! character but a line feed, as in Go; anything else is refused, never read as text.

/// One step of an alternative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// This character.
    Char(char),
    /// Any one character but a line feed.
    Any,
    /// Any number of those, none too.
    Run,
}

/// A pattern that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    source: Box<str>,
    alternatives: Vec<Vec<Step>>,
}

impl Pattern {
    /// Reads `source`.
    ///
    /// # Errors
    /// Why it is refused, and the byte of `source` where.
    pub fn new(source: &str) -> Result<Self, (usize, &'static str)> {
        let bracketed = source.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        let (inner, offset) = bracketed.map_or((source, 0), |inner| (inner, 1));
        let mut alternatives = vec![Vec::new()];
        let mut rest = inner.char_indices().peekable();
        while let Some((at, char)) = rest.next() {
            let step = match char {
                '|' => {
                    alternatives.push(Vec::new());
                    continue;
                }
                '.' => Step::Any,
                '\\' => match rest.next() {
                    Some((_, escaped)) if escaped.is_ascii_punctuation() => Step::Char(escaped),
                    _ => return Err((offset + at, "only punctuation can be escaped in a pattern here")),
                },
                '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$' => {
                    return Err((
                        offset + at,
                        "patterns here are texts with `.`, `.*`, `.+` and alternatives between `|`",
                    ));
                }
                char => Step::Char(char),
            };
            let Some(steps) = alternatives.last_mut() else { continue };
            let repeated =
                (step == Step::Any).then(|| rest.next_if(|(_, c)| matches!(c, '*' | '+'))).flatten();
            match repeated {
                Some((_, '*')) => steps.push(Step::Run),
                Some(_) => steps.extend([Step::Any, Step::Run]),
                None => steps.push(step),
            }
            if repeated.is_some()
                && let Some((at, _)) = rest.peek().filter(|(_, c)| *c == '?')
            {
                return Err((offset + at, "a lazy repetition matches the same: leave the `?` out"));
            }
        }
        Ok(Self { source: source.into(), alternatives })
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it matches all of `value`.
    pub fn matches(&self, value: &str) -> bool {
        self.alternatives.iter().any(|steps| matches(steps, value))
    }
}

/// Whether `steps` match all of `value`. A run gives back one character at a time to what follows it; only the last
/// run has to be tried again, so the work is at most the product of both lengths.
fn matches(steps: &[Step], value: &str) -> bool {
    let (mut steps_left, mut value_left) = (steps, value.chars());
    let mut retry = None;
    loop {
        let (step, char) = (steps_left.first(), value_left.clone().next());
        match (step, char) {
            (None, None) => return true,
            (Some(Step::Run), _) => {
                steps_left = steps_left.get(1..).unwrap_or_default();
                retry = Some((steps_left, value_left.clone()));
                continue;
            }
            (Some(Step::Char(wanted)), Some(char)) if *wanted == char => {}
            (Some(Step::Any), Some(char)) if char != '\n' => {}
            _ => {
                let Some((after, from)) = retry.as_mut() else { return false };
                if from.next().is_none_or(|char| char == '\n') {
                    return false;
                }
                (steps_left, value_left) = (after, from.clone());
                continue;
            }
        }
        steps_left = steps_left.get(1..).unwrap_or_default();
        value_left.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, matching: &[&str], other: &[&str]) {
        let pattern = Pattern::new(source).unwrap();
        for value in matching {
            assert!(pattern.matches(value), "{source} {value:?}");
        }
        for value in other {
            assert!(!pattern.matches(value), "{source} {value:?}");
        }
    }

    #[test]
    fn a_pattern_matches_the_whole_value() {
        check("ack", &["ack"], &["", "acks", "back"]);
        check("", &[""], &["a"]);
        check("a|b", &["a", "b"], &["ab", ""]);
        check("(a|b)", &["a", "b"], &["(a", "a|b"]);
        check("a|", &["a", ""], &["b"]);
    }

    #[test]
    fn dots_stand_for_characters_and_runs() {
        check("5..", &["500", "5äx"], &["50", "5000", "5\n0"]);
        check(".*", &["", "anything"], &["a\nb"]);
        check(".+", &["a"], &["", "\n"]);
        check("ORDER\\..*", &["ORDER.ACK", "ORDER."], &["ORDERS"]);
        check(".*_a.*b|c", &["x_ab", "_a_a_b", "c"], &["_a_bx", "cc"]);
        check("a.*bc.*d", &["abcbcxd", "abcd"], &["abxcd"]);
    }

    #[test]
    fn what_needs_an_engine_is_refused_at_its_place() {
        for (source, at) in [
            ("a[bc]", 1),
            ("a?", 1),
            ("^a", 0),
            ("(a)(b)", 2),
            ("a{2}", 1),
            ("\\d", 0),
            ("a*", 1),
            (".*?", 2),
        ] {
            assert_eq!(Pattern::new(source).unwrap_err().0, at, "{source}");
        }
    }
}
