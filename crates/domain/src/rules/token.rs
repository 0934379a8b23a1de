//! The words of an expression, with the byte where each begins.

use super::refusal::Refusal;

/// What a word is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'t> {
    /// A name: of a metric, a function, a label, or an operator in letters.
    Name(&'t str),
    /// Begins with a digit: a number or a duration, as written.
    Number(&'t str),
    /// A quoted text, unescaped, and whether its place inside the quotes is that of the source.
    Text { value: String, verbatim: bool },
    /// An operator or a bracket.
    Sign(&'static str),
    /// After the last word.
    End,
}

/// One word.
#[derive(Clone, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    /// Byte of the source where it begins, and where it ends.
    pub(super) at: usize,
    pub(super) end: usize,
}

/// Longer signs before their beginnings.
const SIGNS: [&str; 22] = [
    "==", "!=", "=~", "!~", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "^", "(", ")", "{", "}", "[",
    "]", ",",
];

/// Splits `source` into words; the last one is [`Kind::End`].
///
/// # Errors
/// Where something begins that is no word of the language, or a quote that does not end.
pub(super) fn split(source: &str) -> Result<Vec<Token<'_>>, Refusal> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with([' ', '\t', '\n', '\r']) {
            at += 1;
        } else if rest.starts_with('#') {
            at += rest.find('\n').unwrap_or(rest.len());
        } else {
            let (kind, length) = word(source, at, rest)?;
            tokens.push(Token { kind, at, end: at + length });
            at += length;
        }
    }
    tokens.push(Token { kind: Kind::End, at: source.len(), end: source.len() });
    Ok(tokens)
}

/// The word at the beginning of `rest`, which is what follows `at`, and its length in bytes.
fn word<'t>(source: &str, at: usize, rest: &'t str) -> Result<(Kind<'t>, usize), Refusal> {
    let begins = |wanted: fn(&u8) -> bool| rest.as_bytes().first().is_some_and(wanted);
    if begins(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':')) {
        let length =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len());
        return Ok((Kind::Name(rest.get(..length).unwrap_or(rest)), length));
    }
    let fraction = rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) && rest.starts_with('.');
    if fraction || begins(u8::is_ascii_digit) {
        let length = number_length(rest);
        return Ok((Kind::Number(rest.get(..length).unwrap_or(rest)), length));
    }
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) {
        let (value, length) =
            quoted(rest, quote).map_err(|(inside, why)| Refusal::new(source, at + inside, why, ""))?;
        return Ok((Kind::Text { verbatim: value.len() + 2 == length, value }, length));
    }
    match SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        Some(sign) => Ok((Kind::Sign(sign), sign.len())),
        None if rest.starts_with('@') => {
            Err(Refusal::new(source, at, "`@` is not part of the subset: rules look at now", ""))
        }
        None if rest.starts_with('!') => {
            Err(Refusal::new(source, at, "`!` stands only in `!=` and `!~`", ""))
        }
        None => {
            let found = rest.chars().next().map(String::from).unwrap_or_default();
            Err(Refusal::new(source, at, "no word of an expression begins so", &found))
        }
    }
}

/// How far a word that begins with a digit reaches: letters, digits, dots, and a sign after an exponent's `e`.
fn number_length(rest: &str) -> usize {
    let hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
    let mut before = ' ';
    for (at, char) in rest.char_indices() {
        let exponent = !hexadecimal && matches!(before, 'e' | 'E') && matches!(char, '+' | '-');
        if !(char.is_ascii_alphanumeric() || matches!(char, '.' | '_') || exponent) {
            return at;
        }
        before = char;
    }
    rest.len()
}

/// The text between the quotes that `rest` begins with, and the length with them.
pub(super) fn quoted(rest: &str, quote: char) -> Result<(String, usize), (usize, &'static str)> {
    let mut value = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            char if char == quote => return Ok((value, at + 1)),
            '\n' if quote != '`' => break,
            '\\' if quote != '`' => value.push(match chars.next() {
                Some((_, 'n')) => '\n',
                Some((_, 't')) => '\t',
                Some((_, 'r')) => '\r',
                Some((_, '\\')) => '\\',
                Some((_, escaped)) if escaped == quote => escaped,
                _ => return Err((at, "only \\n, \\t, \\r, \\\\ and the quote itself can be escaped")),
            }),
            char => value.push(char),
        }
    }
    Err((0, "this quote does not end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &[Kind<'_>]) {
        let kinds: Vec<_> = split(source).unwrap().into_iter().map(|token| token.kind).collect();
        assert_eq!(kinds, [expected, &[Kind::End]].concat(), "{source}");
    }

    fn text(value: &str, verbatim: bool) -> Kind<'static> {
        Kind::Text { value: value.to_owned(), verbatim }
    }

    #[test]
    fn words_are_told_apart() {
        check(
            "a:b_c1>=-1.5e-3",
            &[Kind::Name("a:b_c1"), Kind::Sign(">="), Kind::Sign("-"), Kind::Number("1.5e-3")],
        );
        check(
            "x[5m] # why\n+.5",
            &[
                Kind::Name("x"),
                Kind::Sign("["),
                Kind::Number("5m"),
                Kind::Sign("]"),
                Kind::Sign("+"),
                Kind::Number(".5"),
            ],
        );
        check("0x1e+2", &[Kind::Number("0x1e"), Kind::Sign("+"), Kind::Number("2")]);
        check("=~!~", &[Kind::Sign("=~"), Kind::Sign("!~")]);
        check("", &[]);
    }

    #[test]
    fn quotes_are_read_with_their_escapes() {
        check(r#""a\"\n\\" 'b"' `c\n`"#, &[text("a\"\n\\", false), text("b\"", true), text("c\\n", true)]);
    }

    #[test]
    fn what_is_no_word_is_refused_at_its_place() {
        for (source, column) in
            [("a @ 5", 3), ("a ! b", 3), ("a; b", 2), ("\"ab", 1), (r#""a\q""#, 3), ("a 'b\n'", 3)]
        {
            let refusal = split(source).unwrap_err();
            assert_eq!((refusal.line, refusal.column), (1, column), "{source}");
        }
    }
}
