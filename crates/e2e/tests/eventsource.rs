//! The browser's own `EventSource`: against the real feed, nothing of ours but the stream; and beside the page's own
//! decoder, over the conformance vectors.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use aurora_e2e::browser::Browser;
use aurora_e2e::streams::{Stream, Streams};
use aurora_e2e::{feed, places};
use aurora_wire::sse::{Decoder, Item};
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

/// Opens all streams and keeps what each says, until it is over for good.
const HEAR: &str = "
    window.heard = {};
    for (const path of arguments[0]) {
        const heard = window.heard[path] = {events: [], over: false};
        const source = new EventSource(path);
        const keep = e => heard.events.push([e.type, e.data, e.lastEventId]);
        for (const kind of arguments[1]) source.addEventListener(kind, keep);
        source.onerror = () => heard.over = source.readyState === EventSource.CLOSED;
    }";
const OVER: &str = "return Object.values(window.heard).every(heard => heard.over);";

/// What a client makes of a stream: kind, data and id of each event, and the id that it resumes after.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    events: Vec<[String; 3]>,
    resumes_after: String,
}

/// What the page's decoder makes of a stream that comes in such pieces.
fn decoded(stream: &Stream) -> Heard {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    for piece in stream.bytes.chunks(stream.piece_bytes) {
        decoder.feed(piece, |item| {
            if let Item::Message(message) = item {
                let data = String::from_utf8_lossy(message.data).into_owned();
                events.push([message.kind.to_owned(), data, message.id.to_owned()]);
            }
        });
    }
    Heard { events, resumes_after: decoder.last_event_id().to_owned() }
}

/// What the browser made of the stream at `path`.
async fn heard(page: &Browser, server: &Streams, path: &str) -> Result<Heard> {
    let events = page.run("return window.heard[arguments[0]].events;", vec![path.into()]).await?;
    let id = server.resumed(path).with_context(|| format!("{path} was not asked for again"))?;
    let resumes_after = String::from_utf8(id.unwrap_or_default())?;
    Ok(Heard { events: serde_json::from_value(events)?, resumes_after })
}

/// Each conformance vector, whole, byte by byte and in threes, by the path that it is served at.
fn vectors() -> Result<BTreeMap<String, (Value, Stream)>> {
    let text = std::fs::read_to_string(places::root().join("crates/wire/tests/vectors/sse.json"))?;
    let file: Value = serde_json::from_str(&text)?;
    let mut streams = BTreeMap::new();
    for vector in file.get("vectors").and_then(Value::as_array).context("no vectors")? {
        let text = |key: &str| vector.get(key).and_then(Value::as_str).with_context(|| format!("no {key}"));
        let bytes = text("input")?.as_bytes().to_vec();
        for piece_bytes in [bytes.len(), 1, 3] {
            let path = format!("/{}/{piece_bytes}", text("name")?);
            streams.insert(path, (vector.clone(), Stream { bytes: bytes.clone(), piece_bytes }));
        }
    }
    Ok(streams)
}

/// What the vector says that a client makes of it; the id where it says one.
fn check_vector(vector: &Value, heard: &Heard, path: &str) -> Result<()> {
    let expected = vector.get("events").and_then(Value::as_array).context("no events")?;
    let part =
        |event: &Value, key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let expected: Vec<[String; 3]> =
        expected.iter().map(|event| ["type", "data", "id"].map(|key| part(event, key))).collect();
    assert_eq!(heard.events, expected, "{path}");
    if let Some(id) = vector.get("last_event_id") {
        assert_eq!(Some(heard.resumes_after.as_str()), id.as_str(), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_browser_and_the_pages_decoder_agree_on_every_conformance_vector() -> Result<()> {
    let vectors = vectors()?;
    assert!(vectors.len() >= 60, "{} streams", vectors.len());
    let streams = vectors.iter().map(|(path, (_, stream))| (path.clone(), stream.clone())).collect();
    let server = Streams::serve(streams)?;
    let decoded: BTreeMap<&String, Heard> =
        vectors.iter().map(|(path, (_, stream))| (path, decoded(stream))).collect();
    let kinds: BTreeSet<&String> =
        decoded.values().flat_map(|heard| heard.events.iter().map(|[kind, ..]| kind)).collect();
    let logs = tempfile::tempdir()?;
    let page = Browser::start(800, 600, logs.path()).await?;
    page.client().goto(&server.url()).await?;
    let paths: Vec<&String> = vectors.keys().collect();
    page.run(HEAR, vec![json!(paths), json!(kinds)]).await?;
    let deadline = Instant::now() + DEADLINE;
    while page.run(OVER, vec![]).await? != Value::Bool(true) {
        if Instant::now() > deadline {
            bail!("not every stream is over: {}", page.run("return window.heard;", vec![]).await?);
        }
        tokio::time::sleep(POLL).await;
    }
    for (path, (vector, _)) in &vectors {
        let heard = heard(&page, &server, path).await?;
        check_vector(vector, &heard, path)?;
        assert_eq!(decoded.get(path), Some(&heard), "{path}: the page's decoder, and the browser");
    }
    Ok(())
}
