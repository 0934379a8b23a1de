//! Prometheus' text format, version 0.0.4.
//!
//! Invariants: a family is written once, HELP and TYPE before its samples; a family without samples is not written at
//! all, so that no data is an absent series; label values are escaped; a number that is not finite is left out.

use std::fmt::Write as _;

pub(crate) use aurora_domain::metrics::{Column, Kind, Sink};

/// The content type of the format.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A text that is being written.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    text: String,
    /// The family whose samples come now, until its first one.
    begun: Option<(&'static str, Kind, &'static str)>,
    name: &'static str,
}

impl Exposition {
    /// The text.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}

impl Sink for Exposition {
    fn begin(&mut self, name: &'static str, kind: Kind, help: &'static str) -> bool {
        (self.begun, self.name) = (Some((name, kind, help)), name);
        true
    }

    fn put(&mut self, labels: &[(&str, &str)], value: f64) {
        // Writing to a string does not fail.
        if let Some((name, kind, help)) = self.begun.take() {
            let kind = match kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Summary => "summary",
            };
            writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}").ok();
        }
        self.text.push_str(self.name);
        for (index, (name, value)) in labels.iter().enumerate() {
            self.text.push(if index == 0 { '{' } else { ',' });
            self.text.push_str(name);
            self.text.push_str("=\"");
            self.text.extend(value.chars().map(Escaped::of).flat_map(Escaped::chars));
            self.text.push('"');
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        writeln!(self.text, " {value}").ok();
    }
}

/// One character of a label's value.
#[derive(Clone, Copy)]
struct Escaped {
    backslash: bool,
    char: char,
}

impl Escaped {
    fn of(char: char) -> Self {
        match char {
            '\\' | '"' => Self { backslash: true, char },
            '\n' => Self { backslash: true, char: 'n' },
            _ => Self { backslash: false, char },
        }
    }

    fn chars(self) -> impl Iterator<Item = char> {
        self.backslash.then_some('\\').into_iter().chain([self.char])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(write: impl FnOnce(&mut Exposition), expected: &str) {
        let mut out = Exposition::default();
        write(&mut out);
        assert_eq!(out.finish(), expected);
    }

    #[test]
    fn help_and_type_come_once_and_before_the_samples() {
        check(
            |out| {
                let mut family = out.family("a_total", Kind::Counter, "How many.");
                family.sample(&[("x", "1"), ("y", "2")], 3.0);
                family.sample(&[("x", "2"), ("y", "2")], 0.5);
            },
            "# HELP a_total How many.\n# TYPE a_total counter\na_total{x=\"1\",y=\"2\"} 3\na_total{x=\"2\",y=\"2\"} 0.5\n",
        );
    }

    #[test]
    fn no_data_is_an_absent_series() {
        check(|out| out.gauge("a", "A.", None), "");
        check(|out| out.gauge("a", "A.", f64::NAN), "");
        check(|out| out.family("a", Kind::Gauge, "A.").sample_if(&[("x", "y")], None), "");
    }

    #[test]
    fn label_values_are_escaped() {
        check(
            |out| out.family("a", Kind::Gauge, "A.").sample(&[("x", "q\"b\\n\nü")], 1.0),
            "# HELP a A.\n# TYPE a gauge\na{x=\"q\\\"b\\\\n\\nü\"} 1\n",
        );
    }

    #[test]
    fn large_counts_keep_every_digit() {
        check(
            |out| out.counter("a_total", "A.", 1_795_196_697_000_000),
            "# HELP a_total A.\n# TYPE a_total counter\na_total 1795196697000000\n",
        );
    }
}
