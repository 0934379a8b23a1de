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
