//! Recorded sessions in the page, without a feed: files that are really handed over, and what becomes of them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use aurora_e2e::browser::Browser;
use aurora_e2e::nginx::Nginx;
use aurora_e2e::places;
use aurora_e2e::totals::Totals;
use serde_json::{Value, json};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(100);

/// A page from a static host, with no feed behind it.
struct Static {
    browser: Browser,
    _nginx: Nginx,
    folder: TempDir,
}

impl Static {
    async fn open() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("aurora-e2e-").tempdir()?;
        let nginx = Nginx::start(&places::dist()?, places::free_port()?, folder.path())?;
        let browser = Browser::start(1440, 1000, folder.path()).await?;
        browser.client().goto(&format!("{}#view=sessions", nginx.url())).await?;
        let page = Self { browser, _nginx: nginx, folder };
        page.until("document.querySelector(\"[data-pick='files']\") !== null").await?;
        Ok(page)
    }

    async fn until(&self, condition: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.browser.run(&format!("return {condition};"), vec![]).await? != true {
            if Instant::now() > deadline {
                bail!("it is not so that {condition}; the page shows\n{}", self.browser.text().await?);
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Hands `files` over through one of the page's two inputs.
    async fn pick(&self, input: &str, files: &[PathBuf]) -> Result<()> {
        let document = self.browser.devtools("DOM.getDocument", json!({})).await?;
        let root = document.get("root").and_then(|root| root.get("nodeId")).context("a document")?;
        let selector = format!("[data-pick='{input}']");
        let found = json!({ "nodeId": root, "selector": selector });
        let node = self.browser.devtools("DOM.querySelector", found).await?;
        let node = node.get("nodeId").context("the input")?;
        let files = json!({ "files": files, "nodeId": node });
        self.browser.devtools("DOM.setFileInputFiles", files).await.map(drop)
    }

    /// Drops `files`, folders too, onto the page. A browser drops only what the page has said that it takes, which may
    /// be too late for one that is quick.
    async fn drop_onto(&self, files: &[PathBuf]) -> Result<()> {
        let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            self.drag("dragEnter", &data).await?;
            self.until("!document.querySelector('[data-drop-over]').hidden").await?;
            self.drag("dragOver", &data).await?;
            self.drag("dragOver", &data).await?;
            self.drag("drop", &data).await?;
            if self.browser.run("return document.querySelector('[data-drop-over]').hidden;", vec![]).await?
                == true
            {
                return Ok(());
            }
        }
        bail!("the page takes no drop")
    }

    async fn drag(&self, kind: &str, data: &Value) -> Result<()> {
        let event = json!({ "type": kind, "x": 300, "y": 300, "data": data });
        self.browser.devtools("Input.dispatchDragEvent", event).await.map(drop)
    }

    async fn is_read(&self, sessions: usize) -> Result<()> {
        let condition = format!("document.querySelectorAll(\"tr[data-ready='true']\").length === {sessions}");
        self.until(&condition).await
    }

    async fn click(&self, css: &str) -> Result<()> {
        self.browser.run("document.querySelector(arguments[0]).click();", vec![css.into()]).await.map(drop)
    }

    /// Moves the playhead to so many seconds after the session's beginning, and waits until it is there.
    async fn seek(&self, seconds: f64) -> Result<()> {
        let script = "const slider = document.querySelector('[data-slider]');
            slider.value = arguments[0]; slider.dispatchEvent(new Event('input', { bubbles: true }));";
        self.browser.run(script, vec![seconds.into()]).await?;
        self.until("document.querySelector('[data-playback]').dataset.seeking === 'false'").await
    }

    async fn close_all(&self) -> Result<()> {
        let script =
            "document.querySelectorAll(\"tr [data-action='close']\").forEach(button => button.click());
            document.querySelector(\"[data-action='dismiss-problems']\")?.click();";
        self.browser.run(script, vec![]).await?;
        self.until("document.querySelector('tr[data-recording]') === null").await
    }
}

/// Recorded sessions of this machine; none where it has none.
fn recorded() -> Result<Vec<PathBuf>> {
    let Some(any) = places::recorded_session("master-sprt") else { return Ok(Vec::new()) };
    // Chromium takes no path with `..` in it.
    let any = any.canonicalize()?;
    let folders = std::fs::read_dir(any.parent().context("a folder of sessions")?)?;
    let mut folders: Vec<PathBuf> = folders.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    Ok(folders)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

fn lines(count: u64) -> String {
    let start = 1_795_197_000_000_000_000_u64;
    let line = |number: u64| {
        let at = start + number * 100_000_000;
        format!("{{\"ts_ns\":{at},\"event_code\":\"ORDER.SUBMIT\",\"cid\":\"c{number}\",\"run_id\":\"r\"}}\n")
    };
    (0..count).map(line).collect::<Vec<_>>().concat()
}

async fn events(page: &Browser) -> Result<u64> {
    Ok(Totals::of_page(page).await?.events())
}

#[tokio::test]
async fn every_recorded_session_has_the_totals_of_summarize() -> Result<()> {
    let page = Static::open().await?;
    for folder in recorded()? {
        page.pick("files", &files(&folder)?).await?;
        page.is_read(1).await.with_context(|| folder.display().to_string())?;
        let (shown, expected) = (Totals::of_page(&page.browser).await?, Totals::of_session(&folder)?);
        ensure!(shown == expected, "{}: the page shows {shown}, summarize {expected}", folder.display());
        page.close_all().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_folder_that_is_dropped_is_read_with_its_archive() -> Result<()> {
    let page = Static::open().await?;
    let session = page.folder.path().join("20261120-100000");
    std::fs::create_dir_all(session.join("archive"))?;
    std::fs::write(session.join("aurora_events.jsonl"), lines(300))?;
    std::fs::write(
        session.join("archive/orders_denied.jsonl"),
        "{\"deny_reason\":\"X\",\"ts_ns\":1795197001000000000}\n",
    )?;
    std::fs::write(session.join("notes.txt"), "mine")?;
    std::fs::write(session.join("orders.jsonl.lock"), "")?;
    page.drop_onto(std::slice::from_ref(&session)).await?;
    page.is_read(1).await?;
    let (shown, expected) = (Totals::of_page(&page.browser).await?, Totals::of_session(&session)?);
    ensure!(shown == expected, "the page shows {shown}, summarize {expected}");
    let said = page.browser.text_of("[data-notice='not-read']").await?;
    ensure!(said.contains("notes.txt") && !said.contains(".lock"), "{said}");
    let name = page.browser.text_of("tr[data-recording] th").await?;
    ensure!(name.contains("20261120-100000"), "{name}");
    Ok(())
}

#[tokio::test]
async fn the_playhead_shows_the_session_as_it_was() -> Result<()> {
    let page = Static::open().await?;
    let file = page.folder.path().join("aurora_events.jsonl");
    std::fs::write(&file, lines(3000))?;
    page.pick("files", &[file]).await?;
    page.is_read(1).await?;
    // An event each tenth of a second, the first one at the beginning.
    for (seconds, expected) in [(0.0, 1), (100.0, 1001), (12.0, 121), (299.0, 2991), (300.0, 3000)] {
        page.seek(seconds).await?;
        let shown = events(&page.browser).await?;
        ensure!(shown == expected, "{shown} events after {seconds} s instead of {expected}");
    }
    let text =
        page.browser.run("return document.querySelector('[data-slider]').ariaValueText;", vec![]).await?;
    let attribute = "return document.querySelector('[data-slider]').getAttribute('aria-valuetext');";
    let text = if text.is_string() { text } else { page.browser.run(attribute, vec![]).await? };
    ensure!(text.as_str().is_some_and(|text| text.ends_with("UTC")), "{text}");
    page.click("[data-action='start']").await?;
    page.until("document.querySelector('[data-playback]').dataset.seeking === 'false'").await?;
    page.click("[data-action='play']").await?; // 60×
    page.until("document.querySelector('[data-slider]').value > 5").await?;
    page.click("[data-action='play']").await?;
    page.until("document.querySelector('[data-playback]').dataset.seeking === 'false'").await?;
    let (before, after) = (events(&page.browser).await?, events(&page.browser).await?);
    ensure!(before > 50 && before == after, "{before} and then {after}");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_the_rest_is_read() -> Result<()> {
    let page = Static::open().await?;
    let at = |name: &str| page.folder.path().join(name);
    std::fs::write(at("aurora_events.jsonl"), lines(10) + "broken\n")?;
    std::fs::write(at("orders_denied.jsonl.gz"), b"no gzip at all")?;
    std::fs::write(at("broken.zip"), b"no zip at all")?;
    std::fs::write(at("picture.png"), b"?")?;
    let names = ["aurora_events.jsonl", "orders_denied.jsonl.gz", "broken.zip", "picture.png"];
    page.pick("files", &names.map(at)).await?;
    page.is_read(1).await?;
    let said = page.browser.text_of("[data-notice='not-read']").await?;
    for name in &names[1..] {
        ensure!(said.contains(name), "{name} is not named in {said}");
    }
    ensure!(events(&page.browser).await? == 10);
    let rejected = page.browser.text_of("td[data-rejected]").await?;
    ensure!(rejected == "1", "{rejected}");
    let listed = page
        .browser
        .run("return document.querySelector('[data-rejected-lines]').textContent;", vec![])
        .await?;
    ensure!(listed.as_str().is_some_and(|text| text.contains("aurora_events.jsonl line 11")), "{listed}");
    Ok(())
}

#[tokio::test]
async fn two_sessions_stand_side_by_side_with_their_differences() -> Result<()> {
    let page = Static::open().await?;
    for (name, count) in [("one", 100), ("two", 150)] {
        let folder = page.folder.path().join(name);
        std::fs::create_dir(&folder)?;
        std::fs::write(folder.join("aurora_events.jsonl"), lines(count))?;
        page.drop_onto(&[folder]).await?;
        page.is_read(if name == "one" { 1 } else { 2 }).await?;
    }
    let tick = "document.querySelectorAll('tr[data-recording] input').forEach(box => box.click());";
    page.browser.run(tick, vec![]).await?;
    page.click("[data-action='compare']").await?;
    let cell = |column: u32| {
        format!(
            "document.querySelector(\"td[data-metric='session.events'][data-column='{column}']\")?.innerText"
        )
    };
    page.until(&format!("{}?.trim() === '100'", cell(0))).await?;
    page.until(&format!("{}?.includes('+50 more')", cell(1))).await?;
    let script = "const slider = document.querySelector('[data-slider=shared]');
        slider.value = 5; slider.dispatchEvent(new Event('input', { bubbles: true }));";
    page.browser.run(script, vec![]).await?;
    page.until(&format!("{}?.includes('same')", cell(1))).await?;
    page.until(&format!("{}?.trim() === '51'", cell(0))).await
}

/// Long tasks while a file of a million lines is read, and how long that takes. Named by `AURORA_MILLION`, for it is
/// large: see docs/benchmarks.md.
#[tokio::test]
async fn a_large_file_is_read_in_short_tasks() -> Result<()> {
    let Some(folder) = std::env::var_os("AURORA_MILLION").map(PathBuf::from) else { return Ok(()) };
    let page = Static::open().await?;
    let watch = "window.long = []; new PerformanceObserver(list => list.getEntries().forEach(entry =>
        window.long.push(Math.round(entry.duration)))).observe({ entryTypes: ['longtask'] });";
    page.browser.run(watch, vec![]).await?;
    page.pick("files", &files(&folder)?).await?;
    page.is_read(1).await?;
    let long = page.browser.run("return window.long;", vec![]).await?;
    let state = page.browser.text_of("tr[data-recording] td:nth-child(6)").await?;
    let (shown, expected) = (Totals::of_page(&page.browser).await?, Totals::of_session(&folder)?);
    ensure!(shown == expected, "the page shows {shown}, summarize {expected}");
    let longest = long.as_array().into_iter().flatten().filter_map(Value::as_u64).max();
    println!("{state}; long tasks (ms): {long}, longest {longest:?}");
    Ok(())
}
