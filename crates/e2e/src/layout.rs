//! Owns judging where things stand on the screen.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::browser::Browser;

const SCRIPT: &str = include_str!("layout.js");

/// What is wrong with the layout of the page as it is now, one sentence each: nothing may be wider than the screen, no
/// text may lie on other text, none may be cut off unless the whole of it is a tooltip.
///
/// # Errors
/// When the page cannot be asked.
pub async fn faults(page: &Browser) -> Result<Vec<String>> {
    let found = page.run(SCRIPT, vec![]).await?;
    let found = found.as_array().context("the page gave no list")?;
    Ok(found.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}
