//! `cargo xtask bench` and `cargo xtask fuzz`: what the way from bytes to state costs, and whether it holds.
//!
//! `bench` prints Markdown: criterion's native times go to its own output, the browser's come last. The JavaScript sides
//! need the npm packages eventsource-parser and uplot, which npm fetches into the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::args::Args;
use crate::system::{self, CHROMEDRIVER, CHROMIUM, NGINX};
use crate::tools::{self, Tool};
use crate::workspace::Workspace;
use crate::{dashboard, dist, feed, npm, process, toolchain};

/// Packages of the JavaScript sides: name, what npm installs, and which built files the page needs, by extension.
const PACKAGES: [(&str, &str, &str); 2] =
    [("eventsource-parser", "eventsource-parser@4", "js"), ("uplot", "uplot@1.6.32", "js css")];
/// Files of `crates/bench/page`.
const PAGE: [&str; 5] = ["index.html", "bench.js", "reduce.js", "charts.html", "charts.js"];

/// Measures natively, then in the browser: first the reduction, then charts. `--lighthouse` lets Lighthouse judge the built
/// page behind nginx, and nothing else.
pub(crate) fn main(workspace: &Workspace, words: Vec<String>) -> Result<()> {
    let flags = ["--browser-only", "--native-only", "--charts-only", "--lighthouse"];
    let args = Args::parse(words, &["--events", "--rounds", "--redraws"], &flags)?;
    if args.has("--lighthouse") {
        return lighthouse(workspace);
    }
    if !args.has("--browser-only") && !args.has("--charts-only") {
        for (package, bench) in
            [("aurora-bench", "lines"), ("aurora-bench", "snapshot"), ("aurora-domain", "quantiles")]
        {
            process::run(cargo(workspace).args(["bench", "-p", package, "--bench", bench]))?;
        }
    }
    if args.has("--native-only") {
        return Ok(());
    }
    system::ensure(&[&CHROMIUM, &CHROMEDRIVER])?;
    let page = build_page(workspace)?;
    if !args.has("--charts-only") {
        run_page(workspace, &args, &page, &[])?;
    }
    run_page(workspace, &args, &page, &["--charts"])
}

/// Builds what the page needs and runs the end-to-end test that shows it to Lighthouse.
fn lighthouse(workspace: &Workspace) -> Result<()> {
    npm::ensure(workspace, "lighthouse")?.context("npm is not on PATH: install Node.js")?;
    system::ensure(&[&CHROMIUM, &CHROMEDRIVER, &NGINX])?;
    dashboard::ensure_tools(workspace)?;
    dist::main(workspace, vec!["--precompress".to_owned()])?; // as it is deployed
    let feed = feed::build(workspace)?;
    let words = ["test", "-p", "aurora-e2e", "--test", "lighthouse", "--", "--ignored", "--nocapture"];
    process::run(
        cargo(workspace)
            .args(words)
            .env("AURORA_FEED_BIN", feed)
            .env("AURORA_DIST", workspace.dist())
            .env("AURORA_LIGHTHOUSE", npm::script(workspace, "lighthouse", "lighthouse/cli/index.js"))
            .env("CHROMEDRIVER", CHROMEDRIVER.require()?)
            .env("CHROMIUM", CHROMIUM.require()?)
            .env("NGINX", NGINX.require()?),
    )
}

fn run_page(workspace: &Workspace, args: &Args, page: &Path, which: &[&str]) -> Result<()> {
    let mut command = cargo(workspace);
    command.args(["run", "--release", "-p", "aurora-bench", "--bin", "browser", "--", "--page"]).arg(page);
    command.args(which);
    for flag in ["--events", "--rounds", "--redraws"] {
        if let Some(value) = args.value(flag) {
            command.args([flag, value]);
        }
    }
    command.env("CHROMEDRIVER", CHROMEDRIVER.require()?).env("CHROMIUM", CHROMIUM.require()?);
    process::run(&mut command)
}

/// Compares the two readers of lines on lines changed at random.
pub(crate) fn fuzz(workspace: &Workspace, words: Vec<String>) -> Result<()> {
    let args = Args::parse(words, &["--seconds", "--seed"], &[])?;
    let mut command = cargo(workspace);
    command.args(["run", "--release", "-p", "aurora-bench", "--bin", "fuzz", "--"]);
    for flag in ["--seconds", "--seed"] {
        if let Some(value) = args.value(flag) {
            command.args([flag, value]);
        }
    }
    process::run(&mut command)
}

fn cargo(workspace: &Workspace) -> Command {
    let mut command = process::cargo();
    command.current_dir(&workspace.root);
    command
}

/// Builds the module with the dashboard's own profile and puts the page together.
fn build_page(workspace: &Workspace) -> Result<PathBuf> {
    toolchain::ensure_wasm_target()?;
    let tools = Tool::wasm_bindgen(workspace)?.ensure(workspace)?;
    let page = workspace.target.join("bench").join("page");
    std::fs::create_dir_all(&page).with_context(|| format!("cannot create {}", page.display()))?;
    let words =
        ["build", "-p", "aurora-bench", "--lib", "--target", toolchain::WASM, "--profile", "wasm-release"];
    process::run(cargo(workspace).args(words))?;
    let module = workspace.target.join(toolchain::WASM).join("wasm-release/aurora_bench.wasm");
    let mut bindgen = Command::new(tools.join("wasm-bindgen"));
    bindgen.args(["--target", "web", "--no-typescript", "--out-dir"]).arg(&page).arg(module);
    process::run(&mut bindgen)?;
    for file in PAGE {
        copy(&workspace.root.join("crates/bench/page").join(file), &page.join(file))?;
    }
    for package in PACKAGES {
        fetch(workspace, &page, package)?;
    }
    Ok(page)
}

/// Puts the built files of an npm package with one of the `extensions` into a folder of the page.
fn fetch(workspace: &Workspace, page: &Path, (name, package, extensions): (&str, &str, &str)) -> Result<()> {
    let packages = workspace.target.join("bench").join("npm");
    let built = packages.join("node_modules").join(name).join("dist");
    if !built.is_dir() {
        let Some(npm) = tools::on_path("npm") else {
            bail!(
                "npm is not on PATH: the JavaScript side needs {package}; install Node.js, or use --native-only"
            );
        };
        let words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
        process::run(Command::new(npm).args(words).arg(&packages).arg(package))?;
    }
    let folder = page.join(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for entry in std::fs::read_dir(&built).with_context(|| format!("cannot list {}", built.display()))? {
        let file = entry?.path();
        let wanted =
            file.extension().is_some_and(|found| extensions.split(' ').any(|extension| found == extension));
        if wanted {
            copy(&file, &folder.join(file.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}
