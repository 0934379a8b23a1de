//! A line as people read it: its values with the names that lead to them, and the whole of it, indented.
//!
//! Numbers and texts stay as they are written: nothing is read and written again, so no digit is lost. Invariants: what
//! is no JSON is shown as it is; nesting deeper than [`MAX_DEPTH`] stays in one piece.

use std::borrow::Cow;

/// How deep objects and arrays are taken apart.
pub const MAX_DEPTH: usize = 16;

/// One value of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    /// The names that lead to it, joined by dots.
    pub path: String,
    /// Text without its quotes, anything else as it is written.
    pub text: Cow<'a, str>,
}

/// A piece of a line.
enum Token<'a> {
    /// `{` or `[`
    Open(char),
    /// `}` or `]`
    Close(char),
    Colon,
    Comma,
    /// A string with its quotes, a number or a word.
    Scalar(&'a str),
}

/// Takes a line apart; ends where it is no JSON.
struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.rest = self.rest.trim_ascii_start();
        let first = self.rest.chars().next()?;
        let (length, token): (usize, fn(&'a str) -> Token<'a>) = match first {
            '{' | '[' => (1, |text| Token::Open(if text == "{" { '{' } else { '[' })),
            '}' | ']' => (1, |text| Token::Close(if text == "}" { '}' } else { ']' })),
            ':' => (1, |_| Token::Colon),
            ',' => (1, |_| Token::Comma),
            '"' => (string_end(self.rest)?, Token::Scalar),
            _ => {
                let ends = |letter: char| letter.is_ascii_whitespace() || "{}[]:,\"".contains(letter);
                (self.rest.find(ends).unwrap_or(self.rest.len()), Token::Scalar)
            }
        };
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(token(text))
    }
}

/// Where the string that `text` begins with ends.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    Some(end? + 2)
}

/// A string without its quotes and escapes; anything else as it is.
fn plain(scalar: &str) -> Cow<'_, str> {
    let Some(inner) = scalar.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return Cow::Borrowed(scalar);
    };
    if inner.contains('\\') {
        serde_json::from_str(scalar).map_or(Cow::Borrowed(inner), Cow::Owned)
    } else {
        Cow::Borrowed(inner)
    }
}

/// A level of an object or array while its values are listed.
struct Level {
    is_array: bool,
    /// How long the path to it is.
    path_bytes: usize,
    next_index: usize,
}

/// The values of a line in their order, those of nested objects and arrays too; none where it is no JSON object. Null
/// values are left out.
pub fn values(line: &str) -> Vec<Value<'_>> {
    let mut values = Vec::new();
    let (mut levels, mut path, mut key): (Vec<Level>, String, Option<Cow<'_, str>>) =
        (Vec::new(), String::new(), None);
    let mut tokens = Tokens { rest: line };
    loop {
        let before = tokens.rest;
        let Some(token) = tokens.next() else { break };
        match token {
            Token::Open(bracket) => {
                let path_bytes = path.len();
                step(&mut path, &mut levels, key.take());
                if levels.len() >= MAX_DEPTH {
                    let text = skip(before, &mut tokens);
                    values.push(Value { path: path.clone(), text: Cow::Borrowed(text) });
                    path.truncate(path_bytes);
                } else {
                    levels.push(Level { is_array: bracket == '[', path_bytes, next_index: 0 });
                }
            }
            Token::Close(_) => {
                if let Some(level) = levels.pop() {
                    path.truncate(level.path_bytes);
                }
            }
            Token::Colon | Token::Comma => {}
            Token::Scalar(text) if key.is_none() && levels.last().is_some_and(|level| !level.is_array) => {
                key = Some(plain(text));
            }
            Token::Scalar(text) => {
                let path_bytes = path.len();
                step(&mut path, &mut levels, key.take());
                if text != "null" && !levels.is_empty() {
                    values.push(Value { path: path.clone(), text: plain(text) });
                }
                path.truncate(path_bytes);
            }
        }
    }
    values
}

/// Adds the name of the next value to its path.
fn step(path: &mut String, levels: &mut [Level], key: Option<Cow<'_, str>>) {
    let Some(level) = levels.last_mut() else { return };
    if !path.is_empty() {
        path.push('.');
    }
    match key {
        Some(key) => path.push_str(&key),
        None => path.push_str(&level.next_index.to_string()),
    }
    level.next_index += 1;
}

/// Moves behind the object or array that `before` begins with, and returns it.
fn skip<'a>(before: &'a str, tokens: &mut Tokens<'a>) -> &'a str {
    let mut depth = 1_usize;
    while depth > 0 {
        match tokens.next() {
            Some(Token::Open(_)) => depth += 1,
            Some(Token::Close(_)) => depth -= 1,
            Some(_) => {}
            None => break,
        }
    }
    before.get(..before.len() - tokens.rest.len()).unwrap_or(before)
}

/// The line over several lines, indented by two spaces a level; as it is where it is no JSON.
pub fn pretty(line: &str) -> String {
    let mut text = String::with_capacity(line.len() * 2);
    let (mut depth, mut is_empty) = (0_usize, false);
    let mut tokens = Tokens { rest: line };
    for token in tokens.by_ref() {
        match token {
            Token::Open(bracket) => {
                begin(&mut text, &mut is_empty, depth);
                text.push(bracket);
                depth += 1;
                is_empty = true;
            }
            Token::Close(bracket) => {
                let Some(outer) = depth.checked_sub(1) else { return line.to_owned() };
                depth = outer;
                if !std::mem::take(&mut is_empty) {
                    new_line(&mut text, depth);
                }
                text.push(bracket);
            }
            Token::Colon => text.push_str(": "),
            Token::Comma => {
                text.push(',');
                new_line(&mut text, depth);
            }
            Token::Scalar(scalar) => {
                begin(&mut text, &mut is_empty, depth);
                text.push_str(scalar);
            }
        }
    }
    if depth == 0 && tokens.rest.is_empty() { text } else { line.to_owned() }
}

/// The first value in an object or array stands in a line of its own.
fn begin(text: &mut String, is_empty: &mut bool, depth: usize) {
    if std::mem::take(is_empty) {
        new_line(text, depth);
    }
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    for _ in 0..depth.min(MAX_DEPTH * 4) {
        text.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINE: &str =
        r#"{"ts_ns": 1795197013386853632, "a": {"b": [1.50, {"c": "x\"y"}], "e": {}, "n": null}, "t": true}"#;

    #[track_caller]
    fn check_values(line: &str, expected: &[(&str, &str)]) {
        let found = values(line);
        let found: Vec<(&str, &str)> =
            found.iter().map(|value| (value.path.as_str(), &*value.text)).collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn every_value_has_the_names_that_lead_to_it_and_keeps_its_digits() {
        check_values(
            LINE,
            &[("ts_ns", "1795197013386853632"), ("a.b.0", "1.50"), ("a.b.1.c", "x\"y"), ("t", "true")],
        );
        check_values("{}", &[]);
        check_values("no JSON", &[]);
        check_values("12", &[]);
        check_values(r#"{"a":1,"b"#, &[("a", "1")]);
    }

    #[test]
    fn what_is_nested_too_deeply_stays_in_one_piece() {
        let deep = format!("{}1{}", "[".repeat(20), "]".repeat(20));
        let line = format!(r#"{{"a":{deep},"b":2}}"#);
        let found = values(&line);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].text, "[[[[[1]]]]]");
        assert_eq!((found[1].path.as_str(), &*found[1].text), ("b", "2"));
    }

    #[test]
    fn a_pretty_line_has_one_value_a_line() {
        let expected = "{\n  \"a\": {\n    \"b\": [\n      1.50,\n      {}\n    ]\n  },\n  \"t\": true\n}";
        assert_eq!(pretty(r#"{"a":{"b":[1.50,{}]}, "t" : true}"#), expected);
        for text in ["{\"a\":", "no } JSON", "{\"a\":\"b}"] {
            assert_eq!(pretty(text), text);
        }
    }

    proptest! {
        #[test]
        fn a_pretty_line_means_the_same(numbers: Vec<i64>, text: String, flag: bool) {
            let value = serde_json::json!({"n": numbers, "t": text, "o": {"f": flag, "e": []}});
            let pretty = pretty(&value.to_string());
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&pretty).unwrap(), value);
        }

        #[test]
        fn no_line_panics(line: String, json in "[{}\\[\\]:,\"\\\\a1 ]{0,60}") {
            for line in [&line, &json] {
                values(line);
                pretty(line);
            }
        }
    }
}
