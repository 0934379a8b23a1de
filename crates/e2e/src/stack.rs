//! Owns the whole path together, and waiting for something to become true of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::nginx::Nginx;
use crate::process::Process;
use crate::{feed, places};

/// How long any wait may last: far longer than it takes, on a busy machine too.
const DEADLINE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(100);

/// A session directory, the feed on it, nginx in front and a page that is open. Fields end in this order.
#[derive(Debug)]
pub struct Stack {
    /// The browser, with the page open.
    pub browser: Browser,
    nginx: Nginx,
    feed: Option<Process>,
    feed_port: u16,
    folder: TempDir,
}

impl Stack {
    /// Starts everything on an empty session directory and opens the page in a window of `width` × `height`.
    ///
    /// # Errors
    /// When a part does not come up.
    pub async fn start(width: u32, height: u32) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("aurora-e2e-").tempdir()?;
        std::fs::create_dir(session_dir(folder.path()))?;
        let feed_port = places::free_port()?;
        let feed = feed::serve(&session_dir(folder.path()), feed_port, folder.path())?;
        let nginx = Nginx::start(&places::dist()?, feed_port, folder.path())?;
        let browser = Browser::start(width, height, folder.path()).await?;
        let stack = Self { browser, nginx, feed: Some(feed), feed_port, folder };
        stack.browser.client().goto(&stack.nginx.url()).await?;
        Ok(stack)
    }

    /// Where the session's files are written.
    #[must_use]
    pub fn session_dir(&self) -> PathBuf {
        session_dir(self.folder.path())
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
        self.feed = Some(feed::serve(&self.session_dir(), self.feed_port, self.folder.path())?);
        Ok(())
    }

    /// Waits until `ask` has an answer.
    ///
    /// # Errors
    /// After a minute without one, with what page, feed and nginx said; and when asking fails.
    pub async fn until<T>(
        &self,
        what: &str,
        mut ask: impl AsyncFnMut(&Browser) -> Result<Option<T>>,
    ) -> Result<T> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(answer) = ask(&self.browser).await? {
                return Ok(answer);
            }
            if Instant::now() > deadline {
                bail!("waited a minute until {what}\n{}", self.report().await);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Fails when the console shows an error that holds none of `expected`.
    ///
    /// # Errors
    /// When the console is not clean.
    pub async fn console_is_clean(&self, expected: &[&str]) -> Result<()> {
        let errors = self.browser.console_errors(expected).await?;
        if !errors.is_empty() {
            bail!("the console shows errors:\n  {}\n{}", errors.join("\n  "), self.report().await);
        }
        Ok(())
    }

    async fn report(&self) -> String {
        let text = self.browser.text().await.unwrap_or_else(|error| format!("(none: {error:#})"));
        let console = self.browser.console_errors(&[]).await.unwrap_or_default().join("\n");
        let feed = self.feed.as_ref().map_or_else(|| "(not running)".to_owned(), Process::tail);
        drop(self.browser.screenshot("failure").await); // a picture more or less does not change the verdict
        let log = self.nginx.log();
        format!("── page\n{text}\n── console\n{console}\n── feed\n{feed}\n── nginx\n{log}\n")
    }
}

fn session_dir(folder: &Path) -> PathBuf {
    folder.join("session")
}
