//! Owns a server of given event streams: each is answered once, in pieces of a given size, and then with 204, which
//! ends a client for good.
//!
//! Invariant: for each stream it keeps which id the client wanted to resume after.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Result, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use crate::accepting::Accepting;

/// A request's head may be so long, in bytes.
const HEAD_BYTES: u64 = 64 << 10;

/// A stream to serve.
#[derive(Clone, Debug)]
pub struct Stream {
    /// What it says.
    pub bytes: Vec<u8>,
    /// It is sent in pieces of so many bytes, at least 1.
    pub piece_bytes: usize,
}

/// Which id a client resumed after: none before it came back; then what its `Last-Event-ID` said, if it sent one.
pub type Resumed = Option<Option<Vec<u8>>>;

/// A server on loopback that runs until it is dropped.
#[derive(Debug)]
pub struct Streams {
    shared: Arc<Shared>,
    accepting: Accepting,
}

#[derive(Debug)]
struct Shared {
    streams: BTreeMap<String, Stream>,
    /// By path: how a client came back to it; a path that is here was asked for at least once.
    asked: Mutex<BTreeMap<String, Resumed>>,
}

impl Streams {
    /// Serves `streams` by their paths, and an empty page at `/`.
    ///
    /// # Errors
    /// When there is no port.
    pub fn serve(streams: BTreeMap<String, Stream>) -> Result<Self> {
        let shared = Arc::new(Shared { streams, asked: Mutex::default() });
        let answering = Arc::clone(&shared);
        Ok(Self { shared, accepting: Accepting::start(move |connection| answering.answer(connection))? })
    }

    /// The URL of its page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.accepting.address())
    }

    /// How a client came back to the stream at `path`.
    #[must_use]
    pub fn resumed(&self, path: &str) -> Resumed {
        self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned().flatten()
    }
}

impl Shared {
    fn answer(&self, mut connection: TcpStream) -> Result<()> {
        let (path, last_event_id) = read_head(&connection)?;
        let Some(stream) = self.streams.get(&path) else {
            let status = if path == "/" { "200 OK" } else { "404 Not Found" };
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: 0\r\n");
            return write!(connection, "{head}Connection: close\r\n\r\n");
        };
        if self.is_first(path, last_event_id) {
            send(&mut connection, stream)
        } else {
            write!(connection, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        }
    }

    fn is_first(&self, path: String, last_event_id: Option<Vec<u8>>) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !asked.contains_key(&path);
        asked.insert(path, (!is_first).then_some(last_event_id));
        is_first
    }
}

/// The path of a request, and its `Last-Event-ID`.
fn read_head(connection: &TcpStream) -> Result<(String, Option<Vec<u8>>)> {
    let mut reader = BufReader::new(connection.take(HEAD_BYTES));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut id = None;
    loop {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        let line = line.trim_ascii();
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return Ok((path, id)) };
        let (name, value) = line.split_at(colon);
        if name.eq_ignore_ascii_case(b"last-event-id") {
            id = value.get(1..).map(|value| value.trim_ascii().to_vec());
        }
    }
}

fn send(connection: &mut impl Write, stream: &Stream) -> Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n";
    write!(connection, "{head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")?;
    for piece in stream.bytes.chunks(stream.piece_bytes.max(1)) {
        let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
        chunk.extend_from_slice(piece);
        chunk.extend_from_slice(b"\r\n");
        connection.write_all(&chunk)?;
    }
    connection.write_all(b"0\r\n\r\n")
}
