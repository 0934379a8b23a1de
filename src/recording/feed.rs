//! Older sessions of a feed: their list, and the lines of one as a recording.
//!
//! Invariant: what the feed no longer holds of a session is said, not left out in silence.

use aurora_domain::{Source, Ts};
use aurora_wire::{
    Heartbeat,
    page_config::beside,
    recording::Part,
    sse::{Decoder, Item},
};
use js_sys::{Array, Uint8Array};
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::Blob;

use super::{
    given::Problem,
    pieces,
    session::{Files, PartFile},
};
use crate::{
    config,
    transport::history::{self, Enough},
};

/// Everything that the feed retains; it keeps less than this.
const WHOLE_WINDOW_SECONDS: u32 = 31_536_000;
/// Lines that are gathered before they become a blob.
const GATHER_BYTES: usize = 4 << 20;

/// A session that the feed knows of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed {
    /// Its directory's name.
    pub(crate) name: String,
    /// `growing`, `ended` or `not_opened`.
    pub(crate) state: String,
    /// When its files were last written to.
    pub(crate) written: Option<Ts>,
    /// Bytes of its files.
    pub(crate) bytes: Option<u64>,
    /// How the feed judges it, where it is open there.
    pub(crate) verdict: Option<String>,
}

/// The feed's sessions, newest first, and how many it did not list; or why there are none, in a sentence.
pub(crate) async fn list(stream_url: &str) -> Result<(Vec<Listed>, u64), String> {
    let url = beside(stream_url, "sessions")
        .ok_or("its stream is not called sse, so the address of its list is not known")?;
    let answer = history::list(&url, config::token().as_deref()).await?;
    let sessions = answer.get("sessions").and_then(Value::as_array).ok_or("it lists no sessions")?;
    let more = answer.get("not_listed").and_then(Value::as_u64).unwrap_or(0);
    Ok((sessions.iter().filter_map(listed).collect(), more))
}

fn listed(session: &Value) -> Option<Listed> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let written = session.get("last_write_ns").and_then(Value::as_i64).map(Ts);
    let verdict = session.get("verdict").and_then(|verdict| text(verdict.get("headline")));
    let bytes = session.get("bytes").and_then(Value::as_u64);
    let state = text(session.get("state")).unwrap_or_default();
    Some(Listed { name: text(session.get("name"))?, state, written, bytes, verdict })
}

/// The lines of one log, most of them in blobs.
#[derive(Default)]
struct Log {
    text: Vec<u8>,
    blobs: Array,
}

impl Log {
    fn line(&mut self, line: &[u8]) -> Result<(), JsValue> {
        self.text.extend_from_slice(line);
        self.text.push(b'\n');
        if self.text.len() >= GATHER_BYTES { self.put_away() } else { Ok(()) }
    }

    fn put_away(&mut self) -> Result<(), JsValue> {
        let bytes = Array::of1(&Uint8Array::from(self.text.as_slice()).into());
        let blob = Blob::new_with_buffer_source_sequence(&bytes)?;
        self.blobs.push(&blob.into());
        self.text.clear();
        Ok(())
    }
}

/// What is known of a stream that is being read.
#[derive(Default)]
struct Stream {
    decoder: Decoder,
    logs: [Log; Source::ALL.len()],
    last: Option<u64>,
    heartbeat: Option<Heartbeat>,
    oversized: u64,
    failed: bool,
}

impl Stream {
    fn take(&mut self, bytes: &[u8]) -> Enough {
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.feed(bytes, |item| match item {
            Item::Message(message) if message.kind == "heartbeat" => {
                self.heartbeat = serde_json::from_slice(message.data).ok().or(self.heartbeat.take());
            }
            Item::Message(message) if !matches!(message.kind, "reset" | "session") => {
                self.last = message.id.parse().ok().or(self.last);
                let source = Source::from_name(message.kind).unwrap_or(Source::Events);
                if let Some(log) = self.logs.get_mut(source as usize) {
                    self.failed |= log.line(message.data).is_err();
                }
            }
            Item::Oversized => self.oversized += 1,
            Item::Message(_) | Item::Retry(_) => {}
        });
        self.decoder = decoder;
        let Some(heartbeat) = &self.heartbeat else { return Enough::No };
        match (heartbeat.head, self.last) {
            _ if self.failed => Enough::Yes,
            (Some(head), last) if last < Some(head) => Enough::No,
            _ => Enough::AfterSilence,
        }
    }

    fn problems(&self, name: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let beginning = self.heartbeat.as_ref().and_then(|feed| feed.first.zip(feed.session_first));
        if beginning.is_some_and(|(first, whole)| first > whole) {
            let reason = "the feed no longer holds its beginning: figures count from what it holds. Open its files for all of it";
            problems.push(Problem::new(name, reason));
        }
        if self.oversized > 0 {
            let reason = format!("{} events were too large for the page and are left out", self.oversized);
            problems.push(Problem::new(name, reason));
        }
        problems
    }
}

/// Reads what the feed holds of the session `name` up to its last event. `came` is told of the length of each
/// piece and says whether to go on.
pub(crate) async fn read(
    stream_url: &str,
    name: &str,
    came: &dyn Fn(u64) -> bool,
) -> Result<(Files, Vec<Problem>), String> {
    let url = beside(stream_url, "sse").ok_or("its stream is not called sse")?;
    let session = String::from(js_sys::encode_uri_component(name));
    let url = format!("{url}?session={session}&window={WHOLE_WINDOW_SECONDS}");
    let mut stream = Stream::default();
    history::read(&url, config::token().as_deref(), |bytes| {
        if came(bytes.len() as u64) { stream.take(bytes) } else { Enough::Yes }
    })
    .await?;
    let problems = stream.problems(name);
    let full = || "the browser has no room for its lines".to_owned();
    if stream.failed {
        return Err(full());
    }
    let mut parts = Vec::new();
    for (source, mut log) in Source::ALL.into_iter().zip(stream.logs) {
        log.put_away().map_err(|_| full())?;
        let blob = Blob::new_with_blob_sequence(&log.blobs).map_err(|_| full())?;
        let bytes = pieces::length(&blob);
        if bytes > 0 {
            let path = format!("{name}/{}", source.name());
            parts.push(PartFile { path, blob, part: Part { source, bytes, unfinished: false } });
        }
    }
    Ok((Files { name: name.to_owned(), parts, incomplete: Vec::new() }, problems))
}
