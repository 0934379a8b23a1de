//! Owns the rules about the text of files. Paths are relative to the workspace root, with `/` between parts.

use std::path::Path;

use anyhow::{Context, Result};

const LONG: usize = 400;
const SKIPPED: [&str; 4] = ["target", "dist", "node_modules", "Cargo.lock"];
const TEXT: [&str; 14] = [
    "conf",
    "css",
    "example",
    "html",
    "js",
    "json",
    "logrotate",
    "md",
    "rs",
    "service",
    "sh",
    "toml",
    "yaml",
    "yml",
];

/// What is wrong with a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// A rule is broken.
    Broken(String),
    /// Worth a look, no more.
    Long(String),
}

/// A text that must not stand in some files.
struct Ban {
    /// Not about tests, which may read files and keep time.
    shipped_only: bool,
    /// Beginnings of paths that it is about.
    within: &'static [&'static str],
    texts: &'static [&'static str],
    why: &'static str,
}

// Spelled in two halves where the text would otherwise find itself.
const RUST_BANS: &[Ban] = &[
    Ban {
        shipped_only: true,
        within: &["crates/domain/src/"],
        texts: &["SystemTime", "Instant::", "std::time::", "std::thread", "rand::"],
        why: "the core has no clock, threads or randomness: `now` is an argument",
    },
    Ban {
        shipped_only: true,
        within: &["crates/domain/src/", "crates/wire/src/", "crates/charts/src/"],
        texts: &["std::fs", "std::net", "std::env", "std::process", "now_utc(", "now_local("],
        why: "portable packages do no I/O and read no clock",
    },
    Ban {
        shipped_only: false,
        within: &[""],
        texts: &[concat!(".for", "get()"), concat!("mem::for", "get")],
        why: "a browser resource is a value whose Drop releases it",
    },
    Ban {
        shipped_only: false,
        within: &[""],
        texts: &[concat!("#[", "allow("), concat!("#![", "allow(")],
        why: "use #[expect(lint, reason = \"…\")]",
    },
];

const ANY_BANS: &[Ban] = &[Ban {
    shipped_only: false,
    within: &[""],
    texts: &[concat!("TO", "DO"), concat!("FIX", "ME")],
    why: "finish it, or file it where work is planned",
}];

/// Folders that exist on one machine only.
const MACHINE: [&str; 3] = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/")];

/// Every text file of the tree, sorted.
pub(super) fn files(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    collect(root, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if SKIPPED.contains(&name.as_str()) || (name.starts_with('.') && name != ".cargo" && name != ".ci") {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), found)?;
        } else if Path::new(&name).extension().is_some_and(|has| TEXT.iter().any(|text| has == *text)) {
            found.push(path);
        }
    }
    Ok(())
}

/// Everything wrong with the file at `path` that holds `text`.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let is_rust = Path::new(path).extension().is_some_and(|extension| extension == "rs");
    let mut findings: Vec<Finding> = ANY_BANS.iter().flat_map(|ban| ban.broken_in(path, text)).collect();
    findings.extend(machine_paths(path, text));
    if is_rust {
        findings.extend(RUST_BANS.iter().flat_map(|ban| ban.broken_in(path, text)));
        if path.contains("src/") && !starts_with_module_doc(text) {
            findings.push(Finding::Broken(format!("{path}:1: starts without `//!` saying what it owns")));
        }
        let lines = text.lines().count();
        if lines > LONG {
            findings.push(Finding::Long(format!("{path} has {lines} lines: is it still one idea?")));
        }
    }
    findings
}

impl Ban {
    fn broken_in(&self, path: &str, text: &str) -> Vec<Finding> {
        if !self.within.iter().any(|beginning| path.starts_with(beginning)) {
            return Vec::new();
        }
        let text = if self.shipped_only { shipped(path, text) } else { text };
        let broken = |(number, banned): (usize, &str)| {
            Finding::Broken(format!("{path}:{number}: `{banned}`: {}", self.why))
        };
        numbered(text)
            .filter_map(|(number, line)| {
                self.texts.iter().find(|banned| line.contains(**banned)).map(|banned| (number, *banned))
            })
            .map(broken)
            .collect()
    }
}

/// What of a file is not a test.
fn shipped<'a>(path: &str, text: &'a str) -> &'a str {
    if path.ends_with("/tests.rs") || path.contains("/tests/") {
        return "";
    }
    text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text)
}

fn machine_paths(path: &str, text: &str) -> Vec<Finding> {
    let stands_alone = |line: &str, at: usize| {
        !line
            .get(..at)
            .unwrap_or_default()
            .ends_with(|before: char| before.is_alphanumeric() || "/.-_}".contains(before))
    };
    numbered(text)
        .filter_map(|(number, line)| {
            let found =
                MACHINE.iter().find(|folder| line.find(**folder).is_some_and(|at| stands_alone(line, at)))?;
            Some(Finding::Broken(format!("{path}:{number}: `{found}` exists on one machine only")))
        })
        .collect()
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

fn starts_with_module_doc(text: &str) -> bool {
    text.starts_with("//!")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_finds(path: &str, text: &str, expected: &[&str]) {
        let found = check(path, text);
        assert_eq!(found.len(), expected.len(), "{path}: {found:?}");
        for (finding, says) in found.iter().zip(expected) {
            let (Finding::Broken(said) | Finding::Long(said)) = finding;
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn the_core_has_no_clock_and_portable_packages_no_files() {
        let clock = "//! x\nuse std::time::Duration;\n";
        check_finds("crates/domain/src/a.rs", clock, &["crates/domain/src/a.rs:2: `std::time::`"]);
        check_finds("crates/feed/src/a.rs", clock, &[]);
        let files = "//! x\nuse std::fs;\n";
        check_finds("crates/wire/src/a.rs", files, &["`std::fs`"]);
        check_finds("crates/wire/src/a/tests.rs", files, &[]);
        check_finds("crates/wire/src/a.rs", "//! x\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n", &[]);
    }

    #[test]
    fn leaks_bare_exceptions_and_unfinished_work_are_found_anywhere() {
        check_finds("src/a.rs", concat!("//! x\nclosure.for", "get();\n"), &["Drop releases it"]);
        check_finds("src/a.rs", concat!("//! x\n#[", "allow(dead_code)]\n"), &["#[expect"]);
        check_finds("docs/a.md", concat!("TO", "DO later\n"), &["docs/a.md:1"]);
    }

    #[test]
    fn a_source_file_starts_by_saying_what_it_owns() {
        check_finds("src/a.rs", "fn main() {}\n", &["without `//!`"]);
        check_finds("crates/x/tests/a.rs", "fn main() {}\n", &[]);
    }

    #[test]
    fn paths_of_one_machine_are_found_and_look_alikes_are_not() {
        check_finds("docs/a.md", concat!("cd /ro", "ot/x\n"), &["one machine only"]);
        check_finds("docs/a.md", concat!("frame/wo", "rk/x and ..", "/wo", "rk/y\n"), &[]);
    }

    #[test]
    fn a_long_file_is_a_warning() {
        let long = format!("//! x\n{}", "fn f() {}\n".repeat(LONG));
        assert!(matches!(check("src/a.rs", &long).as_slice(), [Finding::Long(_)]));
    }
}
