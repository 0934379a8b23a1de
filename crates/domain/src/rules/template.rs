//! Texts of labels and annotations with places for an alert's value and labels.
//!
//! The subset of Go's templates that alerts use: `{{ $value }}`, `{{ $labels.name }}` (also `.Value`, `.Labels.name`),
//! and one function of it, before or after a bar: `printf`, `humanize`, `humanizePercentage`, `humanizeDuration`.
//! Invariant: what is taken is written as Prometheus would; everything else is refused at its place.

use super::{labels::Labels, number, refusal::Refusal, token::quoted};

/// A text that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Value(Form),
    Label(Box<str>),
}

/// How a value is written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Plain,
    Humanize,
    Percentage,
    Duration,
    /// Text before, a verb, text after.
    Printf {
        before: Box<str>,
        verb: Verb,
        after: Box<str>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Fixed(usize),
    General(Option<usize>),
}

/// The most decimals that a verb can ask for.
const MAX_DECIMALS: usize = 20;

impl Template {
    /// Reads `source`.
    ///
    /// # Errors
    /// The first action that is not of the subset, and where.
    pub fn new(source: &str) -> Result<Self, Refusal> {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(open) = rest.find("{{") else {
                parts.push(Part::Text(rest.into()));
                break;
            };
            if let Some(text) = rest.get(..open).filter(|text| !text.is_empty()) {
                parts.push(Part::Text(text.into()));
            }
            let inner = rest.get(open + 2..).unwrap_or_default();
            let begin = at + open + 2;
            let close = end_of_action(inner)
                .ok_or_else(|| Refusal::new(source, at + open, "`{{` has no `}}` after it", ""))?;
            let action = inner.get(..close).unwrap_or_default();
            parts.push(part(action).map_err(|why| Refusal::new(source, begin, why, action.trim()))?);
            at = begin + close + 2;
        }
        Ok(Self(parts))
    }

    /// Whether the text depends on the value.
    pub(super) fn has_value(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Value(_)))
    }

    /// The text for an alert with `labels` (those of the expression's result) and `value`.
    pub fn expand(&self, labels: &Labels, metric: Option<&str>, value: f64) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(own) => text.push_str(own),
                Part::Label(name) if **name == *"__name__" => text.push_str(metric.unwrap_or_default()),
                Part::Label(name) => text.push_str(labels.get(name)),
                Part::Value(form) => form.write(value, &mut text),
            }
        }
        text
    }
}

impl Form {
    fn write(&self, value: f64, text: &mut String) {
        match self {
            Form::Plain => text.push_str(&number::general(value, None)),
            Form::Humanize => text.push_str(&number::humanize(value)),
            Form::Percentage => text.push_str(&number::percentage(value)),
            Form::Duration => text.push_str(&number::duration(value)),
            Form::Printf { before, verb, after } => {
                text.push_str(before);
                text.push_str(&match verb {
                    Verb::Fixed(decimals) => number::fixed(value, *decimals),
                    Verb::General(digits) => number::general(value, *digits),
                });
                text.push_str(after);
            }
        }
    }
}

/// The byte of the `}}` that ends an action: the first one outside of quotes.
fn end_of_action(inner: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = inner.get(at..)?;
        match rest.chars().next()? {
            '}' if rest.starts_with("}}") => return Some(at),
            quote @ ('"' | '`') => at += quoted(rest, quote).ok()?.1,
            char => at += char.len_utf8(),
        }
    }
}

fn part(action: &str) -> Result<Part, &'static str> {
    const KNOWN: &str = "only $value and $labels.name, with printf, humanize, humanizePercentage or humanizeDuration, are known here";
    let words = words(action).ok_or(KNOWN)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (function, format, source) = match words.as_slice() {
        [source] => (None, None, *source),
        ["printf", format, source] | [source, "|", "printf", format] => {
            (Some("printf"), Some(*format), *source)
        }
        [function, source] | [source, "|", function] => (Some(*function), None, *source),
        _ => return Err(KNOWN),
    };
    let label = source.strip_prefix("$labels.").or_else(|| source.strip_prefix(".Labels."));
    if let Some(label) = label {
        let name =
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        return match function {
            _ if !name => Err(KNOWN),
            None => Ok(Part::Label(label.into())),
            Some(_) => Err("functions are for $value; a label is written as it is"),
        };
    }
    if !matches!(source, "$value" | ".Value") {
        return Err(KNOWN);
    }
    Ok(Part::Value(match (function, format) {
        (None, _) => Form::Plain,
        (Some("humanize"), None) => Form::Humanize,
        (Some("humanizePercentage"), None) => Form::Percentage,
        (Some("humanizeDuration"), None) => Form::Duration,
        (Some("printf"), Some(format)) => printf(format)?,
        _ => return Err(KNOWN),
    }))
}

/// The words of an action; a quoted text is one, with its quote before it. `None` where a quote does not end.
fn words(action: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = action.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if matches!(first, '"' | '`') {
            let (text, length) = quoted(rest, first).ok()?;
            words.push(format!("\"{text}"));
            length
        } else if first == '|' {
            words.push("|".to_owned());
            1
        } else {
            let length =
                rest.find(|c: char| c.is_whitespace() || matches!(c, '|' | '"' | '`')).unwrap_or(rest.len());
            words.push(rest.get(..length)?.to_owned());
            length
        };
        rest = rest.get(length..)?.trim_start();
    }
    Some(words)
}

/// Reads a format with one verb for a number.
fn printf(format: &str) -> Result<Form, &'static str> {
    const VERBS: &str = "printf takes a quoted text with one of %f, %g and %v, with decimals as in %.2f, and %% for a percent sign";
    let mut rest = format.strip_prefix('"').ok_or(VERBS)?.chars().peekable();
    let (mut before, mut after, mut verb) = (String::new(), String::new(), None);
    while let Some(char) = rest.next() {
        let text = if verb.is_none() { &mut before } else { &mut after };
        if char != '%' || rest.next_if_eq(&'%').is_some() {
            text.push(char);
            continue;
        }
        let mut decimals = None;
        if rest.next_if_eq(&'.').is_some() {
            let mut number = 0_usize;
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                number = number.saturating_mul(10).saturating_add(digit.to_digit(10).unwrap_or(0) as usize);
            }
            decimals = Some(number).filter(|number| *number <= MAX_DECIMALS);
            decimals.ok_or(VERBS)?;
        }
        let found = match rest.next() {
            Some('f') => Verb::Fixed(decimals.unwrap_or(6)),
            Some('g' | 'v') => Verb::General(decimals),
            _ => return Err(VERBS),
        };
        if verb.replace(found).is_some() {
            return Err(VERBS);
        }
    }
    let verb = verb.ok_or(VERBS)?;
    Ok(Form::Printf { before: before.into(), verb, after: after.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, value: f64, expected: &str) {
        let labels = Labels::new([("kind", "ack")]);
        assert_eq!(Template::new(source).unwrap().expand(&labels, Some("m"), value), expected, "{source}");
    }

    #[test]
    fn values_and_labels_take_their_places() {
        check("plain } text", 1.0, "plain } text");
        check("{{ $labels.kind }}: {{ $value }} ms", 52.5, "ack: 52.5 ms");
        check("{{.Labels.kind}}{{.Value}}{{ $labels.none }}{{ $labels.__name__ }}", 2.0, "ack2m");
        check(
            "{{ $value | humanizePercentage }} or {{ humanizePercentage $value }}",
            0.256,
            "25.6% or 25.6%",
        );
        check("{{ humanize $value }} {{ $value|humanizeDuration }}", 90.0, "90 1m 30s");
        check("{{ printf \"%.1f%% }}\" $value }}", 12.25, "12.2% }}");
        check("{{ $value | printf `%.3g ms` }}", 12.256, "12.3 ms");
    }

    #[test]
    fn what_is_not_known_is_refused_at_its_place() {
        for (source, column) in [
            ("a {{ $value", 3),
            ("a {{ $labels }}", 5),
            ("{{ toUpper $labels.kind }}", 3),
            ("{{ if $value }}", 3),
            ("{{ $value | humanize | printf \"%s\" }}", 3),
            ("{{ printf \"%s\" $value }}", 3),
            ("{{ printf \"%.2f %.2f\" $value }}", 3),
            ("{{ $externalLabels.x }}", 3),
            ("{{ $labels.a-b }}", 3),
            ("{{- $value }}", 3),
            ("{{ }}", 3),
        ] {
            assert_eq!(Template::new(source).unwrap_err().column, column, "{source}");
        }
    }
}
