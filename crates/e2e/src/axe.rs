//! Owns running axe-core in the page, where npm has put it.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::places;

/// What is checked: every success criterion that axe knows, and its advice.
const TAGS: [&str; 8] =
    ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice", "EN-301-549"];
const RUN: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, arguments[0]).then(
        found => done({ violations: found.violations.map(({ id, help, nodes }) => ({ id, help,
            nodes: nodes.map(node => node.target.join(' ') + ': ' + node.failureSummary.replace(/\\s+/g, ' ')) })),
            passes: found.passes.length }),
        error => done({ error: String(error) }));";

/// axe-core's script.
#[derive(Debug)]
pub struct Axe {
    script: String,
}

impl Axe {
    /// Reads it; none where it is not installed.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn find() -> Result<Option<Self>> {
        let usual = places::root().join("target/npm/axe/node_modules/axe-core/axe.min.js");
        let file = std::env::var_os("AURORA_AXE").map_or(usual, PathBuf::from);
        if !file.is_file() {
            return Ok(None);
        }
        let script =
            std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Some(Self { script }))
    }

    /// Everything that it finds wrong in the page as it is now, one line each.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn violations(&self, page: &Browser) -> Result<Vec<String>> {
        let rules = json!({ "target-size": { "enabled": true } });
        let options = json!({ "runOnly": TAGS, "rules": rules, "resultTypes": ["violations"] });
        if page.run("return typeof axe;", vec![]).await? == "undefined" {
            // As a script that the driver runs it needs no leave of the page's Content-Security-Policy.
            page.run(&format!("{}; window.axe = axe;", self.script), vec![])
                .await
                .context("axe-core is not loaded")?;
        }
        let found = page.client().execute_async(RUN, vec![options]).await?;
        if let Some(error) = found.get("error") {
            bail!("axe-core did not run: {error}");
        }
        let violations =
            found.get("violations").and_then(Value::as_array).context("axe-core gave no list")?;
        let text = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let lines = violations.iter().flat_map(|violation| {
            let (id, help) = (text(violation, "id"), text(violation, "help"));
            let nodes = violation.get("nodes").and_then(Value::as_array).cloned().unwrap_or_default();
            nodes.into_iter().map(move |node| format!("{id} ({help}) {}", node.as_str().unwrap_or_default()))
        });
        Ok(lines.collect())
    }
}
