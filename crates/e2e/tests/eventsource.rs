//! The browser's own `EventSource` against the real feed: nothing of ours but the stream.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use aurora_e2e::browser::Browser;
use aurora_e2e::{feed, places};
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);

const FIRST: &str = "20261120-100000";
const SECOND: &str = "20261120-110000";

/// Opens a stream and keeps what it says, heartbeats left out.
const OPEN: &str = "window.source?.close();
    window.seen = [];
    window.source = new EventSource(arguments[0]);
    for (const kind of ['aurora_events', 'reset', 'session'])
        window.source.addEventListener(kind, e => window.seen.push([e.type, e.lastEventId, e.data]));";

fn line(session: &str, n: u64) -> String {
    format!("{{\"session\":\"{session}\",\"n\":{n}}}")
}

fn append(folder: &Path, session: &str, numbers: std::ops::Range<u64>) -> Result<()> {
    let dir = folder.join("sessions").join(session);
    std::fs::create_dir_all(&dir)?;
    let mut log = std::fs::File::options().create(true).append(true).open(dir.join("aurora_events.jsonl"))?;
    let lines: String = numbers.map(|n| line(session, n) + "\n").collect();
    Ok(log.write_all(lines.as_bytes())?)
}

/// What the page has seen, once that is so much: kinds, ids and data.
async fn seen(page: &Browser, count: usize) -> Result<Vec<(String, u64, String)>> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let seen = page.run("return window.seen;", vec![]).await?;
        let seen = seen.as_array().context("the page keeps no list")?;
        if seen.len() >= count {
            return seen.iter().map(read).collect();
        }
        if Instant::now() > deadline {
            bail!("the page has seen {seen:?}, not {count} events");
        }
        tokio::time::sleep(POLL).await;
    }
}

fn read(event: &Value) -> Result<(String, u64, String)> {
    let text = |at: usize| event.get(at).and_then(Value::as_str).context("an event without a part");
    Ok((text(0)?.to_owned(), text(1)?.parse().unwrap_or(0), text(2)?.to_owned()))
}

#[tokio::test]
async fn the_browsers_own_client_resumes_is_reset_and_follows_a_new_session() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let sessions = folder.path().join("sessions");
    append(folder.path(), FIRST, 0..3)?;
    let port = places::free_port()?;
    let running = feed::serve(&sessions, port, folder.path())?;
    let page = Browser::start(800, 600, folder.path()).await?;
    page.client().goto(&format!("http://127.0.0.1:{port}/healthz")).await?;
    page.run(OPEN, vec!["/sse?window=3600".into()]).await?;
    seen(&page, 3).await?;

    drop(running); // killed, as by kill -9
    append(folder.path(), FIRST, 3..6)?;
    let _running = feed::serve(&sessions, port, folder.path())?;
    let events = seen(&page, 6).await?;
    let first = events.first().context("no event")?.1;
    for (n, event) in (0..).zip(&events) {
        let expected = ("aurora_events".to_owned(), first + n, line(FIRST, n));
        assert_eq!(*event, expected, "each once, in order, without a reset");
    }

    append(folder.path(), SECOND, 0..1)?;
    let events = seen(&page, 9).await?;
    let kinds: Vec<&str> = events.iter().skip(6).map(|event| event.0.as_str()).collect();
    assert_eq!(kinds, ["session", "reset", "aurora_events"]);
    assert_eq!(events.last().context("no event")?.2, line(SECOND, 0));

    page.run(OPEN, vec![format!("/sse?session={FIRST}&last_event_id=7").into()]).await?;
    let events = seen(&page, 7).await?;
    let reset: Value = serde_json::from_str(&events.first().context("no event")?.2)?;
    assert_eq!((reset.get("requested"), reset.get("first")), (Some(&json!("7")), Some(&json!(first))));
    assert_eq!(events.get(1), Some(&("aurora_events".to_owned(), first, line(FIRST, 0))));
    Ok(())
}
