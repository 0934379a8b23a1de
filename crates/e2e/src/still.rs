//! Owns a feed whose clock stands still: a proxy in front of the real one that passes on every event and tells, in
//! every heartbeat, the same moment and the same figures of the machine.
//!
//! Invariants: a page that reads it shows the same figures in every run; snapshots are left out, for they are as of the
//! real feed's time; events pass as they are, ids included.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Result, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::accepting::{Accepting, PATIENCE};

/// Between two heartbeats: what a page adds to the time of the last one stays far below a second.
const BEAT: Duration = Duration::from_millis(50);
/// A request's head may be so long, in bytes.
const HEAD_BYTES: u64 = 64 << 10;
const REFUSAL: &str =
    r#"{"error":"unauthorized","message":"The token is missing: send it as X-Auth-Token."}"#;

/// What becomes of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// They are answered.
    Answers,
    /// The stream is refused for want of a token.
    WantsToken,
    /// The connection breaks.
    IsGone,
}

/// A proxy on loopback that runs until it is dropped.
#[derive(Debug)]
pub struct Still {
    shared: Arc<Shared>,
    accepting: Accepting,
}

#[derive(Debug)]
struct Shared {
    feed_port: u16,
    time_ns: i64,
    conduct: Mutex<Conduct>,
    open: Mutex<Vec<TcpStream>>,
}

impl Still {
    /// Stands in front of the feed on `feed_port`, whose time is from now on `time_ns`, in nanoseconds since the Unix epoch.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start(feed_port: u16, time_ns: i64) -> Result<Self> {
        let shared = Arc::new(Shared {
            feed_port,
            time_ns,
            conduct: Mutex::new(Conduct::Answers),
            open: Mutex::default(),
        });
        let answering = Arc::clone(&shared);
        Ok(Self { shared, accepting: Accepting::start(move |client| answering.answer(client))? })
    }

    /// Where it listens, on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.accepting.address().port()
    }

    /// From now on requests are met so; streams that are open end.
    pub fn conduct(&self, conduct: Conduct) {
        *self.shared.conduct.lock().unwrap_or_else(PoisonError::into_inner) = conduct;
        self.shared.end_streams();
    }
}

impl Drop for Still {
    fn drop(&mut self) {
        self.shared.end_streams();
    }
}

impl Shared {
    fn end_streams(&self) {
        for stream in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            drop(stream.shutdown(Shutdown::Both)); // it may have ended by itself
        }
    }

    fn answer(&self, mut client: TcpStream) -> Result<()> {
        let (path, id) = read_head(&client)?;
        let streams = path.starts_with("/sse");
        let conduct = *self.conduct.lock().unwrap_or_else(PoisonError::into_inner);
        match conduct {
            Conduct::IsGone => Ok(()),
            Conduct::WantsToken if streams || path.starts_with("/snapshot") => {
                let length = REFUSAL.len();
                write!(
                    client,
                    "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
                     Connection: close\r\n\r\n{REFUSAL}"
                )
            }
            _ if streams => self.stream(client, &path, &id),
            _ if path.starts_with("/snapshot") => {
                write!(client, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            }
            _ => {
                let mut feed = self.ask(&path, &id)?;
                feed.set_read_timeout(Some(PATIENCE))?;
                std::io::copy(&mut feed, &mut client).map(drop)
            }
        }
    }

    /// Asks the feed in HTTP/1.0, so that its answer comes in one piece and ends with the connection.
    fn ask(&self, path: &str, id: &str) -> Result<TcpStream> {
        let mut feed = TcpStream::connect((Ipv4Addr::LOCALHOST, self.feed_port))?;
        let resume = if id.is_empty() { String::new() } else { format!("Last-Event-ID: {id}\r\n") };
        write!(feed, "GET {path} HTTP/1.0\r\nHost: localhost\r\n{resume}\r\n")?;
        Ok(feed)
    }

    fn stream(&self, mut client: TcpStream, path: &str, id: &str) -> Result<()> {
        let feed = self.ask(path, id)?;
        feed.set_read_timeout(Some(BEAT))?;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push(client.try_clone()?);
        let mut feed = BufReader::new(feed);
        let (mut frame, mut beat, mut beaten) = (Vec::new(), None, Instant::now());
        let mut is_head = true;
        loop {
            match feed.read_until(b'\n', &mut frame) {
                Ok(0) => return Ok(()),
                Ok(_) if is_head && frame.ends_with(b"\r\n\r\n") => {
                    client.write_all(&frame)?;
                    (is_head, frame) = (false, Vec::new());
                }
                Ok(_) if !is_head && (frame.ends_with(b"\n\n") || frame == b"\n") => {
                    match self.stand_still(&frame) {
                        None => client.write_all(&frame)?,
                        Some(heartbeat) => {
                            client.write_all(&heartbeat)?;
                            beat = Some(heartbeat);
                        }
                    }
                    frame.clear();
                }
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return Err(error),
            }
            // Whoever reads one session to its end waits for silence.
            let is_live = !path.contains("session=") && beaten.elapsed() >= BEAT;
            if let Some(beat) = beat.as_ref().filter(|_| is_live) {
                client.write_all(beat)?;
                beaten = Instant::now();
            }
        }
    }

    /// The heartbeat in `frame` with what changes by itself at fixed values; none where it is something else.
    fn stand_still(&self, frame: &[u8]) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(frame).ok()?;
        let data = text.strip_prefix("event: heartbeat\ndata: ")?;
        let mut told: Map<String, Value> = serde_json::from_str(data.trim_end()).ok()?;
        let age = told.get("session").is_some_and(|session| !session.is_null()).then_some(0.3);
        told.extend([
            ("feed_time_ns".to_owned(), self.time_ns.into()),
            ("last_event_age_seconds".to_owned(), age.into()),
            ("lag_seconds".to_owned(), age.map(|_| 0.004).into()),
            ("clients".to_owned(), 2.into()),
            ("reconnects".to_owned(), 0.into()),
            (
                "machine".to_owned(),
                json!({ "process_rss_bytes": 41_000_000, "memory_used_percent": 37.5, "cpu_used_percent": 12.5,
                    "disk_free_percent": 61.0 }),
            ),
        ]);
        Some(format!("event: heartbeat\ndata: {}\n\n", Value::Object(told)).into_bytes())
    }
}

/// The path of a request, and its `Last-Event-ID`.
fn read_head(connection: &TcpStream) -> Result<(String, String)> {
    let mut reader = BufReader::new(connection.take(HEAD_BYTES));
    let (mut path, mut id) = (String::new(), String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if path.is_empty() {
            line.split(' ').nth(1).unwrap_or("/").clone_into(&mut path);
        } else if let Some((name, value)) = line.split_once(':') {
            if name.eq_ignore_ascii_case("last-event-id") {
                value.trim().clone_into(&mut id);
            }
        } else {
            return Ok((path, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_tells_the_same_moment_and_everything_else_passes() {
        let shared = Shared {
            feed_port: 0,
            time_ns: 5,
            conduct: Mutex::new(Conduct::Answers),
            open: Mutex::default(),
        };
        let beat =
            b"event: heartbeat\ndata: {\"feed_time_ns\":9,\"session\":\"s\",\"lines\":3,\"clients\":7}\n\n";
        let still = String::from_utf8(shared.stand_still(beat).unwrap()).unwrap();
        let told: Value = serde_json::from_str(still.split_once("data: ").unwrap().1).unwrap();
        assert_eq!(told.get("feed_time_ns"), Some(&json!(5)));
        assert_eq!((told.get("lines"), told.get("session")), (Some(&json!(3)), Some(&json!("s"))));
        assert_eq!(shared.stand_still(b"id: 4\nevent: aurora_events\ndata: {}\n\n"), None);
        assert_eq!(shared.stand_still(b":ping\n\n"), None);
    }
}
