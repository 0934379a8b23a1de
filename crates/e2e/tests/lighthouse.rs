//! What Lighthouse says of the built page behind nginx, on a session that grows.
//!
//! Run by `cargo xtask bench --lighthouse`, which installs it. It prints scores and what lowers them, and asserts none: they
//! depend on the machine.

use std::io::Write as _;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use aurora_e2e::places;
use aurora_e2e::stack::Stack;
use serde_json::Value;

const CATEGORIES: [&str; 3] = ["performance", "accessibility", "best-practices"];
/// What the performance score is made of.
const TIMES: [&str; 5] = [
    "first-contentful-paint",
    "largest-contentful-paint",
    "total-blocking-time",
    "cumulative-layout-shift",
    "speed-index",
];
const RUNS: usize = 3;

fn say(what: &str) -> Result<()> {
    Ok(std::io::stdout().write_all(format!("{what}\n").as_bytes())?)
}

fn measure(url: &str, report: &std::path::Path) -> Result<Value> {
    let script = std::env::var_os("AURORA_LIGHTHOUSE").context("AURORA_LIGHTHOUSE names no script")?;
    let mut command = Command::new(places::program("NODE", &["node"])?);
    command.arg(script).arg(url).args(["--preset=desktop", "--output=json", "--quiet"]);
    command.arg(format!("--only-categories={}", CATEGORIES.join(",")));
    command.arg("--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage");
    command.arg(format!("--output-path={}", report.display()));
    command
        .env("CHROME_PATH", places::program("CHROMIUM", &["chromium", "chromium-browser", "google-chrome"])?);
    let output = command.output()?;
    ensure!(output.status.success(), "Lighthouse failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&std::fs::read(report)?)?)
}

fn score(report: &Value, category: &str) -> f64 {
    let score = report.pointer(&format!("/categories/{category}/score")).and_then(Value::as_f64);
    (score.unwrap_or(f64::NAN) * 100.0).round()
}

/// Every audit that is not all it could be.
fn lowered(report: &Value) -> Vec<String> {
    let audits = report.get("audits").and_then(Value::as_object);
    let below = |audit: &&Value| audit.get("score").and_then(Value::as_f64).is_some_and(|score| score < 1.0);
    let text =
        |audit: &Value, name: &str| audit.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let line = |audit: &Value| format!("  {}: {}", text(audit, "id"), text(audit, "displayValue"));
    audits.into_iter().flat_map(|audits| audits.values().filter(below).map(line)).collect()
}

#[tokio::test]
#[ignore = "prints scores, and needs Lighthouse"]
async fn lighthouse_judges_the_page_behind_nginx() -> Result<()> {
    let (stack, _writer) = Stack::start_on_session(1350, 940, 50).await?;
    stack.recovers().await?;
    stack.browser.client().goto("about:blank").await?; // one page at a time
    for run in 1..=RUNS {
        let report = measure(&stack.url(), &stack.folder().join("lighthouse.json"))?;
        let scores = CATEGORIES.map(|category| format!("{category} {}", score(&report, category)));
        let times = TIMES.map(|id| {
            let shown = report.pointer(&format!("/audits/{id}/displayValue")).and_then(Value::as_str);
            format!("{id} {}", shown.unwrap_or("-"))
        });
        say(&format!("run {run}: {}; {}", scores.join(", "), times.join(", ")))?;
        say(&lowered(&report).join("\n"))?;
    }
    Ok(())
}
