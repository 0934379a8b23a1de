//! Owns a headless Chromium with one page: reading it, its console, pictures of it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use fantoccini::{Client, ClientBuilder};
use serde_json::{Map, Value, json};

use crate::command::Post;
use crate::console::Entry;
use crate::places;
use crate::process::Process;

const START_DEADLINE: Duration = Duration::from_mins(1);
const PAGE_DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);
/// A name that leads here and does not look like it.
pub const ELSEWHERE: &str = "aurora-feed";
/// The flags that keep a hidden page's timers going at full speed, as no reader's browser has it.
const NOT_AS_READERS_HAVE_IT: [&str; 3] = [
    "disable-background-timer-throttling",
    "disable-backgrounding-occluded-windows",
    "disable-renderer-backgrounding",
];
/// With the last, the timers of a page that is opened in the background come once a minute from ten seconds on, where
/// readers have that from five minutes on. Those of a page that was loaded before it was hidden do so after one minute.
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--host-resolver-rules=MAP aurora-feed 127.0.0.1",
    "--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/10",
];

/// A browser with one page.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    session: String,
    port: u16,
    width: u32,
    height: u32,
    driver: Process,
}

impl Browser {
    /// Starts chromedriver and a Chromium window of `width` × `height` CSS pixels.
    ///
    /// # Errors
    /// When either is missing or does not come up within a minute.
    pub async fn start(width: u32, height: u32, logs: &Path) -> Result<Self> {
        let port = places::free_port()?;
        let mut command = Command::new(places::program("CHROMEDRIVER", &["chromedriver"])?);
        let mut driver = Process::spawn(command.arg(format!("--port={port}")), "chromedriver", logs)?;
        let capabilities = capabilities(width, height)?;
        let deadline = Instant::now() + START_DEADLINE;
        let client = loop {
            let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            builder.capabilities(capabilities.clone());
            match builder.connect(&format!("http://127.0.0.1:{port}")).await {
                Ok(client) => break client,
                Err(error) if Instant::now() > deadline => {
                    bail!("no browser: {error}\n{}", driver.tail());
                }
                Err(_) => driver.must_run()?,
            }
            tokio::time::sleep(POLL).await;
        };
        let session = client.session_id().await?.context("the browser has no session")?;
        let browser = Self { client, session, port, width, height, driver };
        // A window can be no narrower than about 500 pixels; a screen can.
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        browser.devtools("Emulation.setDeviceMetricsOverride", screen).await?;
        Ok(browser)
    }

    /// The webdriver client, for what has no method here.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Runs `script` in the page and returns what it returns.
    ///
    /// # Errors
    /// When the script throws.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        self.client.execute(script, arguments).await.with_context(|| format!("in the page: {script}"))
    }

    /// The machine-readable value of a metric since the session began, or none where the page shows none.
    ///
    /// # Errors
    /// When the page cannot be asked, or shows something that is no number.
    pub async fn session_total(&self, metric: &str) -> Result<Option<f64>> {
        let script =
            "const e = document.querySelector(`[data-metric='${arguments[0]}'][data-scope='session']`);
            return e && e.dataset.value;";
        match self.run(script, vec![metric.into()]).await? {
            Value::String(text) if !text.is_empty() => {
                Ok(Some(text.parse().with_context(|| format!("{metric} is shown as `{text}`"))?))
            }
            _ => Ok(None),
        }
    }

    /// What the page says about its connection: `connecting`, `live`, `reconnecting`, …
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn link_state(&self) -> Result<Option<String>> {
        let script = "return document.querySelector('[data-link-state]')?.dataset.linkState;";
        Ok(self.run(script, vec![]).await?.as_str().map(str::to_owned))
    }

    /// Whether an element that `css` selects takes up room on the screen.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn is_visible(&self, css: &str) -> Result<bool> {
        let script = "return Array.from(document.querySelectorAll(arguments[0])).some(e =>
            e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getClientRects().length > 0);";
        Ok(self.run(script, vec![css.into()]).await? == Value::Bool(true))
    }

    /// The text of the page, as a person reads it.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn text(&self) -> Result<String> {
        let text = self.run("return document.title + '\\n' + document.body.innerText;", vec![]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// The text of the elements that `css` selects, as a person reads it.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn text_of(&self, css: &str) -> Result<String> {
        let script =
            "return Array.from(document.querySelectorAll(arguments[0]), e => e.innerText).join('\\n');";
        Ok(self.run(script, vec![css.into()]).await?.as_str().unwrap_or_default().to_owned())
    }

    /// The errors and warnings that the console has shown since it was last asked.
    ///
    /// # Errors
    /// When the driver cannot be asked.
    pub async fn console(&self) -> Result<Vec<Entry>> {
        let log = self.client.issue_cmd(Post::console_log()).await?;
        let entries = log.as_array().context("the console log is not a list")?;
        Ok(entries
            .iter()
            .map(Entry::new)
            .filter(|entry| entry.level != "INFO" && entry.level != "DEBUG")
            .collect())
    }

    /// Runs a command of the `DevTools` protocol.
    ///
    /// # Errors
    /// When Chromium refuses it.
    pub async fn devtools(&self, command: &str, params: Value) -> Result<Value> {
        let answer = self.client.issue_cmd(Post::devtools(command, &params)).await;
        answer.with_context(|| format!("DevTools command {command}"))
    }

    /// Cuts the browser off from every network, or ends that.
    ///
    /// Streams that are open stay as they are, which is what a cable that was pulled does; new requests fail.
    ///
    /// # Errors
    /// When Chromium refuses it.
    pub async fn set_offline(&self, offline: bool) -> Result<()> {
        let conditions =
            json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        if offline {
            self.devtools("Network.enable", json!({})).await?;
        }
        self.devtools("Network.emulateNetworkConditions", conditions).await?;
        if !offline {
            self.devtools("Network.disable", json!({})).await?; // it slows every stream down
        }
        Ok(())
    }

    /// Puts the window away, so that its page is hidden: no frames, timers once a second, and after a minute once a
    /// minute.
    ///
    /// # Errors
    /// When the page does not become hidden.
    pub async fn hide(&self) -> Result<()> {
        self.client.minimize_window().await?;
        self.wait_for("document.visibilityState === 'hidden'").await
    }

    /// Brings the window back.
    ///
    /// # Errors
    /// When the page does not become visible.
    pub async fn show(&self) -> Result<()> {
        self.client.minimize_window().await?; // after a freeze only a change of the window makes it visible
        self.client.set_window_size(self.width, self.height).await?;
        self.wait_for("document.visibilityState === 'visible'").await
    }

    /// Freezes the page, as the browser does with tabs that were hidden for long, or lets it go on.
    ///
    /// # Errors
    /// When Chromium refuses it.
    pub async fn set_frozen(&self, frozen: bool) -> Result<()> {
        let state = if frozen { "frozen" } else { "active" };
        self.devtools("Page.setWebLifecycleState", json!({ "state": state })).await.map(drop)
    }

    /// Waits until `condition`, an expression, is true in the page.
    ///
    /// # Errors
    /// After half a minute in which it is not.
    pub async fn wait_for(&self, condition: &str) -> Result<()> {
        let deadline = Instant::now() + PAGE_DEADLINE;
        while self.run(&format!("return {condition};"), vec![]).await? != true {
            if Instant::now() > deadline {
                bail!("in the page it is not so that {condition}");
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Keeps a picture of the page as NAME.png.
    ///
    /// # Errors
    /// When it cannot be taken or written.
    pub async fn screenshot(&self, name: &str) -> Result<()> {
        let picture = self.client.screenshot().await?;
        let path = places::screenshots()?.join(format!("{name}.png"));
        std::fs::write(&path, picture).with_context(|| format!("cannot write {}", path.display()))
    }

    /// The driver's process id: Chromium's processes descend from it.
    #[must_use]
    pub fn driver_id(&self) -> u32 {
        self.driver.id()
    }

    /// The end of what chromedriver wrote.
    #[must_use]
    pub fn log(&self) -> String {
        self.driver.tail()
    }
}

/// Chromium has a process group of its own: closing the session is what ends it, also when a test panics.
impl Drop for Browser {
    fn drop(&mut self) {
        let close = || -> std::io::Result<()> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            let session = &self.session;
            write!(
                stream,
                "DELETE /session/{session} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )?;
            stream.read_exact(&mut [0; 1])
        };
        drop(close()); // the driver may be gone, and Chromium with it
    }
}

fn capabilities(width: u32, height: u32) -> Result<Map<String, Value>> {
    let chromium = places::program("CHROMIUM", &["chromium", "chromium-browser", "google-chrome"])?;
    let mut args: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
    args.push(format!("--window-size={width},{height}"));
    let options = json!({ "binary": chromium, "args": args, "excludeSwitches": NOT_AS_READERS_HAVE_IT });
    let pairs = [("goog:chromeOptions", options), ("goog:loggingPrefs", json!({ "browser": "ALL" }))];
    Ok(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
