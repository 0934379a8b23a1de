//! How soon a page is live on a long session, and whether it keeps up with a fast one.
//!
//! Run by hand: `cargo test -p aurora-e2e --release --test measure -- --ignored --nocapture`. `AURORA_MEASURE_LINES` is the length of
//! the session that is opened, `AURORA_MEASURE_SECONDS` how long each rate is watched. It prints and asserts no time.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use aurora_e2e::browser::Browser;
use aurora_e2e::memory::Memory;
use aurora_e2e::stack::Stack;
use aurora_e2e::{feed, http, totals};
use serde_json::{Value, json};

/// Events a second that a page is shown.
const RATES: [u32; 3] = [1_000, 10_000, 50_000];
/// An event that is told from all others of a generated session: it claims to be of the year 2100.
const AHEAD: &str =
    "{\"ts_ns\":4102444800000000000,\"run_id\":\"e2e\",\"event_code\":\"E2E.MARKER\",\"details\":{}}\n";
/// How often the long session is opened.
const OPENED: usize = 5;

/// Notes when the page first says that it is live, and from then on frames and long tasks.
const WATCH: &str = "
    window.seen = { live: null, frames: [], tasks: [], scripts: [], shown: [] };
    const request = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = run => request(time => {
        const began = performance.now();
        run(time);
        // Effects run in microtasks, some of them one after the other.
        const end = left => left ? queueMicrotask(() => end(left - 1)) : window.seen.scripts.push(performance.now() - began);
        end(5);
    });
    new PerformanceObserver(list => window.seen.tasks.push(...list.getEntries().map(task => task.duration)))
        .observe({ type: 'longtask', buffered: true });
    const frame = time => { window.seen.frames.push(time); request(frame); };
    request(frame);
    const look = () => {
        const state = document.querySelector('[data-link-state]')?.dataset.linkState;
        if (['live', 'silent'].includes(state)) window.seen.live ??= performance.now();
        const skewed = document.querySelector(`[data-metric='session.skewed'][data-scope='session']`)?.dataset.value;
        if (skewed && skewed !== window.seen.skewed) {
            window.seen.skewed = skewed;
            // The page changes in its frames, and is painted at their end: when the next one begins, it was.
            request(() => window.seen.shown.push([Number(skewed), performance.timeOrigin + performance.now()]));
        }
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });";

/// Since it was asked last: frames, frames that were missed, tasks over 50 ms, the longest of them, and script in a frame
/// in which the page did something: median and p99 in ms.
const FIGURES: &str = "
    const { frames, tasks, scripts } = window.seen;
    Object.assign(window.seen, { frames: [], tasks: [], scripts: [] });
    scripts.sort((a, b) => a - b);
    const at = share => scripts[Math.floor(share * (scripts.length - 1))]?.toFixed(2);
    const gaps = frames.slice(1).map((time, index) => time - frames[index]);
    const missed = gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / (1000 / 60)) - 1), 0);
    return [frames.length, missed, tasks.length, Math.max(0, ...tasks), at(0.5), at(0.99)];";

fn say(what: &str) -> Result<()> {
    Ok(std::io::stdout().write_all(format!("{what}\n").as_bytes())?)
}

fn number(variable: &str, usual: u64) -> Result<u64> {
    match std::env::var(variable) {
        Ok(text) => text.parse().with_context(|| format!("{variable} is `{text}`, which is no number")),
        Err(_) => Ok(usual),
    }
}

/// Lines that the feed has published.
fn published(stack: &Stack) -> Result<u64> {
    let health = http::get(stack.service.port, "/health")?.json()?;
    Ok(health.pointer("/tailer_stats/total_lines_processed").and_then(Value::as_u64).unwrap_or(0))
}

async fn open(stack: &Stack) -> Result<f64> {
    stack.browser.client().goto(&stack.url()).await?;
    let live = async |page: &Browser| Ok(page.run("return window.seen?.live", vec![]).await?.as_f64());
    stack.until("the page is live", live).await
}

#[tokio::test]
#[ignore = "prints figures, and takes minutes"]
async fn a_long_session_is_opened() -> Result<()> {
    let lines = number("AURORA_MEASURE_LINES", 1_000_000)?;
    let mut stack = Stack::start(1440, 900).await?;
    stack.patience = Duration::from_mins(5);
    stack.browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await?;
    feed::write(&stack.session_dir(), lines)?;
    let read = async |_: &Browser| Ok((published(&stack)? >= lines).then_some(()));
    stack.until("the feed has read the session", read).await?;
    say(&format!("a session of {lines} lines"))?;
    for _ in 0..OPENED {
        say(&format!("live {:.0} ms after navigation", open(&stack).await?))?;
    }
    say(&Memory::of_page(&stack.browser).await?.to_string())
}

#[tokio::test]
#[ignore = "prints figures, and takes minutes"]
async fn a_fast_session_is_watched() -> Result<()> {
    let seconds = number("AURORA_MEASURE_SECONDS", 15)?;
    let rates = match number("AURORA_MEASURE_RATE", 0)? {
        0 => RATES.to_vec(),
        rate => vec![u32::try_from(rate)?],
    };
    for rate in rates {
        let (mut stack, mut writer) = Stack::start_on_session(1440, 900, rate).await?;
        stack.browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await?;
        stack.patience = Duration::from_mins(5);
        open(&stack).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        stack.browser.devtools("Performance.enable", json!({})).await?;
        let spent = durations(&stack.browser).await?;
        stack.browser.run(FIGURES, vec![]).await?;
        let before = published(&stack)?;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let figures = stack.browser.run(FIGURES, vec![]).await?;
        let lines = published(&stack)? - before;
        say(&format!(
            "asked for {rate} lines a second, {:.0} published: frames, missed frames, long tasks, longest in ms, script per frame p50, p99 in ms: {figures}",
            lines as f64 / seconds as f64
        ))?;
        say_durations(&stack.browser, &spent).await?;
        stack.adds_up(&mut writer).await?;
        say("every total equals the summary")?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "prints figures, and takes minutes"]
async fn every_view_is_watched_on_a_fast_session() -> Result<()> {
    let seconds = number("AURORA_MEASURE_SECONDS", 15)?;
    let (mut stack, mut writer) = Stack::start_on_session(1440, 900, 10_000).await?;
    stack.browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await?;
    stack.patience = Duration::from_mins(5);
    open(&stack).await?;
    for view in ["live", "charts", "events", "sessions"] {
        stack.browser.run("location.hash = arguments[0];", vec![format!("view={view}").into()]).await?;
        tokio::time::sleep(Duration::from_secs(3)).await; // what the view itself costs once is not asked here
        stack.browser.run(FIGURES, vec![]).await?;
        let before = published(&stack)?;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let figures = stack.browser.run(FIGURES, vec![]).await?;
        let rate = (published(&stack)? - before) / seconds;
        say(&format!(
            "{view} at {rate} lines a second: frames, missed frames, long tasks, longest in ms, script per frame p50, p99 in ms: {figures}"
        ))?;
    }
    stack.browser.run("location.hash = 'view=live';", vec![]).await?;
    stack.adds_up(&mut writer).await?;
    say("every total equals the summary")
}

#[tokio::test]
#[ignore = "prints figures, and takes minutes"]
async fn an_event_is_timed_from_the_file_to_the_screen() -> Result<()> {
    const MARKERS: usize = 300;
    let (stack, _writer) = Stack::start_on_session(1440, 900, 1_000).await?;
    stack.browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await?;
    open(&stack).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = stack.browser.run("return Number(window.seen.skewed ?? 0);", vec![]).await?;
    let before: usize = serde_json::from_value(before)?;
    let mut written = Vec::new();
    while written.len() < MARKERS {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64() * 1e3;
        // The generator may be within a line.
        if totals::append(&stack.session_dir(), AHEAD.as_bytes()).is_ok() {
            written.push(now);
        }
        tokio::time::sleep(Duration::from_millis(53)).await; // no multiple of a frame
    }
    let all = async |page: &Browser| {
        let shown = page.run("return window.seen.shown;", vec![]).await?;
        let shown: Vec<(usize, f64)> = serde_json::from_value(shown)?;
        Ok(shown.last().is_some_and(|(count, _)| *count >= before + written.len()).then_some(shown))
    };
    let shown = stack.until("the last marker is shown", all).await?;
    // A count that was never shown by itself was shown with a later one.
    let when = |count: usize| shown.iter().find(|(shown, _)| *shown >= count).map(|(_, at)| at);
    let mut took: Vec<f64> =
        (before + 1..).zip(&written).filter_map(|(count, written)| Some(when(count)? - written)).collect();
    took.sort_by(f64::total_cmp);
    let at =
        |percent: usize| took.get(took.len().saturating_sub(1) * percent / 100).copied().unwrap_or(f64::NAN);
    say(&format!(
        "{} events from the file to the screen: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        took.len(),
        at(50),
        at(99),
        at(100)
    ))
}

/// Where the page's time goes at `AURORA_MEASURE_RATE` lines a second: functions by their own time and by that with what they call.
///
/// Functions of the page have names when it was built with `CARGO_PROFILE_WASM_RELEASE_STRIP=none`.
#[tokio::test]
#[ignore = "prints a profile, and takes a minute"]
async fn a_fast_session_is_profiled() -> Result<()> {
    let rate = u32::try_from(number("AURORA_MEASURE_RATE", 10_000)?)?;
    let (mut stack, _writer) = Stack::start_on_session(1440, 900, rate).await?;
    stack.browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await?;
    stack.patience = Duration::from_mins(5);
    open(&stack).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    stack.browser.devtools("Performance.enable", json!({})).await?;
    stack.browser.devtools("Profiler.enable", json!({})).await?;
    stack.browser.devtools("Profiler.setSamplingInterval", json!({ "interval": 200 })).await?;
    let before = durations(&stack.browser).await?;
    stack.browser.devtools("Profiler.start", json!({})).await?;
    tokio::time::sleep(Duration::from_secs(number("AURORA_MEASURE_SECONDS", 15)?)).await;
    let answer = stack.browser.devtools("Profiler.stop", json!({})).await?;
    say_durations(&stack.browser, &before).await?;
    let profile: Profile = serde_json::from_value(answer.get("profile").cloned().unwrap_or_default())?;
    let (own, with_callees) = profile.by_function();
    if let Ok(part) = std::env::var("AURORA_MEASURE_CALLERS") {
        say(&profile.callers(&part).join("\n"))?;
    }
    for (title, mut rows) in [("own time", own), ("with what they call", with_callees)] {
        say(&format!("{title}, ms a second"))?;
        rows.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (name, share) in rows.iter().take(60) {
            say(&format!("{share:8.2}  {}", name.chars().take(150).collect::<String>()))?;
        }
    }
    Ok(())
}

/// Seconds that the page's thread spent on each kind of work, and how often it did, since the page was opened.
async fn durations(page: &Browser) -> Result<Vec<(String, f64)>> {
    #[derive(serde::Deserialize)]
    struct Metric {
        name: String,
        value: f64,
    }
    let answer = page.devtools("Performance.getMetrics", json!({})).await?;
    let metrics: Vec<Metric> = serde_json::from_value(answer.get("metrics").cloned().unwrap_or_default())?;
    let wanted = |name: &str| name.ends_with("Duration") || name.ends_with("Count") || name == "Nodes";
    Ok(metrics
        .into_iter()
        .filter(|metric| wanted(&metric.name))
        .map(|metric| (metric.name, metric.value))
        .collect())
}

async fn say_durations(page: &Browser, before: &[(String, f64)]) -> Result<()> {
    let now = durations(page).await?;
    let spent =
        now.iter().zip(before).map(|((name, after), (_, before))| format!("{name} {:.2}", after - before));
    say(&spent.collect::<Vec<_>>().join(", "))
}

/// What `Profiler.stop` gives.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    nodes: Vec<Node>,
    samples: Vec<u64>,
    time_deltas: Vec<f64>,
}

/// A function as one chain of callers reached it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: u64,
    call_frame: CallFrame,
    #[serde(default)]
    children: Vec<u64>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallFrame {
    function_name: String,
}

/// Functions with their milliseconds in each second.
type Rows = Vec<(String, f64)>;

impl Profile {
    /// The callers of functions with `part` in their names, one line for each chain, from the caller outwards.
    fn callers(&self, part: &str) -> Vec<String> {
        let parents: HashMap<u64, &Node> = self
            .nodes
            .iter()
            .flat_map(|node| node.children.iter().map(move |child| (*child, node)))
            .collect();
        let found = self.nodes.iter().filter(|node| node.call_frame.function_name.contains(part));
        let chains = found.map(|node| {
            let outwards =
                std::iter::successors(parents.get(&node.id), |node| parents.get(&node.id)).take(12);
            outwards
                .map(|node| node.call_frame.function_name.chars().take(90).collect::<String>())
                .collect::<Vec<_>>()
                .join(" < ")
        });
        chains.collect()
    }

    /// Own time, and time with callees; a function that calls itself counts once.
    fn by_function(&self) -> (Rows, Rows) {
        let nodes: HashMap<u64, &Node> = self.nodes.iter().map(|node| (node.id, node)).collect();
        let parents: HashMap<u64, u64> = self
            .nodes
            .iter()
            .flat_map(|node| node.children.iter().map(move |child| (*child, node.id)))
            .collect();
        let mut own: HashMap<&str, f64> = HashMap::new();
        let mut with_callees: HashMap<&str, f64> = HashMap::new();
        for (sample, micros) in self.samples.iter().zip(&self.time_deltas) {
            let chain = std::iter::successors(Some(*sample), |id| parents.get(id).copied());
            let names: Vec<&str> = chain
                .filter_map(|id| nodes.get(&id))
                .map(|node| node.call_frame.function_name.as_str())
                .collect();
            if let Some(leaf) = names.first() {
                *own.entry(leaf).or_default() += micros;
            }
            for name in names.iter().collect::<HashSet<_>>() {
                *with_callees.entry(name).or_default() += micros;
            }
        }
        let seconds = self.time_deltas.iter().sum::<f64>() / 1e6;
        let rows = |times: HashMap<&str, f64>| {
            times.into_iter().map(|(name, micros)| (name.to_owned(), micros / 1e3 / seconds)).collect()
        };
        (rows(own), rows(with_callees))
    }
}
