//! One client of an event stream, and the opening of many.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::{Request, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet, time::timeout};

/// A stream on which nothing comes for so long while something is due has failed.
const SILENCE: Duration = Duration::from_mins(1);
/// Clients that are being opened at the same time.
const OPENING: u32 = 100;
/// How much of a stream's end is shown when it ends early.
const SHOWN: usize = 200;

/// An open stream.
pub(crate) struct Client {
    body: Incoming,
    last: Bytes,
}

impl Client {
    /// Opens `path` on loopback `port` and waits until the server says that it streams.
    ///
    /// # Errors
    /// When there is no connection, and when the answer is no success.
    pub(crate) async fn open(port: u16, path: &str) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.context("cannot connect")?;
        let (mut sender, connection) =
            hyper::client::conn::http1::Builder::new().handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = Request::get(path)
            .header("host", format!("127.0.0.1:{port}"))
            .header("accept", "text/event-stream")
            .body(Empty::<Bytes>::new())?;
        let response = sender.send_request(request).await?;
        if !response.status().is_success() {
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            bail!("{path} answers {status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(Self { body: response.into_body(), last: Bytes::new() })
    }

    /// Opens `count` streams, some at a time.
    ///
    /// # Errors
    /// When one of them cannot be opened.
    pub(crate) async fn open_many(port: u16, path: &'static str, count: u32) -> Result<Vec<Self>> {
        let (mut clients, mut opening) = (Vec::new(), JoinSet::new());
        for number in 0..count {
            if number >= OPENING {
                clients.extend(opening.join_next().await.transpose()?.transpose()?);
            }
            opening.spawn(Self::open(port, path));
        }
        while let Some(opened) = opening.join_next().await {
            clients.push(opened??);
        }
        Ok(clients)
    }

    /// The next bytes, waiting as long as it takes.
    ///
    /// # Errors
    /// When the stream ends, with what came last, and when the connection breaks.
    pub(crate) async fn next(&mut self) -> Result<Bytes> {
        while let Some(frame) = self.body.frame().await.transpose()? {
            if let Ok(bytes) = frame.into_data() {
                self.last = bytes.clone();
                return Ok(bytes);
            }
        }
        let shown = self.last.len().saturating_sub(SHOWN);
        bail!("the stream ended; last came: {}", String::from_utf8_lossy(&self.last.slice(shown..)))
    }

    /// The next bytes, which are due.
    ///
    /// # Errors
    /// As [`Client::next`], and when nothing comes for a minute.
    pub(crate) async fn next_due(&mut self) -> Result<Bytes> {
        timeout(SILENCE, self.next()).await.context("nothing came for a minute")?
    }
}
