//! A small HTTP server that stands for a receiver.

use std::{
    io::{BufRead as _, BufReader, Read, Write},
    net::{SocketAddr, TcpListener},
    sync::{Arc, Condvar, Mutex},
};

use serde_json::Value;

use super::DEADLINE;

/// What was sent to it.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The head, with names in lower case.
    pub(super) head: String,
    pub(super) body: String,
}

impl Request {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

type Requests = Arc<(Mutex<Vec<Request>>, Condvar)>;

/// Answers with the statuses that it was given, and 200 from then on.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    requests: Requests,
}

impl Server {
    pub(super) fn start(statuses: &[u16]) -> Self {
        let statuses: Vec<u16> = statuses.into();
        let mut statuses = statuses.into_iter();
        Self::with(move |stream, requests| serve(stream, requests, statuses.next().unwrap_or(200)))
    }

    /// Takes requests and never answers.
    pub(super) fn silent() -> Self {
        let mut held = Vec::new();
        Self::with(move |stream, requests| {
            let mut reader = BufReader::new(stream);
            take(&mut reader, requests);
            held.push(reader);
        })
    }

    /// Hands every connection to `answer`.
    pub(super) fn with(mut answer: impl FnMut(std::net::TcpStream, &Requests) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Requests::default();
        let own = Arc::clone(&requests);
        std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(stream, &own)));
        Self { address, requests }
    }

    /// The requests so far, once there are so many.
    pub(super) fn wait_for(&self, count: usize) -> Vec<Request> {
        let (requests, news) = &*self.requests;
        let waited = news.wait_timeout_while(requests.lock().unwrap(), DEADLINE, |found| found.len() < count);
        let (found, timed_out) = waited.unwrap();
        assert!(!timed_out.timed_out(), "{count} requests were expected: {found:?}");
        found.clone()
    }
}

/// Reads one request and answers it.
pub(super) fn serve(stream: impl Read + Write, requests: &Requests, status: u16) {
    let mut reader = BufReader::new(stream);
    if take(&mut reader, requests) {
        let place = if status == 302 { "Location: /elsewhere\r\n" } else { "" };
        let answer = format!("HTTP/1.1 {status} X\r\n{place}Content-Length: 0\r\nConnection: close\r\n\r\n");
        reader.get_mut().write_all(answer.as_bytes()).ok();
        reader.get_mut().flush().ok();
    }
}

/// Reads one request; false where none comes.
fn take(reader: &mut BufReader<impl Read>, requests: &Requests) -> bool {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return false;
        }
    }
    let (first, rest) = head.split_once("\r\n").unwrap();
    let head = format!("{first}\r\n{}", rest.lines().map(lower).collect::<String>());
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let (list, news) = &**requests;
    list.lock().unwrap().push(Request { head, body: String::from_utf8(body).unwrap() });
    news.notify_all();
    true
}

/// A line of the head with its name in lower case.
fn lower(line: &str) -> String {
    line.split_once(':').map_or_else(
        || format!("{line}\n"),
        |(name, value)| format!("{}: {}\n", name.to_lowercase(), value.trim()),
    )
}
