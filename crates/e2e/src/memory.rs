//! Owns how much memory a page takes: its JavaScript heap, and its whole process, WebAssembly and all.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::browser::Browser;

/// A measurement, made after a garbage collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Objects on the JavaScript heap, in bytes.
    pub heap_bytes: u64,
    /// The resident memory of the process that shows the page, in bytes.
    pub process_bytes: u64,
}

impl Memory {
    /// Measures the page.
    ///
    /// # Errors
    /// When Chromium cannot be asked or has no process for the page.
    pub async fn of_page(page: &Browser) -> Result<Self> {
        page.devtools("HeapProfiler.collectGarbage", json!({})).await?;
        page.devtools("Performance.enable", json!({})).await?;
        let answer = page.devtools("Performance.getMetrics", json!({})).await?;
        page.devtools("Performance.disable", json!({})).await?;
        let metrics = answer.get("metrics").and_then(Value::as_array).context("no metrics")?;
        let heap = metrics.iter().find(|metric| metric.get("name") == Some(&json!("JSHeapUsedSize")));
        let heap = heap.and_then(|metric| metric.get("value")?.as_f64()).context("no size of the heap")?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size in bytes")]
        let heap_bytes = heap as u64;
        Ok(Self { heap_bytes, process_bytes: renderer_bytes(page.driver_id())? })
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let (heap, process) = (mebibytes(self.heap_bytes), mebibytes(self.process_bytes));
        write!(formatter, "JavaScript heap {heap:.1} MiB, process {process:.1} MiB")
    }
}

/// The largest of the driver's descendants that render pages: the others are spare ones without a page.
fn renderer_bytes(driver: u32) -> Result<u64> {
    let mut largest = None;
    for entry in std::fs::read_dir("/proc")? {
        let process = entry?.path();
        let command = std::fs::read(process.join("cmdline")).unwrap_or_default();
        let renders = String::from_utf8_lossy(&command).contains("--type=renderer");
        if renders && descends(&process, driver) {
            largest = largest.max(number(&process, "VmRSS:"));
        }
    }
    Ok(largest.context("no process renders the page")? * 1024)
}

fn descends(process: &Path, ancestor: u32) -> bool {
    let mut parent = number(process, "PPid:");
    while let Some(id) = parent.filter(|id| *id > 1) {
        if id == u64::from(ancestor) {
            return true;
        }
        parent = number(&Path::new("/proc").join(id.to_string()), "PPid:");
    }
    false
}

/// The number after `name` in the process's status; none where it has ended.
fn number(process: &Path, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(process.join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
