//! Owns scenes: a page in front of a session of fixed time on a feed whose clock stands still, so that the page shows the
//! same in every run.
//!
//! A [`Site`] is everything but the browser, for browsers are slow to start: one browser visits many sites.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use tempfile::TempDir;

use crate::browser::Browser;
use crate::feed::Service;
use crate::nginx::Nginx;
use crate::places;
use crate::process::Process;
use crate::still::Still;
use crate::totals::{Totals, WHOLE};

/// When every session begins: 2026-11-20 17:50:00 UTC, in Unix seconds.
pub const START: u64 = 1_795_197_000;
/// What a heartbeat's time is past the last whole second, in nanoseconds: far from both of its ends.
const WITHIN_SECOND_NS: i64 = 200_000_000;
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);
/// Time goes on in the page's own animations and not in its figures.
const AT_REST: &str = "const done = arguments[0];
    document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));";

/// What a session is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Ten minutes of an ordinary market.
    Calm,
    /// Seven minutes with slow decisions, then many denials, and at the end an open circuit breaker and a halt.
    Storm,
    /// There is no session yet.
    Empty,
    /// A few lines that say next to nothing.
    Bare,
    /// The calm one with very long names of everything.
    LongNames,
}

/// Names as a session has them, and as nobody expects them.
const LONG_NAMES: [(&str, &str); 8] = [
    ("SOLUSDT", "SOLANACLASSICWRAPPEDLIQUIDSTAKED1000000XUSDT"),
    (
        "WHY_NEGATIVE_EDGE",
        "WHY_NEGATIVE_EDGE_AFTER_FEES_SLIPPAGE_AND_ADVERSE_SELECTION_OVER_THE_LAST_TEN_MINUTES",
    ),
    (
        "WHY_UNATTRACTIVE",
        "WHY_UNATTRACTIVE_WITHOUTANYUNDERSCORETHATCOULDEVERBREAKTHISVERYLONGNAMEINTOTWOLINES",
    ),
    ("POLICY.DECISION", "POLICY.DECISION.OF.A.SUBSYSTEM.WITH.A.REMARKABLY.LONG.NAME.THAT.GOES.ON"),
    ("paper.yaml", "configurations/production/europe-west/paper-with-a-very-long-name-2026-11-20.yaml"),
    ("\"88100", "\"exchange-order-0123456789abcdef-0123456789abcdef-88100"),
    ("\"20261120-175000\"", "\"20261120-175000-with-a-run-id-that-is-much-longer-than-anyone-would-choose\""),
    ("trap_guard", "trap_guard_that_watches_the_order_book_for_layers_that_vanish_before_they_are_hit"),
];

impl Course {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Calm, Self::Storm, Self::Empty, Self::Bare, Self::LongNames];

    /// Its name in file names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Storm => "storm",
            Self::Empty => "empty",
            Self::Bare => "bare",
            Self::LongNames => "long",
        }
    }

    /// How long it is, in seconds.
    const fn seconds(self) -> u64 {
        match self {
            Self::Calm | Self::LongNames => 600,
            Self::Storm => 430,
            Self::Empty | Self::Bare => 10,
        }
    }

    /// The folder that its files are in.
    const fn folder(self) -> &'static str {
        match self {
            Self::LongNames => {
                "20261120-175000-paper-trading-with-a-session-name-that-somebody-made-far-too-long-on-purpose"
            }
            _ => "20261120-175000",
        }
    }

    /// Writes its files into `dir`, which is not there yet.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(self, dir: &Path) -> Result<()> {
        let generated = |scenario: &str, rate: u32| {
            let mut command = Command::new(places::feed()?);
            command.args(["simulate", "--scenario", scenario, "--seed", "7", "--as-fast-as-possible"]);
            command.args(["--start", &START.to_string(), "--duration", &self.seconds().to_string()]);
            let output = command.args(["--rate", &rate.to_string(), "--session-dir"]).arg(dir).output()?;
            if !output.status.success() {
                bail!("simulate failed: {}", String::from_utf8_lossy(&output.stderr));
            }
            Ok(())
        };
        match self {
            Self::Calm => generated("calm", 20),
            Self::Storm => generated("mixed", 50),
            Self::LongNames => {
                generated("calm", 20)?;
                rename_in(dir)
            }
            Self::Empty => Ok(std::fs::create_dir(dir)?),
            Self::Bare => {
                std::fs::create_dir(dir)?;
                let line = |second: u64| {
                    format!("{{\"event_code\":\"HEALTH.PING\",\"ts_ns\":{}000000000}}\n", START + second)
                };
                Ok(std::fs::write(dir.join("aurora_events.jsonl"), (0..10).map(line).collect::<String>())?)
            }
        }
    }
}

fn rename_in(dir: &Path) -> Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let mut text = std::fs::read_to_string(&path)?;
        for (short, long) in LONG_NAMES {
            text = text.replace(short, long);
        }
        std::fs::write(&path, text)?;
    }
    Ok(())
}

/// A session, a feed on it whose clock stands still, and nginx in front. Fields end in this order.
#[derive(Debug)]
pub struct Site {
    /// What stands between feed and nginx.
    pub still: Still,
    /// What browsers talk to.
    pub nginx: Nginx,
    _feed: Process,
    folder: TempDir,
    course: Course,
    /// Events that the page will count; none where there is no session.
    events: Option<u64>,
}

impl Site {
    /// Starts everything.
    ///
    /// # Errors
    /// When a part does not come up.
    pub fn start(course: Course) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("aurora-e2e-").tempdir()?;
        let session_dir = folder.path().join(course.folder());
        course.write(&session_dir)?;
        let end = START + course.seconds();
        for entry in std::fs::read_dir(&session_dir)? {
            let written = SystemTime::UNIX_EPOCH + Duration::from_secs(end);
            std::fs::File::options().append(true).open(entry?.path())?.set_modified(written)?;
        }
        let service = Service::new(&session_dir, places::free_port()?, folder.path());
        let feed = service.start()?;
        let end_ns = i64::try_from(end * 1_000_000_000)?;
        let still = Still::start(service.port, end_ns + WITHIN_SECOND_NS)?;
        let nginx = Nginx::start(&places::dist()?, still.port(), folder.path())?;
        let is_there = course != Course::Empty;
        let events = is_there.then(|| Totals::of_session(&session_dir)).transpose()?.map(|all| all.events());
        Ok(Self { still, nginx, _feed: feed, folder, course, events })
    }

    /// What its session is like.
    #[must_use]
    pub fn course(&self) -> Course {
        self.course
    }

    /// A place for files that end with the site.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where its session's files are.
    #[must_use]
    pub fn session_dir(&self) -> PathBuf {
        self.folder.path().join(self.course.folder())
    }

    /// Loads the page anew, waits until it is live and has counted every event, and goes to `fragment`
    /// (`view=events&theme=dark`).
    ///
    /// # Errors
    /// When that does not happen within a minute.
    pub async fn visit(&self, page: &Browser, fragment: &str) -> Result<()> {
        page.client().goto("about:blank").await?; // another fragment alone loads nothing
        page.client().goto(&self.nginx.url()).await?;
        let shown =
            "document.querySelector(\"[data-metric='session.events'][data-scope='session']\")?.dataset.value";
        let whole = self.events.map_or_else(String::new, |events| format!(" && {shown} === '{events}'"));
        let is_live = "document.querySelector('[data-link-state]')?.dataset.linkState === 'live'";
        until(page, &format!("{is_live}{whole}")).await?;
        go(page, fragment).await
    }
}

/// Goes to `fragment` without loading the page anew.
///
/// # Errors
/// When the page does not show it within a minute.
pub async fn go(page: &Browser, fragment: &str) -> Result<()> {
    page.run("location.hash = arguments[0];", vec![fragment.into()]).await?;
    let named = fragment.split('&').find_map(|part| part.strip_prefix("view="));
    until(page, &format!("document.querySelector('main')?.dataset.screen === '{}'", named.unwrap_or("live")))
        .await?;
    rest(page).await
}

/// Waits until `condition`, an expression, is true in the page, and the screen is put together.
///
/// # Errors
/// After a minute in which it is not, with what the page says.
pub async fn until(page: &Browser, condition: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let script = format!("return Boolean(({condition}) && {WHOLE});");
    while page.run(&script, vec![]).await? != true {
        if Instant::now() > deadline {
            drop(page.screenshot("failure").await); // a picture more or less does not change the verdict
            bail!("it is not so that {condition}; the page shows\n{}", page.text().await?);
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// Waits until what has changed is drawn.
///
/// # Errors
/// When the page cannot be asked.
pub async fn rest(page: &Browser) -> Result<()> {
    page.client().execute_async(AT_REST, vec![]).await?;
    Ok(())
}

/// Gives the page a screen of `width` × `height` CSS pixels, and waits until it is laid out.
///
/// # Errors
/// When Chromium refuses it.
pub async fn set_screen(page: &Browser, width: u32, height: u32) -> Result<()> {
    let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    page.devtools("Emulation.setDeviceMetricsOverride", screen).await?;
    until(page, &format!("window.innerWidth === {width}")).await?;
    rest(page).await
}

/// Hands `files` over through the page's input of files.
///
/// # Errors
/// When the page has none.
pub async fn pick(page: &Browser, files: &[PathBuf]) -> Result<()> {
    let document = page.devtools("DOM.getDocument", json!({})).await?;
    let root = document.get("root").and_then(|root| root.get("nodeId")).context("no document")?;
    let found = json!({ "nodeId": root, "selector": "[data-pick='files']" });
    let node = page.devtools("DOM.querySelector", found).await?;
    let node = node.get("nodeId").context("no input of files")?;
    page.devtools("DOM.setFileInputFiles", json!({ "files": files, "nodeId": node })).await.map(drop)
}

/// Has the page know that its reader wants no motion, and has it drawn without scroll bars, as phones do.
///
/// # Errors
/// When Chromium refuses it.
pub async fn without_motion(page: &Browser) -> Result<()> {
    page.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await?;
    let features = json!([{ "name": "prefers-reduced-motion", "value": "reduce" }]);
    page.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await.map(drop)
}
