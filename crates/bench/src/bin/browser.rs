//! Runs the bench pages in headless Chromium and prints their times as Markdown: `cargo xtask bench`.
//!
//! The folder that it is given holds the built pages; the streams are written beside them, and served from there.
#![expect(clippy::print_stdout, reason = "a command line tool talks through its streams")]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use aurora_bench::lines;
use aurora_e2e::browser::Browser;
use clap::Parser;
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_mins(15);
/// A page that shares nothing with others gets a clock of 5 µs rather than of 100.
const ISOLATED: &str =
    "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n";
const POLL: Duration = Duration::from_millis(500);

#[derive(Parser)]
struct Arguments {
    /// The folder of the built page
    #[arg(long)]
    page: PathBuf,
    /// Measure redraws of charts only
    #[arg(long)]
    charts: bool,
    /// Redraws of each chart in each round
    #[arg(long, default_value_t = 60)]
    redraws: usize,
    /// Events in each stream
    #[arg(long, default_value_t = 1_000_000)]
    events: usize,
    /// Measured rounds of each kind
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let files = if arguments.charts { write_chart_plan(&arguments)? } else { write_streams(&arguments)? };
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    let address = listener.local_addr()?;
    let folder = arguments.page.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A browser that went away is no failure of the server.
            drop(serve(stream, &folder));
        }
    });
    let logs = tempfile::tempdir()?;
    let browser = Browser::start(1300, 900, logs.path()).await?;
    let page = if arguments.charts { "charts.html" } else { "index.html" };
    browser.client().goto(&format!("http://{address}/{page}")).await?;
    let outcome = outcome(&browser).await?;
    let text = if arguments.charts { charts_report(&outcome)? } else { report(&outcome, arguments.events)? };
    print!("{text}");
    for file in files {
        std::fs::remove_file(arguments.page.join(file))?;
    }
    Ok(())
}

fn write_streams(arguments: &Arguments) -> Result<Vec<&'static str>> {
    let mut files = vec!["generated.sse"];
    let generated = lines::generated(arguments.events, 1)?;
    std::fs::write(arguments.page.join("generated.sse"), lines::stream(&generated, arguments.events))?;
    drop(generated);
    let recorded = lines::recorded()?;
    if !recorded.is_empty() {
        std::fs::write(arguments.page.join("recorded.sse"), lines::stream(&recorded, arguments.events))?;
        files.push("recorded.sse");
    }
    let window = lines::generated_at(lines::FULL_WINDOW_RATE, lines::FULL_WINDOW_COUNT, 1)?;
    std::fs::write(arguments.page.join("window.sse"), lines::stream(&window, window.len()))?;
    let plan = json!({ "files": files, "window": "window.sse", "rounds": arguments.rounds });
    files.push("window.sse");
    std::fs::write(arguments.page.join("plan.json"), plan.to_string())?;
    Ok(files)
}

fn write_chart_plan(arguments: &Arguments) -> Result<Vec<&'static str>> {
    let plan = json!({ "rounds": arguments.rounds, "turns": arguments.redraws });
    std::fs::write(arguments.page.join("charts.json"), plan.to_string())?;
    Ok(vec!["charts.json"])
}

/// Answers one request with a file of `folder`, and closes.
fn serve(stream: TcpStream, folder: &Path) -> Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().context("no request")??;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).context("no path")?;
    let path = path.split('?').next().unwrap_or(path).trim_start_matches('/');
    let kind = match Path::new(path).extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    let is_inside = !path.split('/').any(|part| part == "..");
    let mut stream = stream;
    match std::fs::read(folder.join(path)) {
        Ok(body) if is_inside => {
            let length = body.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{ISOLATED}Connection: close\r\n\r\n"
            );
            stream.write_all(head.as_bytes())?;
            stream.write_all(&body)?;
        }
        _ => stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?,
    }
    Ok(())
}

async fn outcome(browser: &Browser) -> Result<Value> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let outcome = browser.run("return window.outcome ?? null;", vec![]).await?;
        if let Some(error) = outcome.get("error") {
            bail!("in the page: {error}");
        }
        if !outcome.is_null() {
            return Ok(outcome);
        }
        if Instant::now() > deadline {
            bail!("the page did not finish in 15 minutes; it says: {}", browser.text().await?);
        }
        tokio::time::sleep(POLL).await;
    }
}

fn report(outcome: &Value, events: usize) -> Result<String> {
    let mut text = format!(
        "| {events} events | bytes each | wasm, events/s | JavaScript, events/s | ratio of each round | median |\n\
         |---|---:|---:|---:|---|---:|\n"
    );
    let mut notes = String::new();
    for one in outcome.get("outcomes").and_then(Value::as_array).context("the page has no outcomes")? {
        let name = one.get("name").and_then(Value::as_str).unwrap_or_default();
        let bytes = one.get("bytes").and_then(Value::as_f64).unwrap_or_default() / events as f64;
        let (wasm, javascript) = (seconds(one, "wasm")?, seconds(one, "javascript")?);
        let ratios: Vec<f64> =
            wasm.iter().zip(&javascript).map(|(wasm, javascript)| javascript / wasm).collect();
        let each: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        let rate = |times: Vec<f64>| events as f64 / median(times);
        let (wasm, javascript) = (rate(wasm), rate(javascript));
        writeln!(
            text,
            "| {name} | {bytes:.0} | {wasm:.0} | {javascript:.0} | {} | **{:.2}** |",
            each.join(", "),
            median(ratios)
        )?;
        for kind in ["wasm", "javascript"] {
            let run = one.get(kind).and_then(|runs| runs.get(0)).cloned().unwrap_or_default();
            writeln!(
                notes,
                "- {name}, {kind}: {} events, {} rejected; {}",
                run.get("events").cloned().unwrap_or_default(),
                run.get("rejected").cloned().unwrap_or_default(),
                run.get("summary").and_then(Value::as_str).unwrap_or_default()
            )?;
        }
    }
    Ok(format!("{text}\n{notes}\n{}\n{}", stages_report(outcome)?, snapshot_report(outcome)?))
}

/// For each case the script time of a redraw: medians over all redraws, and the ratio of each round's medians.
fn charts_report(outcome: &Value) -> Result<String> {
    let mut text = "| redraw, script ms | aurora-charts, p50 (p99) | uPlot, p50 (p99) | ratio of each round | median |\n\
                    |---|---:|---:|---|---:|\n"
        .to_owned();
    for one in outcome.get("charts").and_then(Value::as_array).context("the page has no charts")? {
        let name = one.get("name").and_then(Value::as_str).unwrap_or_default();
        let (ours, theirs) = (rounds_of(one, "ours")?, rounds_of(one, "uplot")?);
        let each = |rounds: &[Vec<f64>]| rounds.iter().cloned().map(median).collect::<Vec<f64>>();
        let ratios: Vec<f64> =
            each(&ours).iter().zip(each(&theirs)).map(|(ours, theirs)| ours / theirs).collect();
        let shown = |rounds: Vec<Vec<f64>>| {
            let mut all = rounds.concat();
            all.sort_by(f64::total_cmp);
            let p99 = all.get(all.len() * 99 / 100).copied().unwrap_or(f64::NAN);
            format!("{:.3} ({p99:.3})", median(all))
        };
        let listed: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        writeln!(
            text,
            "| {name} | {} | {} | {} | **{:.2}** |",
            shown(ours),
            shown(theirs),
            listed.join(", "),
            median(ratios)
        )?;
    }
    let labels = outcome.get("labels").and_then(Value::as_str).unwrap_or_default();
    let precise = outcome.get("precise").and_then(Value::as_bool).unwrap_or_default();
    let clock = if precise { "5 µs" } else { "100 µs" };
    Ok(format!(
        "{text}\nLabels after time has moved are those of a new chart: {labels}. The page's clock has {clock}.\n"
    ))
}

fn rounds_of(one: &Value, kind: &str) -> Result<Vec<Vec<f64>>> {
    let rounds = one.get(kind).and_then(Value::as_array).context("the page has no rounds")?;
    rounds.iter().map(|round| seconds_of(Some(round))).collect()
}

fn stages_report(outcome: &Value) -> Result<String> {
    let mut text = "| step, wasm | lines of | median, ns |\n|---|---|---:|\n".to_owned();
    for stream in outcome.get("stages").and_then(Value::as_array).context("the page has no stages")? {
        let name = stream.get("name").and_then(Value::as_str).unwrap_or_default();
        let times = stream.get("times").and_then(Value::as_object).context("the page has no times")?;
        for (step, times) in times {
            writeln!(text, "| {step} | {name} | {:.1} |", median(seconds_of(Some(times))?))?;
        }
    }
    Ok(text)
}

fn snapshot_report(outcome: &Value) -> Result<String> {
    let snapshot = outcome.get("snapshot").context("the page has no snapshot")?;
    let ms = |kind| seconds_of(snapshot.get(kind)).map(|times| median(times) * 1e3);
    Ok(format!(
        "| snapshot of events | bytes | wasm, save ms | wasm, load ms |\n|---:|---:|---:|---:|\n| {} | {} | {:.0} | {:.0} |\n",
        snapshot.get("events").cloned().unwrap_or_default(),
        snapshot.get("bytes").cloned().unwrap_or_default(),
        ms("save")?,
        ms("load")?,
    ))
}

fn seconds_of(times: Option<&Value>) -> Result<Vec<f64>> {
    let times = times.and_then(Value::as_array).context("the page has no times")?;
    times.iter().map(|time| time.as_f64().context("a time that is no number")).collect()
}

fn seconds(outcome: &Value, kind: &str) -> Result<Vec<f64>> {
    let runs = outcome.get(kind).and_then(Value::as_array).context("the page has no runs")?;
    runs.iter()
        .map(|run| run.get("seconds").and_then(Value::as_f64).context("a run without a time"))
        .collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
