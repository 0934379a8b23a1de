//! JSON text as the bot's serialiser writes it: insertion order, `", "` and `": "`, ASCII only, floats by `repr`.

use std::fmt::Write as _;

/// An object under construction; keys appear in the order they are added.
#[derive(Debug, Clone, Default)]
pub(super) struct Object {
    text: String,
}

impl Object {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn text(self, key: &str, value: &str) -> Self {
        self.with(key, |text| quote(text, value))
    }

    /// A text, or null.
    pub(super) fn maybe(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self.raw(key, "null"),
        }
    }

    pub(super) fn float(self, key: &str, value: f64) -> Self {
        self.with(key, |text| repr(text, value))
    }

    pub(super) fn int(self, key: &str, value: u64) -> Self {
        self.with(key, |text| _ = write!(text, "{value}"))
    }

    pub(super) fn flag(self, key: &str, value: bool) -> Self {
        self.raw(key, if value { "true" } else { "false" })
    }

    pub(super) fn null(self, key: &str) -> Self {
        self.raw(key, "null")
    }

    #[expect(clippy::needless_pass_by_value, reason = "a builder ends where it is put in")]
    pub(super) fn object(self, key: &str, value: Self) -> Self {
        self.with(key, |text| value.append_to(text))
    }

    /// A list of texts.
    pub(super) fn list(self, key: &str, values: &[&str]) -> Self {
        self.with(key, |text| {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                quote(text, value);
            }
            text.push(']');
        })
    }

    /// A value that is JSON already.
    pub(super) fn raw(self, key: &str, value: &str) -> Self {
        self.with(key, |text| text.push_str(value))
    }

    /// The inside of another object, after what is there.
    pub(super) fn splice(mut self, other: &Self) -> Self {
        if !self.text.is_empty() && !other.text.is_empty() {
            self.text.push_str(", ");
        }
        self.text.push_str(&other.text);
        self
    }

    /// The finished text.
    pub(super) fn close(self) -> String {
        let mut text = String::with_capacity(self.text.len() + 2);
        self.append_to(&mut text);
        text
    }

    fn append_to(&self, text: &mut String) {
        text.push('{');
        text.push_str(&self.text);
        text.push('}');
    }

    fn with(mut self, key: &str, value: impl FnOnce(&mut String)) -> Self {
        if !self.text.is_empty() {
            self.text.push_str(", ");
        }
        quote(&mut self.text, key);
        self.text.push_str(": ");
        value(&mut self.text);
        self
    }
}

/// A float as JSON text.
pub(super) fn number(value: f64) -> String {
    let mut text = String::new();
    repr(&mut text, value);
    text
}

/// A decimal text of fixed length, quoted: how the bot sends prices and quantities as strings.
pub(super) fn quoted(value: f64, decimals: usize) -> String {
    format!("\"{value:.decimals$}\"")
}

/// `value` rounded to `decimals` places.
pub(super) fn round(value: f64, decimals: usize) -> f64 {
    let scale = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6].get(decimals).copied().unwrap_or(1e6);
    libm::round(value * scale) / scale
}

/// Shortest text that reads back the same, with an exponent below 1e-4 and from 1e16 as Python's `repr` has it.
fn repr(text: &mut String, value: f64) {
    let size = value.abs();
    if !value.is_finite() {
        text.push_str("null");
    } else if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let short = format!("{value:e}");
        let (digits, exponent) = short.split_once('e').unwrap_or((&short, "0"));
        let (sign, power) = exponent.strip_prefix('-').map_or(('+', exponent), |power| ('-', power));
        _ = write!(text, "{digits}e{sign}{power:0>2}");
    } else {
        _ = write!(text, "{value:?}");
    }
}

fn quote(text: &mut String, value: &str) {
    text.push('"');
    for unit in value.chars() {
        match unit {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            ' '..='~' => text.push(unit),
            _ => {
                for half in unit.encode_utf16(&mut [0; 2]) {
                    _ = write!(text, "\\u{half:04x}");
                }
            }
        }
    }
    text.push('"');
}
