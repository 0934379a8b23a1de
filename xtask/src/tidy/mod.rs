//! `cargo xtask tidy`: what each package must not know, and what no source file may contain.
//!
//! Rules are data here and pure functions in [`graph`] and [`source`]. Every broken rule is listed, not just the first.

mod graph;
mod source;

use anyhow::{Result, bail};

use crate::process;
use crate::workspace::{self, Workspace};
use graph::{Graph, Rule};
use source::Finding;

/// Everything that only makes sense in a browser.
const BROWSER: &[&str] =
    &["gloo-*", "js-sys", "leptos", "leptos_*", "plotters-canvas", "wasm-bindgen*", "web-sys"];
const FORMATS: &[&str] = &["serde", "serde_core", "serde_json"];
const CLOCKS: &[&str] = &["chrono", "instant", "time", "web-time"];
const ASYNC_AND_HTTP: &[&str] = &[
    "async-std",
    "axum",
    "futures*",
    "h2",
    "http",
    "http-body",
    "hyper*",
    "mio",
    "reqwest",
    "tokio*",
    "tower*",
];
const OWN: &[&str] = &["aurora-*"];

/// What a package must not depend on, directly or through others, on any platform.
const RULES: &[Rule] = &[
    Rule { package: "aurora-domain", never: &[BROWSER, FORMATS, CLOCKS, ASYNC_AND_HTTP, OWN], but: &[] },
    Rule { package: "aurora-wire", never: &[BROWSER, ASYNC_AND_HTTP, OWN], but: &["aurora-domain"] },
    // plotters brings web-sys along for wasm32; `time` is calendar arithmetic here, its clock is banned in source.
    Rule {
        package: "aurora-charts",
        never: &[BROWSER, FORMATS, CLOCKS, ASYNC_AND_HTTP, OWN],
        but: &["plotters", "time"],
    },
    Rule { package: "aurora-feed", never: &[BROWSER, OWN], but: &["aurora-domain", "aurora-wire"] },
    Rule {
        package: "aurora-dashboard",
        never: &[OWN],
        but: &["aurora-domain", "aurora-wire", "aurora-charts"],
    },
];

/// Checks the whole tree.
pub(crate) fn main(workspace: &Workspace) -> Result<()> {
    let mut broken = Vec::new();
    for rule in RULES {
        broken.extend(rule.broken_in(&dependencies(workspace, rule.package)?));
    }
    let mut long = Vec::new();
    for path in source::files(&workspace.root)? {
        let text = workspace::read(&workspace.root.join(&path))?;
        for finding in source::check(&path, &text) {
            match finding {
                Finding::Broken(said) => broken.push(said),
                Finding::Long(said) => long.push(said),
            }
        }
    }
    for said in &long {
        println!("warning: {said}");
    }
    if broken.is_empty() {
        println!("tidy: dependency directions and source rules hold");
        return Ok(());
    }
    bail!("tidy found {}:\n  - {}", broken.len(), broken.join("\n  - "))
}

/// What `package` depends on in a normal build, for all targets, as cargo resolves it for that package alone.
fn dependencies(workspace: &Workspace, package: &str) -> Result<Graph> {
    let mut command = process::cargo();
    command.current_dir(&workspace.root);
    command.args(["tree", "--edges", "normal", "--target", "all", "--prefix", "depth", "--no-dedupe"]);
    command.args(["--format", " {p}", "--package", package]);
    graph::parse(&process::output_text(&mut command)?)
}
