//! A feed in this process over a temporary directory, and a client that speaks raw HTTP to it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use aurora_feed::{Config, ServeError};
use serde_json::Value;
use tokio::sync::oneshot;

/// How long anything may take before a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Says something past the capture of a passing test's output, such as that it was skipped.
pub(crate) fn say(what: &str) {
    std::io::stderr().write_all(format!("{what}\n").as_bytes()).unwrap();
}

/// A session directory that a test writes to.
pub(crate) struct Session {
    root: PathBuf,
    dir: tempfile::TempDir,
}

impl Session {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("session");
        fs::create_dir(&root).unwrap();
        Self { root, dir }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where its journal is.
    pub(crate) fn journal_dir(&self) -> PathBuf {
        self.dir.path().join("session-journal")
    }

    pub(crate) fn append(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        file.write_all(text.as_ref()).unwrap();
    }
}

/// Asks a feed.
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
}

/// A feed that runs until it is stopped or dropped.
pub(crate) struct Feed {
    pub(crate) client: Client,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Feed {
    pub(crate) fn start(session: &Session) -> Self {
        Self::with(config(session.root()))
    }

    pub(crate) fn with(config: Config) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                aurora_feed::serve(config, listener, async { drop(stopped.await) }).await
            })
        });
        Self { client: Client { address }, stop: Some(stop), thread: Some(thread) }
    }

    /// Tells it to stop and waits until it has.
    pub(crate) fn stop(&mut self) -> Result<(), ServeError> {
        self.stop.take();
        self.thread.take().unwrap().join().unwrap()
    }
}

impl std::ops::Deref for Feed {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Client {
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let (head, mut rest) = request(self.address, path, headers);
        let mut body = String::new();
        rest.read_to_string(&mut body).unwrap();
        Answer { head, body }
    }

    /// The head, and a body that is no text.
    pub(crate) fn get_bytes(&self, path: &str) -> (String, Vec<u8>) {
        let (head, mut rest) = request(self.address, path, &[]);
        let mut body = Vec::new();
        rest.read_to_end(&mut body).unwrap();
        (head, body)
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{path}: {error}: {}", answer.body))
    }

    pub(crate) fn health(&self) -> Value {
        self.json("/health")
    }

    /// Waits until `/health` satisfies a condition.
    pub(crate) fn wait_for(&self, what: &str, met: impl Fn(&Value) -> bool) -> Value {
        self.wait_at("/health", what, met)
    }

    /// Waits until what a path answers satisfies a condition.
    pub(crate) fn wait_at(&self, path: &str, what: &str, met: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let answer = self.json(path);
            if met(&answer) {
                return answer;
            }
            assert!(Instant::now() < deadline, "{what} did not come true: {answer:#}");
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }

    /// Waits until so many lines were published.
    pub(crate) fn wait_for_lines(&self, count: u64) {
        self.wait_for("line count", |health| health["tailer_stats"]["total_lines_processed"] == count);
    }

    pub(crate) fn stream(&self, path: &str, headers: &[(&str, &str)]) -> Stream {
        let (head, reader) = request(self.address, path, headers);
        assert!(head.starts_with("HTTP/1.0 200"), "{head}");
        Stream { head, reader, comments: Vec::new() }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// A configuration that looks and beats often. The journal is beside the directory.
pub(crate) fn config(dir: &Path) -> Config {
    let mut journal = dir.as_os_str().to_owned();
    journal.push("-journal");
    Config {
        journal_dir: Some(journal.into()),
        poll_interval: Duration::from_millis(5),
        heartbeat_interval: Duration::from_millis(200),
        ..Config::new(dir)
    }
}

fn request(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> (String, BufReader<TcpStream>) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    // HTTP/1.0: the body ends with the connection and is not chunked.
    write!(socket, "GET {path} HTTP/1.0\r\nHost: localhost\r\n{headers}\r\n").unwrap();
    let mut reader = BufReader::new(socket);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "no answer: {head}");
    }
    (head.to_lowercase().replacen("http", "HTTP", 1), reader)
}

/// A whole answer; the head's names are in lower case.
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: Option<u64>,
    pub(crate) kind: String,
    pub(crate) data: String,
    pub(crate) retry: Option<u64>,
}

/// An open stream.
pub(crate) struct Stream {
    pub(crate) head: String,
    pub(crate) comments: Vec<String>,
    reader: BufReader<TcpStream>,
}

impl Stream {
    /// The next block with fields; `None` at the stream's end.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let mut event = Event::default();
        loop {
            let mut line = String::new();
            let count = self.reader.read_line(&mut line).expect("nothing came within the deadline");
            if count == 0 {
                return None;
            }
            let line = line.strip_suffix('\n').unwrap();
            match line.split_once(':') {
                None if event == Event::default() => {}
                None => return Some(event),
                Some(("", comment)) => self.comments.push(comment.to_owned()),
                Some(("id", id)) => event.id = Some(id.trim().parse().unwrap()),
                Some(("event", kind)) => kind.trim().clone_into(&mut event.kind),
                Some(("retry", ms)) => event.retry = Some(ms.trim().parse().unwrap()),
                Some(("data", data)) => data[1..].clone_into(&mut event.data),
                Some(other) => panic!("unknown field {other:?}"),
            }
        }
    }

    /// The next event of another kind than heartbeat and retry; `session` and `reset` are among them.
    pub(crate) fn next_event(&mut self) -> Option<Event> {
        loop {
            let event = self.next()?;
            if event.kind != "heartbeat" && event.retry.is_none() {
                return Some(event);
            }
        }
    }

    /// The next event, which is of that kind and without an id, and its data.
    pub(crate) fn expect(&mut self, kind: &str) -> Value {
        let event = self.next_event().expect("the stream ended");
        assert_eq!((event.kind.as_str(), event.id), (kind, None), "{event:?}");
        serde_json::from_str(&event.data).unwrap()
    }

    /// Reads so many events.
    pub(crate) fn take(&mut self, count: usize) -> Vec<Event> {
        (0..count).map(|_| self.next_event().expect("the stream ended")).collect()
    }

    /// Reads so many events and returns their data.
    pub(crate) fn data(&mut self, count: usize) -> Vec<String> {
        self.take(count).into_iter().map(|event| event.data).collect()
    }
}

impl Stream {
    /// The next heartbeat's data.
    pub(crate) fn take_heartbeat(&mut self) -> Value {
        loop {
            let event = self.next().expect("the stream ended");
            if event.kind == "heartbeat" {
                return serde_json::from_str(&event.data).unwrap();
            }
        }
    }
}
