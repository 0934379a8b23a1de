//! The rule files that are shipped: in force, current in their compiled form, and to Prometheus' liking.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

use aurora_feed::rules;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/rules")
}

/// The YAML files in a folder, by name; none where it cannot be read.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    files.sort();
    files
}

#[test]
fn the_compiled_rules_are_those_of_the_files() {
    let compiled = rules::read(&files(&folder())).unwrap().file().to_json();
    assert!(
        aurora_wire::rules::SHIPPED.trim_end() == compiled,
        "compile anew: cargo run -p aurora-feed -- rules deploy/rules/*.yaml > crates/wire/src/rules/shipped.json"
    );
}

#[test]
fn rules_that_are_shipped_disabled_can_be_in_force() {
    let disabled = files(&folder().join("disabled"));
    assert!(!disabled.is_empty());
    rules::read(&disabled).unwrap();
}

#[test]
fn every_metric_that_a_rule_asks_for_is_documented() {
    let documented = std::fs::read_to_string(folder().join("../../docs/metrics.md")).unwrap();
    let engine_of =
        |path: PathBuf| aurora_domain::rules::Engine::new(rules::read(&[path]).unwrap().into_groups());
    for path in files(&folder()) {
        let engine = engine_of(path);
        for metric in engine.metrics() {
            assert!(documented.contains(&format!("| `{metric}` |")), "{metric} is not in docs/metrics.md");
        }
    }
}

#[test]
fn promtool_accepts_every_file() {
    for path in files(&folder()).into_iter().chain(files(&folder().join("disabled"))) {
        match Command::new("promtool").args(["check", "rules"]).arg(&path).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                println!("promtool is not installed (Debian: prometheus); nothing was checked");
                return;
            }
            checked => {
                let checked = checked.unwrap();
                assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
            }
        }
    }
}

/// The repository's root, where references to runbooks begin.
fn root() -> PathBuf {
    folder().join("../..")
}

/// The four parts of a runbook, in their order.
const SECTIONS: [&str; 4] = ["## What it means", "## Checks", "## Causes and fixes", "## Escalation"];

/// What stands before, in and after the sections; `None` where one is not there, or not in its place.
fn sections(text: &str) -> Option<[&str; 5]> {
    let (mut parts, mut rest) = ([""; 5], text);
    for (part, section) in parts.iter_mut().zip(SECTIONS) {
        (*part, rest) = rest.split_once(&format!("\n{section}\n"))?;
    }
    *parts.last_mut()? = rest;
    Some(parts)
}

fn check_runbook(alert: &str, reference: &str) {
    let (path, anchor) = reference.split_once('#').unwrap_or((reference, ""));
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_default();
    let found = sections(&text);
    assert!(found.is_some(), "{alert}: {path} has not the four sections in their order");
    let Some([head, means, checks, causes, escalation]) = found else { return };
    assert!(head.starts_with("# "), "{path} has no title");
    assert!(
        checks.contains("\n1. ") && checks.contains("```bash\n"),
        "{path}: checks without commands in order"
    );
    assert!(causes.contains("- **"), "{path} names no cause");
    assert!(
        escalation.contains("level ") || escalation.contains("nswer within"),
        "{path} does not say who is next"
    );
    if anchor.is_empty() {
        assert_eq!(path, format!("docs/runbooks/{alert}.md"));
    } else {
        assert_eq!(anchor, alert.to_lowercase());
        assert!(means.contains(&format!("### {alert}\n")), "{path} does not tell {alert} apart");
    }
}

#[test]
fn every_alert_leads_to_a_runbook_that_says_what_to_do() {
    let all = files(&folder()).into_iter().chain(files(&folder().join("disabled")));
    let mut led_to = std::collections::BTreeSet::new();
    for path in all {
        let rules = rules::read(&[path]).unwrap();
        for rule in rules.file().groups.iter().flat_map(|group| &group.rules) {
            let reference = &rule.annotations["runbook_url"];
            check_runbook(&rule.alert, reference);
            led_to.insert(reference.split('#').next().unwrap().to_owned());
        }
    }
    let written = std::fs::read_dir(root().join("docs/runbooks")).unwrap();
    let written = written.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let written = written.filter(|name| name != "README.md").map(|name| format!("docs/runbooks/{name}"));
    assert_eq!(led_to, written.collect());
}

#[test]
fn runbooks_lead_to_each_other_and_nowhere_else() {
    let books = root().join("docs/runbooks");
    for entry in std::fs::read_dir(&books).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = std::fs::read_to_string(books.join(file));
            let target = target.unwrap_or_else(|why| panic!("{}: {link}: {why}", path.display()));
            let headings = target.lines().filter_map(|line| line.strip_prefix('#'));
            let mut headings =
                headings.map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"));
            assert!(anchor.is_empty() || headings.any(|own| own == anchor), "{}: {link}", path.display());
        }
    }
}

#[test]
fn rules_that_are_exported_with_other_thresholds_are_the_same_in_yaml_and_to_prometheus_liking() {
    let shipped = rules::read(&files(&folder())).unwrap();
    let mut groups = shipped.groups().to_vec();
    let mut changed = 0;
    for rule in groups.iter_mut().flat_map(|group| &mut group.rules) {
        let threshold = rule.threshold().map(|threshold| threshold.value * 1.5 + 0.125);
        if let Some(text) = threshold.and_then(|value| rule.with_threshold(value)) {
            *rule = aurora_domain::rules::Rule::new(text).unwrap();
            changed += 1;
        }
    }
    assert_eq!(changed, 41, "all but StreamUnavailable and the Watchdog have a threshold");
    let file = aurora_wire::rules::File::of(&groups);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("exported.yaml");
    std::fs::write(&path, file.to_yaml()).unwrap();
    assert_eq!(rules::read(std::slice::from_ref(&path)).unwrap().file(), &file);
    match Command::new("promtool").args(["check", "rules"]).arg(&path).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("promtool is not installed (Debian: prometheus); nothing was checked");
        }
        checked => {
            let checked = checked.unwrap();
            assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        }
    }
}
