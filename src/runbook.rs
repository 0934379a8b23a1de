//! Runbooks in the page: the files beside it, or what stands in a page that is one file.
//!
//! Invariant: what is asked for is one file of the page's own folder of runbooks, whatever an address or a rule names.

use aurora_wire::runbook::{Block, blocks, shipped};
use gloo_net::http::Request;
use leptos::prelude::document;
use web_sys::RequestCache;

/// The longest runbook, in bytes.
const MAX_BYTES: usize = 256 << 10;

/// Reads the runbook that `reference` leads to.
///
/// # Errors
/// Why it cannot be shown, in a sentence.
pub(crate) async fn read(reference: &str) -> Result<Vec<Block>, String> {
    let (name, _) = shipped(reference).ok_or_else(|| format!("{reference} is no runbook of this page."))?;
    let text = match inside(name) {
        Some(text) => text,
        None => fetch(name).await?,
    };
    Ok(blocks(&text))
}

/// The anchor that `reference` has, of the alert that it is about.
pub(crate) fn anchor(reference: &str) -> String {
    shipped(reference).map(|(_, anchor)| anchor.to_owned()).unwrap_or_default()
}

/// What a page that is one file carries along.
fn inside(name: &str) -> Option<String> {
    let found = document().query_selector(&format!("script[data-runbook='{name}.md']")).ok()??;
    found.text_content()
}

async fn fetch(name: &str) -> Result<String, String> {
    let failed = |why: String| {
        format!(
            "The runbook {name} could not be loaded: {why}. It is docs/runbooks/{name}.md in the repository."
        )
    };
    let request = Request::get(&format!("runbooks/{name}.md")).cache(RequestCache::NoCache);
    let response = request.send().await.map_err(|_| failed("the server does not answer".to_owned()))?;
    if response.status() != 200 {
        return Err(failed(format!("the server answers with HTTP {}", response.status())));
    }
    let text = response.text().await.map_err(|_| failed("it broke off".to_owned()))?;
    // A server that answers everything with its index page.
    if text.len() > MAX_BYTES || !text.starts_with("# ") {
        return Err(failed("what came is no runbook".to_owned()));
    }
    Ok(text)
}
