//! Owns comparing what the page counts with what the session's files hold.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::browser::Browser;
use crate::feed;

/// The outcomes of orders, as both sides name them.
pub const OUTCOMES: [&str; 9] = [
    "orders.submitted",
    "orders.acked",
    "orders.partially_filled",
    "orders.filled",
    "orders.canceled",
    "orders.rejected",
    "orders.expired",
    "orders.denied",
    "orders.failed",
];
/// Every event, whatever it says: one that is lost or comes twice shows here.
const EVENTS: &str = "session.events";
/// Events that no metric reads.
const UNKNOWN: &str = "session.unknown";
const LOG: &str = "aurora_events.jsonl";
/// Whether the screen that the page makes over several frames is all there, as an expression in the page.
pub const WHOLE: &str = "document.querySelector('[data-unfinished]') === null";
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// Every outcome's count, that of all events and that of events that no metric reads; none where there is no data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals(BTreeMap<&'static str, Option<u64>>);

impl Totals {
    /// What the session in `dir` holds, by `aurora-feed summarize`.
    ///
    /// # Errors
    /// When it cannot be summed up.
    pub fn of_session(dir: &Path) -> Result<Self> {
        let summary = feed::summarize(dir)?;
        let mut totals = BTreeMap::new();
        for metric in OUTCOMES.into_iter().chain([EVENTS, UNKNOWN]) {
            totals.insert(metric, feed::figure(&summary, metric)?);
        }
        // The page shows events with a code that nothing reads and those without any as one figure.
        let uncoded = feed::figure(&summary, "session.uncoded")?;
        totals.entry(UNKNOWN).and_modify(|count| *count = count.map(|count| count + uncoded.unwrap_or(0)));
        Ok(Self(totals))
    }

    /// What the page shows, all read at one moment, once its screen is put together.
    ///
    /// # Errors
    /// When the page cannot be asked, or shows something that is no count.
    pub async fn of_page(page: &Browser) -> Result<Self> {
        let metrics: Vec<Value> = OUTCOMES.into_iter().chain([EVENTS, UNKNOWN]).map(Value::from).collect();
        let script = format!(
            "return {WHOLE} && arguments[0].map(metric =>
            document.querySelector(`[data-metric='${{metric}}'][data-scope='session']`)?.dataset.value || '');"
        );
        let deadline = Instant::now() + PATIENCE;
        let shown = loop {
            let shown = page.run(&script, vec![metrics.clone().into()]).await?;
            if shown != false {
                break shown;
            }
            if Instant::now() > deadline {
                bail!("the page's screen is never put together");
            }
            tokio::time::sleep(POLL).await;
        };
        let shown = shown.as_array().context("the page has no list")?;
        let mut totals = BTreeMap::new();
        for (metric, value) in OUTCOMES.into_iter().chain([EVENTS, UNKNOWN]).zip(shown) {
            let text = value.as_str().unwrap_or_default();
            let read = || text.parse().with_context(|| format!("{metric} is shown as `{text}`"));
            totals.insert(metric, (!text.is_empty()).then(read).transpose()?);
        }
        Ok(Self(totals))
    }

    /// The count of all events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.0.get(EVENTS).copied().flatten().unwrap_or(0)
    }

    /// The count of events that no metric reads.
    #[must_use]
    pub fn unknown(&self) -> u64 {
        self.0.get(UNKNOWN).copied().flatten().unwrap_or(0)
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (metric, count) in &self.0 {
            let count = count.map_or_else(|| "no data".to_owned(), |count| count.to_string());
            write!(formatter, "{metric} {count}, ")?;
        }
        Ok(())
    }
}

/// Appends `text` to the event log in `dir`, as it stands.
///
/// # Errors
/// When it cannot be written, or what is there ends within a line.
pub fn append(dir: &Path, text: &[u8]) -> Result<()> {
    let mut log = File::options().create(true).append(true).read(true).open(dir.join(LOG))?;
    if log.metadata()?.len() > 0 {
        let mut last = [0];
        log.seek(SeekFrom::End(-1))?;
        log.read_exact(&mut last)?;
        if last != *b"\n" {
            bail!("the event log ends within a line");
        }
    }
    Ok(log.write_all(text)?)
}

/// Appends an event that no metric reads to the event log in `dir`: once a page counts it as unknown, everything that
/// was before it on the stream is there too.
///
/// # Errors
/// When it cannot be written.
pub fn append_marker(dir: &Path) -> Result<()> {
    let now_ns = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let line =
        format!("{{\"ts_ns\":{now_ns},\"run_id\":\"e2e\",\"event_code\":\"E2E.MARKER\",\"details\":{{}}}}\n");
    append(dir, line.as_bytes())
}
