//! What a page takes of memory over days of events.
//!
//! Run by hand: `cargo test -p aurora-e2e --release --test day -- --ignored --nocapture`. `AURORA_DAY_HOURS` (48) of a session at
//! `AURORA_DAY_RATE` (10) lines a second are written hour by hour, each once the page has counted the one before: days of
//! event time pass in minutes. It prints figures and asserts none.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};
use aurora_e2e::browser::Browser;
use aurora_e2e::memory::Memory;
use aurora_e2e::places;
use aurora_e2e::stack::Stack;
use aurora_e2e::totals::Totals;
use serde_json::{Value, json};

const HOUR: u64 = 3_600;

fn number(variable: &str, usual: u64) -> Result<u64> {
    match std::env::var(variable) {
        Ok(text) => text.parse().with_context(|| format!("{variable} is `{text}`, which is no number")),
        Err(_) => Ok(usual),
    }
}

/// The second that a line is of, by the first of its time fields.
fn second_of(line: &str) -> Option<u64> {
    let after = |name: &str| line.split_once(name).map(|(_, rest)| rest.trim_start_matches([' ', ':', '"']));
    let digits =
        |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u64>().ok();
    if let Some(ns) = after("\"ts_ns\"").and_then(digits) {
        return Some(ns / 1_000_000_000);
    }
    after("\"ts\"").and_then(digits).map(|ms| ms / 1_000)
}

/// Lines of a file.
#[derive(Debug, Default)]
struct Part {
    text: Vec<u8>,
    lines: u64,
}

/// The lines of each hour since `start`, by file.
fn hours(dir: &Path, start: u64) -> Result<Vec<BTreeMap<String, Part>>> {
    let mut hours: Vec<BTreeMap<String, Part>> = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let mut last = 0;
        for line in BufReader::new(File::open(&path)?).lines() {
            let line = line?;
            last = second_of(&line).map_or(last, |second| second.saturating_sub(start) / HOUR).max(last);
            let at = usize::try_from(last)?;
            if hours.len() <= at {
                hours.resize_with(at + 1, BTreeMap::new);
            }
            let part = hours.get_mut(at).context("an hour")?.entry(name.clone()).or_default();
            part.text.extend_from_slice(line.as_bytes());
            part.text.push(b'\n');
            part.lines += 1;
        }
    }
    Ok(hours)
}

/// What the page's WebAssembly has for memory, in bytes.
async fn wasm_bytes(page: &Browser) -> Result<u64> {
    let prototype = json!({ "expression": "WebAssembly.Memory.prototype", "objectGroup": "day" });
    let prototype = page.devtools("Runtime.evaluate", prototype).await?;
    let prototype = prototype.pointer("/result/objectId").context("no prototype")?;
    let found = json!({ "prototypeObjectId": prototype, "objectGroup": "day" });
    let found = page.devtools("Runtime.queryObjects", found).await?;
    let list = found.pointer("/objects/objectId").context("no objects")?;
    let sum = "function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }";
    let call = json!({ "objectId": list, "functionDeclaration": sum, "returnByValue": true });
    let bytes = page.devtools("Runtime.callFunctionOn", call).await?;
    page.devtools("Runtime.releaseObjectGroup", json!({ "objectGroup": "day" })).await?;
    bytes.pointer("/result/value").and_then(Value::as_u64).context("no size")
}

#[tokio::test]
#[ignore = "prints figures, and takes minutes"]
async fn memory_is_measured_over_days_of_events() -> Result<()> {
    let (count, rate) = (number("AURORA_DAY_HOURS", 48)?, number("AURORA_DAY_RATE", 10)?);
    let mut stack = Stack::start(1440, 900).await?;
    stack.patience = Duration::from_mins(5);
    let written = stack.folder().join("written");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let start = now - count * HOUR;
    let mut command = Command::new(places::feed()?);
    command.args(["simulate", "--scenario", "breaker-trip", "--seed", "7", "--as-fast-as-possible"]);
    command.args(["--start", &start.to_string(), "--duration", &(count * HOUR).to_string()]);
    let output = command.args(["--rate", &rate.to_string(), "--session-dir"]).arg(&written).output()?;
    ensure!(output.status.success(), "simulate failed: {}", String::from_utf8_lossy(&output.stderr));
    let mut expected = 0_u64;
    for (hour, parts) in (1..).zip(hours(&written, start)?) {
        for (name, part) in parts {
            expected += part.lines;
            let mut log = File::options().create(true).append(true).open(stack.session_dir().join(name))?;
            log.write_all(&part.text)?;
        }
        // Some of the lines are no events: those that the scenario corrupts.
        let near = expected - expected / 50;
        let counted =
            async |page: &Browser| Ok((Totals::of_page(page).await?.events() >= near).then_some(()));
        stack.until(&format!("the page counts {near} events"), counted).await?;
        if hour % 4 == 0 {
            let (memory, wasm) = (Memory::of_page(&stack.browser).await?, wasm_bytes(&stack.browser).await?);
            let wasm = wasm as f64 / f64::from(1 << 20);
            let line = format!("hour {hour}: {expected} lines, WebAssembly {wasm:.1} MiB, {memory}\n");
            std::io::stdout().write_all(line.as_bytes())?;
        }
    }
    Ok(())
}
