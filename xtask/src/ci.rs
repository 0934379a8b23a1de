//! `cargo xtask ci`: everything about the tree that is not a test.
//!
//! Every check runs even when an earlier one failed; the summary names the failed ones.

use anyhow::{Context, Result};

use crate::steps::Steps;
use crate::tools::Tool;
use crate::workspace::Workspace;
use crate::{process, tidy, toolchain};

/// The packages that must compile for a browser as well as natively.
const PORTABLE: [&str; 3] = ["aurora-domain", "aurora-wire", "aurora-charts"];

/// Runs all checks.
pub(crate) fn main(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::new(10);
    steps.attempt("Rust target and components", || {
        toolchain::ensure_wasm_target()?;
        toolchain::ensure_components()
    });
    steps.attempt("formatting", || cargo(workspace, &["fmt", "--all", "--check"]));
    steps.attempt("lints, native", || {
        cargo(workspace, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
    });
    steps.attempt("lints, dashboard for the browser", || {
        let words = ["clippy", "-p", "aurora-dashboard", "--all-targets", "--target", toolchain::WASM];
        cargo(workspace, &[&words[..], &["--", "-D", "warnings"]].concat())
    });
    steps.attempt("lints, portable packages for the browser", || portable(workspace));
    steps.attempt("documentation, native", || {
        document(workspace, &["--workspace", "--exclude", "aurora-dashboard"])
    });
    steps.attempt("documentation, dashboard", || {
        document(workspace, &["-p", "aurora-dashboard", "--target", toolchain::WASM])
    });
    steps.attempt("dependency directions and source rules (tidy)", || tidy::main(workspace));
    steps.attempt("licences, sources, duplicates (cargo-deny)", || deny(workspace));
    steps.attempt("unused dependencies (cargo-machete)", || {
        let folder = Tool::cargo_machete().ensure(workspace)?;
        let mut command = std::process::Command::new(folder.join("cargo-machete"));
        process::run(command.current_dir(&workspace.root).arg("--with-metadata"))
            .context("remove what is named above from the manifest")
    });
    steps.finish()
}

fn cargo(workspace: &Workspace, words: &[&str]) -> Result<()> {
    process::run(process::cargo().current_dir(&workspace.root).args(words))
}

fn portable(workspace: &Workspace) -> Result<()> {
    let mut words = vec!["clippy", "--lib", "--target", toolchain::WASM];
    words.extend(PORTABLE.iter().flat_map(|package| ["-p", package]));
    words.extend(["--", "-D", "warnings"]);
    cargo(workspace, &words)
}

fn document(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    let mut command = process::cargo();
    command.current_dir(&workspace.root).args(["doc", "--no-deps"]).args(packages);
    process::run(command.env("RUSTDOCFLAGS", "-Dwarnings"))
}

/// Security advisories come from a git repository rather than the package registry: they are checked where it can be
/// reached, and left out with a word where it cannot.
fn deny(workspace: &Workspace) -> Result<()> {
    let folder = Tool::cargo_deny().ensure(workspace)?;
    let command = || {
        let mut command = std::process::Command::new(folder.join("cargo-deny"));
        command.current_dir(&workspace.root);
        command
    };
    process::run(command().args(["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]))?;
    let fetched = process::output(command().args(["fetch", "db"]));
    if fetched.is_err() {
        println!("      the advisory database cannot be reached: security advisories were NOT checked");
        return Ok(());
    }
    process::run(command().args(["check", "advisories"]))
}
