//! A rule file in YAML, as a Prometheus reads it.
//!
//! Invariant: every text is in double quotes with YAML's escapes, so no text is taken for a number, a date or markup.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{File, FileGroup, FileRule};

impl File {
    /// The file in YAML.
    pub fn to_yaml(&self) -> String {
        if self.groups.is_empty() {
            return "groups: []\n".to_owned();
        }
        let mut out = "groups:\n".to_owned();
        for group in &self.groups {
            write_group(&mut out, group);
        }
        out
    }
}

fn write_group(out: &mut String, group: &FileGroup) {
    out.extend(["  - name: ", &quoted(&group.name), "\n"]);
    if let Some(interval) = &group.interval {
        out.extend(["    interval: ", &quoted(interval), "\n"]);
    }
    out.push_str(if group.rules.is_empty() { "    rules: []\n" } else { "    rules:\n" });
    for rule in &group.rules {
        write_rule(out, rule);
    }
}

fn write_rule(out: &mut String, rule: &FileRule) {
    out.extend(["      - alert: ", &quoted(&rule.alert), "\n"]);
    out.extend(["        expr: ", &quoted(&rule.expr), "\n"]);
    for (name, text) in [("for", &rule.hold_for), ("keep_firing_for", &rule.keep_firing_for)] {
        if !text.is_empty() {
            out.extend(["        ", name, ": ", &quoted(text), "\n"]);
        }
    }
    write_map(out, "labels", &rule.labels);
    write_map(out, "annotations", &rule.annotations);
}

fn write_map(out: &mut String, name: &str, map: &BTreeMap<String, String>) {
    if map.is_empty() {
        return;
    }
    out.extend(["        ", name, ":\n"]);
    for (name, text) in map {
        out.extend(["          ", &quoted(name), ": ", &quoted(text), "\n"]);
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            letter if letter.is_control() || ['\u{2028}', '\u{2029}', '\u{feff}'].contains(&letter) => {
                // A text takes everything that is written to it.
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::{super::Rules, *};

    #[test]
    fn texts_are_quoted_so_that_they_stay_texts() {
        for (text, expected) in [
            ("1h", "\"1h\""),
            ("a \"b\" \\ c", "\"a \\\"b\\\" \\\\ c\""),
            ("one\ntwo\t\u{7}", "\"one\\ntwo\\t\\u0007\""),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn a_file_has_groups_rules_labels_and_texts() {
        let json = r#"{"groups":[{"name":"g","interval":"15s","rules":[{"alert":"A","expr":"x > 1","for":"5m",
            "labels":{"severity":"info"}}]},{"name":"none"}]}"#;
        let yaml = File::of(Rules::from_json(json).unwrap().groups()).to_yaml();
        let expected = "groups:\n  - name: \"g\"\n    interval: \"15000ms\"\n    rules:\n      - alert: \"A\"\n        \
            expr: \"x > 1\"\n        for: \"5m\"\n        labels:\n          \"severity\": \"info\"\n  - name: \"none\"\n    rules: []\n";
        assert_eq!(yaml, expected);
        assert_eq!(File::default().to_yaml(), "groups: []\n");
    }
}
