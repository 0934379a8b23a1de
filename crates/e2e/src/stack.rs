//! Owns the whole path together, and waiting for something to become true of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::browser::{Browser, ELSEWHERE};
use crate::console::Entry;
use crate::feed::{self, Service};
use crate::nginx::Nginx;
use crate::process::Process;
use crate::totals::{self, Totals};
use crate::{http, places};

/// How long any wait may last: far longer than it takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(100);
/// What is shown while the link is broken.
pub const BANNER: &str = "[role='alert'][data-banner='link']";
/// What tells assistive technology that the link broke or is well again.
const REGION: &str = "[role='status'][data-said='link']";
/// Kept by the page: every state that the link was in.
const WATCH_LINK: &str = "window.states = [];
    const chip = () => document.querySelector('[data-link-state]').dataset.linkState;
    window.states.push(chip());
    new MutationObserver(() => window.states.push(chip())).observe(
        document.body, { subtree: true, attributes: true, attributeFilter: ['data-link-state'] });";
/// A page that was loaded anew does not have it.
const SAME_DOCUMENT: &str = "window.sameDocument = true;";

/// A session directory, the feed on it, nginx in front and a page that is open. Fields end in this order.
#[derive(Debug)]
pub struct Stack {
    /// The browser, with the page open.
    pub browser: Browser,
    /// What stands between the two.
    pub nginx: Nginx,
    feed: Option<Process>,
    /// How the feed is started the next time.
    pub service: Service,
    /// How long any wait may last; a minute from the start.
    pub patience: Duration,
    folder: TempDir,
}

impl Stack {
    /// Starts everything on an empty session directory and opens the page in a window of `width` × `height`.
    ///
    /// # Errors
    /// When a part does not come up.
    pub async fn start(width: u32, height: u32) -> Result<Self> {
        Self::start_as(width, height, Ok).await
    }

    /// Does the same with the feed as `adapt` makes it.
    ///
    /// # Errors
    /// When a part does not come up.
    pub async fn start_as(
        width: u32,
        height: u32,
        adapt: impl FnOnce(Service) -> Result<Service>,
    ) -> Result<Self> {
        let stack = Self::assemble(width, height, adapt).await?;
        stack.open().await?;
        Ok(stack)
    }

    /// Opens the page on a generated session that grows by `rate` events a second until the writer is dropped.
    ///
    /// # Errors
    /// When a part does not come up.
    pub async fn start_on_session(width: u32, height: u32, rate: u32) -> Result<(Self, Process)> {
        let stack = Self::assemble(width, height, Ok).await?;
        let writer = stack.simulate(rate)?;
        let open = async |_: &Browser| {
            let health = http::get(stack.service.port, "/health")?.json()?;
            Ok(health.get("session").filter(|session| !session.is_null()).map(drop))
        };
        stack.until("the feed follows the session", open).await?;
        stack.open().await?;
        Ok((stack, writer))
    }

    async fn assemble(
        width: u32,
        height: u32,
        adapt: impl FnOnce(Service) -> Result<Service>,
    ) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("aurora-e2e-").tempdir()?;
        let session_dir = folder.path().join("session");
        std::fs::create_dir(&session_dir)?;
        let service = adapt(Service::new(&session_dir, places::free_port()?, folder.path()))?;
        let feed = service.start()?;
        let nginx = Nginx::start(&places::dist()?, service.port, folder.path())?;
        let browser = Browser::start(width, height, folder.path()).await?;
        Ok(Self { browser, nginx, feed: Some(feed), service, patience: PATIENCE, folder })
    }

    /// Opens the page under a name that does not look as if it led to this computer.
    ///
    /// # Errors
    /// When the page cannot be opened.
    pub async fn open_elsewhere(&self) -> Result<()> {
        self.open_at(&format!("http://{ELSEWHERE}:{}/", self.nginx.port())).await?;
        // Of a name that is no loopback the browser says that this header is for https.
        let mut entries = self.browser.console().await?;
        entries.retain(|entry| !entry.text.contains("Cross-Origin-Opener-Policy"));
        if !entries.is_empty() {
            bail!("the console shows\n{}", lines(&entries));
        }
        Ok(())
    }

    /// Opens the page in the window that the browser is at.
    ///
    /// # Errors
    /// When the page cannot be opened.
    pub async fn open(&self) -> Result<()> {
        self.open_at(&self.nginx.url()).await
    }

    async fn open_at(&self, url: &str) -> Result<()> {
        self.browser.client().goto(url).await?;
        self.browser.run(SAME_DOCUMENT, vec![]).await.map(drop)
    }

    /// Where the session's files are written.
    #[must_use]
    pub fn session_dir(&self) -> PathBuf {
        self.service.session_dir.clone()
    }

    /// A place for files that end with the stack.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the address bar points.
    #[must_use]
    pub fn url(&self) -> String {
        self.nginx.url()
    }

    /// Writes a generated session into the directory until dropped.
    ///
    /// # Errors
    /// When the generator cannot be started.
    pub fn simulate(&self, rate: u32) -> Result<Process> {
        feed::simulate(&self.session_dir(), rate, self.folder.path())
    }

    /// Ends the feed as `kill -9` does.
    pub fn kill_feed(&mut self) {
        self.feed = None;
    }

    /// Starts the feed again on the same port.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_feed(&mut self) -> Result<()> {
        self.feed = Some(self.service.start()?);
        Ok(())
    }

    /// The running feed.
    ///
    /// # Errors
    /// When it was ended.
    pub fn feed(&mut self) -> Result<&mut Process> {
        self.feed.as_mut().context("the feed was ended")
    }

    /// Waits until `ask` has an answer.
    ///
    /// # Errors
    /// After [`Stack::patience`] without one, with what page, feed and nginx said; and when asking fails.
    pub async fn until<T>(
        &self,
        what: &str,
        mut ask: impl AsyncFnMut(&Browser) -> Result<Option<T>>,
    ) -> Result<T> {
        let deadline = Instant::now() + self.patience;
        loop {
            if let Some(answer) = ask(&self.browser).await? {
                return Ok(answer);
            }
            if Instant::now() > deadline {
                bail!("waited {:?} until {what}\n{}", self.patience, self.report().await);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until the banner about the link is there and holds `words`; then the tab's title and icon show trouble too.
    ///
    /// # Errors
    /// After [`Stack::patience`] without it.
    pub async fn says(&self, words: &str) -> Result<()> {
        let what = format!("the banner says `{words}`");
        let said = async |page: &Browser| {
            let is_said = page.is_visible(BANNER).await? && page.text_of(BANNER).await?.contains(words);
            Ok(is_said.then_some(()))
        };
        self.until(&what, said).await?;
        let marked = async |page: &Browser| {
            let (title, is_own) = mark(page).await?;
            let is_marked = title == "(not live) Aurora Live" || title == "(needs a token) Aurora Live";
            Ok((is_marked && !is_own).then_some(()))
        };
        self.until("the tab's title and icon show trouble", marked).await
    }

    /// Waits until `word` is what assistive technology was last told of the link.
    ///
    /// # Errors
    /// After [`Stack::patience`] without it.
    pub async fn says_aloud(&self, word: &str) -> Result<()> {
        let told = async |page: &Browser| {
            let told =
                page.run("return document.querySelector(arguments[0])?.textContent;", vec![REGION.into()]);
            Ok((told.await?.as_str() == Some(word)).then_some(()))
        };
        self.until(&format!("`{word}` is said aloud"), told).await
    }

    /// Has the page keep every state that the link is in from now on.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn watch_link(&self) -> Result<()> {
        self.browser.run(WATCH_LINK, vec![]).await.map(drop)
    }

    /// Every state that the link was in since it was watched, the first one included.
    ///
    /// # Errors
    /// When the page cannot be asked, or was never told to watch.
    pub async fn link_states(&self) -> Result<Vec<String>> {
        let states = self.browser.run("return window.states;", vec![]).await?;
        let states = states.as_array().context("the page keeps no list")?;
        Ok(states.iter().map(|state| state.as_str().unwrap_or_default().to_owned()).collect())
    }

    /// Fails where the link was anything but live since it was watched.
    ///
    /// # Errors
    /// When it was.
    pub async fn was_never_interrupted(&self) -> Result<()> {
        let states = self.link_states().await?;
        if states.is_empty() || states.iter().any(|state| state != "live") {
            bail!("the link was {states:?}");
        }
        Ok(())
    }

    /// Waits until more events are counted than now.
    ///
    /// # Errors
    /// After [`Stack::patience`] without any.
    pub async fn grows(&self) -> Result<()> {
        let before = Totals::of_page(&self.browser).await?.events();
        let more = async |page: &Browser| Ok((Totals::of_page(page).await?.events() > before).then_some(()));
        self.until(&format!("more than {before} events are counted"), more).await
    }

    /// Waits until no banner is there and the link is live, and makes sure that the page was not loaded anew.
    ///
    /// # Errors
    /// After [`Stack::patience`] in which that is not so, or when it is another page.
    pub async fn recovers(&self) -> Result<()> {
        let well = async |page: &Browser| {
            let is_live = page.link_state().await?.as_deref() == Some("live");
            Ok((is_live && !page.is_visible(BANNER).await?).then_some(()))
        };
        self.until("the link is live without a banner", well).await?;
        let unmarked = async |page: &Browser| {
            let (title, is_own) = mark(page).await?;
            Ok((title == "Aurora Live" && is_own).then_some(()))
        };
        self.until("the tab's title and icon show no trouble", unmarked).await?;
        if self.browser.run("return window.sameDocument === true;", vec![]).await? != true {
            bail!("the page was loaded anew\n{}", self.report().await);
        }
        Ok(())
    }

    /// Holds `writer`, waits until the page counts what the session holds, each event once, and lets it go on.
    ///
    /// A last event of its own kind shows when nothing more is on its way: from then on the page may not differ.
    ///
    /// # Errors
    /// When the page counts something else, after [`Stack::patience`] or at the end.
    pub async fn adds_up(&self, writer: &mut Process) -> Result<Totals> {
        writer.pause()?;
        let session = Totals::of_session(&self.session_dir())?;
        let what = format!("the page shows what the session holds: {session}");
        let equal = async |page: &Browser| Ok((Totals::of_page(page).await? == session).then_some(()));
        if let Err(error) = self.until(&what, equal).await {
            return Err(error.context(format!("the page shows {}", Totals::of_page(&self.browser).await?)));
        }
        totals::append_marker(&self.session_dir())?;
        let session = Totals::of_session(&self.session_dir())?;
        let marked = async |page: &Browser| {
            Ok(Some(Totals::of_page(page).await?).filter(|page| page.unknown() >= session.unknown()))
        };
        let page = self.until("the page counts the last event", marked).await?;
        if page != session {
            bail!("the page shows {page}\nbut the session holds {session}\n{}", self.report().await);
        }
        writer.resume();
        Ok(page)
    }

    /// Fails when the console shows an error or a warning.
    ///
    /// # Errors
    /// When the console is not clean.
    pub async fn console_is_clean(&self) -> Result<()> {
        self.console_is_clean_but_for(&[]).await
    }

    /// Fails when the console shows anything but the browser's own lines about requests to the feed that failed.
    ///
    /// # Errors
    /// When the console is not clean.
    pub async fn console_is_quiet(&self) -> Result<()> {
        self.console_is_clean_but_for(&["/sse", "/snapshot"]).await
    }

    async fn console_is_clean_but_for(&self, paths: &[&str]) -> Result<()> {
        let mut entries = self.browser.console().await?;
        entries.retain(|entry| !entry.is_failed_request(paths));
        if !entries.is_empty() {
            bail!("the console shows\n{}\n{}", lines(&entries), self.report().await);
        }
        Ok(())
    }

    async fn report(&self) -> String {
        let text = self.browser.text().await.unwrap_or_else(|error| format!("(none: {error:#})"));
        let console = lines(&self.browser.console().await.unwrap_or_default());
        let feed = self.feed.as_ref().map_or_else(|| "(not running)".to_owned(), Process::tail);
        drop(self.browser.screenshot("failure").await); // a picture more or less does not change the verdict
        let log = self.nginx.log();
        format!("── page\n{text}\n── console\n{console}\n── feed\n{feed}\n── nginx\n{log}\n")
    }
}

/// The tab's title, and whether its icon is the page's own.
async fn mark(page: &Browser) -> Result<(String, bool)> {
    let script = "return document.querySelector(\"link[rel='icon']\").getAttribute('href');";
    let icon = page.run(script, vec![]).await?;
    let is_own = icon.as_str().is_some_and(|href| !href.starts_with("data:"));
    Ok((page.client().title().await?, is_own))
}

fn lines(entries: &[Entry]) -> String {
    entries.iter().map(Entry::to_string).collect::<Vec<_>>().join("\n")
}
