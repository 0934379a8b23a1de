//! Rule files on disk: taken, together, refused with their names.

use super::*;

const GOOD: &str = r#"
groups:
  - name: g
    interval: 15s
    rules:
      - alert: SlowAcks
        expr: |
          aurora_latency_ms{kind="ack",quantile="0.95"}
            > 350
        for: 15m
        keep_firing_for: 5m
        labels:
          severity: critical
        annotations:
          summary: "{{ $value }} ms: slow"
"#;

fn written(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn check(name: &str, text: &str, words: &[&str]) {
    let (_folder, path) = written(name, text);
    let said = read(std::slice::from_ref(&path)).unwrap_err().to_string();
    for word in [path.to_str().unwrap()].iter().chain(words) {
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn yaml_and_json_are_the_same_file() {
    let (_folder, yaml) = written("a.yaml", GOOD);
    let rules = read(&[yaml]).unwrap();
    let rule = &rules.groups()[0].rules[0];
    assert_eq!((rule.alert(), rule.hold_for_ms(), rule.keep_firing_for_ms()), ("SlowAcks", 900_000, 300_000));
    assert!(rule.text().annotations.contains(&("summary".to_owned(), "{{ $value }} ms: slow".to_owned())));
    let (_folder, json) = written("a.json", &rules.file().to_json());
    assert_eq!(read(&[json]).unwrap(), rules);
}

#[test]
fn a_broken_file_is_named_with_rule_expression_and_position() {
    check("a.yaml", &GOOD.replace("> 350", "> > 350"), &["group `g`", "rule `SlowAcks`", "at 2:5"]);
    check("a.yaml", &GOOD.replace("alert:", "record:"), &["unknown field `record`", "line 6"]);
    check("a.yaml", &GOOD.replace("  - name", " - name: x\n  name"), &["line"]);
    check("a.json", "{", &["EOF", "line 1"]);
    check("a.yaml", &" ".repeat(2 << 20), &["over 1 MiB"]);
    let said = read(&["nowhere/a.yaml".into()]).unwrap_err().to_string();
    assert!(said.contains("nowhere/a.yaml") && said.contains("check the path"), "{said}");
}

#[test]
fn files_are_in_force_together() {
    let (folder, first) = written("a.yaml", GOOD);
    let second = folder.path().join("b.yaml");
    std::fs::write(&second, GOOD.replace("name: g", "name: h")).unwrap();
    assert_eq!(read(&[first.clone(), second]).unwrap().groups().len(), 2);
    let said = read(&[first.clone(), first]).unwrap_err().to_string();
    assert!(said.contains("together: group `g`: each group needs a name of its own"), "{said}");
}
