//! `cargo xtask test`: native tests, tests in a headless browser, and the whole path end to end.
//!
//! Every step runs even when an earlier one failed; the summary names the failed ones.

use anyhow::Result;

use crate::steps::Steps;
use crate::system::{self, ALERTMANAGER, CHROMEDRIVER, CHROMIUM, CURL, NGINX, PROMTOOL};
use crate::tools::Tool;
use crate::workspace::Workspace;
use crate::{dashboard, feed, npm, process, single, toolchain};

/// Installs what tests need and runs all of them.
pub(crate) fn main(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::new(8);
    steps.attempt("Rust target and tools", || dashboard::ensure_tools(workspace));
    steps.attempt("browser, driver and web server", || system::ensure(&[&CHROMIUM, &CHROMEDRIVER, &NGINX]));
    steps.attempt("curl, promtool, Alertmanager and axe-core, where they can be had", || {
        npm::ensure_if_possible(workspace, "axe");
        system::ensure_if_possible(&[&CURL, &PROMTOOL, &ALERTMANAGER])
    });
    steps.attempt("native tests", || native(workspace));
    steps.attempt("tests in headless Chromium", || browser(workspace));
    steps.attempt("dashboard (release), also as one file", || {
        dashboard::build(workspace)?;
        single::write(workspace).map(drop)
    });
    steps.attempt("feed (release)", || feed::build(workspace).map(drop));
    steps.attempt("end to end: feed, nginx, Chromium", || end_to_end(workspace));
    steps.finish()
}

fn native(workspace: &Workspace) -> Result<()> {
    let words = ["test", "--workspace", "--exclude", "aurora-dashboard", "--exclude", "aurora-e2e"];
    process::run(process::cargo().current_dir(&workspace.root).args(words))
}

/// The root package's tests, run by wasm-bindgen's runner, which reads webdriver.json in the workspace root.
fn browser(workspace: &Workspace) -> Result<()> {
    let runner = Tool::wasm_bindgen(workspace)?.ensure(workspace)?.join("wasm-bindgen-test-runner");
    process::run(
        process::cargo()
            .current_dir(&workspace.root)
            .args(["test", "-p", "aurora-dashboard", "--target", toolchain::WASM])
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
            .env("WASM_BINDGEN_TEST_TIMEOUT", "300") // seconds for all of a binary's tests; 20 without it
            .env("CHROMEDRIVER", CHROMEDRIVER.require()?),
    )
}

/// The harness finds what was built through these variables; see the `aurora-e2e` package.
fn end_to_end(workspace: &Workspace) -> Result<()> {
    let feed = workspace.target.join("release").join(format!("aurora-feed{}", std::env::consts::EXE_SUFFIX));
    process::run(
        process::cargo()
            .current_dir(&workspace.root)
            .args(["test", "-p", "aurora-e2e", "--no-fail-fast", "--", "--test-threads=1"])
            .env("RUST_LIB_BACKTRACE", "0") // a failed wait says where and why; the harness's own frames would bury it
            .env("AURORA_FEED_BIN", feed)
            .env("AURORA_DIST", workspace.dist())
            .env("AURORA_AXE", npm::script(workspace, "axe", "axe-core/axe.min.js"))
            .env("AURORA_SINGLE_FILE", workspace.target.join(single::NAME))
            .env("AURORA_E2E_OUTPUT", workspace.target.join("e2e-screenshots"))
            .env("CHROMEDRIVER", CHROMEDRIVER.require()?)
            .env("CHROMIUM", CHROMIUM.require()?)
            .env("NGINX", NGINX.require()?),
    )
}
