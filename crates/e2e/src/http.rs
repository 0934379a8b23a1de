//! Owns asking a server on loopback one question, as curl would.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(10);

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// 200, 502, …
    pub status: u16,
    /// What follows the head.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// When it is something else.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("no JSON: {}", self.body))
    }
}

/// GETs `path` from loopback `port`.
///
/// # Errors
/// When nothing listens there, it is silent for ten seconds, or it answers with something that is no HTTP.
pub fn get(port: u16, path: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").context("an answer without an end of its head")?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Answer { status: status.context("an answer without a status")?, body: body.to_owned() })
}
