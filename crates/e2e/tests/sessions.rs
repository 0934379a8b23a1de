//! Recorded sessions in the page: files that are really handed over, to a page from a static host and to one from `file:`,
//! and older sessions of a feed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use aurora_e2e::browser::Browser;
use aurora_e2e::feed::Service;
use aurora_e2e::nginx::Nginx;
use aurora_e2e::places;
use aurora_e2e::stack::Stack;
use aurora_e2e::token;
use aurora_e2e::totals::{Totals, WHOLE};
use serde_json::{Value, json};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(100);

/// A page with no feed behind it.
struct Static {
    browser: Browser,
    _nginx: Option<Nginx>,
    folder: TempDir,
}

impl Static {
    /// From a static host.
    async fn open() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("aurora-e2e-").tempdir()?;
        let nginx = Nginx::start(&places::dist()?, places::free_port()?, folder.path())?;
        let url = nginx.url();
        Self::open_at(&url, Some(nginx), folder).await
    }

    /// From `file:`, where the browser gives it no origin.
    async fn open_file() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("aurora-e2e-").tempdir()?;
        let url = format!("file://{}", places::single_file()?.canonicalize()?.display());
        Self::open_at(&url, None, folder).await
    }

    async fn open_at(url: &str, nginx: Option<Nginx>, folder: TempDir) -> Result<Self> {
        let browser = Browser::start(1440, 1000, folder.path()).await?;
        browser.client().goto(&format!("{url}#view=sessions")).await?;
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

    /// Waits until so many recordings are read, and what is shown is all there.
    async fn is_read(&self, sessions: usize) -> Result<()> {
        let condition =
            format!("{WHOLE} && document.querySelectorAll(\"tr[data-ready='true']\").length === {sessions}");
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

impl Static {
    /// Opens the report of the recording that is shown, and waits until it is made or cannot be.
    async fn report(&self) -> Result<()> {
        self.click("[data-choice='recorded'] label:nth-of-type(3) input").await?;
        self.reported().await
    }

    async fn reported(&self) -> Result<()> {
        self.until(
            "document.querySelector('[data-overall]') !== null ||
            /^There is no report/.test(document.querySelector(\"[data-report='status']\")?.textContent || '')",
        )
        .await
    }

    /// What the browser saves of the report in this form.
    async fn saved(&self, form: &str) -> Result<String> {
        let folder = self.folder.path().join(format!("saved-{form}"));
        let into = json!({ "behavior": "allow", "downloadPath": folder });
        self.browser.devtools("Browser.setDownloadBehavior", into).await?;
        let link = format!("[data-save='{form}']");
        let script = "return document.querySelector(arguments[0]).download;";
        let name = self.browser.run(script, vec![link.as_str().into()]).await?;
        let file = folder.join(name.as_str().context("a file's name")?);
        self.click(&link).await?;
        let deadline = Instant::now() + PATIENCE;
        while !file.exists() {
            ensure!(Instant::now() < deadline, "{} was not saved", file.display());
            tokio::time::sleep(POLL).await;
        }
        Ok(std::fs::read_to_string(file)?)
    }
}

/// What the command line reports of `folders`; `None` where it says that there is nothing to judge.
fn reported(format: &str, more: &[&str], folders: &[PathBuf]) -> Result<Option<String>> {
    let output = Command::new(places::feed()?)
        .args(["report", "--format", format])
        .args(more)
        .args(folders)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0 | 2 | 3) => Ok(Some(String::from_utf8(output.stdout)?)),
        _ if said.contains("no event with a time") => Ok(None),
        _ => bail!("aurora-feed report of {folders:?}: {said}"),
    }
}

/// All but the line that says when it was made.
fn without_time(document: &str) -> String {
    document.lines().filter(|line| !line.contains("\"generated_at\"")).collect::<Vec<_>>().join("\n")
}

/// Compares the report that is shown with that of the command line.
async fn ensure_same_report(page: &Static, more: &[&str], folders: &[PathBuf]) -> Result<()> {
    let Some(markdown) = reported("markdown", more, folders)? else {
        let said = page.browser.text_of("[data-report='status']").await?;
        ensure!(said.starts_with("There is no report"), "{folders:?}: {said}");
        return Ok(());
    };
    let json = reported("json", more, folders)?.context("a report")?;
    let (shown, shown_json) = (page.saved("Markdown").await?, page.saved("JSON").await?);
    ensure!(shown == markdown, "{folders:?}: the page saves\n{shown}\nand the command line\n{markdown}");
    ensure!(without_time(&shown_json) == without_time(&json), "{folders:?}: {shown_json}\n{json}");
    let file = page.folder.path().join("verified.json");
    std::fs::write(&file, shown_json)?;
    let verified = Command::new(places::feed()?).arg("verify-report").arg(&file).args(folders).output()?;
    ensure!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    Ok(())
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
async fn every_recorded_session_has_the_report_of_the_command_line() -> Result<()> {
    let page = Static::open().await?;
    let folders = recorded()?;
    if folders.is_empty() {
        writeln!(std::io::stderr(), "skipped: there are no recorded sessions on this machine")?;
    }
    for folder in &folders {
        page.drop_onto(std::slice::from_ref(folder)).await?;
        page.is_read(1).await.with_context(|| folder.display().to_string())?;
        page.report().await?;
        ensure_same_report(&page, &[], std::slice::from_ref(folder)).await?;
        page.close_all().await?;
        std::fs::remove_dir_all(page.folder.path().join("saved-JSON")).ok();
        std::fs::remove_dir_all(page.folder.path().join("saved-Markdown")).ok();
    }
    Ok(())
}

/// A session of a submitted and filled order each second, from so many hours after the first one's beginning.
fn canary(folder: &Path, hour: u64, seconds: u64) -> Result<()> {
    let start = 1_795_197_000 + hour * 3_600;
    let mut text = String::new();
    for second in 0..seconds {
        let (at, id) = ((start + second) * 1_000_000_000, format!("{hour}-{second}"));
        for (code, ms) in [("ORDER.SUBMIT", 0), ("ORDER.ACK", 20), ("ORDER.FILL", 400 + hour)] {
            let at = at + ms * 1_000_000;
            let line = json!({ "ts_ns": at, "run_id": "r", "event_code": code, "oid": id, "details": { "latency_ms": ms } });
            text += &line.to_string();
            text.push('\n');
        }
    }
    std::fs::create_dir(folder)?;
    std::fs::write(folder.join("aurora_events.jsonl"), text + "no JSON\n")?;
    Ok(())
}

#[tokio::test]
async fn sessions_of_one_canary_make_one_report_over_its_hours() -> Result<()> {
    let page = Static::open().await?;
    let folders = ["20261120-174000", "20261121-100000"].map(|name| page.folder.path().join(name));
    canary(&folders[0], 0, 900)?;
    canary(&folders[1], 30, 900)?;
    for (place, folder) in folders.iter().enumerate() {
        page.drop_onto(std::slice::from_ref(folder)).await?;
        page.is_read(place + 1).await?;
    }
    page.report().await?;
    ensure_same_report(&page, &[], &folders[1..]).await?;
    page.click("[data-also='20261120-174000']").await?;
    page.click("[data-report-hours-of='72']").await?;
    page.until(
        "(document.querySelector(\"[data-report='coverage']\")?.textContent || '').includes('of 72 h')",
    )
    .await?;
    for form in ["JSON", "Markdown"] {
        std::fs::remove_dir_all(page.folder.path().join(format!("saved-{form}")))?;
    }
    ensure_same_report(&page, &["--hours", "72"], &folders).await?;
    let said = page.browser.text_of("[data-report='coverage']").await?;
    ensure!(said.contains("30 min of 72 h are covered"), "{said}");
    let after = page.browser.text_of("[data-checkpoint='24']").await?;
    ensure!(after.contains("24 h"), "{after}");
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

/// Everything that needs no server, as one reader does it.
#[tokio::test]
async fn a_page_that_is_a_file_opens_plays_and_compares_recordings() -> Result<()> {
    let page = Static::open_file().await?;
    let origin = page.browser.run("return location.protocol + self.origin;", vec![]).await?;
    ensure!(origin == "file:null", "{origin}");
    let dropped = page.folder.path().join("20261120-100000");
    std::fs::create_dir(&dropped)?;
    std::fs::write(dropped.join("aurora_events.jsonl"), lines(3000))?;
    page.drop_onto(std::slice::from_ref(&dropped)).await?;
    page.until(
        "document.querySelector(\"[data-notice='not-read']\")?.innerText.includes('choose the folder')",
    )
    .await?;
    page.click("[data-action='dismiss-problems']").await?;
    page.drop_onto(&files(&dropped)?).await?;
    page.is_read(1).await?;
    let (shown, expected) = (Totals::of_page(&page.browser).await?, Totals::of_session(&dropped)?);
    ensure!(shown == expected, "the page shows {shown}, summarize {expected}");
    page.seek(100.0).await?;
    let shown = events(&page.browser).await?;
    ensure!(shown == 1001, "{shown} events after 100 s");
    // Two members, as a log that is packed again and again has them.
    let packed = page.folder.path().join("aurora_events.jsonl.gz");
    let text = lines(400);
    let (first, second) = text.split_at(text.len() / 3);
    std::fs::write(&packed, [gzip(first)?, gzip(second)?].concat())?;
    page.pick("files", &[packed]).await?;
    page.is_read(2).await?;
    ensure!(!page.browser.is_visible("[data-notice='not-read']").await?, "something was not read");
    let said = page.browser.text_of("main").await?;
    ensure!(said.contains("sessions are not known"), "what a file cannot reach is not said: {said}");
    Ok(())
}

/// What `gzip` makes of `text`.
fn gzip(text: &str) -> Result<Vec<u8>> {
    let mut packing = Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    packing.stdin.take().context("its input")?.write_all(text.as_bytes())?;
    let output = packing.wait_with_output()?;
    ensure!(output.status.success(), "gzip failed");
    Ok(output.stdout)
}

#[tokio::test]
async fn the_lines_of_a_recording_are_those_before_the_playhead() -> Result<()> {
    let page = Static::open().await?;
    let file = page.folder.path().join("aurora_events.jsonl");
    std::fs::write(&file, lines(3000))?;
    page.pick("files", &[file]).await?;
    page.is_read(1).await?;
    let choice = "[...document.querySelectorAll(\"input[name='recorded']\")].at(1)";
    page.browser.run(&format!("{choice}.click();"), vec![]).await?;
    let held = "document.querySelector(\"[data-count='held']\")?.innerText";
    page.until(&format!("{held}?.startsWith('3,000 lines')")).await?;
    page.seek(100.0).await?;
    page.until(&format!("{held}?.startsWith('1,001 lines')")).await?;
    let last = "[...document.querySelectorAll('.events-rows .event-row')].at(-1)?.innerText";
    page.until(&format!("{last}?.includes('c1000')")).await?;
    Ok(())
}

#[tokio::test]
async fn an_older_session_of_a_feed_is_opened_as_a_recording() -> Result<()> {
    let stack = Stack::start_as(1440, 1000, with_sessions).await?;
    opens_the_older_one(&stack).await?;
    stack.console_is_clean().await
}

#[tokio::test]
async fn an_older_session_of_a_feed_with_a_token_is_opened_as_a_recording() -> Result<()> {
    let stack = Stack::start_as(1440, 1000, |service| {
        let mut service = with_sessions(service)?;
        let file = service.folder.join("token");
        token::write(&file, "the-token")?;
        service.token_file = Some(file);
        Ok(service)
    })
    .await?;
    token::enter(&stack, "token is missing", "the-token").await?;
    stack.recovers().await?;
    opens_the_older_one(&stack).await?;
    let address = stack.browser.client().current_url().await?;
    ensure!(!address.as_str().contains("the-token"), "the address bar shows {address}");
    stack.console_is_quiet().await
}

const OLDER: &str = "20261120-100000";

/// Two sessions, of which the feed shows the newer one.
fn with_sessions(service: Service) -> Result<Service> {
    for (name, count) in [(OLDER, 2000), ("20261121-100000", 100)] {
        let session = service.session_dir.join(name);
        std::fs::create_dir(&session)?;
        std::fs::write(session.join("aurora_events.jsonl"), lines(count))?;
        let denial = "{\"deny_reason\":\"X\",\"ts_ns\":1795197001000000000}\n";
        std::fs::write(session.join("orders_denied.jsonl"), denial)?;
    }
    Ok(service)
}

/// Opens the older session from the feed's list; its totals are those of its files, and it can be played.
async fn opens_the_older_one(stack: &Stack) -> Result<()> {
    let page = &stack.browser;
    page.run("location.hash = 'view=sessions';", vec![]).await?;
    let button = format!("tr[data-session='{OLDER}'] [data-action='open-session']");
    let is_there = async |page: &Browser| Ok(page.is_visible(&button).await?.then_some(()));
    stack.until("the older session is listed", is_there).await?;
    page.run("document.querySelector(arguments[0]).click();", vec![button.clone().into()]).await?;
    let is_read = async |page: &Browser| Ok(page.is_visible("tr[data-ready='true']").await?.then_some(()));
    stack.until("it is read", is_read).await?;
    let expected = Totals::of_session(&stack.session_dir().join(OLDER))?;
    let adds_up = async |page: &Browser| Ok((Totals::of_page(page).await? == expected).then_some(()));
    stack.until(&format!("the page shows {expected}"), adds_up).await?;
    let script = "const slider = document.querySelector('[data-slider]');
        slider.value = 10; slider.dispatchEvent(new Event('input', { bubbles: true }));";
    page.run(script, vec![]).await?;
    // An event each tenth of a second, and a denial after a second.
    let is_at = async |page: &Browser| Ok((events(page).await? == 102).then_some(()));
    stack.until("the playhead is ten seconds after the beginning", is_at).await
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
